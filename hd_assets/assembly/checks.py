"""Checks as blocking asset checks: pure functions of hd_assets.checks, judged for the months of the run."""

import dagster as dg

from hd_assets.assembly.names import Names
from hd_assets.assembly.staging import TOTALS, StagedObject, ancestors
from hd_assets.assembly.steps import Plant, mendable, run_window
from hd_assets.checks import CHECKS, Check, CheckContext, Verdict
from hd_assets.checks.base import judged
from hd_assets.partitions import windows
from hd_assets.staging import functions


def staging_checks(plant: Plant, objects: dict[str, StagedObject]) -> list[dg.AssetChecksDefinition]:
    return [_asset_check(plant, objects, check) for check in CHECKS]


def carrier(check: Check, objects: dict[str, StagedObject]) -> str:
    """The staging asset that carries a check.

    A blocking check holds back everything downstream of its asset, so it can only read tables that do not come after
    it. A check that reads later tables would wait for what waits for it; the closing asset carries those.
    """
    if check.reads is not None and check.reads <= ancestors(objects, check.object) | {check.object}:
        return check.object
    return TOTALS


def check_name(check: Check, carried_by: str) -> str:
    return check.name if carried_by == check.object else f"{check.object}_{check.name}"


def _asset_check(plant: Plant, objects: dict[str, StagedObject], check: Check) -> dg.AssetChecksDefinition:
    names = plant.names
    carried_by = carrier(check, objects)
    is_windowed = carried_by == TOTALS or objects[carried_by].model.windowed

    @dg.asset_check(
        asset=names.key("staging", carried_by),
        name=check_name(check, carried_by),
        description=check.description,
        blocking=True,
        additional_deps=_also_read(names, check, carried_by),
        partitions_def=windows(plant.migration.mapping.first_day) if is_windowed else None,
        pool=names.pool,
        required_resource_keys=plant.resources,
    )
    def judge(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
        with mendable(), plant.warehouse(context).get_connection() as connection:
            functions.register(connection, plant.stores.files)
            checking = CheckContext(plant.migration, plant.stores.files)
            return result_of(judged(check, connection, run_window(context), checking))

    return judge


def _also_read(names: Names, check: Check, carried_by: str) -> list[dg.AssetKey]:
    if carried_by == TOTALS:
        return []
    return names.keys("staging", sorted((check.reads or frozenset()) - {check.object}))


def result_of(verdict: Verdict) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=verdict.passed, description=verdict.description, metadata=verdict.metadata)
