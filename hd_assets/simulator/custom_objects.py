"""Custom-object instances: created or updated by external id; their types are made by hand only."""

from __future__ import annotations

from hd_assets.simulator import ids
from hd_assets.simulator.attributes import merged_values
from hd_assets.simulator.paging import numbered_page
from hd_assets.simulator.wire import ApiError, Call, Doc, Route, invalid, not_found


def _require_type(call: Call) -> Doc:
    name = call.param("type")
    doc = call.store.get("custom_object_type", name)
    if doc is None:
        raise not_found(f"Custom object type `{name}` not found")
    return doc


def _values(call: Call, kind: Doc) -> Doc:
    values = call.mapping("custom_attributes")
    if kind["attributes"] is not None and call.rules.attribute_must_exist:
        for name in values:
            if name not in kind["attributes"]:
                raise invalid(f"Custom attribute '{name}' does not exist", field=name)
    return values


def create_or_update(call: Call) -> Doc:
    kind = _require_type(call)
    external_id = call.required_text("external_id")
    values = _values(call, kind)
    times: Doc = {
        name: call.moment(name) for name in ("external_created_at", "external_updated_at") if name in call.body
    }
    found = call.store.find("custom_object", "external_id", f"{kind['id']} {external_id}")
    if found:
        doc: Doc = {**found[0], **times}
        doc.update(custom_attributes=merged_values(doc["custom_attributes"], values), updated_at=call.now)
        return call.store.replace("custom_object", doc)
    doc = {
        "id": ids.decimal_id(call, "custom_object", 20),
        "type": kind["id"],
        "external_id": external_id,
        "external_created_at": None,
        "external_updated_at": None,
        **times,
        "custom_attributes": merged_values({}, values),
        "created_at": call.now,
        "updated_at": call.now,
    }
    return call.store.add("custom_object", doc, now=call.now)


def _by_external_id(call: Call, kind: Doc) -> Doc:
    found = call.store.find("custom_object", "external_id", f"{kind['id']} {call.query['external_id']}")
    if not found:
        raise not_found()
    return found[0]


def find(call: Call) -> Doc:
    """One by `external_id`, else a page of all or of those a contact or conversation refers to."""
    kind = _require_type(call)
    if "external_id" in call.query:
        return _by_external_id(call, kind)
    docs = call.store.find("custom_object", "type", kind["id"])
    for owner in ("contact", "conversation"):
        key = call.query.get(f"references_{owner}_id")
        if key is not None:
            referring = call.store.get(owner, key)
            values = referring["custom_attributes"].values() if referring else ()
            wanted = {str(entry) for value in values if isinstance(value, list) for entry in value}
            docs = [doc for doc in docs if doc["id"] in wanted]
    shown, pages = numbered_page(call, docs, path=f"/custom_object_instances/{kind['id']}", most=150)
    return {"type": "list", "data": shown, "total_count": len(docs), "pages": pages}


def _require(call: Call) -> Doc:
    kind, doc = _require_type(call), call.store.get("custom_object", call.param("id"))
    if doc is None or doc["type"] != kind["id"]:
        raise not_found()
    return doc


def get(call: Call) -> Doc:
    return _require(call)


def _remove(call: Call, doc: Doc) -> Doc:
    call.store.remove("custom_object", doc["id"])
    return {"id": doc["id"], "object": doc["type"], "deleted": True}


def delete(call: Call) -> Doc:
    return _remove(call, _require(call))


def delete_by_external_id(call: Call) -> Doc:
    kind = _require_type(call)
    if "external_id" not in call.query:
        raise ApiError(400, "parameter_not_found", "external_id not specified")
    return _remove(call, _by_external_id(call, kind))


ROUTES = (
    Route("POST", "/custom_object_instances/{type}", create_or_update, since="2.13"),
    Route("GET", "/custom_object_instances/{type}", find, since="2.13"),
    Route("DELETE", "/custom_object_instances/{type}", delete_by_external_id, since="2.13"),
    Route("GET", "/custom_object_instances/{type}/{id}", get, since="2.13"),
    Route("DELETE", "/custom_object_instances/{type}/{id}", delete, since="2.13"),
)
