"""Every boundary of every request of one migration: killed there, resumed, judged.

One undisturbed run is watched. At each boundary the bytes of ledger and workspace are taken as they are at that
instant, another machine goes on from there to the end, and the watched run goes on as if nothing had happened.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from hd_assets_tests.proof.books import Books
from hd_assets_tests.proof.canon import canon, events, unlike
from hd_assets_tests.proof.checker import judge
from hd_assets_tests.proof.machine import Disk, Kill, Machine, Process
from hd_assets_tests.proof.staging import HORIZON
from hd_assets_tests.proof.templates import Templates
from hd_assets_tests.proof.world import World, world

POINTS = ("before", "wire", "answer", "noted")
# what is on the wire arrives at once, soon, or as late as the assumption allows
DELAYS = (0.0, 20.0, HORIZON - 1.0)
MOST_RUNS = 6


@dataclass
class Swept:
    """`findings`: one line each. `again`: events the workspace noted once more than in the undisturbed run."""

    requests: int = 0
    kinds: dict[str, int] = field(default_factory=dict)
    boundaries: Counter = field(default_factory=Counter)
    counts: Counter = field(default_factory=Counter)
    unlike: int = 0
    held: int = 0
    again: int = 0
    findings: list[str] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        yield f"requests {self.requests}, operations of {len(self.kinds)} kinds"
        for point in POINTS:
            yield f"killed {point:7} {self.boundaries[point]:6}"
        for name in ("lost", "doubled", "reordered", "altered"):
            yield f"{name:14} {self.counts[name]:6}"
        yield f"unlike         {self.unlike:6}"
        yield f"quarantined    {self.held:6}"
        yield f"events again   {self.again:6}"


class Sweep:
    """`chosen(number, point)` says which boundaries are taken; `second` kills the resumed process as well."""

    def __init__(self, source: str, root: Path, chosen: Callable[[int, str], bool]) -> None:
        self.templates = Templates(source, root / source)
        self._root, self._chosen = root, chosen
        self.swept = Swept()
        self._number = 0
        self._plain, self._events = self._undisturbed()

    def _undisturbed(self) -> tuple[dict, Counter]:
        made = world(self.templates.bench, self.templates.image)
        machine = Machine(made, self._root / "undisturbed")
        ended = machine.run()
        made.settle(10 * HORIZON)
        content = made.snapshot()
        found = judge(self.templates.source, self.templates.store, content)
        if ended.how != "finished" or found.lines:
            raise AssertionError(f"{ended.how} {ended.fault} {found.lines[:5]}")
        self.swept.requests = ended.requests
        self.swept.kinds = Books(ended.disk).kinds
        return canon(content), events(content)

    def run(self) -> Swept:
        made = world(self.templates.bench, self.templates.image)
        made.light = True
        Machine(made, self._root / "watched").run(watch=self._watch)
        return self.swept

    def _watch(self, process: Process, number: int, point: str, send: Callable[[], object] | None) -> None:
        if point not in POINTS or not self._chosen(number, point):
            return
        made, disk = process.world, Disk.of(process.path)
        image = made.snapshot()
        if point != "wire":
            self._resume(f"request {number}, {point}", point, disk, image)
            return
        for delay in DELAYS:
            made.late("", "", delay, send or (lambda: None))
            late = made.snapshot()
            made.simulator.restore(image)
            self._resume(f"request {number}, {point} {delay:.0f} s", point, disk, late)

    def _resume(self, where: str, point: str, disk: Disk, image: bytes) -> None:
        self.swept.boundaries[point] += 1
        made = resumed(self.templates, image)
        self._number += 1
        machine = Machine(made, self._root / f"resumed-{self._number}", disk)
        self._judge(where, finish(machine), machine, made)

    def _judge(self, where: str, fault: str, machine: Machine, made: World) -> None:
        swept = self.swept
        if fault:
            swept.findings.append(f"{where}: {fault}")
        made.settle(10 * HORIZON)
        content = made.snapshot()
        held = Books(machine.ends[-1].disk).quarantined
        found = judge(self.templates.source, self.templates.store, content, held)
        swept.counts.update(found.counts)
        swept.held += len(held)
        swept.findings += [f"{where}: {line}" for line in found.lines]
        swept.findings += [f"{where}: waits for a person: {why}" for why in held.values()]
        differing = unlike(canon(content), self._plain)
        swept.unlike += bool(differing)
        swept.findings += [f"{where}: {line}" for line in differing[:3]]
        swept.again += (events(content) - self._events).total()

    def twice(self, first: tuple[int, str], most: int) -> None:
        """Kill at one boundary, and then the resumed process at each of its own first `most` requests."""
        made = world(self.templates.bench, self.templates.image)
        made.light = True
        machine = Machine(made, self._root / "first")
        machine.run(Kill(*first, delay=HORIZON - 1.0))
        disk, image = machine.disk, made.snapshot()
        if disk is None:
            raise AssertionError("the first kill left no ledger")
        for number in range(1, most + 1):
            for point in POINTS:
                again = resumed(self.templates, image)
                self._number += 1
                second = Machine(again, self._root / f"second-{self._number}", disk)
                if second.run(Kill(number, point, delay=HORIZON - 1.0)).how != "killed":
                    return
                self.swept.boundaries[f"second {point}"] += 1
                self._judge(f"request {first} and then {number} {point}", finish(second), second, again)


def resumed(templates: Templates, image: bytes) -> World:
    made = world(templates.bench, image, at=None)
    made.runs, made.light = 100, True
    return made


def finish(machine: Machine) -> str:
    """Start the publisher until nothing is left; answers why it was not, if so."""
    for _ in range(MOST_RUNS):
        ended = machine.run()
        if ended.how == "finished" and not Books(ended.disk).left:
            return ""
    return f"not finished after {MOST_RUNS} runs: {ended.fault} {Books(ended.disk).left[:3]}"
