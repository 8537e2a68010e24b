"""Records of a migration in a workspace that its ledger does not know: a few reads, and none for each conversation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from hd_assets.publish.catalog import fold
from hd_assets.publish.context import PublishContext
from hd_assets.publish.desired import REPLIES, key_of
from hd_assets.publish.outcomes import RefusedError
from hd_assets.publish.threads_read import opening_of, plain, read_thread

Doc = dict[str, Any]
# The clocks of this machine and of the workspace may differ by so much.
CLOCK_SKEW_SECONDS = 300
_PER_PAGE = 150
_ARTICLES_PER_PAGE = 250
_DAY = 86_400
_MOST_PAGES = 20
_PROBED = 5
_NOT_SENT = ("planned",)
# As a copy may know a creation that was under way when it was taken.
_UNDER_WAY = ("intended", "unknown")


def ours_in_workspace(context: PublishContext) -> str | None:
    """What a workspace without a mark holds of the migration, in words; None when it holds nothing."""
    prefix = f"{context.migration.name}-"
    query = {"field": "external_id", "operator": "^", "value": prefix}
    for doc in _searched(context, "/contacts/search", "data", query):
        # prefixes are compared without regard to case
        if str(doc.get("external_id") or "").startswith(prefix):
            return f"contacts (one is {doc.get('id')})"
    sql = f"select external_id from staging.companies order by external_id limit {_PROBED}"
    for (key,) in _rows(context, sql):
        if _company(context, key) is not None:
            return f"companies (one is {key})"
    listed = context.client.one("/tags", holds=("data",))["data"]
    for tag in (doc for doc in listed if fold(str(doc.get("name"))) == "migrated"):
        query = {"field": "tag_ids", "operator": "=", "value": str(tag["id"])}
        for doc in _searched(context, "/conversations/search", "conversations", query):
            if _source_id(context, doc) is not None:
                return f"conversations (one is {doc.get('id')})"
    return None


def unknown_to_ledger(context: PublishContext) -> str | None:
    """What the workspace got after the ledger's last note without the ledger having meant to send it; None is good.

    A record counts only when the ledger holds it as not sent. What was under way when a run was cut off is known as
    intended or unknown, so that the ledger which was there to the end never finds anything.
    """
    since = int(_last_note(context)) - CLOCK_SKEW_SECONDS
    searches = (_conversations, _articles, _contacts, _companies)
    return next((found for search in searches if (found := search(context, since)) is not None), None)


def _last_note(context: PublishContext) -> float:
    # sent_at is left out: a new run writes it for what the last one left behind
    sql = "select max(max(coalesce(intended_at, 0), coalesce(outcome_at, 0), coalesce(applied_at, 0))) from operations"
    noted = float(context.books.rows(sql)[0][0] or 0)
    return max(noted, *(float(context.books.meta(name) or 0) for name in ("marker_at", "marker_next_at")))


def _conversations(context: PublishContext, since: int) -> str | None:
    openings: list[Doc] = []
    query = {"field": "updated_at", "operator": ">", "value": since}
    for doc in _searched(context, "/conversations/search", "conversations", query, most_pages=None):
        key = str(doc.get("id"))
        known = [record.external_id for record in context.books.records_of(key) if record.kind == "conversation"]
        source_id = _source_id(context, doc)
        if known:
            if _has_planned_part(context, key, known[0]):
                return f"parts of conversation {key}"
        elif source_id is not None:
            # it bears its id only once the answer to its creation is noted
            if _never_sent(context, "conversation", [source_id]) or _under_way(context, [source_id]):
                return f"conversation {key}"
        else:
            openings.append(doc)
            if len(openings) >= _PER_PAGE:
                found = _planned_opening(context, openings)
                if found is not None:
                    return found
                openings = []
    return _planned_opening(context, openings)


def _has_planned_part(context: PublishContext, key: str, external_id: str) -> bool:
    operations = context.books.of_conversations([external_id]).get(external_id, [])
    planned = {
        ("comment" if row.kind == "reply" else "note", row.created_at)
        for row in operations
        if row.kind in REPLIES and row.state in _NOT_SENT and row.applied_at is None
    }
    if not planned:
        return False
    try:
        parts = read_thread(context.client, key).parts
    except RefusedError:
        return False
    return any((part.get("part_type"), part.get("created_at")) in planned for part in parts)


def _planned_opening(context: PublishContext, docs: Sequence[Doc]) -> str | None:
    """A conversation that has got no details yet is known by who opened it, when, and with which words."""
    if not docs:
        return None
    times = sorted({int(doc.get("created_at") or 0) for doc in docs})
    sql = (
        "select external_id, opening_author, opening_text, cast(epoch(opening_at) as bigint) from staging.conversations"
        " where cast(epoch(opening_at) as bigint) = any($times)"
    )
    staged: dict[tuple[int | None, str | None, str], list[str]] = {}
    for external_id, author, text, opened in _rows(context, sql, times=times):
        contact = context.books.intercom_id("contact", context.rules.standing_for(author))
        staged.setdefault((opened, contact, plain(text)), []).append(external_id)
    for doc in docs:
        opened, author, text = opening_of(doc)
        # a copy may not know the contact yet
        equal = staged.get((opened, author, text), []) or staged.get((opened, None, text), [])
        if equal and _never_sent(context, "conversation", equal):
            return f"conversation {doc.get('id')}"
        # nothing follows a creation before its answer is noted
        if any(_has_planned_part(context, str(doc.get("id")), key) for key in _under_way(context, equal)):
            return f"parts of conversation {doc.get('id')}"
    return None


def _articles(context: PublishContext, since: int) -> str | None:
    if not _any_planned(context, "article"):
        return None
    page = 1
    while True:
        docs = context.client.one("/articles", holds=("data",), page=page, per_page=_ARTICLES_PER_PAGE)["data"]
        for doc in docs:
            known = any(record.kind == "article" for record in context.books.records_of(str(doc.get("id"))))
            if int(doc.get("created_at") or 0) >= since and not known:
                sql = "select external_id from staging.articles where title = $title"
                equal = [row[0] for row in _rows(context, sql, title=doc.get("title"))]
                if equal and _never_sent(context, "article", equal):
                    return f"article {doc.get('id')}"
        if len(docs) < _ARTICLES_PER_PAGE:
            return None
        page += 1


def _contacts(context: PublishContext, since: int) -> str | None:
    if not _any_planned(context, "contact"):
        return None
    prefix = f"{context.migration.name}-"
    # contact searches cut times to days
    filters = [
        {"field": "external_id", "operator": "^", "value": prefix},
        {"field": "created_at", "operator": ">", "value": since - 2 * _DAY},
    ]
    query = {"operator": "AND", "value": filters}
    for doc in _searched(context, "/contacts/search", "data", query):
        key = str(doc.get("external_id") or "")
        if (
            int(doc.get("created_at") or 0) >= since
            and key.startswith(prefix)
            and _never_sent(context, "contact", [key])
        ):
            return f"contact {doc.get('id')}"
    return None


def _companies(context: PublishContext, since: int) -> str | None:
    """The first that would be sent next: companies go in the order of their ids."""
    sql = f"select external_id from operations where kind = 'company' and state = 'planned' order by 1 limit {_PROBED}"
    for (key,) in context.books.rows(sql):
        found = _company(context, key)
        if found is not None and int(found.get("created_at") or 0) >= since:
            return f"company {key}"
    return None


def _company(context: PublishContext, key: str) -> Doc | None:
    try:
        data = context.client.one("/companies", holds=("id", "data"), company_id=key)
    except RefusedError:
        return None
    # the destination documents a list and answers a single company
    return next((doc for doc in data.get("data", [data]) if doc.get("company_id") == key), None)


def _rows(context: PublishContext, sql: str, **parameters: Any) -> list[tuple[Any, ...]]:
    with context.warehouse.get_connection() as connection:
        return connection.execute(sql, parameters).fetchall()


def _any_planned(context: PublishContext, kind: str) -> bool:
    sql = "select 1 from operations where kind = ? and state = 'planned' limit 1"
    return bool(context.books.rows(sql, (kind,)))


def _never_sent(context: PublishContext, kind: str, external_ids: Sequence[str]) -> bool:
    """All of them; one of equal records that was under way may be what was found."""
    keys = [key_of(kind, external_id) for external_id in external_ids]
    rows = context.books.operations(keys)
    return all(key not in rows or (rows[key].state in _NOT_SENT and rows[key].applied_at is None) for key in keys)


def _under_way(context: PublishContext, conversations: Sequence[str]) -> list[str]:
    rows = context.books.operations(key_of("conversation", key) for key in conversations)
    return [row.external_id for row in rows.values() if row.state in _UNDER_WAY]


def _source_id(context: PublishContext, doc: Doc) -> str | None:
    value = (doc.get("custom_attributes") or {}).get(context.rules.source_id_attribute)
    return str(value) if value else None


def _searched(
    context: PublishContext, path: str, name: str, query: Doc, *, most_pages: int | None = _MOST_PAGES
) -> Iterator[Doc]:
    cursor: str | None = None
    page = 0
    while most_pages is None or page < most_pages:
        page += 1
        pagination: Doc = {"per_page": _PER_PAGE, **({"starting_after": cursor} if cursor else {})}
        data = context.client.search(path, {"query": query, "pagination": pagination}, holds=(name,)).data
        yield from data[name]
        following = (data.get("pages") or {}).get("next")
        cursor = following.get("starting_after") if isinstance(following, dict) else None
        if not cursor:
            return
