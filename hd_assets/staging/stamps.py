"""Under which mapping each staging table was filled: what was signed must be what is sent."""

from __future__ import annotations

from datetime import UTC, date, datetime

from hd_assets.mapping import Migration
from hd_assets.partitions import Window, next_month
from hd_assets.warehouse import Connection

# An unpartitioned table has one stamp under this day.
WHOLE = date(1, 1, 1)
_TABLE = """
create table if not exists mapping.stamp (
    object varchar not null, month date not null, digest varchar not null, primary key (object, month)
)
"""


def stamp(connection: Connection, migration: Migration, object: str, window: Window, *, windowed: bool) -> None:
    """Note that the months (or the whole table) of an object now follow the migration's mapping."""
    connection.execute(_TABLE)
    months = _months(migration, window) if windowed else [WHOLE]
    connection.execute(
        "insert or replace into mapping.stamp select $object, unnest($months::date[]), $digest",
        {"object": object, "months": months, "digest": migration.digest},
    )


def is_staged(connection: Connection) -> bool:
    """Whether anything was ever staged; the warehouse itself exists as soon as the mapping was read."""
    tables = "select count(*) from duckdb_tables() where schema_name = 'mapping' and table_name = 'stamp'"
    found = connection.execute(tables).fetchone()
    if not found or not found[0]:
        return False
    return connection.execute("select 1 from mapping.stamp limit 1").fetchone() is not None


def outdated(connection: Connection, migration: Migration, window: Window) -> list[str]:
    """Staging tables of which some month of the window was filled under another mapping than the migration's."""
    connection.execute(_TABLE)
    rows = connection.execute(
        "select distinct object from mapping.stamp where digest <> $digest"
        " and (month = $whole or (month >= $first and month < $last)) order by object",
        {"digest": migration.digest, "whole": WHOLE, "first": window.start, "last": window.end},
    ).fetchall()
    return [str(name) for (name,) in rows]


def _months(migration: Migration, window: Window) -> list[date]:
    months, month = [], max(window.start, migration.mapping.first_day)
    end = min(window.end, next_month(datetime.now(UTC).date().replace(day=1)))
    while month < end:
        months.append(month)
        month = next_month(month)
    return months
