"""Strange but healthy tickets, each a shape that real installations have and simple readers trip over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from hd_assets.samples import files, text
from hd_assets.samples.osticket.desk import Agent, Customer, Desk, escaped, html_body
from hd_assets.samples.osticket.files import CHUNK_BYTES
from hd_assets.samples.osticket.ordinary import write_task
from hd_assets.samples.osticket.setup import second_form_topic
from hd_assets.samples.osticket.thread import BALANCED, COLLABORATOR, HIDDEN, REPLY_ALL
from hd_assets.samples.osticket.ticket import CLOSED, RESOLVED, Ticket

_HOUR = timedelta(hours=1)
_OUTLOOK = (
    '<p class="MsoNormal"><span style="font-size:11pt">Dear team,</span></p><table border="1" cellpadding="0">'
    "<tbody><tr><td><p><b>Device</b></p></td><td><p><b>Temp.</b></p></td></tr><tr><td>A-101</td><td>4 &deg;C</td></tr>"
    '<tr><td>A-102</td><td>&lt; 0 &deg;C</td></tr></tbody></table><p>&nbsp;</p><div style="border-top:solid #E1E1E1 '
    '1.0pt"><p><b>Von:</b> Support &lt;support@tidewater.example&gt;<br /><b>Gesendet:</b> Montag, 3. Juni<br />'
    "<b>Betreff:</b> Re: Messwerte</p></div><p>Please send the readings as a table.</p>"
)


def _open(desk: Desk, created: datetime, subject: str, body: str, *, topic: int = 0, form: str = "html") -> Ticket:
    rng = desk.rng("oddity", desk.dump.counts["ticket"], subject)
    ticket = Ticket(desk, rng, rng.choice(desk.customers), created, subject, topic_id=topic)
    ticket.thread.message(ticket.customer, created, body, title=subject, form=form)
    return ticket


def _answer(ticket: Ticket, agent: Agent, at: datetime, body: str, *, cc: tuple[Customer, ...] = ()) -> int:
    ticket.claim(agent, at)
    ticket.is_answered = True
    return ticket.thread.reply(agent, at, body, to=ticket.customer, cc=cc, answers=ticket.thread.entries[0])


def _done(kind: str, ticket: Ticket, agent: Agent | None, at: datetime) -> None:
    if agent:
        ticket.close(agent, at, CLOSED)
    else:
        ticket.overdue_if_late()
    ticket.desk.odd(kind, ticket.finish())


def plain_text(desk: Desk, created: datetime) -> None:
    """Entries of format text: escaped once, newlines matter."""
    body = escaped(
        "Hello,\n\nplain text here.\n  an indented line\n1 < 2 && 3 > 2\n<b>not bold</b>\nhttps://x.example/?a=1&b=2"
    )
    ticket = _open(desk, created, 'Plain text: 5 < 6 & "quotes"', body, form="text")
    ticket.thread.reply(
        desk.agents[1],
        created + _HOUR,
        escaped("Hi,\n\nplain answer with ümläuts & <angle> brackets.\n\n> quoted line"),
        to=ticket.customer,
        form="text",
    )
    _done("plain_text", ticket, desk.agents[1], created + 2 * _HOUR)


def edited(desk: Desk, created: datetime) -> None:
    """Old versions stay as hidden rows; the newest has a higher id than later messages."""
    first, second = desk.agents[1], desk.agents[2]
    ticket = _open(desk, created, "How do I edit my answer?", "<p>How do I edit?</p>")
    asked = ticket.thread.entries[0]
    old = ticket.thread.reply(
        first, created + _HOUR, "<p>First verson.</p>", to=ticket.customer, answers=asked, flags=HIDDEN
    )
    late = created + 2 * _HOUR
    ticket.thread.message(ticket.customer, late, "<p>Thanks, clear now.</p>")
    middle = ticket.thread.edited(
        old, "R", first, created + _HOUR, "<p>First version.</p>", late + _HOUR, editor=first, hidden=True
    )
    ticket.thread.edited(
        middle, "R", first, created + _HOUR, "<p>First version, in better words.</p>", late + 2 * _HOUR, editor=second
    )
    note = ticket.thread.note(first, late, "<p>note v1</p>", title="Note", flags=BALANCED | HIDDEN)
    ticket.thread.edited(note, "N", first, late, "<p>note v2</p>", late + _HOUR, editor=first, title="Note")
    ticket.claim(first, created + _HOUR)
    _done("edited", ticket, None, late)


def long_body(desk: Desk, created: datetime) -> None:
    """A text of 65,000 characters or more lies in an inline file, the row's body is empty."""
    pasted = escaped(text.long_paragraph(desk.rng("long", created), "en", 66_000))
    ticket = _open(desk, created, "Complete protocol pasted below", f"<p>The protocol:</p><p>{pasted}</p>")
    _answer(ticket, desk.agents[2], created + _HOUR, "<p>Got it, thank you.</p>")
    _done("long_body", ticket, desk.agents[2], created + 5 * _HOUR)


