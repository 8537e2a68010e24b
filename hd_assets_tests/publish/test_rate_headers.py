"""Limit headers as they should not be: nothing is sent before a reset, nobody waits for years, and the work goes on."""

import random

import pytest

from hd_assets.publish import limits
from hd_assets.publish.pacer import Pacer
from hd_assets_tests.publish.pace import Case, documented, simulate

START = 1_760_000_000.0


def changed(**values):
    """Documented headers with some replaced; a function makes the text from the good number, None leaves it out."""

    def headers(standing, server_time):
        told = documented(standing, server_time)
        for name, value in values.items():
            key = f"x-ratelimit-{name}"
            text = value(float(told.pop(key))) if callable(value) else value
            told.pop(key, None)
            if text is not None:
                told[key] = str(text)
        return told

    return headers


RESETS = {
    "missing": None,
    "empty": "",
    "a word": "soon",
    "zero": "0",
    "negative": "-1",
    "in the past": lambda reset: int(reset) - 500,
    "always in the past": "1700000000",
    "years ahead": "99999999999",
    "moving with years ahead": lambda reset: int(reset) + 10**9,
    "seconds left": lambda reset: random.Random(reset).randint(0, 10),
    "in milliseconds": lambda reset: int(reset * 1000),
    "infinite": "inf",
    "not a number": "nan",
    "another one each time": lambda reset: int(reset) + random.Random().randint(-1000, 1000),
    "windows of a minute": lambda reset: int(reset // 60 + 1) * 60,
}


@pytest.mark.parametrize("reset", RESETS.values(), ids=RESETS)
@pytest.mark.parametrize("others", [0.0, 0.3])
def test_without_a_reset_to_go_by_the_limit_still_holds(reset, others):
    case = Case(minutes=4, per_minute=1000, workers=16, others=others)
    told = simulate(case, changed(reset=reset))
    assert told.throttled_share <= 0.01
    # not all of it, but the work goes on
    assert told.used_share > 0.45, told.used_share


@pytest.mark.parametrize("name", ["in milliseconds", "moving with years ahead", "in the past"])
def test_a_reset_on_another_scale_is_as_good(name):
    told = simulate(Case(minutes=4, per_minute=1000, workers=16, others=0.3), changed(reset=RESETS[name]))
    assert told.used_share >= 0.97


@pytest.mark.parametrize("reset", RESETS.values(), ids=RESETS)
@pytest.mark.parametrize("skew", [-5.0, 0.0, 5.0])
def test_after_a_429_nothing_is_sent_in_that_window(reset, skew):
    # another client uses everything up again and again
    case = Case(minutes=6, per_minute=1000, workers=16, bursts=(0.95, 0.3, 1.0), skew=skew)
    told = simulate(case, changed(reset=reset))
    assert sum(told.throttled.values()) > 0
    assert told.early == 0
    # neither does a storm of others stop us for long
    assert sum(told.ours.values()) > 6 * 6 * told.limit * 0.1


@pytest.mark.parametrize("limit", [None, "0", "-5", "many", "inf", "99999999999999", "0.3"])
def test_a_limit_that_cannot_be_meant_is_not_believed(limit):
    # 500 a minute are assumed
    told = simulate(Case(minutes=3, per_minute=1000, workers=16), changed(limit=limit))
    assert not told.throttled
    used = [told.ours[window] for window in told.steady]
    assert max(used) <= 66 + 1
    assert min(used) >= 60


@pytest.mark.parametrize("remaining", [None, "some", "99999999", "nan"])
def test_without_what_remains_our_own_count_holds(remaining):
    told = simulate(Case(minutes=3, per_minute=1000, workers=16), changed(remaining=remaining))
    assert not told.throttled
    assert told.used_share >= 0.97
    assert told.fullest <= 0.8


@pytest.mark.parametrize("remaining", ["0", "-3"])
def test_where_never_anything_remains_the_work_goes_on_slowly(remaining):
    told = simulate(Case(minutes=3, per_minute=1000, workers=16), changed(remaining=remaining))
    assert not told.throttled
    assert 0 < sum(told.ours.values()) < 18 * 16


def test_no_headers_at_all_mean_the_assumed_pace_in_even_slots():
    told = simulate(Case(minutes=3, per_minute=1000, workers=16, skew=3.3), lambda standing, server_time: {})
    used = [told.ours[window] for window in told.steady]
    assert 64 <= min(used) <= max(used) <= 68


def refused_at(now, **headers):
    """Seconds until the next request after one that is answered by 429."""
    pacer = Pacer(headroom=0.2, cap=None)
    pacer.begin(now)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    pacer.answer(now + 0.1, now, limits.read(named), refused=True)
    return pacer.wait(now + 0.1)


@pytest.mark.parametrize(
    ("text", "least"), [("3", 10), ("25", 25), ("25.5", 25.5), ("-4", 10), ("soon", 10), ("1e12", 3600)]
)
def test_retry_after_counts_where_it_is_longer(text, least):
    assert least <= refused_at(START, retry_after=text) < least + 0.6


def test_a_retry_after_that_names_a_time_is_read_by_the_destinations_clock():
    told = {"retry_after": "Fri, 02 Jan 2026 10:00:40 GMT", "date": "Fri, 02 Jan 2026 10:00:00 GMT"}
    assert 40 <= refused_at(START, **told) < 40.6


def test_a_reset_further_ahead_than_a_window_is_waited_for_up_to_a_minute():
    # the answer came a tenth of a second after the start
    assert 44.9 <= refused_at(START, x_ratelimit_reset=str(START + 45)) < 45.5
    assert 10 <= refused_at(START, x_ratelimit_reset=str(START + 4500)) < 11


def test_each_wait_after_a_429_has_a_share_of_chance():
    # so that several publishers do not come back as one
    assert len({refused_at(START) for _ in range(10)}) == 10


def test_a_clock_that_is_set_in_mid_run_does_no_lasting_harm():
    class Jumping(Pacer):
        """Its clock jumps back by half a minute, then ahead by an hour."""

        def _jump(self, now):
            return now - 30 * (now > START + 60) + 3600 * (now > START + 120)

        def wait(self, now):
            return super().wait(self._jump(now))

        def begin(self, now):
            super().begin(self._jump(now))

        def answer(self, now, sent_at, told, *, refused):
            super().answer(self._jump(now), self._jump(sent_at), told, refused=refused)

    told = simulate(Case(minutes=4, per_minute=1000, workers=16), pacer=Jumping)
    windows = sorted(told.ours)
    assert not told.throttled
    assert all(told.ours[window] >= 130 for window in windows[-6:-1])
