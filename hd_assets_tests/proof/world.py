"""The workspace with its clock: what survives every kill."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import httpx

from hd_assets.simulator.clock import VirtualClock
from hd_assets.simulator.core import Simulator
from hd_assets.simulator.faults import Fault, FaultPlan, Faults
from hd_assets.simulator.rules import Rules
from hd_assets.simulator.transport import SimulatorTransport
from hd_assets_tests.proof.bench import Bench
from hd_assets_tests.proof.source import CLOCK, MIGRATION_ADMIN, OBJECTS, Source

QUIET = Rules(requests_per_minute=60_000_000)
HEADERS = {"Authorization": "Bearer customer", "Intercom-Version": "2.16"}


@dataclass
class World:
    bench: Bench
    simulator: Simulator
    clock: VirtualClock
    workers: int = 1
    # without the HTTP library between publisher and workspace
    light: bool = False
    # all steps of a process in one context
    one_context: bool = False
    # (method, path, status) of everything a publisher sent, None where no answer came
    sent: list[tuple[str, str, int | None]] = field(default_factory=list)
    runs: int = 0
    # hears how many requests were sent, after each
    beside: Callable[[int], None] | None = None

    def next_run(self) -> int:
        self.runs += 1
        return self.runs

    def log(self, method: str, path: str, status: int | None) -> None:
        self.sent.append((method, path, status))
        if self.beside is not None:
            self.beside(len(self.sent))

    def late(self, method: str, path: str, delay: float, send: Callable[[], object]) -> None:
        """The request is on the wire: it takes effect later, whoever hears of it."""
        faults = self.simulator.faults
        self.simulator.faults = Faults([Fault(kind="late_apply", seconds=delay)])
        try:
            send()
        except httpx.HTTPError:
            self.log(method, path, None)
        finally:
            self.simulator.faults = faults

    def set_faults(self, faults: Sequence[Fault], seed: int = 0) -> None:
        self.simulator.set_faults(FaultPlan(seed=seed, faults=tuple(faults)))

    def settle(self, seconds: float) -> None:
        """Let everything that is on its way arrive."""
        self.clock.sleep(seconds)
        self.simulator.counts()

    def snapshot(self) -> bytes:
        return self.simulator.snapshot()


def before(source: Source) -> bytes:
    """The workspace as its owner had it, provisioned for the migration."""
    clock = VirtualClock(CLOCK - 86_400.0)
    simulator = Simulator(clock=clock, rules=QUIET)
    people = [{"name": "Migration", "email": MIGRATION_ADMIN}]
    people += [{"name": agent.name, "email": agent.email} for agent in source.agents if agent.present]
    teams = [{"name": name, "admin_emails": []} for name in source.teams.values()]
    types = OBJECTS if source.things else ()
    made = simulator.provision(admins=people, teams=teams, custom_object_types=types)
    names = {"admin": str(made["admins"][MIGRATION_ADMIN])}
    write(simulator, source.foreign.requests, names)
    return simulator.snapshot()


def write(simulator: Simulator, requests: Sequence[tuple], names: dict[str, str]) -> None:
    """What others write to the workspace, as (method, path, body, name of what is made)."""
    with httpx.Client(
        transport=SimulatorTransport(simulator), base_url="http://simulator.invalid", headers=HEADERS
    ) as api:
        for method, path, body, name in requests:
            answer = api.request(method, path.format(**names), json=_filled(body, names))
            answer.raise_for_status()
            if name:
                data = answer.json()
                names[name] = str(data.get("conversation_id") or data["id"])


def _filled(value: object, names: dict[str, str]) -> object:
    if isinstance(value, dict):
        return {key: _filled(entry, names) for key, entry in value.items()}
    if isinstance(value, list):
        return [_filled(entry, names) for entry in value]
    if isinstance(value, str) and value.startswith("{"):
        return value.format(**names)
    return value


def world(bench: Bench, image: bytes, *, at: float | None = CLOCK, rules: Rules = QUIET, workers: int = 1) -> World:
    """`at`: the time; None goes on at that of the image."""
    clock = VirtualClock(CLOCK)
    simulator = Simulator(clock=clock, rules=rules)
    simulator.restore(image)
    if at is not None:
        clock.move_to(at)
    return World(bench, simulator, clock, workers)
