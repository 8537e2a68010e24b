"""Tickets: made in one call, or by converting a conversation, whose id they keep."""

from __future__ import annotations

from hd_assets.simulator import conversations
from hd_assets.simulator.companies import require_company
from hd_assets.simulator.contacts import new_contact, require_contact
from hd_assets.simulator.store_schema import fold
from hd_assets.simulator.text import paragraphs
from hd_assets.simulator.threads import add_part, admin_author, new_thread, reply, wake
from hd_assets.simulator.ticket_types import checked_values, next_ticket_number, require_type, state_view
from hd_assets.simulator.views import Names, ticket_part_view, ticket_view
from hd_assets.simulator.wire import (
    ApiError,
    Call,
    Doc,
    Route,
    absent,
    invalid,
    not_found,
    optional_identifier,
    user_not_found,
)
from hd_assets.simulator.workspace import require_admin


def require_ticket(call: Call, key: str) -> Doc:
    doc = call.store.get("conversation", key)
    if doc is None or doc["ticket"] is None:
        raise not_found("Ticket not found", code="ticket_not_found")
    return wake(call, doc)


def _wrap(call: Call, doc: Doc, kind: Doc, values: Doc, state_id: str | None, *, converted: bool) -> None:
    state = _state(call, state_id) if state_id else _first_state(call)
    doc["ticket"] = {
        "ticket_id": next_ticket_number(call),
        "type_id": kind["id"],
        "category": kind["category"],
        "state_id": state["id"],
        "attributes": {name: value for name, value in values.items() if value is not None},
        "is_shared": kind["category"] == "Customer",
        "converted": converted,
    }
    _follow_state(call, doc, state)


def _first_state(call: Call) -> Doc:
    return next(doc for doc in call.store.all("ticket_state") if doc["category"] == "submitted")


def _state(call: Call, key: str) -> Doc:
    doc = call.store.get("ticket_state", key)
    if doc is None:
        message = "Ticket state id is not valid or is not associated with the ticket type"
        raise ApiError(400, "ticket_state_id_invalid", message)
    return doc


def _follow_state(call: Call, doc: Doc, state: Doc) -> None:
    if state["category"] == "resolved" and call.rules.resolved_ticket_closes:
        doc.update(state="closed", snoozed_until=None, waiting_since=None)


def convert(call: Call) -> Doc:
    doc = call.store.get("conversation", call.param("id"))
    if doc is None:
        raise not_found()
    kind = require_type(call, call.identifier("ticket_type_id"))
    if kind["category"] != "Customer":
        raise invalid("Ticket type is not a customer ticket type")
    if doc["ticket"]:
        raise invalid("Conversation is already a ticket")
    values = checked_values(call, kind, call.mapping("attributes"))
    if call.rules.convert_needs_required:
        _refuse_unfilled(kind, values)
    state_id = optional_identifier(call.body, "ticket_state_id")
    _wrap(call, doc, kind, values, state_id, converted=True)
    category = state_view(call, doc["ticket"]["state_id"])["category"]
    add_part(
        call,
        doc,
        "ticket_state_updated_by_admin",
        {"type": "bot", "id": "0"},
        ticket_state=category,
        previous_ticket_state="submitted",
    )
    call.notify("ticket_created")
    return ticket_view(call, call.store.replace("conversation", doc))


def _refuse_unfilled(kind: Doc, values: Doc) -> None:
    required = [a["name"] for a in kind["attributes"] if a["required_to_create"] and not a["archived"]]
    if any(values.get(name) in (None, "") for name in required):
        raise invalid("Missing required ticket attributes")


def _one_contact(call: Call) -> Doc:
    given = call.body.get("contacts")
    if not isinstance(given, list) or len(given) != 1 or not isinstance(given[0], dict):
        raise invalid("contacts must name exactly one contact", field="contacts")
    key, external, email = (optional_identifier(given[0], name) for name in ("id", "external_id", "email"))
    if key:
        return require_contact(call, key)
    if external:
        found = call.store.find("contact", "external_id", external)
    elif email:
        found = call.store.find("contact", "email", fold(email))
        if not found:
            return call.store.add("contact", new_contact(call, email=email), now=call.now)
    else:
        raise absent("contacts")
    if not found:
        raise user_not_found()
    return found[0]


def create(call: Call) -> Doc:
    kind = require_type(call, call.identifier("ticket_type_id"))
    values = checked_values(call, kind, call.mapping("ticket_attributes"))
    _refuse_unfilled(kind, values)
    contact = _one_contact(call)
    description = values.get("_default_description_")
    doc = new_thread(
        call, contact, body=paragraphs(description) if description else "", created_at=call.past_moment("created_at")
    )
    doc["title"] = values.get("_default_title_")
    company = optional_identifier(call.body, "company_id")
    doc["company_id"] = require_company(call, company)["id"] if company else None
    assignment = call.mapping("assignment")
    for role in ("admin", "team"):
        assignee = optional_identifier(assignment, f"{role}_assignee_id")
        if assignee and assignee != "0":
            if call.store.get(role, assignee) is None:
                raise not_found("Assignee not found", code="assignee_not_found")
            doc[f"{role}_assignee_id"] = assignee
    _wrap(call, doc, kind, values, None, converted=False)
    call.store.add("conversation", doc, now=call.now)
    if not call.flag("skip_notifications"):
        call.notify("ticket_created")
    return ticket_view(call, doc)


