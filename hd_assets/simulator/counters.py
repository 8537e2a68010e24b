"""Numbers that only rise: ids, requests by route, notifications. Kept in memory, saved with the writes."""

from __future__ import annotations

import sqlite3


class Counters:
    """Named counters of a store; `begin`, `take_back` and `save` follow its transactions."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._values: dict[str, int] = {}
        self._unsaved: set[str] = set()
        self._undo: dict[str, int | None] | None = None
        self.read()

    @property
    def unsaved(self) -> bool:
        return bool(self._unsaved)

    def up(self, name: str, by: int = 1, *, start: int = 0) -> int:
        """Raise a counter and return it; a new one begins at `start + by`."""
        old = self._values.get(name)
        if self._undo is not None:
            self._undo.setdefault(name, old)
        new = (start if old is None else old) + by
        self._values[name] = new
        self._unsaved.add(name)
        return new

    def below(self, prefix: str) -> dict[str, int]:
        """Values by the rest of the name, sorted."""
        return {name[len(prefix) :]: value for name, value in sorted(self._values.items()) if name.startswith(prefix)}

    def read(self) -> None:
        """Become what the file holds."""
        self._values = dict(self._db.execute("select name, value from counters").fetchall())
        self._unsaved.clear()

    def save(self) -> None:
        if self._unsaved:
            rows = [(name, self._values[name]) for name in sorted(self._unsaved)]
            self._db.executemany("insert or replace into counters values (?, ?)", rows)
            self._unsaved.clear()

    def clear(self) -> None:
        self._values.clear()
        self._unsaved.clear()

    def begin(self) -> None:
        self._undo = {}

    def end(self) -> None:
        self._undo = None

    def take_back(self) -> None:
        """Forget what was counted since `begin`."""
        for name, old in (self._undo or {}).items():
            if old is None:
                self._values.pop(name, None)
            else:
                self._values[name] = old
        # what a failed transaction saved was rolled back with it
        self._unsaved = set(self._values)
