"""What was sent a second time is looked up again after the horizon: an earlier copy may have come late.

A change that was overwritten is sent once more; of two new records the one of ours that bears nothing goes, and what
nobody but a person may take away is listed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from hd_assets.publish.catalog import Catalog
from hd_assets.publish.creation import equal_states, opening_signature
from hd_assets.publish.knowledge_handlers import article_signature, listed_articles
from hd_assets.publish.ledger import Statement
from hd_assets.publish.ledger_read import Operation
from hd_assets.publish.outcomes import RefusedError, StoppedError, UnknownError
from hd_assets.publish.record_handlers import record_handlers
from hd_assets.publish.replies import part_signature
from hd_assets.publish.resolve import MissingReferenceError
from hd_assets.publish.standing import entries_of
from hd_assets.publish.thread_handlers import thread_handlers
from hd_assets.publish.threads_read import Thread, opening_of, read_thread, search_conversations
from hd_assets.publish.work import CLOCK_SKEW_SECONDS, AmbiguousError, Attempt, BusyError, Handler, Work
from hd_assets.publish.workspace_handlers import workspace_handlers

_SETTLED = "update recheck set state = ?, detail = ? where key = ?"
_AGAIN = "update recheck set due_at = ?, detail = ? where key = ?"
_SENT_AGAIN, _REMOVING = "sent again", "removing "
_MOST_ROUNDS = 4
# A late copy of one of these, or of a reply, can undo the others.
_STATES = ("snooze", "state", "convert")
# Outcomes a person has to look at.
OPEN_DOUBTS = ("kept", "doubled")


@dataclass(frozen=True)
class _Due:
    key: str
    due_at: float
    detail: str | None


def check_again(work: Work, kinds: Iterable[str] | None = None, *, wait: bool = True) -> None:
    """Settle each due look-up; `kinds` narrows. With `wait` the times at which they may be believed are waited for.

    A stop, and what cannot be settled in a few rounds, leaves the rest to the next run.
    """
    context = work.context
    wanted = set(kinds) if kinds is not None else None
    rounds: Counter[str] = Counter()
    while True:
        open_ = [due for due in _due(work) if wanted is None or due.key.partition(":")[0] in wanted]
        open_ = [due for due in open_ if rounds[due.key] < _MOST_ROUNDS]
        ready = [due for due in open_ if due.due_at <= context.clock.now()]
        for due in ready:
            if context.stopping:
                raise StoppedError("recheck")
            rounds[due.key] += 1
            _settle(work, due)
        if not ready:
            if not wait or not open_:
                return
            context.clock.sleep(max(0.0, min(open_[0].due_at - context.clock.now(), 1.0)))
            if context.stopping:
                raise StoppedError("recheck")


def _due(work: Work) -> list[_Due]:
    """Those whose operation took effect; the others are looked up when they are settled."""
    rows = work.context.books.rows(
        "select recheck.key, recheck.due_at, recheck.detail from recheck join operations using (key)"
        " where recheck.state = 'due' and operations.state in ('applied', 'conflict') order by recheck.due_at"
    )
    return [_Due(*row) for row in rows]


def _settle(work: Work, due: _Due) -> None:
    operation = work.context.books.operation(due.key)
    if operation is None:
        return
    try:
        if (due.detail or "").startswith(_REMOVING):
            verdict: Verdict | None = _remove(work, due, operation, (due.detail or "").removeprefix(_REMOVING))
        elif operation.kind == "conversation":
            verdict = _conversation(work, operation, due)
        elif operation.kind in ("reply", "note"):
            verdict = _part(work, operation, due)
        else:
            verdict = _article(work, operation, due) if operation.kind == "article" else None
            verdict = verdict or _change(work, [operation.key], operation, due)
    except RefusedError as fault:
        verdict = ("kept", fault.label)
    except UnknownError:
        verdict = None
    if verdict is None:
        # it is under way once more and looked up again after its own time
        return
    state, detail = verdict
    work.tally.add("rechecked", state)
    work.context.ledger.write([(_SETTLED, (state, detail, due.key))])


Verdict = tuple[str, str | None]


def _postpone(work: Work, due: _Due, detail: str) -> None:
    """Durable before what follows is sent."""
    again: Statement = (_AGAIN, (work.context.clock.now() + work.patience, detail, due.key))
    work.context.ledger.write([again])


# new records


def _conversation(work: Work, operation: Operation, due: _Due) -> Verdict | None:
    """Ours is the one with the parts; a copy nobody has touched is deleted, any other is listed."""
    client, books = work.context.client, work.context.books
    ours = read_thread(client, operation.intercom_id or "")
    created_at, author, _ = opening = _opening(ours)
    wanted = operation.sent_digest or work.signature("conversation", *opening)
    twins = sorted(
        str(doc["id"])
        for doc in search_conversations(client, author, created_at or 0)
        if opening_signature(work, doc) == wanted and str(doc["id"]) != operation.intercom_id
    )
    strangers = [key for key in twins if not any(known.kind == "conversation" for known in books.records_of(key))]
    if not strangers:
        return "single", None
    if any(equal_states(work, operation.key, operation.sent_digest, operation.payload_digest).values()):
        # an equal one of ours is not settled yet, and this may be it
        return None
    key = strangers[0]
    if len(strangers) > 1 or not _untouched(operation, read_thread(client, key)):
        return "kept", ",".join(strangers)
    return _remove(work, due, operation, key)


def _remove(work: Work, due: _Due, operation: Operation, key: str) -> Verdict | None:
    """Which one goes is durable before the request, so that a lost answer is not taken for a twin that never was."""
    work.context.fence.ensure()
    _postpone(work, due, f"{_REMOVING}{key}")
    try:
        work.context.client.send("DELETE", f"/{operation.kind}s/{key}", None)
    except RefusedError as fault:
        return ("removed", key) if fault.status == 404 else ("kept", key)
    return "removed", key


def _untouched(operation: Operation, twin: Thread) -> bool:
    doc = twin.doc
    written = any(part.get("part_type") in ("comment", "note") for part in twin.parts)
    worn = (doc.get("tags") or {}).get("tags") or doc.get("title") or doc.get("custom_attributes")
    changed = doc.get("updated_at")
    fresh = isinstance(changed, int | float) and changed >= (operation.intended_at or 0) - CLOCK_SKEW_SECONDS
    return not (written or twin.is_ticket or doc.get("ticket") or worn) and fresh


def _opening(thread: Thread) -> tuple[int | None, str, str]:
    if not thread.is_ticket:
        return opening_of(thread.doc)
    first = thread.parts[0] if thread.parts else {}
    return opening_of({"created_at": thread.doc.get("created_at"), "source": first})


def _part(work: Work, operation: Operation, due: _Due) -> Verdict | None:
    """A part cannot be taken back; a doubled one is listed for a person. It may also have opened the conversation."""
    conversation = work.context.books.intercom_id("conversation", operation.conversation)
    if conversation is None:
        return "single", None
    thread = read_thread(work.context.client, conversation)
    wanted = operation.sent_digest or next(
        (part_signature(work, part) for part in thread.parts if str(part.get("id")) == operation.intercom_id), None
    )
    twins = [
        str(part["id"])
        for part in thread.parts
        if part_signature(work, part) == wanted and str(part["id"]) != operation.intercom_id
    ]
    if not twins:
        return "single", None
    if _change(work, [], operation, due) is None:
        return None
    return "doubled", ",".join(twins)


def _article(work: Work, operation: Operation, due: _Due) -> Verdict | None:
    """None when there is one of it, so that its content remains to be compared."""
    entry = next((entry for entry in entries_of(work.context, operation) if entry.key == operation.key), None)
    if entry is None:
        return "single", "superseded"
    attempt, books = Attempt(work, entry, operation), work.context.books
    twins = [
        str(doc["id"])
        for doc in listed_articles(attempt)
        if article_signature(work, doc) == operation.sent_digest
        and attempt.is_fresh(doc.get("created_at"))
        and not any(known.kind == "article" for known in books.records_of(str(doc["id"])))
    ]
    if len(twins) > 1:
        return "kept", ",".join(twins)
    return _remove(work, due, operation, twins[0]) if twins else None


# changes


def _change(work: Work, keys: list[str], operation: Operation, due: _Due) -> Verdict | None:
    """Compare again; what differs is sent again, at most once."""
    entries = {entry.key: entry for entry in entries_of(work.context, operation)}
    if operation.conversation:
        keys = [*keys, *(key for key, entry in entries.items() if entry.kind in _STATES and key not in keys)]
    handlers = _handlers(work)
    differing: list[Attempt] = []
    for key in keys:
        entry = entries.get(key)
        row = work.context.books.operation(key)
        if entry is None or row is None or row.state not in ("applied", "conflict"):
            continue
        if row.payload_digest != entry.payload_digest:
            # what was sent is not what would be sent now; nobody asked for that
            continue
        attempt = Attempt(work, entry, row)
        verdict = _stands(handlers[entry.kind], attempt)
        if verdict is not None and not verdict:
            differing.append(attempt)
        elif verdict is None:
            return "doubled", None
    if not differing:
        return ("mended" if due.detail == _SENT_AGAIN else "single"), None
    if due.detail == _SENT_AGAIN:
        return "kept", ",".join(attempt.entry.key for attempt in differing)
    work.context.fence.ensure()
    _postpone(work, due, _SENT_AGAIN)
    for attempt in differing:
        handlers[attempt.entry.kind].send(attempt)
    return None


def _stands(handler: Handler, attempt: Attempt) -> bool | None:
    """Whether it is as it was sent; None when there are two of it."""
    try:
        return handler.look(attempt) is not None
    except AmbiguousError:
        return None
    except (BusyError, MissingReferenceError):
        return True


def _handlers(work: Work) -> Mapping[str, Handler]:
    return {**thread_handlers(), **record_handlers(), **workspace_handlers(Catalog(work.context.client))}
