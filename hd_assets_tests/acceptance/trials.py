"""Trials: a publisher, a workspace or both are killed at chosen writes, and started again until the work is done."""

import random
import shutil
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from hd_assets.samples.osticket import SampleOptions, write
from hd_assets.samples.report import SampleReport
from hd_assets_tests.acceptance.books import SourceBook, differences, workspace_book
from hd_assets_tests.acceptance.processes import RUN_SECONDS, Program, Workshop
from hd_assets_tests.acceptance.trap import MOMENTS, PHASES, RECHECK

MIGRATION = "osticket"
TICKETS = 60
# All of the sample; Dagster's events about the years after it would cost more time than publishing does.
MONTHS = ("2023-01", "2023-04")
# Starts after the last kill; an unreachable workspace ends a run, so one more may be needed.
STARTS = 3
VICTIMS = ("publisher", "workspace", "both")
# H and the lag of searches for the simulator target.
HORIZON_SECONDS = 3.0


@dataclass(frozen=True)
class Staged:
    """A staged sample and its workspace, ready to publish; `reference` is what an undisturbed run makes of it.

    `sent`: writes of that run by phase.
    """

    root: Path
    report: SampleReport
    source: SourceBook
    reference: dict
    sent: Counter[str]

    @contextmanager
    def copy(self, root: Path, *, published: bool = False, trapped: bool = False) -> Iterator[Workshop]:
        """Home and workspace of their own, the simulator running; `published`: as the undisturbed run left them."""
        workshop = Workshop(root, self.report.variables, trapped=trapped)
        _copy(self.root / ("published" if published else "ready"), workshop.root)
        with workshop:
            yield workshop


def staged_sample(root: Path) -> Staged:
    report = write(root / "source", tickets=TICKETS, seed=7, options=SampleOptions(months=3))
    dump, files = (Path(report.variables[name]) for name in ("OSTICKET_DUMP", "OSTICKET_FILES"))
    workshop = Workshop(root / "work", report.variables, trapped=True)
    workshop.does(workshop.child("stage", log="stage.log"))
    with workshop:
        workshop.does(workshop.command("simulator", "provision", MIGRATION, log="provision.log"))
    _copy(workshop.root, root / "ready")
    with workshop:
        workshop.does(workshop.child("publish", *MONTHS))
        source = SourceBook(dump, files)
        reference, sent = workspace_book(workshop.url, source), Counter(phase for _, phase in workshop.noted())
    _copy(workshop.root, root / "published")
    return Staged(root, report, source, reference, sent)


def _copy(one: Path, other: Path) -> None:
    other.mkdir(parents=True, exist_ok=True)
    shutil.copytree(one / "home", other / "home", symlinks=True)
    for file in one.glob("workspace.sqlite*"):
        shutil.copy(file, other / file.name)


@dataclass(frozen=True)
class Kill:
    """Where a kill strikes: the phase, which of its writes, and the moment (hd_assets_tests.acceptance.trap)."""

    phase: str
    number: int
    moment: str
    delay: float

    def __str__(self) -> str:
        return f"{self.phase} {self.number} {self.moment}"


@dataclass(frozen=True)
class Scheme:
    """What a trial does. `with_dagster`: the publisher is the job of the product, else its light twin."""

    name: str
    victims: str
    kills: tuple[Kill, ...]
    with_dagster: bool = False


@dataclass
class Trial:
    """What happened: the kills that struck, how the starts after them ended, and what is wrong.

    `resumes`: seconds from the start of a process after a kill to its first write of a record.
    """

    scheme: Scheme
    kills: list[Kill] = field(default_factory=list)
    codes: list[int] = field(default_factory=list)
    resumes: list[float] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def __str__(self) -> str:
        said = "; ".join(self.findings) or "nothing lost, doubled, reordered or altered"
        kills = ", ".join(map(str, self.kills))
        resumes = ", ".join(f"{seconds:.1f} s" for seconds in self.resumes)
        resumed = f" first record written {resumes} after the new start;" if resumes else ""
        return (
            f"{self.scheme.name}: {self.scheme.victims} killed at {kills}; exit codes {self.codes};{resumed}"
            f" {self.seconds:.0f} s in all: {said}"
        )


