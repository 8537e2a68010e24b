"""The dry run: staging and ledger in, planned operations out. No network."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from hd_assets.errors import BlockedError
from hd_assets.model import Article, Company, Contact, CustomObject
from hd_assets.partitions import Window
from hd_assets.publish.context import PublishContext
from hd_assets.publish.desired import (
    Desired,
    of_article,
    of_company,
    of_contact,
    of_contact_objects,
    of_conversation,
    of_custom_object,
)
from hd_assets.publish.forecast import ASSUMED_PER_MINUTE, REQUESTS, Forecast, Pace, pace, remember
from hd_assets.publish.furniture import of_furniture
from hd_assets.publish.ledger_read import Operation
from hd_assets.publish.merge import Merged, merge, vanish
from hd_assets.publish.progress import Meter
from hd_assets.publish.staged import (
    Thread,
    contact_objects,
    count_outside,
    count_threads,
    furniture,
    missing,
    records,
    threads,
)

_SLICE = 500


@dataclass
class PlanSummary:
    """What a publish would do, by kind. `bytes` counts attachment bytes as sent (base64), `hours` at the pace."""

    window: str
    operations: Counter[str] = field(default_factory=Counter)
    requests: Counter[str] = field(default_factory=Counter)
    unchanged: Counter[str] = field(default_factory=Counter)
    drift: Counter[str] = field(default_factory=Counter)
    new_drift: Counter[str] = field(default_factory=Counter)
    conflicts: list[str] = field(default_factory=list)
    late: list[str] = field(default_factory=list)
    # articles whose old address lies outside the help centre: only the old host can lead to the new one
    unredirected: int = 0
    bytes: int = 0
    pace: Pace = field(default_factory=lambda: Pace(ASSUMED_PER_MINUTE, False, ASSUMED_PER_MINUTE))

    @property
    def total_operations(self) -> int:
        return sum(self.operations.values())

    @property
    def total_requests(self) -> int:
        return sum(self.requests.values())

    @property
    def hours(self) -> float:
        return self.pace.seconds(self.total_requests) / 3600

    def forecast(self, run_no: int) -> Forecast:
        return Forecast(
            run_no,
            self.window,
            operations=self.total_operations,
            requests=self.total_requests,
            bytes=self.bytes,
            per_minute=self.pace.per_minute,
            limit=self.pace.limit,
            is_learnt=self.pace.is_learnt,
            seconds=self.pace.seconds(self.total_requests),
        )

    def add(self, merged: Merged) -> None:
        for entry in merged.to_send:
            self.operations[entry.kind] += 1
            self.requests[entry.kind] += REQUESTS.get(entry.kind, 1)
        self.unchanged += merged.unchanged
        self.drift += merged.drift
        self.new_drift += merged.new_drift
        self.conflicts += merged.conflicts
        self.late += merged.late


def plan(context: PublishContext, window: Window) -> PlanSummary:
    """Write into the ledger what publishing the window would send; operations already sent are left alone.

    Raises BlockedError when another process holds the ledger, UnreachableError when the warehouse is locked.
    """
    summary = PlanSummary(str(window), pace=pace(context.books, context.migration.mapping.publish))
    context.ledger.begin_run()
    # one connection stays open beside the short ones, so that the file is opened once and not for each batch
    with context.warehouse.get_connection():
        _plan(context, window, summary)
    remember(context.ledger, summary.forecast(context.ledger.run_no))
    return summary


def _plan(context: PublishContext, window: Window, summary: PlanSummary) -> None:
    meter = Meter(context.progress, "plan", count_threads(context.warehouse, window, context.only))
    _merge(context, summary, wanted_furniture(context), of=("workspace",))
    for batch in record_batches(context):
        _merge(context, summary, batch)
    _merge_vanished(context, summary, "companies", "companies", None)
    _merge_vanished(context, summary, "contacts", "contacts", None)
    _merge_vanished(context, summary, "articles", "articles", None)
    _merge_vanished(context, summary, "custom_objects", "custom_objects", None)
    summary.unredirected = count_outside(context.warehouse, context.rules)
    for threads_ in threads(context.warehouse, window, context.only):
        wanted, known = wanted_threads(context, threads_)
        merged = _written(context, summary, wanted, known)
        summary.bytes += _file_bytes(threads_, merged)
        meter.add(len(threads_))
    if context.only is None:
        _merge_vanished(context, summary, "conversations", "conversations", window)
    meter.finish()


def wanted_furniture(context: PublishContext) -> list[Desired]:
    return of_furniture(context.migration, furniture(context.warehouse))


def record_batches(context: PublishContext) -> Iterator[list[Desired]]:
    """Companies, contacts with their links, custom objects with theirs, articles with their redirects."""
    yield from company_batches(context)
    yield from contact_batches(context)
    yield from object_batches(context)
    yield from reference_batches(context)
    yield from article_batches(context)


def company_batches(context: PublishContext) -> Iterator[list[Desired]]:
    for rows in records(context.warehouse, Company):
        yield [entry for row in rows for entry in of_company(row, context.rules)]


def contact_batches(context: PublishContext) -> Iterator[list[Desired]]:
    for rows in records(context.warehouse, Contact):
        yield [entry for row in rows for entry in of_contact(row, context.rules)]


def article_batches(context: PublishContext) -> Iterator[list[Desired]]:
    for rows in records(context.warehouse, Article):
        yield [entry for row in rows for entry in of_article(row, context.rules)]


def follow_links(context: PublishContext) -> bool:
    """Plan articles anew if links in them can lead to more articles by now; says whether there is something to send."""
    before = context.rules.moved_links
    context.know_anew()
    if context.rules.moved_links == before:
        return False
    summary = PlanSummary("articles")
    for batch in article_batches(context):
        _merge(context, summary, batch)
    return summary.total_operations > 0


def object_batches(context: PublishContext) -> Iterator[list[Desired]]:
    for rows in records(context.warehouse, CustomObject):
        yield [entry for row in rows for entry in of_custom_object(row)]


def reference_batches(context: PublishContext) -> Iterator[list[Desired]]:
    found = contact_objects(context.warehouse, context.rules)
    batch = [entry for key, objects in found.items() for entry in of_contact_objects(key, objects, context.rules)]
    if batch:
        yield batch


def wanted_threads(context: PublishContext, batch: Sequence[Thread]) -> tuple[list[Desired], dict[str, Operation]]:
    """Every operation of a batch of conversations, and what the ledger knows of them."""
    prior = context.books.of_conversations(thread.conversation.external_id for thread in batch)
    wanted: list[Desired] = []
    for thread in batch:
        row = thread.conversation
        wanted += of_conversation(
            row,
            thread.parts,
            [*thread.attachments, *thread.unsent],
            prior.get(row.external_id, ()),
            context.rules,
            as_of=context.as_of.timestamp(),
            objects=thread.objects,
            links=thread.links,
        )
    return wanted, {operation.key: operation for rows in prior.values() for operation in rows}


def _merge(context: PublishContext, summary: PlanSummary, wanted: Sequence[Desired], *, of: Sequence[str] = ()) -> None:
    """Compare a batch with the rows of its keys, or with all rows of the objects `of`."""
    if of:
        known = {operation.key: operation for operation in context.books.of_objects(of)}
    else:
        known = context.books.operations(entry.key for entry in wanted)
    _written(context, summary, wanted, known)


def _written(
    context: PublishContext, summary: PlanSummary, wanted: Sequence[Desired], known: dict[str, Operation]
) -> Merged:
    grouped: dict[str, list[Desired]] = {}
    for entry in wanted:
        grouped.setdefault(entry.conversation, []).append(entry)
    of_group: dict[str, dict[str, Operation]] = {}
    for key, row in known.items():
        of_group.setdefault(row.conversation, {})[key] = row
    total = Merged()
    for group, entries in grouped.items():
        merged = merge(entries, of_group.get(group, {}), send_drift=context.send_drift)
        summary.add(merged)
        total.statements += merged.statements
        total.to_send += merged.to_send
    context.ledger.write(total.statements)
    return total


def _merge_vanished(
    context: PublishContext, summary: PlanSummary, table: str, object: str, window: Window | None
) -> None:
    """Records the ledger knows and staging has lost."""
    where, bound = "object = ? and position = 0", [object]
    if window is not None:
        where += " and home_window >= ? and home_window < ?"
        bound += [_iso(window.start), _iso(window.end)]
    batch: list[Operation] = []
    for operation in context.books.iterate(where, bound):
        batch.append(operation)
        if len(batch) == _SLICE:
            _mark_vanished(context, summary, table, batch)
            batch = []
    _mark_vanished(context, summary, table, batch)


def _mark_vanished(context: PublishContext, summary: PlanSummary, table: str, batch: Sequence[Operation]) -> None:
    if not batch:
        return
    gone = missing(context.warehouse, table, [operation.external_id for operation in batch])
    lost = [operation for operation in batch if operation.external_id in gone]
    if lost and table == "conversations":
        of_them = context.books.of_conversations(operation.external_id for operation in lost)
        lost = [operation for rows in of_them.values() for operation in rows]
    merged = Merged()
    vanish(merged, lost)
    context.ledger.write(merged.statements)
    summary.add(merged)


def _file_bytes(batch: Sequence[Thread], merged: Merged) -> int:
    sending = {entry.external_id for entry in merged.to_send}
    sizes = (file.size_bytes for thread in batch for file in thread.attachments if file.carrier in sending)
    return sum(-(-size // 3) * 4 for size in sizes)


def _iso(day: date) -> str:
    return day.isoformat()


def verify(context: PublishContext, wanted: Iterable[Desired], known: dict[str, Operation]) -> None:
    """Raises BlockedError unless the ledger's plan is what staging gives now."""
    for entry in wanted:
        row = known.get(entry.key)
        if row is None or row.seen_digest != entry.payload_digest:
            name = context.migration.name
            raise BlockedError(
                f"staging changed since the plan ({entry.kind} {entry.external_id})",
                where=f"{name}, target {context.target}",
                mend=f"materialize {name}/publish/plan and look at it before you publish",
            )
