"""How instances of custom objects are sent, and the references to them on contacts."""

from __future__ import annotations

from typing import Any

from hd_assets.publish.changes import contains, extended
from hd_assets.publish.ledger import record_identity, record_prior
from hd_assets.publish.outcomes import RefusedError, UnknownError
from hd_assets.publish.work import Attempt, Done, Kind

Doc = dict[str, Any]
_FIELDS = ("external_created_at", "external_updated_at", "custom_attributes")


class CustomObjects(Kind):
    """POST creates or updates by external id; a look beforehand tells created from adopted."""

    def send(self, attempt: Attempt) -> Done:
        request = attempt.concrete()
        origin = attempt.known_origin()
        if origin is None:
            found = self._find(attempt)
            if found is None:
                origin = attempt.decide_origin("created")
            else:
                prior = {name: found.get(name) for name in _FIELDS}
                now = attempt.work.context.clock.now()
                origin = attempt.decide_origin("adopted", [record_prior("custom_object", str(found["id"]), now, prior)])
        answer = attempt.client.send("POST", request.path, request.body)
        key = answer.data.get("id")
        if not key:
            raise UnknownError("the answer names no instance", status=answer.status)
        return self._done(attempt, str(key), origin)

    def look(self, attempt: Attempt) -> Done | None:
        origin = attempt.known_origin()
        if origin is None:
            # it died before the look that comes before the first write
            return None
        found, body = self._find(attempt), attempt.concrete().body
        if found is None:
            return None
        stored = found.get("custom_attributes") or {}
        same = all(contains(stored.get(name), value) for name, value in body.get("custom_attributes", {}).items())
        times = all(found.get(name) == body.get(name) for name in _FIELDS[:2] if name in body)
        return self._done(attempt, str(found["id"]), origin) if same and times else None

    @staticmethod
    def _find(attempt: Attempt) -> Doc | None:
        try:
            return attempt.client.one(attempt.concrete().path, external_id=attempt.entry.external_id)
        except RefusedError as fault:
            if fault.status == 404:
                return None
            raise

    @staticmethod
    def _done(attempt: Attempt, key: str, origin: str) -> Done:
        # without its type an instance cannot be deleted
        kind = attempt.entry.request.path.rpartition("/")[2]
        run_no = attempt.work.context.ledger.run_no
        named = record_identity("custom_object", attempt.entry.external_id, key, origin, run_no, kind)
        return Done(key, origin, updated=attempt.updates, statements=[named])


class ObjectReferences(Kind):
    """Contact → instances of one type: the list is read, then extended."""

    def send(self, attempt: Attempt) -> Done:
        request = attempt.concrete()
        [(name, wanted)] = request.body["custom_attributes"].items()
        stored = self._stored(attempt, request.path, name)
        origin = attempt.known_origin()
        if origin is None:
            context = attempt.work.context
            contact = request.path.rpartition("/")[2]
            prior = {"attribute": name, "instances": stored}
            origin = attempt.decide_origin(
                "adopted" if set(wanted) <= set(stored) else "created",
                [record_prior("contact_object", f"{contact}/{name}", context.clock.now(), prior)],
            )
        if not set(wanted) <= set(stored):
            changes = {"custom_attributes": {name: extended(stored, wanted)}}
            attempt.client.send(request.method, request.path, changes)
        return Done(origin=origin, updated=attempt.updates)

    def look(self, attempt: Attempt) -> Done | None:
        request = attempt.concrete()
        origin = attempt.known_origin()
        if origin is None:
            return None
        [(name, wanted)] = request.body["custom_attributes"].items()
        there = self._stored(attempt, request.path, name)
        return Done(origin=origin, updated=attempt.updates) if set(wanted) <= set(there) else None

    @staticmethod
    def _stored(attempt: Attempt, path: str, name: str) -> list[str]:
        values = attempt.client.one(path).get("custom_attributes") or {}
        found = values.get(name)
        return [str(entry) for entry in found] if isinstance(found, list) else []
