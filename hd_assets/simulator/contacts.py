"""Contacts: strict creation, a duplicate answers 409 with the id that is in the way."""

from __future__ import annotations

from typing import Any

from hd_assets.simulator import ids
from hd_assets.simulator.attributes import checked_contact_values, merged_values
from hd_assets.simulator.paging import cursor_page
from hd_assets.simulator.store_schema import fold
from hd_assets.simulator.wire import ApiError, Call, Doc, Route, absent, invalid, optional_identifier, user_not_found

_TEXTS = ("phone", "name", "avatar", "owner_id")
_TIMES = ("signed_up_at", "last_seen_at")
_NEVER_SET = [
    "last_replied_at",
    "last_contacted_at",
    "last_email_opened_at",
    "last_email_clicked_at",
    "language_override",
    "browser",
    "browser_version",
    "browser_language",
    "os",
    "android_app_name",
    "android_app_version",
    "android_device",
    "android_os_version",
    "android_sdk_version",
    "android_last_seen_at",
    "ios_app_name",
    "ios_app_version",
    "ios_device",
    "ios_os_version",
    "ios_sdk_version",
    "ios_last_seen_at",
    "utm_campaign",
    "utm_content",
    "utm_medium",
    "utm_source",
    "utm_term",
    "referrer",
    "enabled_push_messaging",
]
_SHOWN_LINKS = 10


def contact_view(call: Call, doc: Doc) -> Doc:
    email = doc["email"] or ""
    shown: Doc = dict.fromkeys(_NEVER_SET)
    shown |= {
        "type": "contact",
        "id": doc["id"],
        "workspace_id": call.workspace_id,
        "external_id": doc["external_id"],
        "role": doc["role"],
        "email": email,
        "email_domain": email.partition("@")[2],
        "phone": doc["phone"],
        "name": doc["name"],
        "avatar": {"type": "avatar", "image_url": doc["avatar"]} if doc["avatar"] else None,
        "owner_id": doc["owner_id"],
        "social_profiles": {"type": "list", "data": []},
        "has_hard_bounced": False,
        "marked_email_as_spam": False,
        "unsubscribed_from_emails": doc["unsubscribed_from_emails"],
        "created_at": doc["created_at"],
        "updated_at": doc["updated_at"],
        "signed_up_at": doc["signed_up_at"],
        "last_seen_at": doc["last_seen_at"],
        "location": {"type": "location", "country": None, "region": None, "city": None},
        "custom_attributes": doc["custom_attributes"],
        "tags": _links(doc, "tag", "tags", doc["tags"]),
        "notes": _links(doc, "note", "notes", [n["id"] for n in call.store.find("note", "owner", doc["id"])]),
        "companies": _links(doc, "company", "companies", doc["companies"]),
        "opted_out_subscription_types": _links(doc, "subscription", "subscriptions", []),
        "opted_in_subscription_types": _links(doc, "subscription", "subscriptions", []),
    }
    return shown


def _links(doc: Doc, kind: str, path: str, keys: list[str]) -> Doc:
    base = f"/contacts/{doc['id']}/{path}"
    entry = "/companies/{}" if kind == "company" else f"/{path}/{{}}"
    return {
        "type": "list",
        "data": [{"type": kind, "id": key, "url": entry.format(key)} for key in keys[:_SHOWN_LINKS]],
        "url": base,
        "total_count": len(keys),
        "has_more": len(keys) > _SHOWN_LINKS,
    }


def contact_reference(doc: Doc) -> Doc:
    return {"type": "contact", "id": doc["id"], "external_id": doc["external_id"]}


def require_contact(call: Call, key: str) -> Doc:
    """The contact with that id; archived ones count as absent under the rule for it."""
    doc = call.store.get("contact", key)
    if doc is None or (doc["archived"] and call.rules.archived_contacts_hidden):
        raise user_not_found()
    return doc


def _refuse_merged(call: Call, gone: Doc | None) -> None:
    """A contact that went up in another is told apart from one that never was."""
    if gone is None or not call.rules.merged_contact_gone:
        return
    into = gone["into"]
    while further := call.store.get("merged", into):
        into = further["into"]
    message = "This contact has been merged. See the 'Link' header for the canonical contact."
    raise ApiError(410, "contact_merged", message, headers={"link": f'</contacts/{into}>; rel="canonical"'})


def _refuse_twin(call: Call, doc: Doc) -> None:
    """External ids are unique among all contacts, e-mail addresses among users; leads are exempt from the latter."""
    twins: list[Doc] = []
    if doc["external_id"]:
        twins = call.store.find("contact", "external_id", doc["external_id"])
    if doc["email"]:
        same = call.store.find("contact", "email", fold(doc["email"]))
        if call.rules.lead_emails_unique:
            twins += same
        elif doc["role"] == "user" and call.rules.user_emails_unique:
            twins += [twin for twin in same if twin["role"] == "user"]
    for twin in twins:
        if twin["id"] != doc["id"]:
            word = "An archived contact" if twin["archived"] else "A contact"
            raise ApiError(409, "conflict", f"{word} matching those details already exists with id={twin['id']}")


