"""One request budget for all workers, taken from the destination's own headers."""

from __future__ import annotations

import random
import threading
from collections.abc import Mapping

from hd_assets.publish.clock import Clock

WINDOW_SECONDS = 10.0
ASSUMED_PER_MINUTE = 500
LONGEST_WINDOW = 60.0


class RateLimiter:
    """Hands out permissions to send, window by window.

    Until the first answer 500 a minute are assumed. `headroom` is the share of the limit left to other clients, whose
    use counts because the destination reports what remains for all. `cap` is an own ceiling, requests per minute.
    """

    def __init__(self, clock: Clock, *, headroom: float, cap: int | None) -> None:
        self._clock, self._headroom = clock, headroom
        self._cap = None if cap is None else max(1, int(cap * WINDOW_SECONDS / 60))
        self._limit = max(1, int(ASSUMED_PER_MINUTE * WINDOW_SECONDS / 60))
        self._lock = threading.Lock()
        self._reset_at = 0.0
        self._used = 0
        self._in_flight = 0
        self._blocked_until = 0.0
        self.waited_seconds = 0.0

    @property
    def budget(self) -> int:
        """Requests we may send in one window."""
        budget = max(1, int(self._limit * (1 - self._headroom)))
        return budget if self._cap is None else min(budget, self._cap)

    def acquire(self) -> None:
        """Wait until one request may be sent."""
        while True:
            with self._lock:
                wait = self._wait(self._clock.now())
                if wait <= 0:
                    self._used += 1
                    self._in_flight += 1
                    return
                self.waited_seconds += wait
            self._clock.sleep(wait)

    def _wait(self, now: float) -> float:
        if now < self._blocked_until:
            return self._blocked_until - now
        if now >= self._reset_at:
            self._reset_at, self._used = now + WINDOW_SECONDS, 0
        if self._used < self.budget:
            return 0.0
        # everybody wakes at the same reset; a little spread keeps them from arriving as one
        return self._reset_at - now + random.uniform(0.01, 0.05)

    def release(self) -> None:
        """A request ended without an answer."""
        with self._lock:
            self._in_flight = max(0, self._in_flight - 1)

    def observe(self, headers: Mapping[str, str], *, refused: bool) -> None:
        """Learn from an answer. `refused`: it was a 429, so nothing is sent before the window's reset."""
        with self._lock:
            now = self._clock.now()
            self._in_flight = max(0, self._in_flight - 1)
            limit, remaining = _number(headers.get("x-ratelimit-limit")), _number(headers.get("x-ratelimit-remaining"))
            reset = _number(headers.get("x-ratelimit-reset"))
            if limit is not None and limit >= 1:
                self._limit = int(limit)
            # an absurd, past or missing reset must neither stop us for hours nor let us run on at once
            believable = reset is not None and now < reset <= now + LONGEST_WINDOW
            until = reset if believable and reset is not None else now + WINDOW_SECONDS
            if believable and remaining is not None and limit is not None:
                used = int(limit - remaining)
                if until > self._reset_at + 0.5 or until < self._reset_at - 0.5:
                    # another window than the one we counted in: our own count begins with what is under way
                    fresh = until > self._reset_at + 0.5 or now + WINDOW_SECONDS <= self._reset_at + 1
                    self._used = used + self._in_flight if fresh else max(self._used, used)
                    self._reset_at = until
                else:
                    self._used = max(self._used, used)
            if refused:
                self._blocked_until = max(self._blocked_until, until + random.uniform(0.05, 0.5))


def _number(text: str | None) -> float | None:
    try:
        return None if text is None else float(text)
    except ValueError:
        return None
