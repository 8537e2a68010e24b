"""Publish companies, contacts with their links, and articles."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hd_assets.publish.context import PublishContext
from hd_assets.publish.counts import Outcome, outcome
from hd_assets.publish.desired import Desired
from hd_assets.publish.job import Job
from hd_assets.publish.plan import (
    article_batches,
    company_batches,
    contact_batches,
    follow_links,
    object_batches,
    reference_batches,
    verify,
)
from hd_assets.publish.pool import run_jobs
from hd_assets.publish.progress import Meter
from hd_assets.publish.recheck import check_again
from hd_assets.publish.record_handlers import record_handlers
from hd_assets.publish.resolve import Resolver
from hd_assets.publish.work import Tally, Work
from hd_assets.publish.workspace import require_workspace


def publish_companies(context: PublishContext) -> Outcome:
    """Create or update every planned company."""
    return _publish(context, "companies", [company_batches(context)], ("companies",))


def publish_contacts(context: PublishContext) -> Outcome:
    """Create, update or adopt every planned contact and attach it to its companies; then custom objects and theirs.

    One after another, because each refers to what came before it.
    """
    objects = ("contacts", "contact_companies", "custom_objects", "contact_objects")
    phases = [contact_batches(context), object_batches(context), reference_batches(context)]
    return _publish(context, "contacts", phases, objects)


def publish_articles(context: PublishContext) -> Outcome:
    """Create or update every planned article, one at a time, and the redirects from their old addresses.

    A second pass rewrites links between articles, which have an address only once they are there.
    """
    told = _articles(context)
    if not follow_links(context):
        return told
    again = _articles(context)
    return {name: told.get(name, 0) + again.get(name, 0) for name in {**told, **again}}


def _articles(context: PublishContext) -> Outcome:
    return _publish(
        context,
        "articles",
        [article_batches(context)],
        ("articles", "redirects"),
        workers=1,
        recheck=("article", "redirect"),
    )


def _publish(
    context: PublishContext,
    step: str,
    phases: Sequence[Iterator[Sequence[Desired]]],
    objects: Sequence[str],
    *,
    workers: int | None = None,
    recheck: Sequence[str] = (),
) -> Outcome:
    """`recheck`: kinds whose second look-ups are waited for; others are left to the conversations, which come later."""
    context.ledger.begin_run()
    require_workspace(context)
    context.fence.check()
    tally = Tally()
    open_keys = context.books.open_keys(objects)
    meter = Meter(context.progress, step, len(open_keys))
    work = Work(context, Resolver(context.books, context.stores.files), tally)
    try:
        for batches in phases:
            jobs = _jobs(work, batches)
            run_jobs(context, jobs, meter, workers=workers or context.migration.mapping.publish.workers)
        check_again(work, wait=False)
        if recheck:
            check_again(work, recheck)
    finally:
        told = outcome(context, tally)
    meter.finish()
    return told


def _jobs(work: Work, batches: Iterator[Sequence[Desired]]) -> Iterator[Job]:
    handlers, context = record_handlers(), work.context
    for batch in batches:
        known = context.books.operations(entry.key for entry in batch)
        verify(context, batch, known)
        grouped: dict[str, list[Desired]] = {}
        for entry in batch:
            grouped.setdefault(entry.external_id.partition("/")[0], []).append(entry)
        batch_work = work.batch()
        batch_work.resolver.prefetch(entry.request for entry in batch)
        for entries in grouped.values():
            steps = [(entry, known[entry.key]) for entry in entries]
            if any(row.state not in ("applied", "conflict", "skipped") for _, row in steps):
                yield Job(batch_work, steps, handlers, context.fence)
