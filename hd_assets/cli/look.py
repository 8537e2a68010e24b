"""`hd-assets status` and `trace`: answers from the stores alone; no server is asked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict

import click

from hd_assets.cli.common import (
    json_option,
    migration_argument,
    open_migration,
    open_settings,
    target_option,
    write_json,
)
from hd_assets.cli.show import status_lines, trace_lines


@click.command()
@migration_argument
@target_option
@json_option
def status(migration: str, target: str, json_file: str | None) -> None:
    """Tell how far a migration is: stage, counts, exceptions, what is left to send."""
    from hd_assets.reconcile.status import status as read_status

    settings = open_settings(target)
    told = read_status(settings, open_migration(settings, migration, target), target)
    if json_file != "-":
        _print(status_lines(told))
    write_json(asdict(told), json_file)


@click.command()
@migration_argument
@click.argument("ref")
@target_option
@json_option
def trace(migration: str, ref: str, target: str, json_file: str | None) -> None:
    """Follow REF between source row, staging, operations and Intercom.

    REF is a ticket number, source id, external id, e-mail address, Intercom id or conversation URL.
    """
    from hd_assets.reconcile.trace import trace as follow

    settings = open_settings(target)
    found = follow(settings, open_migration(settings, migration, target), target, ref)
    if json_file != "-":
        _print(trace_lines(found))
    write_json(asdict(found), json_file)


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        click.echo(line)
