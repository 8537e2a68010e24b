"""What changed in an iTop since an earlier reading, and what is gone.

Only tickets carry a time of change. Of everything else the history tells, but a customer may have purged it and links
leave no trace in it: whatever is small is read anew, and what is gone is found by comparing ids.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from hd_assets.extract.base import RawSink, Row
from hd_assets.extract.itop.classes import SPECS, TICKET_CLASSES, ClassSpec
from hd_assets.extract.itop.client import ItopClient
from hd_assets.extract.itop.reading import DOCUMENTS, Reading
from hd_assets.extract.itop.windows import read_class

_SMALL_CLASS = 5_000
_IDS_AT_ONCE = 300


class Changes:
    """One reading of what changed. `since` is compared with the server's local times; the caller allows for zones."""

    def __init__(self, reading: Reading, client: ItopClient, into: RawSink, since: datetime) -> None:
        self._reading, self._client, self._into = reading, client, into
        self._since = since.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")

    def everything(self) -> None:
        self._into.facts(self._reading.installation.facts())
        self._tickets()
        for entity in dict.fromkeys(spec.entity for spec in SPECS if spec.name not in TICKET_CLASSES):
            self._compared(entity)
        self._records()
        self._reading.history(self._since)
        for name, entity in DOCUMENTS.items():
            self._documents(name, entity)
        self._reading.inventory(is_delta=True)

    def _specs(self, entity: str) -> Iterator[ClassSpec]:
        return (spec for spec in self._reading.specs() if spec.entity == entity)

    def _tickets(self) -> None:
        known = {id for (id,) in self._into.known("ticket")}
        there: set[str] = set()
        for spec in self._specs("ticket"):
            ids = {row.key for window in read_class(self._client, spec.name, ("id",), rows=5000) for row in window}
            there |= ids
            came: set[str] = set()
            recent = f"last_update >= '{self._since}' OR ISNULL(last_update)"
            self._into.rows("ticket", _noting(self._reading.typed_rows(spec, recent), came))
            for where in _id_lists(ids - known - came):
                self._into.rows("ticket", self._reading.typed_rows(spec, where))
        gone = known - there
        self._into.gone("ticket", ((id,) for id in gone))
        if gone:
            self._into.gone("log_entry", [key for key in self._into.known("log_entry") if key[0] in gone])
            # iTop drops the history of what it deletes
            told = self._into.known("change_op", ("id", "objclass", "objkey"))
            self._into.gone("change_op", [(id,) for id, name, key in told if name in TICKET_CLASSES and key in gone])

    def _compared(self, entity: str) -> None:
        known = {id for (id,) in self._into.known(entity)}
        there: set[str] = set()
        for spec in self._specs(entity):
            self._into.rows(entity, _noting(self._reading.typed_rows(spec), there))
        self._into.gone(entity, ((id,) for id in known - there))

    def _records(self) -> None:
        known = {(name, id) for name, id in self._into.known("record")}
        touched, deleted = self._history()
        gone = known & deleted
        for root in self._reading.record_roots():
            if self._client.count(root, f"SELECT {root}") <= _SMALL_CLASS:
                there = self._reading.records(root)
                classes = {root, *(name for name, _ in there)}
                gone |= {key for key in known - there if key[0] in classes}
            else:
                for where in _id_lists(touched):
                    self._reading.records(root, where)
        self._into.gone("record", gone)

    def _history(self) -> tuple[set[str], set[tuple[str, str]]]:
        """Ids of whatever class that were created or changed, and (class, id) of what was deleted."""
        touched: set[str] = set()
        deleted: set[tuple[str, str]] = set()
        recent = f"date >= '{self._since}'"
        for window in read_class(self._client, "CMDBChangeOp", ("objkey",), rows=2000, where=recent):
            touched |= {str(row.fields.get("objkey")) for row in window}
        for window in read_class(self._client, "CMDBChangeOpDelete", ("objkey", "fclass"), rows=2000, where=recent):
            deleted |= {(str(row.fields.get("fclass")), str(row.fields.get("objkey"))) for row in window}
        return touched, deleted

    def _documents(self, name: str, entity: str) -> None:
        known = {id for (id,) in self._into.known(entity)}
        there = self._reading.documents(name, entity, known)
        self._into.gone(entity, ((id,) for id in known - there))
        self._into.gone("file_bytes", ((f"{entity}_{id}",) for id in known - there))


def _noting(rows: Iterable[Row], ids: set[str]) -> Iterator[Row]:
    for row in rows:
        ids.add(str(row[0]))
        yield row


def _id_lists(ids: set[str]) -> Iterator[str]:
    ordered = sorted((id for id in ids if id.isdigit()), key=int)
    for place in range(0, len(ordered), _IDS_AT_ONCE):
        yield f"id IN ({', '.join(ordered[place : place + _IDS_AT_ONCE])})"
