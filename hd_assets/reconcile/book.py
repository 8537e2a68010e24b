"""The warehouse's schema `reconcile`: what was compared and what differed. Ids, field names and digests, no text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from hd_assets.partitions import Window
from hd_assets.reconcile.normal import Compared, digest
from hd_assets.warehouse import Connection, Warehouse, append

TABLES = (
    """create table if not exists reconcile.compared (
    target varchar not null,
    object varchar not null,
    external_id varchar not null,
    intercom_id varchar,
    fields bigint not null,
    differing bigint not null,
    by_ledger boolean not null,
    home_window date,
    compared_at timestamp not null
)""",
    """create table if not exists reconcile.difference (
    target varchar not null,
    object varchar not null,
    external_id varchar not null,
    intercom_id varchar,
    field varchar not null,
    kind varchar not null,
    expected_digest varchar,
    found_digest varchar,
    home_window date,
    compared_at timestamp not null
)""",
)
NAMES = ("compared", "difference")


def prepare(connection: Connection) -> None:
    """Create the two tables if they are not there."""
    for table in TABLES:
        connection.execute(table)


class Book:
    """Writes the results of one read-back of a window; at its end nothing of an earlier one is left.

    Batches are committed as they come; a read-back that stops in between leaves the earlier rows of what it did not
    reach, and the next one replaces them.
    """

    def __init__(self, warehouse: Warehouse, target: str, window: Window, at: datetime, key: str) -> None:
        self._warehouse, self._target, self._window, self._key = warehouse, target, window, key
        # naive UTC, as everywhere in the warehouse
        self.at = at.replace(tzinfo=None)
        with warehouse.transaction() as connection:
            prepare(connection)

    def write(self, results: Sequence[Compared]) -> None:
        if not results:
            return
        with self._warehouse.transaction() as connection:
            append(connection, "reconcile.compared", self._compared(results))
            append(connection, "reconcile.difference", self._differences(results))

    def finish(self) -> None:
        """Take away what earlier read-backs of the same records left."""
        where = (
            "target = $target and compared_at <> $at"
            " and (home_window is null or (home_window >= $window_start and home_window < $window_end))"
        )
        bound = {"target": self._target, "at": self.at, **self._window.parameters}
        with self._warehouse.transaction() as connection:
            for name in NAMES:
                connection.execute(f"delete from reconcile.{name} where {where}", bound)

    def _compared(self, results: Sequence[Compared]) -> Iterable[tuple[Any, ...]]:
        for entry in results:
            if entry.is_extra:
                continue
            number = sum(1 for difference in entry.differences if difference.kind != "extra")
            yield (
                self._target,
                entry.object,
                entry.external_id,
                entry.intercom_id,
                entry.fields,
                number,
                entry.by_ledger,
                entry.home_window,
                self.at,
            )

    def _differences(self, results: Sequence[Compared]) -> Iterable[tuple[Any, ...]]:
        for entry in results:
            for difference in entry.differences:
                yield (
                    self._target,
                    entry.object,
                    entry.external_id,
                    entry.intercom_id,
                    difference.field,
                    difference.kind,
                    digest(self._key, difference.expected),
                    digest(self._key, difference.found),
                    entry.home_window,
                    self.at,
                )
