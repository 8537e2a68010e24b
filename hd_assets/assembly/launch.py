"""Runs a job of the web page in this process, against the persistent instance, so that the page shows its history."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import dagster as dg

from hd_assets.assembly.jobs import TO_A_TARGET
from hd_assets.assembly.listening import Listener, Silence, listening
from hd_assets.assembly.migration import build_migration
from hd_assets.assembly.names import Names
from hd_assets.assembly.run_options import RunOptions, run_config
from hd_assets.assembly.steps import RANGE_END, RANGE_START
from hd_assets.mapping import Migration
from hd_assets.partitions import Window, previous_month, windows
from hd_assets.settings import Settings

if TYPE_CHECKING:
    from dagster import DagsterInstance, ExecuteInProcessResult

# Everything a step says goes into the event log; on a terminal only the caller speaks.
QUIET = {"console": {"config": {"log_level": "CRITICAL"}}}
STOPPED = 130
_INTERRUPTS = ("DagsterExecutionInterruptedError", "KeyboardInterrupt")


@dataclass(frozen=True)
class StepFailure:
    """One failed step. `exit_code` as hd_assets.errors has it; 1 for a bug."""

    step: str
    what: str
    where: str
    mend: str
    exit_code: int


@dataclass
class Launched:
    """What became of one job. `checks_failed`: `<asset>: <check>: <description>`; warnings are not among them."""

    job: str
    run_id: str
    success: bool
    failures: list[StepFailure] = field(default_factory=list)
    checks_passed: int = 0
    checks_failed: list[str] = field(default_factory=list)
    # asset key as text → metadata of its materialization
    metadata: dict[str, dict[str, Any]] = field(default_factory=dict)


def run_job(
    settings: Settings,
    migration: Migration,
    stage: str,
    *,
    options: RunOptions,
    window: Window | None,
    instance: DagsterInstance,
    listener: Listener | None = None,
    definitions: dg.Definitions | None = None,
) -> Launched:
    """Run one job of a migration: discover, stage, plan, publish, reconcile or deliver.

    `window` None: all months up to now, as one run. `definitions`: what `build_migration` made of the migration, for
    one who runs several of its jobs. Failures of steps are told in the result, not raised; what cannot even begin (a
    mapping without SQL, an unknown source) raises HdError. Ctrl-C ends the run; it is a failure with exit code 130.
    """
    names = Names.of(migration)
    name = names.job(stage, options.target) if stage in TO_A_TARGET else names.job(stage)
    job = (definitions or build_migration(migration, settings)).resolve_job_def(name)
    with listening(listener or Silence()):
        result = job.execute_in_process(
            run_config={**run_config(options), "loggers": QUIET},
            instance=instance,
            tags=_range(job, migration, window),
            raise_on_error=False,
        )
    return told(name, result)


def _range(job: dg.JobDefinition, migration: Migration, window: Window | None) -> dict[str, str]:
    """The tags of a run over months; Dagster materializes the partitions they name."""
    if job.partitions_def is None:
        return {}
    if window is not None:
        return {RANGE_START: window.start.isoformat(), RANGE_END: previous_month(window.end).isoformat()}
    known = windows(migration.mapping.first_day)
    first, last = known.get_first_partition_key(), known.get_last_partition_key()
    return {RANGE_START: first, RANGE_END: last} if first and last else {}


def told(name: str, result: ExecuteInProcessResult) -> Launched:
    told = Launched(name, result.run_id, result.success)
    for event in result.all_events:
        if event.event_type == dg.DagsterEventType.STEP_FAILURE:
            failure = _failure(event)
            if failure is not None:
                told.failures.append(failure)
        elif event.event_type == dg.DagsterEventType.RUN_FAILURE and not told.failures:
            told.failures += _failure_of_run(event)
    for check in result.get_asset_check_evaluations():
        if check.passed:
            told.checks_passed += 1
        elif check.severity == dg.AssetCheckSeverity.ERROR:
            key = check.asset_key.to_user_string()
            told.checks_failed.append(f"{key}: {check.check_name}: {check.description or 'failed'}")
    for event in result.get_asset_materialization_events():
        found = event.materialization
        told.metadata[found.asset_key.to_user_string()] = {k: v.value for k, v in found.metadata.items()}
    return told


def _failure(event: dg.DagsterEvent) -> StepFailure | None:
    """None for a step that failed because its blocking check did; the check is told by itself."""
    data = event.step_failure_data
    step = event.step_key or "?"
    told = {
        name: entry.value for name, entry in (data.user_failure_data.metadata if data.user_failure_data else {}).items()
    }
    if "exit_code" in told:
        return StepFailure(step, str(told["what"]), str(told["where"]), str(told["mend"]), int(str(told["exit_code"])))
    kind = data.error.cls_name if data.error and data.error.cls_name else "unknown error"
    if kind == "DagsterAssetCheckFailedError":
        return None
    if kind in _INTERRUPTS:
        return _stopped(step)
    cause = data.error.cause if data.error else None
    if cause is not None and cause.cls_name:
        kind = cause.cls_name
    return _bug(step, kind)


def _failure_of_run(event: dg.DagsterEvent) -> list[StepFailure]:
    """A run that failed without a failed step: stopped between two steps, or its resources could not be made."""
    error = event.job_failure_data.first_step_failure_event is None and event.job_failure_data.error
    if not error:
        return []
    if error.cls_name in _INTERRUPTS:
        return [_stopped("between two steps")]
    return [_bug("before the first step", error.cls_name or "unknown error")]


def _stopped(step: str) -> StepFailure:
    return StepFailure(step, "stopped on request", step, "start the same command again; it resumes", STOPPED)


def _bug(step: str, kind: str) -> StepFailure:
    return StepFailure(
        step,
        f"unexpected {kind}: this is a bug",
        f"step {step}",
        "the traceback stands in the run's events: `hd-assets ui`, Runs",
        1,
    )
