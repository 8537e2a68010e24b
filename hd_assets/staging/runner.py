"""Runs `sql/<source>/<object>.sql`: each file fills the staging table of its own name, for one window or as a whole.

What is alike for all sources stands in `sql/every_source`; a source's own file goes before it.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

import duckdb
import sqlglot
from sqlglot import exp

from hd_assets.decisions.honour import honour
from hd_assets.errors import HdError, MappingError
from hd_assets.links.found import base_of
from hd_assets.mapping import Migration
from hd_assets.model import STAGING_MODELS, HomeWindow, StagedRow, duckdb_columns
from hd_assets.partitions import Window
from hd_assets.staging import functions
from hd_assets.staging.stamps import stamp
from hd_assets.warehouse import Connection, scalar

MODELS: dict[str, type[StagedRow]] = {model.table: model for model in STAGING_MODELS}
_IN_WINDOW = "home_window >= $window_start and home_window < $window_end"
_PARAMETER = re.compile(r"\$(window_start|window_end)\b")
_QUOTED = re.compile(r"(['\"]).*\1", re.DOTALL)


@dataclass(frozen=True)
class Staged:
    """What one SQL file did: rows now in the window (or table), the file, sha256 of its text."""

    object: str
    rows: int
    sql_file: Path
    sql_digest: str


def stage(
    connection: Connection,
    migration: Migration,
    shipped_sql: Path,
    object: str,
    window: Window,
    *,
    files: Path | None = None,
) -> Staged:
    """Replace the window (or the whole table) of one object, inside the caller's transaction.

    `files` is the folder of stored file bytes, for `file_text`. Raises HdError naming the file when its SQL fails or
    its columns are not the model's; the message holds no row values.
    """
    functions.register(connection, files, base_of(connection, migration, shipped_sql))
    return _stage(connection, migration, shipped_sql, object, window)


def _stage(connection: Connection, migration: Migration, shipped_sql: Path, object: str, window: Window) -> Staged:
    path = _file(migration, shipped_sql, object)
    model = MODELS[object]
    sql = read(path)
    parameters: dict[str, Any] = {name: window.parameters[name] for name in sorted(set(_PARAMETER.findall(_code(sql))))}
    try:
        _compare_columns(connection, model, sql, parameters, path)
        _replace(connection, model, sql, parameters, window)
    except duckdb.Error as fault:
        raise HdError(
            f"the SQL of {object} failed: {harmless(fault)}",
            where=str(path),
            mend="correct the file or the raw data it names; the window was left as it was",
        ) from None  # the fault's own text may hold row values
    honour(connection, object)
    stamp(connection, migration, object, window, windowed=model.windowed)
    return Staged(object, _rows(connection, model, window), path, hashlib.sha256(sql.encode()).hexdigest())


def stage_all(
    connection: Connection, migration: Migration, shipped_sql: Path, window: Window, *, files: Path | None = None
) -> list[Staged]:
    """Stage every object of the migration in dependency order, inside the caller's transaction."""
    functions.register(connection, files, base_of(connection, migration, shipped_sql))
    return [_stage(connection, migration, shipped_sql, name, window) for name in order(migration, shipped_sql)]


def order(migration: Migration, shipped_sql: Path) -> list[str]:
    """Objects with a SQL file, each after those whose staging tables it reads. Raises HdError on a circle."""
    files = migration.sql_files(shipped_sql)
    unknown = sorted(set(files) - set(MODELS))
    if unknown:
        raise MappingError(
            f"no staging table for the SQL file(s) {', '.join(unknown)}",
            where=str(files[unknown[0]]),
            mend=f"name each file after a staging table: {', '.join(sorted(MODELS))}",
        )
    needs = {name: _staged_inputs(name, path) & set(files) for name, path in files.items()}
    position = {name: index for index, name in enumerate(MODELS)}
    sorter = TopologicalSorter({name: needs[name] for name in sorted(files, key=position.__getitem__)})
    try:
        return list(sorter.static_order())
    except CycleError as fault:
        raise MappingError(
            f"the staging tables need each other: {' → '.join(fault.args[1])}",
            where=str(files[fault.args[1][0]].parent),
            mend="let one of these files read raw instead of staging",
        ) from fault


def inputs(sql: str) -> set[tuple[str, str]]:
    """(schema, table) of everything a SQL file reads; its own CTEs are not inputs."""
    return set(_inputs(sql))


