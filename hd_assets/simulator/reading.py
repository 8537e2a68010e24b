"""What the API only reads and a new workspace has little of: macros, mail addresses, segments, brands."""

from __future__ import annotations

from hd_assets.simulator.companies import require_company
from hd_assets.simulator.contact_links import note_view
from hd_assets.simulator.contacts import require_contact
from hd_assets.simulator.help_center import HELP_CENTER_ID
from hd_assets.simulator.threads import require_conversation
from hd_assets.simulator.wire import Call, Doc, Route, not_found

_MADE = 1_700_000_000


def list_macros(call: Call) -> Doc:
    per_page = call.number("per_page", 50, most=150)
    call.number("updated_since", 0, least=0, most=10**11)
    return {"type": "list", "data": [], "pages": {"type": "pages", "per_page": per_page, "next": None}}


def get_macro(_call: Call) -> Doc:
    raise not_found("Macro not found")


def _email(call: Call) -> Doc:
    domain = f"{call.workspace_id}.example"
    return {
        "type": "email_setting",
        "id": "1",
        "email": f"support@{domain}",
        "verified": True,
        "domain": domain,
        "brand_id": call.workspace_id,
        "forwarding_enabled": False,
        "forwarded_email_last_received_at": None,
        "created_at": _MADE,
        "updated_at": _MADE,
    }


def list_emails(call: Call) -> Doc:
    return {"type": "list", "data": [_email(call)]}


def get_email(call: Call) -> Doc:
    if call.param("id") != "1":
        raise not_found("Email setting not found")
    return _email(call)


def _brand(call: Call) -> Doc:
    times = {"created_at": _MADE, "updated_at": _MADE}
    name = {"type": "brand", "id": call.workspace_id, "name": "Default Brand", "is_default": True}
    return {**name, **times, "help_center_id": HELP_CENTER_ID, "default_address_settings_id": "1"}


def list_brands(call: Call) -> Doc:
    return {"type": "list", "data": [_brand(call)]}


def get_brand(call: Call) -> Doc:
    if call.param("id") != call.workspace_id:
        raise not_found("Brand not found")
    return _brand(call)


def _empty_list(_call: Call) -> Doc:
    return {"type": "list", "data": []}


def list_segments(_call: Call) -> Doc:
    return {"type": "segment.list", "segments": []}


def get_segment(_call: Call) -> Doc:
    raise not_found("Resource Not Found")


def _of_contact(call: Call) -> Doc:
    require_contact(call, call.param("id"))
    return _empty_list(call)


def _of_company(call: Call) -> Doc:
    require_company(call, call.param("id"))
    return _empty_list(call)


def get_note(call: Call) -> Doc:
    doc = call.store.get("note", call.param("id"))
    if doc is None:
        raise not_found()
    return note_view(call, doc)


def side_conversations(call: Call) -> Doc:
    require_conversation(call, call.param("id"))
    per_page = call.number("per_page", 20, most=50)
    pages = {"type": "pages", "page": call.number("page", 1, most=10**6), "per_page": per_page, "total_pages": 1}
    return {"type": "side_conversation.list", "side_conversations": [], "total_count": 0, "pages": pages}


def handling_events(call: Call) -> Doc:
    require_conversation(call, call.param("id"))
    return {"handling_events": []}


ROUTES = (
    Route("GET", "/macros", list_macros, since="2.16"),
    Route("GET", "/macros/{id}", get_macro, since="2.16"),
    Route("GET", "/emails", list_emails, since="2.13"),
    Route("GET", "/emails/{id}", get_email, since="2.13"),
    Route("GET", "/brands", list_brands, since="2.13"),
    Route("GET", "/brands/{id}", get_brand, since="2.13"),
    Route("GET", "/segments", list_segments),
    Route("GET", "/segments/{id}", get_segment),
    Route("GET", "/subscription_types", _empty_list),
    Route("GET", "/away_status_reasons", _empty_list, since="2.13"),
    Route("GET", "/contacts/{id}/segments", _of_contact),
    Route("GET", "/contacts/{id}/subscriptions", _of_contact),
    Route("GET", "/companies/{id}/segments", _of_company),
    Route("GET", "/notes/{id}", get_note),
    Route("GET", "/conversations/{id}/side_conversations", side_conversations, since="2.16"),
    Route("GET", "/conversations/{id}/handling_events", handling_events, since="2.15"),
)
