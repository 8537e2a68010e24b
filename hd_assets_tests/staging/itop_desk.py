"""The recorded iTop, or one that was changed beforehand, extracted and staged."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from hd_assets.checks import CheckContext, evaluate
from hd_assets.extract.raw import RawStore, extract
from hd_assets.mapping import Migration, load, write_tables
from hd_assets.partitions import EVERYTHING
from hd_assets.settings import shipped_folder
from hd_assets.staging.runner import stage_all
from hd_assets.standin.itop import ItopStandin, Store
from hd_assets.warehouse import Warehouse
from hd_assets_tests.itop import reading, recorded

SQL = shipped_folder() / "sql"
MAPPINGS = shipped_folder() / "mappings"


class ItopDesk:
    """Staged rows by a query; `failed` names the checks that do not pass, `without` values the mapping shall lack."""

    def __init__(
        self,
        root: Path,
        change: Callable[[Store], None] | None = None,
        without: tuple[str, ...] = (),
        **options: Any,
    ) -> None:
        self.root = root
        loaded = load(MAPPINGS, "itop")
        values = {name: words for name, words in loaded.mapping.values.items() if name not in without}
        mapping = loaded.mapping.model_copy(update={"options": loaded.mapping.options | options, "values": values})
        self.migration: Migration = loaded.model_copy(update={"mapping": mapping})
        store = recorded()
        if change:
            change(store)
        self.raw = RawStore(root)
        extract(reading(ItopStandin(store)), self.raw)
        self.warehouse = Warehouse.of(root / "warehouse.duckdb")
        with self.warehouse.transaction() as connection:
            for name, query in self.raw.views().items():
                connection.execute(f'create or replace view raw."{name}" as {query}')
            write_tables(connection, self.migration)
            stage_all(connection, self.migration, SQL, EVERYTHING, files=self.raw.files.root)
        with self.warehouse.get_connection() as connection:
            told = evaluate(connection, EVERYTHING, CheckContext(self.migration, self.raw.files.root))
            self.failed = [f"{check.label}: {verdict.description}" for check, verdict in told if not verdict.passed]

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with self.warehouse.get_connection() as connection:
            return connection.execute(query).fetchall()

    def one(self, query: str) -> tuple[Any, ...]:
        [row] = self.rows(query)
        return row
