"""Each stated assumption broken in turn: what is noticed, by whom, and what is not.

`python -m hd_assets_tests.proof.assumptions --report FILE [--schedules 500] [--processes 2] [--only NAME]` appends a
line for each batch to FILE and prints the table; what FILE holds already is not played again. The checker says what
became of the workspace. Noticed is what a person hears of without it: from the publisher (quarantine, refusals, a
second look-up that found something, a run that cannot finish), from the fence, from the read-back afterwards.
"""

import argparse
import dataclasses
import gc
import json
import multiprocessing
import random
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from hd_assets.simulator.faults import Fault
from hd_assets_tests.proof.campaign import COUNTED, read
from hd_assets_tests.proof.schedules import WRITES, Played, Player, Schedule, draw
from hd_assets_tests.proof.scratch import scratch
from hd_assets_tests.proof.staging import HORIZON, SEARCH_LAG

BATCH = 25
BY = ("publisher", "fence", "reconcile")
# how the fence and the ledger's own guard say that a ledger is not the one that was last written
_FENCE = ("ledger", "was cut off")
CREATIONS = "^POST /conversations$"
CASES = (1, 2, 3, 21, 6, 7)
Break = Callable[[Schedule, random.Random], Schedule]


def _with(kind: str, times: int = 2, **values: object) -> Break:
    """The same schedule with faults that no publisher can be right under."""

    def broken(schedule: Schedule, dice: random.Random) -> Schedule:
        more = [
            Fault(kind=kind, route=str(values.get("route", WRITES)), after=dice.randrange(45), times=1, **_drawn(dice))
            for _ in range(times)
        ]
        return dataclasses.replace(schedule, faults=(*more, *schedule.faults))

    def _drawn(dice: random.Random) -> dict:
        return {name: value(dice) if callable(value) else value for name, value in values.items() if name != "route"}

    return broken


def _lagging(schedule: Schedule, dice: random.Random) -> Schedule:
    lag = SEARCH_LAG + HORIZON + dice.uniform(10, 600)
    return dataclasses.replace(schedule, rules=schedule.rules | {"search_lag_seconds": lag, "list_lag_seconds": lag})


def _late_kills(schedule: Schedule, dice: random.Random) -> Schedule:
    kills = tuple(
        dataclasses.replace(kill, point="wire", delay=HORIZON * dice.uniform(1.5, 5)) if kill.point == "wire" else kill
        for kill in schedule.kills
    )
    late = _with("late_apply", seconds=lambda dice: HORIZON * dice.uniform(1.5, 5))
    return late(dataclasses.replace(schedule, kills=kills), dice)


def _with_rivals(schedule: Schedule, dice: random.Random) -> Schedule:
    """During the runs and between them; with lost creations, which is when it matters."""
    lost = _with("applied_then_lost", 1, route=CREATIONS)(schedule, dice)
    lost = _with("lost_before", 1, route=CREATIONS)(lost, dice)
    moments = [*(dice.randrange(1, 70) for _ in range(3)), *(-dice.randrange(1, 4) for _ in range(2))]
    rivals = tuple((moment, dice.choice(CASES)) for moment in moments)
    faults = tuple(
        fault.model_copy(update={"after": dice.randrange(len(CASES))}) if fault.route == CREATIONS else fault
        for fault in lost.faults
    )
    return dataclasses.replace(schedule, faults=faults, rivals=rivals)


BREAKS: dict[str, Break] = {
    "nothing (for comparison)": lambda schedule, dice: schedule,
    "A1: takes effect later than H": _late_kills,
    "searches lag longer than configured": _lagging,
    "reads are stale": _with("stale_read", 4, route="^GET", seconds=lambda dice: dice.uniform(1, 300)),
    "the network delivers twice": _with("duplicate"),
    "429 that did apply": _with("applied_then_429"),
    "4xx that did apply": _with("status_after", status=lambda dice: dice.choice((400, 404, 422))),
    "the disk loses acknowledged commits": lambda schedule, dice: dataclasses.replace(
        schedule, lying=dice.randrange(1, 6)
    ),
    "others write equal conversations": _with_rivals,
    "the clock jumps": lambda schedule, dice: dataclasses.replace(schedule, jump=dice.choice((-3600.0, 3600.0))),
}


