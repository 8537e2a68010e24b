"""`hd-assets exceptions`: what waits for a person, as a file to fill in, and what they decided."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hd_assets.cli.common import migration_argument, open_migration, open_settings, target_option
from hd_assets.errors import BlockedError, HdError, UsageError

if TYPE_CHECKING:
    from hd_assets.decisions.sheet import Entry
    from hd_assets.mapping import Migration
    from hd_assets.settings import Settings

_SHOWN = 20


@click.command()
@migration_argument
@click.option("--file", metavar="FILE", help="Where to write; default: exceptions.csv among the deliverables.")
@click.option("--apply", "filled_in", metavar="FILE", help="Record the decisions of a filled-in file.")
@click.option("--by", metavar="NAME", help="Who decided; needed with --apply.")
@target_option
def exceptions(migration: str, file: str | None, filled_in: str | None, by: str | None, target: str) -> int:
    """Write what waits for a decision to exceptions.csv, or apply what people filled in there.

    Column `decision` takes: retry, accept, use VALUE, exclude, merge into ID; column `allowed` says which fit.
    """
    settings = open_settings(target)
    loaded = open_migration(settings, migration, target)
    if filled_in is not None:
        if by is None:
            raise UsageError("a decision needs a name", where="--by", mend="say who decided: --by NAME")
        return _apply(settings, loaded, target, Path(filled_in).expanduser(), by)
    if by is not None:
        raise UsageError("--by belongs to --apply", where="hd-assets exceptions", mend="name the filled-in file, too")
    from hd_assets.decisions.cases import cases, default_file
    from hd_assets.decisions.sheet import write

    path = Path(file).expanduser() if file else default_file(settings.stores(migration))
    found = cases(settings, loaded, target)
    write(path, found)
    for (object, reason, fate), number in Counter((case.object, case.reason_code, case.fate) for case in found).items():
        click.echo(f"{number:6} {object}: {reason} ({fate})")
    undecided = sum(case.decision is None for case in found)
    click.echo(f"{path}: {len(found)} case(s), {undecided} without a decision")
    return 0


def _apply(settings: Settings, migration: Migration, target: str, path: Path, by: str) -> int:
    from hd_assets.decisions.apply import apply

    told = apply(settings, migration, target, path, by)
    actions = Counter(decision.action for decision in told.recorded)
    counted = ", ".join(f"{number} {action}" for action, number in sorted(actions.items()))
    click.echo(f"{len(told.recorded)} new decision(s) recorded" + (f": {counted}" if counted else ""))
    faults = [fault for entry in told.operations if (fault := _resolve(settings, migration, target, entry)) is not None]
    for fault in faults:
        click.echo(f"error: {fault}", err=True)
    if told.recorded:
        only = "".join(f" --only {id}" for id in told.conversations[:_SHOWN])
        just = f"; just those: `hd-assets run {migration.name} --only decided`" if only else ""
        click.echo(f"`hd-assets run {migration.name}` stages them and shows the plan{just}")
    return BlockedError.exit_code if faults else 0


def _resolve(settings: Settings, migration: Migration, target: str, entry: Entry) -> HdError | None:
    """Carry out a decision on a quarantined operation; the workspace may speak against it."""
    from hd_assets.decisions.cases import key_of
    from hd_assets.publish.context import open_context
    from hd_assets.publish.decide import decide

    decision = entry.decision
    if entry.case.reason_code != "quarantined":
        return None
    applied = decision.value if decision.action == "use" else None
    try:
        with open_context(settings, migration, target, environment=os.environ, step="resolve") as context:
            row = decide(context, key_of(entry.case), applied=applied, by=decision.by, why="decided in exceptions.csv")
    except HdError as fault:
        return fault
    click.echo(f"{row.key}: now {row.state}")
    return None
