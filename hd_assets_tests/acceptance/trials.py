"""Trials: a publisher, a workspace or both are killed at random moments, and started again until the work is done."""

import random
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from hd_assets.samples.osticket import SampleOptions, write
from hd_assets.samples.report import SampleReport
from hd_assets_tests.acceptance.books import SourceBook, differences, workspace_book
from hd_assets_tests.acceptance.processes import Program, Workshop

TICKETS = 60
# All of the sample; Dagster's events about the years after it would cost more time than publishing does.
MONTHS = ("2023-01", "2023-04")
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
        if victims == "workspace":
            _strike_workspace(workshop, trial, dice, moments)
        else:
            _strike_publisher(workshop, trial, dice, moments, with_workspace=victims == "both")
        for _ in range(STARTS):
            with workshop.child("publish", *MONTHS) as publisher:
                trial.codes.append(publisher.wait())
            if trial.codes[-1] == 0:
                break
        else:
            log = (root / "publish.log").read_text(encoding="utf-8", errors="replace")
            trial.findings.append(f"does not end: {log[-2000:]}")
        book = workspace_book(workshop.url, staged.source)
        trial.findings += differences(book, staged.reference) + staged.source.missing(book)
    trial.seconds = time.monotonic() - begun
    return trial


def _strike_publisher(
    workshop: Workshop, trial: Trial, dice: random.Random, moments: list[int], *, with_workspace: bool
) -> None:
    """One run for each moment, up to its violent end."""
    for moment in moments:
        with workshop.child("publish", *MONTHS) as publisher:
            if not _awaited(workshop, trial, dice, publisher, moment):
                trial.codes.append(publisher.wait())
                return
            publisher.kill()
            if with_workspace:
                _restart(workshop, dice)


def _strike_workspace(workshop: Workshop, trial: Trial, dice: random.Random, moments: list[int]) -> None:
    """One run; it waits for the workspace to come back each time, or ends and says that it is unreachable."""
    with workshop.child("publish", *MONTHS) as publisher:
        for moment in moments:
            if not _awaited(workshop, trial, dice, publisher, moment):
                break
            _restart(workshop, dice)
        trial.codes.append(publisher.wait())


def _awaited(workshop: Workshop, trial: Trial, dice: random.Random, publisher: Program, moment: int) -> bool:
    """Wait for the moment; False when the run has ended before it came."""
    while publisher.code is None and workshop.writes() < moment:
        time.sleep(0.02)
    time.sleep(dice.random() * 0.05)
    if publisher.code is not None:
        return False
    trial.kills.append(workshop.writes())
    return True


def _restart(workshop: Workshop, dice: random.Random) -> None:
    workshop.simulator.kill()
    time.sleep(dice.random())
    workshop.serve()
