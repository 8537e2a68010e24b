"""Requests that take effect later: at a time, or once others of their thread have gone by."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Mapping
from typing import Any

from pydantic_core import from_json, to_json

SCHEMA = """
create table if not exists pending (id integer primary key, due real not null, request text not null, body blob);
create table if not exists behind (pending integer primary key, thread text not null, remaining integer not null);
"""


class Later:
    """The queue of a store. `next_due` is the earliest time, infinite when nothing waits."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._execute = db.execute
        self.next_due = math.inf
        self._ordered = False
        self.read()

    def read(self) -> None:
        """Become what the file holds."""
        row = self._execute("select (select min(due) from pending), exists (select 1 from behind)").fetchone()
        self.next_due = row[0] if row[0] is not None else math.inf
        self._ordered = bool(row[1])

    def postpone(self, due: float, request: Mapping[str, Any], body: bytes, *, thread: str, behind: int) -> None:
        """Keep a request until `due`, or until `behind` later ones of its thread have gone by."""
        document = to_json(request).decode()
        row = self._execute(
            "insert into pending (due, request, body) values (?, ?, ?) returning id", (due, document, body)
        ).fetchone()
        if behind:
            self._execute("insert into behind values (?, ?, ?)", (row[0], thread, behind))
        self.read()

    def gone_by(self, thread: str, now: float) -> None:
        """A request of a thread was answered: what waits behind it comes nearer."""
        if not self._ordered:
            return
        self._execute("update behind set remaining = remaining - 1 where thread = ?", (thread,))
        self._execute(
            "update pending set due = ? where id in (select pending from behind where remaining <= 0)", (now,)
        )
        self._execute("delete from behind where remaining <= 0")
        self.read()

    def due(self, now: float) -> list[tuple[int, float, dict[str, Any], bytes]]:
        """(key, due time, request, body), earliest first."""
        rows = self._execute("select id, due, request, body from pending where due <= ? order by due, id", (now,))
        return [(key, due, from_json(request), body) for key, due, request, body in rows]

    def drop(self, key: int) -> None:
        self._execute("delete from pending where id = ?", (key,))
        self._execute("delete from behind where pending = ?", (key,))
        self.read()
