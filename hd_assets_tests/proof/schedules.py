"""Random schedules of faults and kills, each made and repeated from one number.

`python -m hd_assets_tests.proof.schedules --seed 1234` plays one and tells its story.
"""

import argparse
import dataclasses
import random
import shutil
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from hd_assets.simulator.faults import BESIDE, Fault
from hd_assets.simulator.rules import Rules
from hd_assets_tests.proof.books import Books
from hd_assets_tests.proof.checker import Verdict, judge
from hd_assets_tests.proof.fixtures import SOURCES
from hd_assets_tests.proof.machine import AT_COMMIT, AT_REQUEST, Kill, Machine
from hd_assets_tests.proof.readback import read_back
from hd_assets_tests.proof.rival import Rival
from hd_assets_tests.proof.scratch import scratch
from hd_assets_tests.proof.source import CLOCK
from hd_assets_tests.proof.staging import HORIZON, SEARCH_LAG
from hd_assets_tests.proof.steps import FROM_RECORDS, STEPS
from hd_assets_tests.proof.store import Store
from hd_assets_tests.proof.templates import BEGINNINGS, Templates
from hd_assets_tests.proof.world import World, world

WRITES = "^(POST|PUT|DELETE) (?!.*/search$|/companies/list$)"
STATUSES = (408, 500, 502, 503, 504)
# a process that the faults stop again and again is started again and again
MOST_RUNS = 40
# and if nothing but a person can help, it says so each time
BARRED = 20
# of the seeds: every so manieth takes three workers, and a context for each step as the web page has it
EVERY_PARALLEL, EVERY_STEPWISE = 20, 10
# every tenth, five further on, has custom objects and old addresses as well
EVERY_WIDE = 10


def _within(dice: random.Random, most: float) -> float:
    """Seconds up to just under `most`, the edges more often than chance would have them."""
    return dice.choice((0.0, 0.5, most - 1, most - 0.01, dice.uniform(0, most - 1)))


# kind → its own values; all of them keep every stated assumption
KINDS: dict[str, Callable[[random.Random], dict]] = {
    "applied_then_lost": lambda dice: {},
    "lost_before": lambda dice: {},
    "late_apply": lambda dice: {"seconds": _within(dice, HORIZON)},
    "reorder": lambda dice: {"count": dice.randrange(1, 15), "seconds": _within(dice, HORIZON)},
    "status_before": lambda dice: {"status": dice.choice(STATUSES)},
    "status_after": lambda dice: {"status": dice.choice(STATUSES)},
    "storm_429": lambda dice: {"count": dice.randrange(1, 8)},
    "connect_error": lambda dice: {},
    "keepalive_drop": lambda dice: {},
    "reset_in_body": lambda dice: {},
    "slow": lambda dice: {"seconds": dice.choice((dice.uniform(1, 59), dice.uniform(61, HORIZON - 1)))},
    "hang_before": lambda dice: {"seconds": dice.uniform(1, 300)},
    "hang_after": lambda dice: {"seconds": dice.uniform(1, 300)},
    "truncated": lambda dice: {},
    "empty_body": lambda dice: {},
    "not_json": lambda dice: {},
    "no_id": lambda dice: {},
    "search_lag": lambda dice: {"seconds": _within(dice, SEARCH_LAG)},
    "list_lag": lambda dice: {"seconds": _within(dice, SEARCH_LAG)},
    "rate_headers_missing": lambda dice: {},
    "rate_headers_absurd": lambda dice: {},
    "rate_headers_past": lambda dice: {},
    "rate_headers_ms": lambda dice: {},
    "rate_limit_zero": lambda dice: {},
    "wrong_date": lambda dice: {"seconds": dice.choice((-86_400.0, 86_400.0, 59.0))},
    "foreign_load": lambda dice: {"count": dice.randrange(100, 1500)},
}
# rules of the workspace that nobody outside knows for sure, or that its owner may set
SWITCHES: dict[str, tuple] = {
    "contact_reply_reopens": (False,),
    "contact_reply_needs_participant": (False,),
    "empty_file_refused": (False,),
    "option_check": (False,),
    "part_html": ("admins", "notes"),
    "inline_images": ("strip",),
    "parts_order": ("created",),
    "future_created_at_refused": (False,),
    "converted_conversation_readable": (False,),
    "resolved_ticket_closes": (False,),
    "event_parts": (False,),
    "search_bounds_inclusive": (False,),
    "company_lookup": ("list",),
    "company_hidden_until_attached": (False,),
    "archived_contacts_hidden": (False,),
    "search_lag_seconds": (SEARCH_LAG - 1.0,),
    "list_lag_seconds": (SEARCH_LAG - 1.0,),
}


