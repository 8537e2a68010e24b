"""When to try again: attempts and seconds both bounded, pauses growing and jittered."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from hd_assets.errors import UnreachableError

T = TypeVar("T")


class LostSnapshotError(UnreachableError):
    """A transient fault ended the reading; the snapshot is gone, so only a fresh extraction can follow."""


@dataclass
class RetryBudget:
    """Pauses before each new attempt, in seconds, until attempts or time run out."""

    attempts: int = 5
    seconds: float = 900.0
    first_pause: float = 0.5
    longest_pause: float = 30.0
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    jitter: Callable[[], float] = field(default=random.random)

    def pauses(self) -> Iterator[float]:
        """One value per further attempt that the budget still allows; the caller sleeps it with `sleep`."""
        started = self.clock()
        pause = self.first_pause
        for _ in range(self.attempts - 1):
            wait = pause * (0.5 + self.jitter() / 2)
            if self.clock() - started + wait > self.seconds:
                return
            yield wait
            pause = min(pause * 2, self.longest_pause)


def with_retries(attempt: Callable[[], T], budget: RetryBudget) -> T:
    """Run `attempt` until it does not raise LostSnapshotError or the budget ends; then the last error passes."""
    pauses = budget.pauses()
    while True:
        try:
            return attempt()
        except LostSnapshotError:
            pause = next(pauses, None)
            if pause is None:
                raise
            budget.sleep(pause)
