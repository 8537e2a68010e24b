"""What an answer means, and how fast we may ask."""

import threading

import httpx
import pytest

from hd_assets.errors import UnreachableError
from hd_assets.publish.client import Client, route_of
from hd_assets.publish.outcomes import RefusedError, StoppedError, TokenRefusedError, UnknownError
from hd_assets.publish.rate import RateLimiter
from hd_assets.simulator.clock import VirtualClock

START = 1_760_000_000.0


@pytest.fixture
def clock():
    return VirtualClock(START)


def client(clock, handler, *, stop=None, headroom=0.0, cap=None):
    limiter = RateLimiter(clock, headroom=headroom, cap=cap)
    transport = httpx.MockTransport(handler)
    return Client(
        "http://desk.example",
        "tok",
        variable="T",
        limiter=limiter,
        clock=clock,
        stop=stop or threading.Event(),
        transport=transport,
    )


def error(status, code="x", message=""):
    return httpx.Response(status, json={"type": "error.list", "errors": [{"code": code, "message": message}]})


@pytest.mark.parametrize("status", [400, 404, 405, 409, 410, 413, 422])
def test_a_refusal_was_not_done(clock, status):
    with pytest.raises(RefusedError) as told:
        client(clock, lambda _: error(status, "parameter_invalid")).send("POST", "/contacts", {})
    assert (told.value.status, told.value.code) == (status, "parameter_invalid")


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_token_stops_the_run(clock, status):
    with pytest.raises(TokenRefusedError, match="T_FILE"):
        client(clock, lambda _: error(status)).send("POST", "/contacts", {})


@pytest.mark.parametrize("status", [302, 402, 406, 408, 418, 500, 502, 503, 504])
def test_everything_else_leaves_the_outcome_unknown_and_is_sent_once(clock, status):
    seen = []
    with pytest.raises(UnknownError):
        client(clock, lambda request: seen.append(1) or error(status)).send("POST", "/contacts", {})
    assert len(seen) == 1


@pytest.mark.parametrize("body", [b"{", b"[]", b"\xff"])
def test_a_good_status_with_a_broken_body_is_unknown(clock, body):
    with pytest.raises(UnknownError):
        client(clock, lambda _: httpx.Response(200, content=body)).send("POST", "/contacts", {})


def test_a_read_is_repeated_and_gives_up_within_its_budget(clock):
    seen = []
    with pytest.raises(UnreachableError):
        client(clock, lambda request: seen.append(1) or error(503)).get("/me")
    assert 3 < len(seen) <= 16
    assert clock.now() - START < 60


@pytest.mark.parametrize("half", [{}, {"name": "Ada"}, {"id": None}])
def test_a_record_without_its_id_is_no_answer_and_asked_for_again(clock, half):
    answers = [half, half, {"id": "7"}]
    asked = client(clock, lambda _: httpx.Response(200, json=answers.pop(0)))
    assert asked.one("/contacts/7") == {"id": "7"}


def test_a_server_that_never_names_a_record_is_told_as_unreachable(clock):
    with pytest.raises(UnreachableError, match="has no id"):
        client(clock, lambda _: httpx.Response(200, json={"name": "Ada"})).one("/contacts/7")


def test_an_empty_list_is_an_answer_and_a_missing_one_is_not(clock):
    answers = [{"type": "list"}, {"data": []}]
    asked = client(clock, lambda _: httpx.Response(200, json=answers.pop(0)))
    assert asked.search("/contacts/search", {}, holds=("data",)).data == {"data": []}
    assert answers == []


def test_the_twin_of_a_conflict_is_read_out_and_the_wording_is_not_kept(clock):
    message = "An archived contact matching those details already exists with id=6762f0dd1bb69f9f2193bb83"
    with pytest.raises(RefusedError) as told:
        client(clock, lambda _: error(409, "conflict", message)).send("POST", "/contacts", {})
    assert (told.value.twin, told.value.twin_archived) == ("6762f0dd1bb69f9f2193bb83", True)
    assert message not in str(told.value)


def limited(clock, times, headers):
    def handler(request):
        times.append(clock.now())
        if len(times) == 1:
            return httpx.Response(429, headers=headers, json={"errors": [{"code": "rate_limit_exceeded"}]})
        return httpx.Response(200, json={})

    return handler


@pytest.mark.parametrize(
    ("reset", "least"),
    [
        (str(int(START) + 7), 10.0),
        (str(int(START) + 45), 45.0),
        (str(int(START) - 500), 10.0),
        ("99999999999", 10.0),
        ("soon", 10.0),
        (None, 10.0),
    ],
)
def test_after_a_first_429_nothing_is_sent_before_the_reset_by_whatever_clock(clock, reset, least):
    times = []
    headers = {"x-ratelimit-limit": "100", "x-ratelimit-remaining": "0"} | (
        {"x-ratelimit-reset": reset} if reset else {}
    )
    client(clock, limited(clock, times, headers)).send("POST", "/contacts", {})
    assert least <= times[1] - times[0] < least + 1


def windows(clock, limit, number, *, headroom, cap=None, taken=0):
    """Requests per window that a publisher sends when the destination counts by windows of ten seconds."""
    used = {}

    def handler(request):
        window = int(clock.now() // 10)
        used[window] = used.get(window, 0) + 1
        left = limit - used[window] - taken
        headers = {
            "x-ratelimit-limit": str(limit),
            "x-ratelimit-remaining": str(max(0, left)),
            "x-ratelimit-reset": str((window + 1) * 10),
        }
        return httpx.Response(200 if left >= 0 else 429, headers=headers, json={})

    made = client(clock, handler, headroom=headroom, cap=cap)
    for _ in range(number):
        made.get("/me")
    return list(used.values())


def test_the_limit_is_used_but_for_the_headroom(clock):
    assert windows(clock, 100, 400, headroom=0.2)[:4] == [80, 80, 80, 80]


def test_an_own_ceiling_is_kept(clock):
    assert max(windows(clock, 100, 100, headroom=0.2, cap=120)) == 20


def test_what_others_use_counts(clock):
    assert max(windows(clock, 100, 100, headroom=0.2, taken=50)[1:]) <= 31


def test_before_the_first_answer_five_hundred_a_minute_are_assumed(clock):
    assert RateLimiter(clock, headroom=0.0, cap=None).budget == 83


def test_a_stop_is_heard_before_the_next_request(clock):
    stop = threading.Event()
    stop.set()
    with pytest.raises(StoppedError):
        client(clock, lambda _: httpx.Response(200, json={}), stop=stop).send("POST", "/contacts", {})


def test_routes_in_the_books_bear_no_ids():
    assert route_of("/conversations/123/tags/45") == "/conversations/{id}/tags/{id}"
    assert route_of("/contacts/6762f0dd1bb69f9f2193bb83/companies") == "/contacts/{id}/companies"
    assert route_of("/contacts/find_by_external_id/desk-user-1") == "/contacts/find_by_external_id/{id}"
