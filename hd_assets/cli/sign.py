"""`hd-assets mapping`: check what a mapping does not decide, and sign it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from hd_assets.cli.common import migration_argument, open_migration, open_settings
from hd_assets.cli.propose import decide, diff, looks, propose, schema, show
from hd_assets.errors import BlockedError

if TYPE_CHECKING:
    from hd_assets.mapping import Migration
    from hd_assets.settings import Stores
    from hd_assets.warehouse import Connection


@click.group()
def mapping() -> None:
    """Draft, check and confirm the mapping of a migration."""


for command in (propose, decide, show, schema, diff):
    mapping.add_command(command)


@mapping.command()
@migration_argument
def check(migration: str) -> None:
    """Parse the mapping and list what it does not decide yet, of what was discovered and of what is staged."""
    from hd_assets.mapping import PublicNotes
    from hd_assets.mapping.decisions import question, undecided

    settings = open_settings()
    loaded = open_migration(settings, migration)
    click.echo(f"{loaded.path}: parsed, digest {loaded.digest[:12]}")
    files = loaded.sql_files(settings.sql)
    click.echo(f"SQL: {len(files)} files" + (f", overriding {', '.join(loaded.overrides)}" if loaded.overrides else ""))
    for line in looks(loaded.path.read_text(encoding="utf-8")):
        click.echo(line)
    if isinstance(loaded.mapping.internal_notes, PublicNotes):
        who = loaded.mapping.internal_notes.public
        click.echo(f"internal notes become public: customers will read every one, as {who} agreed")
    missing = [f"{path} is undecided: {question(path)}" for path in undecided(loaded.mapping)]
    store = settings.stores(migration)
    if store.warehouse.exists():
        missing += _of_the_source(loaded, store)
    else:
        click.echo(
            f"the source was not looked at yet: `hd-assets run {migration} --until discover` tells what it holds"
        )
    for told in missing:
        click.echo(told)
    if missing:
        raise BlockedError(
            f"{len(missing)} decision(s) are missing",
            where=str(loaded.path),
            mend=f"decide what is named above: map it, or leave it out with a reason; `hd-assets mapping propose"
            f" {migration}` drafts what the source tells",
        )
    click.echo("every object, field and value found so far is decided")


def _of_the_source(loaded: Migration, store: Stores) -> list[str]:
    """What the source holds and the mapping does not decide: as discovered, and as staged where it is."""
    from hd_assets.checks import CheckContext, evaluate
    from hd_assets.mapping import write_tables
    from hd_assets.mapping.decisions import undecided
    from hd_assets.partitions import EVERYTHING
    from hd_assets.propose.write import open_lines
    from hd_assets.staging.stamps import outdated
    from hd_assets.warehouse import Warehouse, scalar

    told: list[str] = []
    with Warehouse.of(store.warehouse).transaction() as connection:
        if _has(connection, "discovery", "fact"):
            open_ = [line.name for line in open_lines(connection, loaded) if not line.carried]
            told += [f"{name} stands nowhere" for name in open_ if name not in undecided(loaded.mapping)]
        if _has(connection, "raw", "source_column") and scalar(connection, "select count(*) from staging.records"):
            if outdated(connection, loaded, EVERYTHING):
                click.echo(f"staged under another mapping; to look again: `hd-assets run {loaded.name} --until stage`")
            write_tables(connection, loaded)
            verdicts = evaluate(connection, EVERYTHING, CheckContext(loaded, store.files))
            told += [
                f"{found.label}: {verdict.description}"
                for found, verdict in verdicts
                if "mapped" in found.name and not verdict.passed
            ]
    return told


def _has(connection: Connection, schema: str, table: str) -> bool:
    query = "select 1 from information_schema.tables where table_schema = ? and table_name = ?"
    return connection.execute(query, [schema, table]).fetchone() is not None


@mapping.command()
@click.option("--by", required=True, metavar="NAME", help="Who confirms.")
@migration_argument
def confirm(migration: str, by: str) -> None:
    """Sign the mapping as it is now. A changed mapping must be signed again.

    A copy of what was signed is kept, so that a later change can be named.
    """
    from hd_assets.approvals import approve
    from hd_assets.mapping.decisions import question, undecided
    from hd_assets.mapping.signed import keep

    settings = open_settings()
    loaded = open_migration(settings, migration)
    missing = undecided(loaded.mapping)
    general = [path for path in missing if not path.startswith("targets.")]
    if general:
        raise BlockedError(
            f"nobody can sign what is not decided: {', '.join(general)}",
            where=str(loaded.path),
            mend="; ".join(f"{path}: {question(path)}" for path in general),
        )
    keep(settings.stores(migration), loaded)
    approval = approve(settings.stores(migration), "mapping", by, loaded.digest)
    click.echo(f"mapping {migration} confirmed at {approval.at:%Y-%m-%d %H:%M} UTC, digest {approval.digest[:12]}")
    for line in looks(loaded.path.read_text(encoding="utf-8")):
        click.echo(line)
    for path in missing:
        click.echo(f"{path} is still undecided: nothing is sent to that target before it is, and is signed again")
