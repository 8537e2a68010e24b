"""The files of a sample: what the web API serves, tables as a database tool exports them, and the share."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from hd_assets.samples.jitbit.desk import Desk, Form, database_row, listed_files, share_name, text
from hd_assets.samples.jitbit.schema import TABLES

_FORM: Form = "database"


def write_native(desk: Desk, directory: Path) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    desk.save(directory)
    share = directory / "share"
    share.mkdir(exist_ok=True)
    for row in listed_files(desk):
        if row["file_id"] in desk.files:
            (share / share_name(row)).write_bytes(desk.files[row["file_id"]])
    export = directory / "export"
    export.mkdir(exist_ok=True)
    for table, columns, rows in tables(desk):
        _export(export / f"{table}.csv", columns, rows)
    # bytes, so that line ends inside of texts stay as they are
    (directory / "database.sql").write_bytes("\n".join(_statements(desk)).encode())


def tables(desk: Desk) -> Iterator[tuple[str, list[str], list[tuple[Any, ...]]]]:
    """Physical tables with their columns and typed rows."""
    held: dict[str, tuple[list[str], list[dict[str, Any]]]] = {}
    for name, table in TABLES.items():
        rows = [database_row(name, row) for row in desk.rows[name]]
        columns, before = held.setdefault(table.name, (list(table.columns), []))
        before += [{column: row[raw] for column, raw in table.columns.items()} for row in rows]
    for label, (columns, rows) in held.items():
        yield label, columns, [tuple(row.get(column) for column in columns) for row in rows]


def _export(path: Path, columns: list[str], rows: list[tuple[Any, ...]]) -> None:
    """As the exporting wizard writes it: the word NULL without quotes, text in quotes where it has to be."""
    with path.open("w", encoding="utf-8-sig", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(columns)
        for row in rows:
            writer.writerow(["NULL" if value is None else text(value, _FORM) for value in row])


def _statements(desk: Desk) -> Iterator[str]:
    """Tables and rows in DuckDB's words, as the stand-in of the database loads them."""
    for table, columns, rows in tables(desk):
        kinds = [_kind([row[place] for row in rows]) for place in range(len(columns))]
        declared = ", ".join(f'"{column}" {kind}' for column, kind in zip(columns, kinds, strict=True))
        yield f'create table "{table}" ({declared});'
        for start in range(0, len(rows), 200):
            lines = ",\n".join(f"({', '.join(map(_literal, row))})" for row in rows[start : start + 200])
            yield f'insert into "{table}" values\n{lines};'


def _kind(values: list[Any]) -> str:
    kinds = {type(value) for value in values if value is not None}
    return {bool: "boolean", int: "integer", datetime: "timestamp"}.get(kinds.pop(), "varchar") if kinds else "varchar"


def _literal(value: Any) -> str:
    if value is None:
        return "null"
    told = str(text(value, _FORM))
    return told if isinstance(value, int) else "'" + told.replace("'", "''") + "'"
