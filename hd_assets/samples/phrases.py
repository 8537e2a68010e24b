"""The words of the samples: `{place}`, `{unit}`, `{number}`, `{day}`, `{invoice}` are filled in by `text`."""

from __future__ import annotations

from typing import NamedTuple


class Phrases(NamedTuple):
    """One language. `problems` are pairs of subject and description."""

    greeting: str
    closing: str
    problems: tuple[tuple[str, str], ...]
    details: tuple[str, ...]
    replies: tuple[str, ...]
    follow_ups: tuple[str, ...]
    thanks: tuple[str, ...]


PLACES = ("Rotterdam", "Göteborg", "Kraków", "Málaga", "Lyon", "Graz", "Leeds", "São Paulo", "Osaka", "Zürich", "Ghent")

NOTES = (
    "Called the customer, nobody answered. Trying again after lunch.",
    "Same symptom as last week in {place}, see unit {unit}.",
    "Spare part ordered, delivery about {number} hours.",
    "Contract covers this: no invoice please.",
    "Log shows {number} reconnects in one night; looks like the power supply.",
    "Handing over to the evening shift.",
    "Customer is on holiday until the {day}th.",
)

LANGUAGES: dict[str, Phrases] = {
    "en": Phrases(
        "Hello,",
        "Kind regards",
        (
            ("Sensor {unit} offline since this morning", "Sensor {unit} in {place} has been offline since 7 am."),
            ("Cannot log in to the dashboard", 'After the update I get "invalid session" & nothing else loads.'),
            (
                "Invoice {invoice} shows the wrong amount",
                "We were billed for {number} units but use half of them.",
            ),
            ("Gateway reboots every {number} minutes", "The gateway in {place} restarts all the time: fan < 20 %."),
            ("Please add a colleague to our account", "A new colleague in {place} needs read access from the {day}th."),
            ("Door contact reports the wrong state", "Contact {unit} says open while the door is shut."),
            ("Question about export format", "Can the weekly report be sent as CSV instead of PDF?"),
            ("Quote for {number} more devices", "We open a site in {place} and need {number} devices with mounting."),
            ("Alarm e-mails arrive twice", "Each alarm of unit {unit} reaches us two times, seconds apart."),
            (
                "Appointment for maintenance in {place}",
                "Could a technician come on the {day}th before noon?",
            ),
        ),
        (
            "We already tried to switch it off and on again, without success.",
            "There are {number} devices in the same room and only this one is affected.",
            "It started after the power cut on the {day}th; before that everything worked for months.",
            "Screenshots are attached. The colours mean: red = no data, grey = never seen.",
            "If you need remote access, call the front desk in {place} first.",
        ),
        (
            "thank you for the details. We can see the device and have restarted its connection. Is it better now?",
            "please send us the log file from the menu Help > Diagnostics, covering about {number} minutes.",
            "a replacement is on its way and should reach {place} within two working days.",
            "we found the cause: a certificate ran out. A new one is being rolled out tonight.",
            "I have corrected the invoice; you will get a credit note with the next one.",
            "a technician can be in {place} on the {day}th between 9 and 11. Does that suit you?",
        ),
        (
            "It worked for {number} minutes, then the same again.",
            "Here is the log you asked for.",
            "Yes, the {day}th is fine. Please ring at the side entrance.",
            "One more thing: unit {unit} now shows the same.",
            "Is there any news? My manager keeps asking.",
        ),
        ("Works again, thank you!", "All good now, you can close this.", "Perfect, thanks for the quick help."),
    ),
    "de": Phrases(
        "Guten Tag,",
        "Mit freundlichen Grüßen",
        (
            ("Sensor {unit} meldet sich nicht", "der Sensor {unit} in {place} ist seit heute früh nicht erreichbar."),
            ("Rechnung {invoice} fehlerhaft", "auf der Rechnung stehen {number} Geräte, wir nutzen weniger."),
            ("Gateway startet ständig neu", "das Gateway in {place} startet alle {number} Minuten neu."),
            ("Zugang für neue Kollegin", "bitte richten Sie ab dem {day}. einen Zugang für {place} ein."),
            ("Größere Störung im Kühlhaus", "mehrere Fühler zeigen -- statt der Temperatur."),
        ),
        (
            "Ein Neustart hat leider nichts geändert.",
            "Betroffen sind {number} Geräte im selben Gebäude, alle übrigen laufen störungsfrei.",
            "Das Problem besteht seit dem Stromausfall am {day}. des Monats.",
        ),
        (
            "vielen Dank für Ihre Meldung. Wir haben die Verbindung neu aufgebaut – klappt es jetzt?",
            "bitte schicken Sie uns die Protokolldatei der letzten {number} Minuten.",
            "ein Austauschgerät ist unterwegs und trifft in zwei Werktagen in {place} ein.",
            "die Rechnung haben wir berichtigt, eine Gutschrift folgt.",
        ),
        (
            "Nach {number} Minuten war es wieder genauso.",
            "Anbei das gewünschte Protokoll.",
            "Gibt es Neues?",
        ),
        ("Läuft wieder, danke!", "Alles bestens, bitte schließen."),
    ),
    "fr": Phrases(
        "Bonjour,",
        "Cordialement",
        (
            ("Capteur {unit} hors ligne", "le capteur {unit} à {place} ne répond plus depuis ce matin."),
            ("Facture {invoice} incorrecte", "la facture compte {number} appareils, c'est trop."),
            ("Accès au tableau de bord impossible", "le mot de passe est refusé à chaque tentative."),
            ("Devis pour {number} boîtiers", "nous ouvrons un site à {place} et avons besoin d'un devis."),
        ),
        (
            "Nous avons déjà redémarré l'appareil, sans effet.",
            "Le problème est apparu le {day} du mois, juste après une coupure de courant.",
        ),
        (
            "merci pour votre message. La connexion est rétablie de notre côté, est-ce mieux ?",
            "pourriez-vous nous envoyer le journal des {number} dernières minutes ?",
            "un appareil de remplacement est en route pour {place}.",
        ),
        ("Cela a tenu {number} minutes, pas plus.", "Voici le journal demandé.", "Avez-vous du nouveau ?"),
        ("Tout fonctionne, merci beaucoup !", "C'est réglé, vous pouvez clôturer."),
    ),
    "es": Phrases(
        "Buenos días:",
        "Un saludo",
        (
            ("El sensor {unit} no responde", "el sensor {unit} de {place} está desconectado desde esta mañana."),
            ("Error en la factura {invoice}", "nos han cobrado {number} unidades de más."),
            ("¿Cómo añado a un compañero?", "necesitamos acceso de lectura para la oficina de {place}."),
        ),
        ("Ya lo hemos reiniciado varias veces.", "Ocurre desde el día {day}, después del corte de luz."),
        (
            "gracias por avisar. Hemos reiniciado la conexión, ¿va mejor ahora?",
            "le enviamos un equipo de recambio a {place}.",
            "la factura está corregida; recibirá un abono.",
        ),
        ("Ha vuelto a fallar a los {number} minutos.", "Adjunto el registro que pedían."),
        ("¡Solucionado, muchas gracias!", "Perfecto, pueden cerrarlo."),
    ),
    "pl": Phrases(
        "Dzień dobry,",
        "Z poważaniem",
        (
            ("Czujnik {unit} nie działa", "czujnik {unit} w {place} jest niedostępny od rana."),
            ("Błędna faktura {invoice}", "na fakturze jest {number} urządzeń, a używamy połowy."),
        ),
        ("Ponowne uruchomienie nie pomogło.", "Problem występuje od {day} dnia miesiąca."),
        ("dziękujemy za zgłoszenie, połączenie zostało wznowione.", "prosimy o plik dziennika z {number} minut."),
        ("Po {number} minutach znowu to samo.", "W załączniku dziennik."),
        ("Działa, dziękuję!",),
    ),
    "ar": Phrases(
        "مرحباً،",
        "مع التحية",
        (
            ("الجهاز {unit} غير متصل", "الجهاز {unit} في {place} غير متصل منذ الصباح."),
            ("خطأ في الفاتورة {invoice}", "الفاتورة تحتوي على {number} وحدة زائدة."),
        ),
        ("أعدنا التشغيل عدة مرات بلا فائدة.", "بدأت المشكلة في اليوم {day} من الشهر."),
        ("شكراً لرسالتكم. أعدنا الاتصال، هل يعمل الآن؟", "نرجو إرسال ملف السجل لآخر {number} دقيقة."),
        ("عاد العطل بعد {number} دقيقة.", "هذا هو السجل المطلوب."),
        ("يعمل الآن، شكراً جزيلاً.",),
    ),
    "ja": Phrases(
        "お世話になっております。",
        "よろしくお願いいたします。",
        (
            ("センサー{unit}が応答しません", "{place}のセンサー{unit}が今朝からオフラインです。"),
            ("請求書{invoice}について", "台数が{number}台多く記載されているようです。"),
        ),
        ("再起動しましたが改善しません。", "{day}日の停電の後から発生しています。"),
        (
            "ご連絡ありがとうございます。接続を再開しました。",
            "直近{number}分のログをお送りください。",
        ),
        ("{number}分後に再発しました。", "ログを添付します。"),
        ("復旧しました。ありがとうございます。",),
    ),
}
