"""From anything a person can quote to the source row, its staged rows, what was sent for them, and back."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import duckdb

from hd_assets.errors import UsageError
from hd_assets.extract.raw import RawStore
from hd_assets.mapping import Migration
from hd_assets.model import STAGING_MODELS
from hd_assets.model.base import SourcedRow
from hd_assets.publish.ledger import read_only
from hd_assets.publish.ledger_read import LedgerReader, Operation
from hd_assets.settings import Settings
from hd_assets.warehouse import Connection, Warehouse

_URL = re.compile(r"https?://\S+?/([0-9]+|[0-9a-f]{24})(?:[/?#]\S*)?$")
_INTERCOM_ID = re.compile(r"[0-9]+|[0-9a-f]{24}")
_SOURCED = [model.table for model in STAGING_MODELS if issubclass(model, SourcedRow) and not model.is_step]
# A conversation is looked for first: numbers people quote are those of conversations.
_TABLES = ["conversations", *sorted(set(_SOURCED) - {"conversations"})]
_INSIDE = ("parts", "attachments")


@dataclass(frozen=True)
class RawRow:
    """A source row as extracted. `digest`: md5 over its values."""

    entity: str
    key: str
    extraction: str
    digest: str


@dataclass
class Record:
    """One record on its way. `operations` in sending order, `intercom_ids` as the ledger knows them."""

    object: str
    external_id: str
    source_type: str
    source_id: str
    source_digest: str
    raw: list[RawRow] = field(default_factory=list)
    operations: list[Operation] = field(default_factory=list)
    intercom_ids: list[str] = field(default_factory=list)


@dataclass
class Trace:
    """What a reference led to. `merged_from`: source ids of records that were merged into the first one."""

    ref: str
    matched_by: str
    records: list[Record] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    merged_from: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Hit:
    matched_by: str
    ids: list[tuple[str, str]]
    notes: tuple[str, ...] = ()


def trace(settings: Settings, migration: Migration, target: str, ref: str) -> Trace:
    """Follow a ticket number, source id, external id, e-mail, Intercom id or conversation URL.

    A record that was merged leads to the one that took it in. Contacts no server.
    Raises UsageError naming everything that was tried when nothing is found.
    """
    stores, wanted = settings.stores(migration.name), ref.strip()
    ledger = read_only(stores.ledger(target)) if stores.ledger(target).exists() else None
    try:
        if not stores.warehouse.exists():
            raise UsageError(
                "nothing was staged yet, so there is nothing to trace",
                where=str(stores.warehouse),
                mend=f"run `hd-assets run {migration.name} --until stage` first",
            )
        with Warehouse.of(stores.warehouse).get_connection() as connection:
            hit = _Search(connection, ledger, migration).find(wanted)
            found = Trace(wanted, hit.matched_by, notes=list(hit.notes))
            ids = list(dict.fromkeys(entry for hit_id in hit.ids for entry in _with_inside(connection, *hit_id)))
            found.records = [record for table, key in ids for record in _records(connection, table, key)]
            found.merged_from = _merged_from(connection, [key for _, key in hit.ids])
            raw = _Raw(RawStore(stores.root))
            for record in found.records:
                record.raw = raw.rows(record.source_type, record.source_id)
        if ledger is not None:
            _add_ledger(found.records, ledger)
        return found
    finally:
        if ledger is not None:
            ledger.close()


class _Search:
    """Tries one way after the other; the first that finds something wins."""

    def __init__(self, connection: Connection, ledger: LedgerReader | None, migration: Migration) -> None:
        self._connection, self._ledger, self._migration = connection, ledger, migration

    def find(self, ref: str) -> _Hit:
        tried = []
        for name, way in self._ways():
            hit = way(ref)
            if hit is not None:
                return self._with_namesake(hit, ref)
            tried.append(name)
        raise UsageError(
            "nothing in this migration answers to that reference",
            where=f"migration {self._migration.name}; tried as {', '.join(tried)}",
            mend="check it for typing errors; records of a later extraction have to be staged first",
        )

    def _with_namesake(self, hit: _Hit, ref: str) -> _Hit:
        """A number may be a source id and, by another count, an Intercom id: the other one is named."""
        other = self._by_intercom_id(ref)
        if other is None or set(other.ids) <= set(hit.ids):
            return hit
        known = ", ".join(key for _, key in other.ids)
        return replace(hit, notes=(*hit.notes, f"also the Intercom id of {known}; give the address to mean that one"))

    def _ways(self) -> Iterator[tuple[str, Callable[[str], _Hit | None]]]:
        yield "Intercom URL", self._by_url
        yield "external id", self._by_external_id
        yield "ticket number", self._by_number
        yield "e-mail address", self._by_email
        yield "source id", self._by_source_id
        yield "number of a merged ticket", self._by_merged_number
        yield "Intercom id", self._by_intercom_id

    def _by_url(self, ref: str) -> _Hit | None:
        match = _URL.fullmatch(ref)
        return self._of_intercom(match[1], "Intercom URL") if match else None

    def _by_intercom_id(self, ref: str) -> _Hit | None:
        return self._of_intercom(ref, "Intercom id") if _INTERCOM_ID.fullmatch(ref) else None

    def _of_intercom(self, intercom_id: str, name: str) -> _Hit | None:
        if self._ledger is None:
            return None
        keys = [entry.external_id for entry in self._ledger.records_of(intercom_id)]
        sql = "select distinct external_id from operations where intercom_id = ? and object = 'parts'"
        keys += [row[0] for row in self._ledger.rows(sql, (intercom_id,))]
        ids = [entry for key in dict.fromkeys(keys) for entry in self._staged(key)]
        # one id may stand for a conversation and, by another count, for a part: the conversation is meant
        threads = [entry for entry in ids if entry[0] == "conversations"]
        return _Hit(name, threads or ids) if ids else None

    def _by_external_id(self, ref: str) -> _Hit | None:
        ids = self._staged(ref)
        if ids:
            return _Hit("external id", ids)
        migration, _, rest = ref.partition("-")
        source_type, _, source_id = rest.partition("-")
        return self._left_out("external id", source_id, source_type) if migration == self._migration.name else None

    def _by_number(self, ref: str) -> _Hit | None:
        rows = self._ask("select external_id from staging.conversations where lower(number) = lower($ref)", ref)
        return _Hit("ticket number", [("conversations", row) for row in rows]) if rows else None

    def _by_email(self, ref: str) -> _Hit | None:
        if "@" not in ref:
            return None
        people = self._ask("select external_id from staging.contacts where lower(email) = lower($ref)", ref)
        if not people:
            mates = self._ask("select external_id from staging.teammates where lower(email) = lower($ref)", ref)
            return _Hit("e-mail address of a teammate", [("teammates", row) for row in mates]) if mates else None
        sql = "select external_id from staging.conversations where contact = $ref order by external_id"
        threads = [row for person in people for row in self._ask(sql, person)]
        ids = [("contacts", row) for row in people]
        note = f"requester of {len(threads)} conversations: {', '.join(threads[:20])}" + (" …" if threads[20:] else "")
        return _Hit("e-mail address", ids, (note,) if threads else ())

    def _by_source_id(self, ref: str) -> _Hit | None:
        rows = self._ask("select external_id from staging.conversations where source_id = $ref", ref)
        if rows:
            return _Hit("source id", [("conversations", row) for row in rows])
        merged = self._left_out("source id", ref)
        if merged:
            return merged
        ids = [
            (table, row)
            for table in _TABLES
            for row in self._ask(f"select external_id from staging.{table} where source_id = $ref", ref)
        ]
        return _Hit("source id", ids) if ids else None

    def _by_merged_number(self, ref: str) -> _Hit | None:
        """A merged ticket has no row of its own; the note in its parent's conversation names its number."""
        if len(ref) < 2:
            return None
        sql = (
            "select source_id from staging.parts where origin = 'merged'"
            r" and regexp_matches(body_text, concat('(^|[^\w-])', regexp_escape($ref), '([^\w-]|$)'))"
            " order by position limit 1"
        )
        for source_id in self._ask(sql, ref):
            return self._left_out("number of a merged ticket", source_id)
        return None

    def _left_out(self, name: str, source_id: str, source_type: str | None = None) -> _Hit | None:
        sql = (
            'select object, source_type, outcome, reason_code, "into" from staging.left_out'
            " where source_id = $id and ($type is null or source_type = $type)"
            " order by object = 'conversations' desc, \"into\" is null, object"
        )
        rows = self._connection.execute(sql, {"id": source_id, "type": source_type}).fetchall()
        if not source_type:
            rows = [row for row in rows if row[0] == "conversations"]
        if not rows:
            return None
        object_, kind, outcome, reason, into = rows[0]
        note = f"{kind} {source_id} ({object_}) was {outcome}: {reason}" + (f", into {into}" if into else "")
        ids = self._staged(into) if into else []
        return _Hit(f"{name} of a record that is not staged itself", ids, (note,))

    def _staged(self, external_id: str) -> list[tuple[str, str]]:
        sql = "select external_id from staging.{} where external_id = $ref"
        return [(table, row) for table in _TABLES for row in self._ask(sql.format(table), external_id)]

    def _ask(self, sql: str, ref: str) -> list[str]:
        return [row[0] for row in self._connection.execute(sql, {"ref": ref}).fetchall()]