@dataclass(frozen=True)
class Schedule:
    """`kills`: of the first, second, … process; `pauses`: seconds until the next one is started; `whole`: whether it
    takes all steps, or those after the workspace was furnished.
    """

    seed: int
    begin: str
    workers: int
    rules: dict
    faults: tuple[Fault, ...]
    kills: tuple[Kill, ...]
    pauses: tuple[float, ...]
    whole: tuple[bool, ...]
    source: str = "small"
    # broken promises of the machine: a disk that loses its last commits in a kill, a clock that jumps in a pause
    lying: int = 0
    jump: float = 0.0
    # conversations equal to ours that somebody else writes: (requests sent, or minus the processes ended; case)
    rivals: tuple[tuple[int, int], ...] = ()


def draw(seed: int) -> Schedule:
    dice = random.Random(seed)
    struck = dice.randrange(6, 15)
    kills = tuple(_kill(dice, number) for number in range(dice.choice((0, 1, 1, 2, 2, 3, 4))))
    faults = tuple(_fault(dice) for _ in range(struck))
    names = [name for name in SWITCHES if dice.random() < 0.2]
    begin = dice.choice(BEGINNINGS)
    return Schedule(
        seed=seed,
        begin=begin,
        workers=3 if seed % EVERY_PARALLEL == 0 else 1,
        rules={name: dice.choice(SWITCHES[name]) for name in names},
        faults=faults,
        kills=kills,
        pauses=tuple(dice.choice((0.0, dice.uniform(0, 5), dice.uniform(0, 3 * HORIZON))) for _ in range(MOST_RUNS)),
        whole=tuple(begin != "furnished" or dice.random() < 0.25 for _ in range(MOST_RUNS)),
        source="wide" if seed % EVERY_WIDE == EVERY_WIDE // 2 else "small",
    )


def _fault(dice: random.Random) -> Fault:
    kind = dice.choice(list(KINDS))
    values = KINDS[kind](dice)
    # the first forty-five writes there are in any case
    where = {"route": WRITES, "after": dice.randrange(45)} if dice.random() < 0.8 else {"after": dice.randrange(70)}
    times = dice.randrange(1, 8) if kind in BESIDE else dice.choice((1, 1, 1, 1, 2, 3))
    return Fault(kind=kind, times=times, **values, **where)


def _kill(dice: random.Random, number: int) -> Kill:
    """The later processes have less to do, and begin with what the dead one left open."""
    if dice.random() < 0.2:
        return Kill(dice.randrange(1, 30), dice.choice(AT_COMMIT), cut=dice.random())
    most = 75 if number == 0 else 45
    return Kill(dice.randrange(1, most), dice.choice(AT_REQUEST), _within(dice, HORIZON), dice.random())


@dataclass
class Played:
    """What became of a schedule. `fired`: fault or kill → how often."""

    schedule: Schedule
    verdict: Verdict
    fired: dict[str, int]
    requests: int
    runs: int
    held: dict[str, str]
    conversations: int
    broken: list[str] = field(default_factory=list)
    log: list[tuple[str, str, int | None]] = field(default_factory=list)
    # state of second look-ups → how many
    rechecked: dict[str, int] = field(default_factory=dict)
    # where the product was asked to read back: operations that a run ended with as refused, and
    # object → records of which the read-back says more than without any fault
    refused: int = 0
    differing: dict[str, int] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        return not self.verdict.lines and not self.broken


