"""A generated Jitbit behind the stand-in of its web API, and the ways to read it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any

import duckdb
import httpx

from hd_assets.extract.base import StoredFile
from hd_assets.extract.jitbit.answers import Shaper
from hd_assets.extract.jitbit.asking import Asking
from hd_assets.extract.jitbit.client import JitbitClient, Timing
from hd_assets.extract.jitbit.extractor import JitbitExtractor
from hd_assets.extract.jitbit.options import JitbitApiOptions, addresses
from hd_assets.extract.jitbit.spool import Spool
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


def of_one_month(first: date, tickets: int = 8) -> Store:
    """A small desk whose tickets were all made in the month that begins with that day, one a day."""
    store = Store.of(make(tickets))
    begin = datetime.combine(first, time(9), UTC)
    moves = {
        row["ticket_id"]: begin + timedelta(days=number) - row["issue_date"]
        for number, row in enumerate(store.tables["ticket"])
    }
    for rows in store.tables.values():
        for row in rows:
            if move := moves.get(row.get("ticket_id")):
                row.update({column: value + move for column, value in row.items() if isinstance(value, datetime)})
    return store


def standin(manners: Manners | None = None, **more: Any) -> JitbitStandin:
    """A server of its own over a copy of the desk."""
    return JitbitStandin(Store.of(desk()), manners or Manners(), **more)


class Silent:
    """A sink that takes everything and keeps nothing."""

    def rows(self, entity, rows):
        list(rows)

    def file(self, source_key, chunks, *, at_least=0):
        content = b"".join(chunks)
        whole = len(content) >= at_least
        return StoredFile(sha256=hashlib.sha256(content).hexdigest(), size_bytes=len(content), complete=whole)

    def stored_before(self, source_key):
        return None

    def known(self, entity, columns=None):
        return ()

    def gone(self, entity, keys):
        list(keys)

    def facts(self, facts):
        pass

    def warn(self, text):
        pass

    def advance(self, done, total, what):
        pass


def options(url: str = ADDRESS, **given: Any) -> JitbitApiOptions:
    account = {} if "token" in given else ACCOUNT
    return JitbitApiOptions(addresses(url), **{"calls_per_minute": 0, "rule_ids": 5, **account, **given})


def reading(
    server: JitbitStandin | httpx.BaseTransport, url: str = ADDRESS, *, clock: Clock | None = None, **given: Any
) -> JitbitExtractor:
    """An extractor without sockets that waits for nothing."""
    transport = StandinTransport(server) if isinstance(server, JitbitStandin) else server
    return JitbitExtractor(options(url, **given), transport=transport, timing=(clock or Clock()).timing())


@contextmanager
def asking(server: JitbitStandin) -> Iterator[Asking]:
    """What the parts of one reading share, without the reading."""
    client = JitbitClient(options(), transport=StandinTransport(server), timing=Clock().timing())
    with Spool() as spool:
        yield Asking(client, Shaper(), spool, Silent())
    client.close()


def read(root: Any, server: JitbitStandin, **given: Any) -> RawStore:
    store = RawStore(root)
    extract(reading(server, **given), store)
    return store


def rows(
    store: RawStore, entity: str, columns: str = "* exclude (_extraction)", where: str = "true"
) -> list[tuple[Any, ...]]:
    with duckdb.connect() as connection:
        query = f"select {columns} from ({store.views()[entity]}) where {where} order by all"
        return connection.execute(query).fetchall()
