"""Before anything goes: what became of requests without an answer. Looks only, sends nothing again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from hd_assets.publish.catalog import Catalog
from hd_assets.publish.desired import Desired
from hd_assets.publish.ledger import Statement, record_identity
from hd_assets.publish.ledger_read import Operation
from hd_assets.publish.outcomes import RefusedError
from hd_assets.publish.plan import wanted_threads
from hd_assets.publish.recheck import check_again
from hd_assets.publish.record_handlers import record_handlers
from hd_assets.publish.resolve import MissingReferenceError, Resolver
from hd_assets.publish.staged import threads_of
from hd_assets.publish.thread_handlers import thread_handlers
from hd_assets.publish.work import AmbiguousError, Attempt, BusyError, Handler, Tally, Work
from hd_assets.publish.workspace_handlers import workspace_handlers
from hd_assets.rollback.judge import CLOCK_SKEW_SECONDS
from hd_assets.rollback.scene import Scene
from hd_assets.rollback.selection import DEFINITIONS, STAGES

Doc = dict[str, Any]
# The operations whose record would be left behind; what only changes a record goes with it.
CREATIONS = (*STAGES, *DEFINITIONS)
_FROM_RECORDS = ("article", "redirect", "custom_object")
_FOUND = (
    "update operations set state = 'applied', intercom_id = ?, origin = coalesce(origin, ?), outcome_at = ?,"
    " applied_at = ?, error_code = null where key = ?"
)
_NOT_SENT = "update operations set state = 'planned', error_code = null where key = ?"


def open_creations(scene: Scene) -> list[Operation]:
    """Creations whose outcome nobody knows."""
    marks = ", ".join("?" * len(CREATIONS))
    where = f"kind in ({marks}) and state in ('intended', 'unknown', 'quarantined') and applied_at is null"
    return list(scene.books.iterate(where, CREATIONS))


def settle(scene: Scene) -> None:
    """Give every such creation its outcome, or list it as unresolved. Waits until a negative may be believed."""
    context = scene.context
    work = Work(context, Resolver(context.books, context.stores.files), Tally())
    check_again(work)
    rows = open_creations(scene)
    waiting: list[tuple[Operation, Desired | None]] = []
    for row, entry in _with_entries(scene, rows):
        if row.state == "quarantined":
            scene.report.unresolved.append((row.key, f"quarantined: {row.error_code or 'no reason noted'}"))
        elif not _settled(scene, work, row, entry, last=False):
            waiting.append((row, entry))
    if waiting:
        patience = context.horizon + context.search_lag
        scene.wait_until(max(row.sent_at or context.clock.now() for row, _ in waiting) + patience)
    for row, entry in waiting:
        _settled(scene, work, row, entry, last=True)


def _settled(scene: Scene, work: Work, row: Operation, entry: Desired | None, *, last: bool) -> bool:
    try:
        found = _look(scene, work, row, entry, elsewhere=last)
    except (AmbiguousError, BusyError, RefusedError, MissingReferenceError) as fault:
        if last:
            scene.report.unresolved.append((row.key, str(fault) or "equal ones are under way"))
        return False
    except LookupError as fault:
        scene.report.unresolved.append((row.key, str(fault)))
        return True
    if found is None and not last:
        return False
    now, ledger = scene.context.clock.now(), scene.context.ledger
    if found is None:
        ledger.write([(_NOT_SENT, (row.key,))])
    else:
        intercom_id, origin, further = found
        identity = record_identity(row.kind, row.external_id, intercom_id, origin, row.run_no or ledger.run_no)
        ledger.write([(_FOUND, (intercom_id, origin, now, now, row.key)), identity, *further])
    scene.report.settled += 1
    return True


def _look(
    scene: Scene, work: Work, row: Operation, entry: Desired | None, *, elsewhere: bool
) -> tuple[str, str, list[Statement]] | None:
    """Intercom id, origin and what else is to be noted. Raises LookupError when nobody knows what was sent."""
    if row.kind == "contact":
        return _contact(scene, row, elsewhere=elsewhere)
    if row.kind == "company":
        return _company(scene, row)
    handler = _handlers(scene).get(row.kind)
    if entry is None or handler is None or entry.payload_digest != row.payload_digest:
        raise LookupError("staging does not hold any more what was sent")
    attempt = Attempt(work, entry, row)
    done = handler.look(attempt)
    if done is None and elsewhere:
        done = handler.look_elsewhere(attempt)
    if done is None or done.intercom_id is None:
        return None
    return done.intercom_id, row.origin or done.origin or "created", list(done.statements)


def _contact(scene: Scene, row: Operation, *, elsewhere: bool) -> tuple[str, str, list[Statement]] | None:
    """Nobody else writes our external ids. One with earlier values noted was somebody's before."""
    doc = scene.one(f"/contacts/find_by_external_id/{row.external_id}")
    key = str(doc["id"]) if doc else None
    if key is None and elsewhere:
        key = next(scene.search("contacts", "external_id", row.external_id), None)
        doc = scene.one(f"/contacts/{key}") if key else None
    if key is None or doc is None:
        return None
    noted = scene.books.rows("select 1 from prior_values where kind = 'contact' and intercom_id = ?", (key,))
    if noted:
        return key, "adopted", []
    if (doc.get("created_at") or 0) < (row.intended_at or 0) - CLOCK_SKEW_SECONDS:
        # somebody's, found before anything was written to it
        return None
    return key, "created", []


def _company(scene: Scene, row: Operation) -> tuple[str, str, list[Statement]] | None:
    """The origin is durable before the first write; without it nothing was sent."""
    if row.origin is None:
        return None
    try:
        query = {"company_id": row.external_id}
        data = scene.context.client.one("/companies", holds=("id", "data"), **query)
    except RefusedError as fault:
        if fault.status == 404:
            return None
        raise
    docs = data.get("data") or [data]
    found = next((doc for doc in docs if doc.get("company_id") == row.external_id), None)
    return (str(found["id"]), row.origin, []) if found else None


def _handlers(scene: Scene) -> dict[str, Handler]:
    return {**thread_handlers(), **record_handlers(), **workspace_handlers(Catalog(scene.context.client))}


def _with_entries(scene: Scene, rows: Iterable[Operation]) -> Iterator[tuple[Operation, Desired | None]]:
    """Each operation with what staging would send, definitions first: others refer to them."""
    found = sorted(rows, key=lambda row: -CREATIONS.index(row.kind))
    definitions = scene.staged_definitions() if found else {}
    records = scene.staged_records({row.key for row in found if row.kind in _FROM_RECORDS})
    for row in found:
        if row.kind == "conversation":
            entries, _ = wanted_threads(scene.context, threads_of(scene.context.warehouse, [row.external_id]))
            yield row, next((entry for entry in entries if entry.key == row.key), None)
        else:
            yield row, definitions.get(row.key) or records.get(row.key)
