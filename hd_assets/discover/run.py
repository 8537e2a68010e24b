"""Fills schema `discovery` from `sql/<source>/discovery/<table>.sql`, one file a table."""

from __future__ import annotations

from pathlib import Path

import duckdb

from hd_assets.discover.tables import TABLES
from hd_assets.errors import HdError, MappingError
from hd_assets.mapping import Migration
from hd_assets.staging import functions
from hd_assets.staging.runner import harmless, read
from hd_assets.warehouse import Connection, scalar

FOLDER = "discovery"


def sql_files(migration: Migration, shipped_sql: Path) -> dict[str, Path]:
    """Table → SQL file, in the order of TABLES. MappingError when a file is missing or fills no known table.

    A source that has nothing of a kind ships a file that gives no rows: a missing one would read as nothing found.
    """
    folder = shipped_sql / migration.mapping.source / FOLDER
    files = migration.sql_files(shipped_sql, FOLDER)
    wrong = [f"no file for {name}" for name in TABLES if name not in files]
    wrong += [f"no table for {name}.sql" for name in files if name not in TABLES]
    if wrong:
        raise MappingError(
            f"discovery of source {migration.mapping.source!r} is not complete: {', '.join(wrong)}",
            where=str(folder),
            mend=f"ship one file for each of: {', '.join(TABLES)}",
        )
    return {name: files[name] for name in TABLES}


def discover(
    connection: Connection, migration: Migration, shipped_sql: Path, *, files: Path | None = None
) -> dict[str, int]:
    """Replace all tables of schema `discovery` inside the caller's transaction; returns table → rows.

    `files` is the folder of stored file bytes, for `file_text`. Raises HdError naming the file when its SQL fails or
    its columns are not those of TABLES; the message holds no row values.
    """
    counts = {}
    functions.register(connection, files)
    for table, path in sql_files(migration, shipped_sql).items():
        query = read(path)
        try:
            _compare_columns(connection, table, query, path)
            connection.execute(f'create or replace table discovery."{table}" ({TABLES[table]})')
            connection.execute(f'insert into discovery."{table}" by name {query}')
        except duckdb.Error as fault:
            raise HdError(
                f"the SQL of discovery.{table} failed: {harmless(fault)}",
                where=str(path),
                mend="correct the file, or extract again if the raw data is older than it; nothing was changed",
            ) from None  # the fault's own text may hold row values
        counts[table] = int(scalar(connection, f'select count(*) from discovery."{table}"'))
    return counts


def _compare_columns(connection: Connection, table: str, query: str, path: Path) -> None:
    connection.execute(f"create or replace temp table _declared ({TABLES[table]})")
    declared = connection.execute("describe _declared").fetchall()
    found = connection.execute(f"describe {query}").fetchall()
    wanted, given = ([(name, kind) for name, kind, *_ in rows] for rows in (declared, found))
    if wanted != given:
        differing = [f"{name} {kind.lower()}" for name, kind in wanted if (name, kind) not in given]
        strange = [f"{name} {kind.lower()}" for name, kind in given if (name, kind) not in wanted]
        told = [f"lacks {', '.join(differing)}"] if differing else []
        told += [f"has {', '.join(strange)}"] if strange else []
        raise HdError(
            f"the columns of discovery.{table} are not as declared: {'; '.join(told) or 'their order differs'}",
            where=str(path),
            mend=f"give exactly, in this order: {TABLES[table]}",
        )
