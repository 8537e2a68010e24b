"""Streaming reader of mysqldump and mariadb-dump output; also of phpMyAdmin exports. Needs no server.

Written against what the dump programs of MariaDB 10.11 and MySQL 8 produce; see the tests for each oddity.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from hd_assets.errors import SourceError, UsageError
from hd_assets.extract.formats import sqltokens as sql
from hd_assets.extract.formats.compressed import CompressedFile
from hd_assets.extract.formats.textbuffer import TextBuffer

Value = str | bytes | None
Select = Callable[["DumpTable"], Sequence[str] | None]

BATCH_ROWS = 2_000
BATCH_BYTES = 8 << 20
LONGEST_HEAD = 1 << 20
_ENCODINGS = {"utf8": "utf-8", "utf8mb3": "utf-8", "utf8mb4": "utf-8", "latin1": "cp1252", "ascii": "ascii"}
_ENCODINGS["binary"] = "utf-8"
_KEYWORD = re.compile(rb"[A-Za-z]+")
_HARMLESS = {
    b"SET", b"DROP", b"CREATE", b"ALTER", b"LOCK", b"UNLOCK", b"START", b"BEGIN", b"COMMIT", b"FLUSH", b"CHANGE",
    b"ANALYZE", b"GRANT", b"TRUNCATE", b"USE", b"REVOKE",
}  # fmt: skip
_DELIMITER = re.compile(rb"DELIMITER[ \t]+(\S+)[ \t]*\r?\n?", re.IGNORECASE)
_DELIMITER_BACK = re.compile(rb"^[ \t]*DELIMITER[ \t]+;[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
_PROGRAM_MESSAGE = re.compile(rb"(?:mysqldump|mariadb-dump): ([^\n]*)\n?")
_HOST_LINE = re.compile(rb"-- Host: .*?Database: ([^\s]+)")
_SERVER_LINE = re.compile(rb"-- Server version[:\t ]+(\S+)")
_DUMP_LINE = re.compile(rb"-- (?:MySQL|MariaDB) dump ")
_FOREIGN_LINE = re.compile(rb"-- PostgreSQL database dump|-- Dumped by pg_dump|--\s*SQLite", re.IGNORECASE)


@dataclass
class DumpTable:
    """A table as its CREATE statement defines it; `rows` counts those seen so far."""

    name: str
    columns: tuple[tuple[str, str], ...]
    engine: str | None
    rows: int = 0

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(name for name, _ in self.columns)


@dataclass(frozen=True)
class DumpBatch:
    """Rows of one table in file order, values in the order of the selected columns."""

    table: str
    rows: list[tuple[Value, ...]]


@dataclass
class DumpFacts:
    """What the dump says about itself; complete after all batches were taken."""

    tables: dict[str, DumpTable] = field(default_factory=dict)
    server_version: str | None = None
    database: str | None = None
    charset: str = "utf8mb4"
    warnings: list[str] = field(default_factory=list)


class DumpReader:
    """One pass over a dump. Memory is bounded by the largest single row, whatever the size of file or statement.

    `select` is asked once for each table, when its definition is met: the columns wanted, or None to pass over it
    (its rows are still checked and counted). Binary columns give bytes, all others text as the server would print it.
    Raises SourceError when the file is cut off, damaged or not a MySQL dump, UsageError when it holds several
    databases and `database` names none of them.
    """

    def __init__(self, path: Path, database: str | None = None) -> None:
        self.path = path
        self.facts = DumpFacts()
        self._database = database
        self._current: str | None = None
        self._with_tables: list[str | None] = []
        self._encoding = "utf-8"
        self._has_header = False
        self._completed = False
        self._seen_statement = False
        self._damaged: dict[str, int] = {}

    def batches(self, select: Select) -> Iterator[DumpBatch]:
        """All rows of the selected tables. The facts are complete when the iterator ends."""
        source = CompressedFile(self.path)
        try:
            self._text = TextBuffer(source)
            self._selected: dict[str, Sequence[str]] = {}
            yield from self._statements(select)
            self._finish()
        finally:
            source.close()

    def _statements(self, select: Select) -> Iterator[DumpBatch]:
        text = self._text
        while text.skip(sql.SPACE):
            start = text.peek(256)
            if start.startswith((b"--", b"#")):
                self._comment(text.line())
            elif start.startswith(b"/*"):
                self._special_comment()
            elif start.startswith(b";"):
                text.advance(1)
            elif match := _PROGRAM_MESSAGE.match(start):
                self._program_message(match[1])
                text.line()
            else:
                yield from self._statement(start, select)

    def _statement(self, start: bytes, select: Select) -> Iterator[DumpBatch]:
        keyword_match = _KEYWORD.match(start)
        keyword = keyword_match[0].upper() if keyword_match else b""
        if keyword in (b"INSERT", b"REPLACE"):
            yield from self._insert()
        elif keyword == b"DELIMITER":
            self._skip_routines()
        elif keyword in _HARMLESS:
            self._other(keyword, select)
        elif self._has_header and len(start) == len(keyword):
            self._cut("a statement")
        elif not self._seen_statement:
            self._foreign()
        else:
            self._fail("a statement begins with something a MySQL dump does not contain")
        self._seen_statement = True

    def _other(self, keyword: bytes, select: Select) -> None:
        statement = self._text.take(sql.STATEMENT) or self._cut("a statement")
        if keyword == b"USE" and (match := sql.USE.match(statement)):
            self._current = sql.plain_name(match[1])
        elif keyword == b"SET" and (names := sql.SET_NAMES.match(statement)):
            self._set_names(names[1])
        elif keyword == b"CREATE" and (create := sql.CREATE_TABLE.match(statement)):
            self._define(sql.plain_name(create[1]), statement, create.end(), select)

    def _define(self, name: str, statement: bytes, body: int, select: Select) -> None:
        if self._database is not None and self._current is not None and self._current != self._database:
            return
        if self._current not in self._with_tables:
            self._with_tables.append(self._current)
        if len(self._with_tables) > 1:
            names = ", ".join(database or "(unnamed)" for database in self._with_tables)
            raise UsageError(
                f"the dump holds several databases: {names}",
                where=self._where(),
                mend="set the option `database` to the one to read, or dump that database alone",
            )
        if name in self.facts.tables:
            self._fail(f"the table {name} is defined twice; two dumps seem to be joined in one file")
        engine = sql.ENGINE.search(statement)
        table = DumpTable(
            name, tuple(sql.table_columns(statement, body)), engine[1].decode("ascii", "replace") if engine else None
        )
        self.facts.tables[name] = table
        wanted = select(table)
        if wanted is not None:
            self._selected[name] = tuple(wanted)

    def _insert(self) -> Iterator[DumpBatch]:
        head = self._text.match(sql.INSERT, LONGEST_HEAD)
        if head is None:
            self._incomplete_or_damaged("an INSERT statement")
        name = sql.plain_name(head[1])
        listed = sql.column_names(head[2]) if head[2] else None
        self._text.advance_to(head.end())
        table = self.facts.tables.get(name)
        if self._database is not None and self._current is not None and self._current != self._database:
            yield from self._rows(DumpTable(name, (), None), listed, ())
            return
        if table is None:
            raise SourceError(
                f"rows of the table {name} come without a definition of the table",
                where=self._where(),
                mend="dump again without --no-create-info",
            )
        yield from self._rows(table, listed or table.column_names, self._selected.get(name))

    def _rows(
        self, table: DumpTable, columns: Sequence[str] | None, wanted: Sequence[str] | None
    ) -> Iterator[DumpBatch]:
        width = len(columns) if columns else self._count_values()
        pattern = sql.row_pattern(width)
        picks, converters = self._conversion(table, columns or (), wanted or ())
        rows: list[tuple[Value, ...]] = []
        size = 0
        text = self._text
        while True:
            match = text.match(pattern)
            if match is None:
                match = self._longer_row(pattern, width, table.name)
            table.rows += 1
            if picks:
                tokens = match.group(*picks)
                if len(picks) == 1:
                    tokens = (tokens,)
                rows.append(tuple([convert(token) for convert, token in zip(converters, tokens, strict=True)]))
                size += match.end() - match.start()
            text.advance_to(match.end())
            last = match[width + 1] == b";"
            if rows and (last or len(rows) >= BATCH_ROWS or size >= BATCH_BYTES):
                yield DumpBatch(table.name, rows)
                rows, size = [], 0
            if last:
                return

    def _conversion(
        self, table: DumpTable, columns: Sequence[str], wanted: Sequence[str]
    ) -> tuple[list[int], list[Callable[[bytes], Value]]]:
        types = dict(table.columns)
        places = {column: place for place, column in enumerate(columns, start=1)}
        picks, converters = [], []
        for column in wanted:
            if column not in places:
                self._fail(f"an INSERT into {table.name} does not carry the column {column}")
            picks.append(places[column])
            converters.append(self._converter(table.name, column, types[column]))
        return picks, converters

    def _converter(self, table: str, column: str, data_type: str) -> Callable[[bytes], Value]:
        if sql.is_binary(data_type):
            return sql.raw_value

        def damaged() -> None:
            name = f"{table}.{column}"
            self._damaged[name] = self._damaged.get(name, 0) + 1

        return sql.text_converter(self._encoding, damaged)

    def _longer_row(self, pattern: re.Pattern[bytes], width: int, table: str) -> re.Match[bytes]:
        """The row does not end in the buffer: read on, unless what is there can never become a row."""
        while True:
            self._refuse_damaged_row(width, table)
            if not self._text.grow():
                self._cut(f"the rows of {table}")
            match = self._text.match(pattern)
            if match is not None:
                return match

    def _refuse_damaged_row(self, width: int, table: str) -> None:
        data, place = self._text.window()
        opening = sql.SPACE.match(data, place)
        place = opening.end() if opening else place
        if place < len(data) and data[place : place + 1] != b"(":
            self._fail(f"a row of {table} does not begin with a parenthesis")
        place += 1
        for count in range(1, width + 2):
            value = sql.ONE_VALUE.match(data, place)
            if value is None or value.end() >= len(data):
                rest = sql.OPEN_VALUE.match(data, place)
                if rest is not None and len(data) - rest.end() > 64:
                    self._fail(f"a row of {table} holds a value that cannot be read (value {count})")
                return
            after = data[value.end() : value.end() + 1]
            if (after == b")") != (count == width) or after not in b"),":
                what = "does not have as many values as the table has columns" if after in b"),'" else "is damaged"
                if after == b")" and count == width:
                    return
                self._fail(f"a row of {table} {what} (value {count} of {width})")
            place = value.end() + 1
            if count == width:
                return

    def _count_values(self) -> int:
        """How many values the next row has, for a table of a database that is passed over."""
        while True:
            data, place = self._text.window()
            place, count = place + 1, 0
            while value := sql.ONE_VALUE.match(data, place):
                count += 1
                place = value.end() + 1
                if data[value.end() : place] == b")":
                    return count
            if not self._text.grow():
                self._cut("an INSERT statement")

    def _comment(self, line: bytes) -> None:
        if line.startswith(b"-- Dump completed"):
            self._completed = True
        elif _DUMP_LINE.match(line):
            self._has_header, self._completed = True, False
        elif _FOREIGN_LINE.match(line):
            self._foreign()
        elif match := _HOST_LINE.match(line):
            self.facts.database = match[1].decode("utf-8", "replace")
        elif match := _SERVER_LINE.match(line):
            self.facts.server_version = match[1].decode("utf-8", "replace")

    def _special_comment(self) -> None:
        end = self._text.find(b"*/")
        if end is None:
            self._cut("a comment")
        data, place = self._text.window()
        if match := sql.SET_NAMES.match(data, place):
            self._set_names(match[1])
        self._text.advance_to(end + 2)

    def _skip_routines(self) -> None:
        """Triggers and procedures change the delimiter; everything up to the way back is theirs."""
        line = self._text.line()
        match = _DELIMITER.match(line)
        if match is None or match[1] == b";":
            return
        while True:
            data, place = self._text.window()
            back = _DELIMITER_BACK.search(data, place)
            if back:
                self._text.advance_to(back.end())
                return
            if not self._text.grow():
                self._cut("a trigger or routine")

    def _program_message(self, message: bytes) -> None:
        if b"[Warning]" in message:
            self.facts.warnings.append("messages of the dump program stand inside the dump file; they were passed over")
        else:
            self._fail("the dump program wrote an error message into the file")

    def _set_names(self, name: bytes) -> None:
        charset = name.decode("ascii").lower()
        if charset not in _ENCODINGS:
            raise SourceError(
                f"the dump is written in the character set {charset}, which cannot be read without loss",
                where=self._where(),
                mend="dump again with --default-character-set=utf8mb4",
            )
        self.facts.charset = charset
        self._encoding = _ENCODINGS[charset]

    def _finish(self) -> None:
        if not self._seen_statement and not self._completed and not self._has_header:
            self._foreign()
        if self._database is not None and not self.facts.tables:
            raise UsageError(
                f"the dump holds no tables of the database {self._database}",
                where=str(self.path),
                mend="set the option `database` to a database that the dump holds, or leave it out",
            )
        if not self._completed and self._has_header:
            self._cut("the dump: its last line `-- Dump completed` is missing")
        if not self._completed:
            self.facts.warnings.append(
                "the dump has no completion line (written with --skip-comments or by another program): "
                "that it is complete cannot be seen from the file"
            )
        if self._current is not None:
            self.facts.database = self._database or self._with_tables[0] if self._with_tables else self._current
        for name, count in sorted(self._damaged.items()):
            self.facts.warnings.append(f"{name}: {count} values hold bytes that are not valid text; shown as U+FFFD")

    def _incomplete_or_damaged(self, what: str) -> NoReturn:
        if self._text.at_end:
            self._cut(what)
        self._fail(f"{what} cannot be read")

    def _cut(self, what: str) -> NoReturn:
        raise SourceError(
            f"the dump is cut off inside {what}",
            where=self._where(),
            mend="dump again, check that the dump program ended without an error, and compare file sizes after copying",
        )

    def _fail(self, what: str) -> NoReturn:
        raise SourceError(what, where=self._where(), mend="dump again with mysqldump or mariadb-dump, unchanged")

    def _foreign(self) -> NoReturn:
        raise SourceError(
            "the file is not a MySQL or MariaDB dump",
            where=self._where(),
            mend="give a file written by mysqldump or mariadb-dump (.sql or .sql.gz)",
        )

    def _where(self) -> str:
        return f"{self.path}, line {self._text.line_number}, byte {self._text.byte_position}"
