"""Definitions and records of a workspace, recognised by name or by the ids the migration gave them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from hd_assets.errors import BlockedError
from hd_assets.publish.adopt_read import Adopting, attempt_of
from hd_assets.publish.catalog import Catalog
from hd_assets.publish.desired import Desired, key_of
from hd_assets.publish.knowledge_handlers import article_signature
from hd_assets.publish.ledger import Statement
from hd_assets.publish.ledger_read import Operation
from hd_assets.publish.matching import match
from hd_assets.publish.outcomes import RefusedError
from hd_assets.publish.payloads import Request
from hd_assets.publish.people_handlers import find_company
from hd_assets.publish.plan import record_batches, wanted_furniture
from hd_assets.publish.record_handlers import record_handlers
from hd_assets.publish.resolve import MissingReferenceError
from hd_assets.publish.staged import furniture
from hd_assets.publish.work import AmbiguousError, Work
from hd_assets.publish.workspace_handlers import Definition, workspace_handlers

Doc = dict[str, Any]
_CONTACTS_PER_PAGE = 150
_COMPANIES_PER_PAGE = 60
_ARTICLES_PER_PAGE = 250
# what was sent for a record that is known by its id does not matter
_NO_REQUEST = Request("", "", {})


def adopt_definitions(adopting: Adopting) -> None:
    """Who stands for whom, and which attributes, tags, types and collections are there and complete."""
    context, work = adopting.context, adopting.work()
    catalog = Catalog(work.context.client)
    matches = match(context.migration, furniture(context.warehouse), catalog)
    if matches.blocking:
        told = "; ".join(f"{problem.kind} {problem.name}: {problem.sentence}" for problem in matches.blocking[:5])
        raise BlockedError(
            f"the workspace does not fit the migration: {told}",
            where=f"target {context.target} at {context.client.base_url}",
            mend="; ".join(dict.fromkeys(problem.mend for problem in matches.blocking[:5])),
        )
    context.ledger.write(matches.statements(context.ledger.run_no))
    handlers = workspace_handlers(catalog)
    wanted = wanted_furniture(context)
    known = context.books.operations(entry.key for entry in wanted)
    for entry in wanted:
        handler = handlers[entry.kind]
        attempt = attempt_of(work, entry, known[entry.key])
        try:
            body = attempt.concrete().body
            doc = handler.find(attempt, body, fresh=False) if isinstance(handler, Definition) else None
        except MissingReferenceError:
            doc = None
        except AmbiguousError as fault:
            context.ledger.write(list(adopting.held(entry, str(fault), fault.evidence)))
            continue
        if doc is None or not isinstance(handler, Definition) or handler.lacks(doc, body):
            adopting.missing(entry)
            continue
        key, origin = str(doc["id"]), adopting.origin(doc)
        work.resolver.learn(entry.kind, entry.external_id, key, origin)
        more = handler.identities(attempt, doc)
        context.ledger.write(list(adopting.applied(entry, intercom_id=key, origin=origin, statements=more)))


def adopt_records(adopting: Adopting) -> None:
    """Contacts from their list; everything else record by record, batch after batch."""
    _adopt_contacts(adopting)
    articles = _Articles(adopting)
    for batch in record_batches(adopting.context):
        work = adopting.work()
        known = work.context.books.operations(entry.key for entry in batch)
        work.resolver.prefetch(entry.request for entry in batch)
        statements: list[Statement] = []
        for entry in batch:
            row = known[entry.key]
            if row.state == "planned":
                statements += _record(adopting, work, entry, row, articles)
                if len(statements) > 500:
                    adopting.context.ledger.write(statements)
                    statements = []
        adopting.context.ledger.write(statements)
    _strange_companies(adopting)


def _record(adopting: Adopting, work: Work, entry: Desired, row: Operation, articles: _Articles) -> list[Statement]:
    attempt = attempt_of(work, entry, row, "created")
    try:
        if entry.kind == "company":
            doc = find_company(attempt, entry.external_id)
            if doc is not None:
                work.resolver.learn("company", entry.external_id, str(doc["id"]))
                return list(adopting.applied(entry, intercom_id=str(doc["id"]), origin=adopting.origin(doc)))
        elif entry.kind == "article":
            signature = article_signature(work, attempt.concrete().body)
            found = articles.claim(signature)
            if found is not None:
                work.resolver.learn("article", entry.external_id, found)
                return list(adopting.applied(entry, intercom_id=found, sent_digest=signature))
        elif entry.kind != "contact":
            done = record_handlers()[entry.kind].look(attempt)
            if done is not None:
                origin = _origin_by_owner(work, entry) or done.origin
                return list(
                    adopting.applied(entry, intercom_id=done.intercom_id, origin=origin, statements=done.statements)
                )
    except (MissingReferenceError, RefusedError):
        pass
    except AmbiguousError as fault:
        return list(adopting.held(entry, str(fault), fault.evidence))
    adopting.missing(entry)
    return []


def _origin_by_owner(work: Work, entry: Desired) -> str | None:
    """What hangs on an adopted contact may have hung there before; nobody can tell any more."""
    owner = entry.external_id.partition("/")[0]
    if entry.kind not in ("contact_company", "contact_object"):
        return None
    return work.resolver.identity("contact", owner).origin


# contacts


def _adopt_contacts(adopting: Adopting) -> None:
    context = adopting.context
    prefix = f"{context.migration.name}-"
    for docs in _contact_pages(adopting):
        ours = {str(doc["external_id"]): doc for doc in docs if str(doc.get("external_id") or "").startswith(prefix)}
        rows = context.books.operations(key_of("contact", key) for key in ours)
        statements: list[Statement] = []
        for key, doc in ours.items():
            row = rows.get(key_of("contact", key))
            if row is None:
                adopting.findings.add_strange("contacts", str(doc["id"]))
            else:
                statements += _found(adopting, row, doc, adopting.origin(doc))
        statements += _of_others(adopting, [doc for doc in docs if str(doc.get("external_id") or "") not in ours])
        context.ledger.write(statements)


def _found(adopting: Adopting, row: Operation, doc: Doc, origin: str) -> Iterator[Statement]:
    entry = Desired(
        row.key,
        row.kind,
        row.object,
        row.external_id,
        row.position,
        row.source_digest,
        _NO_REQUEST,
        row.payload_digest,
    )
    yield from adopting.applied(entry, intercom_id=str(doc["id"]), origin=origin)


def _of_others(adopting: Adopting, docs: Sequence[Doc]) -> Iterator[Statement]:
    """Contacts that bear another source's id and were adopted by their address: known by the values we gave them."""
    foreign = {str(doc["email"]).casefold(): doc for doc in docs if doc.get("email") and doc.get("external_id")}
    if not foreign:
        return
    context = adopting.context
    sql = "select external_id, lower(email) from staging.contacts where merged_into is null and lower(email) = any($of)"
    with context.warehouse.get_connection() as connection:
        staged = connection.execute(sql, {"of": sorted(foreign)}).fetchall()
    rows = context.books.operations(key_of("contact", key) for key, _ in staged)
    marked = set(context.rules.types.get("contact", {}))
    for key, email in staged:
        row, doc = rows.get(key_of("contact", key)), foreign[email]
        values = {name for name, value in (doc.get("custom_attributes") or {}).items() if value is not None}
        if row is not None and row.state == "planned" and (not marked or marked & values):
            yield from _found(adopting, row, doc, "adopted")


