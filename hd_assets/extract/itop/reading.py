"""What is asked of an iTop and how the answers become raw rows."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from hd_assets.errors import SourceError
from hd_assets.extract.base import Entity, RawSink, Row
from hd_assets.extract.itop import classes
from hd_assets.extract.itop.classes import ClassSpec
from hd_assets.extract.itop.client import Found, ItopClient, RefusedError
from hd_assets.extract.itop.installation import Installation
from hd_assets.extract.itop.windows import read_class

LOGS = ("public_log", "private_log")
DOCUMENTS = {"Attachment": "attachment", "InlineImage": "inline_image"}
_HISTORY_ROWS = 2000
# never read: secrets, pictures and other documents, of which only attachments travel
_SECRET = {"password", "reset_pwd_token", "secret"}
# rows of iTop's own machinery, without meaning outside of it; only what the extractor reads of them counts
_MACHINERY = (
    "CMDBChange", "Event", "Async", "KeyValueStore", "BackgroundTask", "DBProperty", "BulkExport", "iTopOwner",
    "TemporaryObject", "AbstractResource", "Resource", "WelcomePopup", "SynchroLog", "SynchroReplica",
)  # fmt: skip


class Reading:
    """Everything of one extraction, in the order in which references point backwards."""

    def __init__(self, client: ItopClient, installation: Installation, rows: int, into: RawSink) -> None:
        self._client, self.installation, self._rows, self._into = client, installation, rows, into
        self._columns = {entity.name: entity.columns for entity in classes.ENTITIES}
        self._counts: dict[str, int] = {}

    def everything(self) -> None:
        self._into.facts(self.installation.facts())
        for spec in self.specs():
            self._into.rows(spec.entity, self.typed_rows(spec))
        for root in self.record_roots():
            self.records(root)
        self.history()
        for name, entity in DOCUMENTS.items():
            self.documents(name, entity)
        self.inventory()

    def specs(self) -> Iterator[ClassSpec]:
        """The staged classes the installation has; SourceError when it lacks one that every installation has."""
        for spec in classes.SPECS:
            if spec.name in self.installation.classes:
                yield spec
            elif not spec.is_optional:
                raise SourceError(
                    f"the installation has no class {spec.name}",
                    where=self._client.place,
                    mend="check that ITOP_URL leads to iTop; every installation has this class",
                )

    def record_roots(self) -> Iterator[str]:
        """Classes that are written down; own ones come last, since they may lie below one that was read by then."""
        yield from (root for root in classes.RECORD_ROOTS if root in self.installation.classes)
        for name in self.installation.custom_classes:
            if name not in self._counts and not name.startswith("TagSetFieldDataFor_"):
                yield name

    def typed_rows(self, spec: ClassSpec, where: str = "true") -> Iterator[Row]:
        """Rows of a class in its entity's columns; log entries go out on the way."""
        codes = self.installation.codes(spec.name)
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

    def _count(self, rows: list[Found]) -> None:
        for row in rows:
            self._counts[row.name] = self._counts.get(row.name, 0) + 1

    def records(self, root: str, where: str = "true") -> set[tuple[str, str]]:
        """Rows of a class and of those below it, each with the scalar attributes of its own class; their keys."""
        is_custom = root in self.installation.custom_classes
        seen = set()
        for window in read_class(self._client, root, ("friendlyname",), rows=self._rows, where=where):
            by_class: dict[str, list[Found]] = {}
            for row in window:
                by_class.setdefault(row.name, []).append(row)
            for name, found in by_class.items():
                full = self._full(name, found)
                self._into.rows("record", (_record(row, root, is_custom) for row in full))
                seen |= {(row.name, row.key) for row in full}
                self._count(found)
        return seen

    def _full(self, name: str, rows: list[Found]) -> list[Found]:
        codes = self.installation.codes(name)
        wanted = tuple(code for code in codes if code not in _SECRET and code != "id")
        first, last = int(rows[0].key), int(rows[-1].key)
        asked = f"SELECT {name} WHERE id >= {first} AND id <= {last}"
        held = {row.key: row for row in self._client.get(name, asked, wanted).objects}
        return [held[row.key] for row in rows if row.key in held]

    def history(self, since: str | None = None) -> None:
        wanted = ", ".join(f"'{name}'" for name in classes.HISTORY_OF)
        later = f" AND date >= '{since}'" if since else ""
        for name in classes.HISTORY_CLASSES:
            if name in self.installation.classes:
                codes = set(self.installation.codes(name))
                asked = tuple(code for code in classes.CHANGE_OP.columns[2:] if code in codes)
                where = f"objclass IN ({wanted}){later}"
                for window in read_class(self._client, name, asked, rows=_HISTORY_ROWS, where=where):
                    self._into.rows("change_op", (_plain(row, classes.CHANGE_OP) for row in window))
        where = f"date >= '{since}'" if since else "true"
        fields = classes.DELETION.columns[1:]
        for window in read_class(self._client, "CMDBChangeOpDelete", fields, rows=_HISTORY_ROWS, where=where):
            self._into.rows("deletion", (_plain(row, classes.DELETION) for row in window))

    def documents(self, name: str, entity: str, known: Collection[str] = ()) -> set[str]:
        """Facts first, then one file at a time; those whose ids are `known` are not read again. All ids there are.

        Unfinished uploads belong to nothing and are left away.
        """
        if name not in self.installation.classes:
            return set()
        columns, codes = self._columns[entity], self.installation.codes(name)
        asked = tuple(code for code in columns[1:] if code in codes)
        seen = set()
        for window in read_class(self._client, name, asked, rows=self._rows):
            self._count(window)
            for row in window:
                if str(row.fields.get("item_id") or "0") == "0":
                    continue
                seen.add(row.key)
                if row.key not in known:
                    self._document(row, entity, asked, columns)
        return seen

    def _document(self, row: Found, entity: str, asked: tuple[str, ...], columns: tuple[str, ...]) -> None:
        key = f"{entity}_{row.key}"
        facts, chunks = self._client.document(row.name, row.key)
        outcome: Row
        if facts:
            stored = self._into.file(key, chunks)
            outcome = (key, stored.sha256, str(stored.size_bytes), "stored", None, key)
        else:
            outcome = (key, None, None, "missing", "the file vanished while it was read", key)
        values = {code: text(row.fields.get(code)) for code in asked} | facts | {"id": row.key}
        self._into.rows(entity, [tuple(values.get(column) for column in columns)])
        self._into.rows("file_bytes", [outcome])

    def inventory(self, *, is_delta: bool = False) -> None:
        """Every class with rows, read or not, so that the mapping has to say something about each.

        A delta has not seen every row: it counts anew, and leaves classes as they are of which it read nothing.
        """
        known = set(self._into.known("source_column"))
        before = {table for table, _ in known}
        read = {name: self.installation.codes(name) for name in self._counts}
        if is_delta:
            read |= {spec.name: self.installation.codes(spec.name) for spec in self.specs() if spec.name in before}
            self._counts = {name: self._own_rows(name) for name in read}
        for name in self.installation.classes:
            if name in read or name.startswith(_MACHINERY):
                continue
            if count := self._own_rows(name):
                self._counts[name] = count
                if name in before:
                    known = {key for key in known if key[0] != name}
                else:
                    read[name] = ("id",)
        # fields the installation added to tickets, persons and organizations are decided one by one, as custom fields
        own = {
            spec.name: classes.custom_codes(spec, read[spec.name])
            for spec in self.specs()
            if spec.custom and spec.name in read
        }
        for name, codes in sorted(read.items()):
            if self._counts[name]:
                shown = [code for code in codes if code not in own.get(name, ()) and not classes.is_derived(code)] or [
                    "id"
                ]
                self._into.rows("source_column", [(name, code, None, str(self._counts[name])) for code in shown])
                known -= {(name, code) for code in shown}
        if is_delta:
            self._into.gone("source_column", known)
        self._into.rows("source_fact", self._facts())

    def _own_rows(self, name: str) -> int:
        """Rows of a class without those below it. A class that cannot be counted is told and counts none."""
        try:
            condition = f" WHERE finalclass = '{name}'" if "finalclass" in self.installation.codes(name) else ""
            return self._client.count(name, f"SELECT {name}{condition}")
        except RefusedError as refused:
            self._into.warn(f"the rows of class {name} cannot be counted (code {refused.code})")
            return 0

    def _facts(self) -> Iterable[Row]:
        installation = self.installation
        yield ("product", installation.facts().product)
        yield ("address", self._client.base)
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
