"""`hd-assets run`, `plan` and `reconcile`: the jobs of the web page, run in this process with a progress bar."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import click

from hd_assets.cli.common import (
    chosen_window,
    json_option,
    migration_argument,
    month_options,
    open_migration,
    open_settings,
    target_option,
    write_json,
)
from hd_assets.errors import UsageError
from hd_assets.settings import Settings

if TYPE_CHECKING:
    from hd_assets.assembly.launch import Launched
    from hd_assets.mapping import Migration
    from hd_assets.partitions import Window

# stage → the jobs that lead to it, in order
STAGES = {
    "discover": ("discover",),
    "stage": ("discover", "stage"),
    "plan": ("discover", "stage", "plan"),
    "publish": ("discover", "stage", "publish"),
    "reconcile": ("discover", "stage", "publish", "reconcile"),
    "deliver": ("discover", "stage", "publish", "reconcile", "deliver"),
}
DIFFERENCES = 1


@dataclass
class Course:
    """What one command does: a migration, a target, months, and how far to go."""

    settings: Settings
    migration: Migration
    target: str
    window: Window | None
    execute: bool
    only: tuple[str, ...] = ()
    send_drift: bool = False
    delta: bool = False
    checks: dict[str, int] = field(default_factory=lambda: {"passed": 0, "failed": 0})
    # the page that tells what discovery found
    scope: str | None = None


@click.command()
@migration_argument
@click.option(
    "--until", type=click.Choice(list(STAGES)), help="Last stage. Default: deliver with --execute, else plan."
)
@month_options
@click.option(
    "--only",
    multiple=True,
    metavar="ID",
    help="Publish these conversations alone: source id, ticket number or external id, or `decided`. Repeatable.",
)
@target_option
@click.option("--execute", is_flag=True, help="Send what is planned. Without it nothing is written to the target.")
@click.option(
    "--send-drift",
    is_flag=True,
    help="Also send what differs only by a changed mapping or newer rules, not the source.",
)
@click.option("--delta", is_flag=True, help="Read only what changed since the last extraction, if the source can tell.")
@json_option
def run(
    migration: str,
    until: str | None,
    from_month: str | None,
    to_month: str | None,
    only: tuple[str, ...],
    target: str,
    execute: bool,
    send_drift: bool,
    delta: bool,
    json_file: str | None,
) -> int:
    """Run a migration: extract, stage, check, plan, and with --execute publish, read back and deliver."""
    settings = open_settings(target)
    loaded = open_migration(settings, migration, target)
    stage = until or ("deliver" if execute else "plan")
    if not execute and stage in ("publish", "reconcile", "deliver"):
        raise UsageError(
            f"--until {stage} writes to the target, and that needs --execute",
            where=f"target {target}",
            mend="look at the plan with --until plan first, then add --execute",
        )
    window = chosen_window(loaded, from_month, to_month)
    if only:
        from hd_assets.decisions.chosen import source_ids

        only = source_ids(settings, loaded, only)
    if execute and "publish" in STAGES[stage]:
        _tell_missing(settings, loaded, target, is_sample=bool(only))
    course = Course(settings, loaded, target, window, execute, only, send_drift, delta)
    return follow(course, STAGES[stage], json_file)


def _tell_missing(settings: Settings, migration: Migration, target: str, *, is_sample: bool) -> None:
    """Before hours of staging: which steps will wait for whom. Documents written meanwhile may change that."""
    from hd_assets.approvals.guards import missing

    for standing in missing(settings.stores(migration.name), migration, target, is_sample=is_sample):
        click.echo(f"note: {standing.why}; publishing waits for `{standing.command}`", err=True)


@click.command()
@migration_argument
@month_options
@target_option
@json_option
def plan(migration: str, from_month: str | None, to_month: str | None, target: str, json_file: str | None) -> int:
    """Print what publishing the staged data would send: requests, hours, bytes. Sends nothing."""
    settings = open_settings(target)
    loaded = open_migration(settings, migration, target)
    window = chosen_window(loaded, from_month, to_month)
    return follow(Course(settings, loaded, target, window, execute=False), ("plan",), json_file)


@click.command()
@migration_argument
@month_options
@target_option
@json_option
def reconcile(migration: str, from_month: str | None, to_month: str | None, target: str, json_file: str | None) -> int:
    """Read back everything that was sent and compare it field by field."""
    settings = open_settings(target)
    loaded = open_migration(settings, migration, target)
    window = chosen_window(loaded, from_month, to_month)
    return follow(Course(settings, loaded, target, window, execute=False), ("reconcile",), json_file)


def follow(course: Course, jobs: tuple[str, ...], json_file: str | None, *, quiet: bool = False) -> int:
    """Run the jobs in order until one fails; print and write the figures. Returns the exit code."""
    from hd_assets.assembly.launch import run_job
    from hd_assets.assembly.migration import build_migration
    from hd_assets.assembly.run_options import RunOptions
    from hd_assets.cli import report
    from hd_assets.cli.bar import progress_bar
    from hd_assets.instance import open_instance

    begun, before = time.monotonic(), report.last_run(course.settings, course.migration, course.target)
    options = RunOptions(
        target=course.target,
        execute=course.execute,
        send_drift=course.send_drift,
        delta=course.delta,
        only=list(course.only),
    )
    code = 0
    with open_instance(course.settings) as instance, progress_bar() as listener:
        definitions = build_migration(course.migration, course.settings)
        for job in jobs:
            launched = run_job(
                course.settings,
                course.migration,
                job,
                options=options,
                window=course.window,
                instance=instance,
                listener=listener,
                definitions=definitions,
            )
            course.checks["passed"] += launched.checks_passed
            course.checks["failed"] += len(launched.checks_failed)
            written = launched.metadata.get(f"{course.migration.name}/audit/scope", {})
            course.scope = str(written["html"]) if "html" in written else course.scope
            if not launched.success:
                code = _failed(course, launched)
                break
    if code and json_file is None:
        # what stopped the run, a locked warehouse for one, may stop the counting as well
        return code
    document = report.document(
        course.settings,
        course.migration,
        course.target,
        after_run=before,
        checks=course.checks,
        seconds=time.monotonic() - begun,
    )
    if json_file != "-" and not quiet and code == 0:
        _print(course, jobs, document["counts"], document["reconciliation"])
    write_json(document, json_file)
    if code == 0 and "reconcile" in jobs and document["reconciliation"]["differing"]:
        code = DIFFERENCES
    if code == 0 and "publish" in jobs:
        code = _unsettled(course)
    return code or _beyond_limit(course, sum(row["exceptions"] for row in document["counts"].values()))


def _unsettled(course: Course) -> int:
    """Exit code for what a publish could not bring to its end: 1, so that a script does not take it for done."""
    from hd_assets.reconcile.status import status

    states = status(course.settings, course.migration, course.target, with_checks=False).operations
    left = {name: states[name] for name in ("refused", "quarantined", "unknown") if states.get(name)}
    if not left:
        return 0
    name = course.migration.name
    click.echo(
        f"not everything was sent: {', '.join(f'{number} operations {state}' for state, number in left.items())}\n"
        f"  where: ledger of {name}, target {course.target}\n"
        f"  mend:  `hd-assets resolve {name}` for quarantined ones; the others are tried again by the next run,"
        f" `hd-assets trace {name} REF` shows why one was refused",
        err=True,
    )
    return DIFFERENCES


def _beyond_limit(course: Course, exceptions: int) -> int:
    """Exit code for the records that stay behind: 1 above the mapping's limit, so that a script notices."""
    limit = course.migration.mapping.exceptions_limit
    if limit is None or exceptions <= limit:
        return 0
    click.echo(
        f"{exceptions} records stay behind, the limit is {limit}\n"
        f"  where: staging.exceptions of {course.migration.name}, exceptions_limit in {course.migration.path}\n"
        f"  mend:  `hd-assets status {course.migration.name}` lists the reasons and their remedies",
        err=True,
    )
    return DIFFERENCES


