"""The help centre: one, not made by the API; its collections, and redirects inside its own addresses."""

from __future__ import annotations

import re

from hd_assets.simulator import ids
from hd_assets.simulator.articles import LOCALES
from hd_assets.simulator.paging import numbered_page
from hd_assets.simulator.wire import ApiError, Call, Doc, Route, invalid, not_found, optional_identifier

HELP_CENTER_ID = "3001"


def _url(call: Call) -> str:
    return f"https://intercom.help/{call.workspace_id}"


def _help_center_view(call: Call) -> Doc:
    return {
        "id": HELP_CENTER_ID,
        "workspace_id": call.workspace_id,
        "created_at": 1_700_000_000,
        "updated_at": 1_700_000_000,
        "identifier": call.workspace_id,
        "website_turned_on": True,
        "display_name": "Help Center",
        "url": _url(call),
        "custom_domain": None,
        "default": True,
        "locales": ["en"],
    }


def list_help_centers(call: Call) -> Doc:
    return {"type": "list", "data": [_help_center_view(call)]}


def get_help_center(call: Call) -> Doc:
    _require_help_center(call.param("id"))
    return _help_center_view(call)


def _require_help_center(key: str) -> None:
    if key != HELP_CENTER_ID:
        raise not_found("Resource not found")


def collection_view(call: Call, doc: Doc) -> Doc:
    slug = re.sub(r"[^a-z0-9]+", "-", doc["name"].casefold()).strip("-")
    shown: Doc = {
        "id": doc["id"],
        "workspace_id": call.workspace_id,
        "name": doc["name"],
        "description": doc["description"],
        "created_at": doc["created_at"],
        "updated_at": doc["updated_at"],
        "url": f"{_url(call)}/en/collections/{doc['id']}-{slug}",
        "icon": "book-bookmark",
        "order": doc["order"],
        "default_locale": "en",
        "parent_id": doc["parent_id"],
        "help_center_id": int(HELP_CENTER_ID),
    }
    if doc["translated_content"]:
        shown["translated_content"] = {"type": "group_translated_content", **doc["translated_content"]}
    return shown


def _read_collection(call: Call, doc: Doc) -> Doc:
    if "name" in call.body:
        doc["name"] = call.text("name")
    if not doc["name"]:
        raise ApiError(400, "parameter_not_found", "Name is a required parameter.")
    if "description" in call.body:
        doc["description"] = call.text("description")
    if call.body.get("help_center_id") is not None:
        _require_help_center(call.identifier("help_center_id"))
    if "parent_id" in call.body:
        parent = optional_identifier(call.body, "parent_id")
        if parent is not None and _level(call, parent, doc["id"]) > call.rules.collection_levels:
            raise invalid(f"collections can be nested {call.rules.collection_levels} deep", field="parent_id")
        doc["parent_id"] = parent
    translations = {}
    for locale, content in call.mapping("translated_content").items():
        if locale == "type" or content is None:
            continue
        if locale not in LOCALES or not isinstance(content, dict):
            raise invalid(f"'{locale}' is not a locale with content", field="translated_content")
        kept = {name: content[name] for name in ("name", "description") if name in content}
        if not all(isinstance(text, str) for text in kept.values()):
            raise invalid(f"the content for '{locale}' is not valid", field="translated_content")
        translations[locale] = {"type": "group_content", **kept}
    doc["translated_content"] = {**doc["translated_content"], **translations}
    doc["updated_at"] = call.now
    return doc


def _level(call: Call, parent: str, child: str) -> int:
    """How deep a collection below `parent` would lie; top level is 1."""
    level, key = 1, parent
    while key:
        doc = call.store.get("collection", key)
        if doc is None or key == child:
            raise invalid("parent_id is not a collection this one can be in", field="parent_id")
        level, key = level + 1, doc["parent_id"]
    return level


def create_collection(call: Call) -> Doc:
    doc: Doc = {
        "id": ids.decimal_id(call, "collection", 2_400),
        "name": None,
        "description": "",
        "parent_id": None,
        "order": call.store.count("collection") + 1,
        "translated_content": {},
        "created_at": call.now,
    }
    doc = call.store.add("collection", _read_collection(call, doc), now=call.now)
    return collection_view(call, doc)


