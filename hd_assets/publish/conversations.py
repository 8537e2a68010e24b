"""Publish conversations: each one serial in itself, many at once, in batches read from staging as they are needed."""

from __future__ import annotations

from collections.abc import Iterator

from hd_assets.partitions import Window
from hd_assets.publish.context import PublishContext
from hd_assets.publish.counts import Outcome, outcome
from hd_assets.publish.desired import Desired
from hd_assets.publish.job import Job
from hd_assets.publish.leftovers import leftovers
from hd_assets.publish.phase import require_records
from hd_assets.publish.plan import verify, wanted_threads
from hd_assets.publish.pool import run_jobs
from hd_assets.publish.progress import Meter
from hd_assets.publish.recheck import check_again
from hd_assets.publish.resolve import Resolver
from hd_assets.publish.staged import count_threads, threads
from hd_assets.publish.thread_handlers import thread_handlers
from hd_assets.publish.work import Tally, Work
from hd_assets.publish.workspace import require_workspace


def publish_conversations(context: PublishContext, window: Window) -> Outcome:
    """Send what the plan holds for the window: conversations with parts, files, details, tags, assignment, state.

    Companies, contacts and links must have been read back complete before (BlockedError). A conversation whose outcome
    is unknown waits until it can be settled while others go on; one that is refused stays where it is and is counted.
    """
    context.ledger.begin_run()
    require_workspace(context)
    context.fence.check()
    tally = Tally()
    meter = Meter(context.progress, "conversations", count_threads(context.warehouse, window, context.only))
    work = Work(context, Resolver(context.books, context.stores.files), tally)
    try:
        jobs = _jobs(work, window, meter)
        run_jobs(context, jobs, meter, workers=context.migration.mapping.publish.workers)
        check_again(work)
    finally:
        told = outcome(context, tally)
    meter.finish()
    return told


def _jobs(work: Work, window: Window, meter: Meter) -> Iterator[Job]:
    handlers, context = thread_handlers(), work.context
    checked = False
    for batch in threads(context.warehouse, window, context.only):
        ids = [thread.conversation.external_id for thread in batch]
        busy = context.books.open_conversations(ids)
        if len(busy) < len(ids):
            known_ids = {row[0] for row in _planned(context, ids)}
            busy |= set(ids) - known_ids
        meter.add(len(ids) - len(busy))
        if not busy:
            continue
        if not checked:
            require_records(context)
            checked = True
        wanted, known = wanted_threads(context, [thread for thread in batch if thread.conversation.external_id in busy])
        verify(context, wanted, known)
        batch_work = work.batch()
        batch_work.resolver.prefetch(entry.request for entry in wanted)
        grouped: dict[str, list[Desired]] = {}
        for entry in wanted:
            grouped.setdefault(entry.conversation, []).append(entry)
        unwanted = leftovers(wanted, known)
        for conversation, entries in grouped.items():
            steps = [*unwanted.get(conversation, []), *((entry, known[entry.key]) for entry in entries)]
            yield Job(batch_work, steps, handlers, context.fence)


def _planned(context: PublishContext, ids: list[str]) -> list[tuple[str]]:
    known = context.books.of_conversations(ids)
    return [(key,) for key in known]
