"""`hd-assets handover`: what the customer keeps, in one folder."""

from __future__ import annotations

from pathlib import Path

import click

from hd_assets.cli.common import migration_argument, open_migration, open_settings, target_option


@click.command()
@migration_argument
@click.argument("directory")
@click.option("--without-personal-data", is_flag=True, help="Leave out names, addresses, texts and who agreed.")
@target_option
def handover(migration: str, directory: str, without_personal_data: bool, target: str) -> None:
    """Write documents, certificate, id map (old number to Intercom address) and approvals into DIRECTORY.

    It holds no credentials. DIRECTORY must be new or empty.
    """
    from hd_assets.handover import handover as hand_over

    settings = open_settings(target)
    loaded = open_migration(settings, migration, target)
    into = Path(directory).expanduser().absolute()
    into.parent.mkdir(parents=True, exist_ok=True)
    handed = hand_over(settings, loaded, target, into, personal=not without_personal_data)
    click.echo(f"{handed.folder}: {len(handed.files)} files, {handed.ids} rows in id_map.csv")