def inline_images(desk: Desk, created: datetime) -> None:
    """Pictures in the text point to files by key; a colleague in copy answers too."""
    rng = desk.rng("inline", created)
    subject = "Pictures of the broken display"
    pictures = [desk.files.add(f"image00{n}.png", "image/png", files.png(rng), created) for n in (1, 2)]
    shown = "".join(f'<p>Picture:<br /><img src="cid:{one.key}" alt="display" /></p>' for one in pictures)
    outside = '<p><img src="https://status.example/badge.png" alt="status" /></p>'
    ticket = _open(desk, created, subject, f"<p>See below.</p>{shown}{outside}")
    for one in pictures:
        desk.files.attach("H", ticket.thread.entries[0], one, inline=True)
    log = desk.files.add("alarm log – März.txt", "text/plain", files.log(rng, 30), created)
    desk.files.attach("H", ticket.thread.entries[0], log)
    others = tuple(who for who in rng.sample(desk.customers, 3) if who.id != ticket.customer.id)[:2]
    for colleague in others:
        ticket.collaborate(colleague, created + _HOUR, desk.agents[1])
    agent = desk.agents[1]
    _answer(ticket, agent, created + _HOUR, "<p>Which of them came first?</p>", cc=others)
    ticket.thread.message(
        others[0],
        created + 2 * _HOUR,
        "<p>The upper one, I was there.</p>",
        flags=BALANCED | COLLABORATOR | REPLY_ALL,
        source="Email",
        cc=others[1:],
    )
    _done("inline_images", ticket, agent, created + 20 * _HOUR)


def people_gone(desk: Desk, created: datetime) -> None:
    """An agent and a customer in copy were deleted later: only their names are left."""
    ticket = _open(desk, created, "Question from the shared mailbox", "<p>Please answer to all of us.</p>")
    gone = Customer(desk.gone_customer_ids[0], "Someone Who Left", "left@gone.example", "en")
    ticket.collaborate(gone, created + _HOUR / 2, desk.agents[1])
    ticket.thread.message(
        gone, created + _HOUR, "<p>I add some details.</p>", flags=BALANCED | COLLABORATOR | REPLY_ALL
    )
    ticket.thread.reply(desk.gone_agent, created + 2 * _HOUR, "<p>Thanks both.</p>", to=ticket.customer, cc=(gone,))
    ticket.thread.note(desk.gone_agent, created + 3 * _HOUR, "<p>Written by an agent who left.</p>")
    ticket.event("assigned", created + _HOUR, {"staff": [9, desk.gone_agent.name]}, by=desk.agents[2])
    _done("people_gone", ticket, None, created)


