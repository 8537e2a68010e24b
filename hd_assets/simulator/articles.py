"""Articles: written by a teammate, in a collection or loose; images must be fetchable."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from hd_assets.simulator import ids
from hd_assets.simulator.paging import numbered_page
from hd_assets.simulator.tags import applied_view, hang_on, require_tag
from hd_assets.simulator.text import article_body, image_sources, paragraphs, plain
from hd_assets.simulator.wire import ApiError, Call, Doc, Route, absent, invalid, not_found, optional_identifier

LOCALE = "en"
LOCALES = frozenset(
    re.findall(
        r"\S+",
        "ar bg bs ca cs da de el en es et fi fr he hr hu id it ja ko lt lv mn nb nl pl pt pt-BR ro ru sl sr sv tr vi"
        " zh-CN zh-TW",
    )
)
_STATES = ("draft", "published")


def article_view(call: Call, doc: Doc) -> Doc:
    published = doc["state"] == "published"
    slug = re.sub(r"[^a-z0-9]+", "-", doc["title"].casefold()).strip("-")
    shown: Doc = {
        "type": "article",
        "id": doc["id"],
        "workspace_id": call.workspace_id,
        "title": doc["title"],
        "description": doc["description"],
        "body": doc["body"],
        "author_id": int(doc["author_id"]),
        "state": doc["state"],
        "created_at": doc["created_at"],
        "updated_at": doc["updated_at"],
        "url": f"https://intercom.help/{call.workspace_id}/{LOCALE}/articles/{doc['id']}-{slug}" if published else None,
        "parent_id": int(doc["parent_id"]) if doc["parent_id"] else None,
        "parent_ids": [int(doc["parent_id"])] if doc["parent_id"] else [],
        "parent_type": "collection" if doc["parent_id"] else None,
        "default_locale": LOCALE,
        "ai_chatbot_availability": doc["ai_chatbot_availability"],
        "ai_copilot_availability": doc["ai_copilot_availability"],
        "has_unpublished_changes": bool(doc.get("draft")),
        "draft_updated_at": (doc.get("draft") or doc).get("draft_updated_at"),
        "tags": {"type": "tag.list", "tags": [applied_view(call, entry) for entry in doc["tags"]]},
    }
    if doc["translated_content"]:
        shown["translated_content"] = {"type": "article_translated_content", **doc["translated_content"]}
    return shown


def body_of(call: Call, source: Mapping[str, Any]) -> str | None:
    """The stored body of an article or a translation; None when the source has none."""
    markup, markdown = source.get("body"), source.get("body_markdown")
    if markup is not None and markdown is not None:
        raise invalid("body and body_markdown can not be given together", field="body")
    if markdown is not None:
        if not isinstance(markdown, str):
            raise invalid("body_markdown must be a string", field="body_markdown")
        return paragraphs(markdown)
    if markup is None:
        return None
    if not isinstance(markup, str):
        raise invalid("body must be a string", field="body")
    for address in image_sources(markup):
        if re.search(call.rules.unreachable_image, address):
            raise invalid("an image of the body could not be fetched", field="body")
    return article_body(markup)


def read_text(call: Call, doc: Doc) -> Doc:
    """Title, description and body as the request would have them."""
    for name in ("title", "description"):
        if name in call.body:
            doc[name] = call.text(name)
    if not doc["title"]:
        raise absent("title")
    body = body_of(call, call.body)
    if body is not None:
        doc["body"] = body
    return doc


def _read(call: Call, doc: Doc) -> Doc:
    read_text(call, doc)
    author = optional_identifier(call.body, "author_id")
    if author is not None:
        if call.store.get("admin", author) is None:
            raise invalid("author_id is not a teammate", field="author_id")
        doc["author_id"] = author
    if doc["author_id"] is None:
        message = "author_id must be in the main body or default locale translated_content object"
        raise ApiError(400, "parameter_not_found", message)
    if "state" in call.body:
        if call.body["state"] not in _STATES:
            raise invalid("state must be 'draft' or 'published'", field="state")
        doc["state"] = call.body["state"]
    _read_parent(call, doc)
    for name in ("ai_chatbot_availability", "ai_copilot_availability"):
        doc[name] = call.flag(name, default=doc[name])
    doc["translated_content"] = {**doc["translated_content"], **_translations(call)}
    doc["updated_at"] = call.now
    return doc


def _read_parent(call: Call, doc: Doc) -> None:
    if "parent_id" not in call.body:
        return
    parent = optional_identifier(call.body, "parent_id")
    if parent is not None and call.store.get("collection", parent) is None:
        raise invalid("parent_id is not a collection", field="parent_id")
    if call.body.get("parent_type", "collection") != "collection":
        raise invalid("parent_type must be 'collection'", field="parent_type")
    doc["parent_id"] = parent


def _translations(call: Call) -> Doc:
    translations: Doc = {}
    for locale, content in call.mapping("translated_content").items():
        if locale == "type" or content is None:
            continue
        if locale not in LOCALES or not isinstance(content, dict):
            raise invalid(f"'{locale}' is not a locale with content", field="translated_content")
        kept = {name: content[name] for name in ("title", "description", "author_id", "state") if name in content}
        if content.get("author_id") is not None and call.store.get("admin", str(content["author_id"])) is None:
            raise invalid("author_id is not a teammate", field="translated_content")
        texts = isinstance(kept.get("title", ""), str) and isinstance(kept.get("description", ""), str)
        if not texts or kept.get("state", "draft") not in _STATES:
            raise invalid(f"the content for '{locale}' is not valid", field="translated_content")
        if "author_id" in kept:
            kept["author_id"] = int(kept["author_id"])
        body = body_of(call, content)
        translations[locale] = {"type": "article_content", **kept, **({"body": body} if body is not None else {})}
    return translations


def create(call: Call) -> Doc:
    doc: Doc = {
        "id": ids.decimal_id(call, "article", 6_871_000),
        "title": None,
        "description": "",
        "body": "",
        "author_id": None,
        "state": "draft",
        "parent_id": None,
        "ai_chatbot_availability": True,
        "ai_copilot_availability": True,
        "translated_content": {},
        "tags": [],
        "created_at": call.now,
    }
    doc = call.store.add("article", _read(call, doc), now=call.now)
    keep_version(call, doc)
    return article_view(call, doc)


def require_article(call: Call, key: str, *, code: str = "not_found") -> Doc:
    doc = call.store.get("article", key)
    if doc is None:
        raise not_found("Article not found" if code == "article_not_found" else "Resource Not Found", code=code)
    return doc


def keep_version(call: Call, doc: Doc) -> None:
    """Remember the text of an article as it is now."""
    earlier = call.store.find("article_version", "article", doc["id"])
    version = {
        "id": ids.decimal_id(call, "article_version", 300),
        "article_id": doc["id"],
        **{name: doc[name] for name in ("title", "description", "body", "author_id", "state")},
        "from_version_id": earlier[-1]["id"] if earlier else None,
        "created_at": call.now,
    }
    call.store.add("article_version", version, now=call.now)


def get(call: Call) -> Doc:
    return article_view(call, require_article(call, call.param("id")))


def update(call: Call) -> Doc:
    doc = _read(call, require_article(call, call.param("id")))
    keep_version(call, doc)
    return article_view(call, call.store.replace("article", doc))


def delete(call: Call) -> Doc:
    doc = require_article(call, call.param("id"))
    call.store.remove("article", doc["id"])
    return {"id": doc["id"], "object": "article", "deleted": True}


def list_articles(call: Call) -> Doc:
    found = [
        doc for _, doc in call.store.scan("article", visible_by=call.now - call.rules.list_lag_seconds, way="list")
    ]
    found.sort(key=lambda doc: doc["updated_at"], reverse=True)
    shown, pages = numbered_page(call, found, path="/articles", most=250)
    pages["next"] = None
    data = [article_view(call, doc) for doc in shown]
    return {"type": "list", "data": data, "total_count": len(found), "pages": pages}


def search(call: Call) -> Doc:
    phrase, state = call.query.get("phrase", "").casefold(), call.query.get("state")
    visible_by = call.now - call.rules.search_lag_seconds
    found = [
        doc
        for _, doc in call.store.scan("article", visible_by=visible_by, way="search")
        if phrase in f"{doc['title']} {plain(doc['body'])}".casefold() and state in (None, "all", doc["state"])
    ]
    articles = [article_view(call, doc) for doc in found]
    return {"type": "list", "total_count": len(found), "data": {"articles": articles, "highlights": []}, "pages": None}


def add_tag(call: Call) -> Doc:
    doc = require_article(call, call.param("id"), code="article_not_found")
    tag = require_tag(call, call.identifier("id"), code="tag_not_found")
    entry = hang_on(call, doc, tag, optional_identifier(call.body, "admin_id") or doc["author_id"])
    call.store.replace("article", doc)
    return applied_view(call, entry)


def remove_tag(call: Call) -> Doc:
    doc = require_article(call, call.param("id"), code="article_not_found")
    for entry in doc["tags"]:
        if entry["id"] == call.param("tag"):
            shown = applied_view(call, entry)
            doc["tags"].remove(entry)
            call.store.replace("article", doc)
            return shown
    raise not_found("Tag not found", code="tag_not_found")


ROUTES = (
    Route("GET", "/articles", list_articles),
    Route("POST", "/articles", create),
    Route("GET", "/articles/search", search, since="2.10"),
    Route("GET", "/articles/{id}", get),
    Route("PUT", "/articles/{id}", update),
    Route("DELETE", "/articles/{id}", delete),
    Route("POST", "/articles/{id}/tags", add_tag, since="2.16"),
    Route("DELETE", "/articles/{id}/tags/{tag}", remove_tag, since="2.16"),
)
