"""Staged rows as requests whose references are still symbolic. Pure functions, so that a plan can be read and repeated.

A reference is `{"$ref": "<kind>:<external id>"}` (`$int`: as a number), in a path `{<kind>:<external id>}`; a file is
`{"$file": "<sha256>"}`; a body that names its author when nobody stands for them is `{"$authored": …}`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping as Table
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote

from hd_assets.errors import BlockedError
from hd_assets.mapping import Attribute, DataType
from hd_assets.model import Article, Attachment, Company, Contact, Conversation, CustomObject, Part
from hd_assets.model.base import AttributeValue
from hd_assets.publish.attributes import Holder, destination_type, present, seconds, typed

# Raised whenever a change here gives other bodies for the same staged row.
RULES_VERSION = 2
FILES_PER_PART = 10
NO_TEXT = "(no text)"
STAND_IN = "_migration"

Body = dict[str, Any]


@dataclass(frozen=True)
class Request:
    """One write, symbolic."""

    method: str
    path: str
    body: Body

    @property
    def digest(self) -> str:
        seed = json.dumps([self.method, self.path, self.body], sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(seed.encode()).hexdigest()


@dataclass(frozen=True)
class Rules:
    """What the mapping decides about bodies. `types`: holder → attribute → our type."""

    migration: str
    types: Table[str, Table[str, DataType]] = field(default_factory=dict)
    # external id → the contact or inbox that stands for it
    merged: Table[str, str] = field(default_factory=dict)
    # type of custom object → attribute of contacts and conversations that refers to its instances
    references: Table[str, str] = field(default_factory=dict)
    # addresses below this one are the help centre's own; elsewhere no redirect can be made
    help_center_url: str | None = None
    help_center_locale: str = "en"
    # article → link to the old system in it → address of the article that stands for the page
    moved_links: Table[str, Table[str, str]] = field(default_factory=dict)

    @property
    def source_id_attribute(self) -> str:
        return f"{self.migration}_source_id"

    def standing_for(self, external_id: str) -> str:
        seen = set()
        while external_id in self.merged and external_id not in seen:
            seen.add(external_id)
            external_id = self.merged[external_id]
        return external_id

    def reference(self, object_type: str) -> str:
        return self.references.get(object_type, object_type)

    def is_own_address(self, url: str | None) -> bool:
        """Whether an old address lies in the help centre's space, so that it can be led to the new one."""
        return bool(url and self.help_center_url and url.startswith(self.help_center_url.rstrip("/") + "/"))

    def values(self, given: Table[str, AttributeValue], holder: Holder) -> dict[str, AttributeValue]:
        types = self.types.get("conversation" if holder == "ticket" else holder, {})
        return {
            name: typed(value, types.get(name, "string"), holder) if name in types else value
            for name, value in sorted(given.items())
            if value is not None
        }


def types_of(attributes: Table[Any, Table[str, Attribute]]) -> dict[str, dict[str, DataType]]:
    return {holder: {name: entry.type for name, entry in named.items()} for holder, named in attributes.items()}


def ref(kind: str, external_id: str) -> Body:
    return {"$ref": f"{kind}:{external_id}"}


def _admin(external_id: str | None) -> Body:
    return ref("admin", external_id or STAND_IN)


# people


def company(row: Company, rules: Rules) -> Request:
    values = rules.values(row.custom_attributes, "company")
    if row.parent and "parent_company_id" in rules.types.get("company", {}):
        values.setdefault("parent_company_id", row.parent)
    body = {
        "company_id": row.external_id,
        "name": row.name,
        "website": row.website,
        "industry": row.industry,
        "remote_created_at": seconds(row.created_at),
        "custom_attributes": values or None,
    }
    return Request("POST", "/companies", present(body))


def contact(row: Contact, rules: Rules) -> Request:
    body = {
        "role": row.role,
        "external_id": row.external_id,
        "email": row.email,
        "name": row.name,
        "phone": row.phone,
        "signed_up_at": seconds(row.signed_up_at),
        "custom_attributes": rules.values(row.custom_attributes, "contact") or None,
    }
    return Request("POST", "/contacts", present(body))


def contact_company(contact_id: str, company_id: str) -> Request:
    return Request("POST", f"/contacts/{{contact:{contact_id}}}/companies", {"id": ref("company", company_id)})


# conversations


