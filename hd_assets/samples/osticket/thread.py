"""Threads and their entries."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime

from hd_assets.samples.osticket.desk import Agent, Customer, Desk, escaped, to_json
from hd_assets.samples.osticket.schema import ZERO_DATE

ORIGINAL, EDITED, HIDDEN, COLLABORATOR, BALANCED, SYSTEM = 0x1, 0x2, 0x4, 0x20, 0x40, 0x80
REPLY_ALL, REPLY_USER, MERGED = 0x100, 0x200, 0x400
LONG_BODY = 65_000


@dataclass
class Thread:
    """One `thread` row, written by `close`; entries are written at once."""

    desk: Desk
    object_id: int
    created: datetime
    kind: str = "T"
    ip_address: str = ""
    extra: str | None = None
    id: int = 0
    entries: list[int] = field(default_factory=list)
    last_message: datetime | None = None
    last_response: datetime | None = None

    def __post_init__(self) -> None:
        self.id = self.desk.dump.new_id("thread")

    def message(
        self,
        customer: Customer,
        at: datetime,
        body: str,
        *,
        title: str | None = None,
        form: str = "html",
        flags: int = BALANCED,
        source: str = "Web",
        cc: tuple[Customer, ...] = (),
    ) -> int:
        """A message from a customer; a `title` makes it the first one."""
        self.last_message = at
        if title is not None:
            flags |= ORIGINAL
        return self._entry(
            "M",
            at,
            body,
            user_id=customer.id,
            poster=customer.name,
            title=escaped(title)[:255] if title else None,
            form=form,
            flags=flags if form == "html" else flags & ~BALANCED,
            source="" if title is not None else source,
            recipients=_recipients(None, cc) if cc else None,
        )

    def reply(
        self,
        agent: Agent,
        at: datetime,
        body: str,
        *,
        to: Customer,
        cc: tuple[Customer, ...] = (),
        form: str = "html",
        flags: int = 0,
        answers: int = 0,
    ) -> int:
        """An answer an agent sent; `answers` is the entry it answers."""
        self.last_response = at
        flags |= REPLY_ALL if cc else REPLY_USER
        if form == "html":
            flags |= BALANCED
        return self._entry(
            "R",
            at,
            body,
            pid=answers,
            staff_id=agent.id,
            poster=agent.name,
            form=form,
            flags=flags,
            recipients=_recipients(to, cc),
        )

    def note(self, agent: Agent, at: datetime, body: str, *, title: str | None = None, flags: int = BALANCED) -> int:
        """An internal note."""
        return self._entry("N", at, body, staff_id=agent.id, poster=agent.name, title=title or None, flags=flags)

    def describe(self, agent: Agent, at: datetime, body: str) -> int:
        """What a task is about: of type M although an agent wrote it."""
        self.last_message = at
        return self._entry("M", at, body, staff_id=agent.id, poster=agent.name, flags=BALANCED | ORIGINAL)

    def system(self, kind: str, at: datetime, body: str, poster: str = "SYSTEM") -> int:
        """An entry nobody wrote; `SYSTEM (Canned Reply)` with kind R is public."""
        return self._entry(kind, at, body, poster=poster, flags=BALANCED | SYSTEM)

    def edited(
        self,
        old: int,
        kind: str,
        agent: Agent,
        at: datetime,
        body: str,
        edited_at: datetime,
        *,
        editor: Agent,
        hidden: bool = False,
        title: str | None = None,
    ) -> int:
        """The next version of entry `old`; the caller wrote the old one hidden."""
        return self._entry(
            kind,
            at,
            body,
            pid=old,
            staff_id=agent.id,
            poster=agent.name,
            title=title,
            flags=BALANCED | EDITED | (HIDDEN if hidden else 0) | (REPLY_USER if kind == "R" else 0),
            editor=editor,
            updated=edited_at,
        )

    def raw(self, **columns: int | str | datetime | None) -> int:
        """An entry with columns as given, for records no screen could make."""
        number = self.desk.dump.new_id("thread_entry")
        self.desk.dump.add("thread_entry", id=number, thread_id=self.id, **columns)
        self.entries.append(number)
        return number

    def mail(self, entry: int, sender: Customer, at: datetime, subject: str) -> None:
        """The mail an entry came with."""
        digest = hashlib.sha256(f"{self.desk.seed} {entry}".encode()).hexdigest()[:20]
        domain = sender.email.rpartition("@")[2]
        message_id = f"<{digest}@mail.{domain}>"
        lines = (
            f"Return-Path: <{sender.email}>",
            f"From: {sender.name} <{sender.email}>",
            f"To: <support@{self.desk.catalogue.domain}>",
            f"Subject: {subject}",
            f"Message-ID: {message_id}",
            f"Date: {format_datetime(at)}",
            "MIME-Version: 1.0",
        )
        self.desk.dump.add("thread_entry_email", thread_entry_id=entry, mid=message_id, headers="\n".join(lines))

    def close(self) -> None:
        """Write the thread itself, once its last entry is known."""
        self.desk.dump.add(
            "thread",
            id=self.id,
            object_id=self.object_id,
            object_type=self.kind,
            extra=self.extra,
            lastresponse=self.last_response,
            lastmessage=self.last_message,
            created=self.created,
        )

    def _entry(
        self,
        kind: str,
        at: datetime,
        body: str,
        *,
        flags: int,
        poster: str,
        pid: int = 0,
        staff_id: int = 0,
        user_id: int = 0,
        title: str | None = None,
        form: str = "html",
        source: str = "",
        recipients: str | None = None,
        editor: Agent | None = None,
        updated: datetime | None = None,
    ) -> int:
        number = self.desk.dump.new_id("thread_entry")
        moved = len(body) >= LONG_BODY
        self.desk.dump.add(
            "thread_entry",
            id=number,
            pid=pid,
            thread_id=self.id,
            staff_id=staff_id,
            user_id=user_id,
            type=kind,
            flags=flags,
            poster=poster,
            editor=editor.id if editor else None,
            editor_type="S" if editor else None,
            source=source,
            title=title,
            body="" if moved else body,
            format=form,
            ip_address=self.ip_address,
            recipients=recipients,
            created=at,
            updated=updated or ZERO_DATE,
        )
        if moved:
            name = hashlib.sha256(body.encode()).hexdigest()[:32] + ".txt"
            file = self.desk.files.add(name, "text/html", body.encode(), at)
            self.desk.files.attach("H", number, file, inline=True)
        self.entries.append(number)
        return number


def _recipients(to: Customer | None, cc: tuple[Customer, ...]) -> str:
    lists = {"to": (to,) if to else (), "cc": cc}
    return to_json(
        {word: {str(one.id): f"{one.name} <{one.email}>" for one in people} for word, people in lists.items() if people}
    )
