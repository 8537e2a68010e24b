"""Operations whose outcome is unknown and whose record the source has lost since: found out, never sent again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from hd_assets.publish.desired import REPLIES, Desired
from hd_assets.publish.ledger_read import Operation
from hd_assets.publish.payloads import Request
from hd_assets.publish.replies import part_signature
from hd_assets.publish.threads_read import read_thread
from hd_assets.publish.work import AmbiguousError, Attempt, Done, Kind

KIND = "leftover"
_NOTHING = Request("GET", "", {})


class Leftover(Kind):
    """A part that came is noted, so that the next plan lists it; nobody wants what did not come."""

    wanted = False

    def repeatable(self, attempt: Attempt) -> bool:  # noqa: ARG002 - never
        return False

    def look(self, attempt: Attempt) -> Done | None:
        row, work = attempt.row, attempt.work
        conversation = work.context.books.intercom_id("conversation", row.conversation)
        if conversation is None or row.kind not in REPLIES:
            return None
        if row.sent_digest is None:
            raise AmbiguousError("vanished_while_unknown", conversation=conversation)
        thread = read_thread(attempt.client, conversation)
        found = [str(part["id"]) for part in thread.parts if part_signature(work, part) == row.sent_digest]
        if len(found) > 1 or (not found and not thread.shows_all):
            raise AmbiguousError("vanished_while_unknown", conversation=conversation, parts=found)
        return Done(found[0]) if found else None


def leftovers(wanted: Iterable[Desired], known: Mapping[str, Operation]) -> dict[str, list[tuple[Desired, Operation]]]:
    """Conversation → steps that settle what is unknown of it and wanted no more. `known`: the ledger's rows by key."""
    keys = {entry.key for entry in wanted}
    found: dict[str, list[tuple[Desired, Operation]]] = {}
    for key, row in known.items():
        if row.state == "unknown" and key not in keys:
            entry = Desired(
                key, KIND, row.object, row.external_id, row.position, row.source_digest, _NOTHING, row.payload_digest
            )
            found.setdefault(row.conversation, []).append((entry, row))
    return found
