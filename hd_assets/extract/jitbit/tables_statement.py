"""The reading statements of `sql/jitbit/extract/`, and how they are fitted to the tables of one installation.

A file names the product's table and every spelling of its columns. Fitted, it names the table that is there; a
spelling that is not there falls out, and a column of which none is left becomes NULL.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import sqlglot
from sqlglot import exp

from hd_assets.errors import UsageError
from hd_assets.extract.jitbit.tables import FoundTable

DIALECT = "tsql"
_CONTENT = ("filedata", "filecontent", "content", "data")
LOWEST = -2_147_483_647
"""Below every id; the lowest int that is written as an int, or the server would compare decimals."""


@dataclass(frozen=True)
class Bound:
    """A statement fitted to a table. `key` are the places of the ordering columns among the selected ones."""

    table: FoundTable
    columns: tuple[str, ...]
    key: tuple[int, ...]
    statement: exp.Select
    absent: tuple[str, ...]

    @property
    def used(self) -> frozenset[str]:
        """Columns of the table that the statement names."""
        return frozenset(column.name for column in self.statement.find_all(exp.Column))

    def narrowed(self, condition: str) -> Bound:
        """Only rows for which a condition in terms of raw columns holds, such as `ticket_id in (1, 2)`."""
        held = dict(zip(self.columns, (expression.this for expression in self.statement.expressions), strict=True))
        parsed = exp.condition(condition, dialect=DIALECT)
        fitted = parsed.transform(lambda node: held[node.name].copy() if isinstance(node, exp.Column) else node)
        return replace(self, statement=_and(self.statement, fitted))

    def of_instance(self, instance: int) -> Bound:
        """Only rows of one helpdesk, where the table tells them apart."""
        named = next((column for column in self.table.columns if column.lower() == "instanceid"), None)
        if named is None:
            return self
        return replace(self, statement=_and(self.statement, exp.column(named, quoted=True).eq(instance)))

    def content_of(self, key: int) -> exp.Select | None:
        """The bytes in the row of a key, where the table has a column for them (a guess)."""
        named = next((column for column in self.table.columns if column.lower() in _CONTENT), None)
        if named is None:
            return None
        held = self.statement.expressions[self.key[0]].this
        wanted = exp.select(exp.alias_(exp.column(named, quoted=True), "content"))
        table = exp.table_(self.table.name, db=self.table.schema, quoted=True)
        return wanted.from_(table).where(exp.EQ(this=held.copy(), expression=exp.Literal.number(key)))

    def page(self, rows: int, after: Sequence[int] | None = None) -> exp.Select:
        """The next rows in the order of the key."""
        places = after or (LOWEST,) * len(self.key)
        values = {"rows": rows} | {f"after_{place}": value for place, value in enumerate(places, start=1)}
        page = self.statement.transform(_put, values)
        if not isinstance(page, exp.Select):
            raise TypeError(type(page))
        return page

    def keys(self) -> exp.Select:
        """The key of every row that the pages bring, without limit and order."""
        held = self.page(1)
        for part in ("limit", "order"):
            held.set(part, None)
        held.set("expressions", [expression for place, expression in enumerate(held.expressions) if place in self.key])
        return held


@dataclass(frozen=True)
class Statement:
    """One file: selected raw columns, their expressions, and what the rows are ordered by."""

    name: str
    parsed: exp.Select

    @classmethod
    def load(cls, folder: Path, name: str) -> Statement:
        parsed = sqlglot.parse_one((folder / f"{name}.sql").read_text(encoding="utf-8"), dialect=DIALECT)
        if not isinstance(parsed, exp.Select):
            raise TypeError(f"{name}.sql is no select")
        for node in parsed.walk():
            node.comments = None
        return cls(name, parsed)

    @cached_property
    def columns(self) -> tuple[str, ...]:
        return tuple(expression.alias for expression in self.parsed.expressions)

    @cached_property
    def key(self) -> tuple[int, ...]:
        ordered = [ordering.this for ordering in self.parsed.args["order"].expressions]
        selected = [expression.this for expression in self.parsed.expressions]
        return tuple(selected.index(expression) for expression in ordered)

    def bind(self, table: FoundTable, own: Mapping[str, str] | None = None) -> Bound:
        """`own`: raw column → the column of the table that holds it, where the file does not know the spelling.

        UsageError for a raw column there is not; a column this table lacks is left to the tables that have it.
        """
        spelled = {column.lower(): column for column in table.columns}
        wanted = {self._expression(raw): column for raw, column in (own or {}).items()}
        chosen = {held: exp.column(column) for held, column in wanted.items() if column.lower() in spelled}
        fitted = self.parsed.copy()
        for part in ("expressions", "from_", "where", "order"):
            nodes = fitted.args[part]
            is_list = isinstance(nodes, list)
            done = [
                node.transform(_replace, chosen).transform(_fit, table, spelled).transform(_shorten)
                for node in (nodes if is_list else [nodes])
            ]
            fitted.set(part, done if is_list else done[0])
        held = [expression.this for expression in fitted.expressions]
        absent = tuple(name for name, what in zip(self.columns, held, strict=True) if isinstance(what, exp.Null))
        return Bound(table, self.columns, self.key, _order_by_number(fitted, held, self.key, table), absent)

    def _expression(self, raw: str) -> exp.Expression:
        if raw not in self.columns:
            raise UsageError(
                f"the raw table {self.name} has no column {raw!r}",
                where="source option columns",
                mend=f"use one of: {', '.join(self.columns)}",
            )
        found: exp.Expression = self.parsed.expressions[self.columns.index(raw)].this
        return found


def _and(statement: exp.Select, condition: exp.Expression) -> exp.Select:
    held = statement.copy()
    held.set("where", exp.Where(this=exp.and_(exp.paren(held.args["where"].this), exp.paren(condition))))
    return held


def _replace(node: exp.Expression, chosen: Mapping[exp.Expression, exp.Expression]) -> exp.Expression:
    return chosen[node].copy() if node in chosen else node


def _fit(node: exp.Expression, table: FoundTable, spelled: Mapping[str, str]) -> exp.Expression:
    if isinstance(node, exp.Table):
        return exp.table_(table.name, db=table.schema, quoted=True)
    if isinstance(node, exp.Column):
        real = spelled.get(node.name.lower())
        return exp.column(real, quoted=True) if real else exp.Null()
    return node


def _shorten(node: exp.Expression) -> exp.Expression:
    """A choice among spellings of which fewer than two are there is no choice; servers refuse one of NULLs only."""
    if not isinstance(node, exp.Coalesce):
        return node
    there = [part for part in (node.this, *node.expressions) if not isinstance(part, exp.Null)]
    if len(there) > 1:
        return exp.Coalesce(this=there[0], expressions=there[1:])
    return there[0] if there else exp.Null()


def _order_by_number(
    fitted: exp.Select, held: Sequence[exp.Expression], key: Sequence[int], table: FoundTable
) -> exp.Select:
    """Ids that are kept as text are compared as numbers; the order of texts would break the pages."""
    as_text = [held[place] for place in key if _is_text(held[place], table)]
    for part in ("where", "order"):
        for node in list(fitted.args[part].find_all(exp.Column, exp.Coalesce)):
            if node in as_text and not isinstance(node.parent, exp.Coalesce | exp.Cast | exp.Is):
                node.replace(exp.cast(node.copy(), exp.DataType.Type.BIGINT))
    return fitted


def _is_text(held: exp.Expression, table: FoundTable) -> bool:
    named = [column.name for column in held.find_all(exp.Column)]
    return any("char" in table.columns.get(name, "").lower() for name in named)


def _put(node: exp.Expression, values: Mapping[str, int]) -> exp.Expression:
    if isinstance(node, exp.Parameter):
        return (
            exp.Literal.number(values[node.name])
            if values[node.name] >= 0
            else exp.Neg(this=exp.Literal.number(-values[node.name]))
        )
    return node
