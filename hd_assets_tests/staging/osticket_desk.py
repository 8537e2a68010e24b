"""An osTicket installation extracted from a dump and staged, for tests that ask what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from hd_assets.extract.osticket import OsticketOptions, open_extractor
from hd_assets.extract.raw import RawStore, extract
from hd_assets.mapping import Migration, load, write_tables
from hd_assets.partitions import EVERYTHING, Window
from hd_assets.staging.runner import inputs, order, read, stage, stage_all
from hd_assets.warehouse import Warehouse

PROJECT = Path(__file__).parents[2]
SQL = PROJECT / "sql"
MAPPINGS = PROJECT / "mappings"

ADD_UP = """
    with staged as (
        select 'companies' as object, source_type, source_id from staging.companies
        union all select 'contacts', source_type, source_id from staging.contacts
        where not list_contains(flags, 'deleted_in_source')
        union all select 'teammates', source_type, source_id from staging.teammates
        union all select 'inboxes', source_type, source_id from staging.inboxes
        union all select 'tags', source_type, source_id from staging.tags where kind = 'topic'
        union all select 'conversations', source_type, source_id from staging.conversations
        union all select 'parts', source_type, source_id from staging.parts where origin = 'entry'
        union all select 'attachments', source_type, source_id from staging.attachments
        union all select 'articles', source_type, source_id from staging.articles
        union all select 'history', 'thread_event', regexp_extract(external_id, '[^-]+$') from staging.history
        union all select object, source_type, source_id from staging.left_out
        union all select object, source_type, source_id from staging.exceptions where not is_staged
    ),
    accounted as (select object, source_type, source_id, count(*) as times from staged group by all)
    select object, source_type, source_id, coalesce(accounted.times, 0) as times
    from staging.records full join accounted using (object, source_type, source_id)
    where records.object is null or accounted.times is distinct from 1
"""


@dataclass
class Desk:
    """A warehouse with raw rows, mapping and (after `stage`) staging tables."""

    warehouse: Warehouse
    migration: Migration
    files: Path
    _connection: duckdb.DuckDBPyConnection | None = None

    def stage(self, window: Window = EVERYTHING) -> Desk:
        with self.warehouse.transaction() as connection:
            stage_all(connection, self.migration, SQL, window, files=self.files)
        return self

    def stage_for(self, table: str) -> Desk:
        """Stage one table and those it reads."""
        reads = {name: inputs(read(path)) for name, path in self.migration.sql_files(SQL).items()}
        wanted, waiting = {table}, {table}
        while waiting:
            found = {name for schema, name in reads[waiting.pop()] if schema == "staging"} - wanted
            wanted |= found
            waiting |= found
        with self.warehouse.transaction() as connection:
            for name in order(self.migration, SQL):
                if name in wanted:
                    stage(connection, self.migration, SQL, name, EVERYTHING, files=self.files)
        return self

    def _read(self, query: str, parameters: tuple[Any, ...]) -> Any:
        """Opening a warehouse costs more than most questions, hence one connection for all of them."""
        if self._connection is None:
            self._connection = duckdb.connect(self.warehouse.database)
            self._connection.execute("set timezone = 'UTC'")
        return self._connection.execute(query, list(parameters) or None)

    def rows(self, query: str, *parameters: Any) -> list[tuple]:
        return self._read(query, parameters).fetchall()

    def value(self, query: str, *parameters: Any) -> Any:
        [[value]] = self.rows(query, *parameters)
        return value

    def column(self, query: str, *parameters: Any) -> list[Any]:
        return [row[0] for row in self.rows(query, *parameters)]

    def records(self, query: str, *parameters: Any) -> list[dict[str, Any]]:
        cursor = self._read(query, parameters)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def unaccounted(self) -> list[tuple]:
        """Records that are neither staged nor left out nor an exception exactly once."""
        return self.rows(ADD_UP)

    def change(self, table: str, statement: str) -> None:
        """Make a raw view a table of its own, so that a test can damage it."""
        with self.warehouse.get_connection() as connection:
            kind = connection.execute(
                "select table_type from information_schema.tables where table_schema = 'raw' and table_name = ?",
                [table],
            ).fetchone()
            if kind == ("VIEW",):
                connection.execute(f'create table raw."{table}_copy" as select * from raw."{table}"')
                connection.execute(f'drop view raw."{table}"')
                connection.execute(f'alter table raw."{table}_copy" rename to "{table}"')
            connection.execute(statement)

    def option(self, name: str, value: str) -> None:
        with self.warehouse.get_connection() as connection:
            connection.execute("delete from mapping.option where name = ?", [name])
            connection.execute("insert into mapping.option values (?, ?)", [name, value])


def extracted(root: Path, dump: Path, attachments: Path | None) -> Desk:
    """Read the dump into a raw store below `root` and open its views in a warehouse."""
    store = RawStore(root)
    extract(open_extractor(OsticketOptions(None, dump=dump, files=attachments)), store)
    migration = load(MAPPINGS, "osticket")
    desk = Desk(Warehouse.of(root / "warehouse.duckdb"), migration, root / "files")
    with desk.warehouse.get_connection() as connection:
        for name, query in store.views().items():
            connection.execute(f'create or replace view raw."{name}" as {query}')
        write_tables(connection, migration)
    return desk