def _require_collection(call: Call) -> Doc:
    doc = call.store.get("collection", call.param("id"))
    if doc is None:
        raise not_found()
    return doc


def get_collection(call: Call) -> Doc:
    return collection_view(call, _require_collection(call))


def update_collection(call: Call) -> Doc:
    doc = _read_collection(call, _require_collection(call))
    return collection_view(call, call.store.replace("collection", doc))


def delete_collection(call: Call) -> Doc:
    doc = _require_collection(call)
    call.store.remove("collection", doc["id"])
    for article in call.store.find("article", "parent", doc["id"]):
        call.store.replace("article", {**article, "parent_id": None})
    return {"id": doc["id"], "object": "collection", "deleted": True}


def list_collections(call: Call) -> Doc:
    found = [
        doc for _, doc in call.store.scan("collection", visible_by=call.now - call.rules.list_lag_seconds, way="list")
    ]
    shown, pages = numbered_page(call, found, path="/help_center/collections", most=250)
    pages["next"] = None
    data = [collection_view(call, doc) for doc in shown]
    return {"type": "list", "data": data, "total_count": len(found), "pages": pages}


def _redirect_view(doc: Doc) -> Doc:
    return {"type": "help_center_redirect", **doc}


def create_redirect(call: Call) -> Doc:
    _require_help_center(call.param("help_center"))
    for name in ("from_url", "locale", "target_type", "target_id"):
        if not call.body.get(name):
            raise ApiError(400, "parameter_not_found", f"{name} is required")
    target_type, from_url = call.body["target_type"], call.required_text("from_url")
    if target_type not in ("article", "collection"):
        raise invalid("target_type must be 'article' or 'collection'")
    if not from_url.startswith(f"{_url(call)}/"):
        message = "from_url must be an absolute URL within this help center's URL space"
        raise ApiError(422, "data_invalid", message)
    if call.store.get(target_type, call.identifier("target_id")) is None:
        raise ApiError(422, "data_invalid", "target does not exist")
    if call.store.find("redirect", "from", f"{HELP_CENTER_ID} {from_url}"):
        raise ApiError(409, "resource_conflict", "A redirect with that URL already exists")
    doc = {
        "id": ids.decimal_id(call, "redirect", 700),
        "from_url": from_url,
        "locale": call.required_text("locale"),
        "help_center_id": HELP_CENTER_ID,
        "target_type": target_type,
        "target_id": call.identifier("target_id"),
        "created_at": call.now,
        "updated_at": call.now,
    }
    return _redirect_view(call.store.add("redirect", doc, now=call.now))


def _require_redirect(call: Call) -> Doc:
    _require_help_center(call.param("help_center"))
    doc = call.store.get("redirect", call.param("id"))
    if doc is None:
        raise not_found("Resource not found")
    return doc


def get_redirect(call: Call) -> Doc:
    return _redirect_view(_require_redirect(call))


def delete_redirect(call: Call) -> Doc:
    doc = _require_redirect(call)
    call.store.remove("redirect", doc["id"])
    return {"id": doc["id"], "object": "help_center_redirect", "deleted": True}


def list_redirects(call: Call) -> Doc:
    _require_help_center(call.param("help_center"))
    docs = call.store.all("redirect")
    shown, pages = numbered_page(call, docs, path="/redirects", most=250)
    pages["next"] = None
    return {"type": "list", "data": [_redirect_view(doc) for doc in shown], "total_count": len(docs), "pages": pages}


ROUTES = (
    Route("GET", "/help_center/help_centers", list_help_centers),
    Route("GET", "/help_center/help_centers/{id}", get_help_center),
    Route("GET", "/help_center/collections", list_collections),
    Route("POST", "/help_center/collections", create_collection),
    Route("GET", "/help_center/collections/{id}", get_collection),
    Route("PUT", "/help_center/collections/{id}", update_collection),
    Route("DELETE", "/help_center/collections/{id}", delete_collection),
    Route("GET", "/help_center/help_centers/{help_center}/redirects", list_redirects, since="2.16"),
    Route("POST", "/help_center/help_centers/{help_center}/redirects", create_redirect, since="2.16"),
    Route("GET", "/help_center/help_centers/{help_center}/redirects/{id}", get_redirect, since="2.16"),
    Route("DELETE", "/help_center/help_centers/{help_center}/redirects/{id}", delete_redirect, since="2.16"),
)
