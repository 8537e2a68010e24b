"""Tags: made or found by name, hung on contacts, companies, conversations and articles."""

from __future__ import annotations

from typing import Any

from hd_assets.simulator import ids
from hd_assets.simulator.companies import require_company
from hd_assets.simulator.contacts import require_contact
from hd_assets.simulator.store_schema import fold
from hd_assets.simulator.wire import ApiError, Call, Doc, Route, invalid, not_found


def _view(doc: Doc) -> Doc:
    return {"type": "tag", "id": doc["id"], "name": doc["name"]}


def create_or_update(call: Call) -> Doc:
    name = call.body.get("name")
    if not isinstance(name, str) or not name.strip():
        raise invalid("invalid tag parameters", field="name")
    found = call.store.find("tag", "name", fold(name))
    if call.body.get("id"):
        doc = call.store.get("tag", call.identifier("id"))
        if doc is None:
            raise not_found()
        if found and found[0]["id"] != doc["id"]:
            raise invalid("a tag of that name exists", field="name")
        return _view(call.store.replace("tag", {**doc, "name": name}))
    if found:
        doc = found[0]
    else:
        doc = {"id": ids.decimal_id(call, "tag", 17_000_000), "name": name.strip()}
        call.store.add("tag", doc, now=call.now)
    shown = _view(doc)
    for field in ("users", "companies"):
        if field in call.body:
            shown[field] = [_hang(call, doc, field, entry) for entry in _entries(call.body[field])]
    return shown


def _entries(value: Any) -> list[Doc]:
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        raise invalid("invalid tag parameters")
    return value


def _hang(call: Call, tag: Doc, field: str, entry: Doc) -> Doc:
    tagged = not entry.get("untag")
    if field == "users":
        kind, owner = "contact", require_contact(call, str(entry.get("id", "")))
    elif entry.get("company_id"):
        found = call.store.find("company", "company_id", str(entry["company_id"]))
        if not found:
            raise not_found("Company Not Found", code="company_not_found")
        kind, owner = "company", found[0]
    else:
        kind, owner = "company", require_company(call, str(entry.get("id", "")))
    owner["tags"] = [key for key in owner["tags"] if key != tag["id"]] + ([tag["id"]] if tagged else [])
    call.store.replace(kind, owner)
    return {"id": owner["id"], "tagged": tagged}


def list_tags(call: Call) -> Doc:
    return {"type": "list", "data": [_view(doc) for doc in call.store.all("tag")]}


def require_tag(call: Call, key: str, *, code: str = "not_found") -> Doc:
    doc = call.store.get("tag", key)
    if doc is None:
        raise not_found("Tag not found" if code == "tag_not_found" else "Resource Not Found", code=code)
    return doc


def get(call: Call) -> Doc:
    return _view(require_tag(call, call.param("id")))


def delete(call: Call) -> Doc:
    """The tag leaves everything it hung on."""
    doc = require_tag(call, call.param("id"))
    for contact in call.store.find("contact", "tag", doc["id"]):
        contact["tags"].remove(doc["id"])
        call.store.replace("contact", contact)
    for kind in ("company", "conversation", "article"):
        for owner in call.store.all(kind):
            kept = [entry for entry in owner["tags"] if doc["id"] not in (entry, _key(entry))]
            if len(kept) < len(owner["tags"]):
                call.store.replace(kind, {**owner, "tags": kept})
    call.store.remove("tag", doc["id"])
    return {"id": doc["id"], "object": "tag", "deleted": True}


def _key(entry: Any) -> Any:
    return entry["id"] if isinstance(entry, dict) else entry


def applied_view(call: Call, entry: Doc) -> Doc:
    """A tag as it hangs on a conversation."""
    tag = call.store.get("tag", entry["id"])
    return {
        "type": "tag",
        "id": entry["id"],
        "name": tag["name"] if tag else "",
        "applied_at": entry["applied_at"],
        "applied_by": {"type": "admin", "id": entry["applied_by"]},
    }


def hang_on(call: Call, owner: Doc, tag: Doc, admin: str) -> Doc:
    """Add a tag to a conversation document; returns the entry."""
    for entry in owner["tags"]:
        if entry["id"] == tag["id"]:
            if not call.rules.tag_repeat_allowed:
                raise ApiError(400, "parameter_invalid", "Tag is already applied")
            return dict(entry)
    entry = {"id": tag["id"], "applied_at": call.now, "applied_by": admin}
    owner["tags"].append(entry)
    return entry


ROUTES = (
    Route("GET", "/tags", list_tags),
    Route("POST", "/tags", create_or_update),
    Route("GET", "/tags/{id}", get),
    Route("DELETE", "/tags/{id}", delete),
)
