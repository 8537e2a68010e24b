"""Trials: a publisher, a workspace or both are killed at random moments, and started again until the work is done."""

import random
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from hd_assets.samples.osticket import SampleOptions, write
from hd_assets.samples.report import SampleReport
from hd_assets_tests.acceptance.books import SourceBook, differences, workspace_book
from hd_assets_tests.acceptance.processes import Workshop

TICKETS = 60
# All of the sample; Dagster's events about the years after it would cost more time than publishing does.
MONTHS = ("2023-01", "2023-04")
UNREACHABLE = 4
# Starts after the last kill; an unreachable workspace ends a run, so one more may be needed.
STARTS = 3


@dataclass(frozen=True)
class Staged:
    """A staged sample and its workspace, ready to publish; `reference` is what an undisturbed run makes of it.

    `writes` is the workspace's counter after that run.
    """

    root: Path
    report: SampleReport
    source: SourceBook
    reference: dict
    writes: int

    @contextmanager
    def copy(self, root: Path, *, published: bool = False) -> Iterator[Workshop]:
        """Home and workspace of their own, the simulator running; `published`: as the undisturbed run left them."""
        workshop = Workshop(root, self.report.variables)
        _copy(self.root / ("published" if published else "ready"), workshop.root)
        with workshop:
            yield workshop


def staged_sample(root: Path) -> Staged:
    report = write(root / "source", tickets=TICKETS, seed=7, options=SampleOptions(months=3))
    dump, files = (Path(report.variables[name]) for name in ("OSTICKET_DUMP", "OSTICKET_FILES"))
    workshop = Workshop(root / "work", report.variables)
    workshop.does(workshop.child("stage", log="stage.log"))
    with workshop:
        workshop.does(workshop.command("simulator", "provision", "osticket", log="provision.log"))
    _copy(workshop.root, root / "ready")
    with workshop:
        workshop.does(workshop.child("publish", *MONTHS))
        source = SourceBook(dump, files)
        reference, writes = workspace_book(workshop.url, source), workshop.writes()
    _copy(workshop.root, root / "published")
    return Staged(root, report, source, reference, writes)


def _copy(one: Path, other: Path) -> None:
    other.mkdir(parents=True, exist_ok=True)
    shutil.copytree(one / "home", other / "home", symlinks=True)
    for file in one.glob("workspace.sqlite*"):
        shutil.copy(file, other / file.name)


@dataclass
class Trial:
    """What happened: at how many writes each kill struck, how the starts after it ended, and what is wrong."""

    seed: str
    kills: list[int] = field(default_factory=list)
    codes: list[int] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def __str__(self) -> str:
        said = "; ".join(self.findings) or "nothing lost, doubled, reordered or altered"
        return f"{self.seed}: killed at writes {self.kills}, then exit codes {self.codes}, {self.seconds:.0f} s: {said}"


def run_trial(staged: Staged, root: Path, number: int, *, kills: int = 1, victims: str = "publisher") -> Trial:
    """Kill `victims` (publisher, workspace, both) at random moments between first and last write, then finish.

    The moments follow from the number; which request is under way at such a moment is the machine's choice.
    """
    trial, begun = Trial(f"{victims} {number}"), time.monotonic()
    dice = random.Random(trial.seed)
    moments = sorted(dice.randrange(1, staged.writes) for _ in range(kills))
    with staged.copy(root) as workshop:
        for moment in moments:
            if not _struck(workshop, trial, dice, moment, victims):
                break
        for _ in range(STARTS):
            with workshop.child("publish", *MONTHS) as publisher:
                trial.codes.append(publisher.wait())
            if trial.codes[-1] == 0:
                break
        else:
            trial.findings.append(f"does not end: {workshop_log(root)}")
        book = workspace_book(workshop.url, staged.source)
        trial.findings += differences(book, staged.reference) + staged.source.missing(book)
    trial.seconds = time.monotonic() - begun
    return trial


def workshop_log(root: Path) -> str:
    return (root / "publish.log").read_text(encoding="utf-8", errors="replace")[-2000:]


def _struck(workshop: Workshop, trial: Trial, dice: random.Random, moment: int, victims: str) -> bool:
    """One run up to its violent end; False when it ended before the moment came."""
    with workshop.child("publish", *MONTHS) as publisher:
        while publisher.code is None and workshop.writes() < moment:
            time.sleep(0.02)
        time.sleep(dice.random() * 0.05)
        if publisher.code is not None:
            trial.codes.append(publisher.code)
            return False
        trial.kills.append(_written(workshop))
        if victims != "workspace":
            publisher.kill()
        if victims != "publisher":
            workshop.simulator.kill()
            time.sleep(dice.random())
            workshop.serve()
        if victims == "workspace":
            # it may wait for the workspace to come back, or end and say that it is unreachable
            trial.codes.append(publisher.wait())
    return True


def _written(workshop: Workshop) -> int:
    try:
        return workshop.writes()
    except httpx.HTTPError:
        return -1
