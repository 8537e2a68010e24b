"""A small migration that was sent by hand: staging, ledger and simulator agree until a test tampers with one of them.

The requests are written out here, so that reading back is tried against something the publisher had no part in.
"""

import base64
import calendar
import hashlib
import json
import textwrap
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import httpx

from hd_assets.mapping import load, write_tables
from hd_assets.model import (
    Article,
    Attachment,
    Company,
    Contact,
    Conversation,
    HomeWindow,
    Inbox,
    LeftOut,
    Part,
    SourceRecord,
    Tag,
    Teammate,
)
from hd_assets.partitions import EVERYTHING
from hd_assets.publish.context import open_context
from hd_assets.publish.ledger import Ledger, record_identity
from hd_assets.publish.ledger_schema import COLUMNS
from hd_assets.reconcile.compare import reconcile
from hd_assets.settings import Settings
from hd_assets.simulator.core import Simulator
from hd_assets.simulator.transport import SimulatorTransport
from hd_assets.warehouse import Warehouse, append

JANUARY, FEBRUARY = date(2024, 1, 1), date(2024, 2, 1)
PLAN = b"floor plan"
MAPPING = """
    source: depot
    time_zone: UTC
    first_month: 2024-01
    migration_admin: {name: Migration, email: migration@desk.example}
    unassigned_tickets: keep
    unmatched_agents: block
    internal_notes: note
    targets: {simulator: {}}
    publish: {workers: 4}
    objects:
      conversations: {from: [ticket], fidelity: "1:1"}
    attributes:
      conversation:
        depot_source_id: {type: string}
        depot_number: {type: string}
        depot_due: {type: datetime}
        depot_day: {type: date}
        depot_level: {type: list, options: [Low, High]}
      contact:
        depot_title: {type: string}
      company:
        depot_seats: {type: integer}
"""
VALUES = {
    "depot_source_id": "depot-ticket-1",
    "depot_number": "N-1",
    "depot_due": "2024-01-31T08:00:00Z",
    "depot_day": "2024-01-31",
    "depot_level": "High",
}


def at(day: int, minute: int, second: int = 0) -> datetime:
    return datetime(2024, 1, day, 9, minute, second, tzinfo=UTC)


def unix(moment: datetime) -> int:
    return calendar.timegm(moment.utctimetuple())


def row(model, external_id: str, **values):
    """A row of the model; None and empty lists where nothing is said."""
    kind, id = external_id.split("-")[1:3]
    known = {
        "external_id": external_id,
        "source_type": kind,
        "source_id": id,
        "source_digest": f"d{id}",
        "home_window": JANUARY,
    }
    filled = {}
    for name, about in model.model_fields.items():
        empty = [] if "list" in str(about.annotation) else {} if name == "custom_attributes" else None
        filled[name] = values.get(name, known.get(name, empty))
    return model.model_validate(filled)


def part(id: int, position: int, **values):
    known = {
        "conversation": "depot-ticket-1",
        "position": position,
        "origin": "entry",
        "is_opening": False,
        "kind": "comment",
        "author_kind": "contact",
        "author": "depot-person-1",
        "author_name": "Ada Byron",
        "body_html": f"<p>Words of <b>entry</b> {id}</p>",
        "body_text": f"Words of entry {id}",
        "is_internal": False,
        "created_at": at(10, position),
        "sent_at": at(10, position),
    }
    return row(Part, f"depot-entry-{id}", **(known | values))


def conversation(id: str, **values):
    known = {
        "target_kind": "ticket",
        "number": f"N-{id}",
        "contact": "depot-person-1",
        "opening_author": "depot-person-1",
        "title": "Door",
        "opening_text": "Words of\nentry 1",
        "opening_part": "depot-entry-1",
        "opening_at": at(10, 0),
        "state": "open",
        "source_status": "Open",
        "ticket_state": "in_progress",
        "assignee": "depot-agent-1",
        "inbox": "depot-team-1",
        "company": "depot-firm-1",
        "tags": ["depot-topic-1"],
        "custom_attributes": VALUES,
        "created_at": at(10, 0),
    }
    return row(Conversation, f"depot-ticket-{id}", **(known | values))


