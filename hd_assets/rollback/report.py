"""What a rollback did, would do and cannot do. External ids and Intercom ids only, no personal data."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from hd_assets.rollback.selection import OBJECT_OF, Record

FATES = ("removed", "restored", "left", "gone", "kept", "failed")


@dataclass(frozen=True)
class Left:
    """A record that stays, and why. `foreign`: --force would take it."""

    object: str
    external_id: str
    intercom_id: str
    reason: str
    foreign: bool = False


@dataclass
class Report:
    """Outcome by object. `executed` False: what would happen. Thread-safe while it is filled.

    `removed` deleted by us, `restored` given back to what it was before, `left` was there before and never changed,
    `gone` was not there any more, `kept` stays on purpose, `failed` should have gone and did not.
    """

    migration: str
    target: str
    selection: str
    executed: bool
    counts: dict[str, Counter[str]] = field(default_factory=dict)
    kept: list[Left] = field(default_factory=list)
    failed: list[Left] = field(default_factory=list)
    # operations whose outcome nobody knows: (key, why); what hangs on them stays
    unresolved: list[tuple[str, str]] = field(default_factory=list)
    settled: int = 0
    # conversations that the target itself lists as deleted
    proved: int = 0
    cannot_undo: list[str] = field(default_factory=list)
    # (run, when it began, records it created), before anything is taken back
    runs: list[tuple[int, float, int]] = field(default_factory=list)
    requests: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def add(self, record: Record, fate: str, reason: str = "", *, foreign: bool = False) -> None:
        name = OBJECT_OF.get(record.kind, record.kind)
        with self._lock:
            self.counts.setdefault(name, Counter())[fate] += 1
            if fate in ("kept", "failed"):
                left = Left(name, record.external_id, record.intercom_id, reason, foreign)
                (self.kept if fate == "kept" else self.failed).append(left)

    def total(self, fate: str) -> int:
        return sum(counted[fate] for counted in self.counts.values())

    @property
    def complete(self) -> bool:
        """Nothing is left that should have gone."""
        return not self.failed and not self.unresolved

    def document(self) -> dict[str, Any]:
        """As written by --json."""
        return {
            "migration": self.migration,
            "target": self.target,
            "selection": self.selection,
            "executed": self.executed,
            "counts": {name: {fate: counted[fate] for fate in FATES} for name, counted in self.counts.items()},
            "kept": [vars(left) for left in self.kept],
            "failed": [vars(left) for left in self.failed],
            "unresolved": [{"operation": key, "why": why} for key, why in self.unresolved],
            "settled": self.settled,
            "proved_deleted": self.proved,
            "cannot_undo": self.cannot_undo,
            "runs": [{"run": run_no, "began": at, "created": number} for run_no, at, number in self.runs],
            "requests": self.requests,
            "complete": self.complete,
        }
