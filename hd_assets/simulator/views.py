"""Conversations, tickets and their parts as the API answers them."""

from __future__ import annotations

from typing import Any

from hd_assets.simulator.companies import company_view
from hd_assets.simulator.files import attachment_view
from hd_assets.simulator.tags import applied_view
from hd_assets.simulator.text import plain
from hd_assets.simulator.ticket_types import state_view, ticket_type_view
from hd_assets.simulator.wire import Call, Doc

_MOST_LINKS_SHOWN = 1000


class Names:
    """Authors by id, each looked up once for an answer."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._known: dict[tuple[str, str], Doc] = {}

    def author(self, author: Doc) -> Doc:
        key = (author["type"], author["id"])
        if key not in self._known:
            self._known[key] = self._look_up(*key)
        return dict(self._known[key])

    def _look_up(self, kind: str, key: str) -> Doc:
        shown: Doc = {"type": kind, "id": key, "name": None}
        if kind == "bot":
            return shown | {"name": "Operator"}
        person = self._call.store.get("admin" if kind == "admin" else "contact", key)
        if person is None and (merged := self._call.store.get("merged", key)):
            person = self._call.store.get("contact", merged["into"])
        if person:
            shown["name"] = person["name"]
            if person["email"]:
                shown["email"] = person["email"]
        return shown


def _contacts(call: Call, doc: Doc) -> Doc:
    known = ((key, call.store.get("contact", key)) for key in doc["contacts"])
    contacts = [
        {"type": "contact", "id": key, "external_id": contact["external_id"] if contact else None}
        for key, contact in known
    ]
    return {"type": "contact.list", "contacts": contacts}


def _links(doc: Doc) -> Doc:
    links = doc.get("links", [])
    shown = links[:_MOST_LINKS_SHOWN]
    return {"type": "list", "data": shown, "total_count": len(links), "has_more": len(links) > len(shown)}


def _number(key: str | None) -> int | None:
    return int(key) if key else None


def listed_conversation_view(call: Call, doc: Doc) -> Doc:
    """As in lists and searches: without parts; the description allows no null assignee there."""
    shown = _conversation(call, doc, Names(call))
    return {name: value for name, value in shown.items() if value is not None or not name.endswith("_assignee_id")}


def _conversation(call: Call, doc: Doc, names: Names) -> Doc:
    first_reply = doc["statistics"].get("first_contact_reply_at", doc["created_at"])
    shown: Doc = {
        "type": "conversation",
        "id": doc["id"],
        "created_at": doc["created_at"],
        "updated_at": doc["updated_at"],
        "waiting_since": doc["waiting_since"],
        "snoozed_until": doc["snoozed_until"],
        "source": {
            "type": "conversation",
            "id": doc["message_id"],
            "delivered_as": "customer_initiated",
            "subject": "",
            "body": _shown_body(call, doc["body"]) or "",
            "author": names.author(doc["author"]),
            "attachments": attachment_view(call, doc["attachments"]),
            "url": None,
            "redacted": doc["redacted"],
        },
        "contacts": _contacts(call, doc),
        "first_contact_reply": {"created_at": first_reply, "type": "conversation", "url": None},
        "admin_assignee_id": _number(doc["admin_assignee_id"]),
        "team_assignee_id": _number(doc["team_assignee_id"]),
        "open": doc["state"] == "open",
        "state": doc["state"],
        "read": doc["read"],
        "tags": {"type": "tag.list", "tags": [applied_view(call, entry) for entry in doc["tags"]]},
        "priority": "none",
        "sla_applied": None,
        "statistics": {"type": "conversation_statistics", **doc["statistics"]},
        "teammates": {"type": "admin.list", "teammates": [{"type": "admin", "id": key} for key in doc["teammates"]]},
        "title": doc["title"],
        "custom_attributes": doc["custom_attributes"],
        "topics": {},
        "ticket": _ticket_stub(call, doc),
        "linked_objects": _links(doc),
        "ai_agent": None,
        "ai_agent_participated": False,
    }
    company = call.store.get("company", doc["company_id"]) if doc["company_id"] else None
    if company:
        shown["company"] = company_view(call, company)
    return shown


def full_conversation_view(call: Call, doc: Doc) -> Doc:
    """With the newest parts in order."""
    names = Names(call)
    parts, total = _parts(call, doc)
    return {
        **_conversation(call, doc, names),
        "conversation_parts": {
            "type": "conversation_part.list",
            "conversation_parts": [_conversation_part(call, part, names) for part in parts],
            "total_count": total,
        },
    }


def _parts(call: Call, doc: Doc) -> tuple[list[Doc], int]:
    return call.store.parts(doc["id"], newest=call.rules.parts_shown, by_creation=call.rules.parts_order == "created")


def _shown_body(call: Call, body: str | None) -> str | None:
    return plain(body) if body and call.query.get("display_as") == "plaintext" else body


def _conversation_part(call: Call, part: Doc, names: Names) -> Doc:
    return {
        "type": "conversation_part",
        "id": part["id"],
        "part_type": part["part_type"],
        "body": _shown_body(call, part["body"]),
        "created_at": part["created_at"],
        "updated_at": part["updated_at"],
        "notified_at": part["created_at"],
        "assigned_to": part["assigned_to"],
        "author": names.author(part["author"]),
        "attachments": attachment_view(call, part["attachments"]),
        "external_id": None,
        "redacted": part["redacted"],
        "email_message_metadata": None,
        "state": part["state"],
        "tags": [],
        "app_package_code": "simulator",
    }


def ticket_part_view(call: Call, part: Doc, names: Names) -> Doc:
    author = names.author(part["author"])
    if author["type"] == "lead":
        author["type"] = "user"
    shown: Doc = {
        "type": "ticket_part",
        "id": part["id"],
        "part_type": part["part_type"],
        "body": part["body"],
        "created_at": part["created_at"],
        "updated_at": part["updated_at"],
        "author": author,
        "attachments": attachment_view(call, part["attachments"]),
        "redacted": part["redacted"],
        "app_package_code": "simulator",
    }
    if part["assigned_to"]:
        shown["assigned_to"] = part["assigned_to"]
    for name in ("ticket_state", "previous_ticket_state"):
        if part.get(name):
            shown[name] = part[name]
    return shown


def ticket_view(call: Call, doc: Doc, *, with_parts: bool = True) -> Doc:
    """A conversation with its wrapper as a ticket."""
    ticket = doc["ticket"]
    shown: Doc = {
        "type": "ticket",
        "id": doc["id"],
        "ticket_id": ticket["ticket_id"],
        "category": ticket["category"],
        "ticket_attributes": ticket["attributes"],
        "ticket_state": state_view(call, ticket["state_id"]),
        "ticket_type": ticket_type_view(call, ticket["type_id"]),
        "contacts": _contacts(call, doc),
        "admin_assignee_id": _number(doc["admin_assignee_id"]) or 0,
        "team_assignee_id": _number(doc["team_assignee_id"]) or 0,
        "created_at": doc["created_at"],
        "updated_at": doc["updated_at"],
        "open": doc["state"] == "open",
        "linked_objects": _links(doc),
        "is_shared": ticket["is_shared"],
        "company_id": doc["company_id"],
        "tags": {"type": "tag.list", "tags": [applied_view(call, entry) for entry in doc["tags"]]},
    }
    if doc["snoozed_until"]:
        shown["snoozed_until"] = doc["snoozed_until"]
    if with_parts:
        shown["ticket_parts"] = _ticket_parts(call, doc)
    return shown


def _ticket_parts(call: Call, doc: Doc) -> Doc:
    names = Names(call)
    parts, total = _parts(call, doc)
    shown = [ticket_part_view(call, part, names) for part in parts]
    if doc["ticket"]["converted"] and call.rules.convert_opening_is_part:
        total += 1
        if total <= call.rules.parts_shown:
            shown.insert(0, ticket_part_view(call, _opening(doc), names))
    return {"type": "ticket_part.list", "ticket_parts": shown, "total_count": total}


def _opening(doc: Doc) -> Doc:
    """The first message of a converted conversation, as the first part of the ticket."""
    kept: dict[str, Any] = {name: doc[name] for name in ("created_at", "author", "attachments", "redacted", "body")}
    return {
        **kept,
        "id": doc["message_id"],
        "part_type": "comment",
        "updated_at": doc["created_at"],
        "assigned_to": None,
    }


def _ticket_stub(call: Call, doc: Doc) -> Doc | None:
    ticket = doc["ticket"]
    if ticket is None:
        return None
    state = state_view(call, ticket["state_id"])
    kind = call.store.get("ticket_type", ticket["type_id"])
    return {
        "type": "ticket",
        "id": doc["id"],
        "ticket_id": ticket["ticket_id"],
        "category": ticket["category"],
        "title": ticket["attributes"].get("_default_title_") or doc["title"],
        "state": state["category"],
        "ticket_type": kind["name"] if kind else None,
        "ticket_attributes": ticket["attributes"],
        "ticket_state": state,
    }
