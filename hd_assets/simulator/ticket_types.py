"""Ticket types, their attributes, and the states a ticket can be in."""

from __future__ import annotations

from typing import Any

from hd_assets.simulator import ids
from hd_assets.simulator.store import Store
from hd_assets.simulator.store_schema import fold
from hd_assets.simulator.wire import ApiError, Call, Doc, Route, absent, invalid, not_found

CATEGORIES = ("Customer", "Back-office", "Tracker")
DATA_TYPES = ("string", "list", "integer", "decimal", "boolean", "datetime", "files")
_STATES = (
    ("8001", "submitted", "Submitted", "Submitted"),
    ("8002", "in_progress", "In progress", "In progress"),
    ("8003", "waiting_on_customer", "Waiting on customer", "Waiting on you"),
    ("8004", "resolved", "Resolved", "Resolved"),
)


def seed(store: Store, workspace_id: str, now: int) -> None:
    """What every workspace is born with: four states and one customer ticket type."""
    for key, category, internal, external in _STATES:
        if store.get("ticket_state", key) is None:
            doc = {"id": key, "category": category, "internal_label": internal, "external_label": external}
            store.add("ticket_state", doc, now=now)
    if store.count("ticket_type") == 0:
        _new_type(store, {"name": "Tickets", "description": "", "category": "Customer", "icon": "🎟️"}, workspace_id, now)


def _new_type(store: Store, fields: Doc, workspace_id: str, now: int) -> Doc:
    doc: Doc = {
        "id": str(store.count_up("ticket_type", start=50)),
        "workspace_id": workspace_id,
        "archived": False,
        "is_internal": False,
        "created_at": now,
        "updated_at": now,
        **fields,
        "attributes": [],
    }
    for name, multiline in (("_default_title_", False), ("_default_description_", True)):
        doc["attributes"].append(
            _new_attribute(store, doc, {"name": name, "data_type": "string", "default": True}, multiline, now)
        )
    return store.add("ticket_type", doc, now=now)


def _new_attribute(store: Store, kind: Doc, fields: Doc, multiline: bool, now: int) -> Doc:
    return {
        "type": "ticket_type_attribute",
        "id": str(store.count_up("ticket_type_attribute", start=170)),
        "workspace_id": kind["workspace_id"],
        "description": "",
        "input_options": {"multiline": multiline} if fields["data_type"] == "string" else {},
        "order": len(kind["attributes"]),
        "required_to_create": False,
        "required_to_create_for_contacts": False,
        "visible_on_create": True,
        "visible_to_contacts": True,
        "default": False,
        "ticket_type_id": int(kind["id"]),
        "archived": False,
        "created_at": now,
        "updated_at": now,
        **fields,
    }


def ticket_type_view(call: Call, key: str) -> Doc:
    doc = require_type(call, key)
    states = [state_view(call, state["id"]) for state in call.store.all("ticket_state")]
    shown = {name: value for name, value in doc.items() if name != "attributes"}
    return {
        "type": "ticket_type",
        **shown,
        # the description says `ticket_type_attributes` in the schema and `data` in every example
        "ticket_type_attributes": {"type": "list", "data": doc["attributes"]},
        "ticket_states": {"type": "list", "data": states},
    }


def state_view(call: Call, key: str) -> Doc:
    doc = call.store.get("ticket_state", key)
    if doc is None:
        raise not_found("Ticket state not found")
    return {"type": "ticket_state", **doc}


def require_type(call: Call, key: str) -> Doc:
    doc = call.store.get("ticket_type", key)
    if doc is None:
        raise not_found("Ticket type not found")
    return doc


def list_types(call: Call) -> Doc:
    return {"type": "list", "data": [ticket_type_view(call, doc["id"]) for doc in call.store.all("ticket_type")]}


def get_type(call: Call) -> Doc:
    return ticket_type_view(call, call.param("id"))


def _type_fields(call: Call) -> Doc:
    fields: Doc = {name: call.text(name) for name in ("name", "description", "icon") if call.text(name) is not None}
    if "category" in call.body:
        if call.body["category"] not in CATEGORIES:
            raise invalid(f"category must be one of {', '.join(CATEGORIES)}", field="category")
        fields["category"] = call.body["category"]
    if "is_internal" in call.body:
        fields["is_internal"] = call.flag("is_internal")
    return fields


def create_type(call: Call) -> Doc:
    call.required_text("name")
    fields = {"description": "", "category": "Customer", "icon": "🎟️", **_type_fields(call)}
    return ticket_type_view(call, _new_type(call.store, fields, call.workspace_id, call.now)["id"])


def update_type(call: Call) -> Doc:
    doc = require_type(call, call.param("id"))
    doc |= _type_fields(call)
    doc.update(archived=call.flag("archived", default=doc["archived"]), updated_at=call.now)
    call.store.replace("ticket_type", doc)
    return ticket_type_view(call, doc["id"])


