"""Reads a Jitbit through its web API into the raw store."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import httpx

from hd_assets.errors import SourceError
from hd_assets.extract.base import Entity, KeepsUnfinished, RawSink, SourceFacts
from hd_assets.extract.jitbit.answers import Fields, Shaper
from hd_assets.extract.jitbit.asking import UNLISTED, Asking
from hd_assets.extract.jitbit.attached import Files
from hd_assets.extract.jitbit.calls import Call
from hd_assets.extract.jitbit.changes import Changes
from hd_assets.extract.jitbit.client import JitbitClient, MissingError, RefusedError, Timing
from hd_assets.extract.jitbit.entities import ENTITIES
from hd_assets.extract.jitbit.options import JitbitApiOptions
from hd_assets.extract.jitbit.reading import PRODUCT, Reading
from hd_assets.extract.jitbit.spool import Spool
from hd_assets.extract.jitbit.tickets import Tickets

_NOT_ADMIN = (
    "the account is a technician, no administrator: users cannot be listed, and tickets of categories it may not see"
    " are lacking without a word"
)
_UNKNOWN_ROLE = "the account's record does not tell whether it is an administrator's"


class JitbitExtractor:
    """One reading asks one call after the other, at the pace of its options."""

    def __init__(
        self,
        options: JitbitApiOptions,
        *,
        transport: httpx.BaseTransport | None = None,
        timing: Timing | None = None,
    ) -> None:
        self._options, self._transport, self._timing = options, transport, timing

    @property
    def entities(self) -> tuple[Entity, ...]:
        return ENTITIES

    def probe(self) -> SourceFacts:
        with self._client() as client:
            account, warnings = _account(client)
            counts = {}
            try:
                total = Fields(client.get(Call("Stats")), "Stats").get("TotalTickets")
                counts = {"Tickets": int(total)} if isinstance(total, int) else {}
            except (MissingError, RefusedError):
                warnings.append("Jitbit does not count its tickets here, so completeness cannot be proven by count")
            del account
            return _facts(warnings, counts)

    def read(self, into: RawSink) -> None:
        with self._asking(into, "everything") as (asking, account):
            files = Files(asking)
            reading = Reading(asking, files, self._options.rule_ids)
            reading.everything()
            Tickets(asking, files, self._options).everything()
            self._finish(reading, asking, account)

    def changed_since(self, since: datetime, into: RawSink) -> None:
        with self._asking(into, since.isoformat()) as (asking, account):
            files = Files(asking)
            reading = Reading(asking, files, self._options.rule_ids)
            reading.everything()
            Changes(asking, Tickets(asking, files, self._options), since).everything()
            self._finish(reading, asking, account)

    def _finish(self, reading: Reading, asking: Asking, account: Fields) -> None:
        reading.inventory()
        reading.facts(account)
        silent = sum(is_internal is None for (is_internal,) in asking.spool.values("comment", "for_techs_only"))
        if silent:
            asking.into.warn(f"{silent} comments came without a word on who may see them; they count as internal")
        unlisted = sum(map(len, asking.spool.noted(UNLISTED).values()))
        if unlisted:
            asking.into.warn(
                f"texts show {unlisted} files that neither their ticket, nor its comments, nor the call"
                " Attachments list; they were not read"
            )
        asking.spool.pour(asking.into)

    def _stamp(self, what: str) -> str:
        """What has to be the same for a reading to go on where another broke off."""
        options = self._options
        asked = (options.bases, options.dates_without_zone, options.links, options.subscribers, options.time)
        return json.dumps([what, *map(str, asked), [(entity.name, entity.columns) for entity in ENTITIES]])

    @contextmanager
    def _client(self) -> Iterator[JitbitClient]:
        client = JitbitClient(self._options, transport=self._transport, timing=self._timing)
        try:
            yield client
        finally:
            client.close()

    @contextmanager
    def _asking(self, into: RawSink, what: str) -> Iterator[tuple[Asking, Fields]]:
        folder = into.unfinished() if isinstance(into, KeepsUnfinished) else None
        with self._client() as client, Spool(folder, self._stamp(what)) as spool:
            account, warnings = _account(client)
            into.facts(_facts(warnings, {}))
            yield Asking(client, Shaper(self._options.dates_without_zone), spool, into), account


def _account(client: JitbitClient) -> tuple[Fields, list[str]]:
    """Who reads, and what it cannot see. SourceError for a customer's account, which sees its own tickets only."""
    account = Fields(client.find_base(), "Authorization")
    if account.get("IsAdmin") is None:
        return account, [_UNKNOWN_ROLE]
    if account.get("IsAdmin"):
        return account, []
    if account.get("IsTech") is False:
        raise SourceError(
            "the account is a customer's and would get its own tickets as if they were all",
            where=f"{client.place}, Authorization",
            mend="use the account of an administrator for the extraction",
        )
    return account, [_NOT_ADMIN]


def _facts(warnings: list[str], counts: dict[str, int]) -> SourceFacts:
    """The API tells no version."""
    return SourceFacts(product=PRODUCT, version="unknown", kind="api", warnings=tuple(warnings), row_counts=counts)
