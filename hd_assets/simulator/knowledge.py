"""Knowledge beside the help centre: internal articles, and snippets that feed the assistant."""

from __future__ import annotations

from typing import Any

from hd_assets.simulator import ids
from hd_assets.simulator.articles import body_of
from hd_assets.simulator.paging import numbered_page
from hd_assets.simulator.tags import applied_view, hang_on, require_tag
from hd_assets.simulator.text import paragraphs, plain
from hd_assets.simulator.wire import ApiError, Call, Doc, Route, absent, invalid, not_found, optional_identifier

_FLAGS = ("ai_chatbot_availability", "ai_copilot_availability", "ai_sales_agent_availability")
_SNIPPET_TITLE = 255


def _audience(call: Call, doc: Doc) -> None:
    if "audience_ids" not in call.body:
        return
    audience = call.body["audience_ids"]
    if audience is not None and not (
        isinstance(audience, list) and all(isinstance(key, int) and not isinstance(key, bool) for key in audience)
    ):
        raise invalid("audience_ids must be an array of ids", field="audience_ids")
    if audience:
        unknown = ", ".join(str(key) for key in audience)
        raise ApiError(404, "parameter_invalid", f"audience_ids contains unknown audience IDs: {unknown}")
    doc["audience_ids"] = audience


def _flags(call: Call, doc: Doc) -> None:
    for name in _FLAGS:
        doc[name] = call.flag(name, default=doc[name])


# internal articles


def _internal_view(doc: Doc) -> Doc:
    shown = {name: value for name, value in doc.items() if name != "tags"}
    return {**shown, "type": "internal_article", "owner_id": int(doc["owner_id"]), "author_id": int(doc["author_id"])}


def _read_internal(call: Call, doc: Doc) -> Doc:
    if "title" in call.body:
        doc["title"] = call.text("title")
    if not doc["title"]:
        raise absent("title")
    body = body_of(call, call.body)
    doc["body"] = doc["body"] if body is None else body
    for name in ("author_id", "owner_id"):
        key = optional_identifier(call.body, name)
        if key is not None:
            if call.store.get("admin", key) is None:
                raise invalid(f"{name} is not a teammate", field=name)
            doc[name] = key
        if doc[name] is None:
            message = f"{name} must be in the main body or default locale translated_content object"
            raise ApiError(400, "parameter_not_found", message)
    _audience(call, doc)
    _flags(call, doc)
    doc["updated_at"] = call.now
    return doc


def create_internal(call: Call) -> Doc:
    doc: Doc = {
        "id": ids.decimal_id(call, "internal_article", 40),
        **dict.fromkeys(("title", "author_id", "owner_id")),
        "body": "",
        "locale": "en",
        "audience_ids": [],
        **dict.fromkeys(_FLAGS, True),
        "tags": [],
        "created_at": call.now,
    }
    return _internal_view(call.store.add("internal_article", _read_internal(call, doc), now=call.now))


def _internal(call: Call, *, code: str = "not_found") -> Doc:
    doc = call.store.get("internal_article", call.param("id"))
    if doc is None:
        raise not_found("Internal article not found" if code != "not_found" else "Resource Not Found", code=code)
    return doc


def get_internal(call: Call) -> Doc:
    return _internal_view(_internal(call))


def update_internal(call: Call) -> Doc:
    return _internal_view(call.store.replace("internal_article", _read_internal(call, _internal(call))))


def delete_internal(call: Call) -> Doc:
    doc = _internal(call)
    call.store.remove("internal_article", doc["id"])
    return {"id": doc["id"], "object": "internal_article", "deleted": True}


def list_internal(call: Call) -> Doc:
    docs = call.store.all("internal_article")
    shown, pages = numbered_page(call, docs, path="/internal_articles", default=25)
    pages.pop("next")
    return {"type": "list", "pages": pages, "total_count": len(docs), "data": [_internal_view(doc) for doc in shown]}


def search_internal(call: Call) -> Doc:
    phrase = call.query.get("phrase", "").casefold()
    docs = [
        doc
        for doc in call.store.all("internal_article")
        if phrase in f"{doc['title']} {plain(doc['body'])}".casefold() and "folder_id" not in call.query
    ]
    shown, pages = numbered_page(call, docs, path="/internal_articles/search", default=10)
    pages.pop("next")
    data = {"internal_articles": [_internal_view(doc) for doc in shown]}
    return {"type": "list", "total_count": len(docs), "data": data, "pages": pages}


# snippets


def _snippet_view(doc: Doc) -> Doc:
    shown = {name: value for name, value in doc.items() if name != "tags"}
    states = {"chatbot_availability": "ai_chatbot_availability", "copilot_availability": "ai_copilot_availability"}
    return {"type": "content_snippet", **shown, **{name: int(doc[flag]) for name, flag in states.items()}}


def _refusal(message: str) -> ApiError:
    return ApiError(422, "validation_error", message)


