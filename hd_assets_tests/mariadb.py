"""A private MariaDB in a temporary folder, for tests that need a real server."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pymysql
import pytest

START_SECONDS = 60


def require_program(name: str) -> str:
    """Path of a server program. Without it the test skips, or fails where services are promised."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    if found:
        return found
    if os.environ.get("HD_REQUIRE_SERVICES") == "1":
        pytest.fail(f"{name} is not installed although HD_REQUIRE_SERVICES=1")
    pytest.skip(f"{name} is not installed")


@dataclass(frozen=True)
class MariaDb:
    """A running server: root without password over the socket, TCP on the loopback."""

    socket: Path
    port: int
    client: str

    def run(self, *statements: str, database: str | None = None) -> None:
        with (
            pymysql.connect(
                unix_socket=str(self.socket), user="root", database=database, autocommit=True
            ) as connection,
            connection.cursor() as cursor,
        ):
            for statement in statements:
                cursor.execute(statement)

    def load(self, database: str, dump: Path) -> None:
        """Create the database and play a plain .sql file into it."""
        self.run(f"DROP DATABASE IF EXISTS `{database}`", f"CREATE DATABASE `{database}`")
        with dump.open("rb") as script:
            subprocess.run(
                [self.client, "--no-defaults", f"--socket={self.socket}", "--user=root", "--max-allowed-packet=256M",
                 "--default-character-set=utf8mb4", database],
                stdin=script, check=True, timeout=120,
            )  # fmt: skip

    def account(self, name: str, password: str, *grants: str) -> None:
        """A fresh account; each grant reads like `SELECT ON db.*`."""
        self.run(f"DROP USER IF EXISTS '{name}'@'%'", f"CREATE USER '{name}'@'%' IDENTIFIED BY '{password}'")
        for grant in grants:
            self.run(f"GRANT {grant} TO '{name}'@'%'")


@pytest.fixture(scope="session")
def mariadb() -> Iterator[MariaDb]:
    server, install, client = (require_program(name) for name in ("mariadbd", "mariadb-install-db", "mariadb"))
    folder = Path(tempfile.mkdtemp(prefix="hdm-"))
    log = folder / "log"
    as_root = ["--user=root"] if os.geteuid() == 0 else []
    try:
        subprocess.run(
            [install, "--no-defaults", f"--datadir={folder / 'data'}", "--auth-root-authentication-method=normal",
             "--skip-test-db", *as_root],
            check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=120,
        )  # fmt: skip
        port = _free_port()
        with log.open("wb") as output:
            process = subprocess.Popen(
                [server, "--no-defaults", f"--datadir={folder / 'data'}", f"--socket={folder / 's'}", f"--port={port}",
                 "--skip-networking=0", "--skip-name-resolve", "--bind-address=127.0.0.1", "--max-allowed-packet=256M",
                 "--innodb-flush-log-at-trx-commit=0", "--innodb-fast-shutdown=2", "--skip-log-bin",
                 "--innodb-flush-method=nosync", f"--pid-file={folder / 'pid'}", *as_root],
                stdout=output, stderr=output,
            )  # fmt: skip
        try:
            _await_start(process, folder / "s", log)
            yield MariaDb(folder / "s", port, client)
        finally:
            process.terminate()
            process.wait(timeout=30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _await_start(process: subprocess.Popen[bytes], path: Path, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        with socket.socket(socket.AF_UNIX) as knock:
            if knock.connect_ex(str(path)) == 0:
                return
        time.sleep(0.1)
    pytest.fail("mariadbd did not start:\n" + log.read_text(errors="replace")[-2000:])


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
