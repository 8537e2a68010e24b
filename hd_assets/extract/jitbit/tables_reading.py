"""Reads every raw table from a database or from exported tables, and proves that no row was missed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from sqlglot import exp

from hd_assets.errors import SourceError
from hd_assets.extract.base import RawSink, Row
from hd_assets.extract.jitbit.conflicts import Key, United
from hd_assets.extract.jitbit.share import Share, Wanted, store
from hd_assets.extract.jitbit.tables import SPECS, FoundTable, TableSpec
from hd_assets.extract.jitbit.tables_installation import Installation
from hd_assets.extract.jitbit.tables_statement import Bound
from hd_assets.extract.retry import LostSnapshotError

_COUNT = exp.Count(this=exp.Star(), big_int=True)
_FEW = 10
_HEXADECIMAL = re.compile(r"(?:0x)?(?:[0-9a-fA-F]{2})+")
FILES = ("attachment", "article_attachment")


class TablesReading:
    """One reading of everything, table by table."""

    def __init__(self, installation: Installation, into: RawSink, share: Share | None) -> None:
        self._installation, self._into, self._share = installation, into, share
        self._session = installation.session
        self.counts: dict[str, int] = {}
        """Distinct keys by raw table."""
        self.shared: dict[str, int] = {}
        """Keys that more than one table holds, by raw table with several."""
        self.told: set[tuple[str, str]] = set()
        """Keys of the inventory of columns."""

    def everything(self) -> None:
        wanted: list[Wanted] = []
        for spec in SPECS:
            rows = self.rows(spec)
            if spec.name in FILES:
                rows = noting_files(rows, spec, wanted)
            if spec.name == "ticket":
                rows = self._warning_of_several(rows, spec.entity.columns.index("instance_id"))
            self._into.rows(spec.name, rows)
        store(self._share, wanted, self._into, self.bytes_in_table)

    def _warning_of_several(self, rows: Iterator[Row], place: int) -> Iterator[Row]:
        """Several helpdesks may share a database; taking them all is the customer's choice, not a default to hide."""
        seen: set[str | None] = set()
        for row in rows:
            seen.add(row[place])
            yield row
        if len(seen) > 1:
            shown = ", ".join(sorted(map(str, seen)))
            self._into.warn(
                f"the tickets belong to several helpdesks (InstanceID {shown}) and all are read; "
                "name the one that moves in the source option `instance`"
            )

    def try_every_statement(self) -> None:
        """Run each statement for a few rows: what the server refuses is better known before a long reading."""
        for bound in self._installation.bound.values():
            for variant in bound:
                self._session.select(variant.page(_FEW), variant.table.label)

    def rows(self, spec: TableSpec, condition: str | None = None) -> Iterator[Row]:
        """United rows of all tables of a kind, in the columns of the raw table; then the proof of completeness."""
        bound = self._bound(spec, condition)
        if not bound:
            self.counts[spec.name] = 0
            return
        labels = [variant.table.label for variant in bound]
        columns = bound[0].columns
        united = United(spec, columns, labels, lambda row: self._into.rows("table_conflict", [row]))
        for row in united.rows([self._stream(variant) for variant in bound]):
            held = dict(zip(columns, row, strict=True))
            yield tuple(held.get(column) for column in spec.entity.columns)
        self._prove(bound, united)

    def bytes_in_table(self, file: Wanted) -> bytes | None:
        """Bytes of a file that its own row holds; None where there is no column for them, or none as hexadecimal."""
        for variant in self._installation.bound["attachment"]:
            if statement := variant.content_of(int(file.file_id)):
                for (content,) in self._session.select(statement, variant.table.label):
                    if content and _HEXADECIMAL.fullmatch(content):
                        return bytes.fromhex(content.removeprefix("0x"))
        return None

    def keys(self, spec: TableSpec) -> set[tuple[str, ...]]:
        """Keys of every row there is, without reading more of it."""
        found: set[tuple[str, ...]] = set()
        for variant in self._bound(spec, None):
            found |= {tuple(map(str, row)) for row in self._session.select(variant.keys(), variant.table.label)}
        return found

    def _bound(self, spec: TableSpec, condition: str | None) -> list[Bound]:
        bound = self._installation.bound[spec.name]
        if condition is not None:
            bound = [variant.narrowed(condition) for variant in bound]
        instance = self._installation.options.instance
        return bound if instance is None else [variant.of_instance(instance) for variant in bound]

    def _stream(self, bound: Bound) -> Iterator[tuple[Key, Row]]:
        """Pages by key. Rows of one key may straddle two pages, so the last key of a full page is read again."""
        after: Key | None = None
        rows = self._session.page_rows
        while True:
            page = self._session.select(bound.page(rows, after), bound.table.label)
            keyed = [(self._key(bound, row), row) for row in page]
            if len(page) < rows:
                yield from keyed
                return
            last = keyed[-1][0]
            whole = [entry for entry in keyed if entry[0] != last]
            if not whole:
                rows *= 2
                continue
            yield from whole
            after = whole[-1][0]

    def _key(self, bound: Bound, row: Row) -> Key:
        try:
            return tuple(int(str(row[place])) for place in bound.key)
        except ValueError:
            raise SourceError(
                f"the key of {bound.table.label} is no whole number",
                where=self._session.place,
                mend="name the column that holds the number in the source option `columns`",
            ) from None

    def _prove(self, bound: list[Bound], united: United) -> None:
        """Rows of each table and distinct keys of all are counted by the database itself."""
        name = united.spec.name
        for variant, read in zip(bound, united.read, strict=True):
            counted = self.count(variant)
            if counted != read:
                raise self._changed(variant.table.label, f"{read} rows were read, {counted} are there")
        both: exp.Query = bound[0].keys().distinct()
        for variant in bound[1:]:
            both = exp.union(both, variant.keys())
        counted = self._number(exp.select(exp.alias_(_COUNT.copy(), "n")).from_(both.subquery("held")), name)
        if counted != united.keys:
            raise self._changed(name, f"{united.keys} ids were delivered, all its tables together hold {counted}")
        self.counts[name] = united.keys
        if len(bound) > 1:
            self.shared[name] = united.shared
        if united.conflicting:
            self._into.warn(
                f"{united.conflicting} rows of {name} stand differently in {' and '.join(united.labels)}; "
                f"those of {united.labels[0]} count"
            )

    def count(self, bound: Bound) -> int:
        """Rows of one table that its pages bring."""
        held = exp.select(exp.alias_(_COUNT.copy(), "n")).from_(bound.keys().subquery("held"))
        return self._number(held, bound.table.label)

    def _number(self, statement: exp.Expression, table: str) -> int:
        return int(str(self._session.select(statement, table)[0][0]))

    def _changed(self, table: str, what: str) -> LostSnapshotError:
        return LostSnapshotError(
            f"the rows of {table} changed while they were read: {what}",
            where=self._session.place,
            mend="read at a quiet hour, or allow snapshot isolation in the database; then start again",
        )

    def inventory(self, told: Mapping[str, str | None]) -> None:
        """What is read stands under its raw table's words; what nothing reads, under its own."""
        readers: dict[str, str] = {}
        used: dict[str, set[str]] = {}
        for name, bound in self._installation.bound.items():
            there = dict.fromkeys(
                column for variant in bound for column in variant.columns if column not in variant.absent
            )
            self._tell(name, dict.fromkeys(there), self.counts.get(name))
            for variant in bound:
                readers.setdefault(variant.table.label, name)
                used.setdefault(variant.table.label, set()).update(variant.used)
        for table in self._session.tables:
            if table.label not in readers:
                self._tell(table.label, table.columns, self.rows_of(table))
                continue
            name = readers[table.label]
            unread = {column: kind for column, kind in table.columns.items() if column not in used[table.label]}
            self._tell(name, unread, self.counts.get(name))
        self._into.rows("source_fact", [(name, value) for name, value in told.items() if value is not None])

    def _tell(self, name: str, columns: Mapping[str, str | None], rows: int | None) -> None:
        count = None if rows is None else str(rows)
        told = [(name, column, kind, count) for column, kind in columns.items() if (name, column) not in self.told]
        self.told.update((row[0], row[1]) for row in told)
        self._into.rows("source_column", told)

    def rows_of(self, table: FoundTable) -> int | None:
        """All rows of a table, read or not; one that cannot be counted is told."""
        held = exp.table_(table.name, db=table.schema, quoted=True)
        try:
            return self._number(exp.select(exp.alias_(_COUNT.copy(), "n")).from_(held), table.label)
        except SourceError:
            self._into.warn(f"the rows of the table {table.label} cannot be counted")
            return None


def noting_files(rows: Iterator[Row], spec: TableSpec, wanted: list[Wanted]) -> Iterator[Row]:
    """Remember the files the rows tell of while the rows pass."""
    for row in rows:
        wanted.append(Wanted.of(spec.entity.columns, row))
        yield row
