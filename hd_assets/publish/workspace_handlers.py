"""How definitions come into the workspace: found by name and adopted, else created; lists get their missing options."""

from __future__ import annotations

from typing import Any

from hd_assets.publish.catalog import Catalog, fold, type_attributes
from hd_assets.publish.ledger import Statement, record_identity
from hd_assets.publish.outcomes import UnknownError
from hd_assets.publish.payloads import STAND_IN
from hd_assets.publish.work import AmbiguousError, Attempt, Done, Handler, Kind

Doc = dict[str, Any]


class Definition(Kind):
    """A record that is known by its name."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog

    def repeatable(self, attempt: Attempt) -> bool:
        """Completing one that was there before does no harm twice; a second creation would make a second one."""
        return attempt.known_origin() == "adopted"

    def send(self, attempt: Attempt) -> Done:
        request = attempt.concrete()
        found = self.find(attempt, request.body, fresh=False)
        origin = attempt.known_origin() or attempt.decide_origin("created" if found is None else "adopted")
        if found is None:
            created = self.create(attempt, request.path, request.body)
            return Done(str(created["id"]), "created", statements=self.identities(attempt, created))
        completed = self.complete(attempt, found, request.body)
        return Done(str(found["id"]), origin, updated=attempt.updates, statements=self.identities(attempt, completed))

    def create(self, attempt: Attempt, path: str, body: Doc) -> Doc:
        answer = attempt.client.send("POST", path, body)
        if not answer.data.get("id"):
            raise UnknownError("the answer names no id", status=answer.status)
        self.catalog.lists.setdefault(attempt.entry.kind, []).append(answer.data)
        return answer.data

    def look(self, attempt: Attempt) -> Done | None:
        body, origin = attempt.concrete().body, attempt.known_origin()
        found = self.find(attempt, body, fresh=True)
        if found is None or origin is None or self.lacks(found, body):
            return None
        return Done(str(found["id"]), origin, updated=attempt.updates, statements=self.identities(attempt, found))

    def find(self, attempt: Attempt, body: Doc, *, fresh: bool) -> Doc | None:
        docs = self.catalog.live(attempt.entry.kind, fresh=fresh)
        return _only([doc for doc in docs if fold(str(doc.get("name"))) == fold(body["name"])])

    def lacks(self, found: Doc, body: Doc) -> list[str]:  # noqa: ARG002 - for kinds with options
        """Labels that the existing definition does not offer yet."""
        return []

    def complete(self, attempt: Attempt, found: Doc, body: Doc) -> Doc:  # noqa: ARG002 - for kinds with options
        """Give the existing definition what ours needs; answers it as it is then."""
        return found

    def identities(self, attempt: Attempt, doc: Doc) -> list[Statement]:  # noqa: ARG002 - for kinds with options
        """Further ids that the definition brings."""
        return []


class PeopleAttribute(Definition):
    """Custom data of contacts and companies."""

    def lacks(self, found: Doc, body: Doc) -> list[str]:
        options = [_label(option) for option in found.get("options") or []]
        return [option["value"] for option in body.get("options", []) if option["value"] not in options]

    def complete(self, attempt: Attempt, found: Doc, body: Doc) -> Doc:
        missing = self.lacks(found, body)
        if missing:
            options = [_label(option) for option in found.get("options") or []]
            values = [{"value": label} for label in [*options, *missing]]
            return attempt.client.send("PUT", f"/data_attributes/{found['id']}", {"options": values}).data
        return found


class ConversationAttribute(Definition):
    """Custom data of conversations."""

    def repeatable(self, attempt: Attempt) -> bool:  # noqa: ARG002 - never: an option can be added twice
        return False

    def lacks(self, found: Doc, body: Doc) -> list[str]:
        live = [option["label"] for option in found.get("options") or [] if not option.get("archived")]
        return [option["label"] for option in body.get("options", []) if option["label"] not in live]

    def complete(self, attempt: Attempt, found: Doc, body: Doc) -> Doc:
        for label in self.lacks(found, body):
            attempt.client.send("POST", f"/conversations/attributes/{found['id']}/options", {"label": label})
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

    def lacks(self, found: Doc, body: Doc) -> list[str]:
        wanted = body.get("list_items", "").split(",") if body.get("list_items") else []
        known = [_label(option) for option in _options(found)]
        return [label for label in wanted if label not in known]

    def complete(self, attempt: Attempt, found: Doc, body: Doc) -> Doc:
        missing = self.lacks(found, body)
        if missing:
            known = [_label(option) for option in _options(found)]
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

    def repeatable(self, attempt: Attempt) -> bool:  # noqa: ARG002 - always
        return True


class Collection(Definition):
    """A folder of the help centre, known by name and parent."""

    def find(self, attempt: Attempt, body: Doc, *, fresh: bool) -> Doc | None:  # noqa: ARG002 - found by parent
        parent = body.get("parent_id")
        docs = self.catalog.live("collection", fresh=fresh)
        same = [doc for doc in docs if fold(str(doc.get("name"))) == fold(body["name"])]
        return _only([doc for doc in same if str(doc.get("parent_id") or "") == str(parent or "")])


def _only(found: list[Doc]) -> Doc | None:
    if len(found) > 1:
        raise AmbiguousError("name_twice", found=[str(doc.get("id")) for doc in found])
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
