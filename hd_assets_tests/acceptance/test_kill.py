"""Real processes, killed without warning at chosen writes: the next start finishes the work without a manual step.

`HD_KILL_TRIALS=200 HD_KILL_REPORT=FILE pytest -m campaign hd_assets_tests/acceptance/test_kill.py` runs the campaign,
HD_KILL_AT_ONCE trials (two) at a time, each tenth with Dagster, and leaves a line for each trial and a summary in FILE.
"""

import copy
import os
import statistics
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hd_assets_tests.acceptance.books import differences
from hd_assets_tests.acceptance.trials import HORIZON_SECONDS, Kill, Scheme, Trial, run_trial, scheme

TRIALS = int(os.environ.get("HD_KILL_TRIALS", "200"))
AT_ONCE = int(os.environ.get("HD_KILL_AT_ONCE", "2"))
# What a start may take besides the horizon.
RESUME_SECONDS = 10.0


def noted(lines: Sequence[str]) -> None:
    """A campaign leaves its figures in the file that HD_KILL_REPORT names."""
    if os.environ.get("HD_KILL_REPORT"):
        with Path(os.environ["HD_KILL_REPORT"]).open("a", encoding="utf-8") as report:
            report.writelines(line + "\n" for line in lines)


def proved(trial: Trial) -> None:
    assert trial.findings == [], str(trial)
    assert trial.codes[-1] == 0, str(trial)


def summary(trials: Sequence[Trial]) -> Iterator[str]:
    """What a campaign shows: how many kills of each kind, and what came of them."""
    kills = [(trial.scheme, kill) for trial in trials for kill in trial.kills]
    yield f"{len(trials)} trials, {len(kills)} kills, {sum(trial.scheme.with_dagster for trial in trials)} with Dagster"
    for name, counts in (
        ("victims", Counter(planned.victims for planned, _ in kills)),
        ("phases", Counter(kill.phase for _, kill in kills)),
        ("moments", Counter(kill.moment for _, kill in kills)),
        ("exit codes of the last start", Counter(trial.codes[-1] for trial in trials)),
    ):
        yield f"{name}: " + ", ".join(f"{key} {count}" for key, count in sorted(counts.items()))
    for name, with_dagster in (("light", False), ("with Dagster", True)):
        resumes = sorted(s for trial in trials if trial.scheme.with_dagster is with_dagster for s in trial.resumes)
        if resumes:
            middle = statistics.median(resumes)
            yield f"first write after a start, {name}: median {middle:.1f} s, most {resumes[-1]:.1f} s"
    yield f"findings: {sum(len(trial.findings) for trial in trials)}"


def test_the_two_books_agree_on_a_run_nobody_disturbed(staged):
    assert staged.reference["doubled"] == []
    assert staged.source.missing(staged.reference) == []
    assert sum(len(found["parts"]) for found in staged.reference["conversations"].values()) > 150
    assert sum(count.total() for count in staged.source.files.values()) > 15


@pytest.mark.parametrize(
    ("victims", "kill"),
    [
        ("publisher", Kill("conversations", 120, "unanswered", 0)),
        ("workspace", Kill("contacts", 12, "during", 0.001)),
        ("both", Kill("conversations", 300, "answered", 0.002)),
    ],
    ids=lambda value: str(value),
)
def test_what_is_killed_at_a_write_loses_doubles_and_reorders_nothing(staged, tmp_path, victims, kill):
    trial = run_trial(staged, tmp_path, Scheme("slice", victims, (kill,)))
    assert trial.kills == [kill], str(trial)
    proved(trial)


def test_a_killed_job_goes_on_when_it_is_launched_again(staged, tmp_path):
    kill = Kill("conversations", 60, "before", 0)
    trial = run_trial(staged, tmp_path, Scheme("slice with Dagster", "publisher", (kill,), with_dagster=True))
    assert trial.kills == [kill], str(trial)
    proved(trial)


@pytest.mark.campaign
@pytest.mark.timeout(3600)
def test_campaign_of_kills(staged, tmp_path):
    def one(number: int) -> Trial:
        trial = run_trial(staged, tmp_path / str(number), scheme(staged, number))
        noted([str(trial)])
        return trial

    with ThreadPoolExecutor(AT_ONCE) as pool:
        trials = list(pool.map(one, range(TRIALS)))
    noted(list(summary(trials)))
    assert [str(trial) for trial in trials if trial.findings or trial.codes[-1] != 0] == []
    assert sum(len(trial.kills) for trial in trials) >= TRIALS * 0.95, "too few kills struck"
    allowed = RESUME_SECONDS + HORIZON_SECONDS
    assert [str(trial) for trial in trials if max(trial.resumes, default=0) > allowed] == []


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
