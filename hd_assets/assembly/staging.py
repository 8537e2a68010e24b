"""raw → staging: each asset runs one SQL file for the months of its run."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
from sqlglot.errors import SqlglotError

from hd_assets.assembly.names import Names
from hd_assets.assembly.preview import (
    asset_of,
    column_lineage,
    column_schema,
    column_types,
    markdown_table,
    preview,
)
from hd_assets.assembly.steps import Plant, run_window, running
from hd_assets.checks import CheckContext
from hd_assets.checks.base import judged
from hd_assets.checks.books import ACCOUNTED, totals_equation
from hd_assets.decisions import book as decisions
from hd_assets.errors import MappingError
from hd_assets.links.found import FOLDER as LINKS
from hd_assets.links.found import find_links
from hd_assets.model import STAGING_MODELS, StagedRow
from hd_assets.partitions import EVERYTHING, Window, windows
from hd_assets.staging import functions, lineage, runner
from hd_assets.warehouse import Connection

MODELS: dict[str, type[StagedRow]] = {model.table: model for model in STAGING_MODELS}
TOTALS = "totals"
COUNTED = ("records", "staged", "merged", "excluded", "exceptions")


@dataclass(frozen=True)
class StagedObject:
    """One staging table of a migration: its model, its SQL file and what that file reads."""

    name: str
    model: type[StagedRow]
    path: Path
    sql: str
    inputs: frozenset[tuple[str, str]]

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.sql.encode()).hexdigest()

    @property
    def staged_inputs(self) -> frozenset[str]:
        return frozenset(table for schema, table in self.inputs if schema == "staging" and table != self.name)

    def keys(self, names: Names) -> list[dg.AssetKey]:
        """Keys of everything the SQL reads, the mapping always among them: it decides what the rows mean."""
        found = {asset_of(names, f"{schema}.{table}") for schema, table in self.inputs} | {names.mapping}
        own = names.key("staging", self.name)
        return sorted((key for key in found if key is not None and key != own), key=lambda key: list(key.path))


def staged_objects(plant: Plant) -> dict[str, StagedObject]:
    """The tables of the migration in the order in which they are staged. Raises MappingError for a missing file."""
    files = plant.migration.sql_files(plant.settings.sql)
    missing = sorted(set(MODELS) - set(files))
    if missing:
        raise MappingError(
            f"no SQL fills {', '.join(f'staging.{name}' for name in missing)}",
            where=str(plant.settings.sql / plant.migration.mapping.source),
            mend="write one file per staging table; a table the source has nothing for gets a select without rows",
        )
    found = {}
    for name in runner.order(plant.migration, plant.settings.sql):
        sql = runner.read(files[name])
        found[name] = StagedObject(name, MODELS[name], files[name], sql, frozenset(runner.inputs(sql)))
    return found


def ancestors(objects: Mapping[str, StagedObject], name: str) -> set[str]:
    """Tables that are staged before this one because it reads them, directly or not."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        for other in objects[waiting.pop()].staged_inputs & set(objects):
            if other not in found:
                found.add(other)
                waiting.append(other)
    return found


