"""Questions to a ledger: for planning, status, trace and reconciliation."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from hd_assets.publish.ledger_schema import COLUMNS, OPEN

_SELECT = f"select {', '.join(COLUMNS)} from operations"
_SLICE = 500


@dataclass(frozen=True)
class Operation:
    """One row of `operations`: one write to the target, planned or done. Times in Unix seconds.

    `payload_digest` is of what was sent last, `seen_digest` of what staging gives now; `sent_digest` is a keyed digest
    of what a look-up compares, so that a lost answer is looked for by what was sent and not by newer rules;
    `sent_links` notes which links to the old system were sent as links to the new place (hd_assets/links/sent.py).
    """

    key: str
    kind: str
    object: str
    external_id: str
    conversation: str
    home_window: str | None
    position: int
    state: str
    source_digest: str
    payload_digest: str
    seen_digest: str
    rules_version: int
    created_at: int | None
    origin: str | None
    remark: str | None
    intercom_id: str | None
    attempts: int
    run_no: int | None
    intended_at: float | None
    sent_at: float | None
    outcome_at: float | None
    applied_at: float | None
    status: int | None
    error_code: str | None
    request_id: str | None
    sent_digest: str | None = None
    sent_links: str | None = None


@dataclass(frozen=True)
class Identity:
    """Which Intercom record stands for which of ours. `origin`: created, adopted, matched or fallback."""

    kind: str
    external_id: str
    intercom_id: str
    origin: str
    run_no: int | None
    detail: str | None


class LedgerReader:
    """Read access; any number beside one publisher. Thread-safe."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._reading = connection
        self._read_lock = threading.Lock()

    def close(self) -> None:
        with self._read_lock:
            self._reading.close()

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with self._read_lock:
            return self._reading.execute(sql, parameters).fetchall()

    def meta(self, name: str) -> str | None:
        found = self.rows("select value from meta where name = ?", (name,))
        return str(found[0][0]) if found else None

    @property
    def ledger_id(self) -> str:
        return self.meta("ledger_id") or ""

    @property
    def digest_key(self) -> str:
        """Secret of this ledger's own under which it keeps digests of what was sent."""
        return self.meta("digest_key") or ""

    # operations

    def operation(self, key: str) -> Operation | None:
        found = self.rows(f"{_SELECT} where key = ?", (key,))
        return Operation(*found[0]) if found else None

    def operations(self, keys: Iterable[str]) -> dict[str, Operation]:
        """Those of the keys that are known."""
        return {row[0]: Operation(*row) for row in self._sliced(f"{_SELECT} where key in ({{marks}})", keys)}

    def of_conversations(self, conversations: Iterable[str]) -> dict[str, list[Operation]]:
        """Conversation → its operations by position."""
        sql = f"{_SELECT} where conversation in ({{marks}}) order by position, key"
        found: dict[str, list[Operation]] = {}
        for row in self._sliced(sql, conversations):
            operation = Operation(*row)
            found.setdefault(operation.conversation, []).append(operation)
        return found

    def of_objects(self, objects: Iterable[str], *, state: str | None = None) -> list[Operation]:
        wanted = list(objects)
        where = f"object in ({_marks(wanted)})" + (" and state = ?" if state else "")
        bound = [*wanted, *([state] if state else [])]
        return [Operation(*row) for row in self.rows(f"{_SELECT} where {where} order by position, key", bound)]

    def open_keys(self, objects: Iterable[str]) -> set[str]:
        """Keys that a publish still has to settle."""
        wanted = list(objects)
        sql = f"select key from operations where object in ({_marks(wanted)}) and state in ({_marks(OPEN)})"
        return {row[0] for row in self.rows(sql, [*wanted, *OPEN])}

    def open_conversations(self, conversations: Iterable[str]) -> set[str]:
        """Those conversations that have something left to do."""
        states = ", ".join(f"'{state}'" for state in OPEN)
        sql = f"select distinct conversation from operations where conversation in ({{marks}}) and state in ({states})"
        return {row[0] for row in self._sliced(sql, conversations)}

    def counts(self) -> dict[tuple[str, str], int]:
        """(object, state) → operations."""
        rows = self.rows("select object, state, count(*) from operations group by object, state")
        return {(row[0], row[1]): row[2] for row in rows}

    def states_of(self, objects: Iterable[str]) -> dict[str, int]:
        """State → operations of the objects."""
        wanted = set(objects)
        found: dict[str, int] = {}
        for (object, state), number in self.counts().items():
            if object in wanted:
                found[state] = found.get(state, 0) + number
        return found

    def kind_counts(self) -> dict[tuple[str, str], int]:
        """(kind, state) → operations."""
        rows = self.rows("select kind, state, count(*) from operations group by kind, state")
        return {(row[0], row[1]): row[2] for row in rows}

    def iterate(self, where: str = "true", parameters: Sequence[Any] = ()) -> Iterator[Operation]:
        """Operations in key order, in slices, so that any number fits in memory."""
        last = ""
        while True:
            sql = f"{_SELECT} where key > ? and ({where}) order by key limit {_SLICE}"
            found = self.rows(sql, [last, *parameters])
            for row in found:
                yield Operation(*row)
            if len(found) < _SLICE:
                return
            last = found[-1][0]

    # identities

    def intercom_id(self, kind: str, external_id: str) -> str | None:
        found = self.identity(kind, external_id)
        return found.intercom_id if found else None

    def identity(self, kind: str, external_id: str) -> Identity | None:
        found = self.rows("select * from identities where kind = ? and external_id = ?", (kind, external_id))
        return Identity(*found[0]) if found else None

    def identities(self, kind: str, external_ids: Iterable[str] | None = None) -> dict[str, Identity]:
        """External id → identity; all of the kind when no ids are given."""
        if external_ids is None:
            found: Iterable[tuple[Any, ...]] = self.rows("select * from identities where kind = ?", (kind,))
        else:
            found = self._sliced(
                "select * from identities where kind = ? and external_id in ({marks})", external_ids, (kind,)
            )
        return {row[1]: Identity(*row) for row in found}

    def records_of(self, intercom_id: str) -> list[Identity]:
        """Our records behind an Intercom id."""
        return [Identity(*row) for row in self.rows("select * from identities where intercom_id = ?", (intercom_id,))]

    def identity_counts(self) -> dict[tuple[str, str], int]:
        """(kind, origin) → records."""
        rows = self.rows("select kind, origin, count(*) from identities group by kind, origin")
        return {(row[0], row[1]): row[2] for row in rows}

    def requests(self, run_no: int | None = None) -> dict[str, int]:
        """`METHOD route` → requests answered or lost, of one run or of all."""
        where, bound = ("where run_no = ?", [run_no]) if run_no is not None else ("", [])
        rows = self.rows(f"select method, route, sum(number) from request_counts {where} group by 1, 2", bound)
        return {f"{row[0]} {row[1]}": row[2] for row in rows}

    def _sliced(self, sql: str, values: Iterable[str], before: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
        wanted = list(dict.fromkeys(values))
        for start in range(0, len(wanted), _SLICE):
            part = wanted[start : start + _SLICE]
            yield from self.rows(sql.format(marks=_marks(part)), [*before, *part])


def _marks(values: Sequence[Any]) -> str:
    return ", ".join("?" * len(values))
