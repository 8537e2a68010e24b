"""Faults on purpose, repeatable under a seed: what networks and busy servers do to a migration."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from hd_assets.errors import UsageError

Kind = Literal[
    "applied_then_lost",
    "lost_before",
    "late_apply",
    "reorder",
    "duplicate",
    "status_before",
    "status_after",
    "applied_then_429",
    "storm_429",
    "connect_error",
    "keepalive_drop",
    "reset_in_body",
    "slow",
    "hang_before",
    "hang_after",
    "truncated",
    "empty_body",
    "not_json",
    "no_id",
    "stale_read",
    "search_lag",
    "list_lag",
    "rate_headers_missing",
    "rate_headers_absurd",
    "rate_headers_past",
    "rate_headers_ms",
    "rate_limit_zero",
    "wrong_date",
    "foreign_load",
]

# These accompany whatever else befalls a request; of the others the first that strikes wins.
BESIDE = {
    "search_lag",
    "list_lag",
    "rate_headers_missing",
    "rate_headers_absurd",
    "rate_headers_past",
    "rate_headers_ms",
    "rate_limit_zero",
    "wrong_date",
    "foreign_load",
}

# No publisher can be right under these; the proof reports what is noticed and what is not.
ASSUMPTION_BREAKERS: Mapping[Kind, str] = {
    "duplicate": "a request that was sent once takes effect at most once",
    "stale_read": "a read by id tells everything that has taken effect before it",
    "applied_then_429": "a request answered with 429 has no effect",
}


class Fault(BaseModel):
    """One rule. Without `every`, `probability` and `numbers` it strikes each request that fits, until `times` is
    used up.

    applied_then_lost  done, the answer never arrives     lost_before    not done, the connection breaks
    late_apply         connection breaks, done `seconds` later           connect_error  never reached the server
    reorder            connection breaks, done after `count` later requests of the same thread, or `seconds` later
    duplicate          done twice, the second answer arrives
    status_before      `status` instead of doing it       status_after   done, then `status`
    applied_then_429   done, then 429
    storm_429          this and the next requests, `count` in all, answer 429
    keepalive_drop     the idle connection was closed, not done          reset_in_body  broken while sending, not done
    slow               done and answered after `seconds`; a caller who waits less gets a timeout
    hang_before        not done, no answer for `seconds`  hang_after     done at once, no answer for `seconds`
    truncated          done, the answer breaks off in the middle         empty_body     done, 2xx without a body
    not_json           done, 2xx with a proxy's page      no_id          done, 2xx without any id
    stale_read         a GET tells the state of `seconds` ago

    Beside any of these:
    search_lag, list_lag   what this request creates or changes shows in searches, in lists, `seconds` later
    rate_headers_missing, rate_headers_absurd, rate_headers_past, rate_headers_ms, rate_limit_zero   what they say
    wrong_date         the Date header is off by `seconds`
    foreign_load       another client uses `count` requests of each rate-limit window, evenly
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Kind
    seconds: float = 30.0
    most_seconds: float | None = Field(default=None, description="drawn between `seconds` and this, when given")
    status: int = Field(default=503, ge=400, le=599)
    count: int = Field(default=20, ge=1)
    every: int | None = Field(default=None, ge=1)
    probability: float | None = Field(default=None, ge=0, le=1)
    numbers: tuple[int, ...] | None = Field(default=None, description="exact numbers of requests, the first is 1")
    route: str = Field(default="", description="regular expression searched in 'METHOD /path'")
    after: int = Field(default=0, ge=0, description="fitting requests let through first")
    times: int | None = Field(default=None, ge=0)

    @model_validator(mode="after")
    def _makes_sense(self) -> Fault:
        try:
            re.compile(self.route)
        except re.error as fault:
            raise ValueError(f"route is not a regular expression: {fault}") from fault
        if self.seconds < 0 and self.kind != "wrong_date":
            raise ValueError("seconds must not be negative")
        if self.most_seconds is not None and self.most_seconds < self.seconds:
            raise ValueError("most_seconds must not be less than seconds")
        return self