ROWS = [
    row(Company, "depot-firm-1", name="Firm", custom_attributes={"depot_seats": 5}, created_at=at(1, 0)),
    row(
        Contact,
        "depot-person-1",
        email="ada@firm.example",
        name="Ada Byron",
        phone="+49 40 123",
        role="user",
        companies=["depot-firm-1"],
        custom_attributes={"depot_title": "Head"},
    ),
    row(Contact, "depot-person-2", email="ada@firm.example", role="user", merged_into="depot-person-1"),
    row(Teammate, "depot-agent-1", name="Bob", email="bob@desk.example", is_active=True),
    row(Teammate, "depot-agent-2", name="Gone Agent", is_active=False),
    row(Inbox, "depot-team-1", name="Support"),
    row(Tag, "depot-topic-1", name="door", source_label="door", kind="topic"),
    conversation("1"),
    part(1, 0, is_opening=True),
    part(2, 1, author_kind="teammate", author="depot-agent-1", author_name="Bob"),
    part(3, 2, author_kind="teammate", author="depot-agent-2", author_name="Gone <Agent>", kind="note"),
    part(4, 3, author="depot-person-2"),
    row(
        Part,
        "depot-history-1",
        conversation="depot-ticket-1",
        position=4,
        origin="history",
        is_opening=False,
        kind="note",
        author_kind="system",
        author_name="Migration",
        body_html="<p>History</p>",
        body_text="History",
        is_internal=True,
        created_at=at(10, 9),
        sent_at=at(10, 9),
    ),
    row(
        Attachment,
        "depot-use-1",
        conversation="depot-ticket-1",
        owner="depot-entry-2",
        carrier="depot-entry-2",
        position=0,
        filename="plan.txt",
        content_type="text/plain",
        size_bytes=len(PLAN),
        sha256=hashlib.sha256(PLAN).hexdigest(),
        is_inline=False,
        disposition="send",
    ),
    row(
        Article,
        "depot-faq-1",
        collection_path=["Doors"],
        title="How doors work",
        body_html="<p>Push.</p>",
        state="draft",
        source_state="public",
        word_count=1,
    ),
    SourceRecord(object="conversations", source_type="ticket", source_id="1", conversation="depot-ticket-1"),
    SourceRecord(object="conversations", source_type="ticket", source_id="7", conversation="depot-ticket-1"),
    LeftOut(
        object="conversations",
        source_type="ticket",
        source_id="7",
        outcome="merged",
        reason_code="merged_ticket",
        sentence="Merged.",
        into="depot-ticket-1",
        conversation="depot-ticket-1",
    ),
    HomeWindow(
        conversation="depot-ticket-1", source_id="1", dated_at=at(10, 0), home_window=JANUARY, basis="created_at"
    ),
]


