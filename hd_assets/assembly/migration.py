"""The factory: everything Dagster knows of one migration."""

from __future__ import annotations

import warnings

import dagster as dg

from hd_assets.assembly.names import Names
from hd_assets.assembly.run_options import RESOURCE, RunOptions
from hd_assets.assembly.steps import Plant, fail
from hd_assets.errors import HdError, MappingError
from hd_assets.mapping import NAME, Migration
from hd_assets.settings import Settings
from hd_assets.warehouse import Warehouse


def build_migration(migration: Migration, settings: Settings, run_options: RunOptions | None = None) -> dg.Definitions:
    """Assets, checks, jobs and resources of a migration. Opens no store and needs no credential.

    Migrations of one code location share `run_options`: Dagster takes one object under a key, not equal ones.
    Raises MappingError or UsageError when the mapping names a source, file or owner that cannot be.
    """
    # here and not on top: a mapping that cannot be built must not cost the others their imports' time
    from hd_assets.assembly import (
        audit,
        checks,
        discovery,
        documents,
        jobs,
        publish,
        raw,
        rollback,
        staging,
        workspace_checks,
    )
    from hd_assets.coverage import coverage_of
    from hd_assets.deliver.catalogue import FOLDER as DELIVER
    from hd_assets.deliver.catalogue import catalogue
    from hd_assets.extract.registry import entities

    plant = Plant(migration, settings, Names.of(migration))
    _require_owners(migration)
    known = [entity.name for entity in entities(migration.mapping.source)]
    objects = staging.staged_objects(plant)
    staged = [*objects, staging.TOTALS]
    # a source that does not account for what it was promised is refused
    coverage_of(settings.sql, migration.mapping.source)
    found = catalogue(settings.sql, migration.mapping.source, migration.overriding(DELIVER))
    with warnings.catch_warnings():
        _quiet()
        return dg.Definitions(
            assets=[
                raw.mapping_asset(plant),
                raw.raw_assets(plant),
                discovery.discovery_asset(plant),
                discovery.scope_asset(plant),
                *(staging.staging_asset(plant, staged_object) for staged_object in objects.values()),
                staging.totals_asset(plant, objects),
                publish.plan_asset(plant, staged),
                *publish.record_assets(plant),
                publish.thread_assets(plant),
                audit.reconciliation_assets(plant),
                audit.lineage_asset(plant, list(objects)),
                documents.document_assets(plant, found),
                audit.deliverables_asset(plant, list(found.documents)),
                documents.report_asset(plant, found),
            ],
            asset_checks=[*checks.staging_checks(plant, objects), workspace_checks.workspace_checks(plant)],
            jobs=[*jobs.jobs(plant, known, staged, [*found.documents, "report"]), *rollback.rollback_jobs(plant)],
            resources={
                plant.names.warehouse: Warehouse.of(plant.stores.warehouse),
                RESOURCE: run_options or _options(),
            },
            executor=dg.in_process_executor,
        )


def build_all(settings: Settings) -> dg.Definitions:
    """One code location for all mappings; one that cannot be loaded or built becomes a failing asset."""
    from hd_assets.mapping import load, migration_names

    with warnings.catch_warnings():
        _quiet()
        found, shared = [], _options()
        for name in migration_names(settings.mappings):
            try:
                found.append(build_migration(load(settings.mappings, name), settings, shared))
            except HdError as fault:
                found.append(_failing(name, fault))
        return dg.Definitions.merge(*found) if found else dg.Definitions(executor=dg.in_process_executor)


def _options() -> RunOptions:
    return RunOptions()  # type: ignore[call-arg]


def _failing(name: str, fault: HdError) -> dg.Definitions:
    """A broken mapping shows up in the graph and says what is wrong; the other migrations stay."""
    label = name if NAME.fullmatch(name) else "unnamed"

    @dg.asset(
        key=[label, "mapping"],
        group_name=f"{label}_raw",
        tags={"stage": "raw"},
        description=f"This mapping cannot be loaded:\n\n{fault}",
        backfill_policy=dg.BackfillPolicy.single_run(),
        pool=f"migration_{label}",
    )
    def mapping() -> None:
        fail(fault)

    return dg.Definitions(assets=[mapping], executor=dg.in_process_executor)


def _require_owners(migration: Migration) -> None:
    """Dagster would refuse the whole code location for one bad owner."""
    wrong = [owner for owner in migration.mapping.owners if not _is_owner(owner)]
    if wrong:
        raise MappingError(
            f"{len(wrong)} of the owners are neither an e-mail address nor team:<name>",
            where=f"owners in {migration.path}",
            mend="write team:<letters, digits, underscore> or an e-mail address",
        )


def _is_owner(owner: str) -> bool:
    try:
        with warnings.catch_warnings():
            _quiet()
            dg.AssetSpec("probe", owners=[owner])
    except Exception:  # Dagster raises several kinds for one reason
        return False
    return True


def _quiet() -> None:
    """Backfill policies and partitioned checks are marked beta or preview; one warning an asset helps nobody."""
    warnings.simplefilter("ignore", dg.BetaWarning)
    warnings.simplefilter("ignore", dg.PreviewWarning)
