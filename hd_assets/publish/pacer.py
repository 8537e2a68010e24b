"""When the next request may be sent: the destination's windows as its answers show them, whatever its clock says.

An answer names its window by the end of it (the label), in the destination's time. Between two clocks lies an unknown
but steady offset; every answer bounds it, because the request was counted between sending and answering. Thus a window
is known to be over without trusting either clock. Not thread-safe; `rate.RateLimiter` is.
"""

from __future__ import annotations

import math
import random

from hd_assets.publish.limits import Told

WINDOW_SECONDS = 10.0
ASSUMED_PER_MINUTE = 500
LONGEST_WINDOW = 60.0
# With others about, our share is spread over so much of the window; the rest is for answers under way.
_SPREAD_SECONDS = 8.5
_LEAD_SECONDS = 0.2
# Alone, this share is kept for the end of the window, where its answers show whether others have come.
_LATE_SHARE, _LATE_SECONDS = 0.02, 2.0
_NOTICED_SHARE = 0.03
_REMEMBERED_WINDOWS = 3
# Less may be lost in rounding when it is added to a date.
_SHORTEST_WAIT = 0.001


class Pacer:
    """Counts by window what was sent and what the answers say was used by all. Times are ours, in Unix seconds.

    `headroom` is the share of the limit left to other clients; what they use beyond it is taken from ours.
    `cap`: own ceiling in requests per minute.
    """

    def __init__(self, *, headroom: float, cap: int | None) -> None:
        self._headroom = headroom
        self._cap = None if cap is None else max(1, int(cap * WINDOW_SECONDS / 60))
        self._limit = max(1, int(ASSUMED_PER_MINUTE * WINDOW_SECONDS / 60))
        # what an answer told last, requests of all clients in one window; None before that
        self.told: int | None = None
        self.in_flight = 0
        self._blocked_until = 0.0
        # of the current window: requests of ours that were answered or lost, and of all as last told
        self._own = self._seen = 0
        self._others = [0] * _REMEMBERED_WINDOWS
        # our time at which the current window is surely over
        self._ends_at = -math.inf
        self._label: float | None = None
        # bounds of: the destination's clock minus ours
        self._low, self._high = -math.inf, math.inf
        # the newest label told under the present belief about the offset; confirmed once the next one followed it
        self._told_label, self._confirmed = math.inf, False
        self._next_slot = -math.inf

    @property
    def budget(self) -> int:
        """Requests of all clients at which we stop in one window; our own ceiling where that is lower."""
        budget = self._shared_budget
        return budget if self._cap is None else min(budget, self._cap)

    @property
    def _shared_budget(self) -> int:
        return max(1, int(self._limit * (1 - self._headroom)))

    # sending

    def wait(self, now: float) -> float:
        """Seconds until a request may be sent, 0 for at once. With requests in flight an answer may shorten it."""
        if now < self._blocked_until:
            return max(_SHORTEST_WAIT, self._blocked_until - now)
        self._roll(now)
        # what is in flight may or may not be among what was told as used; counting it twice errs to the safe side
        count = max(self._seen, self._own) + self.in_flight
        waits = [self._until_allowed(now, count, self._shared_budget, max(self._others))]
        if self._cap is not None:
            waits.append(self._until_allowed(now, self._own + self.in_flight, self._cap, 0))
        if self._in_slots:
            waits.append(self._next_slot - now)
        wait = max(waits)
        return max(_SHORTEST_WAIT, wait) if wait > 0 else 0.0

    def begin(self, now: float) -> None:
        """A request is being sent."""
        self.in_flight += 1
        spacing = WINDOW_SECONDS / self.budget
        self._next_slot = max(self._next_slot, now - spacing) + spacing

    def _until_allowed(self, now: float, count: int, budget: int, others: int) -> float:
        left = self._ends_at - now
        if count >= budget:
            return left
        if self._in_company and not self._in_slots:
            elapsed = WINDOW_SECONDS - left
            used = count / budget
            if others < budget:
                # what others used at once does not hold us up as long as we keep to what they leave at their most
                used = min(used, (self._own + self.in_flight) / (budget - others))
            return used * _SPREAD_SECONDS - _LEAD_SECONDS - elapsed
        if not self._in_company and left > _LATE_SECONDS and count >= budget - max(1, int(budget * _LATE_SHARE)) > 0:
            return left - _LATE_SECONDS
        return 0.0

    @property
    def _in_company(self) -> bool:
        return max(self._others) > max(2, self._limit * _NOTICED_SHARE)

    @property
    def _in_slots(self) -> bool:
        """Where windows begin is not known, so only an even pace keeps us from filling one with two shares."""
        return self._label is None or (self._in_company and not self._confirmed)

    # answers

    def lose(self) -> None:
        """A request ended without an answer; it may have been counted."""
        self.in_flight -= 1
        self._own += 1
        self._seen += 1

    def answer(self, now: float, sent_at: float, told: Told, *, refused: bool) -> None:
        """A request was answered. `refused`: by 429, so that nothing may be sent before the window is over."""
        self.in_flight -= 1
        self._roll(now)
        self._limit = told.limit or self._limit
        self.told = told.limit or self.told
        if told.label is not None:
            self._place(now, sent_at, told.label, told.used)
        else:
            self._own += 1
            self._seen = self._own if told.used is None else told.used
            if told.used is not None and told.used >= self._shared_budget:
                self._ends_at = now + WINDOW_SECONDS
        if told.used is not None and told.label in (None, self._label):
            self._others[0] = max(self._others[0], told.used - self._own - self.in_flight)
        if refused:
            self._block(now, told)

    def _place(self, now: float, sent_at: float, label: float, used: int | None) -> None:
        low, high = label - WINDOW_SECONDS - now, label - sent_at
        fits = max(low, self._low) < min(high, self._high)
        steps = 0.0 if self._label is None else (label - self._label) / WINDOW_SECONDS
        if self._label is None or not fits or abs(steps - round(steps)) > 0.01:
            # the first label, a clock that was set, or labels that are no windows: believe anew, from this one
            self._low, self._high, self._told_label, self._confirmed = low, high, label, False
            self._label, self._own, self._seen = label, 0, 0
        self._low, self._high = max(low, self._low), min(high, self._high)
        if label > self._label:
            self._label = label
            self._next_window()
        if label == self._label:
            self._own += 1
            self._seen = max(self._seen, self._own if used is None else used)
        self._confirmed = self._confirmed or label == self._told_label + WINDOW_SECONDS
        self._told_label = max(self._told_label, label)
        self._ends_at = self._label - self._low

    def _block(self, now: float, told: Told) -> None:
        until = now + WINDOW_SECONDS
        if told.label is not None and self._confirmed:
            until = max(now, told.label - self._low)
        elif told.label is not None and told.label - now <= LONGEST_WINDOW:
            until = max(until, told.label)
        until = max(until, now + (told.retry_after or 0.0))
        self._blocked_until = max(self._blocked_until, until + random.uniform(0.05, 0.5))

    def _roll(self, now: float) -> None:
        """Begin the next window when the current one is surely over."""
        if now < self._ends_at:
            return
        if self._label is None:
            self._ends_at = now + WINDOW_SECONDS
        else:
            passed = math.floor((now - self._ends_at) / WINDOW_SECONDS) + 1
            self._label += passed * WINDOW_SECONDS
            self._ends_at += passed * WINDOW_SECONDS
        self._next_window()

    def _next_window(self) -> None:
        self._own = self._seen = 0
        self._others = [0, *self._others[:-1]]
