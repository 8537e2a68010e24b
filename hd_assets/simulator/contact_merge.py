"""Contacts that stop being themselves: merged into another, or blocked."""

from __future__ import annotations

from typing import Any

from hd_assets.simulator.contacts import contact_reference, contact_view, require_contact
from hd_assets.simulator.wire import ApiError, Call, Doc, Route, not_found

_REFUSED = (
    "Contacts can only be merged when they are duplicates (matching email or phone)."
    " Pass skip_duplicate_validation=true to override this check."
)


def merge(call: Call) -> Doc:
    """A lead goes up in a user: conversations, companies, tags and notes move, the lead is gone for good."""
    lead, user = (require_contact(call, call.identifier(name)) for name in ("from", "into"))
    if lead["role"] != "lead" or user["role"] != "user":
        raise ApiError(400, "invalid_merge", "Only a lead can be merged, and only into a user")
    twins = any(lead[name] and lead[name] == user[name] for name in ("email", "phone"))
    if not twins and not call.flag("skip_duplicate_validation"):
        raise ApiError(400, "invalid_merge", _REFUSED)
    for name in ("companies", "tags"):
        user[name] += [key for key in lead[name] if key not in user[name]]
    user["custom_attributes"] = {**lead["custom_attributes"], **user["custom_attributes"]}
    for name in ("email", "phone", "name"):
        user[name] = user[name] or lead[name]
    for doc in call.store.find("conversation", "contact", lead["id"]):
        moved = [user["id"] if key == lead["id"] else key for key in doc["contacts"]]
        call.store.replace("conversation", {**doc, "contacts": list(dict.fromkeys(moved))})
    for note in call.store.find("note", "owner", lead["id"]):
        call.store.replace("note", {**note, "owner": user["id"]})
    call.store.remove("contact", lead["id"])
    gone = {"id": lead["id"], "into": user["id"], "role": lead["role"], "external_id": lead["external_id"]}
    call.store.add("merged", {**gone, "merged_at": call.now}, now=call.now)
    return contact_view(call, call.store.replace("contact", {**user, "updated_at": call.now}))


def merge_history(call: Call) -> Doc:
    contact = call.store.get("contact", call.param("id"))
    if contact is None or contact["role"] != "user":
        raise not_found("Contact not found")
    found = call.store.find("merged", "into", contact["id"])
    if call.query.get("order", "desc") == "desc":
        found.reverse()
    start = call.number("cursor", 0, least=0, most=10**9)
    per_page = call.number("per_page", 50, most=150)
    shown = found[start : start + per_page]
    more = start + per_page < len(found)
    return {
        "type": "list",
        "data": [_history(doc) for doc in shown],
        "next_cursor": str(start + per_page) if more else None,
        "has_more": more,
    }


def _history(doc: Doc) -> Doc:
    shown: dict[str, Any] = {"type": "merge_history", "source_contact_id": doc["id"]}
    return {**shown, "source_contact_role": doc["role"], "merged_at": doc["merged_at"]}


def block(call: Call) -> Doc:
    """The contact's conversations leave the inbox with them."""
    contact = require_contact(call, call.param("id"))
    call.store.replace("contact", {**contact, "archived": True, "updated_at": call.now})
    for doc in call.store.find("conversation", "contact", contact["id"]):
        call.store.replace("conversation", {**doc, "archived": True})
    return {**contact_reference(contact), "blocked": True}


ROUTES = (
    Route("POST", "/contacts/merge", merge),
    Route("GET", "/contacts/{id}/merge_history", merge_history, since="2.16"),
    Route("POST", "/contacts/{id}/block", block, since="2.13"),
)
