"""The fields that searches document, with their types and where the value is found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from hd_assets.simulator.store_schema import fold
from hd_assets.simulator.wire import Call, Doc


@dataclass(frozen=True)
class Field:
    """`words`: compared with each word of the text by itself."""

    kind: Literal["text", "number", "time", "flag", "any"]
    read: Callable[[Doc], Any]
    words: bool = False

    def accepts(self, value: Any) -> bool:
        """Whether a searched value has the field's type; null stands for "has none"."""
        if value is None or self.kind == "any":
            return True
        if self.kind == "flag":
            return isinstance(value, bool)
        if isinstance(value, bool):
            return False
        if self.kind in ("time", "number"):
            return isinstance(value, int) or (isinstance(value, str) and value.isascii() and value.isdigit())
        return isinstance(value, str | int | float)


def _plain(kind: Literal["text", "number", "time", "flag"], name: str) -> Field:
    return Field(kind, lambda doc: doc.get(name))


def _statistic(kind: Literal["text", "number", "time"], name: str) -> Field:
    return Field(kind, lambda doc: doc["statistics"].get(name))


def _never(kind: Literal["text", "number", "time", "flag"]) -> Field:
    return Field(kind, lambda _: None)


_SHARED: dict[str, Field] = {
    "id": _plain("text", "id"),
    "created_at": _plain("time", "created_at"),
    "updated_at": _plain("time", "updated_at"),
    "contact_ids": _plain("text", "contacts"),
    "teammate_ids": _plain("text", "teammates"),
    "admin_assignee_id": _plain("number", "admin_assignee_id"),
    "team_assignee_id": _plain("number", "team_assignee_id"),
    "open": Field("flag", lambda doc: doc["state"] == "open"),
    "snoozed_until": _plain("time", "snoozed_until"),
}

CONVERSATION_FIELDS: dict[str, Field] = {
    **_SHARED,
    "source.type": Field("text", lambda _: "conversation"),
    "source.id": _plain("text", "message_id"),
    "source.delivered_as": Field("text", lambda _: "customer_initiated"),
    "source.subject": Field("text", lambda _: ""),
    "source.body": Field("text", lambda doc: doc["body"], words=True),
    "source.author.id": Field("text", lambda doc: doc["author"]["id"]),
    "source.author.type": Field("text", lambda doc: doc["author"]["type"]),
    "source.author.name": _never("text"),
    "source.author.email": _never("text"),
    "source.url": _never("text"),
    "channel_initiated": Field("text", lambda _: "conversation"),
    "read": _plain("flag", "read"),
    "state": _plain("text", "state"),
    "waiting_since": _plain("time", "waiting_since"),
    "tag_ids": Field("text", lambda doc: [entry["id"] for entry in doc["tags"]]),
    "priority": Field("text", lambda _: "none"),
    **{
        f"statistics.{name}": _statistic("time", name)
        for name in [
            "first_contact_reply_at",
            "first_assignment_at",
            "first_admin_reply_at",
            "first_close_at",
            "last_assignment_at",
            "last_assignment_admin_reply_at",
            "last_contact_reply_at",
            "last_admin_reply_at",
            "last_close_at",
        ]
    },
    **{
        f"statistics.{name}": _statistic("number", name)
        for name in [
            "time_to_assignment",
            "time_to_admin_reply",
            "time_to_first_close",
            "time_to_last_close",
            "median_time_to_reply",
            "count_reopens",
            "count_assignments",
            "count_conversation_parts",
        ]
    },
    "statistics.last_closed_by_id": _statistic("text", "last_closed_by_id"),
    **{f"conversation_rating.{name}": _never("time") for name in ("requested_at", "replied_at")},
    "conversation_rating.score": _never("number"),
    **{f"conversation_rating.{name}": _never("text") for name in ("remark", "contact_id", "admin_d")},
    "ai_agent_participated": Field("flag", lambda _: False),
    "ai_agent.rating": _never("number"),
    **{
        f"ai_agent.{name}": _never("text")
        for name in ("resolution_state", "last_answer_type", "rating_remark", "source_type", "source_title")
    },
}

CONTACT_FIELDS: dict[str, Field] = {
    **{
        name: _plain("text", name)
        for name in ("id", "role", "name", "avatar", "owner_id", "email", "phone", "external_id")
    },
    **{name: _plain("time", name) for name in ("created_at", "signed_up_at", "updated_at", "last_seen_at")},
    "email_domain": Field("text", lambda doc: (doc["email"] or "").partition("@")[2]),
    "formatted_phone": _plain("text", "phone"),
    "unsubscribed_from_emails": _plain("flag", "unsubscribed_from_emails"),
    "tag_id": _plain("text", "tags"),
    "segment_id": _never("text"),
    **{name: Field("flag", lambda _: False) for name in ("marked_email_as_spam", "has_hard_bounced")},
    **{
        name: _never("time")
        for name in [
            "last_contacted_at",
            "last_replied_at",
            "last_email_opened_at",
            "last_email_clicked_at",
            "ios_last_seen_at",
            "android_last_seen_at",
        ]
    },
    **{
        name: _never("text")
        for name in [
            "language_override",
            "browser",
            "browser_language",
            "os",
            "location.country",
            "location.region",
            "location.city",
            "ios_app_version",
            "ios_device",
            "ios_app_device",
            "ios_os_version",
            "ios_app_name",
            "ios_sdk_version",
            "android_app_version",
            "android_device",
            "android_app_name",
            "andoid_sdk_version",
        ]
    },
}


def contact_attribute(call: Call, name: str) -> Field | None:
    """`custom_attributes.<name>` of an attribute that exists."""
    prefix, _, attribute = name.partition(".")
    if prefix != "custom_attributes":
        return None
    for definition in call.store.find("data_attribute", "name", fold(attribute)):
        if definition["model"] == "contact" and definition["name"] == attribute:
            kinds: dict[str, Literal["text", "number", "time", "flag"]] = {
                "integer": "number",
                "float": "number",
                "boolean": "flag",
                "datetime": "time",
                "date": "time",
            }
            return Field(
                kinds.get(definition["data_type"], "text"), lambda doc: doc["custom_attributes"].get(attribute)
            )
    return None


_CATEGORY_TERMS = {"Customer": "request", "Back-office": "task", "Tracker": "tracker"}


def ticket_fields(call: Call) -> Callable[[str], Field | None]:
    """Ticket fields by name; attributes by their id: `ticket_attribute.<id>`."""
    states = {doc["id"]: doc["category"] for doc in call.store.all("ticket_state")}
    attributes = {entry["id"]: entry["name"] for kind in call.store.all("ticket_type") for entry in kind["attributes"]}
    fixed = {
        **_SHARED,
        "title": Field("text", lambda doc: doc["ticket"]["attributes"].get("_default_title_") or doc["title"]),
        "description": Field("text", lambda doc: doc["ticket"]["attributes"].get("_default_description_")),
        "category": Field("text", lambda doc: _CATEGORY_TERMS[doc["ticket"]["category"]]),
        "ticket_type_id": Field("text", lambda doc: doc["ticket"]["type_id"]),
        "state": Field("text", lambda doc: states[doc["ticket"]["state_id"]]),
    }

    def find(name: str) -> Field | None:
        prefix, _, key = name.partition(".")
        if prefix == "ticket_attribute" and key in attributes:
            attribute = attributes[key]
            return Field("any", lambda doc: doc["ticket"]["attributes"].get(attribute))
        return fixed.get(name)

    return find
