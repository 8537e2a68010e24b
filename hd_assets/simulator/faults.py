"""Faults on purpose, repeatable under a seed: what networks and busy servers do to a migration."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from hd_assets.errors import UsageError

Kind = Literal[
    "applied_then_lost",
    "lost_before",
    "late_apply",
    "status_before",
    "status_after",
    "connect_error",
    "slow",
    "truncated",
    "storm_429",
    "search_lag",
]


class Fault(BaseModel):
    """One rule. Without `every` and `probability` it strikes each request that fits, until `times` is used up.

    applied_then_lost  done, the answer never arrives     lost_before    not done, the connection breaks
    late_apply         connection breaks, done `seconds` later            connect_error  never reached the server
    status_before      `status` instead of doing it       status_after   done, then `status`
    slow               answers after `seconds`            truncated      done, the answer breaks off in the middle
    storm_429          this and the next requests, `count` in all, answer 429
    search_lag         what this request creates is missing from searches and lists for `seconds`
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Kind
    seconds: float = Field(default=30.0, ge=0)
    status: int = Field(default=503, ge=400, le=599)
    count: int = Field(default=20, ge=1)
    every: int | None = Field(default=None, ge=1)
    probability: float | None = Field(default=None, ge=0, le=1)
    route: str = Field(default="", description="regular expression searched in 'METHOD /path'")
    after: int = Field(default=0, ge=0, description="fitting requests let through first")
    times: int | None = Field(default=None, ge=0)

    @model_validator(mode="after")
    def _route_compiles(self) -> Fault:
        try:
            re.compile(self.route)
        except re.error as fault:
            raise ValueError(f"route is not a regular expression: {fault}") from fault
        return self


class FaultPlan(BaseModel):
    """The content of a fault file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    seed: int = 0
    faults: tuple[Fault, ...] = ()


class _Armed:
    def __init__(self, fault: Fault, seed: str) -> None:
        self.fault = fault
        self.pattern = re.compile(fault.route)
        self.random = random.Random(seed)
        self.seen = self.fired = 0

    def strikes(self, request: str) -> bool:
        fault = self.fault
        if not self.pattern.search(request):
            return False
        self.seen += 1
        drawn = self.random.random()
        if self.seen <= fault.after or (fault.times is not None and self.fired >= fault.times):
            return False
        return (
            (fault.every is not None and (self.seen - fault.after) % fault.every == 0)
            or (fault.probability is not None and drawn < fault.probability)
            or (fault.every is None and fault.probability is None)
        )


class Faults:
    """Decides for each request which fault strikes it, if any; the first rule that strikes wins.

    Not thread-safe by itself: the simulator asks under its lock. Same seed and same order of requests, same faults.
    """

    def __init__(self, faults: Iterable[Fault] = (), *, seed: int = 0) -> None:
        self.plan = FaultPlan(seed=seed, faults=tuple(faults))
        self._armed = [_Armed(fault, f"{seed}:{number}") for number, fault in enumerate(self.plan.faults)]
        self._storm = 0
        self.struck: dict[str, int] = {}

    @classmethod
    def from_plan(cls, plan: FaultPlan) -> Faults:
        return cls(plan.faults, seed=plan.seed)

    @classmethod
    def load(cls, path: Path) -> Faults:
        """Read a JSON or YAML file `{seed: 7, faults: [{kind: …}]}`; raises UsageError saying what is wrong."""
        mend = "write {seed: <number>, faults: [{kind: <kind>, probability: 0.1}, …]}"
        try:
            return cls.from_plan(FaultPlan.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")) or {}))
        except OSError as fault:
            raise UsageError(f"cannot read the fault file: {fault.strerror}", where=str(path), mend=mend) from fault
        except (yaml.YAMLError, UnicodeDecodeError, ValidationError) as fault:
            raise UsageError(f"not a fault file: {fault}", where=str(path), mend=mend) from fault

    def strike(self, method: str, path: str) -> Fault | None:
        """The fault for this request."""
        if self._storm:
            self._storm -= 1
            return self._note(Fault(kind="storm_429"))
        request = f"{method} {path}"
        # every rule sees every request, so that adding one rule does not shift the draws of another
        struck = [armed for armed in self._armed if armed.strikes(request)]
        if not struck:
            return None
        struck[0].fired += 1
        fault = struck[0].fault
        if fault.kind == "storm_429":
            self._storm = fault.count - 1
        return self._note(fault)

    def _note(self, fault: Fault) -> Fault:
        self.struck[fault.kind] = self.struck.get(fault.kind, 0) + 1
        return fault
