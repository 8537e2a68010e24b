"""Mapping and raw: what the customer signed, and one consistent snapshot of the source."""

import os
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

import dagster as dg

from hd_assets.approvals import require_extraction_approvals
from hd_assets.assembly.progress import StepProgress
from hd_assets.assembly.steps import Plant, running
from hd_assets.extract.base import (
    DeltaExtractor,
    Entity,
    Extractor,
    KeepsUnfinished,
    RawSink,
    Row,
    SourceFacts,
    StoredFile,
)
from hd_assets.mapping import write_tables
from hd_assets.warehouse import Connection

EVERY_ROWS = 500


def mapping_asset(plant: Plant) -> dg.AssetsDefinition:
    """The signed mapping as tables; its code version is its digest, so that a changed file shows in the graph."""
    names, migration = plant.names, plant.migration

    @dg.asset(
        key=names.mapping,
        code_version=migration.digest,
        description=f"The mapping `{migration.path.name}` as tables of schema `mapping`. "
        f"{migration.mapping.description}".strip(),
        pool=names.pool,
        backfill_policy=dg.BackfillPolicy.single_run(),
        required_resource_keys=plant.resources,
        **names.traits("raw", "yaml", "duckdb"),
    )
    def mapping(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        with running(context, names.mapping), plant.warehouse(context).transaction() as connection:
            counts = write_tables(connection, migration)
            views = refresh_views(connection, plant)
        return dg.MaterializeResult(
            metadata={
                "dagster/row_count": sum(counts.values()),
                "digest": migration.digest,
                "file": str(migration.path),
                "overriding_sql": sorted(migration.overrides) or "none",
                "raw_views": views,
                **counts,
            }
        )

    return mapping


def raw_assets(plant: Plant) -> dg.AssetsDefinition:
    """All raw entities of the source in one step: they are one snapshot, and a part of it proves nothing."""
    from hd_assets.extract.registry import entities

    names, migration = plant.names, plant.migration
    known = entities(migration.mapping.source)

    @dg.multi_asset(
        name=names.op("raw", "snapshot"),
        specs=[
            dg.AssetSpec(
                names.key("raw", entity.name),
                deps=[names.mapping],
                description=_described(entity),
                metadata={"dagster/column_schema": _columns(entity)},
                **names.traits("raw", names.source, "parquet"),
            )
            for entity in known
        ],
        can_subset=False,
        pool=names.pool,
        backfill_policy=dg.BackfillPolicy.single_run(),
        required_resource_keys=plant.resources,
    )
    def snapshot(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
        from hd_assets.extract.raw import RawStore, extract, extract_changes
        from hd_assets.extract.registry import open_extractor

        with running(context, names.key("raw", "snapshot")) as step:
            require_extraction_approvals(plant.stores, migration, plant.options(context).target)
            store = RawStore(plant.stores.root)
            extractor = open_extractor(migration.mapping.source, os.environ, migration.mapping.source_options)
            read = extract_changes if plant.options(context).delta else extract
            extraction = read(_watched(extractor, step.progress), store)
            with plant.warehouse(context).transaction() as connection:
                refresh_views(connection, plant)
            for warning in extraction.warnings:
                context.log.warning(warning)
        facts = extraction.facts
        for entity in known:
            written = extraction.entities.get(entity.name)
            yield dg.MaterializeResult(
                asset_key=names.key("raw", entity.name),
                metadata={
                    "dagster/row_count": written.rows if written else 0,
                    "extraction": extraction.name,
                    "kind": extraction.kind,
                    "source": f"{facts.product} {facts.version} ({facts.kind})" if facts else migration.mapping.source,
                    "files": [file.path for file in written.files] if written else [],
                    "attachment_files_stored": extraction.files_stored,
                },
            )

    return snapshot


def refresh_views(connection: Connection, plant: Plant) -> int:
    """Let schema `raw` show the current rows of every extracted entity; returns how many views there are."""
    from hd_assets.extract.raw import RawStore

    views = RawStore(plant.stores.root).views()
    existing = connection.execute(
        "select view_name from duckdb_views() where schema_name = 'raw' and not internal"
    ).fetchall()
    for (name,) in existing:
        if name not in views:
            connection.execute(f'drop view raw."{name}"')
    for name, select in views.items():
        connection.execute(f'create or replace view raw."{name}" as {select}')
    return len(views)


def _described(entity: Entity) -> str:
    optional = " May be absent from an installation." if entity.optional else ""
    return f"Rows of `{entity.name}` as the source stores them, key {', '.join(entity.key)}.{optional}"


def _columns(entity: Entity) -> dg.TableSchema:
    return dg.TableSchema([dg.TableColumn(name, "text") for name in entity.columns])


class _Watched:
    """An extractor whose rows are counted on their way into the store."""

    def __init__(self, extractor: Extractor, progress: StepProgress) -> None:
        self._extractor = extractor
        self._progress = progress

    @property
    def entities(self) -> tuple[Entity, ...]:
        return self._extractor.entities

    def probe(self) -> SourceFacts:
        return self._extractor.probe()

    def read(self, into: RawSink) -> None:
        self._extractor.read(_CountingSink(into, self._progress))


class _WatchedDelta(_Watched):
    """The same for one that can tell what changed."""

    def __init__(self, extractor: DeltaExtractor, progress: StepProgress) -> None:
        super().__init__(extractor, progress)
        self._changes = extractor

    def changed_since(self, since: datetime, into: RawSink) -> None:
        self._changes.changed_since(since, _CountingSink(into, self._progress))


def _watched(extractor: Extractor, progress: StepProgress) -> Extractor:
    if isinstance(extractor, DeltaExtractor):
        return _WatchedDelta(extractor, progress)
    return _Watched(extractor, progress)


class _CountingSink:
    def __init__(self, sink: RawSink, progress: StepProgress) -> None:
        self._sink = sink
        self._progress = progress
        self._rows = 0
        self._told: tuple[int, int | None, str] = (0, None, "rows")

    def rows(self, entity: str, rows: Iterable[Row]) -> None:
        self._sink.rows(entity, self._counted(rows))

    def _counted(self, rows: Iterable[Row]) -> Iterator[Row]:
        for row in rows:
            yield row
            self._rows += 1
            if self._rows % EVERY_ROWS == 0:
                self.advance(self._rows, None, "rows")

    def file(self, source_key: str, chunks: Iterable[bytes], *, at_least: int = 0) -> StoredFile:
        stored = self._sink.file(source_key, chunks, at_least=at_least)
        self._progress.advance(*self._told)
        return stored

    def known(self, entity: str, columns: tuple[str, ...] | None = None) -> Iterable[tuple[str, ...]]:
        return self._sink.known(entity, columns)

    def gone(self, entity: str, keys: Iterable[tuple[str, ...]]) -> None:
        self._sink.gone(entity, keys)

    def stored_before(self, source_key: str) -> StoredFile | None:
        return self._sink.stored_before(source_key)

    def facts(self, facts: SourceFacts) -> None:
        self._sink.facts(facts)

    def warn(self, text: str) -> None:
        self._sink.warn(text)

    def unfinished(self) -> Path | None:
        return self._sink.unfinished() if isinstance(self._sink, KeepsUnfinished) else None

    def advance(self, done: int, total: int | None, what: str) -> None:
        self._told = (done, total, what)
        self._progress.advance(*self._told)
