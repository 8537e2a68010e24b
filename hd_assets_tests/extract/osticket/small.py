"""A small osTicket written by hand as a dump, for what the shared sample does not have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from hd_assets.extract.osticket.entities import TABLES

SIGNATURE = "5fb92bef17f3b603659e024c01cc7a59"
_HEADER = (
    "-- MariaDB dump 10.19  Distrib 10.11.6-MariaDB\n"
    "-- Host: localhost    Database: desk\n"
    "/*!40101 SET NAMES utf8mb4 */;\n"
)
_COLUMNS = {table.entity.name: table.entity.columns for table in TABLES} | {
    "file_chunk": ("file_id", "chunk_id", "filedata"),
}
# the key itself stands in every installation and is never read
_COLUMNS["api_key"] = (*_COLUMNS["api_key"], "apikey")
_KEYS = {table.entity.name: table.entity.key for table in TABLES} | {
    "file_chunk": ("file_id", "chunk_id"),
}
_TEXTS = frozenset(
    {"name", "number", "body", "namespace", "key", "value", "bk", "attrs", "created", "type", "apikey", "signature"}
)

Rows = Mapping[str, Iterable[Mapping[str, object]]]


def write_dump(
    path: Path,
    rows: Rows = {},  # noqa: B006
    *,
    prefixes: Iterable[str] = ("ost_",),
    signature: str | None = SIGNATURE,
    without_tables: Iterable[str] = (),
    without_columns: Mapping[str, Iterable[str]] = {},
) -> Path:
    """A dump of one installation per prefix; values are given by column, the rest is NULL."""
    settings = [{"id": 1, "namespace": "core", "key": "schema_signature", "value": signature}] if signature else []
    parts = [_HEADER]
    for prefix in prefixes:
        for table, columns in _COLUMNS.items():
            if table in without_tables:
                continue
            kept = [column for column in columns if column not in without_columns.get(table, ())]
            parts.append(_definition(prefix + table, kept, _KEYS[table]))
            listed = [*(settings if table == "config" else []), *rows.get(table, ())]
            if listed:
                values = ",\n".join(f"({','.join(_literal(row.get(column)) for column in kept)})" for row in listed)
                parts.append(f"INSERT INTO `{prefix}{table}` VALUES\n{values};\n")
    parts.append("-- Dump completed\n")
    path.write_text("".join(parts), encoding="utf-8")
    return path


def _definition(name: str, columns: Iterable[str], key: Iterable[str]) -> str:
    lines = [f"  `{column}` {_type(column, column in tuple(key))}" for column in columns]
    lines.append(f"  PRIMARY KEY ({','.join(f'`{column}`' for column in key)})")
    return f"DROP TABLE IF EXISTS `{name}`;\nCREATE TABLE `{name}` (\n" + ",\n".join(lines) + "\n) ENGINE=InnoDB;\n"


def _type(column: str, in_key: bool) -> str:
    if column == "filedata":
        return "longblob DEFAULT NULL"
    if in_key:
        return "int(11) NOT NULL"
    return "mediumtext DEFAULT NULL" if column in _TEXTS else "varchar(100) DEFAULT NULL"


def _literal(value: object) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bytes):
        return f"0x{value.hex()}" if value else "''"
    if isinstance(value, int):
        return str(value)
    return "'" + str(value).replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n") + "'"
