"""A generated Jitbit behind the stand-in of its web API, and the ways to read it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any

import duckdb
import httpx

from hd_assets.extract.jitbit.client import Timing
from hd_assets.extract.jitbit.extractor import JitbitExtractor
from hd_assets.extract.jitbit.options import JitbitApiOptions, addresses
from hd_assets.extract.raw import RawStore, extract
from hd_assets.samples.jitbit import Desk, make
from hd_assets.samples.jitbit.desk import PASSWORD, READER
from hd_assets.standin.jitbit import JitbitStandin, Manners, Store
from hd_assets.standin.serving import StandinTransport

ADDRESS = "https://desk.example/helpdesk"
ACCOUNT = {"user": READER, "password": PASSWORD}
TICKETS = 30
TODAY = datetime.now(UTC)


@dataclass
class Clock:
    """Time that passes only by waiting. `waits` keeps every wait in seconds."""

    seconds: float = 0.0
    now: datetime = TODAY
    waits: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.seconds += seconds

    def timing(self) -> Timing:
        return Timing(self.sleep, lambda: self.seconds, lambda: self.now, lambda: 0.0)


@cache
def desk() -> Desk:
    return make(TICKETS)


def standin(manners: Manners | None = None, **more: Any) -> JitbitStandin:
    """A server of its own over a copy of the desk."""
    return JitbitStandin(Store.of(desk()), manners or Manners(), **more)


def reading(
    server: JitbitStandin | httpx.BaseTransport, url: str = ADDRESS, *, clock: Clock | None = None, **options: Any
) -> JitbitExtractor:
    """An extractor without sockets that waits for nothing."""
    transport = StandinTransport(server) if isinstance(server, JitbitStandin) else server
    account = {} if "token" in options else ACCOUNT
    given = {"calls_per_minute": 0, "rule_ids": 5, **account, **options}
    return JitbitExtractor(
        JitbitApiOptions(addresses(url), **given), transport=transport, timing=(clock or Clock()).timing()
    )


def read(root: Any, server: JitbitStandin, **options: Any) -> RawStore:
    store = RawStore(root)
    extract(reading(server, **options), store)
    return store


def rows(
    store: RawStore, entity: str, columns: str = "* exclude (_extraction)", where: str = "true"
) -> list[tuple[Any, ...]]:
    with duckdb.connect() as connection:
        query = f"select {columns} from ({store.views()[entity]}) where {where} order by all"
        return connection.execute(query).fetchall()
