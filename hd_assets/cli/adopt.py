"""`hd-assets adopt`: a lost ledger rebuilt from the workspace."""

from __future__ import annotations

import os

import click

from hd_assets.cli.common import migration_argument, open_migration, open_settings, target_option


@click.command()
@migration_argument
@target_option
@click.option("--execute", is_flag=True, help="Keep the rebuilt ledger and let it lead. Without it nothing changes.")
def adopt(migration: str, target: str, execute: bool) -> int:
    """Rebuild a lost ledger from the workspace and the staged data; prints what was found.

    With --execute the next publish goes on where the lost ledger ended. An old ledger is kept beside the new one.
    """
    from hd_assets.publish.adopt import adopt as rebuild

    settings = open_settings(target)
    loaded = open_migration(settings, migration, target)
    findings = rebuild(settings, loaded, target, environment=os.environ, execute=execute)
    click.echo(f"{'object':<18} {'found':>8} {'missing':>8} {'unclear':>8} {'not staged':>10}")
    for name in findings.objects:
        figures = (findings.found[name], findings.missing[name], findings.ambiguous[name], findings.strange[name])
        click.echo("{:<18} {:>8} {:>8} {:>8} {:>10}".format(name, *figures))
    for name, ids in sorted(findings.examples.items()):
        click.echo(f"of this migration, but not staged: {name} {', '.join(ids)}")
    if not execute:
        click.echo("nothing was changed; --execute keeps this ledger and lets it lead the workspace")
    else:
        click.echo("the rebuilt ledger leads the workspace now; publish to send what is missing")
    if findings.ambiguous:
        click.echo(f"`hd-assets resolve {migration}` lists what is unclear" + ("" if execute else ", after --execute"))
    return 0
