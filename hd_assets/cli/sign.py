"""`hd-assets mapping`: check what a mapping does not decide, and sign it."""

from __future__ import annotations

import click

from hd_assets.cli.common import migration_argument, open_migration, open_settings
from hd_assets.errors import BlockedError


@click.group()
def mapping() -> None:
    """Check and confirm the mapping of a migration."""


@mapping.command()
@migration_argument
def check(migration: str) -> None:
    """Parse the mapping and, where data is staged, list what it does not decide yet."""
    settings = open_settings()
    loaded = open_migration(settings, migration)
    click.echo(f"{loaded.path}: parsed, digest {loaded.digest[:12]}")
    files = loaded.sql_files(settings.sql)
    click.echo(f"SQL: {len(files)} files" + (f", overriding {', '.join(loaded.overrides)}" if loaded.overrides else ""))
    store = settings.stores(migration)
    if not store.warehouse.exists():
        click.echo(f"nothing is staged yet: `hd-assets run {migration} --until stage` shows undecided values, too")
        return
    from hd_assets.checks import CheckContext, evaluate
    from hd_assets.mapping import write_tables
    from hd_assets.partitions import EVERYTHING
    from hd_assets.warehouse import Warehouse

    with Warehouse.of(store.warehouse).transaction() as connection:
        write_tables(connection, loaded)
        verdicts = evaluate(connection, EVERYTHING, CheckContext(loaded, store.files))
    undecided = [(check, verdict) for check, verdict in verdicts if "mapped" in check.name and not verdict.passed]
    for found, verdict in undecided:
        click.echo(f"{found.label}: {verdict.description}")
    if undecided:
        raise BlockedError(
            f"{len(undecided)} check(s) on the mapping fail",
            where=str(loaded.path),
            mend="decide each value and field named above: map it, or leave it out with a reason",
        )
    click.echo("every object, field and value of the staged data is decided")


@mapping.command()
@click.option("--by", required=True, metavar="NAME", help="Who confirms.")
@migration_argument
def confirm(migration: str, by: str) -> None:
    """Sign the mapping as it is now. A changed mapping must be signed again."""
    from hd_assets.approvals import approve

    settings = open_settings()
    loaded = open_migration(settings, migration)
    approval = approve(settings.stores(migration), "mapping", by, loaded.digest)
    click.echo(f"mapping {migration} confirmed at {approval.at:%Y-%m-%d %H:%M} UTC, digest {approval.digest[:12]}")
