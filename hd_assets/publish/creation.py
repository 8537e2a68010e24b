"""The first request of a conversation: the destination keeps no key of ours, so it is found by contact, time, text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hd_assets.publish.outcomes import UnknownError
from hd_assets.publish.threads_read import opening_of, outline, plain, search_conversations
from hd_assets.publish.work import AmbiguousError, Attempt, BusyError, Done, Kind, Work

Doc = dict[str, Any]
_MOST_NAMED = 20


def opening_signature(work: Work, doc: Doc) -> str:
    """Of a conversation as the destination lists it."""
    return work.signature("conversation", *opening_of(doc))


class Creation(Kind):
    """POST /conversations."""

    def repeatable(self, attempt: Attempt) -> bool:  # noqa: ARG002 - never
        return False

    def signature(self, attempt: Attempt) -> str:
        body = attempt.concrete().body
        return attempt.work.signature("conversation", body["created_at"], body["from"]["id"], plain(body["body"]))

    def send(self, attempt: Attempt) -> Done:
        request = attempt.concrete()
        answer = attempt.client.send(request.method, request.path, request.body)
        key = answer.data.get("conversation_id")
        if not key:
            raise UnknownError("the answer names no conversation", status=answer.status)
        return Done(str(key), "created")

    def look(self, attempt: Attempt) -> Done | None:
        body, wanted = attempt.concrete().body, self._wanted(attempt)
        found = search_conversations(attempt.client, body["from"]["id"], body["created_at"])
        return _claim(attempt, [outline(doc) for doc in found if opening_signature(attempt.work, doc) == wanted])

    def look_elsewhere(self, attempt: Attempt) -> Done | None:
        work = attempt.work
        found = work.listing.named(
            attempt.client,
            self._wanted(attempt),
            since=(attempt.row.sent_at or work.context.clock.now()) + work.patience,
            now=work.context.clock.now,
            key=lambda doc: opening_signature(work, doc),
        )
        return _claim(attempt, found)

    def _wanted(self, attempt: Attempt) -> str:
        """What was sent, also when newer rules would send something else; old ledgers do not tell."""
        return attempt.row.sent_digest or self.signature(attempt)


def _claim(attempt: Attempt, candidates: Sequence[Doc]) -> Done | None:
    """Equal conversations are interchangeable while they are empty: each lost creation takes one that is free."""
    if not candidates:
        return None
    work, row = attempt.work, attempt.row
    with work.claiming:
        equal = equal_states(work, row.key, row.sent_digest, row.payload_digest)
        free = [doc for doc in candidates if not _taken(work, doc["id"])]
        if not free:
            return None
        if equal.get("intended"):
            raise BusyError
        ours = sorted((doc["id"] for doc in free if _is_possible(attempt, doc)), key=int)
        lost = 1 + equal.get("unknown", 0)
        if not ours or len(ours) > lost:
            named = sorted(doc["id"] for doc in free)
            raise AmbiguousError("twin_not_ours", found=named[:_MOST_NAMED], number=len(named), lost=lost)
        work.claimed.add(ours[0])
        return Done(ours[0], "created")


def _taken(work: Work, key: str) -> bool:
    return key in work.claimed or any(known.kind == "conversation" for known in work.context.books.records_of(key))


def _is_possible(attempt: Attempt, doc: Doc) -> bool:
    """Made after this operation was meant, and not marked by a migration as something else."""
    return attempt.is_fresh(doc["updated_at"]) and doc["mark"] in (None, attempt.entry.external_id)


def equal_states(work: Work, key: str, sent_digest: str | None, payload_digest: str) -> dict[str, int]:
    """State → other creations of the same contact, time and text in it."""
    column, value = ("sent_digest", sent_digest) if sent_digest else ("payload_digest", payload_digest)
    sql = (
        f"select state, count(*) from operations where kind = 'conversation' and {column} = ? and key <> ?"
        " and state in ('intended', 'unknown', 'quarantined') group by state"
    )
    return dict(work.context.books.rows(sql, (value, key)))
