"""A destination that fails again and again is left alone, and found again with single requests."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import pairwise

import httpx
import pytest

from hd_assets.errors import UnreachableError
from hd_assets.publish.breaker import FIRST_PATIENCE, MOST_FAILURES, Breaker
from hd_assets.publish.client import Client
from hd_assets.publish.outcomes import RefusedError, UnknownError
from hd_assets.publish.rate import RateLimiter
from hd_assets.simulator.clock import VirtualClock
from hd_assets_tests.publish.checker import differences
from hd_assets_tests.publish.desk import MAPPING, Desk, desk, rows

START = 1_760_000_000.0
OUTAGE = 600.0


class Server:
    """Answers 503 to what `down` says, from `begin` for as long as the outage lasts; knows what reached it."""

    def __init__(self, clock, begin=START + 1.0, seconds=OUTAGE, down=lambda request: True):
        self.clock, self.begin, self.end, self.down = clock, begin, begin + seconds, down
        self.seen = []
        self.lock = threading.Lock()

    def __call__(self, request):
        now = self.clock.now()
        failing = self.begin <= now < self.end and self.down(request)
        with self.lock:
            self.seen.append((now, request.method, failing))
        return httpx.Response(503, json={}) if failing else httpx.Response(200, json={"id": "1"})

    def during(self, method):
        return [now for now, seen, failing in self.seen if seen == method and failing]


@pytest.fixture
def clock():
    return VirtualClock(START)


def client(clock, server, *, stop=None, patience=1800.0):
    return Client(
        "http://desk.example",
        "tok",
        variable="T",
        limiter=RateLimiter(clock, headroom=0.0, cap=None),
        clock=clock,
        stop=stop or threading.Event(),
        transport=httpx.MockTransport(server),
        patience=patience,
    )


def write(made, number, clock):
    """As a publisher does: what stays unknown is noted and not sent again."""
    unknown = 0
    for _ in range(number):
        try:
            made.send("POST", "/contacts", {})
        except UnknownError:
            unknown += 1
        clock.sleep(0.05)
    return unknown


@pytest.mark.parametrize("workers", [1, 4, 16])
def test_ten_minutes_of_503_leave_no_more_unknown_than_workers_and_the_threshold(clock, workers):
    server = Server(clock)
    made = client(clock, server)
    with ThreadPoolExecutor(workers) as pool:
        unknown = sum(pool.map(lambda _: write(made, 60, clock), range(workers)))
    assert 0 < unknown <= workers + MOST_FAILURES
    assert len(server.during("POST")) == unknown
    # it went on by itself: everything else arrived
    assert sum(method == "POST" for _, method, _ in server.seen) == 60 * workers


def test_a_dead_server_is_asked_by_one_request_at_a_time_in_growing_intervals(clock):
    server = Server(clock)
    write(client(clock, server), 60, clock)
    probes = server.during("GET")
    gaps = [later - earlier for earlier, later in pairwise(probes)]
    assert gaps[0] < 2
    assert all(4 <= gap <= 9.5 for gap in gaps[5:]), gaps
    assert len(probes) < OUTAGE / 4


def test_the_first_write_after_an_outage_comes_within_ten_seconds(clock):
    server = Server(clock)
    write(client(clock, server), 60, clock)
    after = [now for now, method, failing in server.seen if method == "POST" and now >= server.end]
    assert after[0] - server.end < 10


def test_where_only_writes_fail_they_are_tried_one_at_a_time_ever_more_rarely(clock):
    server = Server(clock, down=lambda request: request.method == "POST")
    unknown = write(client(clock, server), 200, clock)
    assert MOST_FAILURES < unknown <= MOST_FAILURES + OUTAGE / 15 + 6
    assert sum(method == "POST" for _, method, _ in server.seen) == 200


def test_reads_go_on_where_only_writes_fail(clock):
    server = Server(clock, begin=START, down=lambda request: request.method == "POST")
    made = client(clock, server)
    assert write(made, MOST_FAILURES, clock) == MOST_FAILURES
    begun = clock.now()
    for _ in range(20):
        made.get("/contacts/1")
    assert clock.now() - begun < 10


def test_refusals_and_single_failures_open_nothing(clock):
    answers = iter([503, 400, 503, 200, 404, 503, 503, 409, 503, 503, 503, 503, 422, 503] * 10)
    made = client(clock, lambda _: httpx.Response(next(answers), json={}))
    for _ in range(140):
        with suppress(UnknownError, RefusedError):
            made.send("POST", "/contacts", {})
    assert not made.is_stalled
    assert next(answers, None) is None


def test_after_its_patience_the_run_ends_with_everything_else_unsent(clock):
    server = Server(clock, seconds=1e9)
    made = client(clock, server, patience=120.0)
    made.send("POST", "/contacts", {})
    clock.sleep(1.0)
    begun = clock.now()
    with pytest.raises(UnreachableError, match="still planned") as told:
        write(made, 60, clock)
    assert told.value.exit_code == 4
    assert 120 <= clock.now() - begun < 150


def test_a_server_that_never_answered_is_given_up_sooner(clock):
    def refuse(request):
        raise httpx.ConnectError("refused", request=request)

    with pytest.raises(UnreachableError):
        client(clock, refuse).send("POST", "/contacts", {})
    assert clock.now() - START < FIRST_PATIENCE + 30


def test_a_stop_is_heard_while_the_destination_is_dead(clock):
    stop = threading.Event()
    server = Server(clock, begin=START, seconds=1e9)
    made = client(clock, server, stop=stop)
    write(made, MOST_FAILURES, clock)

    class Stopping(VirtualClock):
        def sleep(self, seconds):
            super().sleep(seconds)
            stop.set()

    made._breaker._clock = Stopping(clock.now())
    with pytest.raises(Exception, match="stopped on request"):
        made.send("POST", "/contacts", {})


def test_what_the_destination_asks_for_is_waited_but_not_for_ever(clock):
    for asked, expected in (("40", 40.0), ("999999", 300.0)):
        breaker = Breaker(clock, threading.Event(), lambda: True, where="x", patience=1800)
        for _ in range(MOST_FAILURES):
            breaker.failed(write=True, retry_after=float(asked))
        breaker._ever_answered = True
        begun = clock.now()
        breaker.enter(write=True)
        assert expected <= clock.now() - begun < expected + 2


def test_a_run_through_an_outage_leaves_few_unknown_and_completes_by_itself(tmp_path):
    made: Desk = desk(tmp_path, rows(12))
    made.write_mapping(MAPPING.replace("workers: 4", "workers: 4, simulator_patience_seconds: 1800"))
    begin = made.clock.now() + 0.001
    writes, unknown = [], set()

    def fail(request):
        # the clock moves with the requests, so that the outage begins in the middle of the run
        if request.method != "GET":
            made.clock.sleep(0.01)
            writes.append(request)
        if len(writes) > 40 and made.clock.now() < begin + OUTAGE:
            if request.method != "GET" and "search" not in request.url.path:
                unknown.add((request.method, request.url.path, request.content))
            raise httpx.ReadError("connection reset by peer", request=request)

    made.transport.before = fail
    made.publish()
    assert 0 < len(unknown) <= 4 + MOST_FAILURES
    assert differences(made, rows(12)) == []
