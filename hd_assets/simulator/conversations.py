"""Conversations: begun by a contact with plain text, completed by later calls."""

from __future__ import annotations

from hd_assets.simulator.attributes import checked_conversation_values, merged_values
from hd_assets.simulator.companies import require_company
from hd_assets.simulator.contacts import require_contact
from hd_assets.simulator.files import take_files
from hd_assets.simulator.paging import cursor_page, numbered_page
from hd_assets.simulator.tags import applied_view, hang_on, require_tag
from hd_assets.simulator.text import paragraphs
from hd_assets.simulator.threads import (
    add_part,
    admin_author,
    event_part,
    new_thread,
    reply,
    require_conversation,
    wake,
)
from hd_assets.simulator.views import full_conversation_view, listed_conversation_view
from hd_assets.simulator.wire import ApiError, Call, Doc, Route, absent, invalid, not_found, optional_identifier
from hd_assets.simulator.workspace import require_admin


def create(call: Call) -> Doc:
    """Answers the message; its `conversation_id` is the id to keep."""
    sender = call.mapping("from")
    if sender.get("type") not in ("user", "lead", "contact"):
        raise invalid("from.type must be 'user', 'lead' or 'contact'", field="from")
    key = optional_identifier(sender, "id")
    if key is None:
        raise absent("from.id")
    contact = require_contact(call, key)
    text = call.required_text("body")
    doc = new_thread(call, contact, body=paragraphs(text), created_at=call.past_moment("created_at"))
    call.body.pop("attachment_files", None)  # creation takes addresses of images only
    doc["attachments"] = take_files(call, doc["id"])
    call.store.add("conversation", doc, now=call.now)
    call.notify("conversation_created")
    return {
        "type": "user_message",
        "id": doc["message_id"],
        "created_at": doc["created_at"],
        "body": text,
        "message_type": "inapp",
        "conversation_id": doc["id"],
    }


def get(call: Call) -> Doc:
    doc = require_conversation(call, call.param("id"))
    if doc["ticket"] and not call.rules.converted_conversation_readable:
        raise not_found()
    return full_conversation_view(call, doc)


def listed(call: Call, doc: Doc) -> bool:
    """Whether lists and searches of conversations show it."""
    return not doc.get("archived") and (not doc["ticket"] or call.rules.tickets_in_conversation_lists)


def list_conversations(call: Call) -> Doc:
    scanned = call.store.scan("conversation", visible_by=call.now - call.rules.list_lag_seconds, way="list")
    found = (entry for entry in scanned if listed(call, entry[1]))
    conversations, total, pages = cursor_page(
        found,
        dict(call.query),
        lambda doc: listed_conversation_view(call, wake(call, doc)),
        default=20,
        most=call.rules.list_page_limit,
    )
    return {"type": "conversation.list", "conversations": conversations, "total_count": total, "pages": pages}


def update(call: Call) -> Doc:
    doc = require_conversation(call, call.param("id"))
    values = checked_conversation_values(call)
    if "read" in call.body:
        doc["read"] = call.flag("read")
    if "title" in call.body and call.text("title") != doc["title"]:
        doc["title"] = call.text("title")
        event_part(call, doc, "title_updated")
    if "company_id" in call.body:
        key = optional_identifier(call.body, "company_id")
        doc["company_id"] = require_company(call, key)["id"] if key else None
    if values:
        doc["custom_attributes"] = merged_values(doc["custom_attributes"], values)
        event_part(call, doc, "conversation_attribute_updated_by_admin")
    doc["updated_at"] = call.now
    return full_conversation_view(call, call.store.replace("conversation", doc))


def post_reply(call: Call) -> Doc:
    doc = require_conversation(call, call.param("id"))
    reply(call, doc)
    return full_conversation_view(call, doc)


def add_tag(call: Call) -> Doc:
    doc = require_conversation(call, call.param("id"), message="Conversation not found")
    tag = require_tag(call, call.identifier("id"))
    admin = require_admin(call, call.identifier("admin_id"))
    entry = hang_on(call, doc, tag, admin["id"])
    doc["updated_at"] = call.now
    call.store.replace("conversation", doc)
    return applied_view(call, entry)


