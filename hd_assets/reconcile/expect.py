"""What the target must show, derived from staging and the ledger's id map alone. Pure.

Nothing here calls the code that builds requests: a mistake there has to show up as a difference.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from hd_assets.links.sent import link_digest
from hd_assets.links.urls import replaced, web_addresses
from hd_assets.mapping import DataType
from hd_assets.mapping import Mapping as MigrationMapping
from hd_assets.model import Attachment, Conversation, Part
from hd_assets.publish.ledger_read import Identity, Operation
from hd_assets.reconcile.normal import text_of, text_of_plain, unix

MIGRATION_ADMIN = "_migration"
NOTHING_SAID = "(no text)"
REPLY_KINDS = ("reply", "note")


@dataclass(frozen=True)
class Directory:
    """Who is who in the target: external id → Intercom id, by kind, and who stands for whom.

    `stand_ins`: teammates nobody in the target stands for; the migration admin speaks in their name.
    """

    ids: Mapping[str, Mapping[str, str]]
    stand_ins: frozenset[str] = frozenset()
    merged: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, identities: Mapping[str, Mapping[str, Identity]], merged: Mapping[str, str]) -> Directory:
        ids = {kind: {key: entry.intercom_id for key, entry in named.items()} for kind, named in identities.items()}
        admins = identities.get("admin", {})
        fallback = frozenset(key for key, entry in admins.items() if entry.origin == "fallback")
        return cls(ids, fallback, merged)

    def survivor(self, external_id: str) -> str:
        seen: set[str] = set()
        while external_id in self.merged and external_id not in seen:
            seen.add(external_id)
            external_id = self.merged[external_id]
        return external_id

    def id(self, kind: str, external_id: str | None) -> str | None:
        found = self.ids.get(kind, {}).get(self.survivor(external_id)) if external_id else None
        # "0" stands for nobody
        return found if found != "0" else None

    @property
    def admin(self) -> str | None:
        return self.ids.get("admin", {}).get(MIGRATION_ADMIN)

    def speaks_for_itself(self, teammate: str | None) -> bool:
        return teammate is not None and teammate in self.ids.get("admin", {}) and teammate not in self.stand_ins


@dataclass(frozen=True)
class ExpectedPart:
    """A comment or note as the target must show it. `at` in Unix seconds, `text` in its visible normal form.

    `links`: addresses it must lead to in place of the old system's.
    """

    external_id: str
    kind: str
    by: str
    author_id: str | None
    at: int
    text: str
    links: frozenset[str]
    files: tuple[Attachment, ...]
    intercom_id: str | None
    is_settled: bool


@dataclass(frozen=True)
class ExpectedThread:
    """A conversation as the target must show it."""

    row: Conversation
    opening_author: str | None
    opening_at: int
    opening_text: str
    opening_links: frozenset[str]
    contacts: frozenset[str | None]
    company: str | None
    admin: str | None
    team: str | None
    tags: frozenset[str | None]
    state: str | None
    ticket_state: str | None
    snoozed_until: int | None
    parts: tuple[ExpectedPart, ...]


def types_of(mapping: MigrationMapping, holder: str) -> dict[str, DataType]:
    """Declared attributes of conversation, contact or company with their types."""
    return {
        name: attribute.type
        for kind, named in mapping.attributes.items()
        if kind == holder
        for name, attribute in named.items()
    }


def thread(
    row: Conversation,
    parts: Sequence[Part],
    files: Sequence[Attachment],
    operations: Sequence[Operation],
    people: Directory,
    digest_key: str = "",
) -> ExpectedThread:
    """`operations`: the ledger's, of this conversation; they tell the time of late parts, fixed snoozes, and
    where links to the old system were led when a message was sent. `digest_key`: the ledger's."""
    writers = [
        part.author
        for part in parts
        if part.author and part.author_kind == "contact" and part.kind == "comment" and not part.is_opening
    ]
    everybody = (row.opening_author, row.contact, *row.participants, *writers)
    known = {(entry.kind, entry.external_id): entry for entry in operations}
    snooze = known.get(("snooze", row.external_id))
    opening, opening_links = _led(row.opening_text, known.get(("conversation", row.external_id)), digest_key)
    state = "open" if row.state == "snoozed" and snooze is None else row.state
    return ExpectedThread(
        row=row,
        opening_author=people.id("contact", row.opening_author),
        opening_at=unix(row.opening_at) or 0,
        opening_text=text_of_plain(opening) or NOTHING_SAID,
        opening_links=opening_links,
        contacts=frozenset(people.id("contact", person) for person in everybody),
        company=people.id("company", row.company),
        admin=people.id("admin", row.assignee),
        team=people.id("team", row.inbox),
        tags=frozenset(people.id("tag", tag) for tag in row.tags),
        state=state,
        ticket_state=_ticket_state(row) if row.target_kind == "ticket" else None,
        snoozed_until=unix(row.snoozed_until) if state == "snoozed" else None,
        parts=tuple(_parts(parts, files, known, people, digest_key)),
    )