def _read_snippet(call: Call, doc: Doc) -> Doc:
    for name in ("title", "locale"):
        value: Any = call.body.get(name, doc[name])
        if value is None or not isinstance(value, str):
            raise _refusal(f"{name} must be a string")
        doc[name] = value
    if not 0 < len(doc["title"]) <= _SNIPPET_TITLE:
        raise _refusal(f"title must have 1 to {_SNIPPET_TITLE} characters")
    if doc["locale"] != "en":
        raise _refusal("The language is not currently supported for Fin")
    blocks, markdown = call.body.get("json_blocks"), call.body.get("body_markdown")
    if blocks is not None and markdown is not None:
        raise _refusal("json_blocks and body_markdown can not be given together")
    if markdown is not None and not isinstance(markdown, str):
        raise _refusal("body_markdown must be a string")
    if blocks is not None:
        if not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
            raise _refusal("json_blocks must be an array of objects")
        doc.update(json_blocks=blocks, body_markdown="\n\n".join(str(block.get("text", "")) for block in blocks))
    if isinstance(markdown, str):
        texts = [text for text in plain(paragraphs(markdown)).split("\n") if text]
        doc.update(json_blocks=[{"type": "paragraph", "text": text} for text in texts], body_markdown=markdown)
    _audience(call, doc)
    _flags(call, doc)
    doc["updated_at"] = call.now
    return doc


def create_snippet(call: Call) -> Doc:
    doc: Doc = {
        "id": ids.decimal_id(call, "content_snippet", 120),
        "title": None,
        "locale": "en",
        "json_blocks": [],
        "body_markdown": "",
        **dict.fromkeys(_FLAGS, True),
        "audience_ids": [],
        "tags": [],
        "created_at": call.now,
    }
    return _snippet_view(call.store.add("content_snippet", _read_snippet(call, doc), now=call.now))


def _snippet(call: Call, *, code: str = "not_found") -> Doc:
    doc = call.store.get("content_snippet", call.param("id"))
    if doc is None:
        raise not_found("Content snippet not found", code=code)
    return doc


def get_snippet(call: Call) -> Doc:
    return _snippet_view(_snippet(call))


def update_snippet(call: Call) -> Doc:
    return _snippet_view(call.store.replace("content_snippet", _read_snippet(call, _snippet(call))))


def delete_snippet(call: Call) -> Doc:
    call.store.remove("content_snippet", _snippet(call)["id"])
    return {}


def list_snippets(call: Call) -> Doc:
    docs = call.store.all("content_snippet")
    shown, pages = numbered_page(call, docs, path="/content_snippets")
    counted = {name: pages[name] for name in ("page", "per_page", "total_pages")}
    return {"type": "list", "data": [_snippet_view(doc) for doc in shown], "total_count": len(docs), **counted}


# tags on both


def _add_tag(call: Call, kind: str, doc: Doc) -> Doc:
    tag = require_tag(call, call.identifier("id"), code="tag_not_found")
    admin = optional_identifier(call.body, "admin_id") or doc.get("author_id") or "0"
    entry = hang_on(call, doc, tag, admin)
    call.store.replace(kind, doc)
    return applied_view(call, entry)


def _remove_tag(call: Call, kind: str, doc: Doc) -> Doc:
    for entry in doc["tags"]:
        if entry["id"] == call.param("tag"):
            doc["tags"].remove(entry)
            call.store.replace(kind, doc)
            return applied_view(call, entry)
    raise not_found("Tag not found", code="tag_not_found")


def add_internal_tag(call: Call) -> Doc:
    return _add_tag(call, "internal_article", _internal(call, code="internal_article_not_found"))


def remove_internal_tag(call: Call) -> Doc:
    return _remove_tag(call, "internal_article", _internal(call, code="internal_article_not_found"))


def add_snippet_tag(call: Call) -> Doc:
    return _add_tag(call, "content_snippet", _snippet(call, code="content_snippet_not_found"))


def remove_snippet_tag(call: Call) -> Doc:
    return _remove_tag(call, "content_snippet", _snippet(call, code="content_snippet_not_found"))


ROUTES = (
    Route("GET", "/internal_articles", list_internal, since="2.13"),
    Route("POST", "/internal_articles", create_internal, since="2.13"),
    Route("GET", "/internal_articles/search", search_internal, since="2.13"),
    Route("GET", "/internal_articles/{id}", get_internal, since="2.13"),
    Route("PUT", "/internal_articles/{id}", update_internal, since="2.13"),
    Route("DELETE", "/internal_articles/{id}", delete_internal, since="2.13"),
    Route("POST", "/internal_articles/{id}/tags", add_internal_tag, since="2.16"),
    Route("DELETE", "/internal_articles/{id}/tags/{tag}", remove_internal_tag, since="2.16"),
    Route("GET", "/content_snippets", list_snippets, since="2.16"),
    Route("POST", "/content_snippets", create_snippet, since="2.16", status=201),
    Route("GET", "/content_snippets/{id}", get_snippet, since="2.16"),
    Route("PUT", "/content_snippets/{id}", update_snippet, since="2.16"),
    Route("DELETE", "/content_snippets/{id}", delete_snippet, since="2.16", status=204),
    Route("POST", "/content_snippets/{id}/tags", add_snippet_tag, since="2.16"),
    Route("DELETE", "/content_snippets/{id}/tags/{tag}", remove_snippet_tag, since="2.16"),
)