def scheme(staged: Staged, number: int) -> Scheme:
    """The trial of that number: phases, victims and moments take turns, which write it is follows from the number."""
    dice = random.Random(f"trial {number}")
    phases = (*PHASES, RECHECK)
    phase, victims = phases[number % len(phases)], VICTIMS[number // len(phases) % len(VICTIMS)]
    if phase == RECHECK:
        # only what was sent again is looked at again: the first kill must leave a request that never arrived
        kills = [_kill(staged, dice, "conversations", "before"), _kill(staged, dice, RECHECK, "answered")]
    else:
        moment = MOMENTS[number // (len(phases) * len(VICTIMS)) % len(MOMENTS)]
        kills = [_kill(staged, dice, phase, moment)]
        # in every third trial the resumed run is killed again, early
        kills += [Kill("conversations", dice.randrange(1, 30), dice.choice(MOMENTS), 0.001)] * (number % 3 == 0)
    with_dagster = number % 10 == 0
    name = f"trial {number}{' with Dagster' if with_dagster else ''}"
    return Scheme(name, victims, tuple(kills), with_dagster)


def _kill(staged: Staged, dice: random.Random, phase: str, moment: str) -> Kill:
    if phase == RECHECK:
        return Kill(phase, staged.sent["conversations"], moment, dice.random() * (HORIZON_SECONDS + 1))
    # a write takes about a millisecond, most of it the commit; an answer reaches the ledger a little later
    delay = dice.random() * {"during": 0.003, "answered": 0.01}.get(moment, 0)
    return Kill(phase, dice.randrange(1, staged.sent[phase] + 1), moment, delay)


def run_trial(staged: Staged, root: Path, scheme: Scheme) -> Trial:
    """Kill as the scheme says, start again until the work is done, and hold the result against both books."""
    trial, begun = Trial(scheme), time.monotonic()
    dice = random.Random(scheme.name)
    with staged.copy(root, trapped=True) as workshop:
        starts: list[float] = []
        publisher = _start(workshop, scheme, starts)
        try:
            for kill in scheme.kills:
                if not _struck(workshop, publisher, scheme.victims, kill):
                    break
                trial.kills.append(kill)
                if scheme.victims != "publisher":
                    workshop.simulator.kill()
                    time.sleep(dice.random())
                    workshop.serve()
                if scheme.victims != "workspace":
                    trial.codes.append(publisher.wait())
                    publisher = _start(workshop, scheme, starts)
            trial.codes.append(publisher.wait())
            while trial.codes[-1] != 0 and len(trial.codes) < len(scheme.kills) + STARTS:
                publisher = _start(workshop, scheme, starts)
                trial.codes.append(publisher.wait())
        finally:
            publisher.kill()
        if scheme.victims != "publisher":
            # a kill that comes after the last write strikes whoever reads the result
            time.sleep(max(kill.delay for kill in scheme.kills) + 0.2)
            if workshop.simulator.code is not None:
                workshop.serve()
        if trial.codes[-1] != 0:
            log = (root / "publish.log").read_text(encoding="utf-8", errors="replace")
            trial.findings.append(f"does not end: {log[-2000:]}")
        trial.resumes = list(_resumes(starts[1:], workshop.noted()))
        book = workspace_book(workshop.url, staged.source)
        trial.findings += differences(book, staged.reference) + staged.source.missing(book)
    trial.seconds = time.monotonic() - begun
    return trial


def _start(workshop: Workshop, scheme: Scheme, starts: list[float]) -> Program:
    starts.append(time.time())
    return workshop.child("publish", *MONTHS) if scheme.with_dagster else workshop.light(MIGRATION)


def _struck(workshop: Workshop, publisher: Program, victims: str, kill: Kill) -> bool:
    """Arm the trap and wait until it strikes; False when the run ends before."""
    number = kill.number
    if kill.phase == RECHECK:
        # close to the last write: what is left of the phase, but for the request that was dropped
        number = max(1, number - sum(phase == "conversations" for _, phase in workshop.noted()) - 1)
    order = {"phase": "conversations" if kill.phase == RECHECK else kill.phase, "number": number}
    order |= {"moment": kill.moment, "delay": kill.delay}
    order |= {"publisher": None if victims == "workspace" else publisher.group, "workspace": victims != "publisher"}
    before = _kills(workshop)
    workshop.arm(order)
    give_up = time.monotonic() + RUN_SECONDS
    while time.monotonic() < give_up:
        ended = publisher.code is not None
        # asked after the publisher: the kill is noted before it falls, and of two victims one falls first
        if _kills(workshop) > before:
            if workshop.simulator.code is not None if victims != "publisher" else ended:
                return True
        elif ended:
            return False
        time.sleep(0.01)
    raise AssertionError(f"neither killed nor ended: {publisher.said()[-2000:]}")


def _kills(workshop: Workshop) -> int:
    return sum(phase == "kill" for _, phase in workshop.noted())


def _resumes(starts: Iterable[float], noted: list[tuple[float, str]]) -> Iterator[float]:
    """The marker of a run in the workspace is written first; it is no record and does not count."""
    for start in starts:
        # what a killed process had in flight may still be worked on for a moment
        first = [at for at, phase in noted if at > start + 0.2 and phase not in ("workspace", "kill")]
        if first:
            yield first[0] - start
