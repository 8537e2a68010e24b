"""The scope document as files: Markdown, one HTML page that needs no network, and the CSV files behind the numbers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from hd_assets.deliver.catalogue import DocumentSpec, SheetSpec
from hd_assets.deliver.charts import STYLE
from hd_assets.deliver.pages import Written, write_sheet
from hd_assets.deliver.scope import Scope
from hd_assets.deliver.scope_sections import Figure, Section, sheet_file
from hd_assets.deliver.sheets import markdown_table, markdown_text, replacing, told
from hd_assets.deliver.write import enter

NAME = "scope"
# a mailbox can be somebody's own, and people name rules after people
_PERSONAL = {"integration": ["name"], "automation": ["name"]}
MOST_ROWS = 60
_TEXT = "What the old installation holds, what becomes of it, what stays behind and what will stop."


def write_scope(folder: Path, scope: Scope, migration: str) -> tuple[Path, Path, dict[str, int]]:
    """Write `scope.md`, `scope.html` and `scope_<table>.csv` into the folder; returns pages and file → rows."""
    spec = DocumentSpec(
        title=scope.title,
        text=_TEXT,
        sheets={
            Path(sheet_file(table)).stem: SheetSpec(title=_title(table), personal=_PERSONAL.get(table, []))
            for table in scope.sheets
        },
    )
    written: list[Written] = [
        write_sheet(folder, name, spec.sheets[name], *sheet)
        for name, sheet in zip(spec.sheets, scope.sheets.values(), strict=True)
    ]
    with replacing(folder / f"{NAME}.md") as page:
        page.write("\n".join(_markdown(scope, migration)) + "\n")
    with replacing(folder / f"{NAME}.html") as page:
        page.write(_html(scope, migration))
    enter(folder, NAME, spec, written)
    return folder / f"{NAME}.md", folder / f"{NAME}.html", {sheet.file: sheet.rows for sheet in written}


def _markdown(scope: Scope, migration: str) -> Iterator[str]:
    yield from (f"# {markdown_text(scope.title)}", "", markdown_text(scope.heading), "", _TEXT)
    for section in scope.sections:
        yield from ("", f"## {markdown_text(section.title)}")
        if len(section.text) == 1:
            yield from ("", markdown_text(section.text[0]))
        elif section.text:
            yield from ("", *(f"- {markdown_text(sentence)}" for sentence in section.text))
        if section.rows:
            rows = [[_linked(cell, section) for cell in row] for row in section.rows[:MOST_ROWS]]
            places = [
                place for place in range(len(section.columns)) if any(_file(r[place], section) for r in section.rows)
            ]
            cells = [
                [value if place in places else row[place] for place, value in enumerate(shown)]
                for row, shown in zip(section.rows, rows, strict=False)
            ]
            yield from ("", *markdown_table(section.columns, cells, raw=places))
            if len(section.rows) > MOST_ROWS:
                where = f" of [{len(section.rows)}]({section.file})" if section.file else f" of {len(section.rows)}"
                yield from ("", f"The first {MOST_ROWS}{where}.")
        elif section.columns:
            yield from ("", "There are none.")
    yield from ("", "## Agreed", "", "Name: ____________________  Date: ____________", "")
    yield f"Recorded with `hd-assets approve scope {migration} --by NAME`."


def _linked(cell: Any, section: Section) -> str:
    """A cell as Markdown: a number leads to the rows behind it."""
    file = _file(cell, section)
    number = cell.number if isinstance(cell, Figure) else cell
    return f"[{told(number)}]({file})" if file else markdown_text(number)


def _file(cell: Any, section: Section) -> str | None:
    if isinstance(cell, Figure):
        return cell.file
    return section.file if isinstance(cell, int) and not isinstance(cell, bool) else None


def _html(scope: Scope, migration: str) -> str:
    environment = Environment(
        loader=PackageLoader("hd_assets.deliver", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    # the charts escape what they are given themselves
    pictures = {section.title: [(name, Markup(chart)) for name, chart in section.charts] for section in scope.sections}  # noqa: S704
    return environment.get_template("scope.html.j2").render(
        scope=scope,
        migration=migration,
        text=_TEXT,
        charts=pictures,
        style=Markup(STYLE),  # noqa: S704
        most=MOST_ROWS,
        file=_file,
        told=lambda cell: _number(cell.number if isinstance(cell, Figure) else cell),
        anchor=lambda title: "".join(letter if letter.isalnum() else "-" for letter in title.lower()),
        number=lambda cell: isinstance(cell, int | Figure) and not isinstance(cell, bool),
    )


def _number(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else told(value)


def _title(table: str) -> str:
    return {"fact": "Facts", "value": "Values", "column": "Tables and columns"}.get(
        table, f"{table.replace('_', ' ').capitalize()}s"
    )
