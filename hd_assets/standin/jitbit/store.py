"""The rows a stand-in answers from: those of a generated helpdesk, with its files and accounts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from hd_assets.samples.jitbit.desk import PASSWORD, READER, TOKEN, Desk, load

Row = dict[str, Any]


@dataclass
class Account:
    """`user_id` names the row of the user; wrong or no longer valid: `password` or `token` None."""

    user_id: int
    password: str | None
    token: str | None


@dataclass
class Store:
    """`tables`: raw table → rows with typed values, times as datetime. `accounts` by login."""

    tables: dict[str, list[Row]] = field(default_factory=dict)
    files: dict[int, bytes] = field(default_factory=dict)
    accounts: dict[str, Account] = field(default_factory=dict)
    _index: dict[tuple[str, str], tuple[list[Row], int, dict[Any, list[Row]]]] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, desk: Desk) -> Store:
        store = cls({name: [dict(row) for row in rows] for name, rows in desk.rows.items()}, dict(desk.files))
        [reader] = store.rows("user", username=READER)
        store.accounts[READER] = Account(reader["user_id"], PASSWORD, TOKEN)
        return store

    @classmethod
    def load(cls, folder: Path) -> Store:
        return cls.of(load(folder))

    def rows(self, name: str, **where: Any) -> Iterator[Row]:
        """Rows in order. Whoever changes a table adds and takes away rows; the ids of a row stay."""
        rows: Iterable[Row] = self.tables.get(name, ())
        key = next((column for column in where if column.endswith("_id")), None)
        if key is not None:
            rows = self._by_id(name, key).get(where[key], ())
        for row in rows:
            if all(row.get(column) == value for column, value in where.items()):
                yield row

    def _by_id(self, name: str, column: str) -> dict[Any, list[Row]]:
        table = self.tables.get(name, [])
        known = self._index.get((name, column))
        if known is None or known[0] is not table or known[1] != len(table):
            found: dict[Any, list[Row]] = {}
            for row in table:
                found.setdefault(row.get(column), []).append(row)
            known = self._index[name, column] = (table, len(table), found)
        return known[2]

    def one(self, name: str, **where: Any) -> Row | None:
        return next(self.rows(name, **where), None)

    # What somebody does at the desk while nobody looks.

    def add(self, name: str, **values: Any) -> Row:
        self.tables.setdefault(name, []).append(values)
        return values

    def touch(self, ticket_id: int, at: datetime, **values: Any) -> None:
        """Change a ticket; every change moves its time of change, as far as known."""
        [row] = self.rows("ticket", ticket_id=ticket_id)
        row.update(values, last_updated=at)

    def delete(self, ticket_id: int) -> None:
        """A deleted ticket takes everything that hangs on it along and leaves no trace."""
        for name, rows in self.tables.items():
            own = {"subticket": ("parent_id", "child_id"), "linked_ticket": ("ticket_id", "linked_id")}
            columns = own.get(name, ("ticket_id",))
            self.tables[name] = [row for row in rows if not any(row.get(column) == ticket_id for column in columns)]
