"""The stored shape of a conversation (a ticket is one with a wrapper), its parts, and the rules both share."""

from __future__ import annotations

from typing import Any

from hd_assets.simulator import ids
from hd_assets.simulator.contacts import require_contact
from hd_assets.simulator.files import take_files
from hd_assets.simulator.store_schema import fold
from hd_assets.simulator.text import part_body
from hd_assets.simulator.wire import (
    ApiError,
    Call,
    Doc,
    absent,
    invalid,
    not_found,
    optional_identifier,
    user_not_found,
)
from hd_assets.simulator.workspace import require_admin


def new_thread(call: Call, contact: Doc, *, body: str | None, created_at: int) -> Doc:
    """A conversation document that is not stored yet; `body` is stored HTML."""
    return {
        "id": ids.decimal_id(call, "conversation", 0),
        "message_id": ids.decimal_id(call, "message", 403_918_000),
        "created_at": created_at,
        "updated_at": call.now,
        "title": None,
        "body": body,
        "attachments": [],
        "redacted": False,
        "author": contact_author(contact),
        "contacts": [contact["id"]],
        "state": "open",
        "read": False,
        "snoozed_until": None,
        "waiting_since": created_at,
        "admin_assignee_id": None,
        "team_assignee_id": None,
        "company_id": None,
        "tags": [],
        "teammates": [],
        "custom_attributes": {},
        "statistics": {},
        "ticket": None,
    }


def contact_author(contact: Doc) -> Doc:
    return {"type": "lead" if contact["role"] == "lead" else "user", "id": contact["id"]}


def admin_author(admin: Doc) -> Doc:
    return {"type": "admin", "id": admin["id"]}


def require_conversation(call: Call, key: str, *, message: str = "Resource Not Found") -> Doc:
    doc = call.store.get("conversation", key)
    if doc is None:
        raise not_found(message)
    return wake(call, doc)


def wake(call: Call, doc: Doc) -> Doc:
    """A snooze that has run out shows as open."""
    if doc["state"] == "snoozed" and doc["snoozed_until"] is not None and doc["snoozed_until"] <= call.now:
        doc.update(state="open", snoozed_until=None)
    return doc


def add_part(call: Call, doc: Doc, part_type: str, author: Doc, **fields: Any) -> Doc:
    """Append a part; the caller stores the conversation afterwards."""
    part = {
        "id": ids.decimal_id(call, "part", 100_000),
        "part_type": part_type,
        "body": None,
        "created_at": call.now,
        "updated_at": call.now,
        "author": author,
        "attachments": [],
        "assigned_to": None,
        "state": doc["state"],
        "redacted": False,
        **fields,
    }
    call.store.add_part(doc["id"], part)
    doc["updated_at"] = call.now
    if author["type"] == "admin" and author["id"] not in doc["teammates"]:
        doc["teammates"].append(author["id"])
    return part


def event_part(call: Call, doc: Doc, part_type: str, author: Doc | None = None) -> None:
    """A part that only tells that something happened."""
    if call.rules.event_parts:
        add_part(call, doc, part_type, author or {"type": "bot", "id": "0"})


def reply(call: Call, doc: Doc) -> Doc:
    """Append a comment or note as a contact or an admin writes it; stores and returns the part."""
    author_kind = call.body.get("type")
    if author_kind == "user":
        part = _contact_reply(call, doc)
    elif author_kind == "admin":
        part = _admin_reply(call, doc)
    else:
        raise invalid("type must be 'user' or 'admin'", field="type")
    call.store.replace("conversation", doc)
    return part


def _told_at(call: Call, doc: Doc) -> int:
    created_at = call.past_moment("created_at")
    if call.rules.reply_before_opening_refused and created_at < doc["created_at"]:
        raise invalid("created_at can not be before the conversation", field="created_at")
    return created_at


def _contact_reply(call: Call, doc: Doc) -> Doc:
    if call.body.get("message_type") != "comment":
        raise invalid("message_type must be 'comment'", field="message_type")
    contact = named_contact(call, call.body)
    if contact["id"] not in doc["contacts"]:
        if call.rules.contact_reply_needs_participant:
            raise ApiError(404, "not_found", "User Not Found")
        doc["contacts"].append(contact["id"])
    text = call.required_text("body")
    created_at = _told_at(call, doc)
    files = take_files(call, doc["id"])
    if doc["state"] != "open" and call.rules.contact_reply_reopens:
        doc.update(state="open", snoozed_until=None)
        bump(doc, "count_reopens")
    part = add_part(
        call,
        doc,
        "comment",
        contact_author(contact),
        body=part_body(text, "contact", "comment", call.rules),
        created_at=created_at,
        attachments=files,
    )
    first_and_last(doc, "contact_reply", created_at)
    doc.update(waiting_since=created_at, read=False)
    call.notify("contact_reply")
    return part


def _admin_reply(call: Call, doc: Doc) -> Doc:
    part_type = call.body.get("message_type")
    if part_type not in ("comment", "note"):
        raise invalid("message_type must be 'comment' or 'note'", field="message_type")
    admin = require_admin(call, call.identifier("admin_id"))
    text = call.text("body")
    created_at = _told_at(call, doc)
    silent = call.flag("skip_notifications")
    files = take_files(call, doc["id"])
    if not text and not files:
        raise absent("body")
    part = add_part(
        call,
        doc,
        part_type,
        admin_author(admin),
        body=part_body(text or "", "admin", part_type, call.rules),
        created_at=created_at,
        attachments=files,
    )
    if part_type == "comment":
        first_and_last(doc, "admin_reply", created_at)
        if doc["state"] != "open" and call.rules.admin_reply_reopens:
            doc.update(state="open", snoozed_until=None)
            bump(doc, "count_reopens")
        if call.rules.admin_reply_assigns and not (doc["admin_assignee_id"] or doc["team_assignee_id"]):
            doc["admin_assignee_id"] = admin["id"]
        doc["waiting_since"] = None
        if not silent:
            call.notify("admin_comment")
    return part


def named_contact(call: Call, source: Doc) -> Doc:
    """The contact that `intercom_user_id`, `user_id` (external id) or `email` names."""
    key = optional_identifier(source, "intercom_user_id")
    if key:
        return require_contact(call, key)
    external, email = optional_identifier(source, "user_id"), source.get("email")
    found: list[Doc] = []
    if external:
        found = call.store.find("contact", "external_id", external)
    elif isinstance(email, str) and email:
        found = call.store.find("contact", "email", fold(email))
    else:
        raise absent("intercom_user_id, user_id or email")
    live = [contact for contact in found if not (contact["archived"] and call.rules.archived_contacts_hidden)]
    if not live:
        raise user_not_found()
    return live[0]


def bump(doc: Doc, name: str) -> None:
    doc["statistics"][name] = doc["statistics"].get(name, 0) + 1


def first_and_last(doc: Doc, event: str, at: int) -> None:
    doc["statistics"].setdefault(f"first_{event}_at", at)
    doc["statistics"][f"last_{event}_at"] = at
