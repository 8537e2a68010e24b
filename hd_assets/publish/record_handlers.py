"""How companies, contacts, their links and articles are sent; adopted records keep what they held before."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hd_assets.publish.job import AmbiguousError, Attempt, Done, Handler
from hd_assets.publish.ledger import Statement, record_prior
from hd_assets.publish.outcomes import RefusedError, UnknownError
from hd_assets.publish.threads_read import plain

Doc = dict[str, Any]
# The two clocks may differ by so much; nobody but us writes our external ids.
CLOCK_SKEW_SECONDS = 300
_PEOPLE_PER_PAGE = 50
_ARTICLES_PER_PAGE = 250


class _SentAgain:
    """Kinds whose unknown outcome is settled by sending once more."""

    repeatable = True

    def look(self, _: Attempt) -> Done | None:
        return None

    def look_elsewhere(self, _: Attempt) -> Done | None:
        return None


class Companies(_SentAgain):
    """POST /companies creates or updates by `company_id`; a look beforehand tells created from adopted."""

    def send(self, attempt: Attempt) -> Done:
        origin = self._origin(attempt)
        request = attempt.concrete()
        answer = attempt.client.send("POST", "/companies", request.body)
        key = answer.data.get("id")
        if not key:
            raise UnknownError("the answer names no company", status=answer.status)
        return Done(str(key), origin, updated=attempt.updates)

    def _origin(self, attempt: Attempt) -> str:
        """Durable before the first write: afterwards nobody could tell."""
        ledger = attempt.work.context.ledger
        known = attempt.row.origin
        if known is None and attempt.row.attempts > 1:
            row = ledger.operation(attempt.entry.key)
            known = row.origin if row else None
        if known is not None:
            return known
        found = find_company(attempt, attempt.entry.external_id)
        statements: list[Statement] = []
        origin = "created"
        if found is not None:
            origin = "adopted"
            fields = ("name", "website", "industry", "remote_created_at", "custom_attributes")
            prior = {name: found.get(name) for name in fields}
            statements.append(record_prior("company", str(found["id"]), attempt.work.context.clock.now(), prior))
        statements.append(("update operations set origin = ? where key = ?", (origin, attempt.entry.key)))
        ledger.write(statements)
        return origin


def find_company(attempt: Attempt, company_id: str) -> Doc | None:
    """The destination documents a list and answers a single company; both are read."""
    try:
        data = attempt.client.get("/companies", company_id=company_id).data
    except RefusedError as fault:
        if fault.status == 404:
            return None
        raise
    if "data" in data:
        return next((doc for doc in data["data"] if doc.get("company_id") == company_id), None)
    return data if data.get("company_id") == company_id else None


class Contacts(_SentAgain):
    """POST /contacts; 409 names the record that is already there: ours from a lost answer, or one to adopt."""

    def send(self, attempt: Attempt) -> Done:
        body = attempt.concrete().body
        if attempt.updates and attempt.row.intercom_id:
            if attempt.row.origin == "adopted" and self._is_foreign(attempt, attempt.row.intercom_id):
                body = _only_values(body)
            if body:
                cleared = dict.fromkeys(attempt.work.context.rules.types.get("contact", {}))
                body = {**body, "custom_attributes": {**cleared, **body.get("custom_attributes", {})}}
                attempt.client.send("PUT", f"/contacts/{attempt.row.intercom_id}", body)
            return Done(attempt.row.intercom_id, attempt.row.origin, updated=True)
        try:
            answer = attempt.client.send("POST", "/contacts", body)
        except RefusedError as fault:
            if fault.status != 409:
                raise
            return self._take_over(attempt, body, fault)
        key = answer.data.get("id")
        if not key:
            raise UnknownError("the answer names no contact", status=answer.status)
        return Done(str(key), "created")

    def _take_over(self, attempt: Attempt, body: Doc, fault: RefusedError) -> Done:
        if fault.twin is None:
            raise AmbiguousError("conflict_without_id")
        stored, archived = self._read(attempt, fault.twin, archived=fault.twin_archived)
        intended = attempt.row.intended_at or 0
        ours = stored.get("external_id") == body["external_id"]
        fresh = (stored.get("created_at") or 0) >= intended - CLOCK_SKEW_SECONDS
        # an adoption that was interrupted has left its snapshot
        begun = attempt.work.context.books.rows("select 1 from prior_values where intercom_id = ?", (fault.twin,))
        # before the first sending there was nothing whose answer could be lost
        if attempt.row.attempts > 1 and ours and fresh and not archived and not begun:
            return Done(fault.twin, "created")
        fields = [name for name in body if name != "role"]
        prior = {name: stored.get(name) for name in fields} | {"archived": archived}
        ledger = attempt.work.context.ledger
        ledger.write([record_prior("contact", fault.twin, attempt.work.context.clock.now(), prior)])
        if archived:
            attempt.client.send("POST", f"/contacts/{fault.twin}/unarchive", None)
        foreign = stored.get("external_id") not in (None, "", body["external_id"])
        changes = _only_values(body) if foreign else {name: body[name] for name in fields}
        if changes:
            try:
                attempt.client.send("PUT", f"/contacts/{fault.twin}", changes)
            except RefusedError as second:
                if second.status == 409:
                    raise AmbiguousError("two_contacts") from second
                raise
        return Done(fault.twin, "adopted")

    @staticmethod
    def _read(attempt: Attempt, key: str, *, archived: bool) -> tuple[Doc, bool]:
        """The contact, and whether it was archived; an archived one cannot be read before it is unarchived."""
        if not archived:
            try:
                return attempt.client.get(f"/contacts/{key}").data, False
            except RefusedError as fault:
                if fault.status != 404:
                    raise
        attempt.client.send("POST", f"/contacts/{key}/unarchive", None)
        return attempt.client.get(f"/contacts/{key}").data, True

    @staticmethod
    def _is_foreign(attempt: Attempt, key: str) -> bool:
        stored = attempt.client.get(f"/contacts/{key}").data.get("external_id")
        return stored not in (None, "", attempt.entry.external_id)


def _only_values(body: Doc) -> Doc:
    """What may be written to a record that belongs to another source."""
    values = body.get("custom_attributes")
    return {"custom_attributes": values} if values else {}


class Links:
    """Contact → company. Attaching twice is attaching once; on adopted contacts a link may have been there before."""

    repeatable = True

    def send(self, attempt: Attempt) -> Done:
        contact_id, _, _ = attempt.entry.external_id.partition("/")
        request = attempt.concrete()
        origin = "created"
        if attempt.work.resolver.identity("contact", contact_id).origin == "adopted":
            path = request.path
            if attempt.row.attempts <= 1 and request.body["id"] in set(linked_companies(attempt, path)):
                return Done(request.body["id"], "adopted")
        attempt.client.send(request.method, request.path, request.body)
        return Done(request.body["id"], origin, updated=attempt.updates)

    def look(self, attempt: Attempt) -> Done | None:
        request = attempt.concrete()
        found = request.body["id"] in set(linked_companies(attempt, request.path))
        return Done(request.body["id"], "created") if found else None

    def look_elsewhere(self, attempt: Attempt) -> Done | None:
        return self.look(attempt)


def linked_companies(attempt: Attempt, path: str) -> Iterator[str]:
    """Ids of a contact's companies, all pages."""
    page = 1
    while True:
        data = attempt.client.get(path, page=page, per_page=_PEOPLE_PER_PAGE).data
        docs = data.get("data") or data.get("companies") or []
        yield from (str(doc["id"]) for doc in docs)
        if len(docs) < _PEOPLE_PER_PAGE:
            return
        page += 1


