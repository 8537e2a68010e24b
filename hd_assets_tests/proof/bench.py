"""What many runs over one frozen source share: its mapping, its files, its staging read once."""

import functools
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from hd_assets.links.found import find_links
from hd_assets.mapping import Migration, load
from hd_assets.publish import staged
from hd_assets.warehouse import Warehouse
from hd_assets_tests import builders
from hd_assets_tests.builders import MIGRATION
from hd_assets_tests.proof.source import Source
from hd_assets_tests.proof.staging import PAGES, mapping, rows


class Bench:
    """Staging is frozen, so every question to it is asked once; its rows are immutable."""

    def __init__(self, source: Source, root: Path) -> None:
        self.source, self.root = source, root
        self.mappings, self.files = root / "mappings", root / "files"
        self.files.mkdir(parents=True, exist_ok=True)
        for case in source.cases:
            for message in case.messages:
                for file in message.files:
                    builders.store_file(self.files, file.content)
        path = root / "warehouse.duckdb"
        path.unlink(missing_ok=True)
        builders.store(Warehouse.of(path), rows(source))
        self._migrations: dict[int, Migration] = {}
        self._find_links(Warehouse.of(path))
        # for steps that write what they found; the other one is never written to
        self.readable = root / "readable.duckdb"
        shutil.copyfile(path, self.readable)
        self.warehouse: Any = FrozenWarehouse(path)

    def _find_links(self, warehouse: Warehouse) -> None:
        folder = self.root / "sql" / MIGRATION / "links"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "pages.yaml").write_text(json.dumps(PAGES))
        with warehouse.transaction() as connection:
            find_links(connection, self.migration(1), self.root / "sql")

    def migration(self, workers: int) -> Migration:
        if workers not in self._migrations:
            folder = self.mappings / str(workers)
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{MIGRATION}.yaml").write_text(mapping(workers))
            self._migrations[workers] = load(folder, MIGRATION)
        return self._migrations[workers]


class FrozenWarehouse:
    """Stands in for the warehouse of a publish step, which only reads."""

    def __init__(self, path: Path) -> None:
        self._connection = duckdb.connect(str(path))
        self._connection.execute("set timezone = 'UTC'")
        self._answers: dict[tuple[str, str], _Answer] = {}

    @contextmanager
    def get_connection(self) -> Iterator["FrozenWarehouse"]:
        yield self

    def execute(self, sql: str, parameters: dict | None = None) -> "_Answer":
        key = (sql, repr(parameters))
        if key not in self._answers:
            self._answers[key] = _Answer(self._connection.execute(sql, parameters or None).fetchall())
        return self._answers[key]

    def models(self, model: type, where: str, parameters: dict) -> list:
        key = (model.__name__ + where, repr(parameters))
        if key not in self._answers:
            self._answers[key] = _Answer(_fetch(self, model, where, **parameters))
        return list(self._answers[key].rows)

    def close(self) -> None:
        self._connection.close()


class _Answer:
    def __init__(self, rows: list) -> None:
        self.rows = rows

    def fetchall(self) -> list:
        return self.rows

    def fetchone(self) -> tuple | None:
        return self.rows[0] if self.rows else None


_fetch = staged.fetch


@functools.wraps(_fetch)
def _fetch_frozen(connection: Any, model: type, where: str = "true", **parameters: Any) -> list:
    if isinstance(connection, FrozenWarehouse):
        return connection.models(model, where, parameters)
    return _fetch(connection, model, where, **parameters)


# models of frozen rows need not be built anew for each step of each schedule
staged.fetch = _fetch_frozen
