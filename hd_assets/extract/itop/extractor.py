"""Reads an iTop through its web service into the raw store."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

import httpx

from hd_assets.errors import SourceError
from hd_assets.extract.base import Entity, RawSink, Row, SourceFacts
from hd_assets.extract.itop import classes
from hd_assets.extract.itop.classes import ClassSpec
from hd_assets.extract.itop.client import Found, ItopClient, RefusedError
from hd_assets.extract.itop.installation import Installation
from hd_assets.extract.itop.options import ItopOptions
from hd_assets.extract.itop.windows import read_class
from hd_assets.extract.retry import RetryBudget

LOGS = ("public_log", "private_log")
_ATTACHMENT_FIELDS = ("item_class", "item_id", "item_org_id", "creation_date", "user_id", "contact_id")
_IMAGE_FIELDS = ("item_class", "item_id", "item_org_id")
# never read: secrets, pictures and other documents, of which only attachments travel
_SECRET = {"password", "reset_pwd_token", "secret"}
# rows of iTop's own machinery, without meaning outside of it; only what the extractor reads of them counts
_MACHINERY = (
    "CMDBChange", "Event", "Async", "KeyValueStore", "BackgroundTask", "DBProperty", "BulkExport", "iTopOwner",
    "TemporaryObject", "AbstractResource", "Resource", "WelcomePopup", "SynchroLog", "SynchroReplica",
)  # fmt: skip


class ItopExtractor:
    """One reading asks for classes one after the other; each is proven complete by its own count."""

    def __init__(
        self,
        options: ItopOptions,
        *,
        transport: httpx.BaseTransport | None = None,
        budget: RetryBudget | None = None,
    ) -> None:
        self._options, self._transport, self._budget = options, transport, budget

    @property
    def entities(self) -> tuple[Entity, ...]:
        return classes.ENTITIES

    def probe(self) -> SourceFacts:
        client = self._client()
        try:
            installation = self._checked(client)
            counts = {name: client.count(name, f"SELECT {name}") for name in self._present(installation)}
            return installation.facts(counts)
        finally:
            client.close()

    def read(self, into: RawSink) -> None:
        client = self._client()
        try:
            _Reading(client, self._checked(client), self._options.window_rows, into).everything()
        finally:
            client.close()

    def _client(self) -> ItopClient:
        if self._budget is None:
            return ItopClient(self._options, transport=self._transport)
        budget = self._budget
        return ItopClient(self._options, transport=self._transport, budget=lambda: budget)

    def _checked(self, client: ItopClient) -> Installation:
        client.call({"operation": "list_operations"}, "list_operations")
        installation = Installation(client, self._options.user)
        installation.check_account()
        if not set(classes.TICKET_CLASSES) & set(installation.classes):
            raise SourceError(
                "the installation has neither user requests nor incidents",
                where=client.place,
                mend="check that ITOP_URL leads to the right iTop; its ticket modules are not installed",
            )
        return installation

    def _present(self, installation: Installation) -> list[str]:
        return [spec.name for spec in classes.SPECS if spec.name in installation.classes]


class _Reading:
    """Everything of one extraction, in the order in which references point backwards."""

    def __init__(self, client: ItopClient, installation: Installation, rows: int, into: RawSink) -> None:
        self._client, self._installation, self._rows, self._into = client, installation, rows, into
        self._columns = {entity.name: entity.columns for entity in classes.ENTITIES}
        self._counts: dict[str, int] = {}

    def everything(self) -> None:
        self._into.facts(self._installation.facts())
        for spec in classes.SPECS:
            if spec.name in self._installation.classes:
                self._typed(spec)
            elif not spec.is_optional:
                raise SourceError(
                    f"the installation has no class {spec.name}",
                    where=self._client.place,
                    mend="check that ITOP_URL leads to iTop; every installation has this class",
                )
        for root in classes.RECORD_ROOTS:
            if root in self._installation.classes:
                self._records(root, is_custom=False)
        for name in self._installation.custom_classes:
            if name not in self._counts and not name.startswith("TagSetFieldDataFor_"):
                self._records(name, is_custom=True)
        self._history()
        self._documents("Attachment", "attachment", _ATTACHMENT_FIELDS)
        self._documents("InlineImage", "inline_image", _IMAGE_FIELDS)
        self._inventory()

    def typed_rows(self, spec: ClassSpec, where: str = "true") -> Iterator[Row]:
        """Rows of a class in its entity's columns; log entries go out on the way."""
        codes = self._installation.codes(spec.name)
        extra = classes.custom_codes(spec, codes) if spec.custom else ()
        logs = tuple(log for log in LOGS if log in codes) if spec.entity == "ticket" else ()
        asked = tuple(field for field in spec.fields if field in codes)
        columns = self._columns[spec.entity]
        for window in read_class(self._client, spec.name, (*asked, *extra, *logs), rows=self._rows, where=where):
            for log in logs:
                self._into.rows("log_entry", (entry for row in window for entry in log_entries(row, log)))
            for row in window:
                values: dict[str, str | None] = {code: text(row.fields.get(code)) for code in asked}
                values |= {"id": row.key, "class": row.name}
                if extra:
                    values[classes.EXTRA] = _json({code: row.fields.get(code) for code in extra})
                yield tuple(values.get(column) for column in columns)
            self._count(window)

    def _typed(self, spec: ClassSpec) -> None:
        self._into.rows(spec.entity, self.typed_rows(spec))

    def _count(self, rows: list[Found]) -> None:
        for row in rows:
            self._counts[row.name] = self._counts.get(row.name, 0) + 1

    def _records(self, root: str, *, is_custom: bool) -> None:
        """Rows of a class and of those below it, each with the scalar attributes of its own class."""
        codes = self._installation.codes(root)
        for window in read_class(self._client, root, ("friendlyname",), rows=self._rows):
            by_class: dict[str, list[Found]] = {}
            for row in window:
                by_class.setdefault(row.name, []).append(row)
            for name, found in by_class.items():
                if name == root:
                    full = self._full(name, codes, found)
                else:
                    full = self._full(name, self._installation.codes(name), found)
                self._into.rows("record", (_record(row, root, is_custom) for row in full))
                self._count(found)

    def _full(self, name: str, codes: tuple[str, ...], rows: list[Found]) -> list[Found]:
        wanted = tuple(code for code in codes if code not in _SECRET and code != "id")
        first, last = int(rows[0].key), int(rows[-1].key)
        asked = f"SELECT {name} WHERE id >= {first} AND id <= {last}"
        held = {row.key: row for row in self._client.get(name, asked, wanted).objects}
        return [held[row.key] for row in rows if row.key in held]

    def _history(self) -> None:
        wanted = ", ".join(f"'{name}'" for name in classes.HISTORY_OF)
        known = set(self._installation.classes)
        for name in classes.HISTORY_CLASSES:
            if name in known:
                codes = set(self._installation.codes(name))
                asked = tuple(code for code in classes.CHANGE_OP.columns[2:] if code in codes)
                for window in read_class(self._client, name, asked, rows=2000, where=f"objclass IN ({wanted})"):
                    self._into.rows("change_op", (_plain(row, classes.CHANGE_OP) for row in window))
        for window in read_class(self._client, "CMDBChangeOpDelete", classes.DELETION.columns[1:], rows=2000):
            self._into.rows("deletion", (_plain(row, classes.DELETION) for row in window))

    def _documents(self, name: str, entity: str, fields: tuple[str, ...]) -> None:
        """Facts first, then one file at a time; unfinished uploads belong to nothing and are counted only."""
        if name not in self._installation.classes:
            return
        asked = tuple(code for code in fields if code in self._installation.codes(name))
        columns = next(found for found in classes.ENTITIES if found.name == entity).columns
        for window in read_class(self._client, name, asked, rows=self._rows):
            self._count(window)
            for row in window:
                if str(row.fields.get("item_id") or "0") == "0":
                    continue
                key = f"{entity}_{row.key}"
                facts, chunks = self._client.document(name, row.key)
                outcome: Row
                if facts:
                    stored = self._into.file(key, chunks)
                    outcome = (key, stored.sha256, str(stored.size_bytes), "stored", None, key)
                else:
                    outcome = (key, None, None, "missing", "the file vanished while it was read", key)
                values = {code: text(row.fields.get(code)) for code in asked} | facts | {"id": row.key}
                self._into.rows(entity, [tuple(values.get(column) for column in columns)])
                self._into.rows("file_bytes", [outcome])

    def _inventory(self) -> None:
        """Every class with rows, read or not, so that the mapping has to say something about each."""
        read = {name: self._installation.codes(name) for name in self._counts}
        for name in self._installation.classes:
            if name in self._counts or name.startswith(_MACHINERY):
                continue
            if count := self._own_rows(name):
                read[name] = ("id",)
                self._counts[name] = count
        rows: list[Row] = []
        for name, codes in sorted(read.items()):
            shown = [code for code in codes if not classes.is_derived(code)] or ["id"]
            rows += [(name, code, None, str(self._counts[name])) for code in shown]
        self._into.rows("source_column", rows)
        self._into.rows("source_fact", self._facts())

    def _own_rows(self, name: str) -> int:
        """Rows of a class without those below it; what the account may not even count has none of ours."""
        try:
            condition = f" WHERE finalclass = '{name}'" if "finalclass" in self._installation.codes(name) else ""
            return self._client.count(name, f"SELECT {name}{condition}")
        except (RefusedError, SourceError):
            return 0

    def _facts(self) -> Iterable[Row]:
        installation = self._installation
        yield ("product", installation.facts().product)
        yield ("version", installation.version)
        yield ("is_unstable", "true" if installation.is_unstable else "false")
        for module in installation.modules:
            yield (f"module:{module.name}", module.version)
        for module in installation.own_modules:
            yield (f"own_module:{module.name}", module.version)
        for name in installation.custom_classes:
            yield (f"own_class:{name}", str(self._counts.get(name, 0)))


def log_entries(row: Found, log: str) -> Iterator[Row]:
    """Entries of one case log in the order of insertion. `user_id` is 0 or null where the author had no account."""
    held: Any = row.fields.get(log)
    entries = held.get("entries") if isinstance(held, dict) else None
    for position, entry in enumerate(entries or ()):
        values = (text(entry.get(key)) for key in ("date", "user_id", "user_login", "message", "message_html"))
        yield (row.key, log, str(position), *values)


def _record(row: Found, root: str, is_custom: bool) -> Row:
    shown = {code: value for code, value in row.fields.items() if not (isinstance(value, dict) and "data" in value)}
    name = text(row.fields.get("friendlyname"))
    return (row.name, row.key, root, name, "true" if is_custom else "false", _json(shown))


def _plain(row: Found, entity: Entity) -> Row:
    values = {code: text(value) for code, value in row.fields.items()} | {"id": row.key, "class": row.name}
    return tuple(values.get(column) for column in entity.columns)


def text(value: Any) -> str | None:
    """A value as iTop shows it: numbers and flags as text, structures as JSON, null as null."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "1" if value else "0"
    return str(value) if isinstance(value, int | float) else _json(value)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
