"""Steady state in virtual time: the limit is used but for the head-room, and hardly anything is answered by 429."""

import pytest

from hd_assets_tests.publish.pace import Case, simulate

MOST_THROTTLED, LEAST_USED = 0.01, 0.97

LATENCIES = {"5 ms": (0.004, 0.006), "100 ms": (0.05, 0.15), "400 ms": (0.3, 0.5)}
OTHERS = {
    "alone": {},
    "another at 30 %": {"others": 0.3},
    "bursts": {"bursts": (0.15, 0.25, 0.0, 0.5)},
}


def proved(case):
    told = simulate(case)
    assert told.throttled_share <= MOST_THROTTLED, told.throttled_share
    assert told.used_share >= LEAST_USED, told.used_share
    assert told.early == 0
    return told


@pytest.mark.parametrize("latency", LATENCIES.values(), ids=LATENCIES)
@pytest.mark.parametrize("others", OTHERS.values(), ids=OTHERS)
@pytest.mark.parametrize("workers", [1, 32])
def test_the_limit_is_used_and_not_exceeded(workers, latency, others):
    proved(Case(minutes=3, per_minute=1000, workers=workers, latency=latency, **others))


@pytest.mark.parametrize("skew", [-5.0, -2.5, 0.7, 5.0])
@pytest.mark.parametrize("others", OTHERS.values(), ids=OTHERS)
def test_a_clock_that_goes_ahead_or_behind_changes_nothing(skew, others):
    proved(Case(minutes=3, per_minute=1000, workers=16, latency=LATENCIES["100 ms"], skew=skew, **others))


@pytest.mark.parametrize("per_minute", [500, 10_000])
@pytest.mark.parametrize("others", OTHERS.values(), ids=OTHERS)
def test_small_and_large_limits(per_minute, others):
    proved(Case(minutes=2, per_minute=per_minute, workers=32, latency=LATENCIES["100 ms"], **others))


def test_a_clock_that_is_off_by_hours_changes_nothing_either():
    proved(Case(minutes=3, per_minute=1000, skew=7200.3))


@pytest.mark.parametrize("headroom", [0.0, 0.2, 0.5])
def test_alone_the_head_room_is_never_touched(headroom):
    told = proved(Case(minutes=3, per_minute=1000, workers=32, headroom=headroom))
    assert told.fullest <= 1 - headroom


@pytest.mark.parametrize("others", [0.1, 0.3, 0.5, 0.7])
def test_beside_a_steady_client_we_step_aside_so_that_it_is_never_refused(others):
    told = proved(Case(minutes=3, per_minute=1000, workers=32, others=others))
    ours = sum(told.ours[window] for window in told.steady) / len(told.steady) / told.limit
    assert told.fullest < 1
    assert ours <= 0.8 - others * 0.8


def test_an_own_ceiling_is_kept_and_used():
    told = simulate(Case(minutes=3, per_minute=10_000, workers=16, cap=1200))
    assert {told.ours[window] for window in told.steady} == {200}


def test_the_first_window_of_a_run_is_within_the_limit_too():
    for seed in range(20):
        told = simulate(Case(minutes=0.5, per_minute=1000, workers=32, latency=(0.005, 0.05), others=0.1, seed=seed))
        assert not told.throttled
        assert max(told.everybody.values()) <= told.limit * 0.95


def test_a_limit_that_changes_in_mid_run_is_followed():
    case = Case(minutes=4, per_minute=1000, workers=16)
    changes = [(60, 300), (120, 2000)]
    told = simulate(case, changes=changes)
    throttled = sum(told.throttled.values())
    assert throttled <= case.workers
    windows = sorted(told.ours)
    by_minute = [[told.ours[window] for window in windows[6 * n + 2 : 6 * n + 5]] for n in range(3)]
    assert all(abs(used - 0.8 * limit // 6) <= 2 for used in by_minute[0] for limit in [1000])
    assert all(abs(used - 0.8 * limit // 6) <= 2 for used in by_minute[1] for limit in [300])
    assert all(abs(used - 0.8 * limit // 6) <= 2 for used in by_minute[2] for limit in [2000])


def test_what_others_use_at_once_does_not_hold_up_workers_that_are_slow_themselves():
    told = proved(Case(minutes=2, workers=16, latency=LATENCIES["400 ms"], bursts=OTHERS["bursts"]["bursts"], seed=2))
    assert told.limited_share == 0


def test_two_publishers_on_one_token_share_it():
    # each sees the other in what remains
    case = Case(minutes=3, per_minute=1000, workers=8)
    told = simulate(case, publishers=2)
    assert told.throttled_share <= MOST_THROTTLED
    assert told.used_share >= LEAST_USED
    assert told.fullest <= 0.85