class FaultPlan(BaseModel):
    """The content of a fault file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    seed: int = 0
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True)
class Strike:
    """What befalls one request: at most one fault of its own, and those that accompany it."""

    main: Fault | None
    beside: tuple[Fault, ...] = ()

    @property
    def kind(self) -> Kind | None:
        return self.main.kind if self.main else None

    def lag(self, kind: Kind) -> float:
        """The longest lag of a kind, in seconds."""
        return max((fault.seconds for fault in self.beside if fault.kind == kind), default=0.0)

    def told(self) -> str | None:
        """The kinds, for the list of requests."""
        kinds = [*([self.main.kind] if self.main else []), *(fault.kind for fault in self.beside)]
        return "+".join(kinds) or None


UNHARMED = Strike(None)
_STORM = Fault(kind="storm_429")


class _Armed:
    """A rule with how far it is. Draws depend on the seed and the count alone, so progress is two numbers."""

    def __init__(self, fault: Fault, seed: str) -> None:
        self.fault = fault
        self.search = re.compile(fault.route).search
        self.seed = seed
        self.seen = self.fired = 0

    def strikes(self, request: str, number: int) -> bool:
        fault = self.fault
        if not self.search(request):
            return False
        self.seen += 1
        if self.seen <= fault.after or (fault.times is not None and self.fired >= fault.times):
            return False
        if fault.every is None and fault.probability is None and fault.numbers is None:
            return True
        return (
            (fault.every is not None and (self.seen - fault.after) % fault.every == 0)
            or (fault.numbers is not None and number in fault.numbers)
            or (fault.probability is not None and self._draw("strike") < fault.probability)
        )

    def fire(self) -> Fault:
        self.fired += 1
        fault = self.fault
        if fault.most_seconds is None:
            return fault
        seconds = fault.seconds + self._draw("seconds") * (fault.most_seconds - fault.seconds)
        return fault.model_copy(update={"seconds": seconds})

    def _draw(self, what: str) -> float:
        digest = hashlib.blake2b(f"{self.seed}:{what}:{self.seen}".encode(), digest_size=7).digest()
        return int.from_bytes(digest) / (1 << 56)


class Faults:
    """Decides for each request what befalls it.

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

    def memory_seconds(self) -> float:
        """How long earlier states must be remembered for reads that are stale."""
        stale = (fault for fault in self.plan.faults if fault.kind == "stale_read")
        return max((max(fault.seconds, fault.most_seconds or 0.0) for fault in stale), default=0.0)

    def strike(self, method: str, path: str, number: int = 0) -> Strike:
        """What befalls this request; `number` counts all requests from 1."""
        if not self._armed:
            return UNHARMED
        request = f"{method} {path}"
        # every rule sees every request, so that adding one rule does not shift the draws of another
        struck = [armed for armed in self._armed if armed.strikes(request, number)]
        beside = tuple(self._note(armed.fire()) for armed in struck if armed.fault.kind in BESIDE)
        if self._storm:
            self._storm -= 1
            return Strike(self._note(_STORM), beside)
        main = next((armed for armed in struck if armed.fault.kind not in BESIDE), None)
        if main is None:
            return Strike(None, beside) if beside else UNHARMED
        fault = main.fire()
        if fault.kind == "storm_429":
            self._storm = fault.count - 1
        return Strike(self._note(fault), beside)

    def _note(self, fault: Fault) -> Fault:
        self.struck[fault.kind] = self.struck.get(fault.kind, 0) + 1
        return fault

    def progress(self) -> dict[str, Any]:
        """Plan and how far it is, for a snapshot."""
        return {
            "plan": self.plan.model_dump(mode="json"),
            "armed": [[armed.seen, armed.fired] for armed in self._armed],
            "storm": self._storm,
            "struck": self.struck,
        }

    @classmethod
    def resumed(cls, progress: Mapping[str, Any]) -> Faults:
        """Faults as they were when `progress` was taken."""
        faults = cls.from_plan(FaultPlan.model_validate(progress["plan"]))
        for armed, (seen, fired) in zip(faults._armed, progress["armed"], strict=True):
            armed.seen, armed.fired = seen, fired
        faults._storm, faults.struck = progress["storm"], dict(progress["struck"])
        return faults
