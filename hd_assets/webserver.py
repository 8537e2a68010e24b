"""The Dagster web page as a child process on the loopback interface."""

from __future__ import annotations

import contextlib
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from hd_assets.errors import UnreachableError
from hd_assets.instance import child_environment
from hd_assets.settings import Settings

HOST = "127.0.0.1"
PORT = 3000
START_SECONDS = 90.0
STOP_SECONDS = 15.0


@contextmanager
def dagster_ui(settings: Settings, port: int, extra: Mapping[str, str] | None = None) -> Iterator[str]:
    """Start web page and daemon, yield the address once it answers, stop both at the end.

    `extra` are further environment variables for the runs that are launched in the page.
    Raises UnreachableError when the port is taken or the page does not come up.
    """
    if not free(port):
        raise UnreachableError(
            "the port of the Dagster UI is taken",
            where=f"{HOST}:{port}",
            mend="stop the program that holds it, or choose another with --port",
        )
    command = [sys.executable, "-m", "dagster", "dev", "-m", "hd_assets.definitions", "-h", HOST, "-p", str(port)]
    # the settings folder is the working directory: `dagster dev` writes and reads relative to where it is started
    environment = {**child_environment(settings), **(extra or {})}
    child = subprocess.Popen(  # noqa: S603 - our own interpreter and package
        command,
        env=environment,
        cwd=settings.dagster_home,
        stdout=(settings.dagster_home / "ui.log").open("w"),
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    address = f"http://{HOST}:{port}"
    try:
        _await(address, child, settings)
        yield address
    finally:
        _stop(child)


def free(port: int) -> bool:
    """Whether nobody listens on the loopback port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def _await(address: str, child: subprocess.Popen[bytes], settings: Settings) -> None:
    give_up = time.monotonic() + START_SECONDS
    while time.monotonic() < give_up and child.poll() is None:
        with contextlib.suppress(urllib.error.URLError, OSError), urllib.request.urlopen(f"{address}/server_info"):  # noqa: S310
            return
        time.sleep(0.3)
    raise UnreachableError(
        "the Dagster UI did not start",
        where=str(settings.dagster_home / "ui.log"),
        mend="read the end of that file; it says why",
    )


def _stop(child: subprocess.Popen[bytes]) -> None:
    """`dagster dev` ends its own children on SIGINT; whoever is left after that is ended by force."""
    if child.poll() is None:
        child.send_signal(signal.SIGINT)
        try:
            child.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
