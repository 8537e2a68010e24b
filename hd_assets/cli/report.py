"""The figures of a run, read from warehouse and ledger: one document for scripts, one table for people."""

from __future__ import annotations

from collections import Counter
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from rich.table import Table

from hd_assets.mapping import Migration
from hd_assets.publish.ledger import read_only
from hd_assets.publish.ledger_read import LedgerReader
from hd_assets.settings import Settings
from hd_assets.warehouse import Connection, Warehouse

SCHEMA_VERSION = 1
OBJECTS = (
    "companies",
    "contacts",
    "teammates",
    "inboxes",
    "tags",
    "conversations",
    "parts",
    "attachments",
    "articles",
    "custom_objects",
)
BOOKED = ("extracted", "staged", "merged", "excluded", "exceptions")
SENT = ("created", "updated", "unchanged", "adopted", "refused", "quarantined")

# The operation whose outcome is the record's.
_RECORD_KINDS = {
    "company": "companies",
    "contact": "contacts",
    "tag": "tags",
    "conversation": "conversations",
    "reply": "parts",
    "note": "parts",
    "article": "articles",
    "custom_object": "custom_objects",
}
_BOOKS = """
with fates as (
    select object, source_type, source_id, outcome as fate from staging.left_out
    union all
    select distinct object, source_type, source_id, 'exceptions' from staging.exceptions where not is_staged
)
select records.object, coalesce(fates.fate, 'staged') as fate, count(*)
from staging.records left join fates using (object, source_type, source_id)
group by all
"""


def counts(settings: Settings, migration: Migration, target: str, after_run: int) -> dict[str, dict[str, int]]:
    """Object → figure → number. `after_run`: only operations of later ledger runs count as done by this one."""
    found = {name: dict.fromkeys((*BOOKED, *SENT), 0) for name in OBJECTS}
    stores = settings.stores(migration.name)
    carriers: dict[str, int] = {}
    if stores.warehouse.exists():
        with Warehouse.of(stores.warehouse).get_connection() as connection:
            _booked(connection, found)
            carriers = _carriers(connection)
    if stores.ledger(target).exists():
        ledger = read_only(stores.ledger(target))
        try:
            _sent(ledger, found, after_run, carriers)
        finally:
            ledger.close()
    return found


def last_run(settings: Settings, migration: Migration, target: str) -> int:
    """Number of the newest run in the target's ledger; 0 when there is none."""
    path = settings.stores(migration.name).ledger(target)
    if not path.exists():
        return 0
    ledger = read_only(path)
    try:
        return int(ledger.rows("select coalesce(max(run_no), 0) from runs")[0][0])
    finally:
        ledger.close()


def requests(settings: Settings, migration: Migration, target: str, after_run: int) -> dict[str, int]:
    """`METHOD route` → requests of the runs after `after_run`."""
    path = settings.stores(migration.name).ledger(target)
    if not path.exists():
        return {}
    ledger = read_only(path)
    try:
        rows = ledger.rows(
            "select method || ' ' || route, sum(number) from request_counts where run_no > ? group by 1 order by 1",
            (after_run,),
        )
        return {str(row[0]): int(row[1]) for row in rows}
    finally:
        ledger.close()


def read_back(settings: Settings, migration: Migration, target: str) -> dict[str, int] | None:
    """Records compared and differing in the newest read-back; None when there was none."""
    from hd_assets.reconcile.status import status

    told = status(settings, migration, target, with_checks=False)
    return None if told.compared is None else {"compared": told.compared, "differing": told.differing or 0}


def document(
    settings: Settings, migration: Migration, target: str, *, after_run: int, checks: dict[str, int], seconds: float
) -> dict[str, Any]:
    """The document of `--json`.

    `exceptions` counts records that stay behind; a damaged record that migrates with a substitute is among `staged`.
    Both stand with their reason codes in `hd-assets status --json`. `after_run`: ledger runs up to this one count as
    earlier, so that what they sent is `unchanged`.
    """
    return {
        "schema_version": SCHEMA_VERSION,
        "tool_version": tool_version(),
        "migration": migration.name,
        "target": target,
        "counts": counts(settings, migration, target, after_run),
        "requests": requests(settings, migration, target, after_run),
        "checks": checks,
        "reconciliation": read_back(settings, migration, target) or {"compared": 0, "differing": 0},
        "seconds": round(seconds, 1),
    }


def table(figures: dict[str, dict[str, int]]) -> Table:
    """Counts per object; columns without any number are left away."""
    columns = [name for name in (*BOOKED, *SENT) if any(row[name] for row in figures.values())]
    shown = Table(box=None, pad_edge=False)
    shown.add_column("object")
    for name in columns:
        shown.add_column(name, justify="right")
    for name, row in figures.items():
        if any(row.values()):
            shown.add_row(name, *(str(row[column]) for column in columns))
    return shown


def tool_version() -> str:
    try:
        return version("hd-assets")
    except PackageNotFoundError:  # run from a bare source tree
        return "0"


def _booked(connection: Connection, found: dict[str, dict[str, int]]) -> None:
    for name, fate, number in connection.execute(_BOOKS).fetchall():
        if name in found:
            found[name][fate] += number
            found[name]["extracted"] += number


def _carriers(connection: Connection) -> dict[str, int]:
    rows = connection.execute(
        "select carrier, count(*) from staging.attachments where disposition = 'send' group by carrier"
    ).fetchall()
    return {str(row[0]): int(row[1]) for row in rows}


def _sent(ledger: LedgerReader, found: dict[str, dict[str, int]], after_run: int, carriers: dict[str, int]) -> None:
    tally: Counter[tuple[str, str]] = Counter()
    for operation in ledger.iterate():
        name = _RECORD_KINDS.get(operation.kind)
        if name is None:
            continue
        if operation.state in ("refused", "quarantined"):
            outcome = operation.state
        elif operation.state != "applied":
            continue
        elif (operation.run_no or 0) <= after_run:
            outcome = "unchanged"
        elif operation.origin == "adopted":
            outcome = "adopted"
        else:
            outcome = "created" if operation.attempts <= 1 or operation.origin == "created" else "updated"
        tally[(name, outcome)] += 1
        if operation.external_id in carriers:
            tally[("attachments", outcome)] += carriers[operation.external_id]
    for (name, outcome), number in tally.items():
        found[name][outcome] += number
