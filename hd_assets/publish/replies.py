"""Comments and notes: how they are sent, and found again after a lost answer."""

from __future__ import annotations

from typing import Any

from hd_assets.publish.outcomes import UnknownError
from hd_assets.publish.threads_read import content_in, content_of, identity_in, identity_of, read_thread
from hd_assets.publish.work import AmbiguousError, Attempt, Done, Kind, Work

Doc = dict[str, Any]


def part_signature(work: Work, part: Doc) -> str:
    """Of a stored part."""
    return work.signature("part", *identity_of(part), *content_of(part))


class Reply(Kind):
    """Times are unique within a thread, so type, author and time name a part; text and file names confirm it."""

    def repeatable(self, attempt: Attempt) -> bool:  # noqa: ARG002 - never
        return False

    def signature(self, attempt: Attempt) -> str:
        body = attempt.concrete(with_files=False).body
        return attempt.work.signature("part", *identity_in(body), *content_in(body))

    def send(self, attempt: Attempt) -> Done:
        request = attempt.concrete()
        answer = attempt.client.send(request.method, request.path, request.body)
        parts = (answer.data.get("conversation_parts") or {}).get("conversation_parts") or []
        found = [part for part in parts if identity_of(part) == identity_in(request.body)]
        if not found:
            raise UnknownError("the answer does not show the part", status=answer.status)
        return Done(str(found[-1]["id"]))

    def look(self, attempt: Attempt) -> Done | None:
        return self._find(attempt)

    def look_elsewhere(self, attempt: Attempt) -> Done | None:
        return self._find(attempt, display_as="plaintext")

    def _find(self, attempt: Attempt, **query: str) -> Done | None:
        work, request = attempt.work, attempt.concrete(with_files=False)
        wanted = attempt.row.sent_digest or self.signature(attempt)
        thread = read_thread(attempt.client, request.path.split("/")[2], **query)
        found = [part for part in thread.parts if part_signature(work, part) == wanted]
        if len(found) > 1:
            raise AmbiguousError("part_twice", conversation=thread.doc.get("id"), parts=_ids(found))
        if found:
            return Done(str(found[0]["id"]))
        alike = [part for part in thread.parts if identity_of(part) == identity_in(request.body)]
        if alike:
            raise AmbiguousError("part_differs", conversation=thread.doc.get("id"), parts=_ids(alike))
        if not thread.shows_all and not self._reaches_back(attempt, thread.parts):
            # more parts came after ours than an answer holds, so that it may hide it
            raise AmbiguousError("parts_hidden", conversation=thread.doc.get("id"), shown=len(thread.parts))
        return None

    @staticmethod
    def _reaches_back(attempt: Attempt, parts: list[Doc]) -> bool:
        """Whether a part is shown that was sent before: then everything after it is shown as well."""
        sent = attempt.work.context.books.rows(
            "select intercom_id from operations where conversation = ? and kind in ('reply', 'note')"
            " and state in ('applied', 'conflict')",
            (attempt.entry.conversation,),
        )
        # while nothing of ours is there, ours can be the first and nothing of ours hides it
        return not sent or bool({str(row[0]) for row in sent} & {str(part.get("id")) for part in parts})


def _ids(parts: list[Doc]) -> list[str]:
    return [str(part.get("id")) for part in parts]
