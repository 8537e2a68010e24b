"""Several tables of one kind become one stream of rows: each key once, the more trusted table first.

All streams come in the order of the key, so nothing but the rows of one key is held.
"""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from hd_assets.errors import SourceError
from hd_assets.extract.base import Row
from hd_assets.extract.jitbit.tables import TableSpec

Key = tuple[int, ...]
Stream = Iterator[tuple[Key, Row]]
_LIST = ", "


@dataclass
class United:
    """Unites the streams of one raw table. `conflict` takes rows of `table_conflict`; counts stand when it is done."""

    spec: TableSpec
    columns: tuple[str, ...]
    labels: Sequence[str]
    conflict: Callable[[Row], None]
    read: list[int] = field(default_factory=list)
    keys: int = 0
    shared: int = 0
    conflicting: int = 0

    def rows(self, streams: Sequence[Stream]) -> Iterator[Row]:
        self.read = [0] * len(streams)
        placed = [self._placed(place, stream) for place, stream in enumerate(streams)]
        for key, group in groupby(heapq.merge(*placed, key=lambda entry: entry[:2]), key=lambda entry: entry[0]):
            self.keys += 1
            by_table = [(place, [row for _, _, row in held]) for place, held in groupby(group, key=lambda e: e[1])]
            self.shared += len(by_table) > 1
            kept, rows = by_table[0]
            for row in self._one(key, rows, kept):
                for other, others in by_table[1:]:
                    self._compare(key, row, kept, next(iter(self._one(key, others, other))), other)
                yield row

    def _placed(self, place: int, stream: Stream) -> Iterator[tuple[Key, int, Row]]:
        for key, row in stream:
            self.read[place] += 1
            yield key, place, row

    def _one(self, key: Key, rows: list[Row], place: int) -> list[Row]:
        """The row of a key; equal rows are one, and values of one field become a list."""
        different = list(dict.fromkeys(map(tuple, rows)))
        if len(different) == 1:
            return [different[0]]
        if self.spec.joins_values:
            at = self.columns.index("value")
            told = _LIST.join(sorted(value for value in (row[at] for row in different) if value))
            return [(*different[0][:at], told, *different[0][at + 1 :])]
        raise SourceError(
            f"{len(different)} different rows of {self.labels[place]} have the key {', '.join(map(str, key))}",
            where=f"raw table {self.spec.name}",
            mend="name the column that is its key in the source option `columns`, or another table in `tables`",
        )

    def _compare(self, key: Key, row: Row, kept: int, other_row: Row, other: int) -> None:
        """A column that one of the two tables lacks is no difference."""
        differing = [
            (column, mine, theirs)
            for column, mine, theirs in zip(self.columns, row, other_row, strict=True)
            if mine != theirs
        ]
        self.conflicting += bool(differing)
        shown = "/".join(map(str, key))
        for column, mine, theirs in differing:
            self.conflict(
                (self.spec.name, shown, column, self.labels[kept], _digest(mine), self.labels[other], _digest(theirs))
            )


def _digest(value: str | None) -> str | None:
    return None if value is None else hashlib.sha256(value.encode()).hexdigest()[:16]
