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

_FILE = "jitbit-rows.sqlite"
_DAYS = 3
# known from single tickets, or proven by bytes that are in the store: not asked for again
_KEPT = ("status", "custom_field", "tag", "file_bytes")


class Spool:
    """One row for each key of a raw table, the newest; a thing read again takes its earlier rows away first.

    A reading takes hours, so tickets change under it and come twice. The raw store takes a row once, and memory does
    not grow with the desk: hence a file. In a `folder` that outlives a reading that broke off, the next one of the same
    `stamp` goes on with its tickets, and reads everything small anew; for three days, then all is read anew.
    """

    def __init__(self, folder: Path | None = None, stamp: str = "") -> None:
        self._temporary = None if folder else tempfile.TemporaryDirectory(prefix="hd-jitbit-")
        path = (folder or Path(self._temporary.name if self._temporary else "")) / _FILE
        self._rows = _open(path)
        if folder and not self._goes_on(stamp):
            self._rows.close()
            path.unlink()
            self._rows = _open(path)
            self._goes_on(stamp)
        small = ", ".join(f"'{entity}'" for entity in _KEPT)
        self._rows.execute(f"delete from rows where owner is null and entity not in ({small})")

    def _goes_on(self, stamp: str) -> bool:
        """Whether what the file holds may be used; a new file may."""
        self._rows.execute("insert or ignore into begun values (1, ?, unixepoch())", (stamp,))
        begun = self._rows.execute("select stamp = ? and at > unixepoch() - ? from begun", (stamp, _DAYS * 86_400))
        return bool(begun.fetchone()[0])

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
        for table in ("rows", "done"):
            self._rows.execute(f"delete from {table} where owner = ?", (owner,))

    def finish(self, owner: str, changed: str | None) -> None:
        """All rows of a ticket are here, as it was at that time of change."""
        self._rows.execute("insert or replace into done values (?, ?)", (owner, changed))

    def finished(self) -> dict[str, str | None]:
        return dict(self._rows.execute("select owner, changed from done").fetchall())

    def note(self, kind: str, about: str, words: Iterable[str]) -> None:
        """Words to be remembered with the rows, once each."""
        self._rows.executemany("insert or ignore into notes values (?, ?, ?)", ((kind, about, word) for word in words))

    def noted(self, kind: str) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for about, word in self._rows.execute("select about, word from notes where kind = ?", (kind,)):
            found.setdefault(about, set()).add(word)
        return found

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
        if self._temporary:
            self._temporary.cleanup()


def _open(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.executescript(
        "pragma journal_mode = wal; pragma synchronous = normal;"
        "create table if not exists rows (entity text, key text, owner text, row text, primary key (entity, key));"
        "create index if not exists owners on rows (owner);"
        "create table if not exists done (owner text primary key, changed text);"
        "create table if not exists notes (kind text, about text, word text, primary key (kind, about, word));"
        "create table if not exists begun (id integer primary key, stamp text, at integer);"
    )
    return connection
