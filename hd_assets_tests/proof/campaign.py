"""Many schedules once, in several processes; what is done is on disk, so that it can be interrupted and gone on with.

`python -m hd_assets_tests.proof.campaign --schedules 50000 --processes 2 --report FILE` appends one JSON line for each
batch to FILE and prints the table. `--from` takes up FILE where it ends (or begins at a seed). `--table` only prints.
"""

import argparse
import gc
import json
import multiprocessing
import sys
import time
import traceback
from collections import Counter
from pathlib import Path
from typing import Any

from hd_assets_tests.proof.schedules import EVERY_WIDE, Player, draw
from hd_assets_tests.proof.scratch import scratch

BATCH = 100
COUNTED = ("lost", "doubled", "reordered", "altered")
_player: Player | None = None


def batch(first: int, last: int) -> dict[str, Any]:
    """Seeds `first` to `last` as one line of the report."""
    if _player is None:
        raise AssertionError("the process was not prepared")
    began = time.process_time()
    sums: Counter = Counter()
    fired: Counter = Counter()
    held, failures = [], []
    for seed in range(first, last + 1):
        try:
            played = _player.play(draw(seed))
        except Exception:
            # the campaign goes on; the seed tells the rest
            failures.append([seed, traceback.format_exc().splitlines()[-1][:300]])
            continue
        fired.update(played.fired)
        sums.update(played.verdict.counts)
        sums["requests"] += played.requests
        sums["runs"] += played.runs
        sums["conversations"] += played.conversations
        sums["schedules"] += 1
        sums["thin"] += sum(played.fired.values()) < 6 or played.requests < 60
        held += [[seed, key, why[:500]] for key, why in played.held.items()]
        failures += [[seed, line[:300]] for line in [*played.broken, *played.verdict.lines][:3]]
    gc.collect()
    seconds = round(time.process_time() - began, 2)
    return {
        "first": first,
        "last": last,
        "sums": sums,
        "fired": fired,
        "held": held,
        "failures": failures,
        "cpu": seconds,
    }


def _prepare(folder: str) -> None:
    global _player
    place = Path(folder) / multiprocessing.current_process().name
    _player = Player(place)
    for seed in (1, EVERY_WIDE // 2):
        _player.play(draw(seed))
    # cycles are collected once a batch: what the player holds lives as long as the process
    gc.freeze()
    gc.disable()


def _one(span: tuple[int, int]) -> dict[str, Any]:
    return batch(*span)


def read(report: Path) -> list[dict[str, Any]]:
    """Whole lines only: the last one may have been cut off."""
    found = []
    for line in report.read_text().splitlines() if report.exists() else []:
        try:
            found.append(json.loads(line))
        except ValueError:
            continue
    return found


def table(lines: list[dict[str, Any]]) -> list[str]:
    sums, fired = Counter(), Counter()
    for line in lines:
        sums.update(line["sums"])
        fired.update(line["fired"])
    held = [entry for line in lines for entry in line["held"]]
    failures = [entry for line in lines for entry in line["failures"]]
    cpu = sum(line["cpu"] for line in lines)
    said = [f"{'schedules':22}{sums['schedules']:>10}", f"{'requests':22}{sums['requests']:>10}"]
    said += [f"{'processes':22}{sums['runs']:>10}", f"{'conversations':22}{sums['conversations']:>10}"]
    said += [f"{name:22}{sums[name]:>10}" for name in COUNTED]
    said += [f"{'quarantined':22}{len(held):>10}", f"{'too little happened':22}{sums['thin']:>10}"]
    said += [f"{'failed seeds':22}{len({seed for seed, _ in failures}):>10}", f"{'CPU seconds':22}{cpu:>10.0f}", ""]
    said += [f"{kind:22}{number:>10}" for kind, number in sorted(fired.items())]
    said += [f"quarantined: seed {seed}: {key}: {why}" for seed, key, why in held[:50]]
    said += [f"failed: seed {seed}: {line}" for seed, line in failures[:50]]
    return said


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--schedules", type=int, default=50_000)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--report", type=Path, required=True)
    parser.add_argument("--from", dest="start", nargs="?", const="report", default="1")
    parser.add_argument("--table", action="store_true")
    options = parser.parse_args(arguments)
    done = read(options.report)
    if not options.table:
        known = {(line["first"], line["last"]) for line in done} if options.start == "report" else set()
        first = 1 if options.start == "report" else int(options.start)
        last = first + options.schedules - 1
        spans = [(start, min(start + BATCH - 1, last)) for start in range(first, last + 1, BATCH)]
        _play([span for span in spans if span not in known], options.processes, options.report)
        done = read(options.report)
    print("\n".join(table(done)))
    return 1 if any(line["failures"] for line in done) else 0


def _play(spans: list[tuple[int, int]], processes: int, report: Path) -> None:
    began = time.monotonic()
    with (
        scratch() as folder,
        report.open("a", encoding="utf-8") as file,
        multiprocessing.get_context("spawn").Pool(processes, _prepare, (str(folder),)) as pool,
    ):
        for number, line in enumerate(pool.imap_unordered(_one, spans), start=1):
            file.write(json.dumps(line) + "\n")
            file.flush()
            told = f"{number}/{len(spans)} batches, {time.monotonic() - began:.0f} s, from seed {line['first']}"
            print(f"{told}: {len(line['failures'])} failures", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