def create_attribute(call: Call) -> Doc:
    kind = require_type(call, call.param("id"))
    name, data_type = call.required_text("name"), call.body.get("data_type")
    if call.text("description") is None:
        raise absent("description")
    if data_type not in DATA_TYPES:
        raise invalid(f"data_type must be one of {', '.join(DATA_TYPES)}", field="data_type")
    if any(fold(entry["name"]) == fold(name) and not entry["archived"] for entry in kind["attributes"]):
        raise invalid(f"An attribute named '{name}' already exists on this ticket type", field="name")
    fields: Doc = {"name": name, "description": call.text("description"), "data_type": data_type}
    for flag in ("required_to_create", "required_to_create_for_contacts", "visible_on_create", "visible_to_contacts"):
        if flag in call.body:
            fields[flag] = call.flag(flag)
    attribute = _new_attribute(call.store, kind, fields, call.flag("multiline"), call.now)
    if data_type == "list":
        attribute["input_options"] = {"list_options": _list_items(call), "allow_multiple_values": False}
    kind["attributes"].append(attribute)
    call.store.replace("ticket_type", kind)
    return attribute


def _list_items(call: Call, known: tuple[Doc, ...] = ()) -> list[Doc]:
    labels = [label.strip() for label in call.required_text("list_items").split(",") if label.strip()]
    by_label = {entry["label"]: entry["id"] for entry in known}
    return [{"id": by_label.get(label) or ids.uuid_id(call.store, "list_item"), "label": label} for label in labels]


def update_attribute(call: Call) -> Doc:
    kind = require_type(call, call.param("id"))
    for attribute in kind["attributes"]:
        if attribute["id"] == call.param("attribute"):
            for name in ("name", "description"):
                attribute[name] = call.text(name) or attribute[name]
            attribute["archived"] = call.flag("archived", default=attribute["archived"])
            if "list_items" in call.body and attribute["data_type"] == "list":
                known = tuple(attribute["input_options"]["list_options"])
                attribute["input_options"]["list_options"] = _list_items(call, known)
            attribute["updated_at"] = call.now
            call.store.replace("ticket_type", kind)
            return dict(attribute)
    raise not_found("Ticket type attribute not found")


def list_states(call: Call) -> Doc:
    types = [ticket_type_view(call, doc["id"]) for doc in call.store.all("ticket_type")]
    states = [
        {**state_view(call, doc["id"]), "archived": False, "ticket_types": {"type": "list", "data": types}}
        for doc in call.store.all("ticket_state")
    ]
    return {"type": "list", "data": states}


def checked_values(call: Call, kind: Doc, values: Doc) -> Doc:
    """Ticket attributes held against the type; list values are list-item ids."""
    by_name = {entry["name"]: entry for entry in kind["attributes"] if not entry["archived"]}
    extra = [name for name in values if name not in by_name]
    if extra and call.rules.attribute_must_exist:
        message = f"Extra attributes provided that are not found on ticket type: {', '.join(extra)}"
        raise ApiError(400, "parameter_invalid", message)
    for name, value in values.items():
        if value is not None and name in by_name:
            _check_value(call, by_name[name], value)
    return values


def _check_value(call: Call, attribute: Doc, value: Any) -> None:
    name, kind = attribute["name"], attribute["data_type"]
    number = isinstance(value, int | float) and not isinstance(value, bool)
    fits = {
        "string": isinstance(value, str),
        "list": isinstance(value, str),
        "integer": number and not isinstance(value, float),
        "decimal": number,
        "boolean": isinstance(value, bool),
        "datetime": number or isinstance(value, str),
        "files": isinstance(value, list),
    }[kind]
    if not fits:
        raise invalid(f"'{name}' must be of type {kind}", field=name)
    if kind == "list":
        options = attribute["input_options"]["list_options"]
        field = "id" if call.rules.ticket_list_by_id else "label"
        if value not in [option[field] for option in options]:
            raise invalid(f"'{value}' is not an option of '{name}'", field=name)


def next_ticket_number(call: Call) -> str:
    return ids.decimal_id(call, "ticket_number", 0)


ROUTES = (
    Route("GET", "/ticket_types", list_types, since="2.9"),
    Route("POST", "/ticket_types", create_type, since="2.9"),
    Route("GET", "/ticket_types/{id}", get_type, since="2.9"),
    Route("PUT", "/ticket_types/{id}", update_type, since="2.9"),
    Route("POST", "/ticket_types/{id}/attributes", create_attribute, since="2.9"),
    Route("PUT", "/ticket_types/{id}/attributes/{attribute}", update_attribute, since="2.9"),
    Route("GET", "/ticket_states", list_states, since="2.12"),
)
