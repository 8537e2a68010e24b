"""Tables the documents read beside raw, mapping and staging: a copy of the target's ledger, and what was promised."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hd_assets.deliver.catalogue import Catalogue
from hd_assets.mapping import LeftOut, Migration
from hd_assets.publish.furniture import ticket_type_name
from hd_assets.publish.ledger import read_only
from hd_assets.publish.ledger_read import LedgerReader
from hd_assets.publish.payloads import STAND_IN
from hd_assets.reconcile import book
from hd_assets.warehouse import Connection, append

LEDGER = {
    "operations": "key varchar, kind varchar, object varchar, external_id varchar, conversation varchar,"
    " home_window varchar, state varchar, origin varchar, remark varchar, intercom_id varchar, attempts bigint,"
    " run_no bigint, applied_at timestamp, status bigint, error_code varchar",
    "identities": "kind varchar, external_id varchar, intercom_id varchar, origin varchar",
    "runs": "run_no bigint, step varchar, started_at timestamp, ended_at timestamp, purpose varchar",
    "requests": "run_no bigint, method varchar, route varchar, status varchar, number bigint",
}
"""Tables of schema `publish`: the ledger of the target the documents are written for. Times in UTC."""

PROMISES = {
    "fact": "name varchar, value varchar",
    "object": "position bigint, object varchar, sources varchar[], fidelity varchar, note varchar, left_out varchar",
    "phase": "phase bigint, title varchar, position bigint, object varchar",
    "switch_off": "position bigint, item varchar, why varchar, before varchar, after varchar",
}
"""Tables of schema `deliver`; the sheets of the documents stand beside them."""

_QUERIES = {
    "operations": "select key, kind, object, external_id, conversation, home_window, state, origin, remark,"
    " intercom_id, attempts, run_no, applied_at, status, error_code from operations where key > ?"
    " order by key limit 20000",
    "identities": "select kind, external_id, intercom_id, origin from identities",
    "runs": "select run_no, step, started_at, ended_at, purpose from runs",
    "requests": "select run_no, method, route, status, number from request_counts",
}


def prepare(connection: Connection, migration: Migration, found: Catalogue, ledger: Path, target: str) -> None:
    """Replace all of them. A target without ledger has empty tables."""
    connection.execute("create schema if not exists deliver")
    book.prepare(connection)
    is_marked = _copy_ledger(connection, ledger)
    rows: dict[str, Iterable[Sequence[Any]]] = {
        "fact": [*_facts(migration, found, target), ("is_marked", "yes" if is_marked else "no")],
        "object": _objects(migration),
        "phase": [
            (number, phase.title, place, name)
            for number, phase in enumerate(found.facts.phases, start=1)
            for place, name in enumerate(phase.objects)
        ],
        "switch_off": [
            (place, entry.item, entry.why, entry.before, entry.after)
            for place, entry in enumerate(found.switch_off, start=1)
        ],
    }
    for table, columns in PROMISES.items():
        connection.execute(f"create or replace table deliver.{table} ({columns})")
        append(connection, f"deliver.{table}", rows[table])


def _copy_ledger(connection: Connection, ledger: Path) -> bool:
    """Returns whether the ledger has left its mark in the workspace: the one attribute no operation makes.

    A copy that is as new as the ledger stays; a large one takes a while, and several steps of a run ask for it.
    """
    if not ledger.exists():
        _empty(connection)
        return False
    books = read_only(ledger)
    try:
        # of two ledgers restored from one backup the number of commits may agree, the beginnings of runs do not
        [[begun]] = books.rows("select max(started_at) from runs")
        state = (books.ledger_id, f"{books.meta('commits')} {begun}")
        if _copied(connection) != state:
            _empty(connection)
            _fill(connection, books)
            append(connection, "publish.copy", [state])
        return books.meta("marker") is not None
    finally:
        books.close()


def _copied(connection: Connection) -> tuple[str, str] | None:
    """Which ledger lies in the warehouse, and how far it had come."""
    connection.execute("create table if not exists publish.copy (ledger_id varchar, state varchar)")
    row: tuple[str, str] | None = connection.execute("select ledger_id, state from publish.copy").fetchone()
    return row


def _empty(connection: Connection) -> None:
    connection.execute("create or replace table publish.copy (ledger_id varchar, state varchar)")
    for table, columns in LEDGER.items():
        connection.execute(f"create or replace table publish.{table} ({columns})")


def _fill(connection: Connection, books: LedgerReader) -> None:
    for table in ("identities", "requests"):
        append(connection, f"publish.{table}", books.rows(_QUERIES[table]))
    runs = books.rows(_QUERIES["runs"])
    append(
        connection,
        "publish.runs",
        [(no, step, _moment(begun), _moment(ended), why) for no, step, begun, ended, why in runs],
    )
    last = ""
    while rows := books.rows(_QUERIES["operations"], (last,)):
        append(connection, "publish.operations", [(*row[:12], _moment(row[12]), *row[13:]) for row in rows])
        last = rows[-1][0]


def _facts(migration: Migration, found: Catalogue, target: str) -> list[tuple[str, str]]:
    admin = migration.mapping.migration_admin
    told = {
        "migration": migration.name,
        "target": target,
        "mapping_digest": migration.digest,
        "stand_in": STAND_IN,
        "migration_admin_name": admin.name,
        "migration_admin_email": admin.email,
        "ticket_type": ticket_type_name(migration),
        "attachment_limit_bytes": migration.mapping.publish.attachment_limit_bytes,
        **found.facts.model_dump(exclude={"phases"}),
    }
    return [(name, str(value)) for name, value in told.items()]


def _objects(migration: Migration) -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = []
    for place, (name, entry) in enumerate(migration.mapping.objects.items()):
        if isinstance(entry, LeftOut):
            rows.append((place, name, [], "none", "", entry.left_out))
        else:
            rows.append((place, name, entry.source, entry.fidelity, entry.note, None))
    return rows


def _moment(seconds: float | None) -> datetime | None:
    """Naive UTC, as everywhere in the warehouse."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None)
