from __future__ import annotations

import httpx
import pytest

from hd_assets.errors import UsageError
from hd_assets.simulator.faults import Fault, FaultPlan, Faults
from hd_assets.simulator.rules import Rules
from hd_assets_tests.simulator.api import Api, workspace


def struck(*faults, seed=0):
    return workspace(faults=Faults(faults, seed=seed))


@pytest.mark.parametrize(
    ("kind", "error", "applied"),
    [
        ("applied_then_lost", httpx.ReadError, 1),
        ("lost_before", httpx.ReadError, 0),
        ("connect_error", httpx.ConnectError, 0),
        ("truncated", httpx.RemoteProtocolError, 1),
    ],
)
def test_a_broken_connection_tells_nothing_about_the_effect(kind, error, applied):
    with struck(Fault(kind=kind, times=1)) as made:
        api = Api(made)
        with pytest.raises(error):
            api("POST", "/tags", {"name": "t"})
        assert made.counts()["tags"] == applied
        api("POST", "/tags", {"name": "u"})


@pytest.mark.parametrize(("kind", "applied"), [("status_before", 0), ("status_after", 1)])
def test_a_server_error_comes_before_or_after_the_effect(kind, applied):
    with struck(Fault(kind=kind, status=502, times=1)) as made:
        Api(made).refused("POST", "/tags", {"name": "t"}, status=502)
        assert made.counts()["tags"] == applied


def test_a_late_request_takes_effect_when_it_is_due():
    with struck(Fault(kind="late_apply", seconds=300, times=1)) as made:
        api, began = Api(made), int(made.clock.now())
        with pytest.raises(httpx.ReadError):
            api("POST", "/contacts", {"external_id": "a"})
        made.clock.sleep(299)
        assert made.counts()["contacts"] == 0
        made.clock.sleep(60)
        assert api("GET", "/contacts/find_by_external_id/a")["created_at"] == began + 300


def test_a_late_request_survives_a_restart(tmp_path):
    from hd_assets.simulator.clock import VirtualClock

    clock = VirtualClock()
    with (
        workspace(state=tmp_path / "s.sqlite", clock=clock, faults=Faults([Fault(kind="late_apply", times=1)])) as made,
        pytest.raises(httpx.ReadError),
    ):
        Api(made)("POST", "/tags", {"name": "t"})
    clock.sleep(31)
    with workspace(state=tmp_path / "s.sqlite", clock=clock) as again:
        assert again.counts()["tags"] == 1


def test_a_slow_answer_beyond_the_patience_is_a_timeout_that_still_takes_effect():
    with struck(Fault(kind="slow", seconds=100, times=2)) as made:
        api = Api(made)
        began = made.clock.now()
        api.client.timeout = httpx.Timeout(30)
        with pytest.raises(httpx.ReadTimeout):
            api("POST", "/tags", {"name": "t"})
        assert (made.clock.now() - began, made.counts()["tags"]) == (30, 0)
        made.clock.sleep(70)
        assert made.counts()["tags"] == 1
        api.client.timeout = httpx.Timeout(200)
        api("POST", "/tags", {"name": "u"})


def test_a_storm_answers_429_so_many_times():
    with struck(Fault(kind="storm_429", count=3, times=1)) as made:
        api = Api(made)
        answers = [api.client.get("/me").status_code for _ in range(5)]
        assert answers == [429, 429, 429, 200, 200]


def test_one_request_can_make_its_record_lag_in_searches():
    with struck(Fault(kind="search_lag", seconds=120, route="POST /contacts$", times=1)) as made:
        api = Api(made)
        api.contact("a")
        api.contact("b")
        query = {"query": {"field": "role", "operator": "=", "value": "user"}}
        assert api("POST", "/contacts/search", query)["total_count"] == 1
        made.clock.sleep(120)
        assert api("POST", "/contacts/search", query)["total_count"] == 2


def test_rules_pick_requests_by_route_count_and_chance():
    faults = Faults([Fault(kind="lost_before", route="^POST /tags", every=3, after=1, times=2)])
    hits = [faults.strike("POST", "/tags").main is not None for _ in range(12)]
    assert [number for number, hit in enumerate(hits, 1) if hit] == [4, 7]
    assert faults.strike("GET", "/me").main is None


def test_the_same_seed_strikes_the_same_requests():
    def pattern(seed):
        faults = Faults([Fault(kind="lost_before", probability=0.3)], seed=seed)
        return [faults.strike("GET", "/me").main is not None for _ in range(200)]

    assert pattern(1) == pattern(1)
    assert pattern(1) != pattern(2)
    assert 30 < sum(pattern(1)) < 90


def test_a_fault_file_may_be_json_or_yaml(tmp_path):
    path = tmp_path / "faults.yaml"
    path.write_text("seed: 7\nfaults:\n  - {kind: slow, seconds: 2, probability: 0.5}\n")
    assert Faults.load(path).plan == FaultPlan(seed=7, faults=(Fault(kind="slow", seconds=2, probability=0.5),))
    path.write_text('{"faults": [{"kind": "slow"}]}')
    assert Faults.load(path).plan.seed == 0


@pytest.mark.parametrize("content", ["faults: [{kind: earthquake}]", "{", "faults: [{kind: slow, route: '('}]", "- 1"])
def test_a_wrong_fault_file_says_what_to_write(tmp_path, content):
    path = tmp_path / "faults.yaml"
    path.write_text(content)
    with pytest.raises(UsageError, match="mend"):
        Faults.load(path)


def test_the_limit_is_told_and_kept_in_windows_of_the_clock():
    with workspace(rules=Rules(requests_per_minute=60)) as made:
        api = Api(made)
        made.clock.sleep(10 - made.clock.now() % 10)
        began = int(made.clock.now())
        answers = [api.client.get("/me") for _ in range(12)]
        assert [answer.status_code for answer in answers] == [200] * 10 + [429] * 2
        assert answers[0].headers["x-ratelimit-limit"] == "10"
        assert answers[0].headers["x-ratelimit-remaining"] == "9"
        assert int(answers[-1].headers["x-ratelimit-reset"]) == began + 10
        error = answers[-1].json()["errors"][0]
        assert (error["code"], error["message"]) == ("rate_limit_exceeded", "Exceeded rate limit of 10 in 10_seconds")
        made.clock.sleep(10)
        api("GET", "/me")


def test_the_usual_limit_is_the_documented_one(api):
    assert api.client.get("/me").headers["x-ratelimit-limit"] == "1666"
