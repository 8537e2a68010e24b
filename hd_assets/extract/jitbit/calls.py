"""The calls an extraction may make, and the wall no other request gets through.

Several calls of the web API write or delete although they answer to GET (evidenced: `DeleteFile?id=`, `SetCustomField`,
`MergeTickets`, `AddSubscriber`, `EnableRule`), so that a method says nothing: names are allowed one by one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx

from hd_assets.errors import SourceError


def _call(parameters: str = "") -> frozenset[str]:
    return frozenset(parameters.split())


READING: dict[str, frozenset[str]] = {
    "Authorization": _call(),
    "Stats": _call(),
    "Tickets": _call("mode dateFrom dateTo updatedFrom updatedTo includeCustomFields count offset"),
    "Ticket": _call("id"),
    "Comments": _call("id"),
    "TicketCustomFields": _call("id"),
    "Attachments": _call("id"),
    "attachment": _call("id"),
    "SubTickets": _call("id"),
    "LinkedTickets": _call("id"),
    "Subscribers": _call("id"),
    "TimeSpentLog": _call("ticketId"),
    "Users": _call("count page listMode"),
    "UserCustomFields": _call("userId"),
    "Companies": _call(),
    "CompanyCustomFields": _call("id"),
    "categories": _call(),
    "TechsForCategory": _call("id"),
    "CustomFields": _call(),
    "CustomFieldsForCategory": _call("categoryId"),
    "Tags": _call(),
    "Articles": _call("categoryId"),
    "Article": _call("id"),
    "Assets": _call("page"),
    "Asset": _call("id"),
    "CommentTemplates": _call(),
    "Rule": _call(),
}
"""Name of the call → names of its parameters. All are evidenced by public clients but `TimeSpentLog` and `CustomFields`
(weakly); an installation that lacks one of the less important answers 404 and goes without."""
WITH_ID_IN_PATH = "Rule"


@dataclass(frozen=True)
class Call:
    """One question. ValueError when it is not among those an extraction may ask."""

    name: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    path_id: int | None = None

    def __post_init__(self) -> None:
        if self.name not in READING or not set(self.parameters) <= READING[self.name]:
            raise ValueError(f"{self.name} with {sorted(self.parameters)} is not a call that only reads")
        if (self.path_id is not None) != (self.name == WITH_ID_IN_PATH):
            raise ValueError(f"{self.name}: only {WITH_ID_IN_PATH} takes its id in the path")

    @property
    def path(self) -> str:
        return self.name if self.path_id is None else f"{self.name}/{int(self.path_id)}"


class Wall(httpx.BaseTransport):
    """Lets through nothing but GET of a reading call below one of the addresses; redirects included."""

    def __init__(self, inner: httpx.BaseTransport, addresses: tuple[str, ...]) -> None:
        self._inner = inner
        names = "|".join(name for name in READING if name != WITH_ID_IN_PATH)
        bases = "|".join(re.escape(str(httpx.URL(address))) for address in addresses)
        self._allowed = re.compile(rf"(?:{bases})/(?:{names}|{WITH_ID_IN_PATH}/[0-9]+)")

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        address, _, query = str(request.url).partition("?")
        found = self._allowed.fullmatch(address)
        name = address.rsplit("/api/", 1)[-1].split("/")[0]
        asked = set(httpx.QueryParams(query).keys())
        if request.method != "GET" or found is None or not asked <= READING.get(name, frozenset()) or request.read():
            raise SourceError(
                "a request that is not known to only read was stopped before it was sent",
                where=f"{request.method} {request.url.path}",
                mend="report it; the extraction asks nothing but the calls in extract/jitbit/calls.py",
            )
        return self._inner.handle_request(request)

    def close(self) -> None:
        self._inner.close()
