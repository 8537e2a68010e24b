"""How each operation of a conversation is sent, and how it is found again after a lost answer."""

from __future__ import annotations

from typing import Any

from hd_assets.publish.job import AmbiguousError, Attempt, BusyError, Done, Handler
from hd_assets.publish.ledger import record_identity
from hd_assets.publish.outcomes import RefusedError, UnknownError
from hd_assets.publish.threads_read import (
    Thread,
    list_conversations,
    matching_parts,
    opening_of,
    plain,
    read_thread,
    same_content,
    search_conversations,
)

Doc = dict[str, Any]


class Creation:
    """POST /conversations. The destination keeps no key of ours, so a lost answer is found by contact, time, text."""

    repeatable = False

    def send(self, attempt: Attempt) -> Done:
        request = attempt.concrete()
        answer = attempt.client.send(request.method, request.path, request.body)
        key = answer.data.get("conversation_id")
        if not key:
            raise UnknownError("the answer names no conversation", status=answer.status)
        return Done(str(key), "created")

    def look(self, attempt: Attempt) -> Done | None:
        body = attempt.concrete().body
        found = search_conversations(attempt.client, body["from"]["id"], body["created_at"])
        return self._claim(attempt, [str(doc["id"]) for doc in found if self._same(doc, body)])

    def look_elsewhere(self, attempt: Attempt) -> Done | None:
        body = attempt.concrete().body
        found = list_conversations(attempt.client)
        return self._claim(attempt, [str(doc["id"]) for doc in found if self._same(doc, body)])

    @staticmethod
    def _same(doc: Doc, body: Doc) -> bool:
        return opening_of(doc) == (body["created_at"], body["from"]["id"], plain(body["body"]))

    @staticmethod
    def _claim(attempt: Attempt, candidates: list[str]) -> Done | None:
        """Equal conversations are interchangeable while they are empty: each lost creation takes one that is free."""
        if not candidates:
            return None
        work, entry = attempt.work, attempt.entry
        books = work.context.books
        with work.claiming:
            equal = books.rows(
                "select state, count(*) from operations where kind = 'conversation' and payload_digest = ? and key <> ?"
                " and state in ('intended', 'unknown') group by state",
                (entry.payload_digest, entry.key),
            )
            states = dict(equal)
            taken = {
                key
                for key in candidates
                if key in work.claimed or any(known.kind == "conversation" for known in books.records_of(key))
            }
            free = sorted(set(candidates) - taken, key=int)
            if not free:
                return None
            if states.get("intended"):
                raise BusyError
            if len(free) > 1 + states.get("unknown", 0):
                raise AmbiguousError("twin_not_ours")
            work.claimed.add(free[0])
            return Done(free[0], "created")


class Reply:
    """Comments and notes. Times are unique within a thread, so type, author and time name a part."""

    repeatable = False

    def send(self, attempt: Attempt) -> Done:
        request = attempt.concrete()
        answer = attempt.client.send(request.method, request.path, request.body)
        parts = (answer.data.get("conversation_parts") or {}).get("conversation_parts") or []
        found = matching_parts(parts, request.body)
        if not found:
            raise UnknownError("the answer does not show the part", status=answer.status)
        return Done(str(found[-1]["id"]))

    def look(self, attempt: Attempt) -> Done | None:
        return self._find(attempt)

    def look_elsewhere(self, attempt: Attempt) -> Done | None:
        return self._find(attempt, display_as="plaintext")

    @staticmethod
    def _find(attempt: Attempt, **query: str) -> Done | None:
        request = attempt.concrete(with_files=False)
        thread = read_thread(attempt.client, request.path.split("/")[2], **query)
        found = matching_parts(thread.parts, request.body)
        if not found:
            return None
        if len(found) > 1:
            raise AmbiguousError("part_twice")
        if not same_content(found[0], request.body):
            raise AmbiguousError("part_differs")
        return Done(str(found[0]["id"]))


class _Repeatable:
    """Sending again does no harm, so the only question is whether it is still needed."""

    repeatable = True

    def send(self, attempt: Attempt) -> Done:
        request = attempt.concrete()
        answer = attempt.client.send(request.method, request.path, request.body)
        return Done(updated=attempt.updates, request_id=answer.request_id)

    def look(self, attempt: Attempt) -> Done | None:
        request = attempt.concrete()
        thread = read_thread(attempt.client, request.path.split("/")[2])
        return Done() if self.holds(thread, request.body) else None

    def look_elsewhere(self, attempt: Attempt) -> Done | None:
        return self.look(attempt)

    def holds(self, thread: Thread, body: Doc) -> bool:
        raise NotImplementedError


class Participant(_Repeatable):
    def holds(self, thread: Thread, body: Doc) -> bool:
        contacts = (thread.doc.get("contacts") or {}).get("contacts") or []
        return body["customer"]["intercom_user_id"] in [str(contact.get("id")) for contact in contacts]


