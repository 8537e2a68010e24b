"""Staging in batches: short-lived connections, bounded memory, a fixed order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from hd_assets.links.found import links_of
from hd_assets.links.sent import OldLink
from hd_assets.mapping import Migration
from hd_assets.model import Attachment, Conversation, Inbox, Part, Tag, Teammate
from hd_assets.model.base import SourcedRow
from hd_assets.partitions import Window
from hd_assets.publish.payloads import Rules, types_of
from hd_assets.warehouse import Connection, Warehouse, fetch, scalar

CONVERSATIONS_AT_ONCE = 250
RECORDS_AT_ONCE = 2000

# option `reference_<type>`: the attribute by which contacts and conversations refer to instances of the type
_REFERENCE = "reference_"

Row = TypeVar("Row", bound=SourcedRow)


@dataclass(frozen=True)
class Thread:
    """A conversation with everything that hangs on it."""

    conversation: Conversation
    parts: Sequence[Part]
    attachments: Sequence[Attachment]
    # (type, external id) of the custom objects that refer to it
    objects: Sequence[tuple[str, str]] = ()
    # files that are not sent: whether a part's source changed must not depend on the limit for files
    unsent: Sequence[Attachment] = ()
    # external id of the conversation (its opening) or of a part → links to the old system in it
    links: Mapping[str, Sequence[OldLink]] = field(default_factory=dict)


def rules_of(warehouse: Warehouse, migration: Migration) -> Rules:
    """The mapping's types and who stands for whom."""
    with warehouse.get_connection() as connection:
        merged: dict[str, str] = {}
        for table in ("contacts", "inboxes"):
            sql = f"select external_id, merged_into from staging.{table} where merged_into is not null"
            merged.update(connection.execute(sql).fetchall())
    options = migration.mapping.options
    url = options.get("help_center_url")
    return Rules(
        migration.name,
        types_of(migration.mapping.attributes),
        merged,
        references={
            name.removeprefix(_REFERENCE): str(value) for name, value in options.items() if name.startswith(_REFERENCE)
        },
        help_center_url=str(url) if url else None,
        help_center_locale=str(options.get("help_center_locale") or "en"),
    )


def records(warehouse: Warehouse, model: type[Row]) -> Iterator[list[Row]]:
    """All rows of an unwindowed table in batches, by external id."""
    after = ""
    while True:
        with warehouse.get_connection() as connection:
            where = f"external_id > $after order by external_id limit {RECORDS_AT_ONCE}"
            rows = fetch(connection, model, where, after=after)
        if rows:
            yield rows
        if len(rows) < RECORDS_AT_ONCE:
            return
        after = rows[-1].external_id


def records_of(warehouse: Warehouse, model: type[Row], external_ids: Sequence[str]) -> list[Row]:
    """Those rows of an unwindowed table."""
    with warehouse.get_connection() as connection:
        return fetch(connection, model, "external_id = any($ids) order by external_id", ids=list(external_ids))


def threads(
    warehouse: Warehouse, window: Window, only: frozenset[str] | None, size: int = CONVERSATIONS_AT_ONCE
) -> Iterator[list[Thread]]:
    """Conversations of the window in batches, oldest first; `only` narrows to source ids."""
    after: tuple[object, str] | None = None
    while True:
        with warehouse.get_connection() as connection:
            rows = _conversations(connection, window, only, after, size)
            batch = _with_parts(connection, rows)
        if batch:
            yield batch
        if len(rows) < size:
            return
        after = (rows[-1].opening_at.replace(tzinfo=None), rows[-1].external_id)


_IN_WINDOW = "home_window >= $window_start and home_window < $window_end"


def _conversations(
    connection: Connection, window: Window, only: frozenset[str] | None, after: tuple[object, str] | None, size: int
) -> list[Conversation]:
    where, bound = _IN_WINDOW, dict[str, object](window.parameters)
    if only is not None:
        where += " and source_id = any($only)"
        bound["only"] = sorted(only)
    if after is not None:
        where += " and (opening_at, external_id) > ($after_at, $after_id)"
        bound |= {"after_at": after[0], "after_id": after[1]}
    return fetch(connection, Conversation, f"{where} order by opening_at, external_id limit {size}", **bound)


