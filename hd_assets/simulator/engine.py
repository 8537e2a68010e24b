"""What becomes of a request that reached the workspace: authorised, counted, applied now or later."""

from __future__ import annotations

import functools
import hashlib
import json
import re
from collections.abc import Mapping

from pydantic_core import from_json

from hd_assets.simulator import ids
from hd_assets.simulator.clock import Clock
from hd_assets.simulator.declared import refuse_undeclared
from hd_assets.simulator.disturb import limit_headers
from hd_assets.simulator.faults import UNHARMED, Kind, Strike
from hd_assets.simulator.rate import RateLimit, Standing
from hd_assets.simulator.routing import Router
from hd_assets.simulator.rules import Rules
from hd_assets.simulator.store import Store
from hd_assets.simulator.wire import Answer, ApiError, Call, Doc, Route, error_answer, json_answer, not_found

API_VERSION = "2.16"
_KNOWN_VERSIONS = {"Unstable", "Preview", *(f"2.{minor}" for minor in range(17)), *(f"1.{minor}" for minor in range(5))}
_HUGE = re.compile(rb"[eE]\+?[0-9]{3}")


class Engine:
    """Answers one request at a time; the simulator holds its lock around every use."""

    def __init__(
        self, store: Store, rules: Rules, clock: Clock, router: Router, *, token: str | None, seed: int
    ) -> None:
        self.store = store
        self.workspace_id = ""
        self.seed = seed
        self._clock, self._router, self._token = clock, router, token
        self.follow(rules)

    def follow(self, rules: Rules) -> None:
        """Go by these rules from now on."""
        self.rules = rules
        self.rate = RateLimit(rules)

    def postpone(
        self, seconds: float, request: Doc, headers: Mapping[str, str], body: bytes, *, behind: int = 0
    ) -> None:
        """The request takes effect later; whether it was authorised is decided now."""
        if self._authorised(headers):
            with self.store.transaction():
                due = self._clock.now() + seconds
                self.store.later.postpone(due, request, body, thread=_thread(request["path"]), behind=behind)

    def gone_by(self, path: str) -> None:
        self.store.later.gone_by(_thread(path), self._clock.now())
        self.settle()

    def settle(self) -> None:
        """Let requests that are due take effect, at the time they were due."""
        if self.store.later.next_due > self._clock.now():
            return
        for key, due, request, body in self.store.later.due(self._clock.now()):
            with self.store.transaction():
                self.store.later.drop(key)
            found = self._router.find(request["method"], request["path"])
            if found is not None:
                self._apply(found, request, body, due, UNHARMED, self.request_id(-key))

    def _authorised(self, headers: Mapping[str, str]) -> bool:
        scheme, _, token = headers.get("authorization", "").partition(" ")
        return scheme.lower() == "bearer" and bool(token.strip()) and self._token in (None, token.strip())

    def request_id(self, number: int) -> str:
        return ids.as_uuid(hashlib.md5(f"{self.seed}/{number}".encode(), usedforsecurity=False).hexdigest())

    def answer(
        self,
        number: int,
        request: Doc,
        found: tuple[Route, dict[str, str]] | None,
        headers: Mapping[str, str],
        body: bytes,
        strike: Strike,
    ) -> Answer:
        fault, name, now = strike.main, self.request_id(number), self._clock.now()
        if not self._authorised(headers):
            return error_answer(ApiError(401, "unauthorized", "Access Token Invalid"), name)
        foreign = sum(other.count for other in strike.beside if other.kind == "foreign_load") if strike.beside else 0
        standing = self.rate.take(now, exhausted=strike.kind == "storm_429", foreign=foreign)
        limits = limit_headers(standing.headers(), now, strike)
        if not standing.allowed:
            return self._too_many(standing, name, strike)
        if fault is not None and fault.kind == "status_before":
            return self._failure(fault.status, standing, name, strike)
        if found is None:
            return error_answer(not_found("The requested resource does not exist"), name, limits)
        version_fault = _version_fault(headers.get("intercom-version", API_VERSION), found[0].since)
        if version_fault is not None:
            return error_answer(ApiError(400, "intercom_version_invalid", version_fault), name, limits)
        answer = self._apply(found, request, body, now, strike, name)
        if fault is not None and fault.kind == "duplicate":
            answer = self._apply(found, request, body, now, strike, name)
        if fault is not None and fault.kind in ("status_after", "applied_then_429"):
            status = 429 if fault.kind == "applied_then_429" else fault.status
            return self._failure(status, standing, name, strike)
        answer.headers.update(limits)
        return answer

    def _apply(
        self, found: tuple[Route, dict[str, str]], request: Doc, body: bytes, now: float, strike: Strike, name: str
    ) -> Answer:
        route, params = found
        store = self.store
        try:
            call = Call(
                store=store,
                rules=self.rules,
                now=int(now),
                workspace_id=self.workspace_id,
                base_url=request["base_url"],
                params=params,
                query=request["query"],
                body=self.parsed(body) if body else {},
            )
            store.now = now
            if route.reads:
                if strike.main is not None and strike.main.kind == "stale_read":
                    store.as_of = now - strike.main.seconds
                try:
                    return json_answer(route.status, route.handler(call))
                finally:
                    store.as_of = None
            if self.rules.unknown_keys_refused:
                refuse_undeclared(route, call)
            store.lags = {way: lag for way in ("search", "list") if (lag := strike.lag(_LAG[way]))}
            with store.transaction():
                result = route.handler(call)
                store.count_up("writes")
            return json_answer(route.status, result) if route.status != 204 else Answer(204, {}, b"")
        except ApiError as fault:
            return error_answer(fault, name)

    def parsed(self, body: bytes) -> Doc:
        if len(body) > self.rules.max_request_bytes:
            raise ApiError(413, "request_too_large", "Request body is too large")
        try:
            document = from_json(body, allow_inf_nan=False)
            if _HUGE.search(body):
                json.dumps(document, allow_nan=False)
        except ValueError as fault:
            raise ApiError(400, "parameter_invalid", "The body is not JSON") from fault
        if not isinstance(document, dict):
            raise ApiError(400, "parameter_invalid", "The body must be a JSON object")
        return document

    def _too_many(self, standing: Standing, name: str, strike: Strike) -> Answer:
        spent = Standing(standing.limit, 0, standing.reset, allowed=False).headers()
        told = ApiError(429, "rate_limit_exceeded", self.rate.message())
        return error_answer(told, name, limit_headers(spent, self._clock.now(), strike))

    def _failure(self, status: int, standing: Standing, name: str, strike: Strike) -> Answer:
        if status == 429:
            return self._too_many(standing, name, strike)
        codes = {408: "request_timeout", 503: "service_unavailable"}
        told = ApiError(status, codes.get(status, "server_error"), "Server error")
        return error_answer(told, name, limit_headers(standing.headers(), self._clock.now(), strike))


_LAG: dict[str, Kind] = {"search": "search_lag", "list": "list_lag"}


def _thread(path: str) -> str:
    """What requests of one conversation have in common; a ticket is a conversation."""
    return "/".join(path.split("/")[1:3]).replace("tickets", "conversations")


@functools.lru_cache(maxsize=256)
def _version_fault(version: str, since: str) -> str | None:
    if version not in _KNOWN_VERSIONS:
        return "The requested version could not be found"
    if version[0].isdigit() and _parts(version) < _parts(since):
        return "Requested resource is not available in current API version."
    return None


def _parts(version: str) -> tuple[int, ...]:
    return tuple(int(piece) for piece in version.split("."))
