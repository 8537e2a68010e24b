"""Programs that run on this machine: the simulator, the web page, sample data."""

from __future__ import annotations

import time
from pathlib import Path
from urllib.parse import urlsplit

import click

from hd_assets.cli.common import migration_argument, open_migration, open_settings
from hd_assets.errors import UsageError


@click.group(invoke_without_command=True)
@click.option("--port", type=click.IntRange(1, 65535), help="Default: the port of HD_SIMULATOR_URL, 8765.")
@click.option("--state", type=click.Path(path_type=Path), help="File that keeps the workspace. Default: below HD_HOME.")
@click.option("--faults", type=click.Path(path_type=Path), help="JSON or YAML file of faults to inject.")
@click.option("--rules", type=click.Path(path_type=Path), help="JSON or YAML file of rules that differ from the usual.")
@click.option(
    "--seed", type=int, default=0, show_default=True, help="The same seed and requests give the same answers."
)
@click.option("--token", envvar="HD_SIMULATOR_TOKEN", help="Accept only this token; any token without it.")
@click.pass_context
def simulator(
    ctx: click.Context,
    port: int | None,
    state: Path | None,
    faults: Path | None,
    rules: Path | None,
    seed: int,
    token: str | None,
) -> None:
    """Serve a simulated Intercom on the loopback interface; its inbox page shows what arrived."""
    if ctx.invoked_subcommand is not None:
        return
    from hd_assets.simulator.core import Simulator
    from hd_assets.simulator.faults import Faults
    from hd_assets.simulator.rules import Rules
    from hd_assets.simulator.server import serve

    settings = open_settings()
    chosen = port or urlsplit(settings.simulator_url).port or 8765
    file = state or settings.home / "simulator" / "workspace.sqlite"
    file.parent.mkdir(parents=True, exist_ok=True)
    plan = Faults.load(faults) if faults else None
    kept = Rules.load(rules) if rules else None
    with Simulator(file, faults=plan, rules=kept, seed=seed, token=token) as workspace:
        click.echo(f"simulated Intercom and inbox page at http://127.0.0.1:{chosen}, state {file}; Ctrl-C stops it")
        serve(workspace, port=chosen)


@simulator.command()
@migration_argument
def provision(migration: str) -> None:
    """Make the admins and teams a customer's admin makes by hand, from the staged teammates and inboxes."""
    from hd_assets.provisioning import provision as ask_for
    from hd_assets.provisioning import readiness

    settings = open_settings("simulator")
    wanted = readiness(settings, open_migration(settings, migration))
    ask_for(settings, wanted)
    click.echo(f"provisioned {len(wanted['admins'])} admins and {len(wanted['teams'])} teams")


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), default=3000, show_default=True)
def ui(port: int) -> None:
    """Open the Dagster UI with its history; Ctrl-C stops it."""
    from hd_assets.webserver import dagster_ui

    settings = open_settings()
    with dagster_ui(settings, port) as address:
        click.echo(f"Dagster UI at {address}; Ctrl-C stops it")
        while True:
            time.sleep(3600)


@click.command("sample-data")
@click.argument("source")
@click.argument("directory", type=click.Path(path_type=Path))
@click.option("--tickets", type=click.IntRange(1), default=250, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed gives the same files.")
def sample_data(source: str, directory: Path, tickets: int, seed: int) -> None:
    """Write a believable helpdesk in SOURCE's own form into DIRECTORY."""
    from hd_assets.samples.registry import write
    from hd_assets.standin.registry import has_standin

    open_settings()
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise UsageError(
            f"the directory cannot be made ({fault.strerror})", where=str(directory), mend="give another directory"
        ) from fault
    report = write(source, directory, tickets, seed)
    for table, rows in report.counts.items():
        click.echo(f"{rows:>8} {table}")
    click.echo("to read it:")
    if has_standin(source):
        click.echo(f"  hd-assets stand-in {source} {directory} &")
    for name, value in report.variables.items():
        click.echo(f"  export {name}={value}")


@click.command("stand-in")
@click.argument("source")
@click.argument("directory", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--port", type=click.IntRange(1, 65535), default=8770, show_default=True)
def stand_in(source: str, directory: Path, port: int) -> None:
    """Serve a sample of SOURCE in DIRECTORY as SOURCE itself would, on the loopback interface."""
    from hd_assets.standin.registry import open_standin

    with open_standin(source, directory, port) as variables:
        for name, value in variables.items():
            click.echo(f"  export {name}={value}")
        click.echo("Ctrl-C stops it")
        while True:
            time.sleep(3600)
