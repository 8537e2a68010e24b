"""What is opened and read as tables, and which of its tables hold which raw table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

from sqlglot import exp

from hd_assets.errors import SourceError, UsageError
from hd_assets.extract.base import Row
from hd_assets.extract.jitbit.share import ANYWHERE, PATTERNS
from hd_assets.extract.jitbit.tables import MAY_BE_ABSENT, NEEDLESS, SPECS, FoundTable, TableSpec, candidates
from hd_assets.extract.jitbit.tables_statement import Bound, Statement
from hd_assets.settings import shipped_folder


def statements_folder() -> Path:
    return shipped_folder() / "sql" / "jitbit" / "extract"


class Tables(Protocol):
    """An open database or its likeness; every value comes as text."""

    @property
    def place(self) -> str:
        """For messages, without credentials."""

    @property
    def tables(self) -> tuple[FoundTable, ...]: ...

    @property
    def page_rows(self) -> int: ...

    @property
    def warnings(self) -> Sequence[str]: ...

    @property
    def facts(self) -> Mapping[str, str | None]:
        """Facts of the server: `server_version`, `database` and the like."""

    def select(self, statement: exp.Expression, table: str) -> list[Row]:
        """All rows of a statement. `table` is for messages."""


class TablesSource(Protocol):
    """What can be opened. `kind` is that of the facts."""

    @property
    def kind(self) -> Literal["live", "export"]: ...

    def session(self) -> AbstractContextManager[Tables]:
        """Open, and close afterwards. Raises UnreachableError, SourceError."""


@dataclass(frozen=True)
class TablesOptions:
    """`tables` and `columns` name what the shipped files do not know; `absent` are raw tables known not to be there.

    `ignored`: tables of something else, in lower case. `instance`: of several helpdesks in one database the one that
    moves.
    """

    files: Path | None = None
    file_patterns: tuple[str, ...] = (*PATTERNS, ANYWHERE)
    tables: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    absent: frozenset[str] = frozenset()
    ignored: frozenset[str] = frozenset()
    instance: int | None = None


@dataclass
class Installation:
    """Which tables hold which raw table, found once for a session."""

    session: Tables
    options: TablesOptions
    bound: dict[str, list[Bound]] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    def find(self) -> Installation:
        """SourceError when a table or a needed column is nowhere."""
        folder = statements_folder()
        for spec in SPECS:
            statement = Statement.load(folder, spec.name)
            self.bound[spec.name] = [] if spec.name in self.options.absent else self._variants(spec, statement)
        return self

    def _variants(self, spec: TableSpec, statement: Statement) -> list[Bound]:
        found: list[Bound] = []
        lacking: list[str] = []
        for table in self._candidates(spec):
            bound = statement.bind(table, self.options.columns.get(spec.name))
            if missing := [column for column in spec.needed if column in bound.absent]:
                if table.name.lower() in map(str.lower, spec.lenders):
                    continue
                lacking.append(f"{table.label} has no {', '.join(missing)}")
                if not set(missing) & set(spec.key):  # of the right kind, and its rows must not be lost
                    raise self._nowhere(spec, lacking)
            elif all(table is not other.table for other in found):
                found.append(bound)
        if not found and not (spec.entity.optional or spec.name in MAY_BE_ABSENT):
            raise self._nowhere(spec, lacking)
        if lacking and (found or not spec.entity.optional):
            self.warnings.append(f"left alone as no table of {spec.name}: {'; '.join(lacking)}")
        for bound in found:
            if told := ", ".join(column for column in bound.absent if column not in NEEDLESS):
                self.warnings.append(f"the table {bound.table.label} has no column for {told}; read as NULL")
        return found

    def _candidates(self, spec: TableSpec) -> list[FoundTable]:
        own = self.options.tables.get(spec.name)
        tables = tuple(table for table in self.session.tables if not self.options.ignored & set(table.words))
        found = list(candidates(spec, tables, own))
        if own and not any(own.lower() in table.words for table in found):
            raise UsageError(
                f"there is no table {own}",
                where=f"source option tables, {spec.name}",
                mend=f"{self.session.place} has: {', '.join(table.label for table in self.session.tables)}",
            )
        return found

    def _nowhere(self, spec: TableSpec, lacking: list[str]) -> SourceError:
        if lacking:
            return SourceError(
                f"no table can be read as {spec.name}: {'; '.join(lacking)}",
                where=self.session.place,
                mend="name the columns in the source option `columns`, or the right table in `tables`; "
                "list a table of something else in `ignored`",
            )
        return SourceError(
            f"no table of {spec.name} is there (none is called {' or '.join(spec.aliases)})",
            where=self.session.place,
            mend="check that the account may read it (db_datareader); name it in the source option `tables`, "
            "or list it in `absent` if the installation has none",
        )