def canned(desk: Desk, created: datetime) -> None:
    """An answer nobody wrote: a filter sent it, the customer received it."""
    ticket = _open(desk, created, "Invoice copy please", "<p>May I have a copy?</p>", topic=1)
    ticket.thread.system("R", created + timedelta(seconds=2), "<p>We got your request.</p>", "SYSTEM (Canned Reply)")
    ticket.thread.system("N", created + timedelta(seconds=3), "<p>Ticket filter matched.</p>")
    ticket.event("assigned", created + timedelta(seconds=3), {"team": 1}, username="Ticket Filter")
    ticket.team_id = 1
    _done("canned", ticket, None, created)


def reopened(desk: Desk, created: datetime) -> None:
    """Closed and opened again three times: the first closes are annulled."""
    ticket = _open(desk, created, "Recurring: clock jumps to 1970", "<p>The clock jumps.</p>", topic=1)
    agent = desk.agents[1]
    _answer(ticket, agent, created + _HOUR, "<p>Attempt 1.</p>")
    for attempt in range(1, 4):
        at = created + attempt * 8 * _HOUR
        ticket.close(agent, at, RESOLVED, refer=attempt == 1)
        ticket.thread.message(ticket.customer, at + _HOUR, f"<p>It came back ({attempt}).</p>")
        ticket.reopen(at + _HOUR)
        ticket.thread.reply(agent, at + 2 * _HOUR, f"<p>Attempt {attempt + 1}.</p>", to=ticket.customer)
    ticket.close(agent, created + 40 * _HOUR, CLOSED, refer=False)
    desk.odd("reopened_thrice", ticket.finish())


def no_entries(desk: Desk, created: datetime) -> None:
    """A ticket made by a script: no entry, no form."""
    rng = desk.rng("silent", created)
    ticket = Ticket(desk, rng, rng.choice(desk.customers), created, "", source="API", with_form=False)
    _done("no_entries", ticket, None, created)


def only_note(desk: Desk, created: datetime) -> None:
    """A call somebody wrote down: one internal note, no public entry."""
    rng = desk.rng("note", created)
    ticket = Ticket(desk, rng, rng.choice(desk.customers), created, "Call from the site", source="Phone", topic_id=1)
    ticket.thread.note(desk.agents[1], created, "<p>Customer called, wants a call back.</p>", title="Call")
    _done("only_note", ticket, desk.agents[1], created + _HOUR)


def hardware(desk: Desk, created: datetime) -> None:
    """The help topic with a second form and a file field; a task hangs on it."""
    ticket = _open(desk, created, "Order for the new site", "<p>See the form.</p>", topic=second_form_topic(desk))
    _answer(ticket, desk.agents[2], created + _HOUR, "<p>Ordered.</p>")
    ticket.close(desk.agents[2], created + 30 * _HOUR, CLOSED)
    write_task(ticket, desk.agents[3], created + 2 * _HOUR)
    desk.odd("second_form", ticket.finish())


def mail_table(desk: Desk, created: datetime) -> None:
    """Outlook's markup with a table and the earlier mail below."""
    ticket = _open(desk, created, "AW: Messwerte", _OUTLOOK)
    ticket.source = "Email"
    ticket.thread.mail(ticket.thread.entries[0], ticket.customer, created, ticket.subject)
    quote = '<p>Yes.</p><div class="gmail_quote">On Monday:<blockquote><p>Is it &gt; 5?</p></blockquote></div>'
    _answer(ticket, desk.agents[1], created + _HOUR, "<p>Is it &gt; 5?</p>")
    ticket.thread.message(ticket.customer, created + 2 * _HOUR, quote, source="Email")
    _done("quoted_mail", ticket, desk.agents[1], created + 9 * _HOUR)


