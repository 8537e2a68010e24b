"""`links.csv`: every link to the old system, where it stands, and what it should lead to now."""

from __future__ import annotations

from typing import Any

from hd_assets.links.addresses import KINDS, places
from hd_assets.mapping import Migration
from hd_assets.publish.ledger import read_only
from hd_assets.publish.ledger_read import LedgerReader
from hd_assets.settings import Settings
from hd_assets.warehouse import Connection

COLUMNS = (
    "in_object",
    "in_external_id",
    "in_address",
    "old_link",
    "leads_to",
    "leads_to_external_id",
    "new_link",
    "state",
)
STATES = {
    "rewritten": "the article leads to the new address",
    "by_hand": "what it leads to is there; the text was sent as it is and cannot be changed",
    "forward": "what it leads to is not sent yet",
    "gone": "the record it leads to does not migrate",
    "no_record": "a page of the old system that shows no single record",
}


def rows(connection: Connection, settings: Settings, migration: Migration, target: str) -> list[tuple[Any, ...]]:
    """One row per link and place, in the order of COLUMNS."""
    known = connection.execute(
        "select 1 from duckdb_tables() where schema_name = 'mapping' and table_name = 'old_link'"
    ).fetchone()
    path = settings.stores(migration.name).ledger(target)
    found = [] if known is None else connection.execute(
        "select object, external_id, conversation, link, target_object, target from mapping.old_link"
        " order by object, external_id, link"
    ).fetchall()  # fmt: skip
    if not found or not path.exists():
        return [
            (object, key, None, link, to, target_id, None, _state(object, to, target_id, None, None))
            for object, key, _, link, to, target_id in found
        ]
    books = read_only(path)
    try:
        where = places(settings, migration, target, books)
        told = []
        for object, key, conversation, link, to, target_id in found:
            own = _id(books, "conversations" if conversation else object, conversation or key)
            address = where.url("conversations" if conversation else object, own) if own else None
            new = _id(books, to, target_id) if to and target_id else None
            state = _state(object, to, target_id, new, where.help_center)
            told.append((object, key, address, link, to, target_id, where.url(to, new) if new else None, state))
        return told
    finally:
        books.close()


def _state(object: str, to: str | None, target_id: str | None, new: str | None, help_center: str | None) -> str:
    if to is None:
        return "no_record"
    if target_id is None:
        return "gone"
    if new is None:
        return "forward"
    return "rewritten" if object == to == "articles" and help_center else "by_hand"


def _id(books: LedgerReader, object: str, external_id: str) -> str | None:
    return books.intercom_id(KINDS[object], external_id)