def noticed(played: Played) -> dict[str, list[str]]:
    """By whom a person hears that something is not as it should be → what."""
    looks = [state for state in ("doubled", "kept", "removed", "mended") if played.rechecked.get(state)]
    found: dict[str, list[str]] = {
        "publisher": [f"second look: {state}" for state in looks],
        "fence": [],
        "reconcile": sorted(played.differing),
    }
    if played.held:
        found["publisher"].append("quarantine")
    if played.refused:
        found["publisher"].append("refused")
    for line in played.broken:
        if any(word in line for word in _FENCE):
            found["fence"].append("refuses the ledger")
        else:
            found["publisher"].append("cannot finish")
    return {by: said for by, said in found.items() if said}


def survey(player: Player, name: str, first: int, last: int) -> dict:
    """One assumption broken in the schedules of these seeds, as a line of the report."""
    sums: Counter = Counter()
    said: Counter = Counter()
    silent = []
    for seed in range(first, last + 1):
        schedule = draw(seed)
        # where the destination shows other words than were sent, the read-back says so whatever else happened
        rules = {rule: value for rule, value in schedule.rules.items() if rule != "part_html"}
        schedule = dataclasses.replace(schedule, workers=1, rules=rules)
        played = player.play(BREAKS[name](schedule, random.Random(f"{name} {seed}")))
        told = noticed(played)
        wrong = bool(played.verdict.lines)
        sums["schedules"] += 1
        sums.update(played.verdict.counts)
        sums["wrong"] += wrong
        sums["unnoticed"] += wrong and not told
        sums["only noticed"] += not wrong and bool(told)
        if wrong:
            sums.update(told.keys())
            said.update(f"{by}: {line}" for by, lines in told.items() for line in lines)
            if not told:
                silent.append([seed, played.verdict.lines[0][:200]])
    return {"assumption": name, "first": first, "last": last, "sums": sums, "said": said, "silent": silent}


def table(lines: list[dict]) -> list[str]:
    """One row for each assumption; a schedule may be noticed by more than one."""
    names = [name for name in BREAKS if any(line["assumption"] == name for line in lines)]
    columns = ("schedules", "wrong", *COUNTED, *BY, "unnoticed", "only noticed")
    width = max(map(len, BREAKS))
    rows = [f"{'':{width}}" + "".join(f"{column:>14}" for column in columns)]
    details = []
    for name in names:
        sums: Counter = Counter()
        said: Counter = Counter()
        for line in lines:
            if line["assumption"] == name:
                sums.update(line["sums"])
                said.update(line["said"])
        rows.append(f"{name:{width}}" + "".join(f"{sums[column]:>14}" for column in columns))
        details += [f"{name}: {what}: {number}" for what, number in sorted(said.items())]
    return [*rows, "", *details]


_player: Player | None = None


def _prepare(folder: str) -> None:
    global _player
    _player = Player(Path(folder) / multiprocessing.current_process().name, read_back=True)
    _player.play(draw(1))
    # cycles are collected once a batch: what the player holds lives as long as the process
    gc.freeze()
    gc.disable()


def _one(task: tuple[str, int, int]) -> dict:
    if _player is None:
        raise AssertionError("the process was not prepared")
    found = survey(_player, *task)
    gc.collect()
    return found


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--report", type=Path, required=True)
    parser.add_argument("--schedules", type=int, default=500)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--only", choices=sorted(BREAKS))
    parser.add_argument("--table", action="store_true")
    options = parser.parse_args(arguments)
    if not options.table:
        known = {(line["assumption"], line["first"], line["last"]) for line in read(options.report)}
        starts = range(1, options.schedules + 1, BATCH)
        spans = [(first, min(first + BATCH - 1, options.schedules)) for first in starts]
        tasks = [(name, *span) for name in ([options.only] if options.only else BREAKS) for span in spans]
        _play([task for task in tasks if task not in known], options.processes, options.report)
    print("\n".join(table(read(options.report))))
    return 0


def _play(tasks: list[tuple[str, int, int]], processes: int, report: Path) -> None:
    with (
        scratch() as folder,
        report.open("a", encoding="utf-8") as file,
        multiprocessing.get_context("spawn").Pool(processes, _prepare, (str(folder),)) as pool,
    ):
        for number, line in enumerate(pool.imap_unordered(_one, tasks), start=1):
            file.write(json.dumps(line) + "\n")
            file.flush()
            print(f"{number}/{len(tasks)} batches, {line['assumption']} from seed {line['first']}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
