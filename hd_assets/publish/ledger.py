"""The ledger of a target: what was meant, what was sent, what became of it. Ids and digests only, no personal data."""

from __future__ import annotations

import fcntl
import json
import os
import queue
import sqlite3
import threading
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from hd_assets.errors import BlockedError, HdError
from hd_assets.publish.clock import Clock, SystemClock
from hd_assets.publish.ledger_read import LedgerReader
from hd_assets.publish.ledger_schema import SCHEMA_VERSION, TABLES, connect

Statement = tuple[str, Sequence[Any]]
_MOST_IN_GROUP = 4000


class _Ticket:
    __slots__ = ("done", "fault", "statements")

    def __init__(self, statements: Sequence[Statement]) -> None:
        self.statements = statements
        self.done = threading.Event()
        self.fault: BaseException | None = None


class Ledger(LedgerReader):
    """The one writer of a target's ledger, held by an OS lock from opening to closing.

    `write` returns when its statements have reached the disk. Callers that come at the same time share one commit,
    because a commit costs one fsync whatever it holds.
    Raises BlockedError when another process has the ledger, or when it belongs to something else.
    """

    def __init__(self, path: Path, migration: str, target: str, *, step: str = "", clock: Clock | None = None) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._lock_file = _lock(path)
        try:
            self._writing = connect(str(path))
            self._prepare(migration, target)
            super().__init__(connect(str(path), readonly=True))
        except sqlite3.DatabaseError as fault:
            self._lock_file.close()
            raise _damaged(path, fault) from fault
        except BaseException:
            self._lock_file.close()
            raise
        self._tickets: queue.SimpleQueue[_Ticket | None] = queue.SimpleQueue()
        self._writer = threading.Thread(target=self._commit_groups, name="ledger", daemon=True)
        self._writer.start()
        self.commits = 0
        self.run_no = 0
        self._step, self._clock = step, clock or SystemClock()

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Commit what is queued, close, give the lock back."""
        if self.run_no:
            self.write([("update runs set ended_at = ? where run_no = ?", (self._clock.now(), self.run_no))])
        self._tickets.put(None)
        self._writer.join()
        super().close()
        self._writing.close()
        self._lock_file.close()

    def _prepare(self, migration: str, target: str) -> None:
        connection = self._writing
        connection.execute("begin immediate")
        for part in _statements(TABLES):
            connection.execute(part)
        known = dict(connection.execute("select name, value from meta").fetchall())
        if not known:
            fresh = {
                "ledger_id": uuid.uuid4().hex,
                "migration": migration,
                "target": target,
                "schema_version": str(SCHEMA_VERSION),
            }
            connection.executemany("insert into meta values (?, ?)", list(fresh.items()))
            known = fresh
        connection.execute("commit")
        if (known["migration"], known["target"]) != (migration, target):
            raise BlockedError(
                f"this ledger belongs to migration {known['migration']!r}, target {known['target']!r}",
                where=str(self.path),
                mend="put the right ledger file back, or move this one away",
            )
        if int(known["schema_version"]) > SCHEMA_VERSION:
            raise BlockedError(
                f"the ledger was written by a newer version (schema {known['schema_version']}, known {SCHEMA_VERSION})",
                where=str(self.path),
                mend="install the newer version again",
            )

    # runs

    def begin_run(self) -> int:
        """Open a run under the next number. What the last process meant to send when it died is unknown from now on.

        The horizon of such an operation counts from here: all that is known is that its last byte left before.
        """
        if self.run_no:
            return self.run_no
        number = int(self.rows("select coalesce(max(run_no), 0) + 1 from runs")[0][0])
        now = self._clock.now()
        self.write(
            [
                ("insert into runs values (?, ?, ?, null, ?)", (number, self._step, now, os.getpid())),
                ("update operations set state = 'unknown', sent_at = ? where state = 'intended'", (now,)),
            ]
        )
        self.run_no = number
        return number

    # writing

    def write(self, statements: Sequence[Statement]) -> None:
        """Execute the statements in one transaction; durable when this returns."""
        if not statements:
            return
        ticket = _Ticket(statements)
        self._tickets.put(ticket)
        ticket.done.wait()
        if ticket.fault is not None:
            raise ticket.fault

    def set_meta(self, name: str, value: str) -> None:
        self.write([("insert or replace into meta values (?, ?)", (name, value))])

    def note_requests(self, counts: Mapping[tuple[str, str, str], int]) -> None:
        """Add (method, route, status) → number to the books of this run."""
        sql = (
            "insert into request_counts values (?, ?, ?, ?, ?)"
            " on conflict do update set number = number + excluded.number"
        )
        self.write([(sql, (self.run_no, *key, number)) for key, number in counts.items()])

    def _commit_groups(self) -> None:
        while True:
            ticket = self._tickets.get()
            if ticket is None:
                return
            group, size, stop = [ticket], len(ticket.statements), False
            while size < _MOST_IN_GROUP:
                try:
                    more = self._tickets.get_nowait()
                except queue.Empty:
                    break
                if more is None:
                    stop = True
                    break
                group.append(more)
                size += len(more.statements)
            self._commit(group)
            if stop:
                return

    def _commit(self, group: list[_Ticket]) -> None:
        try:
            self._writing.execute("begin immediate")
            for ticket in group:
                for sql, parameters in ticket.statements:
                    self._writing.execute(sql, parameters)
            self._writing.execute("commit")
            self.commits += 1
        except BaseException as fault:  # the waiting callers get it
            if self._writing.in_transaction:
                self._writing.execute("rollback")
            for ticket in group:
                ticket.fault = fault
        for ticket in group:
            ticket.done.set()


def read_only(path: Path) -> LedgerReader:
    """A reader beside a running publisher. Raises BlockedError when there is no ledger yet or it cannot be read."""
    if not path.exists():
        raise BlockedError(
            "nothing was planned or published to this target yet",
            where=str(path),
            mend="run `hd-assets plan` for the migration and target first",
        )
    try:
        connection = connect(str(path), readonly=True)
        connection.execute("select 1 from operations limit 1")
    except sqlite3.DatabaseError as fault:
        raise _damaged(path, fault) from fault
    return LedgerReader(connection)


# statements that callers put together into one commit


def record_identity(
    kind: str, external_id: str, intercom_id: str, origin: str, run_no: int, detail: str | None = None
) -> Statement:
    """First knowledge of who created a record stays; the id follows the workspace."""
    sql = (
        "insert into identities values (?, ?, ?, ?, ?, ?) on conflict do update set intercom_id = excluded.intercom_id,"
        " origin = case when identities.intercom_id = excluded.intercom_id and identities.origin = 'created'"
        " then identities.origin else excluded.origin end, detail = excluded.detail"
    )
    return sql, (kind, external_id, intercom_id, origin, run_no, detail)


def record_prior(kind: str, intercom_id: str, taken_at: float, document: Mapping[str, Any]) -> Statement:
    """What an adopted record held before we first wrote to it; the first snapshot stays."""
    sql = "insert or ignore into prior_values values (?, ?, ?, ?)"
    return sql, (kind, intercom_id, taken_at, json.dumps(document, ensure_ascii=False, sort_keys=True))


def _statements(script: str) -> list[str]:
    return [part for part in script.split(";") if part.strip()]


def _lock(path: Path) -> IO[str]:
    file = path.with_name(path.name + ".lock").open("a+", encoding="utf-8")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as fault:
        file.seek(0)
        holder = file.read().strip() or "unknown"
        file.close()
        raise BlockedError(
            f"process {holder} is publishing to this target",
            where=str(path),
            mend="wait for that run to end, or stop it; two publishers on one ledger could double records",
        ) from fault
    file.seek(0)
    file.truncate()
    file.write(str(os.getpid()))
    file.flush()
    return file


def _damaged(path: Path, fault: Exception) -> HdError:
    return BlockedError(
        f"the ledger cannot be read: {fault}",
        where=str(path),
        mend="put the newest backup of the file back; `hd-assets adopt` rebuilds a lost ledger from the workspace",
    )
