"""A publisher that can be killed: processes over byte copies of one ledger, and the workspace that survives them all.

After a kill no code of the dead process has any effect: its transport answers nobody, and its successor opens a copy
of ledger and WAL taken at that instant. The workspace and the time go on.
"""

import shutil
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from hd_assets.errors import HdError
from hd_assets.publish import ledger as ledger_module
from hd_assets.publish.context import open_context
from hd_assets.settings import Settings
from hd_assets.simulator.transport import SimulatorTransport
from hd_assets_tests.builders import MIGRATION
from hd_assets_tests.proof.light import LightHttp
from hd_assets_tests.proof.steps import STEPS, Steps
from hd_assets_tests.proof.world import World

# where a process can be killed: around a request, or around a commit of its ledger
AT_REQUEST = ("before", "wire", "answer", "noted", "torn")
AT_COMMIT = ("committed", "torn_commit")


Watch = Callable[["Process", int, str, Callable[[], Any] | None], None]


class KilledError(BaseException):
    """The process is gone. Not an Exception: nothing that mends failures may see it."""


@dataclass(frozen=True)
class Kill:
    """End the process at its `at`-th request, or commit of the ledger (from 1).

    before  the intention is durable, nothing was sent        wire   sent; it takes effect `delay` seconds later
    answer  it took effect and was answered, nothing is noted   noted  the ledger holds the outcome
    torn    inside the commit that follows: `cut` (0 to 1) of the WAL's new bytes have reached the disk
    committed, torn_commit   after, inside the commit itself; the first ones are the plan's
    """

    at: int
    point: str
    delay: float = 0.0
    cut: float = 0.5


