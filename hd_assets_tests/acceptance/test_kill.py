"""Real processes, killed without warning at random moments: the next start finishes the work without a manual step."""

import copy
import os
from pathlib import Path

import pytest

from hd_assets_tests.acceptance.books import differences
from hd_assets_tests.acceptance.trials import run_trial

TRIALS = int(os.environ.get("HD_KILL_TRIALS", "40"))


def proved(trial):
    _noted(str(trial))
    assert trial.findings == [], str(trial)
    assert trial.codes[-1] == 0, str(trial)
    assert trial.kills, str(trial)


def _noted(line):
    """A campaign leaves its figures in the file that HD_KILL_REPORT names."""
    if os.environ.get("HD_KILL_REPORT"):
        with Path(os.environ["HD_KILL_REPORT"]).open("a", encoding="utf-8") as report:
            report.write(line + "\n")


def test_the_two_books_agree_on_a_run_nobody_disturbed(staged):
    assert staged.reference["doubled"] == []
    assert staged.source.missing(staged.reference) == []
    assert sum(len(found["parts"]) for found in staged.reference["conversations"].values()) > 150
    assert sum(count.total() for count in staged.source.files.values()) > 15


def test_a_publisher_killed_at_random_moments_loses_doubles_and_reorders_nothing(staged, tmp_path):
    proved(run_trial(staged, tmp_path, 0, kills=2))


@pytest.mark.campaign
@pytest.mark.parametrize("number", range(1, TRIALS + 1))
def test_campaign_of_killed_publishers(staged, tmp_path, number):
    proved(run_trial(staged, tmp_path, number, kills=1 + number % 3))


@pytest.mark.campaign
@pytest.mark.parametrize("number", range(1, 6))
def test_campaign_of_killed_workspaces(staged, tmp_path, number):
    proved(run_trial(staged, tmp_path, number, kills=1 + number % 2, victims="workspace"))


@pytest.mark.campaign
@pytest.mark.parametrize("number", range(1, 6))
def test_campaign_of_both_killed(staged, tmp_path, number):
    proved(run_trial(staged, tmp_path, number, kills=1 + number % 2, victims="both"))


@pytest.mark.parametrize(
    ("harm", "seen"),
    [
        (lambda parts: parts.pop(1), ("lost or altered", "lost or out of order")),
        (lambda parts: parts.append(parts[0]), ("doubled or strange",)),
        (lambda parts: parts.reverse(), ("reordered", "out of order")),
        (lambda parts: parts[1].update(body="<p>Something else.</p>"), ("lost or altered", "out of order")),
        (lambda parts: [part["files"].clear() for part in parts], ("lost or altered", "files are lost")),
    ],
    ids=["lost", "doubled", "reordered", "altered", "without files"],
)
def test_the_books_see_harm_done_to_one_thread(staged, harm, seen):
    ticket = max(staged.source.entries, key=lambda key: (bool(staged.source.files[key]), _length(staged, key)))
    book = staged.reference | {"conversations": copy.deepcopy(staged.reference["conversations"])}
    harm(book["conversations"][ticket]["parts"])
    said = differences(book, staged.reference) + staged.source.missing(book)
    assert len(said) >= len(seen)
    assert all(any(f"{ticket}: " in line and what in line for line in said) for what in seen), said


def _length(staged, ticket):
    return len(staged.reference["conversations"][ticket]["parts"])
