"""How definitions come into the workspace: found by name and adopted, else created; lists get their missing options."""

from __future__ import annotations

from typing import Any

from hd_assets.publish.catalog import Catalog, fold, type_attributes
from hd_assets.publish.job import AmbiguousError, Attempt, Done, Handler
from hd_assets.publish.ledger import Statement, record_identity
from hd_assets.publish.outcomes import UnknownError
from hd_assets.publish.payloads import STAND_IN

Doc = dict[str, Any]


class Definition:
    """A record that is known by its name."""

    repeatable = False

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog

    def send(self, attempt: Attempt) -> Done:
        request = attempt.concrete()
        found = self.find(attempt, request.body, fresh=False)
        if found is None:
            created = self.create(attempt, request.path, request.body)
            return Done(str(created["id"]), "created", statements=self.identities(attempt, created))
        completed = self.complete(attempt, found, request.body)
        origin = attempt.row.origin or "adopted"
        return Done(str(found["id"]), origin, updated=attempt.updates, statements=self.identities(attempt, completed))

    def create(self, attempt: Attempt, path: str, body: Doc) -> Doc:
        answer = attempt.client.send("POST", path, body)
        if not answer.data.get("id"):
            raise UnknownError("the answer names no id", status=answer.status)
        self.catalog.lists.setdefault(attempt.entry.kind, []).append(answer.data)
        return answer.data

    def look(self, attempt: Attempt) -> Done | None:
        found = self.find(attempt, attempt.concrete().body, fresh=True)
        if found is None:
            return None
        return Done(str(found["id"]), "created", statements=self.identities(attempt, found))

    def look_elsewhere(self, attempt: Attempt) -> Done | None:
        return self.look(attempt)

    def find(self, attempt: Attempt, body: Doc, *, fresh: bool) -> Doc | None:
        docs = self.catalog.live(attempt.entry.kind, fresh=fresh)
        return _only([doc for doc in docs if fold(str(doc.get("name"))) == fold(body["name"])])

    def complete(self, attempt: Attempt, found: Doc, body: Doc) -> Doc:  # noqa: ARG002 - for kinds with options
        """Give the existing definition what ours needs; answers it as it is then."""
        return found

    def identities(self, attempt: Attempt, doc: Doc) -> list[Statement]:  # noqa: ARG002 - for kinds with options
        """Further ids that the definition brings."""
        return []


class PeopleAttribute(Definition):
    """Custom data of contacts and companies."""

    def complete(self, attempt: Attempt, found: Doc, body: Doc) -> Doc:
        wanted = [option["value"] for option in body.get("options", [])]
        options = [_label(option) for option in found.get("options") or []]
        missing = [label for label in wanted if label not in options]
        if missing:
            values = [{"value": label} for label in [*options, *missing]]
            return attempt.client.send("PUT", f"/data_attributes/{found['id']}", {"options": values}).data
        return found


class ConversationAttribute(Definition):
    """Custom data of conversations."""

    def complete(self, attempt: Attempt, found: Doc, body: Doc) -> Doc:
        live = [option["label"] for option in found.get("options") or [] if not option.get("archived")]
        for option in body.get("options", []):
            if option["label"] not in live:
                path = f"/conversations/attributes/{found['id']}/options"
                attempt.client.send("POST", path, {"label": option["label"]})
        return found


class TicketType(Definition):
    """The customer ticket type conversations are converted to."""


class TicketAttribute(Definition):
    """An attribute of that type; the ids of its list items are what values refer to."""

    def find(self, attempt: Attempt, body: Doc, *, fresh: bool) -> Doc | None:
        key = attempt.work.resolver.id("ticket_type", STAND_IN)
        for kind in self.catalog.listed("ticket_type", fresh=fresh):
            if str(kind["id"]) == key:
                live = [doc for doc in type_attributes(kind) if not doc.get("archived")]
                return _only([doc for doc in live if fold(str(doc.get("name"))) == fold(body["name"])])
        return None

    def complete(self, attempt: Attempt, found: Doc, body: Doc) -> Doc:
        wanted = body.get("list_items", "").split(",") if body.get("list_items") else []
        known = [_label(option) for option in _options(found)]
        missing = [label for label in wanted if label not in known]
        if missing:
            key = attempt.work.resolver.id("ticket_type", STAND_IN)
            changes = {"list_items": ",".join([*known, *missing])}
            return attempt.client.send("PUT", f"/ticket_types/{key}/attributes/{found['id']}", changes).data
        return found

    def identities(self, attempt: Attempt, doc: Doc) -> list[Statement]:
        name, run_no = attempt.entry.external_id, attempt.work.context.ledger.run_no
        found = []
        for option in _options(doc):
            key = f"{name}/{_label(option)}"
            attempt.work.resolver.learn("ticket_option", key, str(option["id"]))
            found.append(record_identity("ticket_option", key, str(option["id"]), "matched", run_no))
        return found


class TagDefinition(Definition):
    """POST /tags finds or creates by name, so it may be repeated."""

    repeatable = True


class Collection(Definition):
    """A folder of the help centre, known by name and parent."""

    def find(self, attempt: Attempt, body: Doc, *, fresh: bool) -> Doc | None:  # noqa: ARG002 - found by parent
        parent = body.get("parent_id")
        docs = self.catalog.live("collection", fresh=fresh)
        same = [doc for doc in docs if fold(str(doc.get("name"))) == fold(body["name"])]
        return _only([doc for doc in same if str(doc.get("parent_id") or "") == str(parent or "")])


def _only(found: list[Doc]) -> Doc | None:
    if len(found) > 1:
        raise AmbiguousError("name_twice")
    return found[0] if found else None


def _options(attribute: Doc) -> list[Doc]:
    """List items; the description does not say under which name they come."""
    options = attribute.get("input_options") or {}
    return list(options.get("list_options") or options.get("list_items") or options.get("options") or [])


def _label(option: Any) -> str:
    if isinstance(option, dict):
        return str(option.get("label") or option.get("value") or option.get("name"))
    return str(option)


def workspace_handlers(catalog: Catalog) -> dict[str, Handler]:
    people = PeopleAttribute(catalog)
    return {
        "contact_attribute": people,
        "company_attribute": people,
        "conversation_attribute": ConversationAttribute(catalog),
        "ticket_type": TicketType(catalog),
        "ticket_attribute": TicketAttribute(catalog),
        "tag": TagDefinition(catalog),
        "collection": Collection(catalog),
    }
