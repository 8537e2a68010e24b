"""Rows waiting on disk until nothing can change them any more."""

from __future__ import annotations

import json
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType

from hd_assets.extract.base import RawSink, Row
from hd_assets.extract.jitbit.answers import COLUMNS, KEYS


class Spool:
    """One row for each key of a raw table, the newest; a thing read again takes its earlier rows away first.

    A reading takes hours, so tickets change under it and come twice. The raw store takes a row once, and memory does
    not grow with the desk: hence a temporary file.
    """

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="hd-jitbit-")
        self._rows = sqlite3.connect(Path(self._folder.name) / "rows.sqlite", isolation_level=None)
        self._rows.executescript(
            "pragma journal_mode = off; pragma synchronous = off;"
            "create table rows (entity text, key text, owner text, row text, primary key (entity, key));"
            "create index owners on rows (owner)"
        )

    def put(self, entity: str, rows: Iterable[Row], owner: str | None = None) -> None:
        """`owner` is the ticket the rows belong to."""
        self._put("insert or replace", entity, rows, owner)

    def _put(self, verb: str, entity: str, rows: Iterable[Row], owner: str | None) -> None:
        places = [COLUMNS[entity].index(column) for column in KEYS[entity]]
        self._rows.executemany(
            f"{verb} into rows values (?, ?, ?, ?)",
            ((entity, json.dumps([row[place] for place in places]), owner, json.dumps(row)) for row in rows),
        )

    def put_new(self, entity: str, rows: Iterable[Row]) -> None:
        """Only where there is no row of that key."""
        self._put("insert or ignore", entity, rows, None)

    def forget(self, owner: str) -> None:
        self._rows.execute("delete from rows where owner = ?", (owner,))

    def keys(self, entity: str) -> set[tuple[str, ...]]:
        found = self._rows.execute("select key from rows where entity = ?", (entity,))
        return {tuple(json.loads(key)) for (key,) in found}

    def values(self, entity: str, *columns: str) -> Iterator[tuple[str | None, ...]]:
        places = [COLUMNS[entity].index(column) for column in columns]
        for (row,) in self._rows.execute("select row from rows where entity = ? order by rowid", (entity,)):
            held = json.loads(row)
            yield tuple(held[place] for place in places)

    def count(self, entity: str) -> int:
        [(count,)] = self._rows.execute("select count(*) from rows where entity = ?", (entity,))
        return int(count)

    def pour(self, into: RawSink) -> None:
        """Hand over everything."""
        names = [name for (name,) in self._rows.execute("select distinct entity from rows order by 1")]
        for name in names:
            into.rows(name, self.values(name, *COLUMNS[name]))

    def __enter__(self) -> Spool:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._rows.close()
        self._folder.cleanup()
