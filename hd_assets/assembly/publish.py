"""Plan and publish: each step begins with the gate, and sends nothing unless the run may execute."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import dagster as dg

from hd_assets.approvals import require_approvals
from hd_assets.assembly.preview import markdown_table
from hd_assets.assembly.steps import AnyContext, Plant, Step, run_window, running
from hd_assets.checks import CheckContext, gate
from hd_assets.errors import BlockedError
from hd_assets.mapping.decisions import require_decided
from hd_assets.partitions import Window, windows

if TYPE_CHECKING:
    from hd_assets.publish.context import PublishContext
    from hd_assets.publish.plan import PlanSummary

# asset → objects of the ledger whose operations it sends
LEDGER_OBJECTS: dict[str, tuple[str, ...]] = {
    "workspace": ("workspace",),
    "companies": ("companies",),
    "contacts": ("contacts", "contact_companies", "custom_objects", "contact_objects"),
    "articles": ("articles", "redirects"),
    "conversations": ("conversations", "parts"),
}
THREAD_OBJECTS = ("conversations", "parts", "attachments")
Send = Callable[["PublishContext", Window], Mapping[str, int]]


def plan_asset(plant: Plant, staged: Sequence[str]) -> dg.AssetsDefinition:
    names = plant.names
    key = names.key("publish", "plan")

    @dg.asset(
        key=key,
        deps=[names.mapping, *names.keys("staging", staged)],
        description="The dry run: what would be sent so that the target equals staging. Writes into the ledger only.",
        partitions_def=windows(plant.migration.mapping.first_day),
        pool=names.pool,
        backfill_policy=dg.BackfillPolicy.single_run(),
        required_resource_keys=plant.resources,
        **names.traits("publish", "sqlite"),
    )
    def plan(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        from hd_assets.publish.plan import plan as write_plan

        with running(context, key) as step:
            window = run_window(context)
            pass_gate(context, plant, window)
            with opened(context, plant, step, "plan") as publishing:
                summary = write_plan(publishing, window)
        return dg.MaterializeResult(metadata={"target": plant.options(context).target, **_planned(summary)})

    return plan


def _planned(summary: "PlanSummary") -> dict[str, Any]:
    kinds = sorted({*summary.operations, *summary.unchanged, *summary.drift})
    rows = [
        (kind, summary.operations[kind], summary.requests[kind], summary.unchanged[kind], summary.drift[kind])
        for kind in kinds
    ]
    return {
        "operations": summary.total_operations,
        "requests": summary.total_requests,
        "hours": round(summary.hours, 3),
        "requests_per_minute": round(summary.pace.per_minute),
        "bytes": summary.bytes,
        "conflicts": len(summary.conflicts),
        "late": len(summary.late),
        "drift": sum(summary.drift.values()),
        "old_addresses_not_redirected": summary.unredirected,
        "window": summary.window,
        "plan": dg.MetadataValue.md(
            markdown_table(("kind", "to send", "requests", "unchanged", "only the rules changed"), rows)
        ),
    }


def record_assets(plant: Plant) -> list[dg.AssetsDefinition]:
    """workspace, then companies, contacts and articles."""
    from hd_assets.publish import records, workspace

    return [
        _record_asset(plant, "workspace", (), lambda context, _: workspace.publish_workspace(context)),
        _record_asset(plant, "companies", ("workspace",), lambda context, _: records.publish_companies(context)),
        _record_asset(
            plant, "contacts", ("workspace", "companies"), lambda context, _: records.publish_contacts(context)
        ),
        _record_asset(plant, "articles", ("workspace",), lambda context, _: records.publish_articles(context)),
    ]


def _record_asset(plant: Plant, name: str, after: Sequence[str], send: Send) -> dg.AssetsDefinition:
    names = plant.names
    key = names.key("publish", name)
    staged = ("teammates", "inboxes", "tags", "articles") if name == "workspace" else (name,)

    @dg.asset(
        key=key,
        deps=[*names.keys("staging", staged), *names.keys("publish", ("plan", *after))],
        description=_DESCRIPTIONS[name],
        pool=names.pool,
        backfill_policy=dg.BackfillPolicy.single_run(),
        required_resource_keys=plant.resources,
        **names.traits("publish", "intercom"),
    )
    def publish(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        with running(context, key) as step:
            return dg.MaterializeResult(metadata=_sent(context, plant, step, name, send))

    return publish


def thread_assets(plant: Plant) -> dg.AssetsDefinition:
    """Conversations, parts and attachments in one step: one conversation at a time, files travel with their part."""
    names = plant.names
    before = ("plan", "workspace", "companies", "contacts")

    @dg.multi_asset(
        name=names.op("publish", "threads"),
        specs=[
            dg.AssetSpec(
                names.key("publish", name),
                deps=[names.key("staging", name), *names.keys("publish", before)],
                description=_DESCRIPTIONS[name],
                **names.traits("publish", "intercom"),
            )
            for name in THREAD_OBJECTS
        ],
        can_subset=False,
        partitions_def=windows(plant.migration.mapping.first_day),
        pool=names.pool,
        backfill_policy=dg.BackfillPolicy.single_run(),
        required_resource_keys=plant.resources,
    )
    def publish(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
        from hd_assets.publish.conversations import publish_conversations

        with running(context, names.key("publish", "conversations")) as step:
            metadata = _sent(context, plant, step, "conversations", publish_conversations)
        for name in THREAD_OBJECTS:
            yield dg.MaterializeResult(asset_key=names.key("publish", name), metadata=metadata)

    return publish


def _sent(context: dg.AssetExecutionContext, plant: Plant, step: Step, name: str, send: Send) -> dict[str, str | int]:
    window = run_window(context)
    pass_gate(context, plant, window)
    target = plant.options(context).target
    if not plant.options(context).execute:
        raise refused(plant, target, name)
    require_decided(plant.migration, target)
    narrowed = bool(plant.options(context).only)
    require_approvals(plant.stores, plant.migration, target, name, is_sample=narrowed)
    with opened(context, plant, step, name) as publishing:
        told = send(publishing, window)
        states = publishing.books.states_of(LEDGER_OBJECTS[name])
    # the step materializes with what it could send; what it could not is told beside it, also where it is nothing
    left = {f"left {state}": states.get(state, 0) for state in ("refused", "quarantined", "unknown")}
    return {"target": target, "months": str(window), **told, **left}


def pass_gate(context: dg.AssetExecutionContext, plant: Plant, window: Window) -> None:
    """Judge all checks again: in the asset graph blocking ends with the run that saw the check fail."""
    with plant.warehouse(context).get_connection() as connection:
        gate(connection, window, CheckContext(plant.migration, plant.stores.files))


def refused(plant: Plant, target: str, name: str) -> BlockedError:
    from hd_assets.publish.ledger import read_only

    path = plant.stores.ledger(target)
    planned = 0
    if path.exists():
        ledger = read_only(path)
        try:
            planned = len(ledger.open_keys(LEDGER_OBJECTS[name]))
        finally:
            ledger.close()
    return BlockedError(
        f"{planned} operations planned, nothing sent",
        where=f"{plant.migration.name}/publish/{name}, target {target}",
        mend=f"read {plant.migration.name}/publish/plan; then set run_options.execute, or launch the job"
        f" {plant.names.job('publish', target)}, which has it set",
    )


@contextmanager
def opened(
    context: AnyContext, plant: Plant, step: Step | None, name: str, *, exclusive: bool = True
) -> Iterator["PublishContext"]:
    """Ledger and client of the run's target. Credentials are read here and nowhere earlier. A check has no `step`."""
    from hd_assets.publish.context import open_context

    options = plant.options(context)
    with open_context(
        plant.settings,
        plant.migration,
        options.target,
        environment=os.environ,
        progress=step.progress if step else None,
        stop=step.stop if step else None,
        exclusive=exclusive,
        only=frozenset(options.only) or None,
        step=name,
        run_id=context.run.run_id,
        send_drift=options.send_drift,
    ) as publishing:
        older = getattr(publishing.books, "older_copy", None)
        if older is not None:
            context.log.info(f"the ledger was brought to this version's form; its copy from before is {older}")
        yield publishing


_DESCRIPTIONS = {
    "workspace": "Matches admins and teams; creates attributes, tags, the ticket type and collections.",
    "companies": "Creates or updates companies.",
    "contacts": "Creates, updates or adopts contacts, attaches them to their companies, then custom objects.",
    "articles": "Creates or updates articles, one at a time, and redirects from their old addresses.",
    "conversations": "Creates conversations with everything in them, then their state, assignment and tags.",
    "parts": "Comments and notes, in the order and at the time of the source.",
    "attachments": "Files; each travels with its part, because a part cannot be edited later.",
}
