"""What a publish step works with, opened once and closed whatever happens."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from collections.abc import Mapping as Environment
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from hd_assets.errors import BlockedError, UsageError
from hd_assets.links.rewrite import moved_links
from hd_assets.mapping import UNDECIDED, Migration, Target
from hd_assets.publish.client import Client
from hd_assets.publish.clock import Clock, SystemClock
from hd_assets.publish.forecast import remember_limit
from hd_assets.publish.hours import Hours, hours_of
from hd_assets.publish.ledger import Ledger, read_only
from hd_assets.publish.ledger_read import LedgerReader
from hd_assets.publish.payloads import Rules
from hd_assets.publish.progress import Progress, Silent
from hd_assets.publish.rate import RateLimiter
from hd_assets.publish.staged import rules_of
from hd_assets.settings import Settings, Stores, secret
from hd_assets.warehouse import Warehouse

if TYPE_CHECKING:
    from hd_assets.links.addresses import Places
    from hd_assets.publish.fence import Fence

REGIONS = {
    "us": "https://api.intercom.io",
    "eu": "https://api.eu.intercom.io",
    "au": "https://api.au.intercom.io",
}
SIMULATOR = "simulator"


@dataclass
class PublishContext:
    """One step's view of a migration and a target. `as_of` decides which snoozes are still ahead."""

    migration: Migration
    target: str
    settings: Settings
    stores: Stores
    warehouse: Warehouse
    books: LedgerReader
    client: Client
    clock: Clock
    as_of: datetime
    progress: Progress
    stop: threading.Event
    # source ids of conversations to which plan and publish are narrowed
    only: frozenset[str] | None = None
    # whether a plan wants to send what only other rules or another mapping changed
    send_drift: bool = False
    # set when a worker fails, so that the others end as well
    abort: threading.Event = field(default_factory=threading.Event)

    @property
    def ledger(self) -> Ledger:
        """The ledger for writing; only an exclusive context has it."""
        if not isinstance(self.books, Ledger):
            raise UsageError(
                "this step may only read the ledger",
                where=f"target {self.target}",
                mend="open the context with exclusive=True to write",
            )
        return self.books

    @cached_property
    def fence(self) -> Fence:
        from hd_assets.publish.fence import Fence  # the fence is built on the context

        return Fence(self)

    @property
    def aim(self) -> Target:
        return aim_of(self.migration, self.target)

    @cached_property
    def rules(self) -> Rules:
        rules = rules_of(self.warehouse, self.migration)
        return replace(rules, moved_links=moved_links(self.warehouse, self.books, rules.help_center_url))

    @cached_property
    def places(self) -> Places:
        from hd_assets.links.addresses import places  # which asks for the aim of a context

        return places(self.settings, self.migration, self.target, self.books)

    def know_anew(self) -> None:
        """Forget the rules: some follow what is in the workspace by now. A step keeps those it began with otherwise."""
        vars(self).pop("rules", None)

    @property
    def run_no(self) -> int:
        """Number of this run; of the one that would come next while none has begun."""
        begun = self.books.run_no if isinstance(self.books, Ledger) else 0
        return begun or int(self.books.rows("select coalesce(max(run_no), 0) + 1 from runs")[0][0])

    @property
    def horizon(self) -> float:
        """H: a request takes effect at most so many seconds after its last byte was sent."""
        publish = self.migration.mapping.publish
        return publish.simulator_horizon_seconds if self.target == SIMULATOR else publish.horizon_seconds

    @property
    def search_lag(self) -> float:
        """A new record may be missing from searches and lists for so many seconds."""
        publish = self.migration.mapping.publish
        return publish.simulator_search_lag_seconds if self.target == SIMULATOR else publish.search_lag_seconds

    @cached_property
    def hours(self) -> Hours | None:
        """Publishing hours of the target; None when writing is allowed at any time."""
        return hours_of(self.migration.mapping, simulator=self.target == SIMULATOR)

    def closed_until(self) -> float | None:
        """When writing may begin again (Unix seconds), None within the publishing hours."""
        return None if self.hours is None else self.hours.closed_until(self.clock.now())

    @property
    def stopping(self) -> bool:
        return self.stop.is_set() or self.abort.is_set()


def aim_of(migration: Migration, target: str) -> Target:
    targets = {str(name): aim for name, aim in migration.mapping.targets.items()}
    if target not in targets:
        raise UsageError(
            f"migration {migration.name} has no target {target!r}",
            where=f"targets in {migration.path}",
            mend=f"use one of {', '.join(targets) or 'none'}, or declare it there",
        )
    return targets[target]


def base_url_of(settings: Settings, migration: Migration, target: str) -> str:
    aim = aim_of(migration, target)
    if target == SIMULATOR:
        return settings.simulator_url
    if aim.base_url is None and aim.region == UNDECIDED:
        raise BlockedError(
            f"nobody has decided in which region the workspace of target {target} lies, so it has no address",
            where=f"targets.{target}.region in {migration.path}",
            mend=f"name the region: {', '.join(REGIONS)}",
        )
    return aim.base_url or REGIONS[aim.region]


@contextmanager
def open_context(
    settings: Settings,
    migration: Migration,
    target: str,
    *,
    environment: Environment[str, str],
    transport: httpx.BaseTransport | None = None,
    as_of: datetime | None = None,
    progress: Progress | None = None,
    stop: threading.Event | None = None,
    exclusive: bool = True,
    clock: Clock | None = None,
    only: frozenset[str] | None = None,
    step: str = "",
    run_id: str | None = None,
    send_drift: bool = False,
    ledger: Path | None = None,
) -> Iterator[PublishContext]:
    """Open ledger and client of a target.

    `exclusive` takes the ledger for writing and raises BlockedError while another process has it; otherwise the
    ledger is only read. The token is read from `environment` here and is asked for at the first request. `run_id` is
    the id of the launching job: its steps share one run number. `ledger` is another file than the target's own.
    """
    aim = aim_of(migration, target)
    stores = settings.stores(migration.name)
    time, stopping = clock or SystemClock(), stop or threading.Event()
    publish = migration.mapping.publish
    token = secret(environment, aim.token) or ("simulator" if target == SIMULATOR else None)
    path = ledger or stores.ledger(target)
    books = Ledger(path, migration.name, target, step=step, clock=time, run_id=run_id) if exclusive else read_only(path)
    limiter = RateLimiter(time, headroom=publish.headroom, cap=publish.requests_per_minute)
    try:
        client = Client(
            base_url_of(settings, migration, target),
            token,
            variable=aim.token,
            limiter=limiter,
            clock=time,
            stop=stopping,
            transport=transport,
            connections=publish.workers + 4,
            patience=publish.simulator_patience_seconds if target == SIMULATOR else publish.patience_seconds,
        )
        try:
            context = PublishContext(
                migration=migration,
                target=target,
                settings=settings,
                stores=stores,
                warehouse=Warehouse.of(stores.warehouse),
                books=books,
                client=client,
                clock=time,
                as_of=as_of or datetime.fromtimestamp(time.now(), UTC),
                progress=progress or Silent(),
                stop=stopping,
                only=only,
                send_drift=send_drift,
            )
            yield context
            if "fence" in vars(context):
                context.fence.end()
            if isinstance(books, Ledger):
                remember_limit(books, limiter.learnt_per_minute)
        finally:
            client.close()
    finally:
        books.close()
