"""Where a migration stands, told from its stores alone; what is not there yet is simply not told."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from hd_assets.approvals import Standing, standings
from hd_assets.checks import CheckContext, evaluate
from hd_assets.extract.raw import RawStore
from hd_assets.mapping import Migration
from hd_assets.model import STAGING_MODELS
from hd_assets.partitions import EVERYTHING
from hd_assets.publish.decide import latest_evidence
from hd_assets.publish.ledger import read_only
from hd_assets.publish.ledger_read import LedgerReader
from hd_assets.publish.ledger_schema import OPEN, SENT
from hd_assets.reconcile.book import prepare
from hd_assets.settings import Settings, Stores
from hd_assets.warehouse import Connection, Warehouse

Stage = Literal["nothing yet", "extracted", "staged", "planned", "publishing", "published", "reconciled"]
# Long enough to even out pauses of the rate limit, short enough to follow a change of speed.
RATE_SECONDS = 300.0
_BOOKS = {"windows", "records", "left_out", "exceptions"}


@dataclass(frozen=True)
class OpenException:
    """How many records of an object wait for a decision, and why. `is_staged`: they migrate with a substitute."""

    object: str
    reason_code: str
    is_staged: bool
    records: int
    remedy: str


@dataclass(frozen=True)
class FailedCheck:
    label: str
    description: str


@dataclass(frozen=True)
class Quarantined:
    """An operation that waits for a person: its key, and why in words."""

    operation: str
    reason: str


@dataclass
class Status:
    """One migration and target. Times in UTC; `eta_seconds` is None while nothing is being sent."""

    migration: str
    target: str
    stage: Stage = "nothing yet"
    approvals: list[Standing] = field(default_factory=list)
    extracted_at: datetime | None = None
    extracted_rows: int = 0
    staged: dict[str, int] = field(default_factory=dict)
    exceptions: list[OpenException] = field(default_factory=list)
    checks_passed: int = 0
    checks_failed: list[FailedCheck] = field(default_factory=list)
    operations: dict[str, int] = field(default_factory=dict)
    done: int = 0
    total: int = 0
    eta_seconds: float | None = None
    quarantined: list[Quarantined] = field(default_factory=list)
    # operations found to have taken effect twice or to be overwritten again and again: key → Intercom ids
    doubtful: dict[str, str | None] = field(default_factory=dict)
    # operations that will be looked up once more
    rechecks_due: int = 0
    last_run_at: float | None = None
    compared: int | None = None
    differing: int | None = None
    compared_at: datetime | None = None


def status(settings: Settings, migration: Migration, target: str, *, with_checks: bool = True) -> Status:
    """Read raw manifests, warehouse and ledger; none of them has to exist. Contacts no server.

    Raises UnreachableError when another process holds the warehouse.
    """
    stores = settings.stores(migration.name)
    told = Status(migration.name, target, approvals=standings(stores, migration, target))
    latest = RawStore(stores.root).latest()
    if latest:
        told.stage = "extracted"
        told.extracted_at = latest.finished_at
        told.extracted_rows = sum(latest.row_counts.values())
    if stores.warehouse.exists():
        with Warehouse.of(stores.warehouse).get_connection() as connection:
            _staging(told, connection, migration, stores, with_checks)
            _read_back(told, connection)
    if stores.ledger(target).exists():
        books = read_only(stores.ledger(target))
        try:
            _ledger(told, books)
        finally:
            books.close()
    if told.compared and told.stage == "published":
        told.stage = "reconciled"
    return told


def _staging(told: Status, connection: Connection, migration: Migration, stores: Stores, with_checks: bool) -> None:
    for model in STAGING_MODELS:
        if model.table not in _BOOKS and not model.is_step:
            told.staged[model.table] = connection.execute(f"select count(*) from staging.{model.table}").fetchall()[0][
                0
            ]
    if not any(told.staged.values()):
        return
    told.stage = "staged"
    sql = (
        "select object, reason_code, is_staged, count(*), min(remedy) from staging.exceptions"
        " where decision is null group by all order by count(*) desc, object, reason_code"
    )
    told.exceptions = [OpenException(*row) for row in connection.execute(sql).fetchall()]
    if with_checks:
        for check, verdict in evaluate(connection, EVERYTHING, CheckContext(migration, stores.files)):
            if verdict.passed:
                told.checks_passed += 1
            else:
                told.checks_failed.append(FailedCheck(check.label, verdict.description))


def _read_back(told: Status, connection: Connection) -> None:
    prepare(connection)
    sql = (
        "select count(*), count(*) filter (where differing > 0), max(compared_at)"
        " from reconcile.compared where target = $target"
    )
    compared, differing, at = connection.execute(sql, {"target": told.target}).fetchall()[0]
    if compared:
        told.compared, told.differing, told.compared_at = compared, differing, at


def _ledger(told: Status, books: LedgerReader) -> None:
    for (_, state), number in books.counts().items():
        told.operations[state] = told.operations.get(state, 0) + number
    told.done = sum(told.operations.get(state, 0) for state in SENT)
    told.total = sum(number for state, number in told.operations.items() if state != "skipped")
    left = sum(told.operations.get(state, 0) for state in OPEN)
    told.quarantined = [
        Quarantined(row.key, latest_evidence(books, row)[0]) for row in books.iterate("state = 'quarantined'")
    ]
    doubtful = books.rows("select key, detail from recheck where state in ('doubled', 'kept') order by key")
    told.doubtful = {str(key): detail for key, detail in doubtful}
    told.rechecks_due = int(books.rows("select count(*) from recheck where state = 'due'")[0][0])
    if told.total:
        told.stage = "published" if not left else "publishing" if told.done else "planned"
    runs = books.rows("select started_at, ended_at from runs order by run_no desc limit 1")
    if runs:
        told.last_run_at = float(runs[0][0])
    if runs and runs[0][1] is None and left:
        told.eta_seconds = _eta(books, left)


def _eta(books: LedgerReader, left: int) -> float | None:
    newest = books.rows("select max(outcome_at) from operations where state = 'applied'")[0][0]
    if newest is None:
        return None
    sql = "select count(*), min(outcome_at) from operations where state = 'applied' and outcome_at >= ?"
    number, oldest = books.rows(sql, (newest - RATE_SECONDS,))[0]
    span = newest - oldest
    return left / (number / span) if number > 1 and span > 0 else None
