"""`hd-assets init`: a mapping that parses and decides nothing, to begin a migration with."""

from __future__ import annotations

import os

import click

from hd_assets.cli.common import open_settings
from hd_assets.errors import UsageError


@click.command()
@click.argument("migration")
@click.option("--source", required=True, metavar="SOURCE", help="Which helpdesk it is, such as osticket.")
def init(migration: str, source: str) -> None:
    """Write a minimal mapping for MIGRATION and say which variables to set.

    Never overwrites. The file holds no credentials, so the mappings folder may be a repository.
    """
    from hd_assets.discover.begin import begin
    from hd_assets.extract.registry import variables

    settings = open_settings()
    needed = variables(source)
    if not os.environ.get("HD_MAPPINGS") and settings.mappings.parent.name == "_shipped":
        raise UsageError(
            "the mappings of an installed package are not a place for your own",
            where=str(settings.mappings),
            mend="set HD_MAPPINGS to a folder of your own, which may be a repository",
        )
    path = begin(settings.mappings, migration, source)
    click.echo(f"wrote {path}")
    click.echo("set what gives access; each may be NAME_FILE with the path of a file that holds the value:")
    width = max(len(variable.name) for variable in needed)
    for variable in needed:
        others = [other.name for other in needed if other.choice and other.choice == variable.choice]
        rule = f"one of {' and '.join(others)}" if len(others) > 1 else "needed" if variable.choice else "optional"
        click.echo(f"  {variable.name:<{width}}  {variable.meaning} ({rule})")
    for target, token in (("test", "INTERCOM_TEST_TOKEN"), ("production", "INTERCOM_TOKEN")):
        click.echo(f"  {token:<{width}}  access token of the {target} workspace (when it is used)")
    click.echo("then:")
    for command in (f"doctor {migration}", f"run {migration} --until discover", f"mapping propose {migration}"):
        click.echo(f"  hd-assets {command}")
