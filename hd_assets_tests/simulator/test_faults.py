from __future__ import annotations

from email.utils import parsedate_to_datetime
from typing import get_args

import httpx
import pytest

from hd_assets.errors import UsageError
from hd_assets.simulator.faults import ASSUMPTION_BREAKERS, BESIDE, Fault, FaultPlan, Faults, Kind
from hd_assets.simulator.rules import Rules
from hd_assets_tests.simulator.api import Api, said, workspace


def struck(*faults, seed=0, **given):
    return workspace(faults=Faults(faults, seed=seed), **given)


@pytest.mark.parametrize(
    ("kind", "error", "applied"),
    [
        ("applied_then_lost", httpx.ReadError, 1),
        ("lost_before", httpx.ReadError, 0),
        ("connect_error", httpx.ConnectError, 0),
        ("keepalive_drop", httpx.RemoteProtocolError, 0),
        ("reset_in_body", httpx.WriteError, 0),
        ("hang_before", httpx.ReadTimeout, 0),
        ("hang_after", httpx.ReadTimeout, 1),
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


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504])
@pytest.mark.parametrize(("kind", "applied"), [("status_before", 0), ("status_after", 1)])
def test_a_server_error_comes_before_or_after_the_effect(kind, applied, status):
    with struck(Fault(kind=kind, status=status, times=1)) as made:
        Api(made).refused("POST", "/tags", {"name": "t"}, status=status)
        assert made.counts()["tags"] == applied


@pytest.mark.parametrize(("kind", "body"), [("empty_body", ""), ("not_json", "proxy</h1>"), ("no_id", '"name":"t"')])
def test_a_success_may_say_nothing_that_helps(kind, body):
    with struck(Fault(kind=kind, times=1)) as made:
        answer = Api(made).client.post("/tags", json={"name": "t"})
        assert answer.status_code == 200
        assert (body in answer.text) if body else not answer.content
        assert "17000001" not in answer.text
        assert made.counts()["tags"] == 1


def test_a_refusal_is_not_spoiled_into_something_else():
    with struck(Fault(kind="no_id"), Fault(kind="empty_body")) as made:
        Api(made).refused("GET", "/contacts/none", status=404)


def test_a_duplicated_request_is_applied_twice():
    with struck(Fault(kind="duplicate", route="POST /conversations$", times=1)) as made:
        api = Api(made)
        api.conversation(api.contact())
        assert made.counts()["conversations"] == 2


def test_a_429_may_follow_the_effect():
    with struck(Fault(kind="applied_then_429", times=1)) as made:
        Api(made).refused("POST", "/tags", {"name": "t"}, status=429)
        assert made.counts()["tags"] == 1


def test_a_request_overtaken_by_later_ones_of_its_thread_takes_effect_after_them():
    with struck(Fault(kind="reorder", count=2, seconds=900, route="reply$", times=1)) as made:
        api = Api(made)
        contact = api.contact()
        talk, other = api.conversation(contact), api.conversation(contact)
        with pytest.raises(httpx.ReadError):
            api("POST", f"/conversations/{talk}/reply", said(contact, "first"))
        api("POST", f"/conversations/{other}/reply", said(contact, "elsewhere"))
        api("POST", f"/conversations/{talk}/reply", said(contact, "second"))
        assert len(api.parts(talk)) == 1
        assert [part["body"] for part in api.parts(talk)] == ["<p>second</p>", "<p>first</p>"]


def test_a_request_nobody_overtakes_takes_effect_in_the_end():
    with struck(Fault(kind="reorder", count=2, seconds=90, times=1)) as made:
        with pytest.raises(httpx.ReadError):
            Api(made)("POST", "/tags", {"name": "t"})
        made.clock.sleep(91)
        assert made.counts()["tags"] == 1


def test_a_stale_read_tells_the_state_of_a_while_ago():
    with struck(Fault(kind="stale_read", seconds=60, route="^GET", times=5)) as made:
        api = Api(made)
        contact = api.contact(name="old")
        talk = api.conversation(contact)
        made.clock.sleep(61)
        api("PUT", f"/contacts/{contact}", {"name": "new"})
        api("POST", f"/conversations/{talk}/reply", said(contact))
        later = api.contact("later")
        assert api("GET", f"/contacts/{contact}")["name"] == "old"
        assert api.parts(talk) == []
        api.refused("GET", f"/contacts/{later}", status=404)
        assert api("GET", "/contacts")["total_count"] == 1
        made.clock.sleep(61)
        assert len(api.parts(talk)) == 1
        assert api("GET", f"/contacts/{contact}")["name"] == "new"