def _contact_pages(adopting: Adopting) -> Iterator[list[Doc]]:
    cursor: str | None = None
    while True:
        query: Doc = {"per_page": _CONTACTS_PER_PAGE, **({"starting_after": cursor} if cursor else {})}
        data = adopting.context.client.get("/contacts", holds=("data",), **query).data
        yield data["data"]
        following = (data.get("pages") or {}).get("next")
        cursor = following.get("starting_after") if isinstance(following, dict) else None
        if not cursor:
            return


# companies and articles


def _strange_companies(adopting: Adopting) -> None:
    """Companies of the migration that staging does not have; those without a contact are in no list."""
    context, page = adopting.context, 1
    prefix = f"{context.migration.name}-"
    while True:
        query = {"page": page, "per_page": _COMPANIES_PER_PAGE}
        docs = context.client.search("/companies/list", {}, holds=("data",), **query).data["data"]
        ours = {str(doc.get("company_id")): str(doc["id"]) for doc in docs}
        ours = {key: found for key, found in ours.items() if key.startswith(prefix)}
        rows = context.books.operations(key_of("company", key) for key in ours)
        for key, found in ours.items():
            if key_of("company", key) not in rows:
                adopting.findings.add_strange("companies", found)
        if len(docs) < _COMPANIES_PER_PAGE:
            return
        page += 1


class _Articles:
    """Articles made since the migration began, by a digest of title, author and text. Equal ones are alike."""

    def __init__(self, adopting: Adopting) -> None:
        self._adopting = adopting
        self._free: dict[str, list[str]] | None = None

    def claim(self, signature: str) -> str | None:
        if self._free is None:
            self._free = self._read()
        free = self._free.get(signature)
        return free.pop(0) if free else None

    def _read(self) -> dict[str, list[str]]:
        work, free, page = self._adopting.work(), dict[str, list[str]](), 1
        while True:
            client = self._adopting.context.client
            docs = client.one("/articles", holds=("data",), page=page, per_page=_ARTICLES_PER_PAGE)["data"]
            for doc in docs:
                if self._adopting.origin(doc) == "created":
                    free.setdefault(article_signature(work, doc), []).append(str(doc["id"]))
            if len(docs) < _ARTICLES_PER_PAGE:
                return {signature: sorted(ids, key=int) for signature, ids in free.items()}
            page += 1