def enqueue(call: Call) -> Doc:
    """The same as creating, told as a job; done by the time it is asked for."""
    ticket = create(call)
    job = {"id": str(call.store.count_up("job", start=900)), "resource_id": ticket["id"]}
    call.store.add("job", job, now=call.now)
    return {"type": "job", "id": job["id"], "status": "pending", "url": f"{call.base_url}/jobs/status/{job['id']}"}


def job_status(call: Call) -> Doc:
    job = call.store.get("job", call.param("id"))
    if job is None:
        raise not_found("Job Not Found", code="job_not_found")
    return {
        "type": "job",
        "id": job["id"],
        "status": "success",
        "url": f"{call.base_url}/jobs/status/{job['id']}",
        "resource_type": "ticket",
        "resource_id": job["resource_id"],
        "resource_url": f"{call.base_url}/tickets/{job['resource_id']}",
    }


def get(call: Call) -> Doc:
    return ticket_view(call, require_ticket(call, call.param("id")))


def update(call: Call) -> Doc:
    doc = require_ticket(call, call.param("id"))
    ticket = doc["ticket"]
    admin = optional_identifier(call.body, "admin_id")
    author = (
        admin_author(require_admin(call, admin, code="assignee_not_found")) if admin else {"type": "bot", "id": "0"}
    )
    values = checked_values(call, require_type(call, ticket["type_id"]), call.mapping("ticket_attributes"))
    merged = {**ticket["attributes"], **values}
    ticket["attributes"] = {name: value for name, value in merged.items() if value is not None}
    if call.body.get("ticket_state_id") is not None:
        _change_state(call, doc, author)
    if "company_id" in call.body:
        company = optional_identifier(call.body, "company_id")
        doc["company_id"] = require_company(call, company)["id"] if company else None
    if "open" in call.body:
        doc.update(state="open" if call.flag("open") else "closed", snoozed_until=None)
    if "is_shared" in call.body:
        ticket["is_shared"] = call.flag("is_shared")
    if call.body.get("snoozed_until") is not None:
        doc.update(state="snoozed", snoozed_until=call.moment("snoozed_until"))
    if call.body.get("assignee_id") is not None:
        _assign(call, doc, author)
    doc["updated_at"] = call.now
    if not call.flag("skip_notifications"):
        call.notify("ticket_updated")
    return ticket_view(call, call.store.replace("conversation", doc))


def _change_state(call: Call, doc: Doc, author: Doc) -> None:
    ticket = doc["ticket"]
    state, previous = _state(call, call.identifier("ticket_state_id")), state_view(call, ticket["state_id"])
    ticket["state_id"] = state["id"]
    if previous["category"] == "resolved" and state["category"] != "resolved":
        doc["state"] = "open"
    _follow_state(call, doc, state)
    changed = {"ticket_state": state["category"], "previous_ticket_state": previous["category"]}
    add_part(call, doc, "ticket_state_updated_by_admin", author, **changed)


def _assign(call: Call, doc: Doc, author: Doc) -> None:
    assignee = call.identifier("assignee_id")
    if assignee == "0":
        doc.update(admin_assignee_id=None, team_assignee_id=None)
        return
    role = next((role for role in ("admin", "team") if call.store.get(role, assignee)), None)
    if role is None:
        raise not_found("Assignee not found", code="assignee_not_found")
    doc[f"{role}_assignee_id"] = assignee
    add_part(call, doc, "assignment", author, assigned_to={"type": role, "id": assignee})


def post_reply(call: Call) -> Doc:
    doc = call.store.get("conversation", call.param("id"))
    if doc is None or doc["ticket"] is None:
        raise not_found()
    if call.body.get("type") == "user":
        if doc["ticket"]["category"] == "Back-office":
            raise ApiError(400, "parameter_mismatch", "User replies are not allowed on Backoffice tickets")
        call.body.pop("attachment_files", None)  # contacts bring files to tickets by address only
    part = reply(call, wake(call, doc))
    return ticket_part_view(call, part, Names(call))


def add_tag(call: Call) -> Doc:
    require_ticket(call, call.param("id"))
    return conversations.add_tag(call)


def remove_tag(call: Call) -> Doc:
    require_ticket(call, call.param("id"))
    return conversations.remove_tag(call)


def delete(call: Call) -> Doc:
    doc = require_ticket(call, call.param("id"))
    conversations.remember_deletion(call, doc["id"])
    return {"id": doc["id"], "object": "ticket", "deleted": True}


ROUTES = (
    Route("POST", "/conversations/{id}/convert", convert, since="2.10"),
    Route("POST", "/tickets", create, since="2.9"),
    Route("POST", "/tickets/enqueue", enqueue, since="2.14"),
    Route("GET", "/jobs/status/{id}", job_status, since="2.14"),
    Route("GET", "/tickets/{id}", get, since="2.9"),
    Route("PUT", "/tickets/{id}", update, since="2.9"),
    Route("DELETE", "/tickets/{id}", delete, since="2.13"),
    Route("POST", "/tickets/{id}/reply", post_reply, since="2.9"),
    Route("POST", "/tickets/{id}/tags", add_tag, since="2.10"),
    Route("DELETE", "/tickets/{id}/tags/{tag}", remove_tag, since="2.10"),
)
