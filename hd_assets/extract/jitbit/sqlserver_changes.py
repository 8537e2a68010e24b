"""What changed in a database since an earlier reading, and what is gone.

Tickets carry a time of change, which is taken to move with everything that happens in them (a guess). Bodies of
tickets and comments are all that is large; whatever else there is comes again whole, and what is gone is found by
comparing keys.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from hd_assets.extract.base import RawSink, Row
from hd_assets.extract.jitbit.share import Share, Wanted, store
from hd_assets.extract.jitbit.sqlserver import ServerAddress, SqlServerSource
from hd_assets.extract.jitbit.tables import SPECS, TableSpec
from hd_assets.extract.jitbit.tables_extractor import TablesExtractor
from hd_assets.extract.jitbit.tables_installation import Installation, TablesOptions
from hd_assets.extract.jitbit.tables_reading import FILES, TablesReading, noting_files

_IDS_AT_ONCE = 500


class SqlServerExtractor(TablesExtractor):
    """A database that can also tell what changed."""

    def __init__(self, address: ServerAddress, options: TablesOptions, *, page_rows: int | None = None) -> None:
        source = SqlServerSource(address) if page_rows is None else SqlServerSource(address, page_rows)
        super().__init__(source, options)

    def changed_since(self, since: datetime, into: RawSink) -> None:
        """`since` is compared with the database's local times; the caller allows for zones."""
        share = self.share()
        with self.opened() as installation:
            reading = TablesReading(installation, into, share)
            _Changes(reading, installation, into, since).everything(share)
            self.conclude(reading, installation, into)
            into.gone("source_column", set(into.known("source_column")) - reading.told)


class _Changes:
    def __init__(self, reading: TablesReading, installation: Installation, into: RawSink, since: datetime) -> None:
        self._reading, self._installation, self._into = reading, installation, into
        self._since = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")

    def everything(self, share: Share | None) -> None:
        wanted: list[Wanted] = []
        changed = self._tickets()
        for spec in SPECS:
            if spec.name == "ticket":
                continue
            if spec.name == "comment" and changed is not None:
                self._comments(spec, changed)
                continue
            rows = self._reading.rows(spec)
            self._compared(spec, noting_files(rows, spec, wanted) if spec.name in FILES else rows)
        store(share, wanted, self._into, self._reading.bytes_in_table)
        there = {(file.file_id,) for file in wanted}
        self._into.gone("file_bytes", set(self._into.known("file_bytes")) - there)

    def _tickets(self) -> set[str] | None:
        """Ids of the tickets that changed or are new; None where their table does not tell and all were read."""
        spec = _spec("ticket")
        if any("last_updated" in bound.absent for bound in self._installation.bound["ticket"]):
            self._compared(spec, self._reading.rows(spec))
            return None
        before = set(self._into.known("ticket"))
        there = self._reading.keys(spec)
        came: set[str] = set()
        recent = f"last_updated >= '{self._since}' or last_updated is null"
        self._into.rows("ticket", _noting(self._reading.rows(spec, recent), came))
        new = {id for (id,) in there - before} - came
        for condition in _lists("ticket_id", new):
            self._into.rows("ticket", self._reading.rows(spec, condition))
        self._into.gone("ticket", before - there)
        self._reading.counts["ticket"] = len(there)
        return came | new

    def _comments(self, spec: TableSpec, changed: set[str]) -> None:
        before = set(self._into.known("comment"))
        there = self._reading.keys(spec)
        came: set[str] = set()
        for condition in _lists("ticket_id", changed):
            self._into.rows("comment", _noting(self._reading.rows(spec, condition), came))
        for condition in _lists("comment_id", {id for (id,) in there - before} - came):
            self._into.rows("comment", self._reading.rows(spec, condition))
        self._into.gone("comment", before - there)
        self._reading.counts["comment"] = len(there)

    def _compared(self, spec: TableSpec, rows: Iterator[Row]) -> None:
        """All rows come again; the keys that do not are gone."""
        places = [spec.entity.columns.index(column) for column in spec.entity.key]
        there: set[tuple[str | None, ...]] = set()

        def noted() -> Iterator[Row]:
            for row in rows:
                there.add(tuple(row[place] for place in places))
                yield row

        self._into.rows(spec.name, noted())
        self._into.gone(spec.name, (key for key in set(self._into.known(spec.name)) if key not in there))


def _spec(name: str) -> TableSpec:
    return next(spec for spec in SPECS if spec.name == name)


def _noting(rows: Iterable[Row], seen: set[str]) -> Iterator[Row]:
    for row in rows:
        seen.add(str(row[0]))
        yield row


def _lists(column: str, ids: set[str]) -> Iterator[str]:
    ordered = sorted(map(int, ids))
    for start in range(0, len(ordered), _IDS_AT_ONCE):
        yield f"{column} in ({', '.join(map(str, ordered[start : start + _IDS_AT_ONCE]))})"
