"""One request budget for all workers of a process, taken from the destination's own headers."""

from __future__ import annotations

import threading
from collections.abc import Mapping

from hd_assets.publish import limits
from hd_assets.publish.clock import Clock
from hd_assets.publish.pacer import WINDOW_SECONDS, Pacer

_SLICE_SECONDS = 1.0


class RateLimiter:
    """Hands out permissions to send. Until the first answer 500 a minute are assumed.

    `headroom` is the share of the limit left to other clients, whose use counts because the destination reports what
    remains for all. `cap` is an own ceiling, requests per minute.
    """

    def __init__(self, clock: Clock, *, headroom: float, cap: int | None) -> None:
        self._clock = clock
        self._pacer = Pacer(headroom=headroom, cap=cap)
        # one thread watches for the next permission, the others queue behind it: no crowd wakes for each
        self._turn = threading.Lock()
        self._answered = threading.Condition()
        self.waited_seconds = 0.0

    @property
    def budget(self) -> int:
        """Requests we may send in one window."""
        return self._pacer.budget

    @property
    def learnt_per_minute(self) -> int | None:
        """The limit for all clients together as the destination told it; None before the first answer."""
        told = self._pacer.told
        return None if told is None else int(told * 60 / WINDOW_SECONDS)

    def acquire(self, stop: threading.Event | None = None) -> float:
        """Wait until one request may be sent and answer when that was; returns early, still counting it, on `stop`.

        Every permission ends in `observe` or `release`.
        """
        with self._turn:
            while True:
                with self._answered:
                    now = self._clock.now()
                    wait = self._pacer.wait(now)
                    if wait <= 0 or (stop is not None and stop.is_set()):
                        self._pacer.begin(now)
                        return now
                    self.waited_seconds += min(wait, _SLICE_SECONDS)
                    alone = self._pacer.in_flight == 0
                    if not alone:
                        self._answered.wait(min(wait, _SLICE_SECONDS))
                if alone:
                    self._clock.sleep(min(wait, _SLICE_SECONDS))

    def release(self) -> None:
        """A request ended without an answer."""
        with self._answered:
            self._pacer.lose()
            self._answered.notify()

    def observe(self, headers: Mapping[str, str], *, sent_at: float, refused: bool) -> None:
        """Learn from an answer. `refused`: it was a 429, so nothing is sent before the window's reset."""
        told = limits.read(headers)
        with self._answered:
            self._pacer.answer(self._clock.now(), sent_at, told, refused=refused)
            self._answered.notify()
