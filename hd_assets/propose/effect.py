"""What a changed mapping would do: which staged records would differ, and how many requests that is. Sends nothing."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from hd_assets.mapping import Migration, write_tables
from hd_assets.model import STAGING_MODELS
from hd_assets.partitions import EVERYTHING
from hd_assets.publish.context import open_context
from hd_assets.publish.plan import PlanSummary, plan
from hd_assets.settings import Settings, Stores
from hd_assets.staging.runner import order, stage_all
from hd_assets.staging.stamps import outdated
from hd_assets.warehouse import Connection, Warehouse, scalar

_SHOWN = 5


@dataclass(frozen=True)
class Differing:
    """Records of one staging table that the change touches; `ids` are the first few external ids."""

    table: str
    changed: int
    added: int
    removed: int
    ids: tuple[str, ...]

    @property
    def more(self) -> bool:
        return self.changed + self.added + self.removed > len(self.ids)


@dataclass(frozen=True)
class Effect:
    """Staging tables that differ, and what a publish under the new mapping would send."""

    tables: list[Differing]
    plan: PlanSummary


def effect(settings: Settings, before: Migration, after: Migration, target: str) -> Effect:
    """Stage both mappings in a copy of the warehouse and compare; plan the new one on a copy of the ledger.

    Needs as much room beside the warehouse as it has itself. Nothing of the migration is changed.
    """
    with _copy(settings, after, target) as copied:
        stores = copied.stores(after.name)
        with Warehouse.of(stores.warehouse).transaction() as connection:
            if outdated(connection, before, EVERYTHING):
                _stage(connection, before, settings, stores)
            tables = _keep(connection, after, settings)
        with Warehouse.of(stores.warehouse).transaction() as connection:
            _stage(connection, after, settings, stores)
            found = [_differing(connection, table) for table in tables]
        environment: Mapping[str, str] = os.environ
        with open_context(copied, after, target, environment=environment, step="diff") as context:
            summary = plan(context, EVERYTHING)
    return Effect([one for one in found if one.changed or one.added or one.removed], summary)


@contextmanager
def _copy(settings: Settings, migration: Migration, target: str) -> Iterator[Settings]:
    stores = settings.stores(migration.name)
    with tempfile.TemporaryDirectory(prefix=".diff-", dir=stores.root) as scratch:
        copied = replace(settings, home=Path(scratch))
        there = copied.stores(migration.name)
        there.root.mkdir()
        shutil.copyfile(stores.warehouse, there.warehouse)
        if stores.files.is_dir():
            there.files.symlink_to(stores.files, target_is_directory=True)
        ledger = stores.ledger(target)
        if ledger.exists():
            there.ledger(target).parent.mkdir(parents=True)
            for name in (ledger.name, f"{ledger.name}-wal"):
                if ledger.with_name(name).exists():
                    shutil.copyfile(ledger.with_name(name), there.ledger(target).with_name(name))
        yield copied


def _stage(connection: Connection, migration: Migration, settings: Settings, stores: Stores) -> None:
    write_tables(connection, migration)
    stage_all(connection, migration, settings.sql, EVERYTHING, files=stores.files)


def _keep(connection: Connection, migration: Migration, settings: Settings) -> list[str]:
    connection.execute("create schema before")
    keyed = {model.table for model in STAGING_MODELS if "external_id" in model.model_fields and not model.is_step}
    tables = [name for name in order(migration, settings.sql) if name in keyed]
    for table in tables:
        connection.execute(f"create table before.{table} as select * from staging.{table}")
    return tables


def _differing(connection: Connection, table: str) -> Differing:
    gone, new = (
        f"(select external_id from (from {one} except from {other}))"
        for one, other in ((f"before.{table}", f"staging.{table}"), (f"staging.{table}", f"before.{table}"))
    )
    rows = connection.execute(
        f"select coalesce(old.external_id, new.external_id), old.external_id is null, new.external_id is null"
        f" from (select distinct external_id from {gone}) as old"
        f" full join (select distinct external_id from {new}) as new using (external_id) order by 1"
    ).fetchall()
    added, removed = sum(row[1] for row in rows), sum(row[2] for row in rows)
    return Differing(table, len(rows) - added - removed, added, removed, tuple(str(row[0]) for row in rows[:_SHOWN]))


def is_staged(stores: Stores) -> bool:
    """Whether there is anything to compare."""
    if not stores.warehouse.exists():
        return False
    with Warehouse.of(stores.warehouse).get_connection() as connection:
        return bool(scalar(connection, "select count(*) from staging.records"))
