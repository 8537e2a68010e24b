"""How far a long step is: observations and log lines for the web page, every tick for a listener."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import dagster as dg

from hd_assets.assembly.listening import Listener
from hd_assets.publish.progress import EVERY_SECONDS, Standing


class StepProgress:
    """Reports done / total, rate and remaining time of one step; no event per record, because each is a database row.

    May be called from worker threads. `total` None: not known.
    """

    def __init__(
        self,
        context: dg.AssetExecutionContext,
        asset: dg.AssetKey,
        listener: Listener,
        *,
        now: Callable[[], float] = time.monotonic,
        every: float = EVERY_SECONDS,
    ) -> None:
        self._context = context
        self._asset = asset
        self._listener = listener
        self._now = now
        self._every = every
        self._lock = threading.Lock()
        self._begun = self._told = now()
        self._label = asset.to_user_string()

    def advance(self, done: int, total: int | None, what: str = "records") -> None:
        """`done` of `total` of `what`; writes at most one event per interval."""
        with self._lock:
            self._listener.advanced(self._label, done, total)
            now = self._now()
            if now - self._told < self._every:
                return
            self._told = now
            self._tell(done, total, what, now - self._begun)

    def report(self, standing: Standing) -> None:
        """What publishing and reading back report; they keep the interval themselves."""
        total = standing.total or None
        self._listener.advanced(self._label, standing.done, total)
        with self._lock:
            self._tell(standing.done, total, standing.step, self._now() - self._begun, standing.note)

    def _tell(self, done: int, total: int | None, what: str, seconds: float, note: str | None = None) -> None:
        rate = done / seconds if seconds > 0 else 0.0
        metadata: dict[str, int | float | str] = {"done": done, "per_minute": round(rate * 60, 1), "unit": what}
        line = f"{done} {what}, {rate * 60:.0f} a minute"
        if total is not None:
            metadata["total"] = total
            line = f"{done} of {total} {what}, {rate * 60:.0f} a minute"
            if rate > 0:
                metadata["eta_s"] = round(max(0, total - done) / rate, 1)
                line += f", about {metadata['eta_s']:.0f} s left"
        if note:
            metadata["waiting"] = note
            line += f"; {note}"
        self._context.log.info(line)
        self._context.log_event(dg.AssetObservation(self._asset, metadata=metadata))
