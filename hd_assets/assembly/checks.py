"""Checks as blocking asset checks: pure functions of hd_assets.checks, judged for the months of the run."""

from collections.abc import Iterator, Mapping, Sequence

import dagster as dg

from hd_assets.assembly.names import Names
from hd_assets.assembly.staging import TOTALS, StagedObject, ancestors
from hd_assets.assembly.steps import Plant, mendable, run_window
from hd_assets.checks import CHECKS, Check, CheckContext
from hd_assets.checks.base import judged
from hd_assets.staging import functions


def staging_checks(plant: Plant, objects: Mapping[str, StagedObject]) -> list[dg.AssetChecksDefinition]:
    """One step per staging asset that carries checks: the warehouse is opened once for all of them."""
    carried: dict[str, list[Check]] = {}
    for check in CHECKS:
        carried.setdefault(carrier(check, objects), []).append(check)
    return [_checks_of(plant, name, checks) for name, checks in carried.items()]


def carrier(check: Check, objects: Mapping[str, StagedObject]) -> str:
    """The staging asset that carries a check.

    A blocking check holds back everything downstream of its asset, so it can only read tables that do not come after
    it. A check that reads later tables would wait for what waits for it; the closing asset carries those.
    """
    if check.reads is not None and check.reads <= ancestors(objects, check.object) | {check.object}:
        return check.object
    return TOTALS


def check_name(check: Check, carried_by: str) -> str:
    return check.name if carried_by == check.object else f"{check.object}_{check.name}"


def _checks_of(plant: Plant, carried_by: str, checks: Sequence[Check]) -> dg.AssetChecksDefinition:
    """The checks are not partitioned: they judge the months of their run, and the page would show a partitioned check
    as skipped after every run over several months."""
    names = plant.names
    by_name = {check_name(check, carried_by): check for check in checks}

    @dg.multi_asset_check(
        name=names.op("staging", f"{carried_by}_checks"),
        specs=[
            dg.AssetCheckSpec(
                name,
                asset=names.key("staging", carried_by),
                description=check.description,
                blocking=True,
                additional_deps=_also_read(names, check, carried_by),
            )
            for name, check in by_name.items()
        ],
        can_subset=True,
        pool=names.pool,
        required_resource_keys=plant.resources,
    )
    def judge(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        wanted = {key.name for key in context.selected_asset_check_keys}
        window, checking = run_window(context), CheckContext(plant.migration, plant.stores.files)
        with mendable(), plant.warehouse(context).get_connection() as connection:
            functions.register(connection, plant.stores.files)
            verdicts = {name: judged(by_name[name], connection, window, checking) for name in by_name if name in wanted}
        for name, verdict in verdicts.items():
            yield dg.AssetCheckResult(
                check_name=name, passed=verdict.passed, description=verdict.description, metadata=verdict.metadata
            )

    return judge


def _also_read(names: Names, check: Check, carried_by: str) -> list[dg.AssetKey]:
    if carried_by == TOTALS:
        return []
    return names.keys("staging", sorted((check.reads or frozenset()) - {check.object}))
