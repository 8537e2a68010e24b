"""What a job and the handlers of its kinds share: the operation under way, its outcome, how a kind is asked about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Any, Protocol

from hd_assets.links.sent import as_sent
from hd_assets.publish.client import Client
from hd_assets.publish.context import PublishContext
from hd_assets.publish.desired import Desired
from hd_assets.publish.ledger import Statement
from hd_assets.publish.ledger_read import Operation
from hd_assets.publish.resolve import Concrete, Resolver
from hd_assets.publish.sent import sent_digest
from hd_assets.publish.threads_read import Listing

# The two clocks may differ by so much.
CLOCK_SKEW_SECONDS = 300


@dataclass(frozen=True)
class Done:
    """The operation took effect. `identity`: the record now stands under this id; `origin` created or adopted."""

    intercom_id: str | None = None
    origin: str | None = None
    updated: bool = False
    request_id: str | None = None
    statements: Sequence[Statement] = ()


class BusyError(Exception):
    """An equal operation is under way, so that what is found now could be its."""


class AmbiguousError(Exception):
    """What was found cannot be told apart; a person has to decide.

    `evidence`: what that person needs to know: Intercom ids and counts, no personal data.
    """

    def __init__(self, code: str, **evidence: Any) -> None:
        super().__init__(code)
        self.evidence = evidence


@dataclass
class Tally:
    """What became of operations, by object. Thread-safe."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    lock: Lock = field(default_factory=Lock)

    def add(self, object: str, outcome: str) -> None:
        with self.lock:
            self.counts[(object, outcome)] += 1


@dataclass(frozen=True)
class Work:
    """What handlers work with. `claimed`: Intercom ids that were found for an operation of this step."""

    context: PublishContext
    resolver: Resolver
    tally: Tally
    claimed: set[str] = field(default_factory=set)
    claiming: Lock = field(default_factory=Lock)
    listing: Listing = field(default_factory=Listing)

    def batch(self) -> Work:
        """The same work with a resolver of its own, so that memory does not grow with the migration."""
        return replace(self, resolver=Resolver(self.context.books, self.context.stores.files))

    @property
    def patience(self) -> float:
        """Seconds after sending from which on it means something that nothing is found."""
        return self.context.horizon + self.context.search_lag

    def signature(self, *facts: Any) -> str:
        """Keyed digest of what identifies a sent record: the ledger keeps it instead of the words."""
        return sent_digest(self.context.books.digest_key, *facts)


@dataclass(frozen=True)
class Attempt:
    """One operation under way, for its handler."""

    work: Work
    entry: Desired
    row: Operation

    @property
    def client(self) -> Client:
        return self.work.context.client

    @property
    def updates(self) -> bool:
        """It took effect once, so that sending it now is an update."""
        return self.row.applied_at is not None

    def concrete(self, *, with_files: bool = True) -> Concrete:
        request, links = self.entry.request, self.row.sent_links
        if links is not None:
            request = as_sent(request, links, self.work.context.books.digest_key)
        return self.work.resolver.concrete(request, with_files=with_files)

    def is_fresh(self, moment: Any) -> bool:
        """Whether something that happened at `moment` (Unix seconds) can come from this operation."""
        return isinstance(moment, int | float) and moment >= (self.row.intended_at or 0) - CLOCK_SKEW_SECONDS

    def decide_origin(self, origin: str, statements: Sequence[Statement] = ()) -> str:
        """Durable before the first write, with the values there were before: afterwards nobody could tell."""
        decided: Statement = ("update operations set origin = ? where key = ?", (origin, self.entry.key))
        self.work.context.ledger.write([*statements, decided])
        return origin

    def known_origin(self) -> str | None:
        """What an earlier sending has decided; a row read before it may not know."""
        if self.row.origin is not None or self.row.attempts <= 1:
            return self.row.origin
        row = self.work.context.books.operation(self.entry.key)
        return row.origin if row else None


class Handler(Protocol):
    """How one kind is sent and looked up. `wanted`: what did not take effect is to be sent again."""

    wanted: bool

    def repeatable(self, attempt: Attempt, /) -> bool:
        """Whether sending it twice has the effect of once."""

    def signature(self, attempt: Attempt, /) -> str | None:
        """Keyed digest of what a look-up compares; None for kinds that are known by an id."""

    def send(self, attempt: Attempt, /) -> Done: ...

    def look(self, attempt: Attempt, /) -> Done | None:
        """Whether it took effect; None says no. Raises AmbiguousError, BusyError."""

    def look_elsewhere(self, attempt: Attempt, /) -> Done | None:
        """The same by another path."""


class Kind:
    """What most kinds have in common: known by an id, no harm in sending twice, one path to look."""

    wanted = True

    def send(self, attempt: Attempt) -> Done:
        raise NotImplementedError

    def repeatable(self, attempt: Attempt) -> bool:  # noqa: ARG002 - others decide by it
        return True

    def signature(self, attempt: Attempt) -> str | None:  # noqa: ARG002 - others are made of it
        return None

    def look(self, attempt: Attempt) -> Done | None:  # noqa: ARG002 - sending again settles it
        return None

    def look_elsewhere(self, attempt: Attempt) -> Done | None:
        return self.look(attempt)


class Gate(Protocol):
    """Asked before the first write of a step."""

    def ensure(self) -> None: ...
