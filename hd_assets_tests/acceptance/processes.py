"""Processes of the product that a test starts, kills and never leaves behind."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx

TOP = Path(__file__).parents[2]
START_SECONDS = 60
RUN_SECONDS = 240


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Program:
    """A process group of its own; `with` kills what is left of it. Its output goes into `log`."""

    def __init__(self, module: str, *arguments: object, environment: dict[str, str], log: Path):
        self.log = log
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", module, *map(str, arguments)],
                **{"cwd": TOP, "env": environment, "stdin": subprocess.DEVNULL, "stdout": output, "stderr": output},
                start_new_session=True,
            )

    def __enter__(self):
        return self

    def __exit__(self, *fault):
        self.kill()

    @property
    def group(self) -> int:
        """Its process group."""
        return self._process.pid

    @property
    def code(self) -> int | None:
        """Exit code; None while it runs."""
        return self._process.poll()

    def kill(self) -> None:
        """SIGKILL for the whole group: nothing of it runs any further instruction."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(timeout=30)

    def wait(self, seconds: float = RUN_SECONDS) -> int:
        return self._process.wait(timeout=seconds)

    def said(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")


class Workshop:
    """One home, one workspace file, one simulator; publishers come and go. `trapped`: the simulator can kill."""

    def __init__(self, root: Path, variables: dict[str, str], *, trapped: bool = False):
        self.trapped, self.writes_log = trapped, root / "writes.log"
        self.root, self.home, self.state = root, root / "home", root / "workspace.sqlite"
        root.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        own = {"HD_HOME": str(self.home), "HD_SIMULATOR_URL": self.url, "INTERCOM_TOKEN": "one-of-many"}
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("HD_", "OSTICKET_", "DAGSTER_"))}
        self.environment = {**inherited, **variables, **own, "DAGSTER_DISABLE_TELEMETRY": "yes"}
        self.simulator: Program | None = None
        self._http: httpx.Client | None = None

    def __enter__(self):
        # one connection for all questions: a client for each would cost more than the publisher
        self._http = httpx.Client(base_url=self.url, timeout=30, trust_env=False)
        self.serve()
        return self

    def __exit__(self, *fault):
        self._http.close()
        if self.simulator is not None:
            self.simulator.kill()

    def serve(self) -> None:
        """Start the simulator; it goes on with the workspace as the file has it."""
        if self.trapped:
            self.simulator = self._own("trap", self.port, self.state, self.writes_log, log="simulator.log")
        else:
            arguments = ("simulator", "--port", self.port, "--state", self.state)
            self.simulator = self.command(*arguments, log="simulator.log")
        give_up = time.monotonic() + START_SECONDS
        while True:
            try:
                self.told()
                return
            except httpx.HTTPError as fault:
                if time.monotonic() > give_up or self.simulator.code is not None:
                    raise AssertionError(f"the simulator did not start: {self.simulator.said()}") from fault
                time.sleep(0.05)

    def command(self, *arguments: object, log: str = "command.log") -> Program:
        """A command of the product."""
        return Program("hd_assets", *arguments, environment=self.environment, log=self.root / log)

    def child(self, step: str, *months: str, log: str = "publish.log") -> Program:
        """One step alone."""
        return self._own("child", step, *months, log=log)

    def light(self, migration: str) -> Program:
        """Plan and publish without Dagster."""
        return self._own("light", migration, log="publish.log")

    def _own(self, module: str, *arguments: object, log: str) -> Program:
        name = f"hd_assets_tests.acceptance.{module}"
        return Program(name, *arguments, environment=self.environment, log=self.root / log)

    def arm(self, order: dict) -> None:
        """Give the trap its next order."""
        self._http.post("/_trap", json=order).raise_for_status()

    def noted(self) -> list[tuple[float, str]]:
        """Time (Unix seconds) and phase of every write that a trap saw; `kill` where it struck."""
        if not self.writes_log.exists():
            return []
        lines = (line.split() for line in self.writes_log.read_text().splitlines())
        return [(float(line[0]), line[1]) for line in lines if len(line) == 2]

    def told(self) -> dict:
        """What the simulator says about itself: counts, requests by route, writes."""
        answer = self._http.get("/_simulator/state")
        answer.raise_for_status()
        return answer.json()

    def writes(self) -> int:
        return self.told()["writes"]

    def does(self, program: Program, code: int = 0) -> str:
        """Wait for its end; it ends with that code. Answers everything it said."""
        with program:
            ended = program.wait()
        assert ended == code, f"exit code {ended} instead of {code}:\n{program.said()[-4000:]}"
        return program.said()
