"""What a workspace has before we add to it: teammates, teams, attributes, tags, ticket types, collections."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import quote

from hd_assets.publish.client import Client
from hd_assets.publish.outcomes import RefusedError, TokenRefusedError

Doc = dict[str, Any]
_COLLECTIONS_PER_PAGE = 50


def fold(name: str) -> str:
    """How names and addresses are compared."""
    return " ".join(name.split()).casefold()


@dataclass
class Catalog:
    """Snapshot by kind of operation; what a step creates is added to it."""

    client: Client
    lists: dict[str, list[Doc]] = field(default_factory=dict)

    def listed(self, kind: str, *, fresh: bool = False) -> list[Doc]:
        if fresh or kind not in self.lists:
            self.lists[kind] = list(_READERS[kind](self.client))
        return self.lists[kind]

    def object_type(self, name: str) -> Literal["there", "missing", "forbidden"]:
        """Whether instances of a custom object can be written; types are in no list."""
        try:
            self.client.get(f"/custom_object_instances/{quote(name, safe='')}", page=1, per_page=1)
        except RefusedError as fault:
            if fault.status == 404:
                return "missing"
            raise
        except TokenRefusedError as fault:
            if fault.status == 403:
                return "forbidden"
            raise
        return "there"

    def live(self, kind: str, *, fresh: bool = False) -> list[Doc]:
        return [doc for doc in self.listed(kind, fresh=fresh) if not doc.get("archived")]


def _data_attributes(model: str) -> Callable[[Client], Iterator[Doc]]:
    def read(client: Client) -> Iterator[Doc]:
        data = client.one("/data_attributes", holds=("data",), model=model, include_archived="true")["data"]
        yield from (doc for doc in data if doc.get("custom") is not False)

    return read


def _conversation_attributes(client: Client) -> Iterator[Doc]:
    yield from client.one("/conversations/attributes", holds=("data",), include_archived="true")["data"]


def _plain_list(path: str, key: str = "data") -> Callable[[Client], Iterator[Doc]]:
    def read(client: Client) -> Iterator[Doc]:
        yield from client.one(path, holds=(key,))[key]

    return read


def _collections(client: Client) -> Iterator[Doc]:
    page = 1
    while True:
        query = {"page": page, "per_page": _COLLECTIONS_PER_PAGE}
        docs = client.one("/help_center/collections", holds=("data",), **query)["data"]
        yield from docs
        if len(docs) < _COLLECTIONS_PER_PAGE:
            return
        page += 1


def type_attributes(kind: Doc) -> list[Doc]:
    return list((kind.get("ticket_type_attributes") or {}).get("data") or [])


_READERS: dict[str, Callable[[Client], Iterator[Doc]]] = {
    "admin": _plain_list("/admins", "admins"),
    "team": _plain_list("/teams", "teams"),
    "contact_attribute": _data_attributes("contact"),
    "company_attribute": _data_attributes("company"),
    "conversation_attribute": _conversation_attributes,
    "tag": _plain_list("/tags"),
    "ticket_type": _plain_list("/ticket_types"),
    "ticket_state": _plain_list("/ticket_states"),
    "collection": _collections,
    "help_center": _plain_list("/help_center/help_centers"),
}