def _with_parts(connection: Connection, rows: Sequence[Conversation]) -> list[Thread]:
    if not rows:
        return []
    ids = [row.external_id for row in rows]
    parts: dict[str, list[Part]] = {}
    for part in fetch(connection, Part, "conversation = any($ids) order by conversation, position", ids=ids):
        parts.setdefault(part.conversation, []).append(part)
    files: dict[str, list[Attachment]] = {}
    unsent: dict[str, list[Attachment]] = {}
    for file in fetch(connection, Attachment, "conversation = any($ids)", ids=ids):
        of_fate = files if file.disposition == "send" and file.carrier is not None else unsent
        of_fate.setdefault(file.conversation or "", []).append(file)
    objects: dict[str, list[tuple[str, str]]] = {}
    sql = (
        "select conversation, object_type, external_id"
        " from (select unnest(conversations) as conversation, object_type, external_id from staging.custom_objects)"
        " where conversation = any($ids) order by all"
    )
    for conversation, object_type, key in connection.execute(sql, {"ids": ids}).fetchall():
        objects.setdefault(conversation, []).append((object_type, key))
    links = links_of(connection, ids)
    found = []
    for row in rows:
        key = row.external_id
        of_row = parts.get(key, []), files.get(key, []), objects.get(key, []), unsent.get(key, []), links.get(key, {})
        found.append(Thread(row, *of_row))
    return found


def threads_of(warehouse: Warehouse, external_ids: Sequence[str]) -> list[Thread]:
    """Those conversations; what staging has lost is missing from the answer."""
    with warehouse.get_connection() as connection:
        rows = fetch(connection, Conversation, "external_id = any($ids)", ids=list(external_ids))
        return _with_parts(connection, rows)


def contact_objects(warehouse: Warehouse, rules: Rules, contact: str | None = None) -> dict[str, dict[str, list[str]]]:
    """Contact → type → external ids of the custom objects that refer to it; `contact` narrows to one."""
    sql = (
        "select contact, object_type, external_id"
        " from (select unnest(contacts) as contact, object_type, external_id from staging.custom_objects) order by all"
    )
    with warehouse.get_connection() as connection:
        rows = connection.execute(sql).fetchall()
    found: dict[str, dict[str, list[str]]] = {}
    for person, object_type, key in rows:
        standing = rules.standing_for(person)
        keys = found.setdefault(standing, {}).setdefault(object_type, [])
        if key not in keys:
            keys.append(key)
    return found if contact is None else {contact: found[contact]} if contact in found else {}


def count_outside(warehouse: Warehouse, rules: Rules) -> int:
    """Articles whose old address no redirect can be made for; only the old host can lead to the new one."""
    with warehouse.get_connection() as connection:
        rows = connection.execute("select old_url from staging.articles where old_url is not null").fetchall()
    return sum(1 for (url,) in rows if not rules.is_own_address(url))


def count_threads(warehouse: Warehouse, window: Window, only: frozenset[str] | None) -> int:
    where, bound = _IN_WINDOW, dict[str, object](window.parameters)
    if only is not None:
        where, bound["only"] = where + " and source_id = any($only)", sorted(only)
    with warehouse.get_connection() as connection:
        return int(scalar(connection, f"select count(*) from staging.conversations where {where}", **bound))


def missing(warehouse: Warehouse, table: str, external_ids: Sequence[str]) -> set[str]:
    """Those ids that staging does not hold (any more)."""
    with warehouse.get_connection() as connection:
        sql = f"select external_id from staging.{table} where external_id = any($ids)"
        return set(external_ids) - {row[0] for row in connection.execute(sql, {"ids": list(external_ids)}).fetchall()}


@dataclass(frozen=True)
class Furniture:
    """What the workspace must have before records arrive."""

    tags: Sequence[Tag]
    teammates: Sequence[Teammate]
    inboxes: Sequence[Inbox]
    collections: Sequence[tuple[str, ...]]
    needs_tickets: bool
    object_types: Sequence[str] = ()
    has_old_addresses: bool = False


def furniture(warehouse: Warehouse) -> Furniture:
    with warehouse.get_connection() as connection:
        tags = fetch(connection, Tag, "true order by external_id")
        teammates = fetch(connection, Teammate, "true order by external_id")
        inboxes = fetch(connection, Inbox, "true order by external_id")
        paths = connection.execute("select distinct collection_path from staging.articles").fetchall()
        tickets = scalar(connection, "select count(*) from staging.conversations where target_kind = 'ticket'")
        types = connection.execute("select distinct object_type from staging.custom_objects order by 1").fetchall()
        moved = scalar(connection, "select count(*) from staging.articles where old_url is not null")
    wanted = {tuple(path[:depth]) for (path,) in paths for depth in range(1, len(path or []) + 1)}
    ordered = sorted(wanted, key=lambda path: (len(path), path))
    return Furniture(tags, teammates, inboxes, ordered, bool(tickets), [name for (name,) in types], bool(moved))