@dataclass(frozen=True)
class Disk:
    """Ledger and WAL at one instant."""

    main: bytes
    wal: bytes

    @classmethod
    def of(cls, path: Path) -> "Disk":
        wal = path.with_name(path.name + "-wal")
        return cls(path.read_bytes() if path.exists() else b"", wal.read_bytes() if wal.exists() else b"")

    def write(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        if self.main:
            path.write_bytes(self.main)
        if self.wal:
            path.with_name(path.name + "-wal").write_bytes(self.wal)

    def torn(self, later: "Disk", cut: float) -> "Disk":
        """The same with the first part of what a commit changed in the WAL."""
        old, new = self.wal, later.wal
        same, size = 0, 4096
        while size:
            # whole blocks first, then ever smaller ones
            if same + size <= min(len(old), len(new)) and old[same : same + size] == new[same : same + size]:
                same += size
            else:
                size //= 2
        at = same + int((len(new) - same) * cut)
        return Disk(self.main, new[:at] + old[at:])


@dataclass
class Ended:
    """How a process ended: finished, killed, or stopped by a fault it reported."""

    how: str
    disk: Disk
    requests: int
    fault: str = ""
    after_death: int = 0


class Process:
    """One run of the publisher, from opening the ledger to its end.

    `watch` hears (process, number of the request, point, how to send it) at each boundary.
    """

    def __init__(
        self,
        world: World,
        folder: Path,
        disk: Disk | None,
        kill: Kill | None = None,
        *,
        watch: "Watch | None" = None,
        steps: Steps = STEPS,
        lying: int = 0,
    ) -> None:
        self.world, self.bench, self.kill, self.watch = world, world.bench, kill, watch
        self.steps = steps
        # what the disk held before each of the last commits, where it loses them in a kill
        self._earlier: deque[Disk] | None = deque(maxlen=lying) if lying else None
        self.settings = Settings(folder, world.bench.mappings, world.bench.mappings, "http://simulator.invalid")
        self.path = self.settings.stores(MIGRATION).ledger("simulator")
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.settings.stores(MIGRATION).files.symlink_to(world.bench.files)
        if disk is not None:
            disk.write(self.path)
        self.disk: Disk | None = None
        self.dead = False
        self.requests = self.commits = self.after_death = 0
        self.committing = threading.RLock()
        self._armed: str | None = None
        self._unheard = False

    # its life

    def run(self) -> Ended:
        try:
            with _ledgers_of(self):
                self._steps()
        except KilledError:
            pass
        except HdError as fault:
            if not self.dead:
                return self._ended("stopped", f"{type(fault).__name__}: {fault.what}")
        if self.dead and self.disk is not None:
            return Ended("killed", self.disk, self.requests, after_death=self.after_death)
        return self._ended("finished")

    def _ended(self, how: str, fault: str = "") -> Ended:
        return Ended(how, Disk.of(self.path), self.requests, fault)

    def _steps(self) -> None:
        run_id, wire = f"run-{self.world.next_run()}", _Wire(self)
        # as a rerun from the web page has it, each step opens ledger and client for itself; or all share one
        groups = [self.steps] if self.world.one_context else [(step,) for step in self.steps]
        for group in groups:
            with open_context(
                self.settings,
                self.bench.migration(self.world.workers),
                "simulator",
                environment={},
                transport=wire,
                clock=self.world.clock,
                step=group[0][0],
                run_id=run_id,
            ) as context:
                context.warehouse = self.bench.warehouse
                if self.world.light:
                    context.client._http = LightHttp(self.world.simulator, wire.exchange)
                for _, step in group:
                    step(context)

    # its end

    def die(self, disk: Disk | None = None) -> None:
        """End here. Raises KilledError."""
        with self.committing:
            if not self.dead:
                self.disk = self._earlier[0] if self._earlier else disk or Disk.of(self.path)
                self.dead = True
        raise KilledError

    def at_request(self) -> tuple[int, str | None, float]:
        """Number of the request about to be sent, and what the kill wants of it."""
        if self.dead:
            self.after_death += 1
            raise KilledError
        if self._armed is not None:
            # the outcome was written with an earlier commit, or nothing had to be written
            self.die()
        self.requests += 1
        number, kill = self.requests, self.kill
        if self.watch is not None:
            self.watch(self, number, "before", None)
        if kill is None or kill.at != number or kill.point in AT_COMMIT:
            return number, None, 0.0
        if kill.point == "before":
            self.die()
        return number, kill.point, kill.delay

    def after_answer(self, number: int, point: str | None) -> None:
        self._unheard = True
        if self.watch is not None:
            self.watch(self, number, "answer", None)
        if point == "answer":
            self.die()
        if point in ("noted", "torn"):
            self._armed = point

    def _noted(self) -> None:
        """The first commit after an answer holds what became of the request."""
        if self.watch is not None and self._unheard:
            self._unheard = False
            self.watch(self, self.requests, "noted", None)

    def commit(self, work: Callable[[], object]) -> object:
        """One commit of the ledger, by its writer's thread."""
        with self.committing:
            if self.dead:
                raise KilledError
            self.commits += 1
            if self._earlier is not None:
                self._earlier.append(Disk.of(self.path))
            kill = self.kill
            due = kill is not None and kill.point in AT_COMMIT and kill.at == self.commits
            if kill is not None and (self._armed == "torn" or (due and kill.point == "torn_commit")):
                earlier = Disk.of(self.path)
                work()
                self.die(earlier.torn(Disk.of(self.path), kill.cut))
            done = work()
            self._noted()
            if due or self._armed == "noted":
                self.die()
            return done


class _Wire(httpx.BaseTransport):
    """Between a process and the workspace."""

    def __init__(self, process: Process) -> None:
        self._process, self._inner = process, SimulatorTransport(process.world.simulator)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self.exchange(request.method, request.url.path, lambda: self._inner.handle_request(request))

    def exchange(self, method: str, path: str, send: Callable[[], Any]) -> Any:
        process = self._process
        number, point, delay = process.at_request()
        if process.watch is not None:
            process.watch(process, number, "wire", send)
        if point == "wire":
            process.world.late(method, path, delay, send)
            process.die()
        try:
            response = send()
        except httpx.HTTPError:
            process.world.log(method, path, None)
            process.after_answer(number, point)
            raise
        process.world.log(method, path, response.status_code)
        process.after_answer(number, point)
        return response


class _Writing:
    """A ledger's writing connection whose commits the process hears of."""

    def __init__(self, connection: sqlite3.Connection, process: Process) -> None:
        self._connection, self._process = connection, process

    def execute(self, sql: str, *bound: object) -> object:
        if sql == "commit":
            return self._process.commit(lambda: self._connection.execute(sql))
        return self._connection.execute(sql, *bound)

    def __getattr__(self, name: str) -> object:
        return getattr(self._connection, name)


# a process may be started while another one is watched
_CONNECT = ledger_module.connect


@contextmanager
def _ledgers_of(process: Process) -> Iterator[None]:
    """While it runs, ledgers opened for writing are the process's."""
    outer = ledger_module.connect

    def connect(path: str, *, readonly: bool = False) -> object:
        connection = _CONNECT(path, readonly=readonly)
        return connection if readonly else _Writing(connection, process)

    ledger_module.connect = connect
    try:
        yield
    finally:
        ledger_module.connect = outer


@dataclass
class Machine:
    """A computer on which one process after the other publishes; `disk` is what it has on its disk."""

    world: World
    root: Path
    disk: Disk | None = None
    ends: list[Ended] = field(default_factory=list)
    lying: int = 0

    def run(self, kill: Kill | None = None, *, watch: Watch | None = None, steps: Steps = STEPS) -> Ended:
        folder = self.root / f"{len(self.ends)}"
        shutil.rmtree(folder, ignore_errors=True)
        ended = Process(self.world, folder, self.disk, kill, watch=watch, steps=steps, lying=self.lying).run()
        self.disk = ended.disk
        self.ends.append(ended)
        shutil.rmtree(folder, ignore_errors=True)
        return ended