@dataclass
class World:
    """Staging, ledger and simulator of one small migration; `ids` gives Intercom ids by external id."""

    settings: Settings
    migration: object
    simulator: Simulator
    ids: dict[str, str]

    @property
    def stores(self):
        return self.settings.stores("depot")

    def http(self) -> httpx.Client:
        headers = {"Authorization": "Bearer t", "Intercom-Version": "2.16"}
        transport = SimulatorTransport(self.simulator)
        return httpx.Client(transport=transport, base_url="http://simulator.invalid", headers=headers)

    def ask(self, method: str, path: str, **body) -> dict:
        with self.http() as client:
            answer = client.request(method, path, json=body or None)
            assert answer.is_success, answer.text
            return answer.json()

    def stage(self, *rows) -> None:
        """Put rows into staging; one that is there already is replaced."""
        with Warehouse.of(self.stores.warehouse).transaction() as connection:
            for entry in rows:
                where = " and ".join(f"{name} = ${name}" for name in entry.key)
                bound = {name: getattr(entry, name) for name in entry.key}
                connection.execute(f"delete from staging.{entry.table} where {where}", bound)
                append(connection, f"staging.{entry.table}", [[_cell(v) for v in _values(entry)]])

    def book(self, *operations: tuple[str, str, str], identities=(), state: str = "applied", **values) -> None:
        """Add (kind, object, external id) to the ledger, as applied operations of the one conversation."""
        with Ledger(self.stores.ledger("simulator"), "depot", "simulator") as ledger:
            statements = []
            for kind, object, key in operations:
                fields = dict.fromkeys(COLUMNS) | {
                    "key": f"{kind}:{key}:0",
                    "kind": kind,
                    "object": object,
                    "external_id": key,
                    "conversation": "depot-ticket-1" if object in ("conversations", "parts") else "",
                    "position": 0,
                    "state": state,
                    "source_digest": "d",
                    "payload_digest": "p",
                    "seen_digest": "p",
                    "rules_version": 1,
                    "attempts": 1,
                    **values,
                }
                marks = ", ".join("?" * len(COLUMNS))
                sql = f"insert or replace into operations ({', '.join(COLUMNS)}) values ({marks})"
                statements.append((sql, [fields[name] for name in COLUMNS]))
            statements += [record_identity(*entry, 1) for entry in identities]
            ledger.write(statements)

    @contextmanager
    def context(self):
        transport = SimulatorTransport(self.simulator)
        with open_context(
            self.settings, self.migration, "simulator", environment={}, transport=transport, exclusive=False
        ) as context:
            yield context

    def reconcile(self, window=EVERYTHING):
        with self.context() as context:
            return reconcile(context, window)

    def query(self, sql: str) -> list[tuple]:
        with Warehouse.of(self.stores.warehouse).get_connection() as connection:
            return connection.execute(sql).fetchall()

    def differences(self) -> set[tuple[str, str, str]]:
        """(external id, field, kind) as the warehouse holds them."""
        return set(self.query("select external_id, field, kind from reconcile.difference"))


def _values(entry):
    return [getattr(entry, name) for name in type(entry).model_fields]


def _cell(value):
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None)
    return json.dumps(value) if isinstance(value, dict) else value


def build(folder: Path) -> World:
    mappings = folder / "mappings"
    mappings.mkdir(parents=True)
    (mappings / "depot.yaml").write_text(textwrap.dedent(MAPPING), encoding="utf-8")
    settings = Settings(folder / "home", mappings, folder / "sql", "http://simulator.invalid")
    world = World(settings, load(mappings, "depot"), Simulator(), {})
    with Warehouse.of(world.stores.warehouse).transaction() as connection:
        write_tables(connection, world.migration)
    world.stage(*ROWS)
    send(world)
    return world


