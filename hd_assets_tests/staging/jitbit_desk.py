"""An invented Jitbit, or one that was changed beforehand, as raw rows, and staged."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from hd_assets.checks import CheckContext, evaluate
from hd_assets.extract.base import Entity, RawSink, SourceFacts
from hd_assets.extract.jitbit.entities import ENTITIES
from hd_assets.extract.raw import RawStore, extract
from hd_assets.mapping import Migration, load, write_tables
from hd_assets.partitions import EVERYTHING
from hd_assets.samples.jitbit import Desk, make
from hd_assets.settings import shipped_folder
from hd_assets.staging.runner import stage_all
from hd_assets.warehouse import Warehouse

SQL = shipped_folder() / "sql"
MAPPINGS = shipped_folder() / "mappings"
Change = Callable[[Desk], None]


@cache
def sample(tickets: int = 120) -> Desk:
    """One helpdesk for all who only look at it."""
    return make(tickets)


class Invented:
    """The rows of a desk as the web service tells them, without the way."""

    entities: tuple[Entity, ...] = ENTITIES

    def __init__(self, desk: Desk, conflicts: Sequence[tuple[str, ...]] = ()) -> None:
        self.desk, self.conflicts = desk, conflicts

    def probe(self) -> SourceFacts:
        return SourceFacts(product="Jitbit Helpdesk", version="unknown", kind="api")

    def read(self, into: RawSink) -> None:
        into.facts(self.probe())
        told = self.desk.raw("api")
        for name, rows in told.items():
            into.rows(name, rows)
        into.rows("table_conflict", self.conflicts)
        into.rows("file_bytes", self._bytes(into))
        into.rows("source_column", self._columns(told))
        into.rows("source_fact", [("product", "Jitbit Helpdesk"), ("address", "https://desk.example/helpdesk")])

    def _bytes(self, into: RawSink) -> Iterator[tuple[str | None, ...]]:
        for row in (*self.desk.rows["attachment"], *self.desk.rows["article_attachment"]):
            id, content = row["file_id"], self.desk.files.get(row["file_id"])
            if content is None:
                yield (str(id), None, None, "missing", "there are no bytes", str(id))
            else:
                stored = into.file(str(id), [content])
                yield (str(id), stored.sha256, str(stored.size_bytes), "stored", None, str(id))

    def _columns(self, told: dict[str, list[Any]]) -> Iterator[tuple[str, ...]]:
        for entity in ENTITIES:
            if told.get(entity.name):
                yield from ((entity.name, name, "text", str(len(told[entity.name]))) for name in entity.columns)


class JitbitDesk:
    """Staged rows by a query; `failed` names the checks that do not pass."""

    def __init__(
        self,
        root: Path,
        desk: Desk,
        *,
        change: Change | None = None,
        conflicts: Sequence[tuple[str, ...]] = (),
        **options: Any,
    ) -> None:
        self.root = root
        loaded = load(MAPPINGS, "jitbit")
        mapping = loaded.mapping.model_copy(update={"options": loaded.mapping.options | options})
        self.migration: Migration = loaded.model_copy(update={"mapping": mapping})
        if change:
            change(desk)
        self.source = desk
        self.raw = RawStore(root)
        extract(Invented(desk, conflicts), self.raw)
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
