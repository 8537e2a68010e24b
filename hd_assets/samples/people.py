"""Invented people and companies. Every address lies under `.example`, a name reserved for documentation."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from random import Random

_NAMES: dict[str, tuple[str, str]] = {
    "en": (
        "Alice Martin Joyce Peter Holly Graham Imogen Victor Nadia Colin Bridget Owen Tessa Marcus Fiona Derek",
        "Ashworth Bellamy Crane Dunmore Ellery Fairley Grantham Hollis Ingram Kettle Larkin Mosley O'Dell Pryce Quill",
    ),
    "de": (
        "Jürgen Annika Björn Heike Lothar Silke Uwe Friederike Torsten Käthe Matthias Ulrike Detlef Sabine",
        "Ackermann Böhmer Dörfler Eichhorn Groß Hübner Jäger Krüger Löffler Münch Pröll Schäfer Weigel Zöller",
    ),
    "fr": (
        "Amélie Bastien Céline Didier Éloïse François Géraldine Hervé Inès Jérôme Maëlle Noémie Rémi Solène",
        "Aubry Beaumont Chevrier Delacour Faucher Garçon Hébert Jolivet Lacroix Marchand Pélissier Renaud Tessier",
    ),
    "es": (
        "Álvaro Begoña Cristóbal Dolores Íñigo Lucía Martín Noelia Óscar Pilar Raúl Sofía Tomás Ximena",
        "Aguirre Bermúdez Cárdenas Domínguez Echeverría Gálvez Ibáñez Muñoz Núñez Ordóñez Peña Quiñones Zúñiga",
    ),
    "pl": (
        "Agnieszka Bożena Czesław Elżbieta Grażyna Jędrzej Łukasz Małgorzata Paweł Stanisław Żaneta Wojciech",
        "Błaszczyk Cieślak Dąbek Gołąb Jabłoński Kępa Łoś Mączka Nowicki Przybył Śliwa Źrebiec Żurek",
    ),
    "ar": (
        "أمينة باسل جميلة حسن داليا رامي سلمى طارق عمر فاطمة كريم ليلى مازن نور",
        "البغدادي الحلبي الخياط الدمشقي الزهراني السيد الشامي العطار الفارس القاسم المصري النجار",
    ),
    "ja": (
        "明子 健一 由美 大輔 恵子 翔太 美咲 直樹 陽子 拓也 早苗 浩二",
        "青木 石田 上野 遠藤 岡本 川口 斉藤 杉山 高橋 中島 西村 松本",
    ),
}
_ROMAN: dict[str, tuple[str, str]] = {
    "ar": (
        "amina basil jamila hassan dalia rami salma tariq omar fatima karim layla mazen nour",
        "albaghdadi alhalabi alkhayyat aldimashqi alzahrani alsayed alshami alattar alfares alqasim almasri alnajjar",
    ),
    "ja": (
        "akiko kenichi yumi daisuke keiko shota misaki naoki yoko takuya sanae koji",
        "aoki ishida ueno endo okamoto kawaguchi saito sugiyama takahashi nakajima nishimura matsumoto",
    ),
}
_COMPANY_HEADS = (
    "Amber Basalt Cinder Dovetail Ember Foxglove Granite Harbour Indigo Juniper Kestrel Lantern Meridian Nimbus Opal "
    "Pinewood Quarry Russet Saffron Thistle Umber Vesper Willow Yarrow Zephyr"
)
_COMPANY_TAILS = (
    "Bakeries Clinics Couriers Dairies Energy Foods Glassworks Hotels Instruments Joinery Laundries Mills Optics "
    "Packaging Railways Shipping Textiles Utilities Vineyards Workshops"
)
_COMPANY_FORMS = ("Ltd", "GmbH", "SARL", "Inc.", "S.A.", "AG", "& Partners", "Sp. z o.o.")
_LATIN = str.maketrans({"ß": "ss", "ä": "ae", "ö": "oe", "ü": "ue", "ł": "l", "ø": "o", "æ": "ae"})


@dataclass(frozen=True)
class Person:
    """A name as shown and the part of an address made from it (`account`, ASCII)."""

    first: str
    last: str
    account: str
    language: str

    @property
    def name(self) -> str:
        """First name, then family name; the other way round in Japanese."""
        return f"{self.last} {self.first}" if self.language == "ja" else f"{self.first} {self.last}"


@dataclass(frozen=True)
class Company:
    """A company with its main mail domain."""

    name: str
    domain: str


def slug(text: str) -> str:
    """Lower-case ASCII letters, digits and hyphens; never empty for Latin text."""
    plain = unicodedata.normalize("NFKD", text.lower().translate(_LATIN)).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def person(rng: Random, language: str) -> Person:
    """Somebody whose name fits the language; unknown languages get English names."""
    language = language if language in _NAMES else "en"
    firsts, lasts = (words.split() for words in _NAMES[language])
    first, last = rng.randrange(len(firsts)), rng.randrange(len(lasts))
    if language in _ROMAN:
        roman_firsts, roman_lasts = (words.split() for words in _ROMAN[language])
        account = f"{roman_firsts[first]}.{roman_lasts[last]}"
    else:
        account = f"{slug(firsts[first])}.{slug(lasts[last])}"
    return Person(firsts[first], lasts[last], account, language)


def company(number: int) -> Company:
    """The `number`-th company, counted from 0; names and domains never repeat."""
    heads, tails = _COMPANY_HEADS.split(), _COMPANY_TAILS.split()
    head = heads[number % len(heads)]
    turn = number // len(heads)
    tail = tails[(number * 7 + turn) % len(tails)]
    form = _COMPANY_FORMS[number % len(_COMPANY_FORMS)]
    again = "" if turn == 0 else f" {turn + 1}"
    return Company(f"{head} {tail}{again} {form}", f"{slug(head + ' ' + tail + again)}.example")


def phone(rng: Random, extension: bool) -> str:
    """Digits only; with `X` and an extension where asked for."""
    number = f"{rng.choice(('1555010', '4955501', '3355501', '44555010'))}{rng.randrange(1000, 9999)}"
    return f"{number}X{rng.randrange(10, 999)}" if extension else number
