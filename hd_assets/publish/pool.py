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


def run_jobs(context: PublishContext, jobs: Iterator[Advancing], meter: Meter, *, workers: int) -> None:
    """Advance every job to its end. Jobs are taken from the iterator only as fast as they are worked off.

    The first failure of a worker stops the others after their current request and is raised here; so is StoppedError.
    """
    parked: list[tuple[float, int, Advancing]] = []
    number = itertools.count()
    running: dict[Future[float | None], Advancing] = {}
    exhausted = False
    pool = ThreadPoolExecutor(workers, thread_name_prefix="publish")
    try:
        while True:
            if context.stop.is_set():
                raise StoppedError("publish")
            while parked and parked[0][0] <= context.clock.now() and len(running) < 2 * workers:
                job = heapq.heappop(parked)[2]
                running[pool.submit(job.advance)] = job
            while not exhausted and len(running) < 2 * workers:
                following = next(jobs, None)
                if following is None:
                    exhausted = True
                else:
                    running[pool.submit(following.advance)] = following
            if not running:
                if not parked:
                    return
                _sleep_until(context, parked[0][0])
                continue
            finished, _ = wait(running, timeout=_NAP_SECONDS, return_when=FIRST_COMPLETED)
            for future in finished:
                job = running.pop(future)
                ready = future.result()
                if ready is None:
                    meter.add()
                else:
                    heapq.heappush(parked, (ready, next(number), job))
    except BaseException:
        context.abort.set()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _sleep_until(context: PublishContext, ready: float) -> None:
    """In small steps, so that a stop is heard."""
    while not context.stop.is_set():
        left = ready - context.clock.now()
        if left <= 0:
            return
        context.clock.sleep(min(left, 1.0))
