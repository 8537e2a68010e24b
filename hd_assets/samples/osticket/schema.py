"""From the short notation of `shapes` to tables that can be created and filled."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from hd_assets.samples.osticket.shapes import SHAPES

ZERO_DATE = "0000-00-00 00:00:00"

Kind = Literal["number", "text", "local", "utc", "bytes"]

_TYPES: dict[str, str] = {
    "uint": "int(11) unsigned",
    "int": "int(11)",
    "ubig": "bigint(20) unsigned",
}
_COLUMN = re.compile(r"(?P<name>\w+) (?P<type>\w+(\([^)]*\))?)(?P<auto>\+)?(?P<null>\?)?( =(?P<default>.*))?")


@dataclass(frozen=True)
class Column:
    """One column: `missing` is what the database itself stores when no value is given."""

    name: str
    sql: str
    kind: Kind
    missing: int | str | None


@dataclass(frozen=True)
class Table:
    """A table without its prefix; `keys` are ready-made key definitions."""

    name: str
    columns: tuple[Column, ...]
    keys: tuple[str, ...]
    numbered: bool = False
    position: Mapping[str, int] = field(default_factory=dict)

    def create(self, prefix: str) -> str:
        """The CREATE TABLE statement under the given table prefix."""
        lines = [f"  `{column.name}` {column.sql}" for column in self.columns]
        lines += [f"  {key}" for key in self.keys]
        body = ",\n".join(lines)
        return (
            f"CREATE TABLE `{prefix}{self.name}` (\n{body}\n"
            ") ENGINE=InnoDB DEFAULT CHARSET=utf8mb3 COLLATE=utf8mb3_general_ci;"
        )


def tables(cdata: Mapping[str, Iterable[str]]) -> dict[str, Table]:
    """All tables by name. `cdata` names the answer caches: key column first, then one column per custom field."""
    known = {name: _table(name, shape) for name, shape in SHAPES.items()}
    for name, columns in cdata.items():
        key, *answers = columns
        shape = f"{key} uint; " + " ".join(f"{answer} mediumtext?;" for answer in answers) + f" keys primary={key}"
        known[name] = _table(name, shape)
    return known


def _table(name: str, shape: str) -> Table:
    flat = " ".join(shape.split())
    columns_text, _, keys_text = flat.partition(" keys ")
    parts = [part.strip() for part in columns_text.split(";") if part.strip()]
    columns = tuple(_column(part) for part in parts)
    return Table(
        name=name,
        columns=columns,
        keys=tuple(_key(key.strip()) for key in keys_text.split(";") if key.strip()),
        numbered=any("+" in part.split("=")[0] for part in parts),
        position={column.name: place for place, column in enumerate(columns)},
    )


def _column(text: str) -> Column:
    match = _COLUMN.fullmatch(text)
    if match is None:  # a slip in shapes.py, never in data
        raise ValueError(f"column shape not understood: {text}")
    kind = _kind(match["type"])
    nullable = bool(match["null"])
    default = match["default"]
    sql = _sql_type(match["type"])
    if not nullable:
        sql += " NOT NULL"
    if match["auto"]:
        sql += " AUTO_INCREMENT"
    elif default is not None:
        sql += f" DEFAULT {default}"
    elif nullable:
        sql += " DEFAULT NULL"
    return Column(match["name"], sql, kind, _missing(kind, nullable, default))


def _kind(short: str) -> Kind:
    word = re.split(r"[(\d]", short)[0]
    if word in ("uint", "int", "ubig", "tiny", "utiny"):
        return "number"
    if word in ("datetime", "timestamp"):
        return "local" if word == "datetime" else "utc"
    return "bytes" if word.endswith("blob") else "text"


def _sql_type(short: str) -> str:
    if short in _TYPES:
        return _TYPES[short]
    if short.startswith("utiny"):
        return f"tinyint{short[5:]} unsigned"
    if short.startswith("tiny("):
        return f"tinyint{short[4:]}"
    if short.startswith("asciibin"):
        return f"varchar{short[8:]} CHARACTER SET ascii COLLATE ascii_bin"
    if short.startswith("asciichar"):
        return f"char{short[9:]} CHARACTER SET ascii COLLATE ascii_general_ci"
    if short.startswith("ascii"):
        return f"varchar{short[5:]} CHARACTER SET ascii COLLATE ascii_general_ci"
    if match := re.fullmatch(r"v(\d+)", short):
        return f"varchar({match[1]})"
    return short


def _missing(kind: Kind, nullable: bool, default: str | None) -> int | str | None:
    if default is not None and not default.startswith("current"):
        return int(default) if kind == "number" else default.strip("'")
    if nullable:
        return None
    if kind in ("local", "utc"):
        return ZERO_DATE
    return 0 if kind == "number" else ""


def _key(text: str) -> str:
    kind, _, columns = text.partition("=")
    names = columns.split(",")
    quoted = ",".join(f"`{name}`" for name in names)
    if kind == "primary":
        return f"PRIMARY KEY ({quoted})"
    word = "UNIQUE KEY" if kind == "unique" else "KEY"
    return f"{word} `{'_'.join(names)}_{kind}` ({quoted})"