def _with_inside(connection: Connection, table: str, key: str) -> Iterator[tuple[str, str]]:
    """The record, and for a conversation its parts in order and its files."""
    yield table, key
    if table != "conversations":
        return
    for inside in _INSIDE:
        sql = f"select external_id from staging.{inside} where conversation = $key order by position, external_id"
        for row in connection.execute(sql, {"key": key}).fetchall():
            yield inside, row[0]


def _records(connection: Connection, table: str, key: str) -> list[Record]:
    sql = f"select external_id, source_type, source_id, source_digest from staging.{table} where external_id = $key"
    return [Record(table, *row) for row in connection.execute(sql, {"key": key}).fetchall()]


def _merged_from(connection: Connection, keys: Sequence[str]) -> list[str]:
    sql = (
        "select concat(source_type, ' ', source_id) from staging.left_out"
        " where object = 'conversations' and outcome = 'merged' and \"into\" = any($keys) order by all"
    )
    return [row[0] for row in connection.execute(sql, {"keys": list(keys)}).fetchall()]


class _Raw:
    """Source rows by the key the extraction declares for them."""

    def __init__(self, store: RawStore) -> None:
        latest = store.latest()
        self._keys = {name: entity.key for name, entity in latest.entities.items()} if latest else {}
        self._views = store.views() if latest else {}

    def rows(self, entity: str, key: str) -> list[RawRow]:
        """Empty where the record is our own, or its rows have a key of several columns."""
        keys = self._keys.get(entity, ())
        if len(keys) != 1 or entity not in self._views:
            return []
        column = '"' + keys[0].replace('"', '""') + '"'
        sql = (
            f"select _extraction, md5(cast(rows as varchar)) from ({self._views[entity]}) as rows"
            f" where {column} = $key order by 1, 2"
        )
        with duckdb.connect() as connection:
            found = connection.execute(sql, {"key": key}).fetchall()
        return [RawRow(entity, key, str(extraction), str(digest)) for extraction, digest in found]


def _add_ledger(records: Sequence[Record], ledger: LedgerReader) -> None:
    threads = ledger.of_conversations(record.external_id for record in records if record.object == "conversations")
    for record in records:
        if record.object == "conversations":
            operations = [entry for entry in threads.get(record.external_id, ()) if entry.object != "parts"]
        else:
            sql = (
                "select key from operations where external_id = ? or external_id like ? || '/%' order by position, key"
            )
            keys = [row[0] for row in ledger.rows(sql, (record.external_id, record.external_id))]
            known = ledger.operations(keys)
            operations = [known[key] for key in keys]
        record.operations = operations
        rows = ledger.rows(
            "select distinct intercom_id from identities where external_id = ?"
            " union select distinct intercom_id from operations where external_id = ? and intercom_id is not null",
            (record.external_id, record.external_id),
        )
        record.intercom_ids = sorted(str(row[0]) for row in rows)