@lru_cache(maxsize=256)
def _inputs(sql: str) -> frozenset[tuple[str, str]]:
    """Parsing a long file takes a tenth of a second, and every job of a run asks again."""
    return frozenset((table.db, table.name) for table in _parsed(sql).find_all(exp.Table) if table.db)


def read(path: Path) -> str:
    """Text of a SQL file without its closing semicolon."""
    return path.read_text(encoding="utf-8").rstrip().removesuffix(";").rstrip()


def harmless(fault: duckdb.Error) -> str:
    """DuckDB's message without what may be a row's value: errors in the SQL are told whole, errors in data cut."""
    first, _, rest = str(fault).partition("\n\n")
    if isinstance(fault, (duckdb.BinderException, duckdb.CatalogException, duckdb.ParserException)):
        return " ".join(f"{first} {rest.split('LINE')[0]}".split())
    if isinstance(fault, (duckdb.ConversionException, duckdb.ConstraintException)):
        return " ".join(_QUOTED.sub("'…'", first).split())
    if first.startswith("Invalid Input Error: Values were not provided for the following parameters"):
        return first
    return f"{type(fault).__name__} (its text is withheld: it may hold values of a row)"


def _replace(
    connection: Connection, model: type[StagedRow], sql: str, parameters: dict[str, Any], window: Window
) -> None:
    if model is HomeWindow:
        # A conversation stays in the window it first had: ledger, documents and backfills count by it.
        connection.execute(
            f"insert into staging.windows by name select * from (\n{sql}\n) as fresh"
            " where conversation is null or conversation not in (select conversation from staging.windows)",
            parameters or None,
        )
    elif model.windowed:
        connection.execute(f"delete from staging.{model.table} where {_IN_WINDOW}", window.parameters)
        # A row without home window must reach the not-null constraint instead of being filtered away.
        connection.execute(
            f"insert into staging.{model.table} by name select * from (\n{sql}\n) as fresh"
            f" where home_window is null or ({_IN_WINDOW})",
            parameters | window.parameters,
        )
    else:
        # Truncating instead of deleting is refused inside a transaction that already touched the table.
        connection.execute(f"delete from staging.{model.table}")
        connection.execute(f"insert into staging.{model.table} by name\n{sql}", parameters or None)


def _compare_columns(
    connection: Connection, model: type[StagedRow], sql: str, parameters: dict[str, Any], path: Path
) -> None:
    described = connection.execute(f"describe\n{sql}", parameters or None).fetchall()
    names = [row[0] for row in described]
    wanted = duckdb_columns(model)
    problems = [
        f"{label}: {', '.join(columns)}"
        for label, columns in (
            ("missing", [name for name in wanted if name not in names]),
            ("unknown", [name for name in names if name not in wanted]),
            ("twice", sorted({name for name in names if names.count(name) > 1})),
        )
        if columns
    ]
    if problems:
        raise MappingError(
            f"the columns of {model.table} do not fit its table; {'; '.join(problems)}",
            where=str(path),
            mend=f"let the last select give exactly: {', '.join(wanted)}",
        )


def _rows(connection: Connection, model: type[StagedRow], window: Window) -> int:
    if model.windowed:
        query = f"select count(*) from staging.{model.table} where {_IN_WINDOW}"
        return int(scalar(connection, query, **window.parameters))
    return int(scalar(connection, f"select count(*) from staging.{model.table}"))


def _file(migration: Migration, shipped_sql: Path, object: str) -> Path:
    files = migration.sql_files(shipped_sql)
    if object in files and object in MODELS:
        return files[object]
    raise MappingError(
        f"no SQL fills staging.{object} for migration {migration.name}",
        where=str(shipped_sql / migration.mapping.source / f"{object}.sql"),
        mend=f"use one of {', '.join(sorted(files)) or 'none yet'}, or write that file",
    )


def _staged_inputs(name: str, path: Path) -> set[str]:
    return {table for schema, table in inputs(read(path)) if schema == "staging" and table != name}


def _parsed(sql: str) -> exp.Expr:
    return sqlglot.parse_one(sql, dialect="duckdb")


def _code(sql: str) -> str:
    """SQL without its comments, where a parameter may be spoken of without being used."""
    return re.sub(r"--[^\n]*", "", sql)
