"""Conversations as the target has them, for finding out what became of a request."""

from __future__ import annotations

import html
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from hd_assets.publish.client import Client
from hd_assets.publish.outcomes import RefusedError

Doc = dict[str, Any]
_PER_PAGE = 150
_DAY = 86_400
_MOST_FOLDS = 5
_MARKUP = re.compile(r"<[^>]*>")


def plain(text: str | None) -> str:
    """Letters and digits only, case ignored: whatever a destination does to markup, quotes and spaces, this stays.

    A destination that takes no markup shows it as text, so what was escaped is unfolded until nothing changes.
    """
    bare = text or ""
    for _ in range(_MOST_FOLDS):
        unfolded = html.unescape(_MARKUP.sub(" ", bare))
        if unfolded == bare:
            break
        bare = unfolded
    return "".join(character for character in bare if character.isalnum()).casefold()


def search_conversations(client: Client, contact: str, created_at: int) -> Iterator[Doc]:
    """Conversations of a contact begun within a day of `created_at`, all pages."""
    query = {
        "operator": "AND",
        "value": [
            {"field": "contact_ids", "operator": "=", "value": contact},
            {"field": "created_at", "operator": ">", "value": created_at - _DAY},
            {"field": "created_at", "operator": "<", "value": created_at + _DAY},
        ],
    }
    cursor: str | None = None
    while True:
        pagination: Doc = {"per_page": _PER_PAGE}
        if cursor:
            pagination["starting_after"] = cursor
        body = {"query": query, "pagination": pagination}
        answer = client.search("/conversations/search", body, holds=("conversations",))
        yield from answer.data.get("conversations") or []
        cursor = _next(answer.data)
        if cursor is None:
            return


class Listing:
    """Every conversation of the workspace by a key, read once for all whose answers were lost. Thread-safe.

    A negative only counts from a list that was begun after the destination had its time, hence `since`.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._begun = float("-inf")
        self._found: dict[str, list[Doc]] = {}

    def named(
        self, client: Client, wanted: str, *, since: float, now: Callable[[], float], key: Callable[[Doc], str]
    ) -> list[Doc]:
        """Conversations whose `key` is `wanted`, from a list begun at `since` (Unix seconds) or later."""
        with self._lock:
            if self._begun < since:
                begun, found = now(), dict[str, list[Doc]]()
                for doc in list_conversations(client):
                    found.setdefault(key(doc), []).append(outline(doc))
                self._begun, self._found = begun, found
            return self._found.get(wanted, [])


def outline(doc: Doc) -> Doc:
    """What a look-up needs of a conversation, without its words. `mark`: the id a migration has written on it."""
    values = doc.get("custom_attributes") or {}
    marks = [value for name, value in values.items() if name.endswith("_source_id") and value]
    return {"id": str(doc["id"]), "updated_at": doc.get("updated_at"), "mark": marks[0] if marks else None}


def list_conversations(client: Client) -> Iterator[Doc]:
    """Every conversation of the workspace."""
    cursor: str | None = None
    while True:
        query: Doc = {"per_page": _PER_PAGE, **({"starting_after": cursor} if cursor else {})}
        answer = client.get("/conversations", holds=("conversations",), **query)
        yield from answer.data.get("conversations") or []
        cursor = _next(answer.data)
        if cursor is None:
            return


def _next(data: Doc) -> str | None:
    following = (data.get("pages") or {}).get("next")
    cursor = following.get("starting_after") if isinstance(following, dict) else None
    return str(cursor) if cursor else None


@dataclass(frozen=True)
class Thread:
    """A conversation with the newest parts the target shows. `doc` is the conversation, or the ticket it became."""

    doc: Doc
    parts: list[Doc]
    is_ticket: bool

    @property
    def shows_all(self) -> bool:
        """Whether no older parts are held back."""
        listing = self.doc.get("ticket_parts" if self.is_ticket else "conversation_parts") or {}
        return int(listing.get("total_count") or 0) <= len(self.parts)


def read_thread(client: Client, key: str, **query: Any) -> Thread:
    """Raises RefusedError when neither a conversation nor a ticket has the id."""
    try:
        doc = client.one(f"/conversations/{key}", **query)
        return Thread(doc, (doc.get("conversation_parts") or {}).get("conversation_parts") or [], False)
    except RefusedError as fault:
        if fault.status != 404:
            raise
    # after its conversion a conversation may answer as a ticket only
    doc = client.one(f"/tickets/{key}")
    return Thread(doc, (doc.get("ticket_parts") or {}).get("ticket_parts") or [], True)


def opening_of(doc: Doc) -> tuple[int | None, str, str]:
    """(created_at, author id, text as compared) of a conversation in a list."""
    source = doc.get("source") or {}
    return doc.get("created_at"), str((source.get("author") or {}).get("id")), plain(source.get("body"))


def identity_of(part: Doc) -> tuple[Any, Any, str]:
    """(type, time, author id) of a stored part; a part's time is unique in its thread."""
    return part.get("part_type"), part.get("created_at"), str((part.get("author") or {}).get("id"))


def identity_in(body: Doc) -> tuple[Any, Any, str]:
    """The same of a reply's concrete body."""
    return body["message_type"], body["created_at"], str(body.get("admin_id") or body.get("intercom_user_id"))


def content_of(part: Doc) -> list[Any]:
    """Text and file names of a stored part, as compared."""
    names = sorted(str(file.get("name")) for file in part.get("attachments") or [])
    return [plain(part.get("body")), names]


def content_in(body: Doc) -> list[Any]:
    """The same of a reply's concrete body."""
    names = sorted(str(file["name"]) for file in body.get("attachment_files") or [])
    return [plain(body.get("body")), names]
