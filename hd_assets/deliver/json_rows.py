"""A sheet as JSON beside its CSV: one list, an object a row and a line, so that programs need not take cells apart."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from hd_assets.deliver.sheets import replacing, told

_NESTED = "_json"


def write_json(path: Path, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[Sequence[Any]]:
    """Pass the rows on and write each; a column `<name>_json` becomes the object `<name>`.

    Numbers, flags and lists stay what they are, an absent value is null, times are as in the CSV. The file is there
    only once the last row went by.
    """
    with replacing(path) as file:
        before = "["
        for row in rows:
            entry = dict(_member(column, value) for column, value in zip(columns, row, strict=True))
            file.write(f"{before}\n{json.dumps(entry, ensure_ascii=False)}")
            before = ","
            yield row
        file.write("[]\n" if before == "[" else "\n]\n")


def copy_without(path: Path, into: Path, personal: Collection[str]) -> None:
    """Write the file once more without these columns."""
    kept_out = {column.removesuffix(_NESTED) for column in personal}
    with path.open(encoding="utf-8") as lines, replacing(into) as file:
        for line in lines:
            entry = line.rstrip("\n")
            # brackets of the list stand on lines of their own, and an object never ends one without its brace
            if entry.startswith("{"):
                comma = "," if entry.endswith(",") else ""
                members = json.loads(entry.removesuffix(","))
                left = {name: value for name, value in members.items() if name not in kept_out}
                entry = json.dumps(left, ensure_ascii=False) + comma
            file.write(f"{entry}\n")


def _member(column: str, value: Any) -> tuple[str, Any]:
    if column.endswith(_NESTED) and isinstance(value, str):
        return column.removesuffix(_NESTED), json.loads(value)
    return column, _plain(value)


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    if isinstance(value, dict):
        return {str(name): _plain(entry) for name, entry in value.items()}
    return told(value) if isinstance(value, date) else str(value)
