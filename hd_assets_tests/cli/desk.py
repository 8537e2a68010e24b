"""The command line on one home, called in this process: environment, output and exit code as in a shell."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shutil
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from unittest import mock

import yaml

from hd_assets.cli import main
from hd_assets.partitions import previous_month
from hd_assets.settings import shipped_folder
from hd_assets.simulator.core import Simulator
from hd_assets.simulator.rules import Rules
from hd_assets.simulator.server import SimulatorServer

# Distinctive, so that it is found wherever it should not be.
TOKEN = "tok-5e0c9a71-never-to-be-seen"
PASSWORD = "pw-71bd44-never-to-be-seen"
OURS = re.compile(r"HD_|OSTICKET_|INTERCOM_|DAGSTER_")
SCREEN = 25


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def first_month() -> date:
    """Three months ago: the sample ends in a month that is over, and runs have few partitions."""
    day = datetime.now(UTC).date().replace(day=1)
    for _ in range(3):
        day = previous_month(day)
    return day


@dataclass(frozen=True)
class Answer:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        return self.out + self.err


@dataclass
class CommandLine:
    """`hd("status", "osticket")` → Answer. `variables` are the environment besides HD_HOME and HD_MAPPINGS."""

    home: Path
    mappings: Path
    url: str
    variables: dict[str, str] = field(default_factory=dict)
    simulator: Simulator | None = None

    def __call__(self, *arguments: str, **variables: str | None) -> Answer:
        """`variables` are added for this call; None takes one away."""
        wanted = {
            **{name: value for name, value in os.environ.items() if not OURS.match(name)},
            "HD_HOME": str(self.home),
            "HD_MAPPINGS": str(self.mappings),
            "HD_SIMULATOR_URL": self.url,
            **self.variables,
            **variables,
        }
        environment = {name: value for name, value in wanted.items() if value is not None}
        out, err = io.StringIO(), io.StringIO()
        with (
            mock.patch.dict(os.environ, environment, clear=True),
            mock.patch("sys.argv", ["hd-assets", *arguments]),
            _handlers_kept(),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            try:
                main()
            except SystemExit as ended:
                code = ended.code if isinstance(ended.code, int) else 1
        return Answer(code, out.getvalue(), err.getvalue())

    @property
    def store(self) -> Path:
        return self.home / "osticket"

    @property
    def writes(self) -> int:
        """Writing requests that reached the workspace."""
        assert self.simulator is not None
        return int(self.simulator.summary()["writes"])

    def map(self, change) -> None:
        """Rewrite the mapping: `change` gets the parsed document."""
        path = self.mappings / "osticket.yaml"
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        change(document)
        path.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")


@contextmanager
def _handlers_kept() -> Iterator[None]:
    known = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in known.items():
            signal.signal(number, handler)


@contextmanager
def workspace(state: Path | None = None, *, token: str | None = TOKEN, **more) -> Iterator[tuple[Simulator, str]]:
    """A simulated workspace behind HTTP, with a limit that does not hold tests up."""
    rules = more.pop("rules", None) or Rules(requests_per_minute=1_000_000)
    with Simulator(state, token=token, rules=rules, **more) as simulator, SimulatorServer(simulator) as server:
        yield simulator, server.url


def mappings(folder: Path) -> Path:
    """The shipped mapping, begun three months ago."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(shipped_folder() / "mappings" / "osticket.yaml", folder)
    text = (folder / "osticket.yaml").read_text(encoding="utf-8")
    begun = text.replace("first_month: 2023-01", f"first_month: {first_month():%Y-%m}")
    assert begun != text
    (folder / "osticket.yaml").write_text(begun, encoding="utf-8")
    return folder


def one_screen(answer: Answer) -> str:
    """The complaint of a failed command: fits a screen, no traceback, says what, where and how to mend."""
    lines = answer.err.splitlines()
    assert len(lines) <= SCREEN, answer.err
    assert "Traceback" not in answer.text
    assert "this is a bug" not in answer.text
    assert "error:" in answer.err or "check failed:" in answer.err, answer.err
    if "error:" in answer.err:
        assert "  where: " in answer.err
        assert "  mend:  " in answer.err
    return answer.err