def send(world: World) -> None:
    """Write the staged world into the simulator by plain requests, and note the ids in a ledger."""
    ask, ids = world.ask, world.ids
    made = world.simulator.provision(
        [{"name": "Migration", "email": "migration@desk.example"}, {"name": "Bob", "email": "bob@desk.example"}],
        [{"name": "Support", "admin_emails": ["bob@desk.example"]}],
    )
    stand_in, bob = made["admins"]["migration@desk.example"], made["admins"]["bob@desk.example"]
    team = made["teams"]["Support"]
    ask("POST", "/data_attributes", name="depot_title", model="contact", data_type="string")
    ask("POST", "/data_attributes", name="depot_seats", model="company", data_type="integer")
    kinds = {"depot_due": "datetime", "depot_level": "list"}
    type_id = ask("POST", "/ticket_types", name="Migrated", category="Customer")["id"]
    options = {}
    for name in VALUES:
        kind = kinds.get(name, "string")
        extra = {"options": [{"label": "Low"}, {"label": "High"}]} if kind == "list" else {}
        ask("POST", "/conversations/attributes", name=name, data_type=kind, **extra)
        extra = {"list_items": "Low,High"} if kind == "list" else {}
        path = f"/ticket_types/{type_id}/attributes"
        attribute = ask("POST", path, name=name, description=name, data_type=kind, **extra)
        for option in attribute["input_options"].get("list_options", []):
            options[option["label"]] = option["id"]
    tag = ask("POST", "/tags", name="door")["id"]
    company = ask(
        "POST",
        "/companies",
        company_id="depot-firm-1",
        name="Firm",
        remote_created_at=unix(at(1, 0)),
        custom_attributes={"depot_seats": 5},
    )["id"]
    contact = ask(
        "POST",
        "/contacts",
        role="user",
        external_id="depot-person-1",
        email="ada@firm.example",
        name="Ada Byron",
        phone="+4940123",
        custom_attributes={"depot_title": "Head"},
    )["id"]
    ask("POST", f"/contacts/{contact}/companies", id=company)
    shelf = ask("POST", "/help_center/collections", name="Doors")["id"]
    article = ask(
        "POST",
        "/articles",
        title="How doors work",
        body="<p>Push.</p>",
        author_id=int(stand_in),
        state="draft",
        parent_id=int(shelf),
        parent_type="collection",
    )["id"]
    sender = {"type": "contact", "id": contact}
    opened = {"from": sender, "body": "Words of\nentry 1", "created_at": unix(at(10, 0))}
    thread = ask("POST", "/conversations", **opened)["conversation_id"]
    reply(world, thread, admin=bob, html="<p>Words of <b>entry</b> 2</p>", when=at(10, 1), files=[PLAN])
    gone = "<p><b>Gone &lt;Agent&gt;</b></p><p>Words of <b>entry</b> 3</p>"
    reply(world, thread, admin=stand_in, kind="note", html=gone, when=at(10, 2))
    reply(world, thread, contact=contact, html="<p>Words of <b>entry</b> 4</p>", when=at(10, 3))
    reply(world, thread, admin=stand_in, kind="note", html="<p>History</p>", when=at(10, 9))
    due = unix(datetime(2024, 1, 31, 8, tzinfo=UTC))
    ask(
        "PUT",
        f"/conversations/{thread}",
        title="Door",
        company_id=company,
        custom_attributes=VALUES | {"depot_due": due},
    )
    ask("POST", f"/conversations/{thread}/tags", id=tag, admin_id=stand_in)
    for kind, assignee in (("team", team), ("admin", bob)):
        body = {"message_type": "assignment", "type": kind, "admin_id": stand_in, "assignee_id": assignee}
        ask("POST", f"/conversations/{thread}/parts", **body)
    states = {entry["category"]: entry["id"] for entry in ask("GET", "/ticket_states")["data"]}
    values = VALUES | {"depot_due": due, "depot_level": options["High"], "_default_title_": "Door"}
    body = {"ticket_type_id": type_id, "ticket_state_id": states["in_progress"], "attributes": values}
    ask("POST", f"/conversations/{thread}/convert", **body)
    ids |= {"thread": thread, "contact": contact, "company": company, "tag": tag, "admin": stand_in, "bob": bob}
    ids |= {"article": article}
    world.book(
        ("contact_attribute", "workspace", "depot_title"),
        ("company_attribute", "workspace", "depot_seats"),
        ("conversation_attribute", "workspace", "depot_number"),
        ("tag", "workspace", "depot-topic-1"),
        ("collection", "workspace", "Doors"),
        ("company", "companies", "depot-firm-1"),
        ("contact", "contacts", "depot-person-1"),
        ("article", "articles", "depot-faq-1"),
        ("conversation", "conversations", "depot-ticket-1"),
        ("reply", "parts", "depot-entry-2"),
        ("note", "parts", "depot-entry-3"),
        ("reply", "parts", "depot-entry-4"),
        ("note", "parts", "depot-history-1"),
        identities=[
            ("admin", "_migration", stand_in, "matched"),
            ("admin", "depot-agent-1", bob, "matched"),
            ("admin", "depot-agent-2", stand_in, "fallback"),
            ("team", "depot-team-1", team, "matched"),
            ("tag", "depot-topic-1", tag, "created"),
            ("collection", "Doors", shelf, "created"),
            ("company", "depot-firm-1", company, "created"),
            ("contact", "depot-person-1", contact, "created"),
            ("article", "depot-faq-1", article, "created"),
            ("conversation", "depot-ticket-1", thread, "created"),
        ],
    )


def reply(world: World, thread: str, *, html: str, when: datetime, kind="comment", admin=None, contact=None, files=()):
    who = {"type": "admin", "admin_id": admin} if admin else {"type": "user", "intercom_user_id": contact}
    body = {"message_type": kind, "body": html, "created_at": unix(when), **who}
    if files:
        body["attachment_files"] = [
            {"content_type": "text/plain", "name": "plan.txt", "data": base64.b64encode(content).decode()}
            for content in files
        ]
    return world.ask("POST", f"/conversations/{thread}/reply", **body)
