"""The ledger of a target: what was meant, what was sent, what became of it. Ids and digests only, no personal data."""

from __future__ import annotations

import json
import os
import queue
import secrets
import sqlite3
import threading
import uuid
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import TracebackType
from typing import Any

from hd_assets.errors import BlockedError, HdError
from hd_assets.publish.clock import Clock, SystemClock
from hd_assets.publish.ledger_file import Hold, damaged, explained
from hd_assets.publish.ledger_migrations import bring_up_to_date, show_as_current
from hd_assets.publish.ledger_read import LedgerReader
from hd_assets.publish.ledger_schema import SCHEMA_VERSION, Purpose, connect
from hd_assets.publish.payloads import RULES_VERSION

Statement = tuple[str, Sequence[Any]]
_MOST_IN_GROUP = 4000
_COUNT = "insert or replace into meta values ('commits', ?)"


class _Ticket:
    __slots__ = ("done", "fault", "statements")

    def __init__(self, statements: Sequence[Statement]) -> None:
        self.statements = statements
        self.done = threading.Event()
        self.fault: BaseException | None = None


class Ledger(LedgerReader):
    """The one writer of a target's ledger, held by an OS lock from opening to closing.

    `write` returns when its statements have reached the disk. Callers that come at the same time share one commit,
    because a commit costs one fsync whatever it holds. `run_id` is the id of the launching job: its steps share one
    run number. `older_copy` is the file as it was, when opening brought an older version up to date.
    Raises BlockedError when another process has the ledger, when it is damaged, an old copy, or of something else,
    and when it cannot be written.
    """

    def __init__(
        self,
        path: Path,
        migration: str,
        target: str,
        *,
        step: str = "",
        clock: Clock | None = None,
        run_id: str | None = None,
    ) -> None:
        self.path = path
        self._hold = Hold(path)
        try:
            self._writing = connect(str(path))
            try:
                self._prepare(migration, target)
                super().__init__(connect(str(path), readonly=True))
            except BaseException:
                self._writing.close()
                raise
        except sqlite3.DatabaseError as fault:
            self._hold.close()
            raise explained(path, fault) or damaged(path, str(fault)) from fault
        except BaseException:
            self._hold.close()
            raise
        self._tickets: queue.SimpleQueue[_Ticket | None] = queue.SimpleQueue()
        self._committing, self._starting = threading.Lock(), threading.Lock()
        self._alone = True
        self._writer: threading.Thread | None = None
        self.commits = 0
        self.run_no = 0
        self._step, self._clock, self._run_id = step, clock or SystemClock(), run_id

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Commit what is queued, note the end of the run, close, give the lock back."""
        try:
            if self.run_no:
                self.write([("update runs set ended_at = ? where run_no = ?", (self._clock.now(), self.run_no))])
        except HdError:
            # the disk is full or gone, which whoever wrote last was told; the run counts as not ended
            pass
        finally:
            if self._writer is not None:
                self._tickets.put(None)
                self._writer.join()
            super().close()
            self._writing.close()
            self._hold.close()

    def _prepare(self, migration: str, target: str) -> None:
        connection = self._writing
        self._require_whole()
        self._require_own(migration, target)
        self.older_copy = bring_up_to_date(connection, self.path)
        fresh = {
            "ledger_id": uuid.uuid4().hex,
            "digest_key": secrets.token_hex(16),
            "migration": migration,
            "target": target,
            "schema_version": str(SCHEMA_VERSION),
        }
        if not fresh.keys() <= _meta(connection).keys():
            connection.execute("begin immediate")
            connection.executemany("insert or ignore into meta values (?, ?)", list(fresh.items()))
            connection.execute("commit")
            # the main file knows whose it is from the start, also when its log gets lost
            connection.execute("pragma wal_checkpoint(truncate)")
        known = _meta(connection)
        self._id, self._count = known["ledger_id"], int(known.get("commits", 0))
        self._hold.require_newest(self._id, self._count)
        self._hold.note(self._id, self._count)

    def _require_whole(self) -> None:
        """After a run that did not end: the file may have suffered with the machine."""
        if not _has(self._writing, "runs"):
            return
        last = self._writing.execute("select ended_at from runs order by run_no desc limit 1").fetchone()
        if last is not None and last[0] is None:
            found = self._writing.execute("pragma quick_check(1)").fetchone()[0]
            if found != "ok":
                raise damaged(self.path, str(found).splitlines()[0])

    def _require_own(self, migration: str, target: str) -> None:
        known = _meta(self._writing) if _has(self._writing, "meta") else {}
        if known and (known["migration"], known["target"]) != (migration, target):
            raise BlockedError(
                f"this ledger belongs to migration {known['migration']!r}, target {known['target']!r}",
                where=str(self.path),
                mend="put the right ledger file back, or move this one away",
            )

    # runs

    def begin_run(self, purpose: Purpose = "publish") -> int:
        """Open a run under the next number, or go on with the one an earlier step of the same job has begun.

        What the last process meant to send when it died is unknown from now on. The horizon of such an operation
        counts from here: all that is known is that its last byte left before.
        """
        if self.run_no:
            return self.run_no
        last = self.rows("select run_no, run_id, purpose from runs order by run_no desc limit 1")
        number, run_id, before = last[0] if last else (0, None, purpose)
        now = self._clock.now()
        lost: Statement = ("update operations set state = 'unknown', sent_at = ? where state = 'intended'", (now,))
        if self._run_id is not None and (run_id, before) == (self._run_id, purpose):
            again = "update runs set step = ?, ended_at = null, pid = ? where run_no = ?"
            self.write([(again, (self._step, os.getpid(), number)), lost])
        else:
            number += 1
            begun = (
                "insert into runs (run_no, step, started_at, pid, run_id, tool_version, rules_version, purpose)"
                " values (?, ?, ?, ?, ?, ?, ?, ?)"
            )
            told = (number, self._step, now, os.getpid(), self._run_id, _tool_version(), RULES_VERSION, purpose)
            self.write([(begun, told), lost])
        self.run_no = number
        return self.run_no

    # writing

    def write(self, statements: Sequence[Statement]) -> None:
        """Execute the statements in one transaction; durable when this returns.

        Raises BlockedError when the disk does not take them; then none of them took effect.
        """
        if not statements:
            return
        ticket = _Ticket(statements)
        if self._alone and self._committing.acquire(blocking=False):
            # a single worker need not wait for two changes of thread
            try:
                self._commit([ticket])
            finally:
                self._committing.release()
        else:
            self._tickets.put(ticket)
            self._gather()
            ticket.done.wait()
        if isinstance(ticket.fault, sqlite3.Error):
            told = explained(self.path, ticket.fault)
            if told is not None:
                raise told from ticket.fault
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

    def _gather(self) -> None:
        with self._starting:
            if self._writer is None:
                self._writer = threading.Thread(target=self._commit_groups, name="ledger", daemon=True)
                self._writer.start()

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
            with self._committing:
                self._commit(group)
            self._alone = len(group) == 1
            if stop:
                return

    def _commit(self, group: Sequence[_Ticket]) -> None:
        try:
            self._writing.execute("begin immediate")
            for ticket in group:
                for sql, parameters in ticket.statements:
                    self._writing.execute(sql, parameters)
            self._writing.execute(_COUNT, (self._count + 1,))
            self._writing.execute("commit")
            self._count += 1
            self.commits += 1
            self._hold.note(self._id, self._count)
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
        try:
            show_as_current(connection, path)
            connection.execute("select 1 from operations limit 1")
        except BaseException:
            connection.close()
            raise
    except sqlite3.DatabaseError as fault:
        raise damaged(path, str(fault)) from fault
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


def record_evidence(key: str, at: float, reason: str, detail: Mapping[str, Any] | None = None) -> Statement:
    """Why an operation was quarantined. `detail`: Intercom ids, counts, digests; no personal data."""
    text = json.dumps(detail, ensure_ascii=False, sort_keys=True) if detail is not None else None
    return "insert or replace into evidence values (?, ?, ?, ?)", (key, at, reason, text)


def record_decision(
    key: str, at: float, decided_by: str, why: str, outcome: str, intercom_id: str | None = None
) -> Statement:
    """What a person decided about a quarantined operation. `outcome`: applied or not_sent."""
    return "insert or replace into decisions values (?, ?, ?, ?, ?, ?)", (
        key,
        at,
        decided_by,
        why,
        outcome,
        intercom_id,
    )


def record_recheck(key: str, due_at: float, reason: str) -> Statement:
    """Look the operation up once more at `due_at` (Unix seconds). `reason`: resent or late."""
    return "insert or replace into recheck values (?, ?, ?, 'due', null)", (key, due_at, reason)


def _meta(connection: sqlite3.Connection) -> dict[str, str]:
    return dict(connection.execute("select name, value from meta").fetchall())


def _has(connection: sqlite3.Connection, table: str) -> bool:
    found = connection.execute("select 1 from sqlite_master where type = 'table' and name = ?", (table,)).fetchone()
    return found is not None


@cache
def _tool_version() -> str:
    try:
        return version("hd-assets")
    except PackageNotFoundError:
        return "unknown"
