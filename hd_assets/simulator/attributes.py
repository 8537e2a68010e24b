"""Custom attributes of people, companies and conversations: definitions, and the check of values against them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from hd_assets.simulator import ids
from hd_assets.simulator.store_schema import fold
from hd_assets.simulator.wire import ApiError, Call, Doc, Route, invalid, not_found

DATA_TYPES = ("string", "integer", "float", "boolean", "datetime", "date", "options")
CONVERSATION_TYPES = ("string", "integer", "list", "decimal", "boolean", "datetime", "relationship", "files")
STANDARD = {"email", "name", "phone", "external_id", "user_id", "role", "created_at", "company_id", "plan", "website"}
_NAME = re.compile(r"[\w $€£¥-]+")

# people and companies


def create_data_attribute(call: Call) -> Doc:
    model, name = call.body.get("model"), call.required_text("name")
    if model not in ("contact", "company"):
        raise invalid("The Data Attribute model field must be either contact or company", field="model")
    data_type = call.body.get("data_type")
    if data_type not in DATA_TYPES:
        raise invalid("Data Type isn't an option", field="data_type")
    if not _NAME.fullmatch(name):
        raise invalid(
            "Your name for this attribute must only contain alphanumeric characters, currency symbols, and hyphens"
        )
    _refuse_taken_name(call, name, model)
    options = _options(call) if data_type == "options" else None
    if call.store.count_keyed("data_attribute", "live", "yes") >= call.rules.attribute_cap:
        raise invalid("You have reached the limit of custom attributes")
    doc = {
        "id": str(call.store.count_up("data_attribute", start=12_000_000)),
        "model": model,
        "name": name,
        "description": call.text("description") or "",
        "data_type": data_type,
        "options": options,
        "messenger_writable": call.flag("messenger_writable"),
        "archived": False,
        "created_at": call.now,
        "updated_at": call.now,
    }
    return data_attribute_view(call.store.add("data_attribute", doc, now=call.now))


def _refuse_taken_name(call: Call, name: str, model: str) -> None:
    taken = call.store.find("data_attribute", "name", fold(name))
    if call.rules.attribute_name_shared:
        taken = [entry for entry in taken if entry["model"] == model]
    if taken or fold(name) in STANDARD:
        words = {"contact": "people", "company": "company"}
        raise invalid(
            f"You already have '{name}' in your {words[taken[0]['model'] if taken else model]} data."
            f" To save this as new {words[model]} data, use a different name."
        )


def _options(call: Call) -> list[str]:
    options = call.body.get("options")
    if not isinstance(options, list):
        raise invalid("Options isn't an array", field="options")
    values = [entry.get("value") if isinstance(entry, dict) else None for entry in options]
    if len(values) < 2 or not all(isinstance(value, str) and value for value in values):
        raise invalid("The Data Attribute needs at least two options with a value", field="options")
    return [str(value) for value in values]


def update_data_attribute(call: Call) -> Doc:
    doc = call.store.get("data_attribute", call.param("id"))
    if doc is None:
        raise not_found("We couldn't find that data attribute to update", code="field_not_found")
    if "options" in call.body:
        doc["options"] = _options(call)
    doc["archived"] = call.flag("archived", default=doc["archived"])
    doc["description"] = doc["description"] if call.text("description") is None else call.text("description")
    doc["updated_at"] = call.now
    return data_attribute_view(call.store.replace("data_attribute", doc))


def list_data_attributes(call: Call) -> Doc:
    model = call.query.get("model")
    if model == "conversation":
        message = "model=conversation is no longer supported. Use GET /conversations/attributes instead"
        raise ApiError(422, "parameter_invalid", message)
    archived = call.query.get("include_archived") == "true"
    docs = [doc for doc in call.store.all("data_attribute") if archived or not doc["archived"]]
    return {"type": "list", "data": [data_attribute_view(doc) for doc in docs if model in (None, doc["model"])]}


def data_attribute_view(doc: Doc) -> Doc:
    shown = {
        "type": "data_attribute",
        **{key: value for key, value in doc.items() if key != "options"},
        "id": int(doc["id"]),
        "full_name": f"custom_attributes.{doc['name']}",
        "label": doc["name"],
        # a list is told as a string with options, a time as a date
        "data_type": {"options": "string", "datetime": "date"}.get(doc["data_type"], doc["data_type"]),
        "api_writable": True,
        "ui_writable": True,
        "custom": True,
    }
    if doc["options"]:
        shown["options"] = doc["options"]
    return shown


# conversations


def create_conversation_attribute(call: Call) -> Doc:
    name, data_type = call.required_text("name"), call.body.get("data_type")
    if data_type not in CONVERSATION_TYPES:
        allowed = ", ".join(CONVERSATION_TYPES)
        message = f"data_type '{data_type}' is not valid. Allowed types: {allowed}"
        raise ApiError(422, "parameter_invalid", message)
    doc: Doc = {
        "type": "conversation_attribute",
        "id": str(call.store.count_up("conversation_attribute", start=20_000)),
        "name": name,
        "description": call.text("description") or "",
        "data_type": data_type,
        "required": call.flag("required"),
        "visible_to_team_ids": [str(team) for team in call.body.get("visible_to_team_ids") or []],
        "archived": False,
        "created_at": call.now,
        "updated_at": call.now,
    }
    if data_type == "list":
        options = call.body.get("options")
        if not isinstance(options, list) or not options:
            raise ApiError(422, "parameter_invalid", "options must be an array")
        doc["options"] = [_new_option(call, entry) for entry in options]
    elif data_type == "relationship":
        doc["reference"] = call.mapping("reference")
    elif data_type == "string":
        doc["multiline"] = call.flag("multiline")
    return conversation_attribute_view(call.store.add("conversation_attribute", doc, now=call.now))


def _new_option(call: Call, entry: Any) -> Doc:
    if not isinstance(entry, dict) or "label" not in entry:
        raise ApiError(422, "parameter_invalid", "label is required")
    if not isinstance(entry["label"], str):
        raise ApiError(422, "parameter_invalid", "label must be a string")
    if set(entry) - {"label"}:
        raise ApiError(422, "parameter_invalid", "only 'label' is accepted")
    return {"id": ids.uuid_id(call.store, "option"), "label": entry["label"], "archived": False}


def conversation_attribute_view(doc: Doc) -> Doc:
    return {**doc, "id": int(doc["id"])}


def _conversation_attribute(call: Call) -> Doc:
    doc = call.store.get("conversation_attribute", call.param("id"))
    if doc is None:
        raise not_found("Conversation attribute not found", code="conversation_attribute_not_found")
    return doc


def get_conversation_attribute(call: Call) -> Doc:
    return conversation_attribute_view(_conversation_attribute(call))


def list_conversation_attributes(call: Call) -> Doc:
    archived = call.query.get("include_archived") == "true"
    docs = [doc for doc in call.store.all("conversation_attribute") if archived or not doc["archived"]]
    return {"type": "list", "data": [conversation_attribute_view(doc) for doc in docs]}


def update_conversation_attribute(call: Call) -> Doc:
    doc = _conversation_attribute(call)
    doc["name"] = call.text("name") or doc["name"]
    doc["description"] = doc["description"] if call.text("description") is None else call.text("description")
    doc["required"] = call.flag("required", default=doc["required"])
    doc["updated_at"] = call.now
    return conversation_attribute_view(call.store.replace("conversation_attribute", doc))


def archive_conversation_attribute(call: Call) -> Doc:
    doc = _conversation_attribute(call)
    doc.update(archived=True, updated_at=call.now)
    return conversation_attribute_view(call.store.replace("conversation_attribute", doc))


def _list_attribute(call: Call) -> Doc:
    doc = _conversation_attribute(call)
    if doc["data_type"] != "list":
        raise ApiError(422, "parameter_invalid", "Options can only be managed on list attributes")
    return doc


def add_option(call: Call) -> Doc:
    doc = _list_attribute(call)
    doc["options"].append(_new_option(call, call.body))
    return conversation_attribute_view(call.store.replace("conversation_attribute", doc))


def _option(call: Call, doc: Doc) -> Doc:
    for option in doc["options"]:
        if option["id"] == call.param("option"):
            return dict(option)
    raise not_found("List option not found", code="conversation_attribute_not_found")


def _write_option(call: Call, doc: Doc, changed: Doc) -> Doc:
    doc["options"] = [changed if entry["id"] == changed["id"] else entry for entry in doc["options"]]
    doc["updated_at"] = call.now
    return conversation_attribute_view(call.store.replace("conversation_attribute", doc))


def rename_option(call: Call) -> Doc:
    doc = _list_attribute(call)
    option = _option(call, doc)
    return _write_option(call, doc, {**option, "label": _new_option(call, call.body)["label"]})


def archive_option(call: Call) -> Doc:
    doc = _list_attribute(call)
    option = _option(call, doc)
    if sum(not entry["archived"] for entry in doc["options"]) <= 2:
        raise ApiError(422, "parameter_invalid", "A list attribute must have at least 2 active options")
    return _write_option(call, doc, {**option, "archived": True})


# values


def checked_contact_values(call: Call, model: str) -> Doc:
    """`custom_attributes` of a contact or company write, each held against its definition; null clears."""
    values = call.mapping("custom_attributes")
    for name, value in values.items():
        found = [doc for doc in call.store.find("data_attribute", "name", fold(name)) if doc["model"] == model]
        live = [doc for doc in found if doc["name"] == name and not doc["archived"]]
        if live:
            _check_value(call, live[0], value)
        elif call.store.get("custom_object_type", name) is not None:
            _check_references(call, name, value)
        elif call.rules.attribute_must_exist:
            raise invalid(f"Custom attribute '{name}' does not exist", field=name)
    return values


def checked_conversation_values(call: Call) -> Doc:
    """`custom_attributes` of a conversation update, each held against its definition; null clears."""
    values = call.mapping("custom_attributes")
    for name, value in values.items():
        live = [doc for doc in call.store.find("conversation_attribute", "name", name) if not doc["archived"]]
        if len(live) > 1:
            raise ApiError(400, "INVALID_PARAMETER", f"More than one conversation attribute is named '{name}'")
        if live and live[0]["data_type"] == "relationship":
            _check_references(call, live[0]["reference"].get("object_type_id", ""), value)
        elif live:
            _check_value(call, live[0], value)
        elif call.store.get("custom_object_type", name) is not None:
            _check_references(call, name, value)
        elif call.rules.attribute_must_exist:
            raise invalid(f"Conversation attribute '{name}' does not exist", field=name)
    return values


def merged_values(old: Mapping[str, Any], new: Mapping[str, Any]) -> Doc:
    return {name: value for name, value in {**old, **new}.items() if value is not None}


def _check_value(call: Call, definition: Doc, value: Any) -> None:
    if value is None:
        return
    name, kind = definition["name"], definition["data_type"]
    number = isinstance(value, int | float) and not isinstance(value, bool)
    fits = {
        "string": isinstance(value, str),
        "options": isinstance(value, str),
        "list": isinstance(value, str),
        "integer": number and not isinstance(value, float),
        "float": number,
        "decimal": number,
        "boolean": isinstance(value, bool),
        "datetime": number,
        "date": number,
        "files": isinstance(value, list),
    }[kind]
    if not fits:
        raise invalid(f"'{name}' must be of type {kind}", field=name)
    if kind == "string" and len(value) > call.rules.string_attribute_limit and not definition.get("multiline"):
        raise invalid(f"'{name}' is longer than {call.rules.string_attribute_limit} characters", field=name)
    if kind in ("options", "list") and call.rules.option_check:
        options = [
            option["label"] if isinstance(option, dict) else option
            for option in definition["options"]
            if not (isinstance(option, dict) and option["archived"])
        ]
        if value not in options:
            raise invalid(f"'{value}' is not an option of '{name}'", field=name)


def _check_references(call: Call, object_type: str, value: Any) -> None:
    if value is None:
        return
    if not isinstance(value, list):
        raise invalid(f"'{object_type}' must be a list of instance ids")
    for entry in value:
        if call.store.get("custom_object", str(entry)) is None:
            raise not_found(f"Custom object instance {entry} not found")


ROUTES = (
    Route("GET", "/data_attributes", list_data_attributes),
    Route("POST", "/data_attributes", create_data_attribute),
    Route("PUT", "/data_attributes/{id}", update_data_attribute),
    Route("GET", "/conversations/attributes", list_conversation_attributes, since="2.16"),
    Route("POST", "/conversations/attributes", create_conversation_attribute, since="2.16"),
    Route("GET", "/conversations/attributes/{id}", get_conversation_attribute, since="2.16"),
    Route("PUT", "/conversations/attributes/{id}", update_conversation_attribute, since="2.16"),
    Route("DELETE", "/conversations/attributes/{id}", archive_conversation_attribute, since="2.16"),
    Route("POST", "/conversations/attributes/{id}/options", add_option, since="2.16"),
    Route("PUT", "/conversations/attributes/{id}/options/{option}", rename_option, since="2.16"),
    Route("DELETE", "/conversations/attributes/{id}/options/{option}", archive_option, since="2.16"),
)
