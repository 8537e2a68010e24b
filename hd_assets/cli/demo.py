"""`hd-assets demo`: the whole product on sample data, without servers to install or credentials."""

from __future__ import annotations

import os
import shutil
import time
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import click

from hd_assets.cli.common import json_option, open_migration, open_settings
from hd_assets.cli.run import STAGES, Course, follow
from hd_assets.errors import BlockedError
from hd_assets.settings import Settings

DEFAULT = "osticket"
MARK = "demo.txt"


@click.command()
@click.argument("migrations", nargs=-1, metavar="[MIGRATION]...")
@click.option("--tickets", type=click.IntRange(1), default=250, show_default=True, help="Size of the sample helpdesk.")
@click.option("--no-ui", is_flag=True, help="End after the summary.")
@click.option("--port", type=click.IntRange(1, 65535), default=3000, show_default=True, help="Port of the Dagster UI.")
@json_option
def demo(migrations: tuple[str, ...], tickets: int, no_ui: bool, port: int, json_file: str | None) -> int:
    """Generate a helpdesk, move it into the simulated Intercom, read it back, and show both pages.

    MIGRATION defaults to osticket.
    """
    from hd_assets.simulator.core import Simulator
    from hd_assets.simulator.server import SimulatorServer
    from hd_assets.webserver import free

    settings = open_settings("simulator")
    names = migrations or (DEFAULT,)
    for name in names:
        open_migration(settings, name, "simulator")
        _claim(settings, name, tickets)
    state = settings.home / "demo" / "workspace.sqlite"
    state.parent.mkdir(parents=True, exist_ok=True)
    wanted = urlsplit(settings.simulator_url).port or 8765
    with (
        Simulator(state) as workspace,
        SimulatorServer(workspace, port=wanted if free(wanted) else 0) as server,
        ExitStack() as running,
    ):
        os.environ["HD_SIMULATOR_URL"] = server.url
        settings = Settings.from_environment()
        code = 0
        for name in names:
            code = max(code, _move(settings, name, tickets, json_file, running))
        if no_ui or code:
            return code
        _show(settings, server.url, port)
    return code


def _move(settings: Settings, name: str, tickets: int, json_file: str | None, running: ExitStack) -> int:
    """Sample data → raw → staging → the workspace's admins and teams → publish → read back → documents.

    A source that is a server is stood in for, as long as `running` is open.
    """
    from hd_assets.provisioning import provision, readiness
    from hd_assets.samples.registry import write
    from hd_assets.standin.registry import standing_in

    migration = open_migration(settings, name, "simulator")
    click.echo(f"{name}: generating {tickets} tickets", err=True)
    source, sample = migration.mapping.source, settings.home / "demo" / name
    report = write(source, sample, tickets, seed=1)
    served = running.enter_context(standing_in(source, sample))
    variables = report.variables | served
    os.environ.update(variables)
    course = Course(settings, migration, "simulator", window=None, execute=True)
    code = follow(course, STAGES["stage"], None, quiet=True)
    if code:
        return code
    provision(settings, readiness(settings, migration))
    code = follow(course, tuple(job for job in STAGES["deliver"] if job not in STAGES["stage"]), json_file)
    on_err = json_file == "-"
    click.echo(f"documents: {settings.stores(name).deliverables}", err=on_err)
    if not code:
        click.echo("to run its steps by hand:", err=on_err)
        if served:
            port = urlsplit(next(iter(served.values()))).port
            click.echo(f"  hd-assets stand-in {source} {sample} --port {port} &", err=on_err)
        for variable, value in variables.items():
            click.echo(f"  export {variable}={value}", err=on_err)
    return code


def _claim(settings: Settings, name: str, tickets: int) -> None:
    """The demo owns the stores it made and nobody else's; another size starts anew."""
    root = settings.stores(name).root
    mark = root / MARK
    size = f"{tickets} tickets\n"
    if root.exists() and any(root.iterdir()) and not mark.exists():
        raise BlockedError(
            f"this home already holds a migration {name} that is not the demo's",
            where=str(root),
            mend="set HD_HOME to another folder for the demo, for example HD_HOME=/tmp/demo",
        )
    if mark.exists() and mark.read_text(encoding="utf-8") != size:
        shutil.rmtree(root)
        _forget(settings.home / "demo")
    root.mkdir(parents=True, exist_ok=True)
    mark.write_text(size, encoding="utf-8")


def _forget(folder: Path) -> None:
    """The demo's workspace belongs to the ledgers that were just removed."""
    for file in folder.glob("workspace.sqlite*"):
        file.unlink()


def _show(settings: Settings, inbox: str, port: int) -> None:
    from hd_assets.webserver import dagster_ui, free

    while not free(port):
        port += 1
    with dagster_ui(settings, port) as address:
        click.echo(f"inbox page  {inbox}\nDagster UI  {address}\nCtrl-C stops both")
        while True:
            time.sleep(3600)
