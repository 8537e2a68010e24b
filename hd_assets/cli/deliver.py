"""`hd-assets deliver`: the documents as they stand now, before publishing as well as after it."""

from __future__ import annotations

import click

from hd_assets.cli.common import json_option, migration_argument, open_migration, open_settings, target_option
from hd_assets.cli.run import Course, follow
from hd_assets.errors import UsageError
from hd_assets.settings import Stores


@click.command()
@migration_argument
@target_option
@json_option
def deliver(migration: str, target: str, json_file: str | None) -> int:
    """Write the documents of what is staged, sent and read back now. Sends nothing."""
    settings = open_settings(target)
    loaded = open_migration(settings, migration, target)
    stores = settings.stores(migration)
    if not _is_staged(stores):
        raise UsageError(
            "nothing is staged yet, so there is nothing to write about",
            where=str(stores.warehouse),
            mend=f"run `hd-assets run {migration} --until stage` first",
        )
    code = follow(Course(settings, loaded, target, None, execute=False), ("deliver",), json_file)
    newest = max((path.parent for path in stores.deliverables.glob("*/index.md")), default=None)
    if code == 0 and newest is not None:
        click.echo(f"documents: {newest}", err=json_file == "-")
    return code


def _is_staged(stores: Stores) -> bool:
    from hd_assets.staging.stamps import is_staged
    from hd_assets.warehouse import Warehouse

    if not stores.warehouse.exists():
        return False
    with Warehouse.of(stores.warehouse).get_connection() as connection:
        return is_staged(connection)
