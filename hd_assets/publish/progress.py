"""How a long step tells how far it is."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, replace
from typing import Protocol

EVERY_SECONDS = 5.0


@dataclass(frozen=True)
class Standing:
    """Where a step stands. `rate` is units a second since it began, `eta_seconds` None until there is a rate.

    `note`: why nothing goes on at the moment.
    """

    step: str
    done: int
    total: int
    rate: float
    eta_seconds: float | None
    note: str | None = None


class Progress(Protocol):
    """Called at most every five seconds, and once at the end."""

    def report(self, standing: Standing) -> None: ...


class Silent:
    """Progress nobody listens to."""

    def report(self, standing: Standing) -> None:
        """Do nothing."""


class Meter:
    """Counts what is done and reports it in steady intervals. Thread-safe."""

    def __init__(self, progress: Progress, step: str, total: int) -> None:
        self._progress, self._step, self.total = progress, step, total
        self._lock = threading.Lock()
        self._note = ""
        self._begun = self._told = time.monotonic()
        self.done = 0

    def add(self, number: int = 1) -> None:
        with self._lock:
            self.done += number
            now = time.monotonic()
            if now - self._told < EVERY_SECONDS:
                return
            self._told = now
            standing = self._standing(now)
        self._progress.report(standing)

    def pause(self, note: str) -> None:
        """Nothing goes on for a while; reported at once, and the same note again in steady intervals."""
        with self._lock:
            now = time.monotonic()
            if note == self._note and now - self._told < EVERY_SECONDS:
                return
            self._told, self._note = now, note
            standing = replace(self._standing(now), note=note)
        self._progress.report(standing)

    def finish(self) -> None:
        with self._lock:
            standing = self._standing(time.monotonic())
        self._progress.report(standing)

    def _standing(self, now: float) -> Standing:
        rate = self.done / max(now - self._begun, 1e-6)
        left = max(self.total - self.done, 0)
        return Standing(self._step, self.done, self.total, rate, left / rate if rate else None)
