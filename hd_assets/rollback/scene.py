"""What a rollback works with: the workspace as it is read, the ledger, and what staging says was last sent."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import duckdb

from hd_assets.errors import HdError
from hd_assets.links.sent import as_sent
from hd_assets.publish.context import PublishContext
from hd_assets.publish.desired import Desired
from hd_assets.publish.ledger_read import LedgerReader
from hd_assets.publish.outcomes import RefusedError, StoppedError
from hd_assets.publish.plan import article_batches, record_batches, wanted_furniture, wanted_threads
from hd_assets.publish.resolve import Concrete, MissingReferenceError, Resolver
from hd_assets.publish.staged import threads_of
from hd_assets.rollback.report import Report
from hd_assets.rollback.selection import Selection

Doc = dict[str, Any]
GONE = (404, 410)
_PER_PAGE = 150
_NUMBERED_PER_PAGE = 50
_LISTS = ("data", "companies", "conversations")
_COMPANIES_PER_PAGE = 60


@dataclass
class Scene:
    """One rollback. `released`: (kind, Intercom id) of what is deleted or given back; in a dry run, of what would be.

    Everything else refers to a record or does not; what is released does not count any more.
    """

    context: PublishContext
    selection: Selection
    report: Report
    released: set[tuple[str, str]] = field(default_factory=set)
    # (kind, Intercom id) of what a record that stays refers to
    used: set[tuple[str, str]] = field(default_factory=set)
    _lists: dict[str, list[Doc]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def books(self) -> LedgerReader:
        return self.context.books

    # the workspace

    def one(self, path: str) -> Doc | None:
        """None when nothing stands under that path."""
        try:
            return self.context.client.one(path)
        except RefusedError as fault:
            if fault.status in GONE:
                return None
            raise

    def search(self, what: str, name: str, key: str) -> Iterator[str]:
        """Ids of the contacts, conversations or tickets whose field has the value, all pages."""
        cursor: str | None = None
        query = {"field": name, "operator": "=", "value": key}
        while True:
            pagination: Doc = {"per_page": _PER_PAGE, **({"starting_after": cursor} if cursor else {})}
            body = {"query": query, "pagination": pagination}
            data = self.context.client.search(f"/{what}/search", body, holds=(what, "data")).data
            yield from (str(doc["id"]) for doc in data.get(what) or data.get("data") or [])
            following = (data.get("pages") or {}).get("next")
            cursor = following.get("starting_after") if isinstance(following, dict) else None
            if not cursor:
                return

    def pages(self, path: str, per_page: int = _NUMBERED_PER_PAGE) -> Iterator[Doc]:
        """Documents of a list with numbered pages."""
        page = 1
        while True:
            data = self.context.client.one(path, holds=_LISTS, page=page, per_page=per_page)
            docs = next(data[name] for name in _LISTS if data.get(name) is not None)
            yield from docs
            if len(docs) < per_page:
                return
            page += 1

    def listed(self, path: str) -> list[Doc]:
        """A whole list, kept for the stage that asks."""
        with self._lock:
            if path not in self._lists:
                self._lists[path] = list(self.pages(path))
            return self._lists[path]

    def companies(self) -> list[Doc]:
        """Companies that have a contact; the others are in no list."""
        with self._lock:
            if "companies" not in self._lists:
                found: list[Doc] = []
                for page in itertools.count(1):
                    query = {"page": page, "per_page": _COMPANIES_PER_PAGE}
                    docs = self.context.client.search("/companies/list", {}, holds=("data",), **query).data["data"]
                    found += docs
                    if len(docs) < _COMPANIES_PER_PAGE:
                        break
                self._lists["companies"] = found
            return self._lists["companies"]

    def forget_lists(self) -> None:
        """A new stage looks again."""
        with self._lock:
            self._lists.clear()

    def wait_until(self, moment: float) -> None:
        """In small steps, so that a stop is heard."""
        clock = self.context.clock
        while clock.now() < moment:
            if self.context.stopping:
                raise StoppedError("rollback")
            clock.sleep(min(moment - clock.now(), 1.0))

    # ours

    def is_ours(self, kind: str, intercom_id: str) -> bool:
        return any(known.kind == kind for known in self.books.records_of(intercom_id))

    def conversations_of(self, company: str) -> list[str]:
        """Intercom ids of our conversations that staging puts into a company, as far as they are not released."""
        try:
            with self.context.warehouse.get_connection() as connection:
                sql = "select external_id from staging.conversations where company = $company"
                staged = [row[0] for row in connection.execute(sql, {"company": company}).fetchall()]
        except (duckdb.Error, HdError):
            return []
        known = self.books.identities("conversation", staged)
        return [
            entry.intercom_id for entry in known.values() if ("conversation", entry.intercom_id) not in self.released
        ]

    def referring_to(self, custom_object: str) -> list[str] | None:
        """Kinds of our records that staging lets refer to it, as far as they are not released; None when staging does
        not hold it (any more)."""
        sql = "select conversations, contacts from staging.custom_objects where external_id = $key"
        try:
            with self.context.warehouse.get_connection() as connection:
                row = connection.execute(sql, {"key": custom_object}).fetchone()
        except (duckdb.Error, HdError):
            return None
        if row is None:
            return None
        people = [self.context.rules.standing_for(person) for person in row[1] or []]
        return [
            kind
            for kind, keys in (("conversation", row[0] or []), ("contact", people))
            for entry in self.books.identities(kind, keys).values()
            if (kind, entry.intercom_id) not in self.released
        ]

    def note_used(self, doc: Mapping[str, Any]) -> None:
        """What a contact or conversation that stays refers to: its company, and instances in lists of references."""
        company = (doc.get("company") or {}).get("id")
        if company is not None:
            self.used.add(("company", str(company)))
        for value in (doc.get("custom_attributes") or {}).values():
            if isinstance(value, list):
                self.used.update(("custom_object", str(entry)) for entry in value)

    # what staging says was sent

    def sent_to(self, conversations: Iterable[str]) -> dict[str, dict[str, Concrete]]:
        """Conversation → key of an operation → what was last sent; only where staging still gives exactly that."""
        wanted = list(conversations)
        try:
            staged = threads_of(self.context.warehouse, wanted)
            entries, known = wanted_threads(self.context, staged)
        except (duckdb.Error, HdError):
            return {}
        resolver = Resolver(self.books, self.context.stores.files)
        found: dict[str, dict[str, Concrete]] = {}
        for entry in entries:
            row = known.get(entry.key)
            if row is None or row.payload_digest != entry.payload_digest:
                continue
            try:
                request = as_sent(entry.request, row.sent_links, self.books.digest_key)
                found.setdefault(entry.conversation, {})[entry.key] = resolver.concrete(request, with_files=False)
            except MissingReferenceError:
                continue
        return found

    def staged_articles(self) -> dict[str, Desired]:
        """Key → what staging would send now, of all articles."""
        try:
            return {entry.key: entry for batch in article_batches(self.context) for entry in batch}
        except (duckdb.Error, HdError):
            return {}

    def staged_records(self, keys: set[str]) -> dict[str, Desired]:
        """What staging would send now for these keys of records."""
        if not keys:
            return {}
        try:
            entries = (entry for batch in record_batches(self.context) for entry in batch)
            return {entry.key: entry for entry in entries if entry.key in keys}
        except (duckdb.Error, HdError):
            return {}

    def staged_definitions(self) -> dict[str, Desired]:
        try:
            return {entry.key: entry for entry in wanted_furniture(self.context)}
        except (duckdb.Error, HdError):
            return {}
