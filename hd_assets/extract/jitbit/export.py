"""A folder of exported tables, one file a table, for installations whose owners open no port.

The files are loaded into a temporary database and read with the very statements that run on a server.
"""

from __future__ import annotations

import codecs
import csv
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import duckdb
import polars as pl
from sqlglot import exp

from hd_assets.errors import SourceError
from hd_assets.extract.base import Row
from hd_assets.extract.jitbit.tables import SPECS, FoundTable

NULL_MARKS = ("NULL", "\\N", "(null)")
_ENDINGS = (".csv", ".tsv", ".txt")
_BATCH, _CHARACTERS = 5_000, 16_000_000
_PAGE = 5_000
_LONGEST = 1 << 30
_BYTE_ORDER_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


class ExportedTables:
    """An open export."""

    page_rows = _PAGE

    def __init__(self, folder: Path, connection: duckdb.DuckDBPyConnection, scratch: Path) -> None:
        self.place = str(folder)
        self.warnings: list[str] = []
        self._connection, self._scratch = connection, scratch
        self._folded: set[str] = set()
        self.tables = tuple(self._load(path) for path in _files(folder))
        self.facts: Mapping[str, str | None] = {"exported_tables": str(len(self.tables))}

    def select(self, statement: exp.Expression, table: str) -> list[Row]:
        try:
            rows = self._connection.execute(statement.sql("duckdb")).fetchall()
        except duckdb.ConversionException:
            raise SourceError(
                f"a key of {table} is no whole number",
                where=self.place,
                mend="look into the file: a text with line breaks or separators was exported without quotes around it",
            ) from None
        return [tuple(None if value is None else str(value) for value in row) for row in rows]

    def _load(self, path: Path) -> FoundTable:
        schema, _, name = path.stem.rpartition(".")
        encoding = self._encoding(path)
        schema = schema.strip("[]") or "dbo"
        name = name.strip("[]")
        if f"{schema}.{name}".lower() in self._folded:
            raise SourceError(
                f"two files hold the table {name}",
                where=str(path),
                mend="leave the whole one; a table in several parts has to be put together first",
            )
        self._folded.add(f"{schema}.{name}".lower())
        with path.open(encoding=encoding, newline="") as held:
            reader = csv.reader(held, dialect=_dialect(held.readline()))
            held.seek(0)
            columns = tuple(cell.strip().strip("[]") for cell in next(reader, ()))
            self._check(path, columns)
            quoted = exp.table_(name, db=schema, quoted=True).sql("duckdb")
            declared = ", ".join(f"{exp.column(column, quoted=True).sql('duckdb')} varchar" for column in columns)
            self._connection.execute(f'create schema if not exists "{schema}"')
            self._connection.execute(f"create table {quoted} ({declared})")
            part = self._scratch / "part.parquet"
            for batch in _batches(reader, path, len(columns)):
                pl.DataFrame(
                    [pl.Series(f"c{place}", values, dtype=pl.String) for place, values in enumerate(batch)]
                ).write_parquet(part)
                self._connection.execute(f"insert into {quoted} from read_parquet(?)", [str(part)])
        return FoundTable(schema, name, dict.fromkeys(columns, "varchar"))

    def _check(self, path: Path, columns: tuple[str, ...]) -> None:
        folded = [column.lower() for column in columns]
        if not columns or "" in folded or len(set(folded)) != len(folded) or folded[0].isdecimal():
            raise SourceError(
                "the file does not begin with the names of its columns",
                where=str(path),
                mend="export the table again with column headers",
            )

    def _encoding(self, path: Path) -> str:
        with path.open("rb") as held:
            start = held.read(4)
            for mark, encoding in _BYTE_ORDER_MARKS:
                if start.startswith(mark):
                    return encoding
            held.seek(0)
            decoder = codecs.getincrementaldecoder("utf-8")()
            try:
                while block := held.read(1 << 20):
                    decoder.decode(block)
                decoder.decode(b"", final=True)
            except UnicodeDecodeError:
                self.warnings.append(f"{path.name} is not UTF-8; read as Windows-1252")
                return "cp1252"
        return "utf-8"


class ExportSource:
    """The folder `JITBIT_EXPORT` names."""

    kind: Literal["export"] = "export"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextmanager
    def session(self) -> Iterator[ExportedTables]:
        """SourceError when the folder has no tables, or one of them cannot be read."""
        if not self._folder.is_dir() or not _files(self._folder):
            raise SourceError(
                "the folder of exported tables does not exist or holds no table",
                where=f"JITBIT_EXPORT={self._folder}",
                mend="export every table into it as <table>.csv with column headers",
            )
        with tempfile.TemporaryDirectory(prefix="hd-export-") as scratch:
            connection = duckdb.connect(Path(scratch) / "export.duckdb", config={"memory_limit": "1GB"})
            try:
                yield ExportedTables(self._folder, connection, Path(scratch))
            finally:
                connection.close()


def _files(folder: Path) -> list[Path]:
    """Text files are tables only under a name that is known, for people put notes beside exports."""
    known = {alias.lower() for spec in SPECS for alias in spec.aliases}
    found = (path for path in folder.iterdir() if path.suffix.lower() in _ENDINGS)
    return sorted(path for path in found if path.suffix.lower() != ".txt" or path.stem.split(".")[-1].lower() in known)


def _dialect(header: str) -> type[csv.Dialect]:
    """Comma, semicolon or tab: what stands most often between the column names."""

    class Found(csv.excel):
        delimiter = max(",;\t", key=header.count)
        strict = True

    return Found


def _batches(reader: Iterator[list[str]], path: Path, width: int) -> Iterator[list[list[str | None]]]:
    """Columns of the next rows. SourceError for a line that has other cells than the header."""
    csv.field_size_limit(_LONGEST)
    rows: list[list[str | None]] = []
    number, characters = 1, 0
    try:
        for number, cells in enumerate(reader, start=2):
            if len(cells) != width:
                if not cells:
                    continue
                raise _damaged(path, number, f"{len(cells)} cells for {width} columns")
            rows.append([None if cell in NULL_MARKS else cell for cell in cells])
            characters += sum(map(len, cells))
            if len(rows) >= _BATCH or characters >= _CHARACTERS:
                yield [list(column) for column in zip(*rows, strict=True)]
                rows.clear()
                characters = 0
    except (csv.Error, UnicodeDecodeError) as error:
        raise _damaged(path, number + 1, str(error)) from None
    if rows:
        yield [list(column) for column in zip(*rows, strict=True)]


def _damaged(path: Path, number: int, what: str) -> SourceError:
    return SourceError(
        f"row {number} cannot be read: {what}",
        where=str(path),
        mend="export the table again and have every text quoted; texts hold line breaks and separators",
    )