class Details(_Repeatable):
    def send(self, attempt: Attempt) -> Done:
        request = attempt.concrete()
        body = request.body
        if attempt.updates:
            cleared = dict.fromkeys(attempt.work.context.rules.types.get("conversation", {}))
            body = {**body, "custom_attributes": {**cleared, **body["custom_attributes"]}}
        answer = attempt.client.send(request.method, request.path, body)
        return Done(updated=attempt.updates, request_id=answer.request_id)

    def holds(self, thread: Thread, body: Doc) -> bool:
        stored = thread.doc.get("custom_attributes") or {}
        values = all(stored.get(name) == value for name, value in body["custom_attributes"].items())
        company = (thread.doc.get("company") or {}).get("id")
        return values and thread.doc.get("title") == body["title"] and body.get("company_id", company) == company


class Tagging(_Repeatable):
    def send(self, attempt: Attempt) -> Done:
        try:
            return super().send(attempt)
        except RefusedError as fault:
            if fault.status == 404 and attempt.entry.request.method == "DELETE":
                return Done(updated=True)
            raise

    def look(self, attempt: Attempt) -> Done | None:
        request = attempt.concrete()
        segments = request.path.split("/")
        tag = request.body.get("id") or segments[-1]
        tags = (read_thread(attempt.client, segments[2]).doc.get("tags") or {}).get("tags") or []
        hangs = tag in [str(found.get("id")) for found in tags]
        return Done() if hangs == (request.method == "POST") else None


class Assignment(_Repeatable):
    def holds(self, thread: Thread, body: Doc) -> bool:
        assigned = thread.doc.get(f"{body['type']}_assignee_id") or 0
        return bool(str(assigned) == body["assignee_id"])


class State(_Repeatable):
    def holds(self, thread: Thread, body: Doc) -> bool:
        wanted = {"close": "closed", "open": "open", "snoozed": "snoozed"}[body["message_type"]]
        return bool(thread.doc.get("state") == wanted)


class Conversion:
    """Conversation → ticket; later changes of type values and state go to the ticket."""

    repeatable = True

    def send(self, attempt: Attempt) -> Done:
        request = attempt.concrete()
        client, key = attempt.client, request.path.split("/")[2]
        changes = {
            "ticket_attributes": request.body["attributes"],
            "ticket_state_id": request.body["ticket_state_id"],
            "skip_notifications": True,
        }
        if attempt.updates or (attempt.row.attempts > 1 and self._is_ticket(attempt, key)):
            answer = client.send("PUT", f"/tickets/{key}", changes)
        else:
            answer = client.send(request.method, request.path, request.body)
        if str(answer.data.get("id") or "") == "":
            raise UnknownError("the answer names no ticket", status=answer.status)
        if self._resolved(attempt) and answer.data.get("open") is True:
            # a workspace where resolving does not close
            client.send("PUT", f"/tickets/{key}", {"open": False, "skip_notifications": True})
        return self._done(attempt, answer.data, updated=attempt.updates)

    def look(self, attempt: Attempt) -> Done | None:
        request = attempt.concrete()
        try:
            doc = attempt.client.get(f"/tickets/{request.path.split('/')[2]}").data
        except RefusedError as fault:
            if fault.status == 404:
                return None
            raise
        state = str((doc.get("ticket_state") or {}).get("id"))
        kind = str((doc.get("ticket_type") or {}).get("id"))
        stored = doc.get("ticket_attributes") or {}
        values = all(stored.get(name) == value for name, value in request.body["attributes"].items())
        if not values or state != request.body["ticket_state_id"] or kind != request.body["ticket_type_id"]:
            return None
        if self._resolved(attempt) and doc.get("open") is True:
            return None
        return self._done(attempt, doc, updated=False)

    def look_elsewhere(self, attempt: Attempt) -> Done | None:
        return self.look(attempt)

    @staticmethod
    def _is_ticket(attempt: Attempt, key: str) -> bool:
        """An earlier sending may have converted it and only what follows is missing."""
        try:
            attempt.client.get(f"/tickets/{key}")
        except RefusedError as fault:
            if fault.status == 404:
                return False
            raise
        return True

    @staticmethod
    def _resolved(attempt: Attempt) -> bool:
        return bool(attempt.entry.request.body["ticket_state_id"]["$ref"] == "ticket_state:resolved")

    @staticmethod
    def _done(attempt: Attempt, doc: Doc, *, updated: bool) -> Done:
        number = str(doc.get("ticket_id") or "")
        run_no = attempt.work.context.ledger.run_no
        identity = record_identity("ticket", attempt.entry.external_id, str(doc["id"]), "created", run_no, number)
        return Done(str(doc["id"]), updated=updated, statements=[identity])


def thread_handlers() -> dict[str, Handler]:
    reply, state = Reply(), State()
    return {
        "conversation": Creation(),
        "participant": Participant(),
        "reply": reply,
        "note": reply,
        "details": Details(),
        "conversation_tag": Tagging(),
        "assign_team": Assignment(),
        "assign_admin": Assignment(),
        "snooze": state,
        "state": state,
        "convert": Conversion(),
    }
