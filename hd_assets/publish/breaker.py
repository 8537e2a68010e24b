"""Stops sending while the destination fails again and again, and finds out with single requests when it is back."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from typing import Literal

from hd_assets.errors import UnreachableError
from hd_assets.publish.clock import Clock

# Failures in a row, of all workers together, that stop everything.
MOST_FAILURES = 5
LONGEST_WAIT = 8.0
# Where reads work and writes do not, each try may leave one more operation unknown.
LONGEST_WAIT_FOR_WRITES = 30.0
LONGEST_RETRY_AFTER = 300.0
# Nobody waits half an hour for a server that never was there.
FIRST_PATIENCE = 30.0
# Failed writes in a row while reads are answered; more than one operation alone may cause before it is left.
LEAST_TRIALS = 25
_FIRST_WAIT = 0.5
_SLICE_SECONDS = 1.0

State = Literal["closed", "open", "trial"]


class Breaker:
    """Every request is let through by `enter` and ends in `succeeded`, `failed` or `aborted`. Thread-safe.

    closed: requests pass. open: none does; after a growing wait `probe` asks once and answers whether the destination
    answers again. trial: reads pass, and one write at a time until one succeeds. Seconds without any answer are limited
    by `patience`, failed trials by what fits into it, then UnreachableError; everything unsent stays planned. A single
    record that the destination cannot take is given up before, so that it does not end the run for all others.
    """

    def __init__(
        self, clock: Clock, stop: threading.Event, probe: Callable[[], bool], *, where: str, patience: float
    ) -> None:
        self._clock, self._stop, self._probe = clock, stop, probe
        self._where, self._patience = where, patience
        self._most_trials = max(LEAST_TRIALS, int(patience / LONGEST_WAIT_FOR_WRITES * 1.5))
        self._state: State = "closed"
        self._changed = threading.Condition()
        # one thread watches the time and probes, the others queue behind it
        self._turn = threading.Lock()
        self._failures = self._failed_writes = 0
        self._probes = self._trials = 0
        self._opened_at = self._open_until = 0.0
        self._trying = self._ever_answered = False

    @property
    def state(self) -> State:
        return self._state

    def enter(self, *, write: bool) -> None:
        """Wait until the request may be sent; returns at once on a stop. Raises UnreachableError."""
        if self.state == "closed":
            return
        while not self._stop.is_set():
            with self._changed:
                if self._state == "closed" or (self._state == "trial" and not (write and self._trying)):
                    self._trying = self._trying or (write and self._state == "trial")
                    return
            self._watch()

    def wait(self) -> None:
        """Wait until a write would be let through; returns at once on a stop. Raises UnreachableError."""
        while not self._stop.is_set():
            with self._changed:
                if self._state == "closed" or (self._state == "trial" and not self._trying):
                    return
            self._watch()

    def succeeded(self, *, write: bool) -> None:
        """The destination answered; a refusal is an answer too."""
        if self._state == "closed" and self._ever_answered and not self._failures and not self._failed_writes:
            return
        with self._changed:
            self._ever_answered, self._failures = True, 0
            if write:
                self._failed_writes = 0
                if self._state == "trial":
                    self._state, self._probes, self._trials = "closed", 0, 0
                    self._end_trial()

    def failed(self, *, write: bool, retry_after: float | None = None) -> None:
        """No answer, or one that says nothing: no connection, a timeout, 5xx."""
        with self._changed:
            self._failures += 1
            self._failed_writes += write
            trial = self._state == "trial" and write
            if trial:
                self._trials += 1
                self._end_trial()
            if self._state != "open" and (trial or MOST_FAILURES in (self._failures, self._failed_writes)):
                longest = LONGEST_WAIT_FOR_WRITES if self._trials else LONGEST_WAIT
                self._open(self._trials, longest, retry_after)

    def aborted(self, *, write: bool) -> None:
        """The request was not sent, or said nothing about the destination's health (429)."""
        with self._changed:
            if self._state == "trial" and write:
                self._end_trial()

    def _end_trial(self) -> None:
        self._trying = False
        self._changed.notify_all()

    def _open(self, tries: int, longest: float, retry_after: float | None) -> None:
        now = self._clock.now()
        if self._state != "open":
            self._state, self._opened_at = "open", now
        wait = min(longest, _FIRST_WAIT * 2 ** min(tries, 16)) * random.uniform(0.5, 1.0)
        self._open_until = now + max(wait, min(retry_after or 0.0, LONGEST_RETRY_AFTER))
        self._failures = self._failed_writes = 0

    def _watch(self) -> None:
        """Wait a little for somebody's trial; or for the time to probe, and probe."""
        with self._changed:
            if self._state == "trial" and self._trying:
                self._changed.wait(_SLICE_SECONDS)
                return
        with self._turn:
            self._watch_time()

    def _watch_time(self) -> None:
        with self._changed:
            if self._state != "open":
                return
            now = self._clock.now()
            left = self._open_until - now
            spent = now - self._opened_at
        patience = self._patience if self._ever_answered else min(self._patience, FIRST_PATIENCE)
        if spent > patience or self._trials > self._most_trials:
            raise UnreachableError(
                f"the destination has not answered for {spent:.0f} seconds"
                if spent > patience
                else f"the destination answers reads, but has failed {self._trials} writes in a row",
                where=self._where,
                mend="check that the server runs and can be reached from here, then start the same command again;"
                " what was not sent is still planned",
            )
        if left > 0:
            self._clock.sleep(min(left, _SLICE_SECONDS))
            return
        alive = self._probe()
        with self._changed:
            if alive:
                self._ever_answered = True
                self._state, self._trying, self._probes = "trial", False, 0
                self._changed.notify_all()
            else:
                self._probes += 1
                self._open(self._probes, LONGEST_WAIT, None)
