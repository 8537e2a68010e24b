"""A small staging world in which every check passes; tests plant one defect each."""

import hashlib
import json
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from hd_assets.checks import CHECKS, CheckContext, Verdict, evaluate
from hd_assets.checks.base import judged
from hd_assets.mapping import load, write_tables
from hd_assets.model import (
    Article,
    Attachment,
    Company,
    Contact,
    Conversation,
    History,
    HomeWindow,
    Inbox,
    Part,
    SourceRecord,
    StagedRow,
    Tag,
    Teammate,
)
from hd_assets.partitions import EVERYTHING, Window
from hd_assets.staging import functions
from hd_assets.warehouse import Connection, Warehouse, append

BYTES = b"floor plan"
DIGEST = hashlib.sha256(BYTES).hexdigest()
JANUARY = date(2024, 1, 1)
TICKET, OTHER = "depot-ticket-1", "depot-ticket-2"
MAPPING = """
    source: depot
    time_zone: UTC
    first_month: 2024-01
    migration_admin: {name: Migration, email: migration@desk.example}
    unassigned_tickets: Support
    unmatched_agents: block
    internal_notes: note
    targets: {simulator: {}}
    publish: {attachment_limit_bytes: 100}
    objects:
      companies: {from: [firm], fidelity: "1:1"}
      contacts: {from: [person], fidelity: "1:1"}
      teammates: {from: [agent], fidelity: "1:1"}
      inboxes: {from: [team], fidelity: "1:1"}
      tags: {from: [topic], fidelity: "1:1"}
      conversations: {from: [ticket], fidelity: "1:1"}
      parts: {from: [entry], fidelity: "1:1"}
      attachments: {from: [use], fidelity: "1:1"}
      articles: {from: [faq], fidelity: "1:1"}
      history: {from: [event], fidelity: lossy}
      custom_objects: {left_out: there are none}
    attributes:
      conversation:
        depot_number: {type: string}
        depot_story: {type: text}
        depot_size: {type: integer}
        depot_price: {type: decimal}
        depot_urgent: {type: boolean}
        depot_due: {type: datetime}
        depot_day: {type: date}
        depot_level: {type: list, options: [Low, High]}
      contact:
        depot_title: {type: string}
      company:
        depot_seats: {type: integer}
    values:
      status: {Open: open, Done: closed}
    tables:
      ticket: {to: conversations, uses: [id, subject], left_out: {colour: nobody reads it}}
      session: {left_out: technical}
"""
SOURCED = {"companies": "firm", "contacts": "person", "teammates": "agent", "inboxes": "team", "tags": "topic",
           "conversations": "ticket", "parts": "entry", "attachments": "use", "articles": "faq"}  # fmt: skip


def at(minute: int, second: int = 0) -> datetime:
    return datetime(2024, 1, 10, 9, minute, second, tzinfo=UTC)


def made(model: type[StagedRow], id: str, **values) -> StagedRow:
    """A row of the model: identity from the id, None and empty lists where nothing is said."""
    kind = SOURCED.get(model.table, "event")
    known = {"external_id": f"depot-{kind}-{id}", "source_type": kind, "source_id": id, "source_digest": f"d{id}"}
    row = {}
    for name, about in model.model_fields.items():
        if name in values:
            row[name] = values[name]
        elif name in known:
            row[name] = known[name]
        elif "Texts" in str(about.annotation) or "list" in str(about.annotation):
            row[name] = []
        elif name == "custom_attributes":
            row[name] = {}
        elif name == "home_window":
            row[name] = JANUARY
        else:
            row[name] = None
    return model.model_validate(row)


def part(id: str, position: int, minute: int, **values) -> StagedRow:
    text = f"Words of entry {id}"
    known = {
        "conversation": TICKET, "position": position, "origin": "entry", "is_opening": False, "kind": "comment",
        "author_kind": "contact", "author": "depot-person-1", "author_name": "Ada", "body_html": f"<p>{text}</p>",
        "body_text": text, "is_internal": False, "created_at": at(minute), "sent_at": at(minute),
    }  # fmt: skip
    return made(Part, id, **(known | values))


def conversation(id: str, **values) -> StagedRow:
    known = {
        "target_kind": "ticket", "number": id, "contact": "depot-person-1", "opening_author": "depot-person-1",
        "participants": ["depot-person-3"], "title": "Door", "opening_text": "Words of entry 1",
        "opening_html": "<p>Words of entry 1</p>", "opening_part": "depot-entry-1", "opening_at": at(0),
        "state": "open", "source_status": "Open", "ticket_state": "submitted", "assignee": "depot-agent-1",
        "inbox": "depot-team-1", "company": "depot-firm-1", "tags": ["depot-topic-1", "depot-tag-migrated"],
        "custom_attributes": {
            "depot_number": "1", "depot_story": "s" * 300, "depot_size": 3, "depot_price": 1.5, "depot_urgent": True,
            "depot_due": "2024-01-31T08:00:00Z", "depot_day": "2024-01-31", "depot_level": "High",
        },
        "created_at": at(0),
    }  # fmt: skip
    return made(Conversation, id, **(known | values))


