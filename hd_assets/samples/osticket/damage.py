"""Broken records, one or a few of each kind. Their ids are in the report, so that tests can ask for every one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from hd_assets.samples.files import png
from hd_assets.samples.osticket.answers import Answer, write_entry
from hd_assets.samples.osticket.desk import Customer, Desk
from hd_assets.samples.osticket.schema import ZERO_DATE
from hd_assets.samples.osticket.thread import Thread
from hd_assets.samples.osticket.ticket import Ticket

NOWHERE = 999_000  # ids from here on belong to nothing
_HOUR = timedelta(hours=1)
_MANY_BYTES = "報告書の本文です。"


def damage_people(desk: Desk, at: datetime) -> None:
    """Customers without an address or with an organisation that is gone, and topics that are their own ancestors."""
    lost = desk.dump.new_id("user")
    desk.dump.add("user", id=lost, org_id=0, default_email_id=NOWHERE, name="Nameless Mailbox", created=at, updated=at)
    desk.broken("user_without_email", lost)
    stray = desk.dump.new_id("user")
    email = desk.dump.new_id("user_email")
    desk.dump.add("user_email", id=email, user_id=stray, address="stray@nowhere.example")
    desk.dump.add(
        "user", id=stray, org_id=NOWHERE + 1, default_email_id=email, name="Stray Member", created=at, updated=at
    )
    desk.broken("user_dangling_organization", stray)
    first, second = desk.dump.new_id("help_topic"), desk.dump.new_id("help_topic")
    for own, parent in ((first, second), (second, first)):
        desk.dump.add(
            "help_topic", topic_id=own, topic_pid=parent, flags=2, topic=f"Loop {own}", created=at, updated=at
        )
        desk.broken("topic_loop", own)


def _open(desk: Desk, created: datetime, kind: str, *, answered: bool = True) -> Ticket:
    rng = desk.rng("damage", kind)
    ticket = Ticket(desk, rng, rng.choice(desk.customers), created, f"Damaged: {kind}", topic_id=1)
    entry = ticket.thread.message(ticket.customer, created, f"<p>About {kind}.</p>", title=ticket.subject)
    if answered:
        ticket.thread.reply(desk.agents[1], created + _HOUR, "<p>Understood.</p>", to=ticket.customer, answers=entry)
    return ticket


def _done(ticket: Ticket, kind: str, *broken: int) -> None:
    ticket.finish()
    for one in broken or (ticket.id,):
        ticket.desk.broken(kind, one)


def dangling(desk: Desk, created: datetime) -> None:
    """Tickets whose agent, status, department, topic, plan or customer does not exist."""
    for place, (kind, column) in enumerate(
        (
            ("ticket_dangling_agent", "staff_id"),
            ("ticket_dangling_status", "status_id"),
            ("ticket_dangling_department", "dept_id"),
            ("ticket_dangling_topic", "topic_id"),
            ("ticket_dangling_sla", "sla_id"),
            ("ticket_missing_user", "user_id"),
        )
    ):
        ticket = _open(desk, created + place * _HOUR, kind)
        setattr(ticket, column, NOWHERE + 10 + place)
        _done(ticket, kind)


def user_of_nothing(desk: Desk, created: datetime) -> None:
    """Tickets of the customer without an address and of the one whose organisation is gone."""
    for kind in ("user_without_email", "user_dangling_organization"):
        number = desk.injected[kind][0]
        ticket = Ticket(desk, desk.rng(kind), Customer(number, "Nobody Known", "", "en"), created, f"From {kind}")
        ticket.thread.message(ticket.customer, created, "<p>Who am I?</p>", title=ticket.subject)
        _done(ticket, f"ticket_of_{kind}")


def threads(desk: Desk, created: datetime) -> None:
    """Tickets without thread, a thread without ticket, entries without thread, a merge mark to nowhere."""
    ticket = _open(desk, created, "entries_without_thread")
    entries = list(ticket.thread.entries)
    desk.broken("ticket_without_thread", ticket.id)
    for entry in entries:
        desk.broken("entry_without_thread", entry)
    ticket.with_thread = False
    ticket.finish()
    orphan = Thread(desk, NOWHERE + 30, created)
    entry = orphan.message(desk.customers[0], created, "<p>The ticket was deleted.</p>", title="Orphan")
    orphan.close()
    desk.broken("thread_without_ticket", orphan.id)
    desk.broken("entry_of_thread_without_ticket", entry)
    marked = _open(desk, created, "merge_mark_to_nowhere")
    desk.dump.add("thread_entry_merge", thread_entry_id=marked.thread.entries[0], data=f'{{"thread":{NOWHERE + 31}}}')
    _done(marked, "merge_mark_to_nowhere", marked.thread.entries[0])


def dates(desk: Desk, created: datetime) -> None:
    """An entry and a ticket with the zero date, a ticket created after the dump."""
    zero = _open(desk, created, "entry_zero_created", answered=False)
    number = zero.thread.raw(
        type="M",
        user_id=zero.customer.id,
        poster=zero.customer.name,
        body="<p>When?</p>",
        created=ZERO_DATE,
        updated=ZERO_DATE,
    )
    _done(zero, "entry_zero_created", number)
    for kind, moment in (("ticket_zero_created", None), ("ticket_future_created", desk.as_of + timedelta(days=800))):
        ticket = _open(desk, created, kind)
        ticket.written_created = ZERO_DATE if moment is None else moment
        _done(ticket, kind)


def entries(desk: Desk, created: datetime) -> None:
    """Types nobody knows, text decoded twice, text cut in the middle."""
    unknown = _open(desk, created, "entry_unknown_type")
    number = unknown.thread.raw(
        type="X", staff_id=2, poster=desk.agents[1].name, body="<p>What am I?</p>", created=created, updated=ZERO_DATE
    )
    _done(unknown, "entry_unknown_type", number)
    twice = _open(desk, created, "entry_double_encoded")
    garbled = "<p>Größe für Müller, très bien</p>".encode().decode("cp1252")
    _done(twice, "entry_double_encoded", twice.thread.message(twice.customer, created + _HOUR, garbled))
    cut = _open(desk, created, "entry_truncated")
    body = ("<p>" + _MANY_BYTES * 3000).encode()[:65_535].decode(errors="ignore")
    _done(cut, "entry_truncated", cut.thread.message(cut.customer, created + _HOUR, body))


def files(desk: Desk, created: datetime) -> None:
    """Bytes that are missing, short, elsewhere, or pointed to by a key nobody has."""
    rng = desk.rng("damage files")
    ticket = _open(desk, created, "files")
    entry = ticket.thread.entries[0]
    picture = png(rng)
    missing = desk.files.add("missing.png", "image/png", picture, created, backend="F", write_bytes=False)
    foreign = desk.files.add("in-a-bucket.png", "image/png", picture, created, backend="S", write_bytes=False)
    gone = desk.files.add("no-chunks.png", "image/png", picture, created, backend="D", write_bytes=False)
    number = desk.dump.new_id("file")
    desk.dump.add(
        "file",
        id=number,
        type="text/plain",
        size=4000,
        key="k" * 32,
        signature="s" * 32,
        name="short.txt",
        created=created,
    )
    desk.dump.add("file_chunk", file_id=number, chunk_id=0, filedata=b"only the first part of four thousand bytes")
    desk.dump.add("attachment", object_id=entry, type="H", file_id=number)
    desk.dump.add("attachment", object_id=entry, type="H", file_id=NOWHERE + 40)
    empty = desk.files.add("empty.txt", "text/plain", b"", created, backend="D")
    for kind, file in (
        ("file_missing", missing),
        ("file_unknown_backend", foreign),
        ("file_no_chunks", gone),
        ("file_empty", empty),
    ):
        desk.files.attach("H", entry, file)
        desk.broken(kind, file.id)
    desk.broken("file_short_chunks", number)
    desk.broken("attachment_without_file", NOWHERE + 40)
    body = '<p>Gone: <img src="cid:nobodyhasthiskeynobodyhasthiskey" alt="gone" /></p>'
    _done(ticket, "cid_without_file", ticket.thread.message(ticket.customer, created + _HOUR, body))


def answers(desk: Desk, created: datetime) -> None:
    """Answers that are not JSON, keys the field does not know, fields that do not exist."""
    choices = next(field for field in desk.catalogue.ticket_fields if field.kind == "choices")
    for kind, field, value in (
        ("answer_broken_json", choices.id, '{"cut":"in the mid'),
        ("answer_unknown_choice", choices.id, "never-was-a-choice"),
        ("answer_unknown_field", NOWHERE + 50, "lost"),
    ):
        ticket = _open(desk, created, kind)
        ticket.with_form = False
        write_entry(
            desk,
            2,
            "T",
            ticket.id,
            created,
            {20: Answer(ticket.subject), 22: Answer("Normal", value_id=2), field: Answer(value)},
        )
        _done(ticket, kind)


DAMAGE: list[tuple[Callable[[Desk, datetime], None], int]] = [
    (dangling, 6),
    (user_of_nothing, 2),
    (threads, 2),
    (dates, 3),
    (entries, 3),
    (files, 1),
    (answers, 3),
]
