"""Writes one document: a CSV a sheet, and a page on which every number leads to the rows behind it."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hd_assets.deliver.catalogue import DocumentSpec, SheetSpec
from hd_assets.deliver.json_rows import write_json
from hd_assets.deliver.sheets import markdown_table, markdown_text, replacing, told, write_csv

Rows = Iterable[Sequence[Any]]
Table = tuple[Sequence[str], Rows]
_LONGEST_CELL = 160


@dataclass
class Written:
    """What is known of a sheet once its rows have gone by."""

    name: str
    spec: SheetSpec
    columns: Sequence[str]
    rows: int = 0
    figures: dict[str, Counter[str]] = field(default_factory=dict)
    sums: Counter[str] = field(default_factory=Counter)
    # section → its first rows
    shown: dict[str, list[Sequence[Any]]] = field(default_factory=dict)
    sizes: Counter[str] = field(default_factory=Counter)
    sha256: str = ""

    @property
    def file(self) -> str:
        return f"{self.name}.csv"

    @property
    def json_file(self) -> str | None:
        return f"{self.name}.json" if self.spec.as_json else None


def write_document(
    folder: Path, name: str, spec: DocumentSpec, heading: str, tables: Mapping[str, Table]
) -> list[Written]:
    """Write `<name>.md` and each sheet's files into the folder; rows are read once, as they come.

    `heading` stands below the title; `tables`: sheet → columns and rows.
    """
    written = [write_sheet(folder, sheet, spec.sheets[sheet], *tables[sheet]) for sheet in spec.sheets]
    with replacing(folder / f"{name}.md") as page:
        page.write("\n".join(_page(spec, heading, written)) + "\n")
    return written


def write_sheet(folder: Path, name: str, spec: SheetSpec, columns: Sequence[str], rows: Rows) -> Written:
    made = Written(
        name, spec, list(columns), figures={column: Counter() for column in spec.figures if column in columns}
    )
    watched: Rows = _watched(made, rows)
    if made.json_file:
        watched = write_json(folder / made.json_file, columns, watched)
    made.rows = write_csv(folder / made.file, columns, watched)
    with (folder / made.file).open("rb") as file:
        made.sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return made


def _watched(made: Written, rows: Rows) -> Iterator[Sequence[Any]]:
    places = {column: place for place, column in enumerate(made.columns)}
    counted = [(places[column], counter) for column, counter in made.figures.items()]
    summed = [(places[column], column) for column in made.spec.sums if column in places]
    section = places.get(made.spec.group) if made.spec.group else None
    for row in rows:
        for place, counter in counted:
            value = row[place]
            counter[value if isinstance(value, str) else told(value)] += 1
        for place, column in summed:
            made.sums[column] += int(row[place] or 0)
        of = told(row[section]) if section is not None else ""
        made.sizes[of] += 1
        if made.sizes[of] <= made.spec.shown:
            made.shown.setdefault(of, []).append(row)
        yield row


def _page(spec: DocumentSpec, heading: str, written: Sequence[Written]) -> Iterator[str]:
    yield f"# {spec.title}"
    yield from ("", heading)
    if spec.text:
        yield from ("", spec.text.strip())
    for made in written:
        if len(written) > 1:
            yield from ("", f"## {made.spec.title or made.name.replace('_', ' ').capitalize()}")
        if made.spec.text:
            yield from ("", made.spec.text.strip())
        yield from ("", f"Rows: {_link(made.rows, made.file)}." + _sums(made) + _as_json(made))
        yield from _figures(made)
        yield from _sections(made, deeper=len(written) > 1)


def _sums(made: Written) -> str:
    told_sums = [f"{column.replace('_', ' ')}: {_link(made.sums[column], made.file)}" for column in made.spec.sums]
    return f" Together {', '.join(told_sums)}." if told_sums and made.rows else ""


def _as_json(made: Written) -> str:
    return f" For programs: [{made.json_file}]({made.json_file})." if made.json_file else ""


def _figures(made: Written) -> Iterator[str]:
    for column, counter in made.figures.items():
        if not counter:
            continue
        rows = [(value or "(none)", _link(number, made.file)) for value, number in sorted(counter.items())]
        yield ""
        yield from markdown_table((column, "rows"), rows, raw=(1,))


def _sections(made: Written, *, deeper: bool) -> Iterator[str]:
    wanted = [column for column in made.spec.page or made.columns if column in made.columns]
    places = [made.columns.index(column) for column in wanted if column != made.spec.group]
    columns = [made.columns[place] for place in places]
    linked = {columns.index(column): file for column, file in made.spec.links.items() if column in columns}
    for section, rows in made.shown.items():
        if made.spec.group:
            yield from ("", f"{'###' if deeper else '##'} {markdown_text(section) or '(none)'}")
        yield ""
        cells = [[_shown(row[place]) for place in places] for row in rows]
        for cell in cells:
            for place, file in linked.items():
                cell[place] = "" if cell[place] in (None, "") else _link(cell[place], f"{file}.csv")
        yield from markdown_table(columns, cells, raw=linked)
        if made.sizes[section] > len(rows):
            yield from ("", f"The first {len(rows)} of {_link(made.sizes[section], made.file)}.")


def _link(number: Any, file: str) -> str:
    return f"[{told(number)}]({file})"


def _shown(value: Any) -> Any:
    if isinstance(value, str) and len(value) > _LONGEST_CELL:
        return value[: _LONGEST_CELL - 1].rstrip() + "…"
    return value