def staging_asset(plant: Plant, staged: StagedObject) -> dg.AssetsDefinition:
    names, migration, model = plant.names, plant.migration, staged.model
    key = names.key("staging", staged.name)
    grain = (model.__doc__ or "").strip().split("\n")[0]

    @dg.asset(
        key=key,
        deps=staged.keys(names),
        code_version=staged.digest,
        description=f"{grain} Filled by `{staged.path.name}`.",
        metadata={"dagster/column_schema": column_types(model), "sql_file": str(staged.path)},
        partitions_def=windows(migration.mapping.first_day) if model.windowed else None,
        pool=names.pool,
        backfill_policy=dg.BackfillPolicy.single_run(),
        required_resource_keys=plant.resources,
        **names.traits("staging", "duckdb", "sql"),
    )
    def build(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        window = run_window(context) if model.windowed else EVERYTHING
        with running(context, key), plant.warehouse(context).transaction() as connection:
            decisions.load(connection, plant.stores)
            done = runner.stage(
                connection, migration, plant.settings.sql, staged.name, window, files=plant.stores.files
            )
            metadata = _metadata(connection, names, staged, window)
        # Dagster writes one event for each month of the run; columns and rows to look at belong into the newest only,
        # which is the one the page opens, or they would be most of what a run of some years leaves behind
        newest = max(context.partition_keys) if model.windowed else None
        context.add_asset_metadata(metadata, partition_key=newest)
        return dg.MaterializeResult(
            metadata={
                "dagster/row_count": done.rows,
                "sql_file": str(done.sql_file),
                "sql_digest": done.sql_digest,
                "overridden": staged.name in migration.overrides,
                "window": "everything" if window == EVERYTHING else str(window),
            }
        )

    return build


def _metadata(connection: Connection, names: Names, staged: StagedObject, window: Window) -> dict[str, Any]:
    told: dict[str, Any] = {"preview": dg.MetadataValue.md(preview(connection, staged.model, window))}
    try:
        sources = lineage.column_sources(staged.sql, lineage.schema(connection))
    except SqlglotError:
        # the rows are right all the same; audit/lineage names the file and fails
        told["lineage"] = "the columns of this SQL file cannot be traced"
        return told
    told["dagster/column_schema"] = column_schema(staged.model, sources)
    told["dagster/column_lineage"] = column_lineage(names, sources)
    return told


def totals_asset(plant: Plant, objects: Mapping[str, StagedObject]) -> dg.AssetsDefinition:
    """The books of the run: what became of every extracted record. Carries the checks that need all tables."""
    names = plant.names
    key = names.key("staging", TOTALS)

    @dg.asset(
        key=key,
        deps=names.keys("staging", objects),
        description="extracted = staged + merged + excluded + exceptions, for each object in the months of the run. "
        "Carries the checks that read tables staged later than the one they judge.",
        partitions_def=windows(plant.migration.mapping.first_day),
        pool=names.pool,
        backfill_policy=dg.BackfillPolicy.single_run(),
        required_resource_keys=plant.resources,
        **names.traits("staging", "duckdb"),
    )
    def totals(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        window = run_window(context)
        with running(context, key), plant.warehouse(context).get_connection() as connection:
            sums = totals_of(connection, plant, window)
            old_links = find_links(connection, plant.migration, plant.settings.sql)
        for name, row in sums.items():
            context.log_event(
                dg.AssetObservation(
                    names.key("staging", name), metadata={**row, "totals": dg.MetadataValue.md(_equation({name: row}))}
                )
            )
        return dg.MaterializeResult(
            metadata={
                "totals": dg.MetadataValue.md(_equation(sums)),
                "records": sum(row["records"] for row in sums.values()),
                "exceptions": sum(row["exceptions"] for row in sums.values()),
                "links_to_the_old_system": old_links,
                "overriding_sql_of_links": sorted(plant.migration.overriding(LINKS)) or "none",
                "window": "everything" if window == EVERYTHING else str(window),
            }
        )

    return totals


def totals_of(connection: Connection, plant: Plant, window: Window) -> dict[str, dict[str, int]]:
    """Object → records, staged, merged, excluded, exceptions of the window."""
    context = CheckContext(plant.migration, plant.stores.files)
    functions.register(connection, plant.stores.files)
    found = {}
    for name in ACCOUNTED:
        metadata = judged(totals_equation(name), connection, window, context).metadata
        found[name] = {word: int(metadata.get(word, 0)) for word in COUNTED}
    return found


def _equation(sums: dict[str, dict[str, int]]) -> str:
    return markdown_table(
        ("object", "extracted", *COUNTED[1:]), [(name, *(row[word] for word in COUNTED)) for name, row in sums.items()]
    )
