"""`hd-assets purge`: take a migration off this machine."""

from __future__ import annotations

import click

from hd_assets.cli.common import migration_argument, open_settings


@click.command()
@migration_argument
@click.option("--yes", is_flag=True, help="Delete. Without it only what would go is told.")
@click.option("--by", metavar="NAME", help="Who orders it; stands in the receipt.")
@click.option("--simulator", is_flag=True, help="Also delete simulated workspaces that other migrations use.")
def purge(migration: str, yes: bool, by: str | None, simulator: bool) -> int:
    """Delete everything this machine holds of a migration: raw rows, files, staging, ledgers, documents, history.

    Afterwards what was sent can be neither taken back nor traced from here. Intercom and the source are not touched.
    A dated receipt without personal data stays below HD_HOME.
    """
    from hd_assets.purge.run import look
    from hd_assets.purge.run import purge as delete

    settings = open_settings()
    found = look(settings, migration, with_simulator=simulator)
    for path in found.paths:
        click.echo(f"{'deleting' if yes else 'would delete'}  {path}")
    for path in found.shared:
        click.echo(f"keeping  {path}: {', '.join(found.others)} use it, too; --simulator deletes it")
    for target, sent in found.sent.items():
        told = ", ".join(f"{number} {kind}" for kind, number in sent.items()) or "nothing"
        click.echo(f"sent to {target}: {told}; without its ledger `hd-assets rollback` cannot take that back")
    click.echo(f"{found.files} files, {found.bytes} bytes, and the runs of {migration} in Dagster's history")
    if not yes:
        click.echo(f"nothing was deleted; `hd-assets purge {migration} --yes` does it")
        return 0
    receipt, history = delete(settings, found, by)
    click.echo(f"history: {', '.join(f'{number} {kind}' for kind, number in sorted(history.items())) or 'nothing'}")
    click.echo(f"receipt: {receipt}")
    return 0