def scripts(desk: Desk, created: datetime) -> None:
    """Right-to-left and East Asian text, and what is left of emoji."""
    for language, kind in (("ar", "right_to_left"), ("ja", "east_asian")):
        writing = text.opening(desk.rng("script", language, created), language, "A. Name")
        ticket = _open(desk, created, writing.subject, html_body(writing))
        _done(kind, ticket, desk.agents[1], created + 4 * _HOUR)
    ticket = _open(desk, created, "Great ????", "<p>Works ???? thank you \u200d\ufe0f</p>")
    _answer(ticket, desk.agents[1], created + _HOUR, "-")  # a lone dash is osTicket's empty text
    _done("emoji_debris", ticket, desk.agents[1], created + 4 * _HOUR)


def odd_names(desk: Desk, created: datetime) -> None:
    """Odd file names, one name twice, one file under two names, several chunks."""
    rng = desk.rng("names", created)
    ticket = _open(desk, created, "Files, files, files", "<p>All files attached.</p>")
    entry = ticket.thread.entries[0]
    names = (
        "../../etc/passwd.txt",
        "bericht.pdf .exe.txt",
        "図面 (最終版).txt",
        "no-extension",
        'quote"and;semi.txt',
        "a.txt",
    )
    stored = [
        desk.files.add(name, "text/plain", f"{n} {rng.random()}".encode(), created) for n, name in enumerate(names)
    ]
    stored.append(desk.files.add("a.txt", "text/plain", b"another file of the same name", created))
    for file in stored:
        desk.files.attach("H", entry, file)
    big = b"".join(files.filler(CHUNK_BYTES + 1000))
    chunked = desk.files.add("two-chunks.log", "text/plain", big, created, backend="D")
    desk.files.attach("H", entry, chunked)
    reply = _answer(ticket, desk.agents[1], created + _HOUR, "<p>Renamed and sent back.</p>")
    desk.files.attach("H", reply, chunked, name="renamed copy.log")
    _done("odd_files", ticket, desk.agents[1], created + 7 * _HOUR)


def owner_changed(desk: Desk, created: datetime) -> None:
    """The requester was exchanged, the ticket referred, released and given to a team."""
    ticket = _open(desk, created, "Wrong contact registered", "<p>Please register my colleague.</p>")
    agent, boss = desk.agents[1], desk.agents[2]
    new = next(one for one in desk.customers if one.id != ticket.customer.id)
    fields = {"owner": new.id, "fields": {"Ticket Owner": new.name}}
    ticket.event("edited", created + _HOUR, fields, by=boss)
    ticket.user_id = new.id
    ticket.thread.message(new, created + 2 * _HOUR, "<p>This is the colleague.</p>")
    ticket.refer("D", 2, created + 3 * _HOUR, boss)
    ticket.claim(agent, created + 4 * _HOUR)
    ticket.staff_id = 0
    ticket.event("released", created + 5 * _HOUR, {"staff": [agent.id, agent.name]}, by=boss)
    ticket.team_id = 1
    ticket.event("assigned", created + 6 * _HOUR, {"team": 1}, by=boss)
    ticket.thread.note(boss, created + 6 * _HOUR, "<p>For the whole team.</p>", title="Assigned")
    _done("owner_changed", ticket, None, created)


def big_files(desk: Desk, created: datetime) -> None:
    """A file of exactly 10 MiB and one a byte longer."""
    ticket = _open(desk, created, "Very large logs", "<p>Two large files.</p>")
    for size in (10_485_760, 10_485_761):
        blocks = files.filler(size, CHUNK_BYTES)
        file = desk.files.add_stream(f"log-{size}.txt", "text/plain", size, blocks, created)
        desk.files.attach("H", ticket.thread.entries[0], file)
    _done("big_files", ticket, desk.agents[1], created + _HOUR)


ODDITIES: list[tuple[Callable[[Desk, datetime], None], int]] = [
    (plain_text, 1),
    (edited, 1),
    (long_body, 1),
    (inline_images, 1),
    (people_gone, 1),
    (canned, 1),
    (reopened, 1),
    (no_entries, 1),
    (only_note, 1),
    (hardware, 1),
    (mail_table, 1),
    (scripts, 3),
    (odd_names, 1),
    (owner_changed, 1),
]
