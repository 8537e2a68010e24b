"""What a check is, and the one way most of them are written: a query whose rows are the defects."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from hd_assets.mapping import Migration
from hd_assets.partitions import Window
from hd_assets.staging.runner import harmless
from hd_assets.warehouse import Connection

SHOWN = 5
IN_WINDOW = "home_window >= $window_start and home_window < $window_end"
_STAGED = re.compile(r"\bstaging\.(\w+)")
Metadata = dict[str, int | float | str]


@dataclass(frozen=True)
class Verdict:
    """Outcome of one check: counts and at most five ids, never text or addresses of people."""

    passed: bool
    description: str
    metadata: Metadata = field(default_factory=dict)


@dataclass
class CheckContext:
    """What checks need beside the warehouse. One context serves one run: it remembers the files it has hashed."""

    migration: Migration
    files: Path
    as_of: datetime = field(default_factory=lambda: datetime.now(UTC))
    _digests: dict[tuple[str, int, int], str] = field(default_factory=dict, repr=False)

    def file_facts(self, name: str) -> tuple[int, str] | None:
        """Size in bytes and sha256 of a stored file; None if it is not there."""
        path = self.files / name
        try:
            state = path.stat()
        except OSError:
            return None
        known = (name, state.st_size, state.st_mtime_ns)
        if known not in self._digests:
            with path.open("rb") as opened:
                self._digests[known] = hashlib.file_digest(opened, "sha256").hexdigest()
        return state.st_size, self._digests[known]


Run = Callable[[Connection, Window, CheckContext], Verdict]


@dataclass(frozen=True)
class Check:
    """A blocking rule. `object` is the staging table it judges; name and object together are unique.

    `reads`: the staging tables its verdict depends on; None: all of them.
    """

    name: str
    object: str
    description: str
    run: Run
    reads: frozenset[str] | None = None

    @property
    def label(self) -> str:
        return f"{self.object}.{self.name}"


def judged(check: Check, connection: Connection, window: Window, context: CheckContext) -> Verdict:
    """The verdict; a check that cannot be run has not passed."""
    try:
        return check.run(connection, window, context)
    except duckdb.Error as fault:
        return Verdict(False, f"could not be judged: {harmless(fault)}")


def query_check(
    name: str, object: str, description: str, defects: str, *, good: str, bad: str, windowed: bool = False
) -> Check:
    """A check whose query gives one row a defect: (id, kind of defect). Whole-table unless it says `windowed`.

    Windowed queries use `$window_start` and `$window_end`; `bad` completes "N …" in the description.
    """

    def run(connection: Connection, window: Window, _: CheckContext) -> Verdict:
        rows = connection.execute(defects, dict(window.parameters) if windowed else None).fetchall()
        return verdict([(str(row[0]), str(row[1])) for row in rows], good=good, bad=bad, windowed=windowed)

    return Check(name, object, description, run, frozenset(_STAGED.findall(defects)))


def verdict(defects: Sequence[tuple[str, str]], *, good: str, bad: str, windowed: bool) -> Verdict:
    """Passed if there is no (id, kind of defect); else counts per kind and the first ids."""
    scope = "window" if windowed else "whole table"
    if not defects:
        return Verdict(True, good, {"defects": 0, "scope": scope})
    kinds: dict[str, int] = {}
    for _, kind in defects:
        kinds[kind] = kinds.get(kind, 0) + 1
    told = "; ".join(f"{kind}: {count}" for kind, count in sorted(kinds.items()))
    ids = listed(id for id, _ in defects)
    metadata: Metadata = {"defects": len(defects), "scope": scope, "ids": ids}
    return Verdict(False, f"{len(defects)} {bad} ({told}), such as {ids}", metadata | dict(kinds))


def listed(ids: Iterable[str]) -> str:
    """The first five distinct ids in order, with a mark where there are more."""
    distinct = sorted(set(ids))
    return ", ".join(distinct[:SHOWN]) + (" …" if len(distinct) > SHOWN else "")
