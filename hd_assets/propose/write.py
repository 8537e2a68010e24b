"""Drafting into a migration's file, and telling everybody how sure each line is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import yaml

from hd_assets.deliver.sheets import replacing, write_csv
from hd_assets.mapping.decisions import question, undecided
from hd_assets.mapping.files import Migration, check_text, load, parse
from hd_assets.mapping.model import UNDECIDED
from hd_assets.propose.base import read_base
from hd_assets.propose.draft import draft
from hd_assets.propose.edit import added, decided
from hd_assets.propose.found import read_found
from hd_assets.propose.line import HIGH, LOOK, Line
from hd_assets.settings import Settings
from hd_assets.warehouse import Connection, Warehouse

FILE = "mapping_proposal.csv"
COLUMNS = ("key", "proposal", "confidence", "grade", "reason", "in_file")
_MARK = re.compile(r"look at this, (\d+)%: ?(.*)$")


@dataclass(frozen=True)
class Proposal:
    """What was drafted, what nobody can draft, the file it went into, and the table of all lines."""

    lines: list[Line]
    open: list[str]
    path: Path
    table: Path

    @property
    def written(self) -> list[Line]:
        return [line for line in self.lines if not line.carried]

    def grades(self) -> dict[str, int]:
        counts = dict.fromkeys(("high", "medium", "low"), 0)
        for line in self.written:
            counts[grade(line)] += 1
        return counts


@dataclass(frozen=True)
class Guess:
    """A line of the file that still bears the mark of a guess."""

    number: int
    key: str
    confidence: str
    reason: str


def grade(line: Line) -> str:
    return "high" if line.confidence >= HIGH else "medium" if line.confidence >= LOOK else "low"


def propose(settings: Settings, migration: Migration) -> Proposal:
    """Draft what nobody has decided into the mapping file, whole or not at all, and list it as a table.

    Raises BlockedError when nothing was discovered yet, MappingError when the source ships no facts.
    """
    stores = settings.stores(migration.name)
    text = migration.path.read_text(encoding="utf-8")
    with Warehouse.of(stores.warehouse).get_connection() as connection:
        lines = open_lines(connection, migration)
    result = added(text, [line for line in lines if not line.carried])
    if result != text:
        with replacing(migration.path) as file:
            file.write(result)
    open_ = undecided(load(migration.path.parent, migration.name).mapping)
    table = stores.deliverables / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-mapping" / FILE
    unknown = [
        (path, UNDECIDED, 0.0, "open", f"nothing in the source tells: {question(path)}", "yes") for path in open_
    ]
    write_csv(table, COLUMNS, [*unknown, *(_row(line) for line in lines)])
    return Proposal(lines, open_, migration.path, table)


def decide(migration: Migration, decisions: dict[str, str]) -> Migration:
    """Write decisions (key path → word) into the mapping file; all, or none and MappingError where one cannot be."""
    text = migration.path.read_text(encoding="utf-8")
    for path, value in decisions.items():
        text = decided(text, path.split("."), value)
    check_text(text, migration.path)
    with replacing(migration.path) as file:
        file.write(text)
    return load(migration.path.parent, migration.name)


def open_lines(connection: Connection, migration: Migration) -> list[Line]:
    """What discovery found and the mapping file does not decide, as drafts."""
    found = read_found(connection, migration.name)
    decided = parse(migration.path.read_text(encoding="utf-8"))
    return draft(found, read_base(migration.mapping.source), decided, migration.name)


def guesses(text: str) -> list[Guess]:
    """Lines of a mapping file whose comment asks for a look, with their key paths. A person deletes the mark."""
    marked = {
        number: match
        for number, row in enumerate(text.splitlines())
        if "#" in row and (match := _MARK.search(row[row.index("#") :]))
    }
    if not marked:
        return []
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    keys = dict(_keys(root, ())) if isinstance(root, yaml.MappingNode) else {}
    return [
        Guess(number + 1, keys.get(number, f"line {number + 1}"), f"{match[1]}%", match[2])
        for number, match in marked.items()
    ]


def _keys(node: yaml.MappingNode, above: tuple[str, ...]) -> Iterator[tuple[int, str]]:
    """Line → the key path that begins there; of several on one line the outermost."""
    for key, value in node.value:
        path = (*above, str(key.value))
        if isinstance(value, yaml.MappingNode):
            yield from _keys(value, path)
        yield key.start_mark.line, ".".join(path)


def _row(line: Line) -> tuple[str, str, float, str, str, str]:
    value = yaml.safe_dump(line.value, default_flow_style=True, allow_unicode=True, width=10**9, sort_keys=False)
    told = value.strip().removesuffix("\n...").strip()
    return line.name, told, round(line.confidence, 2), grade(line), line.reason, "no" if line.carried else "yes"