def conversation(row: Conversation, rules: Rules) -> Request:
    sender = {"type": "contact", "id": ref("contact", rules.standing_for(row.opening_author))}
    body = {"from": sender, "body": row.opening_text or NO_TEXT, "created_at": seconds(row.opening_at)}
    return Request("POST", "/conversations", body)


def participant(conversation_id: str, contact_id: str) -> Request:
    customer = {"intercom_user_id": ref("contact", contact_id)}
    return Request("POST", _at(conversation_id, "/customers"), {"admin_id": _admin(None), "customer": customer})


def part(row: Part, files: Sequence[Attachment], rules: Rules, *, created_at: int, late: bool = False) -> Request:
    """A reply or note. `late`: younger parts were sent before, so the text says when it was written."""
    if len(files) > FILES_PER_PART:
        raise BlockedError(
            f"part {row.external_id} carries {len(files)} files, the destination takes {FILES_PER_PART}",
            where=f"staging.attachments of conversation {row.conversation}",
            mend="let the staging SQL spread them over inserted parts (origin 'spill')",
        )
    by_contact = row.author_kind == "contact" and row.kind == "comment" and row.author is not None
    html = row.body_html or f"<p>{NO_TEXT}</p>"
    if late:
        html = f"<p>[{written(row.created_at)}]</p>{html}"
    body: Body = {"message_type": row.kind, "created_at": created_at}
    if by_contact and row.author is not None:
        body |= {"type": "user", "intercom_user_id": ref("contact", rules.standing_for(row.author)), "body": html}
    else:
        teammate = row.author if row.author_kind == "teammate" else None
        body |= {
            "type": "admin",
            "admin_id": _admin(teammate),
            "body": {"$authored": {"admin": teammate, "name": row.author_name, "html": html}},
            "skip_notifications": True,
        }
        if row.author_kind == "system" and row.origin != "entry":
            # inserted by us: the migration speaks for itself
            body["body"] = html
    if files:
        body["attachment_files"] = [
            {"content_type": file.content_type, "data": {"$file": file.sha256}, "name": file.filename} for file in files
        ]
    return Request("POST", _at(row.conversation, "/reply"), body)


