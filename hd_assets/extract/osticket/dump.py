"""An osTicket database out of a mysqldump file, with no server."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from hd_assets.errors import SourceError
from hd_assets.extract.formats.mysqldump import DumpFacts, DumpReader, DumpTable
from hd_assets.extract.osticket.entities import CHUNK_COLUMNS, CHUNKS
from hd_assets.extract.osticket.reader import Batch, Select, ServerFacts, SourceTable


class DumpRows:
    """The RowReader of a dump. Every `read` is one pass over the file; passing over rows costs little."""

    kind: Literal["dump"] = "dump"

    def __init__(self, path: Path, database: str | None) -> None:
        self._path = path
        self._database = database

    @contextmanager
    def session(self) -> Iterator[DumpSession]:
        yield DumpSession(self._path, self._database)


class DumpSession:
    """A dump is a snapshot by nature."""

    def __init__(self, path: Path, database: str | None) -> None:
        self._path = path
        self._database = database
        self._facts = DumpFacts()
        self._disordered: set[str] = set()
        self.tables: dict[str, SourceTable] = {}

    @property
    def server(self) -> ServerFacts:
        return ServerFacts(
            place=str(self._path),
            version=self._facts.server_version,
            charset=self._facts.charset,
            database=self._facts.database,
        )

    @property
    def warnings(self) -> Sequence[str]:
        return tuple(self._facts.warnings)

    def read(self, select: Select) -> Iterator[Batch]:
        reader = DumpReader(self._path, self._database)
        order = _Order()

        def wanted(table: DumpTable) -> Sequence[str] | None:
            self.tables[table.name] = found = SourceTable(table.name, table.columns, table.engine)
            return order.columns if order.watches(found) else select(found)

        for batch in reader.batches(wanted):
            if not order.observe(batch.table, batch.rows):
                yield Batch(batch.table, batch.rows)
        self._disordered = order.disordered
        self._facts = reader.facts
        for name, table in reader.facts.tables.items():
            self.tables[name].rows = table.rows

    def chunks(self, table: str, wanted: Collection[str]) -> Iterator[tuple[str, bytes]]:
        rows = self._chunk_rows(table, wanted)
        if table in self._disordered:
            yield from _sorted_on_disk(rows)
        else:
            yield from ((file_id, data) for file_id, _, data in rows)

    def _chunk_rows(self, table: str, wanted: Collection[str]) -> Iterator[tuple[str, int, bytes]]:
        reader = DumpReader(self._path, self._database)
        for batch in reader.batches(lambda found: CHUNK_COLUMNS if found.name == table else None):
            for file_id, chunk_id, data in batch.rows:
                if file_id in wanted:
                    content = data if isinstance(data, bytes) else (data or "").encode()
                    yield str(file_id), int(str(chunk_id)), content

    def count(self) -> None:
        """Every pass counts all rows."""

    def missing(self, table: str, column: str | None) -> str:
        what = f"the column {column} of {table}" if column else f"the table {table}"
        return f"dump the whole database again; {what} is needed and was left out or never existed"


class _Order:
    """Watches whether chunks come file by file, as a dump by primary key has them; otherwise they are sorted first."""

    columns = CHUNK_COLUMNS[:2]

    def __init__(self) -> None:
        self.disordered: set[str] = set()
        self._watched: set[str] = set()
        self._last: dict[str, tuple[int, int]] = {}

    def watches(self, table: SourceTable) -> bool:
        if not table.name.endswith(CHUNKS) or not table.column_names.issuperset(CHUNK_COLUMNS):
            return False
        self._watched.add(table.name)
        return True

    def observe(self, table: str, rows: Sequence[Sequence[str | bytes | None]]) -> bool:
        if table not in self._watched:
            return False
        last = self._last.get(table, (-1, -1))
        for file_id, chunk_id in rows:
            try:
                place = (int(str(file_id)), int(str(chunk_id)))
            except ValueError:
                raise SourceError(
                    "a row of the file chunks has no number",
                    where=f"table {table}",
                    mend="repair the table in the source, then dump again",
                ) from None
            if place <= last:
                self.disordered.add(table)
            last = place
        self._last[table] = last
        return True


def _sorted_on_disk(rows: Iterator[tuple[str, int, bytes]]) -> Iterator[tuple[str, bytes]]:
    with tempfile.TemporaryDirectory(prefix="hd-chunks-") as name:
        folder = Path(name)
        places: dict[str, list[int]] = {}
        for file_id, chunk_id, data in rows:
            (folder / f"{int(file_id)}.{chunk_id}").write_bytes(data)
            places.setdefault(file_id, []).append(chunk_id)
        for file_id, chunk_ids in places.items():
            for chunk_id in sorted(chunk_ids):
                yield file_id, (folder / f"{int(file_id)}.{chunk_id}").read_bytes()
