"""Same seed, same clock, same requests: the same bytes, also across a snapshot."""

from __future__ import annotations

import hashlib
import json
import random

import pytest

from hd_assets.simulator.faults import Fault, Faults
from hd_assets.simulator.rules import Rules
from hd_assets.simulator.wire import DroppedError
from hd_assets_tests.simulator.api import Api, file, workspace

HEADERS = {"authorization": "Bearer t", "intercom-version": "2.16"}
FAULTS = (
    Fault(kind="late_apply", seconds=5, most_seconds=90, probability=0.02),
    Fault(kind="reorder", count=2, seconds=60, probability=0.02),
    Fault(kind="applied_then_lost", probability=0.02),
    Fault(kind="status_after", probability=0.02),
    Fault(kind="storm_429", count=3, probability=0.01),
    Fault(kind="search_lag", seconds=20, probability=0.1),
    Fault(kind="wrong_date", seconds=-5, probability=0.1),
)

KINDS = ["contact", "company", "talk", "reply", "note", "put", "tag", "close", "get", "search", "option"]


def steps(seed, number):
    """Requests that fit whatever exists: ids are drawn from those that can have been given by then."""
    chance = random.Random(seed)
    for index in range(number):
        kind = chance.choice(
            ["contact", "company", "talk", "reply", "note", "put", "tag", "close", "get", "search", "option"]
        )
        talk = f"/conversations/{chance.randint(1, 1 + index // 12)}"
        admin = {"type": "admin", "admin_id": "991267001"}
        text = " ".join(chance.choice(["fire", "é", "<b>x</b>", "&", "no"]) for _ in range(chance.randint(1, 40)))
        match kind:
            case "contact":
                yield "POST", "/contacts", {"external_id": f"u-{chance.randint(1, 40)}", "name": text[:20]}
            case "company":
                yield "POST", "/companies", {"company_id": f"c-{chance.randint(1, 9)}", "name": text[:20]}
            case "talk":
                yield "POST", "/conversations", {"from": {"type": "user", "id": "LAST"}, "body": text}
            case "reply" | "note":
                word = "comment" if kind == "reply" else "note"
                body = {**admin, "message_type": word, "body": text, "attachment_files": [file(content=text.encode())]}
                yield "POST", f"{talk}/reply", body
            case "put":
                yield "PUT", talk, {"title": text}
            case "tag":
                yield "POST", "/tags", {"name": text[:5]}
            case "close":
                yield "POST", f"{talk}/parts", {**admin, "message_type": "close"}
            case "search":
                yield "POST", "/conversations/search", {"query": {"field": "open", "operator": "=", "value": True}}
            case "option":
                options = [{"label": "a"}, {"label": text[:5]}]
                yield "POST", "/conversations/attributes", {"name": text[:9], "data_type": "list", "options": options}
            case _:
                yield "GET", talk, None


def made(seed=0, faults=FAULTS, **given):
    rules = Rules(requests_per_minute=6_000_000)
    return workspace(rules=rules, seed=seed, faults=Faults(faults, seed=3), **given)


def play(simulator, requests, last):
    """A digest of each answer; `last` keeps the newest contact between calls."""
    for method, path, body in requests:
        sent = json.dumps(body).replace("LAST", last[0]).encode() if body is not None else b""
        simulator.clock.sleep(0.7)
        try:
            answer = simulator.handle(method, path, {}, HEADERS, sent)
        except DroppedError as fault:
            yield fault.phase
            continue
        if path == "/contacts" and answer.status == 200:
            last[0] = answer.json()["id"]
        yield hashlib.sha256(repr((answer.status, answer.headers, answer.body)).encode()).hexdigest()


def test_the_same_requests_get_the_same_bytes():
    requests = list(steps(1, 1_500))
    with made() as one, made() as two, made(seed=1) as other:
        answers = list(play(one, requests, ["0" * 24]))
        assert answers == list(play(two, requests, ["0" * 24]))
        assert one.summary() == two.summary()
        assert one.summary()["counts"]["conversations"] > 20
        assert set(one.summary()["faults"]) == {fault.kind for fault in FAULTS}
        assert one.snapshot() == two.snapshot()
        assert answers != list(play(other, requests, ["0" * 24]))


@pytest.mark.parametrize("lasting", [False, True])
def test_a_workspace_goes_on_from_a_snapshot_as_if_nothing_had_happened(tmp_path, lasting):
    requests = list(steps(2, 900))
    last = ["0" * 24]
    state = tmp_path / "state.sqlite" if lasting else None
    with made() as one, made(faults=(), seed=9, state=state) as other:
        list(play(one, requests[:500], last))
        taken, then = one.snapshot(), list(last)
        rest = list(play(one, requests[500:], last))
        list(play(other, requests[:50], ["0" * 24]))
        other.restore(taken)
        assert other.snapshot() == taken or lasting
        assert list(play(other, requests[500:], list(then))) == rest
        assert other.summary() == one.summary()
        assert other.requests() == one.requests()
        # the very same workspace can go back as well
        one.restore(taken)
        assert list(play(one, requests[500:], list(then))) == rest


def test_a_snapshot_holds_what_is_still_to_take_effect():
    with made(faults=[Fault(kind="late_apply", seconds=300, times=1)]) as one, made(faults=()) as other:
        with pytest.raises(DroppedError):
            one.handle("POST", "/tags", {}, HEADERS, b'{"name": "t"}')
        other.restore(one.snapshot())
        assert other.counts()["tags"] == 0
        other.clock.sleep(301)
        assert other.counts()["tags"] == 1


def test_request_counts_of_a_state_file_survive_a_kill(tmp_path):
    with made(state=tmp_path / "s.sqlite", faults=()) as one:
        api = Api(one)
        api("GET", "/me")
        api("POST", "/tags", {"name": "t"})
        with made(state=tmp_path / "s.sqlite", faults=()) as other:
            assert other.summary()["requests"] == {"GET /me": 1, "POST /tags": 1}
            assert other.summary()["writes"] == 1
