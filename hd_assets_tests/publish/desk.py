"""A small help desk: staged rows, a mapping, a simulated workspace; published and read back in process."""

import textwrap
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx

from hd_assets.mapping import load
from hd_assets.partitions import EVERYTHING
from hd_assets.publish.context import open_context
from hd_assets.publish.conversations import publish_conversations
from hd_assets.publish.plan import plan
from hd_assets.publish.records import publish_articles, publish_companies, publish_contacts
from hd_assets.publish.workspace import publish_workspace
from hd_assets.settings import Settings
from hd_assets.simulator.clock import VirtualClock
from hd_assets.simulator.core import Simulator
from hd_assets.simulator.rules import Rules
from hd_assets.simulator.transport import SimulatorTransport
from hd_assets.warehouse import Warehouse
from hd_assets_tests import builders
from hd_assets_tests.builders import MIGRATION, attachment, conversation, note, part, reply

NOW = datetime(2025, 6, 1, 12, tzinfo=UTC)
FAST = Rules(requests_per_minute=1_000_000)
MAPPING = """
    source: desk
    time_zone: UTC
    first_month: 2023-01
    migration_admin: {name: Migration, email: migration@desk.example}
    unassigned_tickets: keep
    unmatched_agents: block
    internal_notes: note
    targets:
      simulator: {}
      test: {token: INTERCOM_TEST_TOKEN, workspace: abc123, region: us, plan: advanced}
    publish: {workers: 4}
    objects:
      conversations: {from: [ticket], fidelity: "1:1"}
    attributes:
      conversation:
        desk_source_id: {type: string}
        number: {type: string}
        level: {type: list, options: [Low, High]}
        due: {type: datetime}
        essay: {type: text}
      contact:
        vip: {type: boolean}
      company:
        seats: {type: integer}
        renewal: {type: date}
"""


def rows(tickets: int = 3):
    """Every kind of operation at least once: both target kinds, all states, files, participants, stand-ins."""
    found = [
        builders.company(1),
        builders.company(2, parent=f"{MIGRATION}-org-1"),
        builders.contact(1, companies=[f"{MIGRATION}-org-1", f"{MIGRATION}-org-2"]),
        builders.contact(2, email=None, companies=[f"{MIGRATION}-org-1"]),
        builders.contact(3),
        builders.contact(4, merged_into=f"{MIGRATION}-user-3", email=None),
        builders.teammate(1),
        builders.teammate(2, is_active=False, email="gone@desk.example"),
        builders.inbox(1),
        builders.inbox(2, merged_into=f"{MIGRATION}-dept-1"),
        builders.tag(1),
        builders.tag(2, name="migrated"),
        builders.article(1),
        builders.article(2, collection_path=["Guides", "Deep"]),
    ]
    for number in range(1, tickets + 1):
        found += thread(number)
    return found


def thread(number: int):
    """One conversation; what it has turns with its number."""
    kinds = [
        {
            "state": "closed",
            "tags": [f"{MIGRATION}-topic-1", f"{MIGRATION}-topic-2"],
            "assignee": f"{MIGRATION}-staff-1",
        },
        {"state": "open", "inbox": f"{MIGRATION}-dept-2", "company": f"{MIGRATION}-org-1"},
        {
            "target_kind": "ticket",
            "state": "closed",
            "assignee": f"{MIGRATION}-staff-2",
            "inbox": f"{MIGRATION}-dept-1",
        },
        {"state": "snoozed", "snoozed_until": NOW + timedelta(days=30), "contact": f"{MIGRATION}-user-3"},
        {"target_kind": "ticket", "state": "open", "participants": [f"{MIGRATION}-user-3"]},
    ]
    head = conversation(number, **kinds[(number - 1) % len(kinds)])
    parts = [
        part(head, 0),
        reply(head, 1),
        part(head, 2, author=f"{MIGRATION}-user-2", number=number * 10 + 2),
        note(head, 3, agent=2, author_name="Bo <Gone>"),
        part(head, 4, author=f"{MIGRATION}-user-4"),
    ]
    files = [attachment(parts[1], number * 10 + 1, b"seen by all"), attachment(parts[3], number * 10 + 2, b"internal")]
    return [head, *parts, *files]


class Counting(httpx.BaseTransport):
    """Counts what passes; `before` and `after` may raise."""

    def __init__(self, inner, before=None, after=None):
        self.inner, self.before, self.after = inner, before, after
        self.sent = []

    def handle_request(self, request):
        if self.before:
            self.before(request)
        self.sent.append((request.method, request.url.path))
        answer = self.inner.handle_request(request)
        if self.after:
            self.after(request)
        return answer

    @property
    def writes(self):
        reads = ("/conversations/search", "/contacts/search", "/tickets/search", "/companies/list")
        return [entry for entry in self.sent if entry[0] != "GET" and entry[1] not in reads]


@dataclass
class Desk:
    """`publish()` runs all steps in their order under one context."""

    root: Path
    simulator: Simulator
    clock: VirtualClock
    mapping: str = MAPPING
    environment: dict = field(default_factory=dict)

    def __post_init__(self):
        folder = self.root / "mappings"
        folder.mkdir(parents=True, exist_ok=True)
        self.write_mapping(self.mapping)
        self.settings = Settings.from_environment({"HD_HOME": str(self.root / "home"), "HD_MAPPINGS": str(folder)})
        self.stores = self.settings.stores(MIGRATION)
        self.warehouse = Warehouse.of(self.stores.warehouse)
        for content in (b"seen by all", b"internal"):
            builders.store_file(self.stores.files, content)
        self.transport = Counting(SimulatorTransport(self.simulator))

    def write_mapping(self, text):
        (self.root / "mappings" / f"{MIGRATION}.yaml").write_text(textwrap.dedent(text))

    def provision(self):
        people = [
            {"name": "Migration", "email": "migration@desk.example"},
            {"name": "A", "email": "agent1@desk.example"},
        ]
        self.simulator.provision(admins=people, teams=[{"name": "Team 1", "admin_emails": []}])

    def stage(self, staged):
        builders.store(self.warehouse, staged)

    @contextmanager
    def context(self, **values):
        migration = load(self.root / "mappings", MIGRATION)
        known = {
            "environment": self.environment,
            "transport": self.transport,
            "as_of": NOW,
            "clock": self.clock,
            "stop": threading.Event(),
        }
        target = values.pop("target", "simulator")
        # one connection stays open, so that the file is opened once for all steps
        with (
            self.warehouse.get_connection(),
            open_context(self.settings, migration, target, **(known | values)) as context,
        ):
            yield context

    def plan(self, window=EVERYTHING, **values):
        with self.context(**values) as context:
            return plan(context, window)

    def publish(self, window=EVERYTHING, *, planned=True, **values):
        with self.context(**values) as context:
            if planned:
                plan(context, window)
            steps = (publish_workspace, publish_companies, publish_contacts, publish_articles)
            told = [step(context) for step in steps]
            told.append(publish_conversations(context, window))
        return told

    def api(self):
        return httpx.Client(
            transport=SimulatorTransport(self.simulator),
            base_url="http://simulator.invalid",
            headers={"Authorization": "Bearer reader", "Intercom-Version": "2.16"},
        )


def desk(root: Path, staged=None, **rules) -> Desk:
    clock = VirtualClock(NOW.timestamp())
    simulator = Simulator(clock=clock, rules=FAST.model_copy(update=rules))
    made = Desk(root, simulator, clock)
    made.provision()
    made.stage(rows() if staged is None else staged)
    return made
