"""Finding links to the old system in staged bodies. What its pages are called stands in the source's folder."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qs, urlsplit

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hd_assets.errors import MappingError
from hd_assets.links.sent import OldLink
from hd_assets.links.urls import web_addresses
from hd_assets.mapping import Migration
from hd_assets.staging import functions
from hd_assets.warehouse import Connection, append

FOLDER = "links"
_ASKED = ("addresses", "relative")
OPTION = "old_addresses"
"""Option of the mapping: further addresses of the old system, separated by blanks."""

_TABLE = """
create or replace table mapping.old_link (
    object varchar not null, external_id varchar not null, conversation varchar, link varchar not null,
    target_object varchar, target varchar
)
"""
# what is sent: the opening goes as plain text
_BODIES = {
    "conversations": "select external_id, external_id as conversation, opening_text as body from staging.conversations",
    "parts": "select external_id, conversation, body_html as body from staging.parts where not is_opening",
    "articles": "select external_id, cast(null as varchar) as conversation, body_html as body from staging.articles",
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
    """Let table `mapping.old_link` hold every link to the old system in messages and articles; returns how many.

    `link` is the address as the body has it, in HTML still escaped, `target` the external id of the staged record it
    shows, null for a page that shows none.
    """
    connection.execute(_TABLE)
    files = _files(migration, shipped_sql)
    addresses, rows = _addresses(_told(connection, migration, files)), []
    pages = _pages(shipped_sql / migration.mapping.source / FOLDER)
    shown: dict[str, tuple[str | None, str | None]] = {}
    for object, external_id, conversation, link, below in _links(connection, files, addresses):
        if link not in shown:
            page, value = _shown(html.unescape(below), pages)
            target = _target(connection, migration, page, value) if page and value else None
            shown[link] = (page.object if page else None, target)
        rows.append((object, external_id, conversation, link, *shown[link]))
    append(connection, "mapping.old_link", rows)
    return len(rows)


def _links(
    connection: Connection, files: Mapping[str, Path], addresses: Sequence[str]
) -> Iterator[tuple[str, str, str | None, str, str]]:
    """Object, external id, conversation, link, and what of it follows the address of the old system.

    Relative links were completed when their text was staged; without an address the source has to name them.
    """
    if addresses:
        for object, query in _BODIES.items():
            for external_id, conversation, body in _matching(connection, query, addresses):
                for link in web_addresses(body):
                    below = _below(link, addresses)
                    if below is not None:
                        yield object, external_id, conversation, link, below
    elif "relative" in files:
        functions.register(connection)
        rows = connection.execute(files["relative"].read_text(encoding="utf-8")).fetchall()
        for object, external_id, conversation, link in sorted(rows, key=str):
            yield object, external_id, conversation, link, re.sub(r"^(?:\.{0,2}/)+", "", link)


def base_of(connection: Connection, migration: Migration, shipped_sql: Path) -> str:
    """Address of the old system below which its relative links lead; empty where none is known."""
    told = _told(connection, migration, _files(migration, shipped_sql))
    return next((address if "//" in address else f"https://{address}" for address in told), "")


def _files(migration: Migration, shipped_sql: Path) -> dict[str, Path]:
    """Name → SQL file. MappingError for one that nobody asks."""
    files = migration.sql_files(shipped_sql, FOLDER)
    if strange := sorted(set(files) - set(_ASKED)):
        raise MappingError(
            f"SQL that nobody asks for links: {', '.join(f'{name}.sql' for name in strange)}",
            where=str(files[strange[0]]),
            mend=f"name the file {' or '.join(f'{name}.sql' for name in _ASKED)}",
        )
    return files


def _told(connection: Connection, migration: Migration, files: Mapping[str, Path]) -> list[str]:
    """What the source says of itself, then what the mapping adds."""
    path = files.get("addresses")
    rows = connection.execute(path.read_text(encoding="utf-8")).fetchall() if path else []
    return [*sorted(str(row[0]) for row in rows if row[0]), *str(migration.mapping.option(OPTION) or "").split()]


def _addresses(told: Iterable[str]) -> list[str]:
    """Host and path of each address, without scheme: people link with and without the s."""
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


def links_of(connection: Connection, conversations: Sequence[str]) -> dict[str, dict[str, list[OldLink]]]:
    """Conversation → itself (for its opening) or part of it → links to the old system that lead to a record."""
    found: dict[str, dict[str, list[OldLink]]] = {}
    if is_known(connection):
        rows = connection.execute(
            "select conversation, external_id, link, target_object, target from mapping.old_link"
            " where conversation = any($ids) and target is not null order by all",
            {"ids": list(conversations)},
        ).fetchall()
        for conversation, external_id, *link in rows:
            found.setdefault(conversation, {}).setdefault(external_id, []).append(OldLink(*link))
    return found


def links_in_openings(connection: Connection) -> frozenset[str]:
    """Links to the old system in openings that lead to a record."""
    if not is_known(connection):
        return frozenset()
    sql = "select distinct link from mapping.old_link where object = 'conversations' and target is not null"
    return frozenset(str(link) for (link,) in connection.execute(sql).fetchall())


def is_known(connection: Connection) -> bool:
    """Whether links were looked for at all."""
    sql = "select 1 from duckdb_tables() where schema_name = 'mapping' and table_name = 'old_link'"
    return connection.execute(sql).fetchone() is not None


def _matching(connection: Connection, query: str, addresses: Sequence[str]) -> Iterator[tuple[str, str | None, str]]:
    cursor = connection.execute(
        f"select * from ({query}) as bodies where list_bool_or(list_transform($known, lambda address:"
        " contains(lower(body), address))) order by external_id",
        {"known": list(addresses)},
    )
    yield from cursor.fetchall()


def _below(link: str, addresses: Sequence[str]) -> str | None:
    """What follows the address of the old system; None for another place."""
    bare = link.partition("://")[2]
    for address in addresses:
        rest = bare[len(address) :]
        if bare[: len(address)].lower() == address and not re.match(r"[\w.-]", rest):
            return rest
    return None


def _shown(below: str, pages: Sequence[Page]) -> tuple[Page | None, str | None]:
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