def _failed(course: Course, launched: Launched) -> int:
    """Tell every failure of a run and choose the exit code."""
    for failure in launched.failures:
        click.echo(f"error: {failure.what}\n  where: {failure.where}\n  mend:  {failure.mend}", err=True)
    for check in launched.checks_failed:
        click.echo(f"check failed: {check}", err=True)
    codes = [failure.exit_code for failure in launched.failures]
    if launched.checks_failed:
        name = course.migration.name
        click.echo(
            f"  where: {course.migration.path} and {course.settings.stores(name).warehouse}\n"
            f"  mend:  map it or leave it out with a reason, or correct the source; then run again."
            f" `hd-assets status {name}` lists what fails",
            err=True,
        )
        codes.append(3)
    return max(codes, default=1)


def _print(
    course: Course, jobs: tuple[str, ...], figures: dict[str, dict[str, int]], read_back: dict[str, int]
) -> None:
    from rich.console import Console

    from hd_assets.cli import report

    console = Console(highlight=False)
    if set(jobs) != {"discover"}:
        console.print(report.table(figures))
        console.print(f"checks: {course.checks['passed']} passed, {course.checks['failed']} failed")
    if course.scope:
        console.print(f"scope document: {course.scope}", soft_wrap=True)
    if "plan" in jobs:
        from hd_assets.cli.forecast import forecast_lines

        for line in forecast_lines(course.settings, course.migration, course.target):
            console.print(line)
    if "publish" in jobs:
        from hd_assets.cli.forecast import score_lines

        for line in score_lines(course.settings, course.migration, course.target):
            console.print(line)
    if "reconcile" in jobs:
        console.print(f"read back: {read_back['compared']} records compared, {read_back['differing']} differing")
