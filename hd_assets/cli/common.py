"""What commands share: the header line, options, and loading a migration."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from hd_assets.errors import UsageError
from hd_assets.settings import Settings

if TYPE_CHECKING:
    from hd_assets.mapping import Migration
    from hd_assets.partitions import Window

F = TypeVar("F", bound=Callable[..., Any])
TARGETS = ("simulator", "test", "production")

migration_argument = click.argument("migration")
target_option = click.option(
    "--target", type=click.Choice(TARGETS), default="simulator", show_default=True, help="Workspace to use."
)
json_option = click.option(
    "--json", "json_file", metavar="FILE", help="Write the figures as JSON to FILE; - is standard output."
)


def month_options(command: F) -> F:
    command = click.option("--to", "to_month", metavar="YYYY-MM", help="Last month, included.")(command)
    return click.option("--from", "from_month", metavar="YYYY-MM", help="First month, included.")(command)


def open_settings(target: str | None = None, *, quiet: bool = False) -> Settings:
    """Settings from the environment; prints the home, and the target where there is one, before anything else."""
    settings = Settings.from_environment()
    if not quiet:
        line = f"home {settings.home}"
        if target is not None:
            line += f" · target {target}" + (f" ({settings.simulator_url})" if target == "simulator" else "")
        click.echo(line, err=True)
    return settings


def open_migration(settings: Settings, name: str, target: str | None = None) -> Migration:
    from hd_assets.mapping import load

    migration = load(settings.mappings, name)
    if target is not None and target not in {str(known) for known in migration.mapping.targets}:
        raise UsageError(
            f"migration {name} has no target {target!r}",
            where=f"targets in {migration.path}",
            mend="declare the target there, or choose another with --target",
        )
    return migration


def chosen_window(migration: Migration, from_month: str | None, to_month: str | None) -> Window | None:
    """Months the user chose; None when all. Raises UsageError for months that cannot be."""
    from hd_assets.partitions import Window, next_month, parse_month

    if from_month is None and to_month is None:
        return None
    first = migration.mapping.first_day
    this_month = datetime.now(UTC).date().replace(day=1)
    start = parse_month(from_month) if from_month else first
    last = parse_month(to_month) if to_month else this_month
    if start > last:
        raise UsageError("--from lies after --to", where=f"{start:%Y-%m} .. {last:%Y-%m}", mend="exchange the two")
    if start < first or last > this_month:
        raise UsageError(
            f"the months {start:%Y-%m} to {last:%Y-%m} are not all part of the migration",
            where=f"first_month in {migration.path}; the last month is the current one",
            mend=f"choose months from {first:%Y-%m} to {this_month:%Y-%m}, or change first_month",
        )
    return Window(start, next_month(last))


def write_json(document: dict[str, Any], file: str | None) -> None:
    if file is None:
        return
    text = json.dumps(document, indent=1, ensure_ascii=False, default=str) + "\n"
    if file == "-":
        sys.stdout.write(text)
        return
    try:
        Path(file).write_text(text, encoding="utf-8")
    except OSError as fault:
        raise UsageError(
            f"the figures cannot be written ({fault.strerror})", where=file, mend="give --json another path"
        ) from fault
