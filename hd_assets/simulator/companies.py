"""Companies: created or updated by `company_id`, hidden from lists until a contact belongs to them."""

from __future__ import annotations

from hd_assets.simulator import ids, paging
from hd_assets.simulator.attributes import checked_contact_values, merged_values
from hd_assets.simulator.store_schema import fold
from hd_assets.simulator.wire import ApiError, Call, Doc, Route, invalid, not_found

_FIELDS = ("name", "plan", "size", "website", "industry", "monthly_spend")
_DECLARED = {*_FIELDS, "custom_attributes", "remote_created_at", "update_last_request_at"}
_INTEGERS = ("size", "monthly_spend")
_LARGEST = 2_147_483_647


def company_view(call: Call, doc: Doc) -> Doc:
    tags = [call.store.get("tag", key) for key in doc["tags"]]
    shown: Doc = {
        "type": "company",
        "id": doc["id"],
        "company_id": doc["company_id"],
        "app_id": call.workspace_id,
        "name": doc["name"] or "",
        "created_at": doc["created_at"],
        "updated_at": doc["updated_at"],
        "session_count": 0,
        "user_count": call.store.count_keyed("contact", "company", doc["id"]),
        "custom_attributes": doc["custom_attributes"],
        "tags": {
            "type": "tag.list",
            "tags": [{"type": "tag", "id": tag["id"], "name": tag["name"]} for tag in tags if tag],
        },
        "segments": {"type": "segment.list", "segments": []},
        "plan": {"type": "plan", "id": "", "name": doc["plan"]} if doc["plan"] else {},
    }
    optional = ("remote_created_at", "size", "website", "industry", "monthly_spend")
    return shown | {name: doc[name] for name in optional if doc[name] is not None}


def _read(call: Call, doc: Doc, declared: set[str]) -> Doc:
    if call.rules.company_unknown_keys_refused:
        for name in call.body:
            if name not in declared:
                raise ApiError(400, "bad_request", f"bad '{name}' parameter")
    for name in _FIELDS:
        if name not in call.body:
            continue
        value = call.body[name]
        if name in _INTEGERS and value is not None:
            if isinstance(value, bool) or not isinstance(value, int | float) or value > _LARGEST:
                raise invalid(f"{name} must be a number of at most {_LARGEST}", field=name)
            value = int(value)
        elif value is not None and not isinstance(value, str):
            raise invalid(f"{name} must be a string", field=name)
        doc[name] = value
    if "remote_created_at" in call.body:
        doc["remote_created_at"] = call.moment("remote_created_at")
    doc["custom_attributes"] = merged_values(doc["custom_attributes"], checked_contact_values(call, "company"))
    doc["updated_at"] = call.now
    return doc


def create_or_update(call: Call) -> Doc:
    key = call.body.get("company_id")
    if isinstance(key, int) and not isinstance(key, bool):
        key = str(key)
    if not isinstance(key, str) or not key:
        raise ApiError(400, "parameter_not_found", "company_id not specified", field="company_id")
    found = [doc for doc in call.store.find("company", "company_id", key) if _live(call, doc)]
    if found:
        doc = _read(call, found[0], _DECLARED | {"company_id"})
        return company_view(call, call.store.replace("company", doc))
    doc = {
        "id": ids.hex_id(call, "company"),
        "company_id": key,
        **dict.fromkeys((*_FIELDS, "remote_created_at", "archive_at")),
        "custom_attributes": {},
        "tags": [],
        "created_at": call.now,
    }
    doc = _read(call, doc, _DECLARED | {"company_id"})
    return company_view(call, call.store.add("company", doc, now=call.now))


def _live(call: Call, doc: Doc) -> bool:
    return doc["archive_at"] is None or doc["archive_at"] > call.now


def require_company(call: Call, key: str) -> Doc:
    doc = call.store.get("company", key)
    if doc is None or not _live(call, doc):
        raise not_found("Company Not Found", code="company_not_found")
    return doc


def update(call: Call) -> Doc:
    doc = _read(call, require_company(call, call.param("id")), _DECLARED - {"remote_created_at"})
    return company_view(call, call.store.replace("company", doc))


def get(call: Call) -> Doc:
    return company_view(call, require_company(call, call.param("id")))


def find(call: Call) -> Doc:
    """By company_id or name: one company. Without either: a page of the list."""
    for name, folded in (("company_id", False), ("name", True)):
        if name in call.query:
            value = fold(call.query[name]) if folded else call.query[name]
            docs = [doc for doc in call.store.find("company", name, value) if _live(call, doc)]
            if not docs:
                raise not_found("Company Not Found", code="company_not_found")
            return company_view(call, docs[0]) if call.rules.company_lookup == "single" else _page(call, docs)
    return list_companies(call)


def _listed(call: Call) -> list[Doc]:
    docs = [doc for _, doc in call.store.scan("company", visible_by=call.now - call.rules.list_lag_seconds, way="list")]
    docs = [doc for doc in docs if _live(call, doc)]
    if call.rules.company_hidden_until_attached:
        docs = [doc for doc in docs if call.store.has("contact", "company", doc["id"])]
    return docs


def list_companies(call: Call) -> Doc:
    return _page(call, _listed(call)[: call.rules.company_list_cap])


def _page(call: Call, docs: list[Doc]) -> Doc:
    shown, pages = paging.numbered_page(call, docs, path="/companies/list")
    pages.pop("next")
    return {
        "type": "list",
        "data": [company_view(call, doc) for doc in shown],
        "pages": pages,
        "total_count": len(docs),
    }


def scroll(call: Call) -> Doc:
    """100 companies at a time. One scroll at once; its place is lost after a minute, and behind the last page."""
    running, given = call.store.get("scroll", "companies"), call.query.get("scroll_param")
    fresh = running is not None and running["used_at"] + call.rules.company_scroll_seconds > call.now
    if not given:
        if fresh:
            raise ApiError(400, "scroll_exists", "scroll already exists for this workspace")
        running = {"id": "companies", "param": ids.uuid_id(call.store, "scroll"), "place": 0}
    elif running is None or not fresh or running["param"] != given:
        raise not_found("scroll parameter not found")
    docs = _listed(call)
    shown = docs[running["place"] : running["place"] + 100]
    call.store.remove("scroll", "companies")
    if shown:
        kept = {**running, "place": running["place"] + len(shown), "used_at": call.now}
        call.store.add("scroll", kept, now=call.now)
    return {
        "type": "list",
        "data": [company_view(call, doc) for doc in shown],
        "pages": None,
        "total_count": None,
        "scroll_param": running["param"],
    }


def delete(call: Call) -> Doc:
    """An archive that takes effect after a while; contacts are detached, there is no way back."""
    doc = require_company(call, call.param("id"))
    if call.rules.company_archive_seconds:
        call.store.replace("company", {**doc, "archive_at": call.now + call.rules.company_archive_seconds})
    else:
        call.store.remove("company", doc["id"])
    for contact in call.store.find("contact", "company", doc["id"]):
        contact["companies"] = [key for key in contact["companies"] if key != doc["id"]]
        call.store.replace("contact", contact)
    return {"id": doc["id"], "object": "company", "deleted": True}


ROUTES = (
    Route("POST", "/companies", create_or_update),
    Route("GET", "/companies", find),
    Route("POST", "/companies/list", list_companies),
    Route("GET", "/companies/scroll", scroll),
    Route("GET", "/companies/{id}", get),
    Route("PUT", "/companies/{id}", update),
    Route("DELETE", "/companies/{id}", delete),
)