def _read(call: Call, doc: Doc) -> Doc:
    for name in (*_TEXTS, "email", "external_id"):
        if name in call.body:
            value = optional_identifier(call.body, name) if name in ("owner_id", "external_id") else call.text(name)
            doc[name] = value or None
    if doc["email"] and ("@" not in doc["email"] or doc["email"] != doc["email"].strip() or " " in doc["email"]):
        raise invalid("email is not a valid email address", field="email")
    if doc["owner_id"] and call.store.get("admin", doc["owner_id"]) is None:
        raise invalid("owner_id is not an admin", field="owner_id")
    if "role" in call.body:
        if call.body["role"] not in ("user", "lead"):
            raise invalid("role must be 'user' or 'lead'", field="role")
        doc["role"] = call.body["role"]
    if call.body.get("email_verified") is not None and not doc["email"]:
        raise invalid("email_verified needs an email", field="email_verified")
    for name in _TIMES:
        if name in call.body:
            doc[name] = call.moment(name)
    if call.body.get("unsubscribed_from_emails") is not None:
        doc["unsubscribed_from_emails"] = call.flag("unsubscribed_from_emails")
    doc["custom_attributes"] = merged_values(doc["custom_attributes"], checked_contact_values(call, "contact"))
    doc["updated_at"] = call.now
    _refuse_twin(call, doc)
    return doc


def new_contact(call: Call, **fields: Any) -> Doc:
    """A contact document that is not stored yet."""
    return {
        "id": ids.hex_id(call, "contact"),
        "role": "user",
        "email": None,
        "external_id": None,
        **dict.fromkeys((*_TEXTS, *_TIMES)),
        "unsubscribed_from_emails": False,
        "custom_attributes": {},
        "companies": [],
        "tags": [],
        "archived": False,
        "created_at": call.now,
        "updated_at": call.now,
        **fields,
    }


def create(call: Call) -> Doc:
    if not any(call.body.get(name) for name in ("email", "external_id", "role")):
        raise absent("email, external_id or role")
    doc = _read(call, new_contact(call))
    return contact_view(call, call.store.add("contact", doc, now=call.now))


def update(call: Call) -> Doc:
    doc = _read(call, require_contact(call, call.param("id")))
    return contact_view(call, call.store.replace("contact", doc))


def get(call: Call) -> Doc:
    _refuse_merged(call, call.store.get("merged", call.param("id")))
    return contact_view(call, require_contact(call, call.param("id")))


def find_by_external_id(call: Call) -> Doc:
    for doc in call.store.find("contact", "external_id", call.param("external_id")):
        if doc["role"] == "user" and not (doc["archived"] and call.rules.archived_contacts_hidden):
            return contact_view(call, doc)
    for gone in call.store.find("merged", "external_id", call.param("external_id")):
        _refuse_merged(call, gone)
    raise user_not_found()


def list_contacts(call: Call) -> Doc:
    found = (
        (seq, doc)
        for seq, doc in call.store.scan("contact", visible_by=call.now - call.rules.list_lag_seconds, way="list")
        if not doc["archived"]
    )
    data, total, pages = cursor_page(found, dict(call.query), lambda doc: contact_view(call, doc), default=50, most=150)
    return {"type": "list", "data": data, "total_count": total, "pages": pages}


def _set_archived(call: Call, *, archived: bool) -> Doc:
    doc = call.store.get("contact", call.param("id"))
    if doc is None:
        raise user_not_found()
    call.store.replace("contact", {**doc, "archived": archived, "updated_at": call.now})
    return {**contact_reference(doc), "archived": archived}


def archive(call: Call) -> Doc:
    return _set_archived(call, archived=True)


def unarchive(call: Call) -> Doc:
    return _set_archived(call, archived=False)


def delete(call: Call) -> Doc:
    doc = call.store.get("contact", call.param("id"))
    if doc is None:
        raise user_not_found()
    for note in call.store.find("note", "owner", doc["id"]):
        call.store.remove("note", note["id"])
    call.store.remove("contact", doc["id"])
    return {**contact_reference(doc), "deleted": True}


ROUTES = (
    Route("POST", "/contacts", create),
    Route("GET", "/contacts", list_contacts),
    Route("GET", "/contacts/find_by_external_id/{external_id}", find_by_external_id, since="2.13"),
    Route("GET", "/contacts/{id}", get),
    Route("PUT", "/contacts/{id}", update),
    Route("DELETE", "/contacts/{id}", delete),
    Route("POST", "/contacts/{id}/archive", archive),
    Route("POST", "/contacts/{id}/unarchive", unarchive),
)
