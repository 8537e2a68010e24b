"""One record taken back: judged, intended, sent, looked up, forgotten. Killed anywhere, the next rollback goes on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hd_assets.errors import HdError
from hd_assets.publish.ledger import Statement
from hd_assets.publish.outcomes import RefusedError, StoppedError, TokenRefusedError, UnknownError
from hd_assets.publish.resolve import Concrete
from hd_assets.rollback.forget import forgetting
from hd_assets.rollback.judge import Verdict, judge, path_of
from hd_assets.rollback.restore import Step, restoring
from hd_assets.rollback.scene import GONE, Scene
from hd_assets.rollback.selection import DEFINITIONS, Record

MOST_SENT = 20
# A company is archived some time after the answer.
LONGEST_ARCHIVE_SECONDS = 600.0
_POLL_SECONDS = 2.0
_INTEND = (
    "insert into undo (key, run_no, target_kind, external_id, intercom_id, action, position, state, intended_at)"
    " values (?, ?, ?, ?, ?, ?, ?, 'intended', ?) on conflict do update set state = 'intended'"
)
_OUTCOME = (
    "update undo set state = ?, sent_at = coalesce(?, sent_at), outcome_at = ?, status = ?, error_code = ?"
    " where key = ?"
)
_KEPT = (
    "insert into undo (key, run_no, target_kind, external_id, intercom_id, action, position, state, outcome_at, detail)"
    " values (?, ?, ?, ?, ?, 'keep', ?, ?, ?, ?) on conflict do update set state = excluded.state,"
    " outcome_at = excluded.outcome_at, detail = excluded.detail"
)
_CLOSE_EARLIER = (
    "update undo set state = ?, outcome_at = ? where target_kind = ? and intercom_id = ? and run_no <> ?"
    " and state in ('intended', 'unknown')"
)


@dataclass
class Undo:
    """The work on one record; `execute` False only judges. Work of run_jobs."""

    scene: Scene
    record: Record
    position: int
    execute: bool
    sent: Mapping[str, Concrete] = field(default_factory=dict)
    # when the outcome of an earlier sending may be believed
    ready_at: float = 0.0
    _sent: int = 0
    _confirm_until: float | None = None
    _doc: Mapping[str, Any] | None = None

    def advance(self) -> float | None:
        context = self.scene.context
        if context.stopping:
            raise StoppedError("rollback")
        if self._confirm_until is not None:
            return self._confirm()
        if self.ready_at > context.clock.now():
            # what was sent may still take effect, so that a judgement could be overtaken
            if self._is_gone() is not True:
                return self.ready_at
            return self._gone_at_last()
        verdict = judge(self.scene, self.record, self.sent)
        self._doc = verdict.doc
        if verdict.fate == "kept" and verdict.foreign and self.scene.selection.force:
            verdict = Verdict("remove", doc=verdict.doc)
        if verdict.fate == "kept":
            self._end("kept", verdict.reason, foreign=verdict.foreign)
        elif verdict.fate == "gone":
            return self._gone_at_last()
        elif self.record.origin == "adopted":
            return self._restore()
        else:
            return self._remove(verdict)
        return None

    # removing

    def _remove(self, verdict: Verdict) -> float | None:
        if not self.execute:
            self._release("removed")
            return None
        for step in self._removals(verdict):
            outcome = self._send(step, 0)
            if outcome == "missing":
                continue
            if outcome == "applied":
                return self._accepted()
            return self._after(outcome)
        return self._gone_at_last()

    def _removals(self, verdict: Verdict) -> list[Step]:
        """In the order in which they are tried; one that misses leads to the next."""
        record = self.record
        if record.kind in DEFINITIONS:
            return [_archiving(self.scene, record)]
        steps = [Step("delete", "DELETE", path_of(record) or "")]
        doc = verdict.doc or {}
        if record.kind == "conversation" and (doc.get("ticket") or "ticket_id" in doc):
            steps.insert(0, Step("delete", "DELETE", f"/tickets/{record.intercom_id}"))
        return steps

    def _accepted(self) -> float | None:
        """An answer is not yet a deletion: what is few is read at once, conversations by the list of deleted ones."""
        record = self.record
        if record.kind == "conversation":
            self._write([*self._outcomes("applied")])
            self._release("removed")
            return None
        if record.kind in DEFINITIONS:
            self._write([*self._outcomes("applied"), *forgetting(self.scene.books, record)])
            self._release("removed")
            return None
        self._confirm_until = self.scene.context.clock.now() + LONGEST_ARCHIVE_SECONDS
        return self._confirm()

    def _confirm(self) -> float | None:
        now = self.scene.context.clock.now()
        if self.scene.one(path_of(self.record) or "") is None:
            self._write([*self._outcomes("applied"), *forgetting(self.scene.books, self.record)])
            self._release("removed")
            return None
        if now < (self._confirm_until or 0.0):
            return now + _POLL_SECONDS
        self._write(self._outcomes("unknown", error="still_there"))
        self._end("failed", "the target answered that it is deleted, and still shows it")
        return None

    def _gone_at_last(self) -> float | None:
        """It is not there: our doing when we had sent something, else somebody else's."""
        ours = self._sent > 0 or self._begun_earlier()
        if self.execute:
            statements = self._outcomes("applied") if self._sent else []
            if not ours:
                statements.append(self._note("skipped", "already gone"))
            self._write([*statements, *forgetting(self.scene.books, self.record)])
        self._release("removed" if ours else "gone")
        return None

    def _begun_earlier(self) -> bool:
        rows = self.scene.books.rows(
            "select 1 from undo where target_kind = ? and intercom_id = ? and action = 'delete'"
            " and state in ('intended', 'unknown', 'applied')",
            self.record.key,
        )
        return bool(rows)

    def _is_gone(self) -> bool | None:
        """None when it cannot be told: archived contacts are not shown, either."""
        if self.record.origin == "adopted" or self.record.kind in DEFINITIONS:
            return None
        if self.record.kind == "conversation":
            return judge(self.scene, self.record, {}).fate == "gone"
        gone = self.scene.one(path_of(self.record) or "") is None
        return None if gone and self.record.kind == "contact" else gone

    # giving back

    def _restore(self) -> float | None:
        if self.record.kind not in ("contact", "company", "custom_object"):
            self._leave()
            return None
        steps = restoring(self.scene, self.record)
        if steps is None:
            return self._gone_at_last()
        if not self.execute:
            self._release("restored")
            return None
        for number, step in enumerate(steps):
            outcome = self._send(step, number)
            if outcome not in ("applied", "missing"):
                return self._after(outcome)
            self._write(self._outcomes("applied", number))
        self._write([self._closing("applied"), *forgetting(self.scene.books, self.record)])
        self._release("restored")
        return None

    def _leave(self) -> None:
        """Nothing of it was changed; only the ledger need not know it any more."""
        if self.execute:
            self._write(forgetting(self.scene.books, self.record))
        self._release("left")

    # sending and noting

    def _send(self, step: Step, number: int) -> str:
        """applied, missing, unknown or refused."""
        context, key = self.scene.context, self._key(number)
        context.fence.ensure()
        record = self.record
        bound = (
            key,
            context.run_no,
            record.kind,
            record.external_id,
            record.intercom_id,
            step.action,
            self.position,
            context.clock.now(),
        )
        self._write([(_INTEND, bound)])
        self._sent += 1
        try:
            context.client.send(step.method, step.path, step.body)
        except RefusedError as fault:
            if fault.status in GONE and step.may_miss:
                return "missing"
            self._write([self._outcome("refused", number, status=fault.status, error=fault.label)])
            self._reason = f"refused: {fault.status} {fault.label}"
            return "refused"
        except UnknownError as fault:
            now = context.clock.now()
            self._write([(_OUTCOME, ("unknown", now, now, fault.status, fault.reason[:60], key))])
            return "unknown"
        except TokenRefusedError as fault:
            self._write([self._outcome("refused", number, status=fault.status, error=fault.code)])
            raise
        except HdError:
            # certainly not sent
            self._write([("delete from undo where key = ?", (key,))])
            raise
        return "applied"

    def _after(self, outcome: str) -> float | None:
        if outcome == "refused":
            self._end("failed", self._reason)
            return None
        if self._sent >= MOST_SENT:
            self._end("failed", "its outcome stays unknown")
            return None
        self.ready_at = self.scene.context.clock.now() + self.scene.context.horizon
        return self.scene.context.clock.now()

    _reason: str = ""

    def _outcomes(self, state: str, number: int = 0, *, error: str | None = None) -> list[Statement]:
        return [self._outcome(state, number, error=error), self._closing(state)]

    def _outcome(self, state: str, number: int, *, status: int | None = None, error: str | None = None) -> Statement:
        return _OUTCOME, (state, None, self.scene.context.clock.now(), status, error, self._key(number))

    def _closing(self, state: str) -> Statement:
        """What an earlier rollback had begun with this record is settled by this one."""
        context = self.scene.context
        return _CLOSE_EARLIER, (state, context.clock.now(), self.record.kind, self.record.intercom_id, context.run_no)

    def _note(self, state: str, reason: str) -> Statement:
        context, record = self.scene.context, self.record
        detail = json.dumps({"reason": reason})
        bound = (self._key(0), context.run_no, *_named(record), self.position, state, context.clock.now(), detail)
        return _KEPT, bound

    def _end(self, fate: str, reason: str, *, foreign: bool = False) -> None:
        if self.execute and fate == "kept":
            self._write([self._note("kept", reason), self._closing("skipped")])
        self.scene.note_used(self._doc or {})
        self.scene.report.add(self.record, fate, reason, foreign=foreign)

    def _release(self, fate: str) -> None:
        self.scene.released.add(self.record.key)
        self.scene.report.add(self.record, fate)

    def _key(self, number: int) -> str:
        record = self.record
        return f"{self.scene.context.run_no}:{record.kind}:{record.intercom_id}:{number}"

    def _write(self, statements: list[Statement]) -> None:
        self.scene.context.ledger.write(statements)


def _named(record: Record) -> tuple[str, str, str]:
    return record.kind, record.external_id, record.intercom_id


def _archiving(scene: Scene, record: Record) -> Step:
    """Definitions cannot be deleted; an archived one keeps its name."""
    key = record.intercom_id
    if record.kind == "conversation_attribute":
        return Step("archive", "DELETE", f"/conversations/attributes/{key}")
    if record.kind == "ticket_type":
        return Step("archive", "PUT", f"/ticket_types/{key}", {"archived": True})
    if record.kind == "ticket_attribute":
        kind = scene.books.rows("select intercom_id from identities where kind = 'ticket_type'")
        path = f"/ticket_types/{kind[0][0] if kind else 0}/attributes/{key}"
        return Step("archive", "PUT", path, {"archived": True})
    return Step("archive", "PUT", f"/data_attributes/{key}", {"archived": True})
