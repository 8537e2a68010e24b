"""Reads an iTop through its web service into the raw store."""

from __future__ import annotations

from datetime import datetime

import httpx

from hd_assets.errors import SourceError
from hd_assets.extract.base import Entity, RawSink, SourceFacts
from hd_assets.extract.itop import classes
from hd_assets.extract.itop.changes import Changes
from hd_assets.extract.itop.client import ItopClient
from hd_assets.extract.itop.installation import Installation
from hd_assets.extract.itop.options import ItopOptions
from hd_assets.extract.itop.reading import Reading
from hd_assets.extract.retry import RetryBudget


class ItopExtractor:
    """One reading asks for classes one after the other; each is proven complete by its own count."""

    def __init__(
        self,
        options: ItopOptions,
        *,
        transport: httpx.BaseTransport | None = None,
        budget: RetryBudget | None = None,
    ) -> None:
        self._options, self._transport, self._budget = options, transport, budget

    @property
    def entities(self) -> tuple[Entity, ...]:
        return classes.ENTITIES

    def probe(self) -> SourceFacts:
        client = self._client()
        try:
            installation = self._checked(client)
            counts = {name: client.count(name, f"SELECT {name}") for name in self._present(installation)}
            return installation.facts(counts)
        finally:
            client.close()

    def read(self, into: RawSink) -> None:
        client = self._client()
        try:
            Reading(client, self._checked(client), self._options.window_rows, into).everything()
        finally:
            client.close()

    def changed_since(self, since: datetime, into: RawSink) -> None:
        client = self._client()
        try:
            reading = Reading(client, self._checked(client), self._options.window_rows, into)
            Changes(reading, client, into, since).everything()
        finally:
            client.close()

    def _client(self) -> ItopClient:
        if self._budget is None:
            return ItopClient(self._options, transport=self._transport)
        budget = self._budget
        return ItopClient(self._options, transport=self._transport, budget=lambda: budget)

    def _checked(self, client: ItopClient) -> Installation:
        client.call({"operation": "list_operations"}, "list_operations")
        installation = Installation(client, self._options.user)
        installation.check_account()
        if not set(classes.TICKET_CLASSES) & set(installation.classes):
            raise SourceError(
                "the installation has neither user requests nor incidents",
                where=client.place,
                mend="check that ITOP_URL leads to the right iTop; its ticket modules are not installed",
            )
        return installation

    def _present(self, installation: Installation) -> list[str]:
        return [spec.name for spec in classes.SPECS if spec.name in installation.classes]
