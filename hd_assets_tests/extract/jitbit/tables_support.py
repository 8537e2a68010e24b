"""A small invented helpdesk, and what a reading of its tables brings."""

from __future__ import annotations

import csv
from collections import defaultdict
from functools import cache
from pathlib import Path

from hd_assets.extract.base import INVENTORY_ENTITIES, StoredFile
from hd_assets.extract.files import FileStore
from hd_assets.extract.jitbit.entities import ENTITIES
from hd_assets.samples.jitbit import Desk, make

TICKETS = 24
NAMES = {entity.name for entity in INVENTORY_ENTITIES} | {"table_conflict"}
COLUMNS = {entity.name: entity.columns for entity in ENTITIES}


@cache
def desk() -> Desk:
    """Made once; nobody changes it."""
    return make(TICKETS)


def expected() -> dict[str, list]:
    """Raw rows of the desk in the database's form, sorted."""
    return {name: sorted(rows, key=str) for name, rows in desk().raw("database").items()}


class Sink:
    """Keeps what an extractor delivers."""

    def __init__(self, folder: Path) -> None:
        self.held = defaultdict(list)
        self.warnings = []
        self.told = None
        self._files = FileStore(folder)
        self.before = {}
        self.vanished = defaultdict(list)

    def rows(self, entity, rows):
        self.held[entity].extend(map(tuple, rows))

    def file(self, source_key, chunks, *, at_least=0):
        return self._files.put(chunks, at_least=at_least)

    def stored_before(self, source_key) -> StoredFile | None:
        return None

    def known(self, entity, columns=None):
        names = COLUMNS[entity]
        keys = columns or next(each.key for each in ENTITIES if each.name == entity)
        return [tuple(row[names.index(key)] for key in keys) for row in self.before.get(entity, [])]

    def gone(self, entity, keys):
        self.vanished[entity].extend(keys)

    def facts(self, facts):
        self.told = facts
        self.warnings.extend(facts.warnings)

    def warn(self, text):
        self.warnings.append(text)

    def advance(self, done, total, what):
        pass

    def records(self, entity):
        return [dict(zip(COLUMNS[entity], row, strict=True)) for row in self.held[entity]]


def read(extractor, folder: Path) -> Sink:
    sink = Sink(folder / "stored")
    extractor.read(sink)
    return sink


def table(folder: Path, name: str) -> list[list[str]]:
    with (folder / f"{name}.csv").open(encoding="utf-8-sig", newline="") as held:
        return list(csv.reader(held))


def write_table(folder: Path, name: str, rows: list[list[str]], *, encoding="utf-8", delimiter=",") -> None:
    with (folder / f"{name}.csv").open("w", encoding=encoding, newline="") as out:
        csv.writer(out, delimiter=delimiter).writerows(rows)
