"""How companies, contacts and their links are sent; adopted records keep what they held before."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from hd_assets.publish.changes import contains
from hd_assets.publish.ledger import Statement, record_prior
from hd_assets.publish.merged import prior_of
from hd_assets.publish.outcomes import RefusedError, UnknownError
from hd_assets.publish.work import AmbiguousError, Attempt, Done, Kind

Doc = dict[str, Any]
_PEOPLE_PER_PAGE = 50
_COMPANY_FIELDS = ("name", "website", "industry", "remote_created_at", "custom_attributes")
# Emptied in the source: a company's texts take no null, a contact's do; an address can only be replaced.
_COMPANY_EMPTY: Doc = {"website": "", "industry": ""}
_CONTACT_EMPTY: Doc = {"name": None, "phone": None, "signed_up_at": None}


class Companies(Kind):
    """POST /companies creates or updates by `company_id`; a look beforehand tells created from adopted."""

    def send(self, attempt: Attempt) -> Done:
        origin = attempt.known_origin() or self._origin(attempt)
        answer = attempt.client.send("POST", "/companies", self._body(attempt, origin))
        key = answer.data.get("id")
        if not key:
            raise UnknownError("the answer names no company", status=answer.status)
        return Done(str(key), origin, updated=attempt.updates)

    def look(self, attempt: Attempt) -> Done | None:
        origin = attempt.known_origin()
        if origin is None:
            # it died before the look that comes before the first write
            return None
        found = find_company(attempt, attempt.entry.external_id)
        if found is None or not _holds(found, self._body(attempt, origin)):
            return None
        return Done(str(found["id"]), origin, updated=attempt.updates)

    @staticmethod
    def _body(attempt: Attempt, origin: str) -> Doc:
        return _with_emptied(attempt, attempt.concrete().body, "company", _COMPANY_EMPTY, ours=origin == "created")

    @staticmethod
    def _origin(attempt: Attempt) -> str:
        found = find_company(attempt, attempt.entry.external_id)
        if found is None:
            return attempt.decide_origin("created")
        prior = {name: found.get(name) for name in _COMPANY_FIELDS}
        now = attempt.work.context.clock.now()
        return attempt.decide_origin("adopted", [record_prior("company", str(found["id"]), now, prior)])


def find_company(attempt: Attempt, company_id: str) -> Doc | None:
    """The destination documents a list and answers a single company; both are read."""
    try:
        data = attempt.client.one("/companies", holds=("id", "data"), company_id=company_id)
    except RefusedError as fault:
        if fault.status == 404:
            return None
        raise
    if "data" in data:
        return next((doc for doc in data["data"] if doc.get("company_id") == company_id), None)
    return data if data.get("company_id") == company_id else None


def _with_emptied(attempt: Attempt, body: Doc, holder: str, empty: Mapping[str, Any], *, ours: bool) -> Doc:
    """An update says what the source has emptied since. What an adopted record held of its own is left alone."""
    if not attempt.updates:
        return body
    cleared = dict.fromkeys(attempt.work.context.rules.types.get(holder, {}))
    values = {**cleared, **body.get("custom_attributes", {})}
    return {**(empty if ours else {}), **body, **({"custom_attributes": values} if values else {})}


def _holds(stored: Doc, body: Doc) -> bool:
    """Whether a contact or company says what the body says, as far as the destination shows it unchanged."""
    values = stored.get("custom_attributes") or {}
    for name, value in body.items():
        if name == "custom_attributes":
            if not all(contains(values.get(key), wanted) for key, wanted in value.items()):
                return False
        elif name != "role" and _bare(name, stored.get(name)) != _bare(name, value):
            return False
    return True


def _bare(name: str, value: Any) -> Any:
    if value in (None, ""):
        return None
    if name == "email":
        return str(value).casefold()
    if name == "phone":
        return "".join(character for character in str(value) if character.isalnum())
    return value


class Contacts(Kind):
    """POST /contacts; 409 names the record that is already there: ours from a lost answer, or one to adopt."""

    def send(self, attempt: Attempt) -> Done:
        body = attempt.concrete().body
        if attempt.updates and attempt.row.intercom_id:
            changes = self._changes(attempt, body)
            if changes:
                attempt.client.send("PUT", f"/contacts/{attempt.row.intercom_id}", changes)
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

    def look(self, attempt: Attempt) -> Done | None:
        """Only of an update: a lost creation is settled by creating again, which names the one that is there."""
        row = attempt.row
        if not attempt.updates or not row.intercom_id:
            return None
        stored = attempt.client.one(f"/contacts/{row.intercom_id}")
        changes = self._changes(attempt, attempt.concrete().body)
        return Done(row.intercom_id, row.origin, updated=True) if _holds(stored, changes) else None

    def _changes(self, attempt: Attempt, body: Doc) -> Doc:
        if attempt.row.origin == "adopted":
            if self._is_foreign(attempt, attempt.row.intercom_id or ""):
                body = _only_values(body)
            return _with_emptied(attempt, body, "contact", {}, ours=False) if body else {}
        return _with_emptied(attempt, body, "contact", _CONTACT_EMPTY, ours=True)

    def _take_over(self, attempt: Attempt, body: Doc, fault: RefusedError) -> Done:
        if fault.twin is None:
            raise AmbiguousError("conflict_without_id")
        books, twin = attempt.work.context.books, fault.twin
        # an adoption that was interrupted has left its snapshot
        begun = books.rows("select document from prior_values where kind = 'contact' and intercom_id = ?", (twin,))
        stored, archived = self._read(attempt, twin, archived=fault.twin_archived, begun=bool(begun))
        ours = stored.get("external_id") == body["external_id"]
        # before the first sending there was nothing whose answer could be lost
        if attempt.row.attempts > 1 and ours and not archived and not begun and attempt.is_fresh(stored["created_at"]):
            return Done(twin, "created")
        self._keep_prior(attempt, twin, stored, archived=archived, begun=begun)
        foreign = stored.get("external_id") not in (None, "", body["external_id"])
        changes = _only_values(body) if foreign else {name: value for name, value in body.items() if name != "role"}
        if changes:
            try:
                attempt.client.send("PUT", f"/contacts/{twin}", changes)
            except RefusedError as second:
                if second.status == 409:
                    raise AmbiguousError("two_contacts", first=twin, second=second.twin) from second
                raise
        return Done(twin, "adopted")

    @staticmethod
    def _read(attempt: Attempt, key: str, *, archived: bool, begun: bool) -> tuple[Doc, bool]:
        """The contact, and whether it was archived; an archived one cannot be read before it is unarchived."""
        if not archived:
            try:
                return attempt.client.one(f"/contacts/{key}"), False
            except RefusedError as fault:
                if fault.status != 404:
                    raise
        if not begun:
            # durable before the first write: once it is out of the archive nobody could tell
            context = attempt.work.context
            context.ledger.write([record_prior("contact", key, context.clock.now(), _ARCHIVED)])
        attempt.client.send("POST", f"/contacts/{key}/unarchive", None)
        return attempt.client.one(f"/contacts/{key}"), True

    @staticmethod
    def _keep_prior(attempt: Attempt, key: str, stored: Doc, *, archived: bool, begun: list[tuple[Any, ...]]) -> None:
        """The whole record as it was, once: later updates may write fields that the first one does not."""
        context = attempt.work.context
        noted = json.loads(begun[0][0]) if begun else None
        if noted is not None and noted != _ARCHIVED:
            return
        linked = sorted(linked_companies(attempt, f"/contacts/{key}/companies"))
        prior = {**prior_of(stored, archived=archived or noted is not None), "companies": linked}
        forget: Statement = ("delete from prior_values where kind = 'contact' and intercom_id = ?", (key,))
        context.ledger.write([forget, record_prior("contact", key, context.clock.now(), prior)])

    @staticmethod
    def _is_foreign(attempt: Attempt, key: str) -> bool:
        stored = attempt.client.one(f"/contacts/{key}").get("external_id")
        return stored not in (None, "", attempt.entry.external_id)


_ARCHIVED: Doc = {"archived": True}


def _only_values(body: Doc) -> Doc:
    """What may be written to a record that belongs to another source."""
    values = body.get("custom_attributes")
    return {"custom_attributes": values} if values else {}


class Links(Kind):
    """Contact → company. Attaching twice is attaching once; on adopted contacts a link may have been there before."""

    def send(self, attempt: Attempt) -> Done:
        request = attempt.concrete()
        origin = attempt.known_origin()
        if origin is None and self._is_adopted(attempt):
            there = request.body["id"] in set(linked_companies(attempt, request.path))
            origin = attempt.decide_origin("adopted" if there else "created")
        if origin != "adopted" or attempt.updates:
            attempt.client.send(request.method, request.path, request.body)
        return Done(request.body["id"], origin or "created", updated=attempt.updates)

    def look(self, attempt: Attempt) -> Done | None:
        request = attempt.concrete()
        origin = attempt.known_origin()
        if origin is None and self._is_adopted(attempt):
            # it died before the look that comes before the first write
            return None
        if request.body["id"] not in set(linked_companies(attempt, request.path)):
            return None
        return Done(request.body["id"], origin or "created", updated=attempt.updates)

    @staticmethod
    def _is_adopted(attempt: Attempt) -> bool:
        contact_id, _, _ = attempt.entry.external_id.partition("/")
        return attempt.work.resolver.identity("contact", contact_id).origin == "adopted"


def linked_companies(attempt: Attempt, path: str) -> Iterator[str]:
    """Ids of a contact's companies, all pages."""
    page = 1
    while True:
        data = attempt.client.one(path, holds=("data", "companies"), page=page, per_page=_PEOPLE_PER_PAGE)
        docs = data.get("data") or data.get("companies") or []
        yield from (str(doc["id"]) for doc in docs)
        if len(docs) < _PEOPLE_PER_PAGE:
            return
        page += 1
