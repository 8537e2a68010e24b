"""The second variant of a run's documents: the same tables and pages without what tells of people."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

from hd_assets.deliver.catalogue import DocumentSpec
from hd_assets.deliver.json_rows import copy_without
from hd_assets.deliver.pages import Rows, Table, write_document
from hd_assets.deliver.report import FACTS, without_names, write_report
from hd_assets.deliver.sheets import read_csv
from hd_assets.deliver.write import enter, manifest

HARMLESS = ("certificate.json", "certificate.md", "lineage.csv", "lineage.md")
"""Files beside the listed documents that hold ids, counts, digests and names of columns only."""

_HEADING = "Without personal data."


def copy_without_personal_data(folder: Path, into: Path) -> list[Path]:
    """Write the documents of a run folder once more, without their personal columns; returns the files.

    A file that no list names is not copied: what is not known to be free of personal data counts as personal.
    """
    into.mkdir(parents=True, exist_ok=True)
    for name, entry in manifest(folder).items():
        spec = DocumentSpec.model_validate(entry["spec"])
        plain = spec.model_copy(
            update={
                "sheets": {
                    sheet: of_sheet.model_copy(
                        update={"page": [column for column in of_sheet.page if column not in of_sheet.personal]}
                    )
                    for sheet, of_sheet in spec.sheets.items()
                }
            }
        )
        tables = {
            sheet: _without(folder / f"{sheet}.csv", frozenset(of_sheet.personal))
            for sheet, of_sheet in spec.sheets.items()
        }
        made = write_document(into, name, plain, _HEADING, tables)
        for sheet in made:
            if sheet.json_file:
                # cells are text; what was a number in the first variant is one in the second only if taken from there
                copy_without(folder / sheet.json_file, into / sheet.json_file, plain.sheets[sheet.name].personal)
        enter(into, name, plain, made)
    for harmless in HARMLESS:
        if (folder / harmless).is_file():
            shutil.copyfile(folder / harmless, into / harmless)
    if (folder / FACTS).is_file():
        told = without_names(json.loads((folder / FACTS).read_text(encoding="utf-8")))
        write_report(into, told | {"others": [name for name in told["others"] if (into / name).is_file()]})
    return sorted(path for path in into.iterdir() if path.is_file())


def _without(path: Path, personal: frozenset[str]) -> Table:
    columns, rows = read_csv(path)
    kept = [place for place, column in enumerate(columns) if column not in personal]
    return [columns[place] for place in kept], _cut(rows, kept)


def _cut(rows: Iterator[list[str]], kept: list[int]) -> Rows:
    for row in rows:
        yield [row[place] for place in kept]
