"""Read back everything that was sent and compare it field by field with staging."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar

from hd_assets.model import Article, Company, Contact, CustomObject
from hd_assets.model.base import SourcedRow
from hd_assets.partitions import Window
from hd_assets.publish.context import PublishContext
from hd_assets.publish.ledger_read import Identity, LedgerReader, Operation
from hd_assets.publish.outcomes import StoppedError
from hd_assets.publish.progress import Meter
from hd_assets.publish.staged import Thread, count_threads, furniture, records, threads
from hd_assets.reconcile import expect, found, objects
from hd_assets.reconcile import furniture as workspace
from hd_assets.reconcile import records as people
from hd_assets.reconcile.book import Book
from hd_assets.reconcile.normal import Compared, missing
from hd_assets.reconcile.read import Reader
from hd_assets.reconcile.threads import compare_thread
from hd_assets.warehouse import Warehouse

KINDS = ("company", "contact", "admin", "team", "tag", "conversation", "custom_object")
OBJECTS = (
    "attributes",
    "tags",
    "collections",
    "companies",
    "contacts",
    "custom_objects",
    "articles",
    "redirects",
    "conversations",
    "tickets",
    "parts",
    "attachments",
)
# Planned, and not given up by a person or by the source.
WANTED = ("planned", "intended", "applied", "refused", "unknown", "quarantined", "conflict")

Item = TypeVar("Item")
Row = TypeVar("Row", bound=SourcedRow)


@dataclass
class ObjectResult:
    """Counts of one object. `compared` holds the missing ones, too; `extra` are records of others on what is ours.

    `by_ledger`: vouched for by the ledger because the target shows no more: parts (an answer holds the newest 500), and
    which custom objects a ticket refers to where its conversation can no longer be read.
    """

    compared: int = 0
    differing: int = 0
    missing: int = 0
    extra: int = 0
    by_ledger: int = 0

    def add(self, entry: Compared) -> None:
        self.extra += sum(1 for difference in entry.differences if difference.kind == "extra")
        if entry.is_extra:
            return
        self.compared += 1
        self.differing += entry.is_differing
        self.missing += entry.is_missing
        self.by_ledger += entry.by_ledger


@dataclass
class Reconciliation:
    """The outcome of one read-back. `differing` counts records with at least one difference, missing ones included."""

    window: str
    compared_at: datetime
    by_object: dict[str, ObjectResult] = field(default_factory=lambda: {name: ObjectResult() for name in OBJECTS})

    @property
    def compared(self) -> int:
        return sum(entry.compared for entry in self.by_object.values())

    @property
    def differing(self) -> int:
        return sum(entry.differing for entry in self.by_object.values())

    @property
    def missing(self) -> int:
        return sum(entry.missing for entry in self.by_object.values())

    @property
    def extra(self) -> int:
        return sum(entry.extra for entry in self.by_object.values())

    def add(self, results: Iterable[Compared]) -> None:
        for entry in results:
            self.by_object[entry.object].add(entry)


def reconcile(context: PublishContext, window: Window) -> Reconciliation:
    """Compare everything planned for the window, and all unwindowed records, with what the target answers.

    Writes `reconcile.compared` and `reconcile.difference`, replacing an earlier read-back of the window.
    Raises UnreachableError when the target cannot be read, StoppedError when asked to stop.
    """
    at = datetime.fromtimestamp(context.clock.now(), UTC)
    book = Book(context.warehouse, context.target, window, at, context.books.ledger_id)
    outcome = Reconciliation(str(window), at)
    run = _Run(context, outcome, book)
    run.furniture()
    run.companies()
    run.contacts()
    run.custom_objects()
    run.articles()
    run.redirects()
    run.threads(window)
    run.twins()
    book.finish()
    return outcome


class _Run:
    """One read-back: threads fetch and compare, this thread writes."""

    def __init__(self, context: PublishContext, outcome: Reconciliation, book: Book) -> None:
        self._context, self._outcome, self._book = context, outcome, book
        self._books: LedgerReader = context.books
        self._reader = Reader(context.client)
        identities = {kind: self._books.identities(kind) for kind in KINDS}
        merged = merged_records(context.warehouse)
        directory = expect.Directory.of(identities, merged)
        mapping = context.migration.mapping
        self._target = people.Target(
            reader=self._reader,
            people=directory,
            company_types=expect.types_of(mapping, "company"),
            contact_types=expect.types_of(mapping, "contact"),
            references=objects.references(context.warehouse, mapping, merged),
        )
        self._types = expect.types_of(mapping, "conversation")
        self._directory, self._digest_key = directory, self._books.digest_key

    # the workspace

    def furniture(self) -> None:
        declared = self._context.migration.mapping.attributes
        planned = {entry.kind for entry in self._books.of_objects(["workspace"]) if entry.state in WANTED}
        results: list[Compared] = []
        for holder in ("contact", "company"):
            if f"{holder}_attribute" in planned and holder in declared:
                rows = self._reader.rows("/data_attributes", "data", model=holder)
                results += workspace.attributes(holder, declared[holder], rows)
        if "conversation_attribute" in planned:
            rows = self._reader.rows("/conversations/attributes", "data", "attributes", "conversation_attributes")
            results += workspace.attributes("conversation", declared.get("conversation", {}), rows)
        if "tag" in planned:
            staged = furniture(self._context.warehouse).tags
            results += workspace.tags(staged, self._books.identities("tag"), self._reader.rows("/tags", "data", "tags"))
        if "collection" in planned:
            there = list(self._reader.paged("/help_center/collections", "data"))
            results += workspace.collections(self._books.identities("collection"), there)
        self._take(results)

    # records without window

    def companies(self) -> None:
        self._records(Company, "company", lambda row, known: people.company(row, known, self._target))

    def contacts(self) -> None:
        self._records(Contact, "contact", lambda row, known: people.contact(row, known, self._target))

    def articles(self) -> None:
        shelves = self._books.identities("collection")

        def one(row: Article, known: Identity | None) -> Compared:
            path = "/".join(name.replace("/", "∕") for name in row.collection_path)
            shelf = shelves.get(path)
            return people.article(row, known, shelf.intercom_id if shelf else None, self._target)

        self._records(Article, "article", one)

    def custom_objects(self) -> None:
        self._records(CustomObject, "custom_object", lambda row, known: objects.custom_object(row, known, self._reader))

    def redirects(self) -> None:
        targets = self._books.identities("article")

        def one(row: Article, known: Identity | None) -> Compared:
            return objects.redirect(row, known, targets.get(row.external_id), self._reader)

        self._records(Article, "redirect", one)

    def twins(self) -> None:
        self._take(objects.twins(self._books))

    def _records(self, model: type[Row], kind: str, one: Callable[[Row, Identity | None], Compared]) -> None:
        meter = Meter(self._context.progress, f"read back {kind}", 0)
        for rows in records(self._context.warehouse, model):
            known = self._books.identities(kind, [row.external_id for row in rows])
            planned = self._books.operations(f"{kind}:{row.external_id}:0" for row in rows)
            wanted = [row for row in rows if _is_wanted(planned.get(f"{kind}:{row.external_id}:0"))]
            meter.total += len(wanted)
            self._take(self._all(wanted, lambda row, known=known: one(row, known.get(row.external_id)), meter))  # type: ignore[misc]
        meter.finish()

    # conversations

    def threads(self, window: Window) -> None:
        context = self._context
        meter = Meter(
            context.progress, "read back conversations", count_threads(context.warehouse, window, context.only)
        )
        for batch in threads(context.warehouse, window, context.only):
            ids = [entry.conversation.external_id for entry in batch]
            operations = self._books.of_conversations(ids)
            known = self._books.identities("conversation", ids)
            wanted = [entry for entry in batch if _is_planned(operations.get(entry.conversation.external_id, ()))]
            meter.add(len(batch) - len(wanted))

            def one(
                entry: Thread,
                operations: Mapping[str, Sequence[Operation]] = operations,
                known: Mapping[str, Identity] = known,
            ) -> list[Compared]:
                key = entry.conversation.external_id
                return self._thread(entry, operations[key], known.get(key))

            self._take([entry for results in self._all(wanted, one, meter) for entry in results])
        meter.finish()

    def _thread(self, entry: Thread, operations: Sequence[Operation], known: Identity | None) -> list[Compared]:
        row = entry.conversation
        intercom_id = known.intercom_id if known else None
        conversation = ticket = None
        if intercom_id:
            conversation = self._reader.one(f"/conversations/{intercom_id}")
            if row.target_kind == "ticket":
                ticket = self._reader.one(f"/tickets/{intercom_id}")
        if conversation is None and ticket is None:
            return _all_missing(entry, intercom_id)
        return compare_thread(
            expect.thread(row, entry.parts, entry.attachments, operations, self._directory, self._digest_key),
            found.thread(conversation, ticket),
            self._types,
            source_id_attribute=f"{self._context.migration.name}_source_id",
            now=self._context.clock.now(),
            download=self._reader.file,
            references=self._references(entry),
        )

    def _references(self, entry: Thread) -> dict[str, list[str]]:
        """Attribute → custom objects the conversation must refer to."""
        found: dict[str, list[str]] = {}
        for object_type, key in entry.objects:
            name = objects.attribute_of(self._context.migration.mapping, object_type)
            found.setdefault(name, []).append(self._directory.id("custom_object", key) or "unknown to the ledger")
        return found

    # machinery

    def _all(self, items: Iterable[Item], work: Callable[[Item], Result], meter: Meter) -> Iterator[Result]:
        """Results as they come, with no more in flight than there are workers."""
        workers = self._context.migration.mapping.publish.workers
        waiting: set[Future[Result]] = set()
        with ThreadPoolExecutor(workers, thread_name_prefix="reconcile") as pool:
            try:
                for item in items:
                    if self._context.stop.is_set():
                        raise StoppedError("reconcile")
                    waiting.add(pool.submit(work, item))
                    if len(waiting) >= 2 * workers:
                        done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                        yield from _results(done, meter)
                yield from _results(wait(waiting).done, meter)
            except BaseException:
                for future in waiting:
                    future.cancel()
                raise

    def _take(self, results: Iterable[Compared]) -> None:
        kept = list(results)
        self._outcome.add(kept)
        self._book.write(kept)


Result = TypeVar("Result")


def _results(done: Iterable[Future[Result]], meter: Meter) -> Iterator[Result]:
    for future in done:
        meter.add()
        yield future.result()


def merged_records(warehouse: Warehouse) -> dict[str, str]:
    """External id → the contact or inbox that stands for it."""
    found: dict[str, str] = {}
    with warehouse.get_connection() as connection:
        for table in ("contacts", "inboxes"):
            sql = f"select external_id, merged_into from staging.{table} where merged_into is not null"
            found.update(connection.execute(sql).fetchall())
    return found


def _is_wanted(operation: Operation | None) -> bool:
    return operation is not None and operation.state in WANTED


def _is_planned(operations: Sequence[Operation]) -> bool:
    return any(entry.kind == "conversation" and entry.state in WANTED for entry in operations)


def _all_missing(entry: Thread, intercom_id: str | None) -> list[Compared]:
    row = entry.conversation
    gone = [missing("conversations", row.external_id, intercom_id, row.home_window)]
    if row.target_kind == "ticket":
        gone.append(missing("tickets", row.external_id, intercom_id, row.home_window))
    gone += [missing("parts", part.external_id, None, row.home_window) for part in entry.parts if not part.is_opening]
    gone += [missing("attachments", file.external_id, None, row.home_window) for file in entry.attachments]
    return gone
