"""What the target answers about a conversation, read into plain values. A missing field reads as nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Doc = Mapping[str, Any]
MESSAGES = ("comment", "note")


@dataclass(frozen=True)
class FoundFile:
    name: str
    size: int
    url: str


@dataclass(frozen=True)
class FoundPart:
    """A comment or note in the target. `by`: user or admin; a lead counts as user."""

    id: str
    kind: str
    by: str
    author_id: str
    at: int
    html: str
    files: tuple[FoundFile, ...]


@dataclass(frozen=True)
class FoundThread:
    """A conversation or ticket with the parts the target still shows, oldest first.

    `shows_all`: no older parts are held back. The opening is None where the target shows it no more.
    """

    id: str
    title: str | None
    state: str | None
    snoozed_until: int | None
    contacts: frozenset[str]
    company: str | None
    admin: str | None
    team: str | None
    tags: frozenset[str]
    attributes: Doc
    created_at: int
    opening: FoundPart | None
    parts: tuple[FoundPart, ...]
    shows_all: bool
    ticket: Doc | None


def thread(conversation: Doc | None, ticket: Doc | None) -> FoundThread:
    """From `GET /conversations/{id}` and, for a ticket, `GET /tickets/{id}`; either may be absent, not both."""
    base: Doc = conversation if conversation is not None else ticket or {}
    if conversation is not None:
        listing, rows = _listing(conversation, "conversation_parts")
        opening: FoundPart | None = _part(_dict(conversation.get("source")), conversation.get("created_at"))
    else:
        listing, rows = _listing(base, "ticket_parts")
        # the first part of a ticket that was a conversation is the conversation's first message
        opening, rows = (_part(rows[0]), rows[1:]) if rows else (None, rows)
    shown = sum(1 for _ in rows) + (1 if conversation is None and opening else 0)
    total = int(listing.get("total_count") or shown)
    if conversation is None and total > shown:
        opening = None
    return FoundThread(
        id=str(base.get("id") or ""),
        title=_title(conversation, ticket),
        state=base.get("state") if conversation is not None else ("open" if base.get("open") else "closed"),
        snoozed_until=base.get("snoozed_until"),
        contacts=frozenset(str(entry.get("id")) for entry in _dict(base.get("contacts")).get("contacts") or ()),
        company=_company(conversation, ticket),
        admin=_id(base.get("admin_assignee_id")),
        team=_id(base.get("team_assignee_id")),
        tags=frozenset(str(entry.get("id")) for entry in _dict(base.get("tags")).get("tags") or ()),
        attributes=_dict(base.get("custom_attributes")),
        created_at=int(base.get("created_at") or 0),
        opening=opening,
        parts=tuple(_part(row) for row in rows if row.get("part_type") in MESSAGES),
        shows_all=total <= shown,
        ticket=ticket,
    )


def ticket_values(ticket: Doc) -> dict[str, Any]:
    """Attributes of a ticket; list items by their labels, as the target answers with ids."""
    labels: dict[tuple[str, str], str] = {}
    declared = _dict(_dict(ticket.get("ticket_type")).get("ticket_type_attributes"))
    for attribute in declared.get("data") or declared.get("ticket_type_attributes") or ():
        for option in _dict(attribute.get("input_options")).get("list_options") or ():
            labels[str(attribute.get("name")), str(option.get("id"))] = str(option.get("label"))
    values = _dict(ticket.get("ticket_attributes"))
    return {name: labels.get((name, str(value)), value) for name, value in values.items()}


def _listing(document: Doc, name: str) -> tuple[Doc, list[Doc]]:
    listing = _dict(document.get(name))
    return listing, [row for row in listing.get(name) or () if isinstance(row, dict)]


def _part(row: Doc, created_at: Any = None) -> FoundPart:
    author = _dict(row.get("author"))
    return FoundPart(
        id=str(row.get("id") or ""),
        kind=str(row.get("part_type") or "comment"),
        by="admin" if author.get("type") == "admin" else "user" if author.get("type") != "bot" else "bot",
        author_id=str(author.get("id") or ""),
        at=int(row.get("created_at") or created_at or 0),
        html=row.get("body") or "",
        files=tuple(
            FoundFile(str(file.get("name") or ""), int(file.get("filesize") or 0), str(file.get("url") or ""))
            for file in row.get("attachments") or ()
        ),
    )


def _title(conversation: Doc | None, ticket: Doc | None) -> str | None:
    if conversation is not None:
        return conversation.get("title")
    title = _dict((ticket or {}).get("ticket_attributes")).get("_default_title_")
    return str(title) if title is not None else None


def _company(conversation: Doc | None, ticket: Doc | None) -> str | None:
    if conversation is not None and conversation.get("company"):
        return _id(_dict(conversation["company"]).get("id"))
    return _id((ticket or {}).get("company_id"))


def _id(value: Any) -> str | None:
    return str(value) if value not in (None, "", 0, "0") else None


def _dict(value: Any) -> Doc:
    return value if isinstance(value, dict) else {}
