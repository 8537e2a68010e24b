"""Drafts on top of published articles, and the versions an article has had."""

from __future__ import annotations

from hd_assets.simulator.articles import LOCALE, article_view, keep_version, read_text, require_article
from hd_assets.simulator.paging import numbered_page
from hd_assets.simulator.wire import ApiError, Call, Doc, Route, invalid, not_found


def _drafted(call: Call) -> Doc:
    doc = require_article(call, call.param("id"))
    if not doc.get("draft"):
        raise not_found()
    return doc


def _draft_view(call: Call, doc: Doc) -> Doc:
    return article_view(call, {**doc, **doc["draft"]})


def get_draft(call: Call) -> Doc:
    return _draft_view(call, _drafted(call))


def put_draft(call: Call) -> Doc:
    """Stages text; the published article stays as it is."""
    doc = require_article(call, call.param("id"))
    if doc["state"] != "published":
        raise ApiError(422, "parameter_invalid", "Article must be published before a draft can be staged")
    staged = read_text(call, {**doc, **(doc.get("draft") or {})})
    kept = {name: staged[name] for name in ("title", "description", "body")}
    doc["draft"] = {**kept, "draft_updated_at": call.now}
    return _draft_view(call, call.store.replace("article", doc))


def publish_draft(call: Call) -> Doc:
    doc = require_article(call, call.param("id"))
    locales = call.body.get("locales")
    if locales is not None and (not isinstance(locales, list) or not all(isinstance(name, str) for name in locales)):
        raise ApiError(422, "parameter_invalid", "locales must be an array of locales")
    if not doc.get("draft"):
        raise ApiError(422, "parameter_invalid", "Article has no draft to publish")
    pending = [name for name in locales or [] if name != LOCALE]
    if pending:
        message = f"Cannot publish a draft for locale(s) without pending changes: {', '.join(pending)}"
        raise ApiError(422, "parameter_invalid", message)
    draft = doc.pop("draft")
    draft.pop("draft_updated_at")
    doc.update(draft, updated_at=call.now)
    keep_version(call, doc)
    return article_view(call, call.store.replace("article", doc))


def _version_view(doc: Doc) -> Doc:
    summary = {name: value for name, value in doc.items() if name != "body"}
    return {"type": "article_version", **summary, "created_by_id": doc["author_id"], "created_via": "api"}


def _refuse_unknown_locale(call: Call) -> None:
    if call.query.get("locale", LOCALE) != LOCALE:
        raise invalid("Unknown locale")


def list_versions(call: Call) -> Doc:
    _refuse_unknown_locale(call)
    doc = require_article(call, call.param("id"))
    docs = call.store.find("article_version", "article", doc["id"])[::-1]
    shown, pages = numbered_page(call, docs, path="/versions", most=250, default=25)
    pages.pop("next")
    return {"type": "list", "pages": pages, "total_count": len(docs), "data": [_version_view(doc) for doc in shown]}


def get_version(call: Call) -> Doc:
    _refuse_unknown_locale(call)
    doc = require_article(call, call.param("id"))
    version = call.store.get("article_version", call.param("version"))
    if version is None or version["article_id"] != doc["id"]:
        raise not_found()
    return {**_version_view(version), "body": version["body"], "updated_at": version["created_at"]}


ROUTES = (
    Route("GET", "/articles/{id}/draft", get_draft, since="2.16"),
    Route("PUT", "/articles/{id}/draft", put_draft, since="2.16"),
    Route("POST", "/articles/{id}/draft/publish", publish_draft, since="2.16"),
    Route("GET", "/articles/{id}/versions", list_versions, since="2.16"),
    Route("GET", "/articles/{id}/versions/{version}", get_version, since="2.16"),
)
