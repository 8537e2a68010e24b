"""Many jobs at once, each serial in itself; a job that has to wait leaves its worker to others."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Protocol

from hd_assets.publish.context import PublishContext
from hd_assets.publish.outcomes import StoppedError
from hd_assets.publish.progress import Meter

_NAP_SECONDS = 0.5


class Advancing(Protocol):
    """Work on one record. `advance` goes on until the end (None) or until a time to come back (Unix seconds)."""

    def advance(self) -> float | None: ...


class _Queue:
    """What to advance next: a parked job whose time has come goes before one that was not begun."""

    def __init__(self, context: PublishContext, jobs: Iterator[Advancing]) -> None:
        self._context, self._jobs = context, jobs
        self._parked: list[tuple[float, int, Advancing]] = []
        self._number = itertools.count()
        self._exhausted = False

    def take(self) -> Advancing | None:
        """None: nothing can be advanced now. Outside the publishing hours that is everything, if there is anything."""
        closed = self._context.closed_until()
        if closed is not None and self._parked:
            return None
        if self._parked and self._parked[0][0] <= self._context.clock.now():
            return heapq.heappop(self._parked)[2]
        following = None if self._exhausted else next(self._jobs, None)
        self._exhausted = following is None
        if closed is not None and following is not None:
            self.park(following, closed)
            return None
        return following

    def park(self, job: Advancing, ready: float) -> None:
        heapq.heappush(self._parked, (ready, next(self._number), job))

    @property
    def next_ready(self) -> float | None:
        """When the first parked job may go on; None when none is parked."""
        return self._parked[0][0] if self._parked else None


def run_jobs(context: PublishContext, jobs: Iterator[Advancing], meter: Meter, *, workers: int) -> None:
    """Advance every job to its end. Jobs are taken from the iterator only as fast as they are worked off.

    Outside the publishing hours none is begun or gone on with. One worker runs in the calling thread, so that the
    order of requests is the same each time. The first failure of a worker stops the others after their current
    request and is raised here; so is StoppedError.
    """
    queue = _Queue(context, jobs)
    try:
        if workers == 1:
            _run_here(context, queue, meter)
        else:
            _run_in_threads(context, queue, meter, workers)
    except BaseException:
        context.abort.set()
        raise


def _run_here(context: PublishContext, queue: _Queue, meter: Meter) -> None:
    while True:
        _heed_stop(context)
        job = queue.take()
        if job is None:
            if queue.next_ready is None:
                return
            _wait(context, queue.next_ready, meter)
        else:
            _note(queue, job, job.advance(), meter)


def _run_in_threads(context: PublishContext, queue: _Queue, meter: Meter, workers: int) -> None:
    running: dict[Future[float | None], Advancing] = {}
    pool = ThreadPoolExecutor(workers, thread_name_prefix="publish")
    try:
        while True:
            _heed_stop(context)
            while len(running) < 2 * workers:
                job = queue.take()
                if job is None:
                    break
                running[pool.submit(job.advance)] = job
            if not running:
                if queue.next_ready is None:
                    return
                _wait(context, queue.next_ready, meter)
                continue
            finished, _ = wait(running, timeout=_NAP_SECONDS, return_when=FIRST_COMPLETED)
            if context.client.is_stalled:
                meter.pause("the destination does not answer; single requests find out when it is back")
            for future in finished:
                job = running.pop(future)
                _note(queue, job, future.result(), meter)
    except BaseException:
        # before the pool is waited for, or its workers would first end their whole jobs
        context.abort.set()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _note(queue: _Queue, job: Advancing, ready: float | None, meter: Meter) -> None:
    if ready is None:
        meter.add()
    else:
        queue.park(job, ready)


def _heed_stop(context: PublishContext) -> None:
    if context.stop.is_set():
        raise StoppedError("publish")


def _wait(context: PublishContext, ready: float, meter: Meter) -> None:
    """Until a job may go on, and the publishing hours have begun; in small steps, so that a stop is heard."""
    closed = context.closed_until()
    if closed is not None and context.hours is not None:
        ready = max(ready, closed)
        meter.pause(f"outside the publishing hours, paused until {context.hours.wall(closed)}")
    while not context.stop.is_set():
        left = ready - context.clock.now()
        if left <= 0:
            return
        context.clock.sleep(min(left, 1.0))
