"""Checks on `publish/workspace`: is it the right workspace, and does it have what the migration needs?"""

from collections.abc import Iterator, Sequence

import dagster as dg

from hd_assets.assembly.publish import opened
from hd_assets.assembly.steps import Plant, mendable
from hd_assets.errors import BlockedError
from hd_assets.publish.matching import Problem

SHOWN = 12
CHECKS = {
    "workspace_is_ours": "The token opens the workspace of this target, and no other ledger leads there.",
    "admins_exist": "The migration admin and every agent have a teammate with their e-mail address.",
    "teams_exist": "Every inbox has one team of its name.",
    "attributes_fit": "Every attribute exists with the right type, or can be created.",
    "ticket_type_fits": "The ticket type and its states can take the tickets.",
}


def workspace_checks(plant: Plant) -> dg.AssetChecksDefinition:
    names = plant.names
    workspace = names.key("publish", "workspace")

    @dg.multi_asset_check(
        name=names.op("publish", "workspace_checks"),
        specs=[
            dg.AssetCheckSpec(name, asset=workspace, description=description, blocking=True)
            for name, description in CHECKS.items()
        ],
        pool=names.pool,
        required_resource_keys=plant.resources,
    )
    def verify(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        from hd_assets.publish.workspace import verify_workspace

        foreign: BlockedError | None = None
        problems: Sequence[Problem] = ()
        with mendable():
            try:
                with opened(context, plant, None, "workspace checks") as publishing:
                    publishing.ledger.begin_run()
                    problems = verify_workspace(publishing)
            except BlockedError as fault:
                foreign = fault
        for name in CHECKS:
            yield _result(name, foreign, [problem for problem in problems if _check_of(problem) == name])

    return verify


def _check_of(problem: Problem) -> str:
    if problem.kind == "admin":
        return "admins_exist"
    if problem.kind == "team":
        return "teams_exist"
    return "ticket_type_fits" if problem.kind.startswith("ticket") else "attributes_fit"


def _result(name: str, foreign: BlockedError | None, problems: Sequence[Problem]) -> dg.AssetCheckResult:
    if foreign is not None:
        return dg.AssetCheckResult(check_name=name, passed=False, description=f"not looked at: {foreign}")
    if not problems:
        return dg.AssetCheckResult(check_name=name, passed=True, description=CHECKS[name], metadata={"problems": 0})
    blocking = [problem for problem in problems if problem.blocking]
    told = "; ".join(
        f"{problem.kind} {problem.name}: {problem.sentence} ({problem.mend})" for problem in problems[:SHOWN]
    )
    return dg.AssetCheckResult(
        check_name=name,
        passed=False,
        severity=dg.AssetCheckSeverity.ERROR if blocking else dg.AssetCheckSeverity.WARN,
        description=told,
        metadata={"problems": len(problems), "blocking": len(blocking)},
    )