class Articles:
    """POST /articles, one at a time: there is no key of ours and titles repeat."""

    repeatable = False

    def send(self, attempt: Attempt) -> Done:
        body = attempt.concrete().body
        if attempt.updates and attempt.row.intercom_id:
            # the description wants a number at creation and a text here
            parent = {"parent_id": str(body["parent_id"])} if "parent_id" in body else {}
            attempt.client.send("PUT", f"/articles/{attempt.row.intercom_id}", {**body, **parent})
            return Done(attempt.row.intercom_id, updated=True)
        answer = attempt.client.send("POST", "/articles", body)
        key = answer.data.get("id")
        if not key:
            raise UnknownError("the answer names no article", status=answer.status)
        return Done(str(key), "created")

    def look(self, attempt: Attempt) -> Done | None:
        return self._claim(attempt, self._listed(attempt))

    def look_elsewhere(self, attempt: Attempt) -> Done | None:
        phrase = attempt.entry.request.body["title"]
        data = attempt.client.get("/articles/search", phrase=phrase, state="all").data.get("data") or {}
        return self._claim(attempt, iter(data.get("articles") or []))

    @staticmethod
    def _listed(attempt: Attempt) -> Iterator[Doc]:
        page = 1
        while True:
            docs = attempt.client.get("/articles", page=page, per_page=_ARTICLES_PER_PAGE).data.get("data") or []
            yield from docs
            if len(docs) < _ARTICLES_PER_PAGE:
                return
            page += 1

    @staticmethod
    def _claim(attempt: Attempt, found: Iterator[Doc]) -> Done | None:
        body = attempt.concrete().body
        books, work = attempt.work.context.books, attempt.work
        if attempt.updates:
            same = any(str(doc["id"]) == attempt.row.intercom_id and _same_article(doc, body) for doc in found)
            return Done(attempt.row.intercom_id, updated=True) if same else None
        with work.claiming:
            for doc in found:
                key = str(doc["id"])
                known = any(identity.kind == "article" for identity in books.records_of(key))
                if _same_article(doc, body) and not known and key not in work.claimed:
                    work.claimed.add(key)
                    return Done(key, "created")
        return None


def _same_article(doc: Doc, body: Doc) -> bool:
    return (
        doc.get("title") == body["title"]
        and doc.get("author_id") == body["author_id"]
        and plain(doc.get("body")) == plain(body.get("body"))
    )


def record_handlers() -> dict[str, Handler]:
    return {"company": Companies(), "contact": Contacts(), "contact_company": Links(), "article": Articles()}
