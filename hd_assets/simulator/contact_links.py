"""What hangs on a contact: companies, notes, tags."""

from __future__ import annotations

from hd_assets.simulator import ids
from hd_assets.simulator.companies import company_view, require_company
from hd_assets.simulator.contacts import contact_view, require_contact
from hd_assets.simulator.paging import numbered_page
from hd_assets.simulator.text import part_body
from hd_assets.simulator.wire import ApiError, Call, Doc, Route, not_found
from hd_assets.simulator.workspace import admin_view, require_admin

_MOST_COMPANIES = 1000


def attach_company(call: Call) -> Doc:
    contact = require_contact(call, call.param("id"))
    if not call.body.get("id"):
        raise ApiError(400, "parameter_not_found", "company not specified")
    company = require_company(call, call.identifier("id"))
    if company["id"] not in contact["companies"]:
        if len(contact["companies"]) >= _MOST_COMPANIES:
            message = f"Contact has reached the maximum of {_MOST_COMPANIES} company associations"
            raise ApiError(400, "contact_company_limit_exceeded", message)
        contact["companies"].append(company["id"])
        call.store.replace("contact", {**contact, "updated_at": call.now})
    return company_view(call, company)


def detach_company(call: Call) -> Doc:
    contact = require_contact(call, call.param("id"))
    company = require_company(call, call.param("company"))
    contact["companies"] = [key for key in contact["companies"] if key != company["id"]]
    call.store.replace("contact", {**contact, "updated_at": call.now})
    return company_view(call, company)


def list_attached(call: Call) -> Doc:
    contact = require_contact(call, call.param("id"))
    found = [call.store.get("company", key) for key in contact["companies"]]
    companies = [doc for doc in found if doc is not None]
    shown, pages = numbered_page(call, companies, path=f"/contacts/{contact['id']}/companies")
    views = [company_view(call, doc) for doc in shown]
    return {"type": "list", "companies": views, "data": views, "total_count": len(companies), "pages": pages}


def contacts_of_company(call: Call) -> Doc:
    company = require_company(call, call.param("id"))
    docs = call.store.find("contact", "company", company["id"])
    shown, pages = numbered_page(call, docs, path=f"/companies/{company['id']}/contacts")
    pages.pop("next")
    data = [contact_view(call, doc) for doc in shown]
    return {"type": "list", "data": data, "total_count": len(docs), "pages": pages}


def note_view(call: Call, doc: Doc) -> Doc:
    shown: Doc = {"type": "note", "id": doc["id"], "created_at": doc["created_at"], "body": doc["body"]}
    shown[doc["owner_kind"]] = {"type": doc["owner_kind"], "id": doc["owner"]}
    author = call.store.get("admin", doc["author"]) if doc["author"] else None
    if author:
        shown["author"] = admin_view(author)
    return shown


def _add_note(call: Call, owner: Doc, kind: str) -> Doc:
    author = require_admin(call, call.identifier("admin_id"))["id"] if call.body.get("admin_id") else None
    doc = {
        "id": ids.decimal_id(call, "note", 30),
        "owner": owner["id"],
        "owner_kind": kind,
        "author": author,
        "body": part_body(call.required_text("body"), "admin", "note", call.rules),
        "created_at": call.now,
    }
    return note_view(call, call.store.add("note", doc, now=call.now))


def _list_notes(call: Call, owner: Doc) -> Doc:
    docs = call.store.find("note", "owner", owner["id"])
    shown, pages = numbered_page(call, docs, path="/notes")
    pages.pop("next")
    return {"type": "list", "data": [note_view(call, doc) for doc in shown], "total_count": len(docs), "pages": pages}


def add_contact_note(call: Call) -> Doc:
    return _add_note(call, require_contact(call, call.param("id")), "contact")


def list_contact_notes(call: Call) -> Doc:
    return _list_notes(call, require_contact(call, call.param("id")))


def add_company_note(call: Call) -> Doc:
    return _add_note(call, require_company(call, call.param("id")), "company")


def list_company_notes(call: Call) -> Doc:
    return _list_notes(call, require_company(call, call.param("id")))


def _tag(call: Call, key: str) -> Doc:
    doc = call.store.get("tag", key)
    if doc is None:
        raise not_found()
    return doc


def add_contact_tag(call: Call) -> Doc:
    contact, tag = require_contact(call, call.param("id")), _tag(call, call.identifier("id"))
    if tag["id"] not in contact["tags"]:
        contact["tags"].append(tag["id"])
        call.store.replace("contact", {**contact, "updated_at": call.now})
    return {"type": "tag", "id": tag["id"], "name": tag["name"]}


def remove_contact_tag(call: Call) -> Doc:
    contact, tag = require_contact(call, call.param("id")), _tag(call, call.param("tag"))
    contact["tags"] = [key for key in contact["tags"] if key != tag["id"]]
    call.store.replace("contact", {**contact, "updated_at": call.now})
    return {"type": "tag", "id": tag["id"], "name": tag["name"]}


def list_contact_tags(call: Call) -> Doc:
    contact = require_contact(call, call.param("id"))
    tags = [_tag(call, key) for key in contact["tags"]]
    return {"type": "list", "data": [{"type": "tag", "id": tag["id"], "name": tag["name"]} for tag in tags]}


ROUTES = (
    Route("POST", "/contacts/{id}/companies", attach_company),
    Route("GET", "/contacts/{id}/companies", list_attached),
    Route("DELETE", "/contacts/{id}/companies/{company}", detach_company),
    Route("GET", "/companies/{id}/contacts", contacts_of_company),
    Route("POST", "/contacts/{id}/notes", add_contact_note),
    Route("GET", "/contacts/{id}/notes", list_contact_notes),
    Route("POST", "/companies/{id}/notes", add_company_note, since="2.16"),
    Route("GET", "/companies/{id}/notes", list_company_notes, since="2.15"),
    Route("POST", "/contacts/{id}/tags", add_contact_tag),
    Route("GET", "/contacts/{id}/tags", list_contact_tags),
    Route("DELETE", "/contacts/{id}/tags/{tag}", remove_contact_tag),
)
