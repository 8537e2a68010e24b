"""The second pass over articles: links between them lead to their new addresses."""

from __future__ import annotations

import hashlib
import html
from collections.abc import Mapping

from hd_assets.links.found import is_known
from hd_assets.model import Article
from hd_assets.publish.ledger_read import LedgerReader
from hd_assets.warehouse import Warehouse

Moved = Mapping[str, Mapping[str, str]]
"""Article → link as its HTML has it → new address."""


def moved_links(warehouse: Warehouse, books: LedgerReader, help_center: str | None) -> dict[str, dict[str, str]]:
    """Links from articles to articles that are in the workspace by now; none without a help centre's address."""
    if not help_center:
        return {}
    with warehouse.get_connection() as connection:
        if not is_known(connection):
            return {}
        rows = connection.execute(
            "select external_id, link, target from mapping.old_link"
            " where object = 'articles' and target_object = 'articles' and target is not null order by all"
        ).fetchall()
    known = books.identities("article", sorted({target for _, _, target in rows})) if rows else {}
    found: dict[str, dict[str, str]] = {}
    for article, link, target in rows:
        if target in known:
            found.setdefault(article, {})[link] = article_url(help_center, known[target].intercom_id)
    return found


def with_moved_links(row: Article, moved: Moved) -> Article:
    """The article with its links rewritten. Its digest moves with them: this is a change to send, not a drift."""
    links = moved.get(row.external_id)
    if not links:
        return row
    body = row.body_html
    for old, new in links.items():
        body = body.replace(f'href="{old}"', f'href="{html.escape(new)}"')
    if body == row.body_html:
        return row
    seed = "|".join([row.source_digest, *(part for pair in sorted(links.items()) for part in pair)])
    digest = hashlib.md5(seed.encode(), usedforsecurity=False).hexdigest()
    return row.model_copy(update={"body_html": body, "source_digest": digest})


def article_url(help_center: str, intercom_id: str) -> str:
    """Help centres lead the bare id of a published article to its full address."""
    return f"{help_center.rstrip('/')}/articles/{intercom_id}"