def written(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def details(row: Conversation, rules: Rules, objects: Sequence[tuple[str, str]] = ()) -> Request:
    """`objects`: (type, external id) of the custom objects the conversation refers to."""
    values: Body = dict(rules.values(row.custom_attributes, "conversation"))
    for object_type, key in sorted(objects):
        values.setdefault(rules.reference(object_type), []).append(ref("custom_object", key))
    values[rules.source_id_attribute] = row.external_id
    body: Body = {"title": row.title, "custom_attributes": values}
    if row.company:
        body["company_id"] = ref("company", row.company)
    return Request("PUT", _at(row.external_id), body)


def conversation_tag(conversation_id: str, tag_id: str) -> Request:
    return Request("POST", _at(conversation_id, "/tags"), {"id": ref("tag", tag_id), "admin_id": _admin(None)})


def conversation_untag(conversation_id: str, tag_id: str) -> Request:
    return Request("DELETE", _at(conversation_id, f"/tags/{{tag:{tag_id}}}"), {"admin_id": _admin(None)})


def assign(conversation_id: str, to: str, assignee: str | None) -> Request:
    """`to` is team or admin; without an assignee nobody is responsible any more."""
    body = {
        "message_type": "assignment",
        "type": to,
        "admin_id": _admin(None),
        "assignee_id": ref(to, assignee) if assignee else "0",
    }
    return Request("POST", _at(conversation_id, "/parts"), body)


def close(conversation_id: str) -> Request:
    return _state(conversation_id, {"message_type": "close", "type": "admin"})


def snooze(conversation_id: str, until: int) -> Request:
    return _state(conversation_id, {"message_type": "snoozed", "snoozed_until": until})


def reopen(conversation_id: str) -> Request:
    return _state(conversation_id, {"message_type": "open"})


def _state(conversation_id: str, body: Body) -> Request:
    return Request("POST", _at(conversation_id, "/parts"), {**body, "admin_id": _admin(None)})


def convert(row: Conversation, rules: Rules) -> Request:
    """Into a ticket of the customer type. List values go by the ids of the type's list items."""
    types = rules.types.get("conversation", {})
    values: Body = {
        name: ref("ticket_option", f"{name}/{value}") if types.get(name) == "list" else value
        for name, value in rules.values(row.custom_attributes, "ticket").items()
        if name in types
    }
    if rules.source_id_attribute in types:
        values[rules.source_id_attribute] = row.external_id
    values["_default_title_"] = row.title
    body = {
        "ticket_type_id": ref("ticket_type", STAND_IN),
        "ticket_state_id": ref("ticket_state", ticket_state(row)),
        "attributes": values,
    }
    return Request("POST", _at(row.external_id, "/convert"), body)


def ticket_state(row: Conversation) -> str:
    """The state's category: a closed conversation is a resolved ticket whatever the finer word says."""
    if row.state == "closed":
        return "resolved"
    if row.ticket_state and row.ticket_state != "resolved":
        return row.ticket_state
    return "waiting_on_customer" if row.state == "snoozed" else "submitted"


def _at(conversation_id: str, rest: str = "") -> str:
    return f"/conversations/{{conversation:{conversation_id}}}{rest}"


# knowledge


def article(row: Article) -> Request:
    author = {"$int": f"admin:{row.author or STAND_IN}"}
    body: Body = {
        "title": row.title,
        "description": row.description,
        "body": row.body_html,
        "author_id": author,
        "state": row.state,
        "ai_chatbot_availability": False,
        "ai_copilot_availability": False,
    }
    if row.collection_path:
        body |= {"parent_id": {"$int": f"collection:{collection_id(row.collection_path)}"}, "parent_type": "collection"}
    return Request("POST", "/articles", present(body))


def collection_id(path: Sequence[str]) -> str:
    """Key of a collection among ours: collections have no id in the source that survives a renamed parent."""
    return "/".join(name.replace("/", "∕") for name in path)


def collection(path: Sequence[str]) -> Request:
    body: Body = {"name": path[-1]}
    if len(path) > 1:
        body["parent_id"] = ref("collection", collection_id(path[:-1]))
    return Request("POST", "/help_center/collections", body)


def redirect(row: Article, rules: Rules) -> Request:
    body = {
        "from_url": row.old_url,
        "locale": rules.help_center_locale,
        "target_type": "article",
        "target_id": ref("article", row.external_id),
    }
    return Request("POST", f"/help_center/help_centers/{{help_center:{STAND_IN}}}/redirects", body)


# custom objects


def custom_object(row: CustomObject) -> Request:
    body = {
        "external_id": row.external_id,
        "external_created_at": seconds(row.created_at),
        "external_updated_at": seconds(row.updated_at),
        "custom_attributes": dict(sorted(row.custom_attributes.items())) or None,
    }
    return Request("POST", f"/custom_object_instances/{quote(row.object_type, safe='')}", present(body))


def contact_objects(contact_id: str, attribute: str, objects: Sequence[str]) -> Request:
    """The reference list of a contact; what stands there already is kept when it is sent."""
    values = {attribute: [ref("custom_object", key) for key in sorted(objects)]}
    return Request("PUT", f"/contacts/{{contact:{contact_id}}}", {"custom_attributes": values})


# the workspace's own furniture


def tag(name: str) -> Request:
    return Request("POST", "/tags", {"name": name})


def people_attribute(name: str, holder: Holder, attribute: Attribute) -> Request:
    body: Body = {
        "name": name,
        "model": holder,
        "data_type": destination_type(attribute.type, holder),
        "description": attribute.description,
    }
    if attribute.type == "list":
        body["options"] = [{"value": option} for option in attribute.options]
    return Request("POST", "/data_attributes", body)


def conversation_attribute(name: str, attribute: Attribute) -> Request:
    kind = destination_type(attribute.type, "conversation")
    body: Body = {"name": name, "data_type": kind, "description": attribute.description}
    if attribute.type == "list":
        body["options"] = [{"label": option} for option in attribute.options]
    if attribute.type == "text":
        body["multiline"] = True
    return Request("POST", "/conversations/attributes", body)


def ticket_type(name: str) -> Request:
    body = {"name": name, "description": "Tickets that were migrated", "category": "Customer", "is_internal": False}
    return Request("POST", "/ticket_types", body)


def ticket_attribute(name: str, attribute: Attribute) -> Request:
    body: Body = {
        "name": name,
        "description": attribute.description or name,
        "data_type": destination_type(attribute.type, "ticket"),
        "visible_to_contacts": False,
        "required_to_create": False,
    }
    if attribute.type == "list":
        body["list_items"] = ",".join(attribute.options)
    if attribute.type == "text":
        body["multiline"] = True
    return Request("POST", f"/ticket_types/{{ticket_type:{STAND_IN}}}/attributes", body)
