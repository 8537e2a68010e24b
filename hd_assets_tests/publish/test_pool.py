"""Jobs side by side or one after another: order, waiting, stopping."""

import threading
from types import SimpleNamespace

import pytest

from hd_assets.publish.outcomes import StoppedError
from hd_assets.publish.pool import run_jobs
from hd_assets.publish.progress import Meter, Silent
from hd_assets.simulator.clock import VirtualClock

START = 1_760_000_000.0


@pytest.fixture
def context():
    return SimpleNamespace(
        clock=VirtualClock(START),
        stop=threading.Event(),
        abort=threading.Event(),
        client=SimpleNamespace(is_stalled=False),
        hours=None,
        closed_until=lambda: None,
    )


class Steps:
    """A job that waits the given seconds after each step; writes down who ran when and in which thread."""

    def __init__(self, context, name, told, waits=(), fault=None):
        self.context, self.name, self.told, self.fault = context, name, told, fault
        self.waits = list(waits)

    def advance(self):
        self.told.append((self.name, self.context.clock.now() - START, threading.current_thread()))
        if self.fault:
            raise self.fault
        return self.context.clock.now() + self.waits.pop(0) if self.waits else None


def run(context, jobs, workers):
    meter = Meter(Silent(), "jobs", len(jobs))
    run_jobs(context, iter(jobs), meter, workers=workers)
    return meter.done


def test_one_worker_is_the_calling_thread_and_takes_jobs_in_their_order(context):
    told = []
    assert run(context, [Steps(context, name, told) for name in "abc"], workers=1) == 3
    assert told == [(name, 0.0, threading.current_thread()) for name in "abc"]


def test_a_parked_job_leaves_the_worker_to_others_and_comes_back_in_time(context):
    told = []
    run(context, [Steps(context, "a", told, [5]), Steps(context, "b", told, [2, 2]), Steps(context, "c", told)], 1)
    assert [entry[:2] for entry in told] == [("a", 0), ("b", 0), ("c", 0), ("b", 2), ("b", 4), ("a", 5)]


def test_a_parked_job_whose_time_has_come_goes_before_one_not_begun(context):
    told = []
    jobs = [Steps(context, "a", told, [0]), Steps(context, "b", told)]
    run(context, jobs, workers=1)
    assert [entry[0] for entry in told] == ["a", "a", "b"]


@pytest.mark.parametrize("workers", [1, 4])
def test_every_job_is_advanced_to_its_end(context, workers):
    told = []
    jobs = [Steps(context, number, told, [1] * (number % 3)) for number in range(50)]
    assert run(context, jobs, workers) == 50
    assert len(told) == sum(1 + number % 3 for number in range(50))


@pytest.mark.parametrize("workers", [1, 4])
def test_a_failure_is_raised_and_tells_the_others_to_end(context, workers):
    told = []
    jobs = iter([Steps(context, "a", told, fault=KeyError("x")), *(Steps(context, n, told) for n in range(100))])
    with pytest.raises(KeyError):
        run_jobs(context, jobs, Meter(Silent(), "jobs", 101), workers=workers)
    assert context.abort.is_set()
    assert next(jobs, None) is not None


@pytest.mark.parametrize("workers", [1, 4])
def test_a_stop_is_heard_while_all_jobs_wait(context, workers):
    told = []

    class Stopping(VirtualClock):
        def sleep(self, seconds):
            super().sleep(seconds)
            if self.now() > START + 3:
                context.stop.set()

    context.clock = Stopping(START)
    with pytest.raises(StoppedError):
        run(context, [Steps(context, "a", told, [600])], workers)
    assert len(told) == 1
    assert context.clock.now() < START + 10