def remove_tag(call: Call) -> Doc:
    doc = require_conversation(call, call.param("id"), message="Conversation not found")
    require_admin(call, call.identifier("admin_id"))
    for entry in doc["tags"]:
        if entry["id"] == call.param("tag"):
            shown = applied_view(call, entry)
            doc["tags"].remove(entry)
            doc["updated_at"] = call.now
            call.store.replace("conversation", doc)
            return shown
    raise not_found("Tag not found", code="tag_not_found")


def redact(call: Call) -> Doc:
    """Empty a part, or the opening of a conversation; the only thing that can be done to a part."""
    doc = require_conversation(call, call.identifier("conversation_id"))
    missing = not_found("Conversation part or message not found", code="conversation_part_or_message_not_found")
    if call.body.get("type") == "source":
        if call.identifier("source_id") != doc["message_id"]:
            raise missing
        doc.update(body="", redacted=True, attachments=[])
    elif call.body.get("type") == "conversation_part":
        part = call.store.part(doc["id"], call.identifier("conversation_part_id"))
        if part is None:
            raise missing
        if not part["body"]:
            raise ApiError(400, "conversation_part_not_redactable", "The part has no body")
        call.store.replace_part({**part, "body": "", "redacted": True, "attachments": [], "updated_at": call.now})
    else:
        raise invalid("type must be 'conversation_part' or 'source'", field="type")
    doc["updated_at"] = call.now
    return full_conversation_view(call, call.store.replace("conversation", doc))


def delete(call: Call) -> Doc:
    doc = require_conversation(call, call.param("id"))
    remember_deletion(call, doc["id"])
    return {"id": doc["id"], "object": "conversation", "deleted": True}


def remember_deletion(call: Call, key: str) -> None:
    call.store.remove_conversation(key)
    retained = call.query.get("retain_metrics", "true") != "false"
    call.store.add("deleted", {"id": key, "deleted_at": call.now, "metrics_retained": retained}, now=call.now)


def list_deleted(call: Call) -> Doc:
    docs = [{**doc, "object": "conversation", "deleted": True} for _, doc in call.store.scan("deleted")]
    shown, pages = numbered_page(call, docs, path="/conversations/deleted", default=20)
    return {"type": "conversation.list", "conversations": shown, "total_count": len(docs), "pages": pages}


def merge(call: Call) -> Doc:
    """The parts of this conversation move into another; the emptied one is closed and linked to it."""
    into = call.body.get("merge_into_conversation_id")
    if isinstance(into, bool) or not isinstance(into, int):
        raise invalid("merge_into_conversation_id must be a valid integer conversation ID")
    doc, target = require_conversation(call, call.param("id")), call.store.get("conversation", str(into))
    if target is None:
        raise ApiError(422, "merge_failed", "Primary conversation not found")
    if target["id"] == doc["id"]:
        raise ApiError(422, "merge_failed", "Cannot merge a conversation into itself")
    if doc.get("merged_into"):
        raise ApiError(422, "merge_failed", "Secondary conversation has already been merged")
    call.store.move_parts(doc["id"], target["id"])
    author = admin_author({"id": doc["admin_assignee_id"]}) if doc["admin_assignee_id"] else {"type": "bot", "id": "0"}
    add_part(call, target, "merged_secondary_conversation", author, body=doc["body"], created_at=doc["created_at"])
    target["links"] = [*target.get("links", []), {"type": "conversation", "id": doc["id"], "category": None}]
    doc["links"] = [*doc.get("links", []), {"type": "conversation", "id": target["id"], "category": None}]
    doc.update(state="closed", snoozed_until=None, merged_into=target["id"], updated_at=call.now)
    call.store.replace("conversation", doc)
    return full_conversation_view(call, call.store.replace("conversation", target))


ROUTES = (
    Route("POST", "/conversations", create),
    Route("GET", "/conversations", list_conversations),
    Route("GET", "/conversations/deleted", list_deleted, since="2.16"),
    Route("POST", "/conversations/redact", redact),
    Route("GET", "/conversations/{id}", get),
    Route("PUT", "/conversations/{id}", update),
    Route("DELETE", "/conversations/{id}", delete, since="2.13"),
    Route("POST", "/conversations/{id}/reply", post_reply),
    Route("POST", "/conversations/{id}/tags", add_tag),
    Route("DELETE", "/conversations/{id}/tags/{tag}", remove_tag),
    Route("POST", "/conversations/{id}/merge", merge, since="2.16"),
)
