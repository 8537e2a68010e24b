"""Parts that change a conversation: close, snooze, open, assign; and who takes part in it."""

from __future__ import annotations

from hd_assets.simulator.contacts import new_contact
from hd_assets.simulator.text import part_body
from hd_assets.simulator.threads import (
    add_part,
    admin_author,
    bump,
    event_part,
    first_and_last,
    named_contact,
    require_conversation,
)
from hd_assets.simulator.views import full_conversation_view
from hd_assets.simulator.wire import ApiError, Call, Doc, Route, invalid, not_found, user_not_found
from hd_assets.simulator.workspace import require_admin


def post_part(call: Call) -> Doc:
    doc = require_conversation(call, call.param("id"))
    admin = require_admin(call, call.identifier("admin_id"))
    author = admin_author(admin)
    kind = call.body.get("message_type")
    if kind == "assignment":
        _assign(call, doc, author)
    elif kind == "close":
        _refuse_unfilled(call, doc)
        doc.update(state="closed", snoozed_until=None, waiting_since=None)
        first_and_last(doc, "close", call.now)
        doc["statistics"]["last_closed_by_id"] = admin["id"]
        add_part(call, doc, "close", author, body=_body(call))
        call.notify("conversation_closed")
    elif kind == "snoozed":
        until = call.moment("snoozed_until")
        if until is None or until <= call.now:
            raise invalid("snoozed_until must be in the future", field="snoozed_until")
        doc.update(state="snoozed", snoozed_until=until)
        add_part(call, doc, "snoozed", author)
    elif kind == "open":
        if doc["state"] != "open":
            bump(doc, "count_reopens")
        doc.update(state="open", snoozed_until=None)
        add_part(call, doc, "open", author)
    else:
        raise invalid("message_type must be 'close', 'snoozed', 'open' or 'assignment'", field="message_type")
    return full_conversation_view(call, call.store.replace("conversation", doc))


def _refuse_unfilled(call: Call, doc: Doc) -> None:
    if not call.rules.required_attribute_blocks_close:
        return
    for attribute in call.store.all("conversation_attribute"):
        if attribute["required"] and not attribute["archived"] and attribute["name"] not in doc["custom_attributes"]:
            raise invalid(f"'{attribute['name']}' must be filled before closing", field=attribute["name"])


def _body(call: Call) -> str | None:
    text = call.text("body")
    return part_body(text, "admin", "comment", call.rules) if text else None


def _assign(call: Call, doc: Doc, author: Doc) -> None:
    kind, assignee = call.body.get("type"), call.identifier("assignee_id")
    if kind not in ("admin", "team"):
        raise invalid("type must be 'admin' or 'team'", field="type")
    if assignee != "0" and call.store.get(kind, assignee) is None:
        raise not_found("Assignee not found", code="assignee_not_found")
    # "nobody" leaves neither a teammate nor a team
    names = (f"{kind}_assignee_id",) if assignee != "0" else ("admin_assignee_id", "team_assignee_id")
    for name in names:
        doc[name] = assignee if assignee != "0" else None
    bump(doc, "count_assignments")
    first_and_last(doc, "assignment", call.now)
    target = {"type": kind, "id": assignee} if assignee != "0" else None
    add_part(call, doc, "assignment", author, assigned_to=target, body=_body(call))
    call.notify("assignment")


def add_participant(call: Call) -> Doc:
    """An e-mail nobody has makes a lead."""
    doc = require_conversation(call, call.param("id"))
    customer = call.mapping("customer")
    author = admin_author(require_admin(call, call.identifier("admin_id"))) if call.body.get("admin_id") else None
    try:
        contact = named_contact(call, customer)
    except ApiError as fault:
        if fault.status != 404 or not customer.get("email") or "@" not in str(customer["email"]):
            raise
        contact = call.store.add("contact", new_contact(call, role="lead", email=customer["email"]), now=call.now)
    if contact["id"] not in doc["contacts"]:
        doc["contacts"].append(contact["id"])
        event_part(call, doc, "participant_added", author)
        doc["updated_at"] = call.now
    return full_conversation_view(call, call.store.replace("conversation", doc))


def remove_participant(call: Call) -> Doc:
    doc = require_conversation(call, call.param("id"))
    author = admin_author(require_admin(call, call.identifier("admin_id")))
    key = call.param("contact")
    if key not in doc["contacts"]:
        raise user_not_found()
    if len(doc["contacts"]) == 1:
        raise ApiError(422, "parameter_invalid", "Removing the last customer is not allowed")
    doc["contacts"].remove(key)
    event_part(call, doc, "participant_removed", author)
    doc["updated_at"] = call.now
    return full_conversation_view(call, call.store.replace("conversation", doc))


ROUTES = (
    Route("POST", "/conversations/{id}/parts", post_part),
    Route("POST", "/conversations/{id}/customers", add_participant),
    Route("DELETE", "/conversations/{id}/customers/{contact}", remove_participant),
)
