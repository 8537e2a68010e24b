"""One whole migration into a simulator behind HTTP, step by step as the product's jobs go."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from hd_assets.checks import CheckContext, evaluate
from hd_assets.extract.base import Extractor
from hd_assets.extract.raw import RawStore, extract
from hd_assets.extract.registry import open_extractor
from hd_assets.mapping import Migration, load, write_tables
from hd_assets.model import Inbox, Teammate
from hd_assets.partitions import EVERYTHING
from hd_assets.publish.context import PublishContext, open_context
from hd_assets.publish.conversations import publish_conversations
from hd_assets.publish.plan import PlanSummary, plan
from hd_assets.publish.records import publish_articles, publish_companies, publish_contacts
from hd_assets.publish.workspace import publish_workspace
from hd_assets.reconcile.certificate import Certificate, certificate
from hd_assets.reconcile.compare import Reconciliation, reconcile
from hd_assets.settings import Settings, shipped_folder
from hd_assets.simulator.core import Simulator
from hd_assets.simulator.rules import Rules
from hd_assets.simulator.server import SimulatorServer
from hd_assets.staging.runner import stage_all
from hd_assets.warehouse import Warehouse, fetch


@dataclass
class Migrated:
    """A migration and the simulator it went to."""

    settings: Settings
    migration: Migration
    environment: dict[str, str]
    simulator: Simulator
    url: str
    source: Extractor | None = None
    failed_checks: list[str] = field(default_factory=list)

    @property
    def warehouse(self) -> Warehouse:
        return Warehouse.of(self.settings.stores(self.migration.name).warehouse)

    @contextmanager
    def context(self, *, exclusive: bool = True) -> Iterator[PublishContext]:
        with open_context(
            self.settings, self.migration, "simulator", environment=self.environment, exclusive=exclusive
        ) as context:
            yield context

    def extract_and_stage(self) -> None:
        stores = self.settings.stores(self.migration.name)
        mapping = self.migration.mapping
        source = self.source or open_extractor(mapping.source, self.environment, mapping.source_options)
        store = RawStore(stores.root)
        extract(source, store)
        with self.warehouse.transaction() as connection:
            for name, query in store.views().items():
                connection.execute(f'create or replace view raw."{name}" as {query}')
            write_tables(connection, self.migration)
            stage_all(connection, self.migration, self.settings.sql, EVERYTHING, files=stores.files)
        with self.warehouse.get_connection() as connection:
            judged = evaluate(connection, EVERYTHING, CheckContext(self.migration, stores.files))
            self.failed_checks = [f"{check.label}: {told.description}" for check, told in judged if not told.passed]

    def provision(self) -> None:
        """What the customer's admin makes by hand: active agents, the migration admin, one team an inbox."""
        with self.warehouse.get_connection() as connection:
            agents = fetch(connection, Teammate, "is_active and email is not null")
            inboxes = fetch(connection, Inbox, "merged_into is null")
        admin = self.migration.mapping.migration_admin
        people = [{"name": admin.name, "email": admin.email}, *({"name": a.name, "email": a.email} for a in agents)]
        self.simulator.provision(people, [{"name": inbox.name, "admin_emails": []} for inbox in inboxes])

    def plan(self) -> PlanSummary:
        with self.context() as context:
            return plan(context, EVERYTHING)

    def publish(self) -> dict[str, int]:
        steps = (publish_workspace, publish_companies, publish_contacts, publish_articles)
        told: dict[str, int] = {}
        with self.context() as context:
            for step in steps:
                told |= step(context)
            return told | publish_conversations(context, EVERYTHING)

    def reconcile(self, run: str) -> tuple[Reconciliation, Certificate]:
        with self.context(exclusive=False) as context:
            outcome = reconcile(context, EVERYTHING)
            return outcome, certificate(context, outcome, EVERYTHING, run)

    def writes(self) -> int:
        """Writing requests the simulator has counted."""
        return httpx.get(f"{self.url}/_simulator/state", trust_env=False).json()["writes"]

    def differences(self) -> list[tuple]:
        with self.warehouse.get_connection() as connection:
            sql = "select object, external_id, field, kind from reconcile.difference order by all"
            return connection.execute(sql).fetchall()


@contextmanager
def into_simulator(
    home: Path, name: str, environment: dict[str, str], source: Extractor | None = None
) -> Iterator[Migrated]:
    """A shipped migration; nothing has happened yet, the caller goes step by step.

    `source`: read this instead of what the environment names.
    """
    shipped = shipped_folder()
    # a wider limit than a real workspace has: here the machine shall be what is slow
    with Simulator(rules=Rules(requests_per_minute=120_000)) as simulator, SimulatorServer(simulator) as server:
        settings = Settings(home, shipped / "mappings", shipped / "sql", server.url)
        yield Migrated(settings, load(settings.mappings, name), environment, simulator, server.url, source)


def osticket_into_simulator(home: Path, environment: dict[str, str]) -> AbstractContextManager[Migrated]:
    return into_simulator(home, "osticket", environment)
