"""What discovery found, read from schema `discovery` of the warehouse."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import duckdb

from hd_assets.discover.tables import TABLES
from hd_assets.errors import BlockedError
from hd_assets.warehouse import Connection


@dataclass(frozen=True)
class FoundField:
    """A field of a form. Counts are records: `filled` hold an answer, of those so many look like figures and so on."""

    group: str
    name: str
    label: str | None
    native_type: str
    kind: str
    role: str | None = None
    options: tuple[str, ...] = ()
    is_active: bool = True
    is_required: bool = False
    visibility: str | None = None
    rows: int = 0
    filled: int = 0
    distinct: int = 0
    max_length: int = 0
    numeric: int = 0
    dates: int = 0
    flags: int = 0
    forms: int = 1


@dataclass(frozen=True)
class FoundValue:
    """A value of a vocabulary and in how many records it stands."""

    vocabulary: str
    value: str
    meaning: str | None
    is_active: bool
    position: int | None
    rows: int


@dataclass(frozen=True)
class Found:
    """All of it; tables are name → (rows or None, columns)."""

    facts: dict[str, str] = field(default_factory=dict)
    fields: tuple[FoundField, ...] = ()
    values: tuple[FoundValue, ...] = ()
    tables: dict[str, tuple[int | None, tuple[str, ...]]] = field(default_factory=dict)
    first_months: dict[str, date] = field(default_factory=dict)
    undated: frozenset[str] = frozenset()


def read_found(connection: Connection, migration: str) -> Found:
    """Raises BlockedError when nothing was discovered yet."""
    try:
        facts = dict(_rows(connection, "select name, value from discovery.fact where value is not null"))
        fields = _rows(connection, f"select {', '.join(_FIELD)} from discovery.field order by all")
        values = _rows(
            connection,
            "select vocabulary, value, meaning, is_active, position, rows from discovery.value"
            " order by vocabulary, position nulls last, source_id",
        )
        columns = _rows(
            connection,
            'select table_name, column_name, table_rows from discovery."column" order by table_name, column_name',
        )
        months = _rows(
            connection, "select object, min(month), count(*) - count(month) from discovery.volume group by 1"
        )
    except duckdb.CatalogException:
        raise BlockedError(
            "nothing is known of the source yet",
            where=f"schema discovery of the warehouse of migration {migration}",
            mend=f"run `hd-assets run {migration} --until discover` first",
        ) from None
    tables: dict[str, tuple[int | None, list[str]]] = {}
    for table, column, rows in columns:
        tables.setdefault(table, (rows, []))[1].append(column)
    return Found(
        facts,
        _merged([_field(dict(zip(_FIELD, row, strict=True))) for row in fields]),
        _values(values),
        {name: (rows, tuple(names)) for name, (rows, names) in tables.items()},
        {name: first for name, first, _ in months if first is not None},
        frozenset(name for name, _, undated in months if undated),
    )


_FIELD = tuple(part.split()[0] for part in TABLES["field"].split(","))


def _rows(connection: Connection, query: str) -> list[tuple[Any, ...]]:
    return connection.execute(query).fetchall()


def _field(row: dict[str, Any]) -> FoundField:
    return FoundField(
        group=row["field_group"],
        name=row["field"],
        label=row["label"],
        native_type=row["native_type"] or "",
        kind=row["field_type"],
        role=row["role"],
        options=tuple(row["options"] or ()),
        is_active=bool(row["is_active"]),
        is_required=bool(row["is_required"]),
        visibility=row["visibility"],
        rows=row["rows"] or 0,
        filled=row["filled"] or 0,
        distinct=row["distinct_values"] or 0,
        max_length=row["max_length"] or 0,
        numeric=row["numeric"] or 0,
        dates=row["dates"] or 0,
        flags=row["flags"] or 0,
    )


def _merged(fields: list[FoundField]) -> tuple[FoundField, ...]:
    """One field a key: forms may repeat a name, and the mapping decides by name."""
    groups: dict[tuple[str, str], list[FoundField]] = defaultdict(list)
    for one in fields:
        groups[one.group, one.name].append(one)
    return tuple(_joined(same) for same in groups.values())


def _joined(same: list[FoundField]) -> FoundField:
    first = max(same, key=lambda one: (one.role is not None, one.filled, one.is_active))
    if len(same) == 1:
        return first
    return replace(
        first,
        kind=first.kind if len({one.kind for one in same}) == 1 else "text",
        options=tuple(dict.fromkeys(option for one in same for option in one.options)),
        is_active=any(one.is_active for one in same),
        rows=sum(one.rows for one in same),
        filled=sum(one.filled for one in same),
        distinct=sum(one.distinct for one in same),
        max_length=max(one.max_length for one in same),
        numeric=sum(one.numeric for one in same),
        dates=sum(one.dates for one in same),
        flags=sum(one.flags for one in same),
        forms=len(same),
    )


def _values(rows: list[tuple[Any, ...]]) -> tuple[FoundValue, ...]:
    """One value a name: two rows of one name are one decision."""
    found: dict[tuple[str, str], FoundValue] = {}
    for vocabulary, value, meaning, is_active, position, count in rows:
        if value is None:
            continue
        known = found.get((vocabulary, value))
        if known is None:
            found[vocabulary, value] = FoundValue(vocabulary, value, meaning, bool(is_active), position, count or 0)
            continue
        found[vocabulary, value] = replace(
            known,
            meaning=known.meaning if known.meaning in (meaning, None) or meaning is None else "mixed",
            is_active=known.is_active or bool(is_active),
            rows=known.rows + (count or 0),
        )
    return tuple(found.values())
