"""Conversation → ticket; later changes of type values and state go to the ticket."""

from __future__ import annotations

from typing import Any

from hd_assets.publish.ledger import record_identity
from hd_assets.publish.outcomes import Answer, RefusedError, UnknownError
from hd_assets.publish.work import Attempt, Done, Kind

Doc = dict[str, Any]


class Conversion(Kind):
    """POST /conversations/{id}/convert, once; PUT /tickets/{id} whenever it is a ticket already."""

    def send(self, attempt: Attempt) -> Done:
        request = attempt.concrete()
        client, key = attempt.client, request.path.split("/")[2]
        if attempt.updates or (attempt.row.attempts > 1 and self._is_ticket(attempt, key)):
            answer = self._change(attempt, key, request.body)
        else:
            try:
                answer = client.send(request.method, request.path, request.body)
            except RefusedError as fault:
                # an earlier sending came through in the meantime
                if fault.status != 400 or attempt.row.attempts <= 1 or not self._is_ticket(attempt, key):
                    raise
                answer = self._change(attempt, key, request.body)
        if str(answer.data.get("id") or "") == "":
            raise UnknownError("the answer names no ticket", status=answer.status)
        if self._resolved(attempt) and answer.data.get("open") is True:
            # a workspace where resolving does not close
            client.send("PUT", f"/tickets/{key}", {"open": False, "skip_notifications": True})
        return self._done(attempt, answer.data, updated=attempt.updates)

    @staticmethod
    def _change(attempt: Attempt, key: str, body: Doc) -> Answer:
        changes = {
            "ticket_attributes": body["attributes"],
            "ticket_state_id": body["ticket_state_id"],
            "skip_notifications": True,
        }
        if attempt.updates:
            # what the source has emptied since
            cleared = dict.fromkeys(attempt.work.context.rules.types.get("conversation", {}))
            changes["ticket_attributes"] = {**cleared, **body["attributes"]}
        return attempt.client.send("PUT", f"/tickets/{key}", changes)

    def look(self, attempt: Attempt) -> Done | None:
        request = attempt.concrete()
        try:
            doc = attempt.client.one(f"/tickets/{request.path.split('/')[2]}")
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
        return self._done(attempt, doc, updated=attempt.updates)

    @staticmethod
    def _is_ticket(attempt: Attempt, key: str) -> bool:
        """An earlier sending may have converted it and only what follows is missing."""
        try:
            attempt.client.one(f"/tickets/{key}")
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
