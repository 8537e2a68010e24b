"""One record's operations in their order: intended, sent, noted; what stays unknown is settled before it goes on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from hd_assets.errors import HdError
from hd_assets.publish.desired import Desired
from hd_assets.publish.led import led_to
from hd_assets.publish.ledger import Statement, record_evidence, record_identity, record_recheck
from hd_assets.publish.ledger_read import Operation
from hd_assets.publish.merged import follow_merges
from hd_assets.publish.outcomes import RefusedError, StoppedError, TokenRefusedError, UnknownError
from hd_assets.publish.payloads import RULES_VERSION
from hd_assets.publish.resolve import MissingReferenceError
from hd_assets.publish.work import AmbiguousError, Attempt, BusyError, Done, Gate, Handler, Work

_INTEND = (
    "update operations set state = 'intended', intended_at = coalesce(intended_at, ?), run_no = ?,"
    " attempts = attempts + 1, payload_digest = ?, seen_digest = ?, source_digest = ?, rules_version = ?,"
    " sent_digest = ?, sent_links = ?, error_code = null where key = ?"
)
_OUTCOME = (
    "update operations set state = ?1, intercom_id = coalesce(?2, intercom_id), origin = coalesce(?3, origin),"
    " outcome_at = ?4, sent_at = coalesce(?5, sent_at), status = ?6, error_code = ?7, request_id = ?8,"
    " applied_at = case when ?1 = 'applied' then ?4 else applied_at end where key = ?9"
)
MOST_RESENT = 20
# A contact that was merged away answers 410 itself; what names it may only say that it is not there.
_GONE = (404, 410)


class Job:
    """Operations of one record, serial. `advance` runs until the end, a halt, or a time to come back (Unix seconds)."""

    def __init__(
        self, work: Work, steps: Sequence[tuple[Desired, Operation]], handlers: Mapping[str, Handler], gate: Gate
    ) -> None:
        self._work, self._handlers, self._gate = work, handlers, gate
        self._steps, self._at, self._resent = list(steps), 0, 0
        self._buffer: list[Statement] = []
        self.halted: str | None = None

    def advance(self) -> float | None:
        try:
            ready = self._advance()
        except Exception:
            self._flush()
            raise
        self._flush()
        return ready

    def _advance(self) -> float | None:
        while self._at < len(self._steps) and self.halted is None:
            entry, row = self._steps[self._at]
            if self._work.context.stopping:
                raise StoppedError(entry.object)
            opening = self._work.context.closed_until()
            if opening is not None:
                return opening
            if row.state in ("applied", "conflict", "skipped"):
                self._at += 1
            elif row.state == "quarantined":
                self.halted = "quarantined"
            elif row.state == "unknown":
                ready = self._settle(entry, row)
                if ready is not None:
                    return ready
            else:
                self._send(entry, row, again=False)
        return None

    # sending

    def _send(self, entry: Desired, row: Operation, *, again: bool) -> None:
        context = self._work.context
        # while the destination is down nothing new is meant to be sent
        context.client.wait_until_ready()
        self._gate.ensure()
        now = context.clock.now()
        skipped = _elapsed(entry, now)
        if skipped is not None:
            self._close(entry, row, "skipped", code=skipped)
            return
        intended = replace(
            row,
            state="intended",
            intended_at=row.intended_at or now,
            attempts=row.attempts + 1,
            sent_links=self._links(entry, row, again=again),
        )
        try:
            signature = self._handlers[entry.kind].signature(Attempt(self._work, entry, intended))
        except MissingReferenceError as fault:
            self._close(entry, row, "quarantined" if again else "refused", code=f"missing_{fault.kind}")
            return
        digest, links = entry.payload_digest, intended.sent_links
        meant = (now, context.ledger.run_no, digest, digest, entry.source_digest, RULES_VERSION, signature, links)
        self._buffer.append((_INTEND, (*meant, entry.key)))
        intended = replace(intended, sent_digest=signature)
        self._look_again_later(entry, row, now, again=again)
        self._flush()
        self._deliver(entry, intended, again=again, follow=True)

    def _links(self, entry: Desired, row: Operation, *, again: bool) -> str | None:
        """What links to the old system become. While an earlier copy may still come, the next one says the same:
        a look-up could not tell that two copies with different words are one message."""
        if again or row.sent_at is not None:
            return row.sent_links
        if not entry.links:
            return None
        # only what the ledger holds for good is led to, and what became of this record itself may still wait here
        self._flush()
        return led_to(self._work.context, entry)

    def _look_again_later(self, entry: Desired, row: Operation, now: float, *, again: bool) -> None:
        """Noted with the intent, because a process that dies afterwards knows nothing of an earlier copy.

        An earlier copy whose answer was lost may take effect after this one and then overwrite or double it.
        """
        if again:
            self._buffer.append(record_recheck(entry.key, now + self._work.patience, "resent"))
        elif row.sent_at is not None and now < row.sent_at + self._work.patience:
            self._buffer.append(record_recheck(entry.key, row.sent_at + self._work.patience, "late"))

    def _deliver(self, entry: Desired, row: Operation, *, again: bool, follow: bool) -> None:
        try:
            done = self._handlers[entry.kind].send(Attempt(self._work, entry, row))
        except MissingReferenceError as fault:
            self._close(entry, row, "quarantined" if again else "refused", code=f"missing_{fault.kind}")
        except AmbiguousError as fault:
            self._close(entry, row, "quarantined", code=str(fault), evidence=fault.evidence)
        except RefusedError as fault:
            gone = fault.status in _GONE and follow
            moved = follow_merges(self._work, entry, row, fault, first=True) if gone else None
            if moved is None:
                self._refused(entry, row, fault, again=again)
            else:
                self._deliver(entry, self._signed_anew(entry, moved), again=again, follow=False)
        except TokenRefusedError as fault:
            if again:
                self._buffer.append((_BACK, ("unknown", entry.key)))
            else:
                self._close(entry, row, "refused", code=fault.code)
            raise
        except UnknownError as fault:
            self._lost(entry, row, fault)
        except HdError:
            # certainly not sent
            self._buffer.append((_BACK, ("unknown" if again else "planned", entry.key)))
            raise
        else:
            self._applied(entry, row, done)

    def _signed_anew(self, entry: Desired, row: Operation) -> Operation:
        """What a look-up compares names people, and another one stands for them now."""
        signature = self._handlers[entry.kind].signature(Attempt(self._work, entry, row))
        self._buffer.append(("update operations set sent_digest = ? where key = ?", (signature, entry.key)))
        self._flush()
        return replace(row, sent_digest=signature)

    def _refused(self, entry: Desired, row: Operation, fault: RefusedError, *, again: bool) -> None:
        """A second sending is also refused when the first one took effect."""
        found: Done | None = None
        if again:
            try:
                found = self._handlers[entry.kind].look(Attempt(self._work, entry, row))
            except AmbiguousError as doubt:
                self._close(entry, row, "quarantined", code=str(doubt), evidence=doubt.evidence)
                return
            except (BusyError, RefusedError) as doubt:
                self._close(
                    entry, row, "quarantined", code=f"refused_again:{fault.label}", evidence={"why": str(doubt)}
                )
                return
        if found is not None:
            self._applied(entry, row, found)
        else:
            self._close(entry, row, "refused", code=fault.label, fault=fault)

    def _lost(self, entry: Desired, row: Operation, fault: UnknownError) -> None:
        now = self._work.context.clock.now()
        bound = ("unknown", None, None, now, now, fault.status, fault.reason[:60], fault.request_id, entry.key)
        self._buffer.append((_OUTCOME, bound))
        self._steps[self._at] = (entry, replace(row, state="unknown", sent_at=now))
        self._work.tally.add(entry.object, "unknown")

    # settling

    def _settle(self, entry: Desired, row: Operation) -> float | None:
        """Find out what became of an unknown; answers when to come back, None when it is settled."""
        handler, context = self._handlers[entry.kind], self._work.context
        attempt = Attempt(self._work, entry, row)
        self._flush()
        try:
            found = handler.look(attempt)
            if found is None and not handler.repeatable(attempt):
                # before the horizon a negative means nothing
                ready = (row.sent_at or context.clock.now()) + self._work.patience
                if context.clock.now() < ready:
                    return ready
                found = handler.look_elsewhere(attempt)
        except BusyError:
            return context.clock.now() + 1.0
        except AmbiguousError as fault:
            self._close(entry, row, "quarantined", code=str(fault), evidence=fault.evidence)
            return None
        except MissingReferenceError as fault:
            self._close(entry, row, "quarantined", code=f"missing_{fault.kind}")
            return None
        except RefusedError as fault:
            moved = follow_merges(self._work, entry, row, fault) if fault.status in _GONE else None
            if moved is None:
                self._close(entry, row, "quarantined", code=fault.label, fault=fault)
            else:
                self._steps[self._at] = (entry, moved)
            return None
        if found is not None:
            self._work.tally.add(entry.object, "recovered")
            self._applied(entry, row, found)
        elif not handler.wanted:
            self._close(entry, row, "skipped", code="vanished")
        elif self._resent >= MOST_RESENT:
            # it stays unknown and the next run takes it up; other records must not wait for this one
            self.halted = "unknown"
            self._work.tally.add(entry.object, "unsettled")
        else:
            self._resent += 1
            self._send(entry, row, again=True)
        return None

    # noting

    def _applied(self, entry: Desired, row: Operation, done: Done) -> None:
        context, now = self._work.context, self._work.context.clock.now()
        bound = ("applied", done.intercom_id, done.origin, now, None, 200, None, done.request_id, entry.key)
        self._buffer.append((_OUTCOME, bound))
        if done.intercom_id is not None and entry.kind in IDENTIFIED:
            origin = done.origin or "created"
            self._buffer.append(
                record_identity(entry.kind, entry.external_id, done.intercom_id, origin, context.ledger.run_no)
            )
            self._work.resolver.learn(entry.kind, entry.external_id, done.intercom_id, origin)
        self._buffer.extend(done.statements)
        outcome = "updated" if done.updated else done.origin or "applied"
        self._work.tally.add(entry.object, outcome)
        self._steps[self._at] = (entry, replace(row, state="applied", intercom_id=done.intercom_id or row.intercom_id))
        self._at += 1
        self._resent = 0

    def _close(
        self,
        entry: Desired,
        row: Operation,
        state: str,
        *,
        code: str,
        fault: RefusedError | None = None,
        evidence: Mapping[str, Any] | None = None,
    ) -> None:
        now = self._work.context.clock.now()
        status, request_id = (fault.status, fault.request_id) if fault else (None, None)
        self._buffer.append((_OUTCOME, (state, None, None, now, None, status, code[:120], request_id, entry.key)))
        if state == "quarantined":
            known = {"sent_at": row.sent_at, "attempts": row.attempts, "status": status}
            self._buffer.append(record_evidence(entry.key, now, code[:120], {**known, **(evidence or {})}))
        self._work.tally.add(entry.object, state)
        self._steps[self._at] = (entry, replace(row, state=state))
        if state == "skipped":
            self._at += 1
        else:
            # later operations depend on this one or would come in the wrong order
            self.halted = state

    def _flush(self) -> None:
        if self._buffer:
            statements, self._buffer = self._buffer, []
            self._work.context.ledger.write(statements)


_BACK = "update operations set state = ? where key = ?"
# Kinds whose record others refer to.
IDENTIFIED = frozenset(
    {
        "company",
        "contact",
        "conversation",
        "custom_object",
        "article",
        "redirect",
        "collection",
        "tag",
        "ticket_type",
        "ticket_attribute",
        "contact_attribute",
        "company_attribute",
        "conversation_attribute",
        "reply",
        "note",
    }
)


def _elapsed(entry: Desired, now: float) -> str | None:
    """A snooze that has run out since the plan cannot be set and would not matter."""
    until = entry.request.body.get("snoozed_until") if entry.kind == "snooze" else None
    return "snooze_elapsed" if isinstance(until, int) and until <= now + 5 else None