@pytest.mark.parametrize(
    ("kind", "changed"),
    [
        ("rate_headers_missing", {"limit": None, "remaining": None, "reset": None}),
        ("rate_headers_absurd", {"limit": "many", "remaining": "-7", "reset": "99999999999999999999"}),
        ("rate_headers_past", {"reset": "1759996400"}),
        ("rate_headers_ms", {"reset": "1760000010000"}),
        ("rate_limit_zero", {"limit": "0", "remaining": "0"}),
    ],
)
@pytest.mark.parametrize("status", [200, 429])
def test_rate_limit_headers_may_be_anything(kind, changed, status):
    storm = [Fault(kind="storm_429", times=1)] if status == 429 else []
    with struck(Fault(kind=kind), *storm) as made:
        answer = Api(made).client.get("/me")
        assert answer.status_code == status
        usual = {"limit": "1666", "remaining": "1665" if status == 200 else "0", "reset": "1760000010"}
        told = {name: answer.headers.get(f"x-ratelimit-{name}") for name in usual}
        assert told == usual | changed


def test_the_date_may_be_wrong():
    with struck(Fault(kind="wrong_date", seconds=-3600, times=1)) as made:
        api = Api(made)
        dates = [parsedate_to_datetime(api.client.get("/me").headers["date"]).timestamp() for _ in range(2)]
        assert dates == [made.clock.now() - 3600, made.clock.now()]


def test_another_client_uses_up_the_quota_of_each_window():
    with struck(Fault(kind="foreign_load", count=6), rules=Rules(requests_per_minute=60)) as made:
        api = Api(made)
        made.clock.sleep(20 - made.clock.now() % 10)
        for _ in range(3):
            answers = []
            for _ in range(10):
                answers.append(api.client.get("/me").status_code)
                made.clock.sleep(1)
            assert (answers.count(200), answers.count(429)) == (7, 3)


@pytest.mark.parametrize(("kind", "found", "listed"), [("search_lag", "old", "new"), ("list_lag", "new", "old")])
def test_a_change_shows_in_one_way_of_looking_before_the_other(kind, found, listed):
    with struck(Fault(kind=kind, seconds=120, route="^PUT", times=1)) as made:
        api = Api(made)
        contact = api.contact(name="old")
        made.clock.sleep(1)
        api("PUT", f"/contacts/{contact}", {"name": "new"})
        query = {"query": {"field": "external_id", "operator": "=", "value": "helpdesk-user-1"}}
        for _ in range(2):
            assert api("GET", f"/contacts/{contact}")["name"] == "new"
            assert api("POST", "/contacts/search", query)["data"][0]["name"] == found
            assert api("GET", "/contacts")["data"][0]["name"] == listed
            made.clock.sleep(120)
            found = listed = "new"


def test_lag_as_a_rule_of_the_workspace_holds_for_changes_too():
    with workspace(rules=Rules(search_lag_seconds=60, list_lag_seconds=30)) as made:
        api = Api(made)
        contact = api.contact(name="one")
        query = {"query": {"field": "external_id", "operator": "=", "value": "helpdesk-user-1"}}

        def seen():
            pages = api("POST", "/contacts/search", query), api("GET", "/contacts")
            return [page["data"][0]["name"] if page["data"] else None for page in pages]

        assert seen() == [None, None]
        made.clock.sleep(100)
        assert seen() == ["one", "one"]
        api("PUT", f"/contacts/{contact}", {"name": "two"})
        made.clock.sleep(20)
        api("PUT", f"/contacts/{contact}", {"name": "three"})
        assert seen() == ["one", "one"]
        made.clock.sleep(15)
        assert seen() == ["one", "two"]
        made.clock.sleep(30)
        assert seen() == ["two", "three"]
        made.clock.sleep(60)
        assert seen() == ["three", "three"]


def test_faults_strike_exact_requests_and_draw_their_seconds():
    with struck(Fault(kind="late_apply", numbers=(2, 4), seconds=10, most_seconds=500)) as made:
        api = Api(made)
        for number in range(1, 6):
            if number in (2, 4):
                with pytest.raises(httpx.ReadError):
                    api("POST", "/tags", {"name": str(number)})
            else:
                api("POST", "/tags", {"name": str(number)})
        assert made.summary()["faults"] == {"late_apply": 2}
        assert [entry["fault"] for entry in made.requests()] == [None, "late_apply", None, "late_apply", None]
        made.clock.sleep(501)
        assert made.counts()["tags"] == 5


def test_every_kind_of_fault_is_described_and_breakers_are_named():
    kinds = set(get_args(Kind))
    assert all(f" {kind} " in Fault.__doc__.replace(",", " ").replace("\n", " ") for kind in kinds)
    assert set(ASSUMPTION_BREAKERS) <= kinds
    assert kinds >= BESIDE


def test_accompanying_faults_count_beside_the_main_one():
    with struck(Fault(kind="wrong_date"), Fault(kind="status_before"), Fault(kind="lost_before")) as made:
        Api(made).refused("GET", "/me", status=503)
        assert made.summary()["faults"] == {"wrong_date": 1, "status_before": 1}
        assert made.requests()[0]["fault"] == "status_before+wrong_date"


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
