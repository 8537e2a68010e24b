"""Everything that reading a dump and reading a server have in common."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import cast

from hd_assets.errors import SourceError
from hd_assets.extract.base import Entity, RawSink, Row, SourceFacts
from hd_assets.extract.formats.sqltokens import is_binary
from hd_assets.extract.osticket.attachments import FileBytesReader, FileRows
from hd_assets.extract.osticket.entities import ENTITIES, TABLES, is_safe_setting
from hd_assets.extract.osticket.installation import Installation, find_installation
from hd_assets.extract.osticket.options import OsticketOptions
from hd_assets.extract.osticket.reader import Batch, RowReader, Session, SourceTable, Value
from hd_assets.extract.retry import RetryBudget, with_retries

_OLD_ENGINES = frozenset({"MYISAM", "ARIA"})


class OsticketExtractor:
    """Reads one osTicket installation from a dump or a server; writes nothing to it."""

    def __init__(self, reader: RowReader, options: OsticketOptions) -> None:
        self._reader = reader
        self._options = options

    @property
    def entities(self) -> tuple[Entity, ...]:
        return ENTITIES

    def probe(self) -> SourceFacts:
        """Version, prefix and warnings. A dump is read through once, so a damaged one is found here."""
        return with_retries(self._probe, RetryBudget(attempts=3, seconds=30))

    def read(self, into: RawSink) -> None:
        """One snapshot: all entities, then the bytes of files, then the inventory."""
        with self._reader.session() as session:
            installation = self._find(session)
            files = self._rows(session, installation, into)
            FileBytesReader(session, installation.prefix, self._options.files, into).read(files)
            session.count()
            self._inventory(session, installation, into)
            into.facts(self._facts(session, installation))

    def _probe(self) -> SourceFacts:
        with self._reader.session() as session:
            return self._facts(session, self._find(session))

    def _find(self, session: Session) -> Installation:
        return find_installation(
            session, prefix=self._options.prefix, accept_unknown=self._options.accept_unknown_schema
        )

    def _rows(self, session: Session, installation: Installation, into: RawSink) -> FileRows:
        entities = {installation.prefix + table.entity.name: table.entity for table in TABLES}
        files = FileRows()

        def select(table: SourceTable) -> Sequence[str] | None:
            entity = entities.get(table.name)
            return [name for name in entity.columns if name in table.column_names] if entity else None

        for name, batches in groupby(session.read(select), key=lambda batch: batch.table):
            entity = entities[name]
            table = session.tables[name]
            into.rows(entity.name, _shaped(batches, entity, table, select(table) or (), files))
        return files

    def _inventory(self, session: Session, installation: Installation, into: RawSink) -> None:
        into.rows(
            "source_column",
            (
                (short, column, data_type, None if table.rows is None else str(table.rows))
                for short, table in sorted(installation.tables.items())
                for column, data_type in table.columns
            ),
        )
        server = session.server
        facts: dict[str, str | None] = {
            "product": "osTicket",
            "version": installation.version,
            "schema_signature": installation.signature,
            "prefix": installation.prefix,
            "extraction_kind": self._reader.kind,
            "server_version": server.version,
            "server_time_zone": server.time_zone,
            "charset": server.charset,
            "database": server.database,
        }
        facts |= {
            name: installation.settings.get(name)
            for name in ("default_timezone", "helpdesk_url", "helpdesk_title", "system_language")
        }
        into.rows("source_fact", facts.items())

    def _facts(self, session: Session, installation: Installation) -> SourceFacts:
        server = session.server
        counts = {table.name: table.rows for table in installation.tables.values() if table.rows is not None}
        return SourceFacts(
            product="osTicket",
            version=installation.version,
            kind=self._reader.kind,
            schema_signature=installation.signature,
            prefix=installation.prefix,
            database=server.database,
            server_version=server.version,
            server_time_zone=server.time_zone,
            charset=server.charset,
            warnings=(*session.warnings, *_table_warnings(self._reader.kind, installation)),
            row_counts=counts,
        )


def _shaped(
    batches: Iterator[Batch], entity: Entity, table: SourceTable, present: Sequence[str], files: FileRows
) -> Iterator[Row]:
    """Rows with all columns of the entity; of `config` only safe settings; rows of `file` are noted on the way."""
    places = [present.index(name) if name in present else None for name in entity.columns]
    types = dict(table.columns)
    as_read = tuple(present) == entity.columns and not any(is_binary(types[name]) for name in present)
    file_places = [entity.columns.index(name) for name in ("id", "bk", "size", "key")] if entity.name == "file" else []
    setting_places = [entity.columns.index(name) for name in ("namespace", "key")] if entity.name == "config" else []
    for values in (row for batch in batches for row in batch.rows):
        row: Row
        row = cast(Row, values) if as_read else [None if place is None else _text(values[place]) for place in places]
        if setting_places and not is_safe_setting(*(row[place] for place in setting_places)):
            continue
        if file_places:
            file_id, backend, size, key = (row[place] for place in file_places)
            if file_id is None:
                raise SourceError("a row of file has no id", where="table file", mend="repair the source table")
            files.add(file_id, backend, size, key)
        yield row


def _text(value: Value) -> str | None:
    return value.hex() if isinstance(value, bytes) else value


def _table_warnings(kind: str, installation: Installation) -> Iterator[str]:
    for table in TABLES:
        present = installation.tables.get(table.entity.name)
        if present is None:
            yield f"the installation has no table {table.entity.name}; it is read as empty"
        elif lacking := [name for name in table.entity.columns if name not in present.column_names]:
            yield f"the table {table.entity.name} has no column {', '.join(lacking)}; read as NULL"
    old = [name for name, table in installation.tables.items() if (table.engine or "").upper() in _OLD_ENGINES]
    if kind == "live" and old:
        yield (
            f"{len(old)} tables are not transactional ({', '.join(sorted(old)[:5])}…): changes while reading can tear "
            "the snapshot; read at a quiet hour or from a dump"
        )
