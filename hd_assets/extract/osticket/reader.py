"""The one thing in which a dump and a live server differ: where rows come from."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Literal, Protocol

Value = str | bytes | None


@dataclass
class SourceTable:
    """A table of the installation under its full name. `rows` is None until counted."""

    name: str
    columns: tuple[tuple[str, str], ...]
    engine: str | None = None
    rows: int | None = None

    @property
    def column_names(self) -> frozenset[str]:
        return frozenset(name for name, _ in self.columns)


@dataclass(frozen=True)
class Batch:
    """Rows of one table, values in the order of the columns asked for: text, bytes for binary columns, or None."""

    table: str
    rows: Sequence[tuple[Value, ...]]


@dataclass(frozen=True)
class ServerFacts:
    """About the server or the dump; `place` names it in errors, without user and password."""

    place: str
    version: str | None = None
    charset: str | None = None
    database: str | None = None
    time_zone: str | None = None


Select = Callable[[SourceTable], Sequence[str] | None]


class Session(Protocol):
    """One consistent view of the database."""

    @property
    def server(self) -> ServerFacts: ...

    @property
    def warnings(self) -> Sequence[str]: ...

    @property
    def tables(self) -> dict[str, SourceTable]:
        """Every table, complete after `read` was exhausted once; with exact row counts after `count`."""

    def read(self, select: Select) -> Iterator[Batch]:
        """The selected columns of the selected tables, table by table."""

    def chunks(self, table: str, wanted: Collection[str]) -> Iterator[tuple[str, bytes]]:
        """(file id, bytes) of the wanted files, all of one file together and in the order of its chunks."""

    def count(self) -> None:
        """Fill in the row counts that reading did not."""

    def missing(self, table: str, column: str | None) -> str:
        """How to mend that a needed table or column cannot be seen."""


class RowReader(Protocol):
    """A database that can be opened for one consistent reading."""

    @property
    def kind(self) -> Literal["dump", "live"]: ...

    def session(self) -> AbstractContextManager[Session]: ...
