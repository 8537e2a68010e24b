"""`links.csv`: every link to the old system, where it stands, and what it should lead to now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hd_assets.links.addresses import KINDS, Places, places
from hd_assets.links.found import is_known
from hd_assets.links.sent import addresses_of, link_digest
from hd_assets.mapping import Migration
from hd_assets.publish.desired import key_of
from hd_assets.publish.ledger import read_only
from hd_assets.publish.ledger_read import LedgerReader
from hd_assets.settings import Settings
from hd_assets.warehouse import Connection

# object a link stands in → kinds of the operation that sends it
_MESSAGES = {"conversations": ("conversation",), "parts": ("reply", "note")}
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
    "rewritten": "the text leads to the new address",
    "forward": "the text has the old address: it is not sent yet, or was sent before what it leads to",
    "kept": "the text has the old address: the mapping keeps links, or the new address is no place for its readers",
    "unlinked": "no address of the old system is known, so that the text stands without the link",
    "outside": "it shows no record that migrates",
}
_Found = tuple[str, str, str | None, str, str | None, str | None]


def rows(connection: Connection, settings: Settings, migration: Migration, target: str) -> list[tuple[Any, ...]]:
    """One row per link and place, in the order of COLUMNS."""
    if not is_known(connection):
        return []
    found = connection.execute(
        "select object, external_id, conversation, link, target_object, target from mapping.old_link"
        " order by object, external_id, link"
    ).fetchall()
    path = settings.stores(migration.name).ledger(target)
    if not found or not path.exists():
        return [(object, key, None, link, to, of, None, _unsent(link, of)) for object, key, _, link, to, of in found]
    books = read_only(path)
    try:
        told = _Told(books, places(settings, migration, target, books), migration, found)
        return [told.row(*row) for row in found]
    finally:
        books.close()


def _unsent(link: str, target_id: str | None) -> str:
    return "outside" if target_id is None else "forward" if "//" in link else "unlinked"


class _Told:
    """What one target's ledger says of the links."""

    def __init__(self, books: LedgerReader, where: Places, migration: Migration, found: Sequence[_Found]) -> None:
        self._books, self._where, self._key = books, where, books.digest_key
        self._keeps = migration.mapping.publish.links == "keep"
        keys = (key_of(kind, row[1]) for row in found for kind in _MESSAGES.get(row[0], ()))
        self._sent = {row.external_id: row.sent_links for row in books.operations(keys).values()}

    def row(
        self, object: str, key: str, conversation: str | None, link: str, to: str | None, target_id: str | None
    ) -> tuple[Any, ...]:
        stands = ("conversations", conversation) if conversation else (object, key)
        new = self._url(to, target_id)
        return object, key, self._url(*stands), link, to, target_id, new, self._state(object, key, link, to, target_id)

    def _state(self, object: str, key: str, link: str, to: str | None, target_id: str | None) -> str:
        new = self._url(to, target_id)
        if to is None or target_id is None or new is None or "//" not in link:
            return _unsent(link, target_id)
        if object == "articles":
            return "rewritten" if to == "articles" and self._where.help_center else "kept"
        if addresses_of(self._sent.get(key)).get(link_digest(self._key, link)) == new:
            return "rewritten"
        readable = self._where.in_message(to, self._books.intercom_id(KINDS[to], target_id) or "") is not None
        return "forward" if readable and not self._keeps else "kept"

    def _url(self, object: str | None, external_id: str | None) -> str | None:
        if object is None or external_id is None:
            return None
        found = self._books.intercom_id(KINDS[object], external_id)
        return self._where.url(object, found) if found else None
