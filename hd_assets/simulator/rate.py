"""The destination's rate limit: so many requests in each ten-second window of the clock."""

from __future__ import annotations

from dataclasses import dataclass

from hd_assets.simulator.rules import Rules


@dataclass(frozen=True)
class Standing:
    """Where one request stands: `limit` per window, `remaining`, `reset` (Unix seconds of the next window)."""

    limit: int
    remaining: int
    reset: int
    allowed: bool

    def headers(self) -> dict[str, str]:
        return {
            "x-ratelimit-limit": str(self.limit),
            "x-ratelimit-remaining": str(self.remaining),
            "x-ratelimit-reset": str(self.reset),
        }


class RateLimit:
    """Counts requests by window. Not thread-safe: used under the simulator's lock."""

    def __init__(self, rules: Rules) -> None:
        self._seconds = rules.window_seconds
        self._limit = max(1, rules.requests_per_minute * self._seconds // 60)
        self._window, self._used = -1, 0

    def take(self, now: float, *, exhausted: bool = False, foreign: int = 0) -> Standing:
        """Count one request; `exhausted` treats the window as used up, `foreign` is what others use of each window."""
        window = int(now // self._seconds)
        if window != self._window:
            self._window, self._used = window, 0
        reset = (window + 1) * self._seconds
        others = int(foreign * (now - window * self._seconds) / self._seconds) if foreign else 0
        if exhausted or self._used + others >= self._limit:
            return Standing(self._limit, 0, reset, allowed=False)
        self._used += 1
        return Standing(self._limit, max(0, self._limit - self._used - others), reset, allowed=True)

    def message(self) -> str:
        return f"Exceeded rate limit of {self._limit} in {self._seconds}_seconds"

    def state(self) -> list[int]:
        return [self._window, self._used]

    def resume(self, state: list[int]) -> None:
        self._window, self._used = state
