"""Lost answers and a kill in the same harness: the publisher is exact, programs that repeat blindly are not.

`python -m hd_assets_tests.rivals` runs all programs at full size.
"""

import pytest

from hd_assets_tests.rivals.contest import PROGRAMS, Contest, Schedule, run, schedules
from hd_assets_tests.rivals.reader import Arrived

CONTEST = Contest(40, replies=1)
LOST, _, _, KILLED = schedules(every=35, posts=CONTEST.posts)
NAMED = {program.name: program for program in PROGRAMS}


def contested(name: str, schedule: Schedule, folder):
    result = run(NAMED[name], schedule, CONTEST, folder / "contest")
    said = (folder / "contest" / "output.txt").read_text(errors="replace")[-2000:]
    assert result.ended, said
    assert result.struck, "no fault struck"
    assert result.arrived.strange == 0
    return result


@pytest.mark.parametrize("schedule", [LOST, KILLED], ids=lambda schedule: schedule.name)
def test_the_publisher_neither_loses_nor_doubles(tmp_path, schedule):
    assert contested("hd_assets", schedule, tmp_path).arrived.is_exact


@pytest.mark.parametrize("name", ["script with retries", "dlt destination, batch 10 (default)"])
def test_a_lost_answer_doubles_what_others_send(tmp_path, name):
    found = contested(name, LOST, tmp_path).arrived
    assert (found.conversations_lost, found.parts_lost) == (0, 0)
    assert found.conversations_doubled + found.parts_doubled > 0


@pytest.mark.parametrize("name", ["script with retries", "dlt destination, batch 500, dlt's retrying client"])
def test_without_faults_the_others_are_exact(tmp_path, name):
    folder = tmp_path / "contest"
    result = run(NAMED[name], Schedule("nothing happens"), Contest(3, replies=1), folder)
    assert (result.arrived, result.ended) == (Arrived(0, 0, 0, 0, 0), True)
