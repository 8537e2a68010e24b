"""The rollback as a job of the web page and of the command line: one op, because undoing materializes nothing."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import dagster as dg

from hd_assets.assembly import listening
from hd_assets.assembly.listening import Listener, Silence
from hd_assets.assembly.names import SIMULATOR, Names
from hd_assets.assembly.run_options import RESOURCE, RunOptions, run_config
from hd_assets.assembly.steps import Plant, mendable
from hd_assets.mapping import Migration
from hd_assets.publish.progress import Standing
from hd_assets.settings import Settings

if TYPE_CHECKING:
    from dagster import DagsterInstance

    from hd_assets.assembly.launch import Launched
    from hd_assets.rollback.selection import Selection

STAGE = "rollback"


class RollbackOptions(dg.Config):
    """What is taken back; without any choice, everything. Nothing is deleted unless run_options.execute is set."""

    run: int | None = None
    objects: list[str] = []  # noqa: RUF012 - pydantic copies defaults
    from_month: str | None = None
    to_month: str | None = None
    definitions: bool = False
    force: bool = False


def rollback_jobs(plant: Plant) -> list[dg.JobDefinition]:
    """One for each target of the mapping; each is a dry run unless its configuration says execute."""
    targets = sorted({SIMULATOR, *(str(name) for name in plant.migration.mapping.targets)})
    return [_job(plant, target) for target in targets]


def job_name(names: Names, target: str) -> str:
    """`<migration>_rollback_<target>`; the target stands in every name, because this one deletes."""
    return f"{names.migration}_{STAGE}_{target}"


def _job(plant: Plant, target: str) -> dg.JobDefinition:
    names = plant.names
    op_name = f"{names.migration}__{STAGE}__{target}"

    @dg.op(name=op_name, required_resource_keys={RESOURCE}, pool=names.pool, out=dg.Out(dict))
    def take_back(context: dg.OpExecutionContext, config: RollbackOptions) -> dict[str, Any]:
        options: RunOptions = getattr(context.resources, RESOURCE)
        listener = listening.current()
        with _step(context, listener) as (progress, stop):
            document = _rolled_back(plant, options, config, progress, stop)
        context.add_output_metadata({"rollback": dg.MetadataValue.json(document), "target": options.target})
        return document

    @dg.job(
        name=job_name(names, target),
        description=f"Takes back what was sent to {target}. A dry run that lists what would go, unless the run options"
        " say execute.",
        config=_config(
            op_name, RunOptions(target=target, execute=False, send_drift=False, delta=False), RollbackOptions()
        ),
        tags={"migration": names.migration, "target": target},
        resource_defs={RESOURCE: RunOptions()},  # type: ignore[call-arg]
        executor_def=dg.in_process_executor,
    )
    def job() -> None:
        take_back()

    return job


def _config(op_name: str, options: RunOptions, chosen: RollbackOptions) -> dict[str, Any]:
    return {**run_config(options), "ops": {op_name: {"config": chosen.model_dump()}}}


def _rolled_back(
    plant: Plant,
    options: RunOptions,
    config: RollbackOptions,
    progress: "_Lines",
    stop: threading.Event,
) -> dict[str, Any]:
    from hd_assets.publish.context import open_context
    from hd_assets.rollback.run import rollback

    with open_context(
        plant.settings,
        plant.migration,
        options.target,
        environment=os.environ,
        progress=progress,
        stop=stop,
        exclusive=options.execute,
        step=STAGE,
    ) as publishing:
        return rollback(publishing, selected(plant.migration, config), execute=options.execute).document()


def selected(migration: Migration, config: RollbackOptions) -> "Selection":
    """Raises UsageError for choices that do not go together."""
    from datetime import UTC, datetime

    from hd_assets.partitions import Window, next_month, parse_month
    from hd_assets.rollback.selection import Selection

    window = None
    if config.from_month or config.to_month:
        first = parse_month(config.from_month) if config.from_month else migration.mapping.first_day
        last = parse_month(config.to_month) if config.to_month else datetime.now(UTC).date().replace(day=1)
        window = Window(first, next_month(last))
    return Selection(config.run, frozenset(config.objects), window, config.definitions, config.force)


class _Lines:
    """Progress as log lines and for the listener."""

    def __init__(self, context: dg.OpExecutionContext, listener: Listener) -> None:
        self._context, self._listener = context, listener

    def report(self, standing: Standing) -> None:
        total = standing.total or None
        self._listener.advanced(STAGE, standing.done, total)
        self._context.log.info(f"{standing.step}: {standing.done} of {standing.total}")


@contextmanager
def _step(context: dg.OpExecutionContext, listener: Listener) -> Iterator[tuple[_Lines, threading.Event]]:
    """Expected failures become failures a person can mend; termination stops the workers."""
    stop = threading.Event()
    listener.begun(STAGE)
    try:
        with mendable():
            yield _Lines(context, listener), stop
    except BaseException:
        stop.set()
        raise
    finally:
        listener.ended(STAGE)


def run_rollback(
    settings: Settings,
    migration: Migration,
    *,
    options: RunOptions,
    chosen: RollbackOptions,
    instance: "DagsterInstance",
    listener: Listener | None = None,
) -> "tuple[Launched, dict[str, Any] | None]":
    """Run the job in this process; the second is the report's document, None when the run failed."""
    from hd_assets.assembly.launch import QUIET, told
    from hd_assets.assembly.migration import build_migration

    names = Names.of(migration)
    name = job_name(names, options.target)
    op_name = f"{names.migration}__{STAGE}__{options.target}"
    job = build_migration(migration, settings).resolve_job_def(name)
    with listening.listening(listener or Silence()):
        result = job.execute_in_process(
            run_config={**_config(op_name, options, chosen), "loggers": QUIET},
            instance=instance,
            raise_on_error=False,
        )
    return told(name, result), result.output_for_node(op_name) if result.success else None