def _ticket_state(row: Conversation) -> str:
    """A closed source ticket is resolved, one that is not closed never is."""
    if row.state == "closed":
        return "resolved"
    if row.ticket_state in (None, "resolved"):
        return "waiting_on_customer" if row.state == "snoozed" else "submitted"
    return row.ticket_state or "submitted"


def _parts(
    parts: Iterable[Part],
    files: Iterable[Attachment],
    known: Mapping[tuple[str, str], Operation],
    people: Directory,
    digest_key: str,
) -> Iterable[ExpectedPart]:
    carried: dict[str, list[Attachment]] = {}
    for file in sorted(files, key=lambda file: file.position):
        if file.disposition == "send" and file.carrier:
            carried.setdefault(file.carrier, []).append(file)
    found = []
    for part in parts:
        if part.is_opening:
            continue
        operation = next(
            (known[kind, part.external_id] for kind in REPLY_KINDS if (kind, part.external_id) in known), None
        )
        carries = tuple(carried.get(part.external_id, ()))
        found.append(_part(part, carries, operation, people, digest_key))
    return sorted(found, key=lambda entry: entry.at)


def _part(
    part: Part, files: tuple[Attachment, ...], operation: Operation | None, people: Directory, digest_key: str
) -> ExpectedPart:
    by_contact = part.author_kind == "contact" and part.kind == "comment" and part.author is not None
    body, links = _led(part.body_html, operation, digest_key)
    text = text_of(body) or NOTHING_SAID
    at = unix(part.sent_at) or 0
    if operation is not None and operation.remark == "late":
        # younger parts were sent before it: it stands at the end, its true time in its text
        at = operation.created_at or at
        text = f"[{_written(part.created_at)}] {text}"
    if by_contact:
        author, by = people.id("contact", part.author), "user"
    else:
        speaker = part.author if part.author_kind == "teammate" else None
        by = "admin"
        author = people.id("admin", speaker) if speaker else people.admin
        # what the migration inserts in nobody's name are its own words; everything else is somebody's
        is_own_word = part.author_kind == "system" and part.origin != "entry"
        if not is_own_word and not people.speaks_for_itself(speaker):
            text = " ".join(filter(None, (text_of_plain(part.author_name), text)))
    return ExpectedPart(
        external_id=part.external_id,
        kind=part.kind,
        by=by,
        author_id=author,
        at=at,
        text=text,
        links=links,
        files=files,
        intercom_id=operation.intercom_id if operation else None,
        is_settled=operation is not None and operation.state in ("applied", "conflict"),
    )


def _led(body: str, operation: Operation | None, digest_key: str) -> tuple[str, frozenset[str]]:
    """The body with the addresses it was sent with, and those addresses."""
    if operation is None or operation.sent_links is None:
        return body, frozenset()
    noted = json.loads(operation.sent_links)
    led = {link: noted.get(link_digest(digest_key, link)) for link in web_addresses(body)}
    return replaced(body, led.get), frozenset(address for address in led.values() if address)


def _written(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
