"""The command line `hd-assets`. Every command imports what it needs when it runs, so that help is instant."""

from __future__ import annotations

import importlib
import os
import signal
import sys
from types import FrameType
from typing import NoReturn

import click

from hd_assets.errors import HdError, UsageError

# command → module below hd_assets.cli and the click command in it
COMMANDS = {
    "adopt": ("adopt", "adopt"),
    "approve": ("approve", "approve"),
    "deliver": ("deliver", "deliver"),
    "demo": ("demo", "demo"),
    "doctor": ("doctor", "doctor"),
    "exceptions": ("exceptions", "exceptions"),
    "handover": ("handover", "handover"),
    "init": ("init", "init"),
    "mapping": ("sign", "mapping"),
    "plan": ("run", "plan"),
    "purge": ("purge", "purge"),
    "reconcile": ("run", "reconcile"),
    "resolve": ("decide", "resolve"),
    "rollback": ("rollback", "rollback"),
    "run": ("run", "run"),
    "sample-data": ("local", "sample_data"),
    "simulator": ("local", "simulator"),
    "stand-in": ("local", "stand_in"),
    "status": ("look", "status"),
    "trace": ("look", "trace"),
    "ui": ("local", "ui"),
}
STOPPED = 130


class _Commands(click.Group):
    """A group that loads a command's module when the command is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name]
        command = getattr(importlib.import_module(f"hd_assets.cli.{module}"), name)
        assert isinstance(command, click.Command)  # noqa: S101 - the table above names commands
        return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="hd-assets")
def cli() -> None:
    """Move a helpdesk into Intercom, and prove that nothing was lost, doubled or leaked.

    Try it without any server or credential: hd-assets demo
    """


def main() -> NoReturn:
    """Run the command line. Exit: 0 ok, 1 differences, 2 usage, 3 blocked, 4 unreachable, 130 stopped."""
    signal.signal(signal.SIGTERM, _terminate)
    # a shell starts background jobs with Ctrl-C ignored, and children inherit that: neither could be stopped
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        code = cli.main(standalone_mode=False)
    except HdError as fault:
        click.echo(f"error: {fault}", err=True)
        sys.exit(fault.exit_code)
    except BrokenPipeError:
        # `hd-assets trace … | head`: whoever read has seen enough; the interpreter must not flush into nothing
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as fault:
        click.echo(
            f"error: {fault.strerror or type(fault).__name__}\n  where: {fault.filename or 'a file of this home'}\n"
            "  mend:  check that the path can be written (HD_HOME) and that the disk has room",
            err=True,
        )
        sys.exit(UsageError.exit_code)
    except click.exceptions.Exit as fault:
        sys.exit(fault.exit_code)
    except click.ClickException as fault:
        fault.show()
        sys.exit(fault.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("stopped; start the same command again to go on where it ended", err=True)
        sys.exit(STOPPED)
    sys.exit(code if isinstance(code, int) else 0)


def _terminate(number: int, frame: FrameType | None) -> NoReturn:  # noqa: ARG001 - the signature of a handler
    """SIGTERM ends a command the way Ctrl-C does: steps stop cleanly, stores are closed."""
    raise KeyboardInterrupt
