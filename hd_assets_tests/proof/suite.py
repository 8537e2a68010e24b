"""The suite's share of random schedules, in chunks, spread over two files so that both workers have some."""

from collections.abc import Iterable

from hd_assets_tests.proof.schedules import Played, Player, draw

CHUNK = 100
# what each schedule has to have in it
LEAST_REQUESTS, LEAST_FAULTS = 60, 6
# of the links in messages, over a chunk
LEAST_LED = 0.6


def chunks(first: int, last: int) -> list[range]:
    return [range(start, min(start + CHUNK, last + 1)) for start in range(first, last + 1, CHUNK)]


def play(player: Player, seeds: Iterable[int]) -> list[Played]:
    return [player.play(draw(seed)) for seed in seeds]


def report(played: list[Played]) -> list[str]:
    """What is not as it was, one line for each finding, with the seed that shows it again."""
    return [f"seed {one.schedule.seed}: {line}" for one in played for line in [*one.broken, *one.verdict.lines]]


def thin(played: list[Played]) -> list[str]:
    """Schedules in which too little happened."""
    return [
        f"seed {one.schedule.seed}: {one.requests} requests, faults {one.fired}"
        for one in played
        if one.requests < LEAST_REQUESTS or sum(one.fired.values()) < LEAST_FAULTS
    ]


def led(played: list[Played]) -> float:
    """Share of the links to records of ours that lead to them; undisturbed it is nine of thirteen."""
    sums = [sum(one.verdict.led for one in played), sum(one.verdict.left for one in played)]
    return sums[0] / sum(sums)


def explained(played: list[Played]) -> list[str]:
    """Quarantines beyond one conversation in a thousand, and such as nobody could understand."""
    held = [f"seed {one.schedule.seed}: {key}: {why}" for one in played for key, why in one.held.items()]
    allowed = sum(one.conversations for one in played) // 1000
    return [line for line in held if "no evidence" in line] if len(held) <= allowed else held