ROWS: list[StagedRow] = [
    made(Company, "1", name="Firm", custom_attributes={"depot_seats": 5}),
    made(Company, "2", name="Daughter", parent="depot-firm-1"),
    made(Contact, "1", email="ada@firm.example", name="Ada", role="user", companies=["depot-firm-1"],
         custom_attributes={"depot_title": "Head"}),
    made(Contact, "2", email="ada@firm.example", role="user", merged_into="depot-person-1"),
    made(Contact, "3", role="user", flags=["no_email"]),
    made(Contact, "9", role="user", flags=["deleted_in_source"]),
    made(Teammate, "1", name="Bob", is_active=True),
    made(Inbox, "1", name="Support"),
    made(Tag, "1", name="door", source_label="door", kind="topic"),
    made(Tag, "0", external_id="depot-tag-migrated", name="migrated", source_label="", kind="migrated"),
    conversation("1"),
    conversation("2", opening_part=None, opening_html=None, opening_text="Ticket 2", source_status="Done",
                 state="closed", parent=TICKET),
    part("1", 0, 0, is_opening=True),
    part("2", 1, 1, author_kind="teammate", author="depot-agent-1"),
    part("3", 2, 2, kind="note", is_internal=True, author_kind="system", author=None),
    part("1u", 3, 2, external_id="depot-unsent-1", origin="unsent_files", kind="note", belongs_to="depot-entry-1",
         author_kind="system", author=None, sent_at=at(2, 1)),
    part("4", 0, 5, conversation=OTHER),
    made(Attachment, "1", conversation=TICKET, owner="depot-entry-2", carrier="depot-entry-2", position=0,
         filename="plan.txt", content_type="text/plain", size_bytes=len(BYTES), sha256=DIGEST, is_inline=False,
         disposition="send"),
    made(Attachment, "2", conversation=TICKET, owner="depot-entry-1", position=0, filename="film.mp4",
         content_type="video/mp4", size_bytes=101, sha256=None, is_inline=False, disposition="oversize"),
    made(Article, "1", title="Doors", collection_path=["Help"], body_html="<p>Push.</p>", state="draft",
         source_state="public", word_count=1),
    made(History, "1", conversation=TICKET, kind="created", occurred_at=at(0), is_annulled=False),
    HomeWindow(conversation=TICKET, source_id="1", dated_at=at(0), home_window=JANUARY, basis="created_at"),
    HomeWindow(conversation=OTHER, source_id="2", dated_at=at(0), home_window=JANUARY, basis="created_at"),
]  # fmt: skip


def _records() -> list[StagedRow]:
    found = []
    for row in ROWS:
        kind = getattr(row, "source_type", "event" if isinstance(row, History) else None)
        if kind is None or getattr(row, "source_id", "1") in {"0", "1u", "9"}:
            continue
        id = getattr(row, "source_id", "1")
        home = row.external_id if isinstance(row, Conversation) else getattr(row, "conversation", None)
        found.append(SourceRecord(object=row.table, source_type=kind, source_id=id, conversation=home))
    return found


def _column(value):
    return json.dumps(value) if isinstance(value, dict) else value


@dataclass
class World:
    """An open warehouse, the files and the way to judge them. Everything planted is rolled back after the test."""

    connection: Connection
    context: CheckContext

    def plant(self, *statements: str) -> None:
        for statement in statements:
            self.connection.execute(statement)

    def verdicts(self, window: Window = EVERYTHING) -> dict[str, Verdict]:
        return {check.label: verdict for check, verdict in evaluate(self.connection, window, self.context)}

    def verdict(self, label: str, window: Window = EVERYTHING) -> Verdict:
        [check] = [check for check in CHECKS if check.label == label]
        return judged(check, self.connection, window, self.context)


@contextmanager
def world(root: Path) -> Iterator[World]:
    (root / "files").mkdir()
    (root / "files" / DIGEST).write_bytes(BYTES)
    (root / "depot.yaml").write_text(textwrap.dedent(MAPPING))
    migration = load(root, "depot")
    with Warehouse.of(root / "w.duckdb").get_connection() as connection:
        write_tables(connection, migration)
        connection.execute(
            "create table raw.source_column as from (values ('ticket', 'id', 'int', '2'), ('ticket', 'subject', 'text',"
            " '2'), ('ticket', 'colour', 'text', '2'), ('session', 'id', 'int', '9'))"
            " as listed(table_name, column_name, data_type, row_count)"
        )
        for model in {type(row): None for row in [*ROWS, *_records()]}:
            rows = [row for row in [*ROWS, *_records()] if type(row) is model]
            values = ([_column(getattr(row, name)) for name in model.model_fields] for row in rows)
            append(connection, f"staging.{model.table}", values)
        functions.register(connection, root / "files")
        yield World(connection, CheckContext(migration, root / "files", datetime(2024, 6, 1, tzinfo=UTC)))
