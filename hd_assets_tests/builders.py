"""Full valid staged rows with as little said as a test needs, and a warehouse that holds them.

External ids are `desk-<type>-<number>`; every row of the same number is the same row unless a value is given.
"""

import hashlib
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from hd_assets.model import (
    Article,
    Attachment,
    Company,
    Contact,
    Conversation,
    CustomObject,
    Inbox,
    Part,
    Tag,
    Teammate,
    duckdb_columns,
)
from hd_assets.model.base import StagedRow
from hd_assets.warehouse import Warehouse, append

MIGRATION = "desk"
EPOCH = datetime(2024, 1, 10, 9, 0, tzinfo=UTC)


def digest(*values: object) -> str:
    return hashlib.md5(repr(values).encode(), usedforsecurity=False).hexdigest()


def _sourced(kind: str, number: int, values: dict) -> dict:
    known = {
        "external_id": f"{MIGRATION}-{kind}-{number}",
        "source_type": kind,
        "source_id": str(number),
        **values,
    }
    return {"source_digest": digest(sorted(known.items(), key=str)), **known}


def company(number: int = 1, **values) -> Company:
    known = {
        "name": f"Company {number}",
        "website": f"https://company{number}.example",
        "email_domain": f"company{number}.example",
        "industry": "Shipping",
        "parent": None,
        "custom_attributes": {"seats": 10 + number, "renewal": "2025-03-01"},
        "created_at": EPOCH,
    }
    return Company(**_sourced("org", number, known | values))


def contact(number: int = 1, **values) -> Contact:
    known = {
        "email": f"person{number}@company.example",
        "name": f"Person {number}",
        "phone": "+4930123456",
        "role": "user",
        "companies": [],
        "custom_attributes": {"vip": number % 2 == 0},
        "signed_up_at": EPOCH,
        "merged_into": None,
        "flags": [],
    }
    return Contact(**_sourced("user", number, known | values))


def teammate(number: int = 1, **values) -> Teammate:
    known = {"email": f"agent{number}@desk.example", "name": f"Agent {number}", "is_active": True, "roles": []}
    return Teammate(**_sourced("staff", number, known | values))


def inbox(number: int = 1, **values) -> Inbox:
    known = {"name": f"Team {number}", "merged_into": None, "members": [], "routing_email": None}
    return Inbox(**_sourced("dept", number, known | values))


def tag(number: int = 1, **values) -> Tag:
    known = {"name": f"topic {number}", "source_label": f"topic {number}", "kind": "topic"}
    return Tag(**_sourced("topic", number, known | values))


def conversation(number: int = 1, **values) -> Conversation:
    """Closed, with requester `user-1`, no assignee, no tags; begun `number` hours after the epoch."""
    begun = values.get("opening_at", EPOCH + timedelta(hours=number))
    known = {
        "home_window": date(begun.year, begun.month, 1),
        "target_kind": "conversation",
        "number": f"N{number:05}",
        "contact": f"{MIGRATION}-user-1",
        "opening_author": values.get("contact", f"{MIGRATION}-user-1"),
        "participants": [],
        "title": f"Question {number}",
        "opening_text": f"Opening of question {number}",
        "opening_html": f"<p>Opening of question {number}</p>",
        "opening_part": f"{MIGRATION}-entry-{number}0",
        "opening_at": begun,
        "state": "closed",
        "snoozed_until": None,
        "source_status": "Closed",
        "ticket_state": None,
        "assignee": None,
        "inbox": None,
        "company": None,
        "tags": [],
        "custom_attributes": {"number": f"N{number:05}", "level": "High", "due": "2024-02-01T08:00:00Z"},
        "parent": None,
        "created_at": begun,
        "updated_at": None,
        "closed_at": begun,
        "flags": [],
    }
    return Conversation(**_sourced("ticket", number, known | values))


def part(of: Conversation, position: int, **values) -> Part:
    """A contact's comment; position 0 is the opening. Each position is a minute later."""
    number = values.pop("number", int(of.source_id) * 10 + position)
    sent = values.pop("sent_at", of.opening_at + timedelta(minutes=position))
    known = {
        "home_window": of.home_window,
        "conversation": of.external_id,
        "position": position,
        "origin": "entry",
        "belongs_to": None,
        "is_opening": position == 0,
        "kind": "comment",
        "author_kind": "contact",
        "author": of.opening_author,
        "author_name": "Person",
        "body_html": f"<p>Words of <b>entry</b> {number}</p>",
        "body_text": f"Words of entry {number}",
        "is_internal": False,
        "created_at": sent,
        "sent_at": sent,
        "flags": [],
    }
    return Part(**_sourced("entry", number, known | values))


def reply(of: Conversation, position: int, agent: int | None = 1, **values) -> Part:
    """A teammate's comment."""
    author = f"{MIGRATION}-staff-{agent}" if agent is not None else None
    known = {"author_kind": "teammate", "author": author, "author_name": f"Agent {agent}"}
    return part(of, position, **(known | values))


def note(of: Conversation, position: int, agent: int | None = 1, **values) -> Part:
    """A teammate's internal entry."""
    return reply(of, position, agent, **({"kind": "note", "is_internal": True} | values))


def attachment(carrier: Part, number: int, content: bytes, **values) -> Attachment:
    known = {
        "home_window": carrier.home_window,
        "conversation": carrier.conversation,
        "owner": carrier.external_id,
        "carrier": carrier.external_id,
        "position": 0,
        "filename": f"file{number}.txt",
        "content_type": "text/plain",
        "size_bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "content_id": None,
        "is_inline": False,
        "disposition": "send",
    }
    return Attachment(**_sourced("file", number, known | values))


def article(number: int = 1, **values) -> Article:
    known = {
        "collection_path": ["Guides"],
        "title": f"How to {number}",
        "description": None,
        "body_html": f"<p>Do it {number} times.</p>",
        "author": None,
        "state": "draft",
        "source_state": "public",
        "old_url": None,
        "word_count": 4,
        "created_at": EPOCH,
        "updated_at": EPOCH,
        "flags": [],
    }
    return Article(**_sourced("faq", number, known | values))


def custom_object(number: int = 1, **values) -> CustomObject:
    known = {
        "object_type": "change_request",
        "custom_attributes": {"risk": "low"},
        "conversations": [],
        "contacts": [],
        "created_at": EPOCH,
        "updated_at": EPOCH,
    }
    return CustomObject(**_sourced("change", number, known | values))


def store(warehouse: Warehouse, rows: Iterable[StagedRow]) -> None:
    """Replace the staging tables of the given rows' kinds by them."""
    by_model: dict[type[StagedRow], list[StagedRow]] = {}
    for row in rows:
        by_model.setdefault(type(row), []).append(row)
    with warehouse.transaction() as connection:
        for model, group in by_model.items():
            connection.execute(f"delete from staging.{model.table}")
            names = list(duckdb_columns(model))
            append(connection, f"staging.{model.table}", ([_plain(row, name) for name in names] for row in group))


def _plain(row: StagedRow, name: str) -> object:
    value = getattr(row, name)
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None)
    if isinstance(value, dict):
        return row.model_dump_json(include={name}).partition(":")[2][:-1]
    return value


def store_file(folder: Path, content: bytes) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    sha256 = hashlib.sha256(content).hexdigest()
    (folder / sha256).write_bytes(content)
    return sha256
