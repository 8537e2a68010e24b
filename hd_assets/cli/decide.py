"""`hd-assets resolve`: what only a person can decide."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime

import click

from hd_assets.cli.common import migration_argument, open_migration, open_settings, target_option
from hd_assets.errors import UsageError


@click.command()
@migration_argument
@click.argument("operation", required=False)
@click.option("--applied", metavar="ID", help="It took effect: the Intercom id of the record it made or changed.")
@click.option("--not-sent", is_flag=True, help="It did not take effect; the next publish sends it.")
@click.option("--by", metavar="NAME", help="Who decides.")
@click.option("--why", metavar="TEXT", help="What the decision rests on.")
@target_option
def resolve(
    migration: str,
    operation: str | None,
    applied: str | None,
    not_sent: bool,
    by: str | None,
    why: str | None,
    target: str,
) -> int:
    """Decide on OPERATION, whose outcome the publisher could not find out; without it, list those that wait.

    The decision is held against the workspace, written into the ledger, and the next publish goes on from there.
    """
    from hd_assets.publish.context import open_context
    from hd_assets.publish.decide import decide, open_cases

    settings = open_settings(target)
    loaded = open_migration(settings, migration, target)
    if operation is None:
        if applied or not_sent or by or why:
            raise _usage("name the OPERATION to decide on", migration)
        with open_context(settings, loaded, target, environment=os.environ, exclusive=False) as context:
            cases = open_cases(context)
        for case in cases:
            at = f", {datetime.fromtimestamp(case.at, UTC):%Y-%m-%d %H:%M} UTC" if case.at else ""
            click.echo(f"{case.key}  {case.state}{at}\n  why       {case.reason}")
            if case.evidence:
                click.echo(f"  evidence  {json.dumps(case.evidence, sort_keys=True)}")
            if case.link:
                click.echo(f"  look      {case.link}")
        click.echo(f"{len(cases)} operation(s) wait for a decision")
        return 0
    if bool(applied) == not_sent:
        raise _usage("say either --applied ID or --not-sent", migration)
    if not by or not why:
        raise _usage("say --by NAME and --why TEXT: the decision is kept", migration)
    with open_context(settings, loaded, target, environment=os.environ, step="resolve") as context:
        row = decide(context, operation, applied=applied, by=by, why=why)
    click.echo(f"{row.key}: now {row.state}; the next publish goes on from there")
    return 0


def _usage(what: str, migration: str) -> UsageError:
    return UsageError(
        what,
        where="hd-assets resolve",
        mend=f"`hd-assets resolve {migration} OPERATION --applied ID|--not-sent --by NAME --why TEXT`",
    )
