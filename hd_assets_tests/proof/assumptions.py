"""Each stated assumption broken in turn: what is noticed, by whom, and what is not.

`python -m hd_assets_tests.proof.assumptions --report FILE [--schedules N]`. The checker says what became of the
workspace; noticed is what a person hears of without it: a quarantine, a refusal of the fence, a note of the second
look-up (doubled, kept, mended), a run that does not finish.
"""

import argparse
import dataclasses
import json
import random
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from hd_assets.simulator.faults import Fault
from hd_assets_tests.proof.schedules import WRITES, Played, Player, Schedule, draw
from hd_assets_tests.proof.scratch import scratch
from hd_assets_tests.proof.staging import HORIZON, SEARCH_LAG

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
    "the clock jumps": lambda schedule, dice: dataclasses.replace(schedule, jump=dice.choice((-3600.0, 3600.0))),
}


def noticed(played: Played) -> list[str]:
    """By whom a person hears that something is not as it should be."""
    found = ["quarantine"] if played.held else []
    fence = ("ledger", "was cut off")
    found += ["fence" if any(word in line for word in fence) else "run does not finish" for line in played.broken]
    found += [
        f"second look: {state}" for state in ("doubled", "kept", "removed", "mended") if played.rechecked.get(state)
    ]
    return found


def survey(player: Player, name: str, schedules: int) -> dict:
    """One assumption broken in so many schedules."""
    sums: Counter = Counter()
    by: Counter = Counter()
    for seed in range(1, schedules + 1):
        schedule = dataclasses.replace(draw(seed), workers=1)
        played = player.play(BREAKS[name](schedule, random.Random(f"{name} {seed}")))
        told = noticed(played)
        wrong = bool(played.verdict.lines)
        sums["schedules"] += 1
        sums.update(played.verdict.counts)
        sums["wrong"] += wrong
        sums["wrong and noticed"] += wrong and bool(told)
        sums["wrong and silent"] += wrong and not told
        sums["only noticed"] += not wrong and bool(told)
        by.update(told)
    return {"assumption": name, "sums": sums, "by": by}


def told(found: dict) -> list[str]:
    sums = found["sums"]
    counts = ", ".join(f"{name} {sums[name]}" for name in ("lost", "doubled", "reordered", "altered"))
    line = (
        f"{found['assumption']}: {sums['schedules']} schedules, {sums['wrong']} wrong ({counts}),"
        f" {sums['wrong and noticed']} of them noticed, {sums['wrong and silent']} silent"
    )
    return [line, *(f"    {by}: {number}" for by, number in sorted(found["by"].items()))]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--report", type=Path, required=True)
    parser.add_argument("--schedules", type=int, default=500)
    parser.add_argument("--only", choices=sorted(BREAKS))
    options = parser.parse_args(arguments)
    with scratch() as folder, options.report.open("a", encoding="utf-8") as file:
        player = Player(folder)
        for name in [options.only] if options.only else BREAKS:
            found = survey(player, name, options.schedules)
            file.write(json.dumps(found) + "\n")
            file.flush()
            print("\n".join(told(found)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
