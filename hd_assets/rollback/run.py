"""A rollback from its beginning to its report: dry, or executed stage by stage, newest records first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hd_assets.publish.context import PublishContext
from hd_assets.publish.fence_mark import Mark
from hd_assets.publish.outcomes import StoppedError
from hd_assets.publish.pool import run_jobs
from hd_assets.publish.progress import Meter
from hd_assets.publish.resolve import Concrete, MissingReferenceError, Resolver
from hd_assets.rollback.forget import forgetting
from hd_assets.rollback.limits import runs_that_created, what_stays
from hd_assets.rollback.report import Report
from hd_assets.rollback.scene import Scene
from hd_assets.rollback.selection import Record, Selection, records, unfinished
from hd_assets.rollback.settle import open_creations, settle
from hd_assets.rollback.undo import Undo

# Within these the order counts, or a look at one depends on the others.
_SERIAL = ("article", "redirect", "collection", "tag")
_AT_ONCE = 250
_DELETED_PER_PAGE = 60
_MOST_MARKS = 5


def rollback(context: PublishContext, selection: Selection, *, execute: bool) -> Report:
    """Take back what the selection names. Without `execute` the workspace is read and nothing is written anywhere.

    Started again after a kill it goes on by itself. Raises BlockedError when the workspace is another one or another
    ledger leads it, StoppedError when asked to stop, UnreachableError.
    """
    report = Report(context.migration.name, context.target, str(selection), execute)
    scene = Scene(context, selection, report)
    if execute:
        context.ledger.begin_run(purpose="rollback")
        now = context.clock.now()
        context.ledger.write(
            [("update undo set state = 'unknown', sent_at = ?, outcome_at = ? where state = 'intended'", (now, now))]
        )
    context.fence.check()
    report.cannot_undo = what_stays(context.books, selection)
    report.runs = runs_that_created(context.books)
    try:
        if execute:
            settle(scene)
        else:
            report.unresolved += [(row.key, "would be settled first") for row in open_creations(scene)]
        for kind in selection.stages:
            _stage(scene, kind, execute=execute)
        if execute:
            _leave_mark(context)
    finally:
        counts = context.client.take_counts()
        report.requests = sum(counts.values())
        if execute:
            context.ledger.note_requests(counts)
    return report


def _leave_mark(context: PublishContext) -> None:
    """An open mark would make the next run search the workspace for what the ledger has just forgotten."""
    for _ in range(_MOST_MARKS):
        context.fence.ensure()
        context.fence.end()
        mark = Mark.read(context.books.meta("marker"))
        if mark is not None and mark.ended:
            return


def _stage(scene: Scene, kind: str, *, execute: bool) -> None:
    context, books = scene.context, scene.books
    chosen = list(records(books, scene.selection, kind))
    keys = {record.key for record in chosen}
    todo = [record for record in unfinished(books, kind) if record.key not in keys] + chosen
    if not todo:
        return
    scene.forget_lists()
    meter = Meter(context.progress, f"rollback {kind}", len(todo))
    jobs = _jobs(scene, todo, execute=execute)
    if kind in _SERIAL:
        _one_by_one(scene, jobs, meter)
    else:
        run_jobs(context, jobs, meter, workers=context.migration.mapping.publish.workers)
    meter.finish()
    if execute and kind == "conversation":
        _verify_conversations(scene, todo)


def _one_by_one(scene: Scene, jobs: Iterator[Undo], meter: Meter) -> None:
    """Nothing is begun before what lies in it has its outcome."""
    for job in jobs:
        while (ready := job.advance()) is not None:
            scene.wait_until(ready)
        meter.add()


def _jobs(scene: Scene, todo: list[Record], *, execute: bool) -> Iterator[Undo]:
    ready = _ready(scene) if execute else {}
    articles: Mapping[str, Mapping[str, Concrete]] = {}
    if todo[0].kind == "article":
        articles = _sent_articles(scene)
    for start in range(0, len(todo), _AT_ONCE):
        batch = todo[start : start + _AT_ONCE]
        sent: Mapping[str, Mapping[str, Concrete]] = articles
        if batch[0].kind == "conversation":
            sent = scene.sent_to(record.external_id for record in batch)
        for number, record in enumerate(batch, start=start):
            yield Undo(scene, record, number, execute, sent.get(record.external_id, {}), ready.get(record.key, 0.0))


def _ready(scene: Scene) -> dict[tuple[str, str], float]:
    """When what an earlier rollback sent, and never saw answered, must have taken effect."""
    rows = scene.books.rows(
        "select target_kind, intercom_id, max(coalesce(sent_at, intended_at)) from undo where state = 'unknown'"
        " group by 1, 2"
    )
    return {(kind, key): at + scene.context.horizon for kind, key, at in rows}


def _sent_articles(scene: Scene) -> dict[str, dict[str, Concrete]]:
    resolver, found = Resolver(scene.books, scene.context.stores.files), dict[str, dict[str, Concrete]]()
    for key, entry in scene.staged_articles().items():
        row = scene.books.operation(key)
        # redirects come from the same rows
        if entry.kind != "article" or row is None or row.payload_digest != entry.payload_digest:
            continue
        try:
            found[entry.external_id] = {key: resolver.concrete(entry.request)}
        except MissingReferenceError:
            continue
    return found


def _verify_conversations(scene: Scene, todo: list[Record]) -> None:
    """The target's own list of deleted conversations is the proof; one that is not listed is asked for by itself.

    Only then the ledger forgets: a deletion that was answered and did not happen must not be sent as new again.
    """
    context = scene.context
    rows = scene.books.rows(
        "select distinct intercom_id from undo where target_kind = 'conversation' and action = 'delete'"
        " and state = 'applied'"
    )
    deleted = {str(row[0]) for row in rows}
    left = {record.intercom_id: record for record in todo if record.intercom_id in deleted}
    left = {key: record for key, record in left.items() if scene.is_ours("conversation", key)}
    for doc in scene.pages("/conversations/deleted", _DELETED_PER_PAGE) if left else ():
        record = left.pop(str(doc.get("id")), None)
        if record is not None:
            scene.report.proved += 1
            context.ledger.write(forgetting(scene.books, record))
        if not left:
            break
    for key, record in left.items():
        if context.stopping:
            raise StoppedError("rollback")
        if scene.one(f"/conversations/{key}") is None and scene.one(f"/tickets/{key}") is None:
            context.ledger.write(forgetting(scene.books, record))
            continue
        sql = "update undo set state = 'unknown', error_code = 'still_there' where target_kind = ? and intercom_id = ?"
        context.ledger.write([(sql, record.key)])
        scene.released.discard(record.key)
        scene.report.counts["conversations"]["removed"] -= 1
        scene.report.add(record, "failed", "the target answered that it is deleted, and still shows it")
