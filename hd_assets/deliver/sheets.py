"""The one writer of tables people receive: CSV that no spreadsheet runs as a formula, Markdown that stays a table."""

from __future__ import annotations

import csv
import json
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, TextIO

# A cell that begins with one of these may be run; spreadsheets fold the wide forms, and drop blanks before them.
_RUNS = re.compile(r"[\t\r\n]|\s*[=+\-@＝＋－＠]")
# Excel takes a file for UTF-8 only by this mark; without it names with accents are unreadable.
ENCODING = "utf-8-sig"
_MARKDOWN = re.compile(r"[\\`*\[\]<>|]|(?<![^\W_])_|_(?![^\W_])")


def write_csv(path: Path, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Write the rows as they come, replacing the file whole; returns how many there were."""
    number = 0
    with replacing(path) as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        for row in rows:
            writer.writerow([guarded(value) for value in row])
            number += 1
    return number


def read_csv(path: Path) -> tuple[list[str], Iterator[list[str]]]:
    """Columns and rows of a file this module wrote, texts as they were before they were guarded."""
    file = path.open(encoding=ENCODING, newline="")
    reader = csv.reader(file)
    columns = next(reader, [])

    def rows() -> Iterator[list[str]]:
        with file:
            for row in reader:
                yield [plain(cell) for cell in row]

    return columns, rows()


def guarded(value: Any) -> str | int | float:
    """The cell of a value: numbers as they are; a text that a spreadsheet could run gets an apostrophe in front.

    A text that already begins with an apostrophe gets one more where `plain` would otherwise take the first away.
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    text = told(value)
    if "\x00" in text:
        text = text.replace("\x00", "\N{REPLACEMENT CHARACTER}")
    # most cells begin with a letter or digit; there are millions of them
    if not text or text[0].isalnum():
        return text
    return f"'{text}" if _RUNS.match(text.lstrip("'")) else text


def plain(cell: str) -> str:
    """What `guarded` was given."""
    return cell[1:] if cell.startswith("'") and _RUNS.match(cell.lstrip("'")) else cell


def told(value: Any) -> str:
    """A value as text for people; times without zone are UTC."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        moment = value if value.tzinfo is None else value.astimezone(UTC)
        return f"{moment:%Y-%m-%dT%H:%M:%S}Z"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list | tuple):
        return ", ".join(told(entry) for entry in value)
    return str(value)


def markdown_text(value: Any) -> str:
    """A value on one line, with nothing in it that Markdown or HTML would take for its own."""
    line = " ".join(told(value).split()).replace("&", "&amp;")
    return _MARKDOWN.sub(lambda found: "&lt;" if found[0] == "<" else f"\\{found[0]}", line)


def markdown_table(columns: Sequence[str], rows: Iterable[Sequence[Any]], *, raw: Iterable[int] = ()) -> list[str]:
    """Lines of a table; numbers stand right. Cells of the columns numbered in `raw` are Markdown already."""
    cells, kept = [list(row) for row in rows], set(raw)
    right = [_is_number([row[place] for row in cells]) for place in range(len(columns))]
    lines = ["| " + " | ".join(markdown_text(name.replace("_", " ")) for name in columns) + " |"]
    lines.append("| " + " | ".join("---:" if is_right else "---" for is_right in right) + " |")
    for row in cells:
        shown = [str(cell) if place in kept else markdown_text(cell) for place, cell in enumerate(row)]
        lines.append("| " + " | ".join(shown) + " |")
    return lines


@contextmanager
def replacing(path: Path) -> Iterator[TextIO]:
    """A text file that is there whole or not at all, whatever happens in between."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    encoding = ENCODING if path.suffix == ".csv" else "utf-8"
    try:
        with temporary.open("w", encoding=encoding, newline="") as file:
            yield file
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _is_number(values: Sequence[Any]) -> bool:
    told_values = [value for value in values if value is not None]
    return bool(told_values) and all(
        isinstance(value, int | float) and not isinstance(value, bool) for value in told_values
    )
