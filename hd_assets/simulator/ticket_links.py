"""What tickets do beyond being kept: linked to conversations, changed to another type."""

from __future__ import annotations

from hd_assets.simulator.threads import add_part, require_conversation
from hd_assets.simulator.ticket_types import checked_values, require_type, state_view
from hd_assets.simulator.tickets import require_ticket
from hd_assets.simulator.views import full_conversation_view, ticket_view
from hd_assets.simulator.wire import ApiError, Call, Doc, Route, invalid, not_found

_MOST_LINKS = 2500


def _tracker(call: Call, verb: str) -> Doc:
    doc = require_ticket(call, call.param("id"))
    if doc["ticket"]["category"] != "Tracker":
        raise ApiError(400, "invalid_ticket_type", f"Only tracker tickets support {verb} conversations")
    return doc


def link(call: Call) -> Doc:
    tracker = _tracker(call, "linking")
    key = call.identifier("conversation_id")
    doc = call.store.get("conversation", key)
    if doc is None or doc["id"] == tracker["id"]:
        raise not_found("Conversation not found", code="conversation_not_found")
    if any(entry["category"] == "Tracker" for entry in doc.get("links", [])):
        raise ApiError(400, "already_linked_to_tracker", "A conversation can only have one tracker ticket")
    links = tracker.get("links", [])
    if len(links) >= _MOST_LINKS:
        message = "Ticket has reached the maximum number of conversations that can be linked"
        raise ApiError(400, "linked_conversation_limit_exceeded", message)
    category = doc["ticket"]["category"] if doc["ticket"] else None
    entry = {"type": "ticket" if doc["ticket"] else "conversation", "id": doc["id"], "category": category}
    call.store.replace("conversation", {**tracker, "links": [*links, entry]})
    doc["links"] = [*doc.get("links", []), {"type": "ticket", "id": tracker["id"], "category": "Tracker"}]
    return full_conversation_view(call, call.store.replace("conversation", doc))


def unlink(call: Call) -> Doc:
    tracker = _tracker(call, "unlinking")
    key = call.param("conversation")
    links = tracker.get("links", [])
    if key not in [entry["id"] for entry in links]:
        raise not_found("Conversation is not linked to this ticket", code="conversation_not_found")
    call.store.replace("conversation", {**tracker, "links": [entry for entry in links if entry["id"] != key]})
    doc = require_conversation(call, key)
    doc["links"] = [entry for entry in doc["links"] if entry["id"] != tracker["id"]]
    return full_conversation_view(call, call.store.replace("conversation", doc))


def change_type(call: Call) -> Doc:
    """Attributes of the same name and kind go along; what is given wins."""
    doc = call.store.get("conversation", call.param("id"))
    if doc is None or doc["ticket"] is None:
        raise not_found()
    for name in ("ticket_type_id", "ticket_state_id"):
        if call.body.get(name) in (None, ""):
            raise ApiError(400, "parameter_not_found", f"{name} is a required parameter")
    ticket = doc["ticket"]
    old = require_type(call, ticket["type_id"])
    new = call.store.get("ticket_type", call.identifier("ticket_type_id"))
    if new is None:
        raise invalid("Ticket type not found")
    if new["id"] == old["id"]:
        raise invalid("Cannot change to the same ticket type")
    if new["category"] != old["category"]:
        raise invalid("The new ticket type must be in the same category")
    state = call.store.get("ticket_state", call.identifier("ticket_state_id"))
    if state is None:
        raise invalid("Ticket custom state doesn't belong to the new ticket type")
    kinds = {entry["name"]: entry["data_type"] for entry in old["attributes"]}
    fitting = {e["name"] for e in new["attributes"] if kinds.get(e["name"]) == e["data_type"] != "list"}
    values = checked_values(call, new, call.mapping("ticket_attributes"))
    kept = {name: value for name, value in ticket["attributes"].items() if name in fitting}
    previous = state_view(call, ticket["state_id"])["category"]
    merged = {name: value for name, value in {**kept, **values}.items() if value is not None}
    ticket.update(type_id=new["id"], state_id=state["id"], attributes=merged)
    author = {"type": "bot", "id": "0"}
    told = {"ticket_state": state["category"], "previous_ticket_state": previous}
    add_part(call, doc, "ticket_state_updated_by_admin", author, **told)
    return ticket_view(call, call.store.replace("conversation", doc))


ROUTES = (
    Route("POST", "/tickets/{id}/linked_conversations", link, since="2.16"),
    Route("DELETE", "/tickets/{id}/linked_conversations/{conversation}", unlink, since="2.16"),
    Route("POST", "/tickets/{id}/change_type", change_type, since="2.16"),
)
