"""The mapping as one HTML page that needs no network, and as a workbook."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from xlsxwriter import Workbook

from hd_assets.mapping.files import Migration
from hd_assets.mapping.sheets import Sheet

_WIDEST = 60


def write_page(path: Path, migration: Migration, made: Sequence[Sheet], standing: str) -> None:
    """Write the page; `standing` says whether and by whom it was confirmed."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    page = environment.get_template("page.html.j2").render(
        name=migration.name,
        source=migration.mapping.source,
        description=migration.mapping.description,
        digest=migration.digest,
        standing=standing,
        sheets=made,
        looks=sum(len(sheet.marks) for sheet in made),
    )
    path.write_text(page, encoding="utf-8")


def write_workbook(path: Path, made: Sequence[Sheet]) -> None:
    """Write one sheet a table. Cells are texts: nothing in them is run as a formula or becomes a link."""
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with Workbook(str(path), options) as book:
        head = book.add_format({"bold": True, "bg_color": "#E8ECF2", "bottom": 1})
        plain = book.add_format({"text_wrap": True, "valign": "top"})
        look = book.add_format({"text_wrap": True, "valign": "top", "bg_color": "#FFF3D6"})
        for sheet in made:
            page = book.add_worksheet(sheet.title[:31])
            page.freeze_panes(1, 0)
            page.autofilter(0, 0, len(sheet.rows), len(sheet.columns) - 1)
            for column, title in enumerate(sheet.columns):
                page.write_string(0, column, title, head)
                longest = max([len(title), *(len(row[column]) for row in sheet.rows)])
                page.set_column(column, column, min(_WIDEST, longest + 3))
            for place, row in enumerate(sheet.rows):
                for column, cell in enumerate(row):
                    page.write_string(place + 1, column, cell, look if place in sheet.marks else plain)