class Player:
    """Plays schedules over frozen sources; what they share is made once."""

    def __init__(self, root: Path, *, read_back: bool = False) -> None:
        """`read_back`: the product compares each finished workspace as well."""
        self._root, self._number, self._read_back = root, 0, read_back
        self._templates: dict[str, Templates] = {}
        self._undisturbed: dict[str, Counter] = {}

    def templates(self, source: str) -> Templates:
        if source not in self._templates:
            self._templates[source] = Templates(source, self._root / source)
        return self._templates[source]

    def play(self, schedule: Schedule, tell: Callable[[str], None] | None = None) -> Played:
        random.seed(schedule.seed)
        templates = self.templates(schedule.source)
        begin = templates.beginning(schedule.begin)
        rules = Rules(**schedule.rules)
        made = world(templates.bench, begin.image, at=CLOCK, rules=rules, workers=schedule.workers)
        made.runs, made.light, made.one_context = 100, schedule.workers == 1, schedule.seed % EVERY_STEPWISE != 0
        made.set_faults(schedule.faults, seed=schedule.seed)
        self._number += 1
        rival = made.beside = Rival(made, templates.source, schedule.rivals) if schedule.rivals else None
        machine = Machine(made, self._root / f"machine-{self._number}", begin.disk, lying=schedule.lying)
        broken = self._run(schedule, machine, made, tell)
        made.settle(10 * HORIZON)
        before = templates.store if rival is None else rival.beside(templates.store)
        played = self._judged(schedule, machine, made, before)
        played.broken += broken
        if self._read_back:
            played.refused = sum(Books(ended.disk).refused for ended in machine.ends)
            folder = self._root / "read-back"
            told = read_back(made, machine.ends[-1].disk, folder / str(self._number))
            shutil.rmtree(folder)
            played.differing = dict(Counter(told) - self._usual(schedule.source))
        return played

    def _usual(self, source: str) -> Counter:
        """What the read-back lists without any fault: what others had added to records that were adopted."""
        if source not in self._undisturbed:
            made, folder = world(self.templates(source).bench, self.templates(source).image), self._root / "undisturbed"
            disk = Machine(made, folder).run().disk
            self._undisturbed[source] = Counter(read_back(made, disk, folder / "read-back"))
        return self._undisturbed[source]

    def _run(self, schedule: Schedule, machine: Machine, made: World, tell: Callable[[str], None] | None) -> list[str]:
        """Process after process until nothing is left to do."""
        for number in range(MOST_RUNS):
            kill = schedule.kills[number] if number < len(schedule.kills) else None
            start = len(made.sent)
            ended = machine.run(kill, steps=STEPS if schedule.whole[number] else FROM_RECORDS)
            if tell is not None:
                tell(f"process {number + 1}: {kill or 'no kill'}: {ended.how}, {ended.requests} requests {ended.fault}")
                for entry in made.sent[start:]:
                    tell(f"    {entry[0]} {entry[1]} {entry[2] or 'no answer'}")
            if made.beside is not None:
                made.beside(-(number + 1))
            if ended.after_death and schedule.workers == 1:
                return [f"a dead process sent {ended.after_death} requests"]
            if ended.how == "finished" and not Books(ended.disk).left and number >= len(schedule.kills) - 1:
                return []
            if _is_barred(machine, len(schedule.kills)):
                return [f"barred: {ended.fault}"]
            made.clock.move_to(made.clock.now() + schedule.pauses[number] + (schedule.jump if number == 0 else 0.0))
        return [f"not finished after {MOST_RUNS} runs: {ended.fault} {Books(ended.disk).left[:5]}"]

    def _judged(self, schedule: Schedule, machine: Machine, made: World, before: Store) -> Played:
        fired = dict(made.simulator.summary()["faults"])
        for kill, ended in zip(schedule.kills, machine.ends, strict=False):
            if ended.how == "killed":
                fired[f"kill {kill.point}"] = fired.get(f"kill {kill.point}", 0) + 1
        books, templates = Books(machine.ends[-1].disk), self.templates(schedule.source)
        held = books.quarantined
        verdict = judge(templates.source, before, made.snapshot(), held)
        return Played(
            schedule,
            verdict,
            fired,
            len(made.sent),
            len(machine.ends),
            held,
            len(templates.source.cases),
            log=made.sent,
            rechecked=books.rechecked,
        )


def _is_barred(machine: Machine, kills: int) -> bool:
    """Whether rerun after rerun meets the same closed door, so that only a person can go on."""
    last = machine.ends[-BARRED:]
    same = len({ended.fault for ended in last}) == 1 and last[-1].fault.startswith("BlockedError")
    return same and len(machine.ends) >= kills + BARRED


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--source", choices=SOURCES, help="another one than the seed's own")
    options = parser.parse_args(arguments)
    with scratch() as folder:
        schedule = draw(options.seed)
        if options.source:
            schedule = dataclasses.replace(schedule, source=options.source)
        print(f"source {schedule.source}, begins {schedule.begin}, {schedule.workers} worker(s)")
        print(f"rules {schedule.rules}")
        for fault in schedule.faults:
            print(f"  fault {fault.model_dump(exclude_defaults=True)}")
        for kill in schedule.kills:
            print(f"  {kill}")
        played = Player(folder).play(schedule, print)
        print(f"fired {played.fired}")
        for key, why in played.held.items():
            print(f"waits for a person: {key}: {why}")
        for line in [*played.broken, *played.verdict.lines]:
            print(line)
        print("nothing lost, doubled, reordered, altered" if played.ok else "NOT AS IT WAS")
    return 0 if played.ok else 1


if __name__ == "__main__":
    sys.exit(main())
