"""The comparison as a table: `python -m hd_assets_tests.rivals [--report FILE]`.

By default 5,000 POSTs twice: 5,000 conversations, then 2,500 with a reply each.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from hd_assets_tests.rivals.contest import PROGRAMS, STARTS, Contest, Result, run, schedules

COLUMNS = ("program", "conversations lost", "doubled", "parts lost", "doubled", "faults", "starts", "ended", "seconds")


def main() -> int:
    """0 when hd_assets moved everything exactly once."""
    asked = argparse.ArgumentParser(prog="python -m hd_assets_tests.rivals", description=__doc__)
    asked.add_argument("--report", type=Path, help="Markdown file; without it the table goes to standard output only.")
    asked.add_argument("--posts", type=int, default=5000, help="POSTs of one undisturbed pass")
    asked.add_argument("--every", type=int, default=500, help="one POST in so many is struck")
    asked.add_argument("--program", action="append", help="words of the names of the programs to run; default all")
    given = asked.parse_args()
    programs = [one for one in PROGRAMS if not given.program or any(words in one.name for words in given.program)]
    lines, exact = [], True
    with tempfile.TemporaryDirectory() as folder:
        for contest in (Contest(given.posts), Contest(given.posts // 2, replies=1)):
            for number, schedule in enumerate(schedules(given.every, contest.posts)):
                results = []
                for place, program in enumerate(programs):
                    print(f"{contest}: {schedule.name}: {program.name}", file=sys.stderr, flush=True)
                    where = Path(folder) / f"{contest.replies}-{number}-{place}"
                    results.append(run(program, schedule, contest, where))
                exact &= all(one.arrived.is_exact for one in results if one.program == PROGRAMS[0].name)
                lines += [f"{said(contest)}; {schedule.name}", "", *table(results), ""]
                if given.report:
                    given.report.write_text("\n".join(lines), encoding="utf-8")
    print("\n".join(lines))
    return int(not exact)


def said(contest: Contest) -> str:
    replies = {0: "without replies", 1: "with one reply each"}[contest.replies]
    return f"**{contest.conversations:,} conversations {replies}**"


def table(results: Iterable[Result]) -> Iterator[str]:
    yield "| " + " | ".join(COLUMNS) + " |"
    yield "| --- |" + " ---: |" * (len(COLUMNS) - 1)
    for result in results:
        found = result.arrived
        counts = (found.conversations_lost, found.conversations_doubled, found.parts_lost, found.parts_doubled)
        ended = "yes" if result.ended else f"no, after {STARTS} starts"
        cells = (*(f"{count:,}" for count in counts), result.struck, result.starts, ended, f"{result.seconds:.0f}")
        yield f"| {result.program} | " + " | ".join(map(str, cells)) + " |"


if __name__ == "__main__":
    sys.exit(main())
