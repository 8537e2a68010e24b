"""What is written onto a conversation: participants, details, tags, assignment, state. Each can be repeated."""

from __future__ import annotations

from typing import Any

from hd_assets.publish.outcomes import RefusedError
from hd_assets.publish.threads_read import Thread, read_thread
from hd_assets.publish.work import Attempt, Done, Kind

Doc = dict[str, Any]


class Change(Kind):
    """Sending again does no harm, so the only question is whether it is still needed."""

    def body(self, attempt: Attempt) -> Doc:
        return attempt.concrete().body

    def send(self, attempt: Attempt) -> Done:
        request = attempt.concrete()
        answer = attempt.client.send(request.method, request.path, self.body(attempt))
        return Done(updated=attempt.updates, request_id=answer.request_id)

    def look(self, attempt: Attempt) -> Done | None:
        thread = read_thread(attempt.client, attempt.concrete().path.split("/")[2])
        return Done(updated=attempt.updates) if self.holds(thread, self.body(attempt)) else None

    def holds(self, thread: Thread, body: Doc) -> bool:
        raise NotImplementedError


class Participant(Change):
    def holds(self, thread: Thread, body: Doc) -> bool:
        contacts = (thread.doc.get("contacts") or {}).get("contacts") or []
        return body["customer"]["intercom_user_id"] in [str(contact.get("id")) for contact in contacts]


class Details(Change):
    """Title, attributes, company. What the source has emptied since is cleared; lists of references only grow."""

    def body(self, attempt: Attempt) -> Doc:
        body = attempt.concrete().body
        if not attempt.updates:
            return body
        cleared = dict.fromkeys(attempt.work.context.rules.types.get("conversation", {}))
        values = {**cleared, **body["custom_attributes"]}
        return {"company_id": None, **body, "custom_attributes": values}

    def send(self, attempt: Attempt) -> Done:
        request, body = attempt.concrete(), self.body(attempt)
        values = body["custom_attributes"]
        empties = "company_id" in body and body["company_id"] is None
        if attempt.updates and (empties or any(isinstance(value, list) for value in values.values())):
            doc = read_thread(attempt.client, request.path.split("/")[2]).doc
            stored = doc.get("custom_attributes") or {}
            grown = {name: extended(stored.get(name), value) for name, value in values.items()}
            body = {**body, "custom_attributes": grown}
            if empties and not doc.get("company"):
                # the description names no empty value here, so it is sent where there is something to take away only
                del body["company_id"]
        answer = attempt.client.send(request.method, request.path, body)
        return Done(updated=attempt.updates, request_id=answer.request_id)

    def holds(self, thread: Thread, body: Doc) -> bool:
        stored = thread.doc.get("custom_attributes") or {}
        company = (thread.doc.get("company") or {}).get("id")
        same = all(contains(stored.get(name), value) for name, value in body["custom_attributes"].items())
        return same and thread.doc.get("title") == body["title"] and body.get("company_id", company) == company


def extended(stored: Any, wanted: Any) -> Any:
    """A list of references with those that are there already; any other value as wanted."""
    if not isinstance(wanted, list) or not isinstance(stored, list):
        return wanted
    return list(dict.fromkeys([*map(str, stored), *wanted]))


def contains(stored: Any, wanted: Any) -> bool:
    """Whether a stored attribute says what we want it to; in lists of references others may stand as well."""
    if isinstance(wanted, list):
        return isinstance(stored, list) and set(wanted) <= set(map(str, stored))
    return bool(stored == wanted) or (wanted is None and stored == "")


class Tagging(Change):
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
        return Done(updated=attempt.updates) if hangs == (request.method == "POST") else None


class Assignment(Change):
    def holds(self, thread: Thread, body: Doc) -> bool:
        assigned = thread.doc.get(f"{body['type']}_assignee_id") or 0
        return bool(str(assigned) == body["assignee_id"])


class State(Change):
    def holds(self, thread: Thread, body: Doc) -> bool:
        wanted = {"close": "closed", "open": "open", "snoozed": "snoozed"}[body["message_type"]]
        until = body.get("snoozed_until")
        return bool(thread.doc.get("state") == wanted) and until in (None, thread.doc.get("snoozed_until"))
