"""The warehouse of a migration: one DuckDB file, opened per step and closed at once, by this resource only."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import duckdb
from dagster_duckdb import DuckDBResource

from hd_assets.errors import UnreachableError
from hd_assets.model import STAGING_MODELS, StagedRow, create_table

SCHEMAS = ("raw", "discovery", "mapping", "staging", "publish", "reconcile")
LOCK_BUDGET_SECONDS = 5.0

Row = TypeVar("Row", bound=StagedRow)
Connection = duckdb.DuckDBPyConnection


class Warehouse(DuckDBResource):
    """Opens `warehouse.duckdb` of one migration.

    Differs from its parent where that would hurt a run: a locked file fails within 5 s and names the process that
    holds it (the parent retries silently for 100 s), the connection is closed when the body raises, and every
    connection of a process uses the same settings, which DuckDB requires of two connections to one file.
    """

    @classmethod
    def of(cls, path: Path) -> Warehouse:
        return cls(database=str(path))

    @property
    def path(self) -> Path:
        return Path(self.database)

    @contextmanager
    def get_connection(self) -> Iterator[Connection]:
        """Yield a connection in UTC with all schemas and staging tables present; raises UnreachableError on a lock."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        connection = self._connect()
        try:
            connection.execute("set timezone = 'UTC'")
            if not _is_prepared(connection):
                for schema in SCHEMAS:
                    connection.execute(f"create schema if not exists {schema}")
                for model in STAGING_MODELS:
                    connection.execute(create_table(model))
            yield connection
        finally:
            connection.close()

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Yield a connection inside one transaction: committed at the end, rolled back when the body raises."""
        with self.get_connection() as connection:
            connection.begin()
            try:
                yield connection
            except BaseException:
                connection.rollback()
                raise
            connection.commit()

    def _connect(self) -> Connection:
        give_up = time.monotonic() + LOCK_BUDGET_SECONDS
        while True:
            try:
                return duckdb.connect(self.database)
            except duckdb.IOException as fault:
                if "lock" not in str(fault).lower():
                    raise
                if time.monotonic() >= give_up:
                    raise self._locked(fault) from fault
                time.sleep(0.2)

    def _locked(self, fault: duckdb.IOException) -> UnreachableError:
        holder = re.search(r"held in (.+?) \(PID (\d+)\)", str(fault))
        who = f"process {holder[2]} ({Path(holder[1]).name})" if holder else "another process"
        return UnreachableError(
            f"the warehouse is open in {who}",
            where=self.database,
            mend="close that DuckDB shell or wait for that run to end, then start this again; nothing was written",
        )


def _is_prepared(connection: Connection) -> bool:
    """Whether schemas and staging tables are there: one question instead of a statement for each at every opening."""
    schemas = connection.execute("select schema_name from duckdb_schemas() where not internal").fetchall()
    if not {(schema,) for schema in SCHEMAS} <= set(schemas):
        return False
    tables = connection.execute("select table_name from duckdb_tables() where schema_name = 'staging'").fetchall()
    return {(model.table,) for model in STAGING_MODELS} <= set(tables)


def fetch(connection: Connection, model: type[Row], where: str = "true", **parameters: Any) -> list[Row]:
    """Rows of the model's staging table as models, in no promised order unless `where` ends in an order by."""
    columns = ", ".join(f'"{name}"' for name in model.model_fields)
    cursor = connection.execute(f"select {columns} from staging.{model.table} where {where}", parameters or None)
    names = tuple(model.model_fields)
    return [model.model_validate(dict(zip(names, row, strict=True))) for row in cursor.fetchall()]


def append(connection: Connection, table: str, rows: Iterable[Sequence[Any]]) -> None:
    """Append rows by DuckDB's appender (`executemany` is a thousand times slower). `table` may carry a schema."""
    with connection.appender(table) as appender:
        appender.append_rows(rows)


def scalar(connection: Connection, sql: str, **parameters: Any) -> Any:
    """First column of the first row; None if there is no row."""
    row = connection.execute(sql, parameters or None).fetchone()
    return row[0] if row else None
