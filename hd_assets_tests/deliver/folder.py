"""A folder of documents as a reader has it: CSV files, pages and their links; shares no code with what wrote them."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from hd_assets_tests.acceptance.books import tables

LINK = re.compile(r"\]\(([^)]+)\)")
HREF = re.compile(r'href="([^"#][^"]*)"')


@dataclass(frozen=True)
class Delivered:
    """Documents of one run, and the source's dump they must agree with."""

    folder: Path
    dump: Path

    @cached_property
    def source(self) -> dict[str, list[dict]]:
        """Rows of the source's tables, read by a parser of the tests' own."""
        return tables(self.dump)

    def rows(self, sheet: str) -> list[dict[str, str]]:
        with (self.folder / f"{sheet}.csv").open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))

    def page(self, document: str) -> str:
        return (self.folder / f"{document}.md").read_text(encoding="utf-8")

    def ids(self, sheet: str, kind: str, **where: str) -> set[str]:
        """Source ids of the rows whose external id is of the kind."""
        rows = [row for row in self.rows(sheet) if all(row[name] == value for name, value in where.items())]
        found = [row["external_id"].split("-", 2) for row in rows]
        return {id for _, of, id in found if of == kind}

    def numbers(self, sheet: str, key: str, number: str) -> dict[str, int]:
        return {row[key]: int(row[number]) for row in self.rows(sheet)}

    def count(self, table: str, **where: str) -> int:
        return sum(all(str(row[name]) == value for name, value in where.items()) for row in self.source[table])

    def per(self, table: str, column: str) -> Counter[str]:
        return Counter(str(row[column]) for row in self.source[table])

    @property
    def manifest(self) -> dict:
        return json.loads((self.folder / "documents.json").read_text(encoding="utf-8"))

    def links(self) -> set[tuple[str, str]]:
        """(page, file it leads to) of every link on every page."""
        found = set()
        for page in sorted(self.folder.glob("*.md")):
            found |= {(page.name, target) for target in LINK.findall(page.read_text(encoding="utf-8"))}
        html = (self.folder / "report.html").read_text(encoding="utf-8")
        return found | {("report.html", target) for target in HREF.findall(html)}
