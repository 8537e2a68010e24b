"""One request over many pieces of knowledge content, done in the background."""

from __future__ import annotations

from typing import Any

from hd_assets.simulator.articles import keep_version
from hd_assets.simulator.tags import hang_on
from hd_assets.simulator.wire import ApiError, Call, Doc, Route

_MOST_ITEMS, _MOST_TAGS = 1000, 100
_ACTIONS = ("publish", "unpublish", "delete", "set_availability", "set_audience", "update_tags")
_KINDS = {
    "article": "article",
    "article_content": "article",
    "content_snippet": "content_snippet",
    "internal_article": "internal_article",
    "external_content": None,
    "file_source_content": None,
}
_FLAGS = {
    "ai_agent": "ai_chatbot_availability",
    "copilot": "ai_copilot_availability",
    "sales_agent": "ai_sales_agent_availability",
}


def _refusal(message: str) -> ApiError:
    return ApiError(422, "parameter_invalid", message)


def run(call: Call) -> Doc:
    """Items that are not there are passed over, as in any job whose outcome nobody asks for."""
    action = call.body.get("action")
    if action not in _ACTIONS:
        raise _refusal(f"action must be one of {', '.join(_ACTIONS)}")
    items = _items(call, str(action))
    tags = _tags(call) if action == "update_tags" else ([], [])
    flags = _availability(call) if action == "set_availability" else {}
    if action == "set_audience" and not isinstance(call.body.get("audience"), dict):
        raise _refusal("audience must be an object")
    for kind, key in items:
        doc = call.store.get(kind, key)
        if doc is not None:
            _act(call, str(action), kind, doc, tags, flags)
    return {"type": "content_bulk_action", "status": "queued"}


def _items(call: Call, action: str) -> list[tuple[str, str]]:
    given = call.body.get("content_ids")
    if not isinstance(given, list) or not 1 <= len(given) <= _MOST_ITEMS:
        raise _refusal(f"content_ids must be an array of 1 to {_MOST_ITEMS} items")
    items = []
    for entry in given:
        kind, key = (entry.get("type"), entry.get("id")) if isinstance(entry, dict) else (None, None)
        if not isinstance(kind, str) or kind not in _KINDS or not isinstance(key, str | int) or isinstance(key, bool):
            raise _refusal("content_ids entries need a type and an id")
        if action in ("publish", "unpublish") and kind != "article_content":
            raise _refusal(f"{action} applies to article_content only")
        if action == "update_tags" and kind == "article_content":
            raise _refusal("update_tags addresses articles by type article")
        stored = _KINDS[kind]
        if stored is not None:
            items.append((stored, str(key)))
    return items


def _tags(call: Call) -> tuple[list[Doc], list[str]]:
    given = call.body.get("tags")
    named: dict[str, list[Any]] = {}
    for name in ("add_tag_ids", "remove_tag_ids"):
        keys = given.get(name) or [] if isinstance(given, dict) else []
        if not isinstance(keys, list) or len(keys) > _MOST_TAGS:
            raise _refusal(f"{name} must be an array of at most {_MOST_TAGS} tags")
        named[name] = [call.store.get("tag", str(key)) for key in keys]
    found = [*named["add_tag_ids"], *named["remove_tag_ids"]]
    if not found or None in found:
        raise _refusal("tags must name at least one tag, and only tags that exist")
    return named["add_tag_ids"], [tag["id"] for tag in named["remove_tag_ids"]]


def _availability(call: Call) -> dict[str, bool]:
    given = call.body.get("availability")
    if not isinstance(given, dict) or not all(isinstance(given.get(name, True), bool) for name in _FLAGS):
        raise _refusal("availability must be an object of booleans")
    return {flag: given[name] for name, flag in _FLAGS.items() if name in given}


def _act(
    call: Call, action: str, kind: str, doc: Doc, tags: tuple[list[Doc], list[str]], flags: dict[str, bool]
) -> None:
    if action == "delete":
        call.store.remove(kind, doc["id"])
        return
    if action in ("publish", "unpublish"):
        doc["state"] = "published" if action == "publish" else "draft"
        keep_version(call, doc)
    elif action == "update_tags":
        added, removed = tags
        doc["tags"] = [entry for entry in doc["tags"] if entry["id"] not in removed]
        for tag in added:
            if tag["id"] not in [entry["id"] for entry in doc["tags"]]:
                hang_on(call, doc, tag, doc.get("author_id") or "0")
    doc.update(flags, updated_at=call.now)
    call.store.replace(kind, doc)


ROUTES = (Route("POST", "/content/bulk_actions", run, since="2.16", status=202),)
