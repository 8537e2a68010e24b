"""Finding links to the old system in staged bodies. What its pages are called stands in the source's folder."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qs, urlsplit

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hd_assets.errors import MappingError
from hd_assets.mapping import Migration
from hd_assets.warehouse import Connection, append

OPTION = "old_addresses"
"""Option of the mapping: further addresses of the old system, separated by blanks."""

_TABLE = """
create or replace table mapping.old_link (
    object varchar not null, external_id varchar not null, conversation varchar, link varchar not null,
    target_object varchar, target varchar
)
"""
_BODIES = {
    "parts": "select external_id, conversation, body_html from staging.parts",
    "articles": "select external_id, cast(null as varchar), body_html from staging.articles",
}


class Page(BaseModel):
    """A page of the old system. `column`: the staged column that holds the parameter's value; else it is the id.

    The parameter stands in the query, or is a named group of the path. `where`: further parameters and the value each
    must have, for systems that show everything on one page.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str
    parameter: str
    object: Literal["conversations", "articles", "contacts", "companies"]
    source_type: str | None = None
    column: Literal["number"] | None = None
    where: dict[str, str] = Field(default_factory=dict)


def find_links(connection: Connection, migration: Migration, shipped_sql: Path) -> int:
    """Let table `mapping.old_link` hold every link to the old system in bodies and articles; returns how many.

    `link` is the address as the HTML has it, `target` the external id of the staged record it shows, null for a page
    that shows none.
    """
    connection.execute(_TABLE)
    folder = shipped_sql / migration.mapping.source / "links"
    addresses = _addresses(connection, migration, folder)
    if not addresses:
        return 0
    pages, rows = _pages(folder), []
    known: dict[str, tuple[str | None, str | None]] = {}
    pattern = _pattern(addresses)
    for object, query in _BODIES.items():
        for external_id, conversation, body in _matching(connection, query, addresses):
            for link in dict.fromkeys(found.rstrip(".,;:!?)]") for found in pattern.findall(body)):
                if link not in known:
                    page, value = _shown(html.unescape(link), addresses, pages)
                    target = _target(connection, migration, page, value) if page and value else None
                    known[link] = (page.object if page else None, target)
                rows.append((object, external_id, conversation, link, *known[link]))
    append(connection, "mapping.old_link", rows)
    return len(rows)


def _addresses(connection: Connection, migration: Migration, folder: Path) -> list[str]:
    """Host and path of each address, without scheme: people link with and without the s."""
    told = str(migration.mapping.option(OPTION) or "").split()
    path = folder / "addresses.sql"
    if path.exists():
        told += [str(row[0]) for row in connection.execute(path.read_text(encoding="utf-8")).fetchall() if row[0]]
    found = set()
    for address in told:
        parts = urlsplit(address if "//" in address else f"//{address}")
        if parts.netloc:
            found.add(f"{parts.netloc.lower()}{parts.path.rstrip('/')}")
    return sorted(found, key=lambda address: (-len(address), address))


def _pages(folder: Path) -> list[Page]:
    path = folder / "pages.yaml"
    if not path.exists():
        return []
    try:
        return [Page.model_validate(entry) for entry in yaml.safe_load(path.read_text(encoding="utf-8")) or []]
    except (ValidationError, yaml.YAMLError) as fault:
        raise MappingError("the pages of the old system cannot be read", where=str(path), mend=str(fault)) from fault


def _pattern(addresses: Sequence[str]) -> re.Pattern[str]:
    known = "|".join(re.escape(address) for address in addresses)
    return re.compile(rf"""https?://(?:{known})(?![\w.-])[^\s"'<>]*""", re.IGNORECASE)


def _matching(connection: Connection, query: str, addresses: Sequence[str]) -> Iterator[tuple[str, str | None, str]]:
    cursor = connection.execute(
        f"select * from ({query}) as bodies where list_bool_or(list_transform($known, lambda address:"
        " contains(lower(body_html), address))) order by external_id",
        {"known": list(addresses)},
    )
    yield from cursor.fetchall()


def _shown(link: str, addresses: Sequence[str], pages: Sequence[Page]) -> tuple[Page | None, str | None]:
    bare = re.sub(r"^https?://", "", link, flags=re.IGNORECASE)
    below = next(bare[len(address) :] for address in addresses if bare.lower().startswith(address))
    parts = urlsplit(below.lstrip("/"))
    for page in pages:
        given = parse_qs(parts.query)
        fits = all(given.get(name, [""])[0] == value for name, value in page.where.items())
        matched = re.fullmatch(page.path, parts.path, re.IGNORECASE)
        if fits and matched:
            values = [matched[page.parameter]] if page.parameter in matched.groupdict() else given.get(page.parameter)
            return (page, values[0]) if values else (None, None)
    return None, None


def _target(connection: Connection, migration: Migration, page: Page, value: str) -> str | None:
    """The staged record; for one that was merged, the record that took it in."""
    if page.column is not None:
        rows = connection.execute(
            f"select external_id from staging.{page.object} where {page.column} = $value", {"value": value}
        ).fetchall()
        return str(rows[0][0]) if len(rows) == 1 else None
    key = f"{migration.name}-{page.source_type}-{value}"
    rows = connection.execute(
        f"select external_id from staging.{page.object} where external_id = $key"
        ' union all select "into" from staging.left_out where object = $object and source_type = $type'
        " and source_id = $id and outcome = 'merged' and \"into\" is not null",
        {"key": key, "object": page.object, "type": page.source_type, "id": value},
    ).fetchall()
    return str(rows[0][0]) if rows else None
