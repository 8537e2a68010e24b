"""The simulated workspace without sockets: a request goes in, an answer or a broken connection comes out."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from hd_assets.simulator import controls, inbox, ticket_types, workspace
from hd_assets.simulator.clock import Clock, SystemClock
from hd_assets.simulator.faults import Fault, FaultPlan, Faults
from hd_assets.simulator.files import serve_file
from hd_assets.simulator.rate import RateLimit, Standing
from hd_assets.simulator.routing import api_router
from hd_assets.simulator.rules import Rules
from hd_assets.simulator.store import Store
from hd_assets.simulator.wire import (
    Answer,
    ApiError,
    Call,
    Doc,
    DroppedError,
    Route,
    error_answer,
    json_answer,
    not_found,
)

API_VERSION = "2.16"
_KNOWN_VERSIONS = {"Unstable", "Preview", *(f"2.{minor}" for minor in range(17)), *(f"1.{minor}" for minor in range(5))}
_REMEMBERED = 20_000


class Simulator:
    """A workspace with the destination's rules. Thread-safe; waits never hold the lock.

    `state`: SQLite file that survives a kill, None keeps everything in memory. `token` pins the bearer token,
    None accepts any. `workspace_id` is kept in the state file; giving it again renames the workspace.
    """

    def __init__(
        self,
        state: Path | None = None,
        *,
        clock: Clock | None = None,
        rules: Rules | None = None,
        faults: Faults | None = None,
        token: str | None = None,
        workspace_id: str | None = None,
    ) -> None:
        self.clock: Clock = clock or SystemClock()
        self.rules = rules or Rules()
        self.faults = faults or Faults()
        self._token = token
        self._lock = threading.RLock()
        self._router = api_router()
        self._rate = RateLimit(self.rules)
        self._recent: deque[Doc] = deque(maxlen=_REMEMBERED)
        self._number = 0
        self._routes: dict[str, int] = {}
        self._closed = False
        self._store = Store(state)
        with self._store.transaction():
            if workspace_id is not None:
                self._store.set_meta("workspace_id", workspace_id)
            self.workspace_id = self._store.meta("workspace_id", "simulator")
            ticket_types.seed(self._store, self.workspace_id, int(self.clock.now()))

    def close(self) -> None:
        """Requests that were to take effect later and have not by now never do."""
        with self._lock:
            if not self._closed:
                self._closed = True
                self._save_routes_alone()
                self._store.close()

    def __enter__(self) -> Simulator:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    # by hand

    def provision(
        self,
        admins: Iterable[Mapping[str, Any]] = (),
        teams: Iterable[Mapping[str, Any]] = (),
        custom_object_types: Iterable[Any] = (),
    ) -> Doc:
        """What a customer's admin makes by hand; idempotent by e-mail, name, identifier.

        `admins` [{name, email}], `teams` [{name, admin_emails}], `custom_object_types` identifiers.
        Answers `{"admins": {email: id}, "teams": {name: id}, "custom_object_types": [identifier]}`.
        """
        with self._lock, self._store.transaction():
            return workspace.provision(self._store, admins, teams, custom_object_types, int(self.clock.now()))

    def counts(self) -> dict[str, int]:
        """Objects in the workspace by kind, after everything that is due has taken effect."""
        with self._lock:
            self._settle()
            return controls.counts(self._store)

    def summary(self) -> Doc:
        """What `GET /_simulator/state` answers."""
        with self._lock:
            self._settle()
            stored = self._store.counters("route:")
            routes = {name: stored.get(name, 0) + self._routes.get(name, 0) for name in {*stored, *self._routes}}
            return {
                "workspace_id": self.workspace_id,
                "counts": controls.counts(self._store),
                "notifications": self._store.counters("notified:"),
                "requests": dict(sorted(routes.items())),
                "writes": self._store.counters("writes").get("", 0),
                "faults": dict(self.faults.struck),
            }

    def reset(self) -> None:
        """An empty workspace; faults and rules stay."""
        with self._lock:
            with self._store.transaction():
                self._store.clear()
                ticket_types.seed(self._store, self.workspace_id, int(self.clock.now()))
            self._routes.clear()
            self._recent.clear()
            self._rate = RateLimit(self.rules)

    def set_faults(self, plan: FaultPlan) -> None:
        """Replace the faults, from their beginning."""
        with self._lock:
            self.faults = Faults.from_plan(plan)

    def requests(self, after: int = 0) -> list[Doc]:
        """The latest API requests: {number, at, method, path, status, fault}; status null when no answer went out."""
        with self._lock:
            return [dict(entry) for entry in self._recent if entry["number"] > after]

    # requests

    def handle(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        headers: Mapping[str, str],
        body: bytes,
        *,
        patience: float | None = None,
    ) -> Answer:
        """Answer one request; header names in lower case, `path` percent-encoded.

        `patience`: seconds the caller waits for an answer, None for ever. Raises DroppedError when a fault breaks
        the connection.
        """
        base_url = f"{headers.get('x-forwarded-proto', 'http')}://{headers.get('host', 'simulator.invalid')}"
        if path == "/" or path.startswith(("/inbox/", "/_files/", "/_simulator/")):
            return self._own_page(method, path, query, headers, body, base_url)
        request: Doc = {"method": method, "path": path, "query": dict(query), "base_url": base_url}
        with self._lock:
            self._settle()
            fault = self.faults.strike(method, path)
            entry = self._remember(method, path, fault)
            if fault is not None and fault.kind in ("connect_error", "lost_before"):
                raise DroppedError("connect" if fault.kind == "connect_error" else "read")
            if fault is not None and fault.kind == "late_apply":
                self._postpone(fault.seconds, request, headers, body)
                raise DroppedError("read")
        if fault is not None and fault.kind == "slow":
            self._be_slow(fault.seconds, patience, request, headers, body)
        with self._lock:
            self._settle()
            answer = self._answer(request, headers, body, fault)
            if fault is not None and fault.kind == "applied_then_lost":
                raise DroppedError("read")
            entry["status"] = answer.status
            return answer

    def _remember(self, method: str, path: str, fault: Fault | None) -> Doc:
        self._number += 1
        entry: Doc = {
            "number": self._number,
            "at": self.clock.now(),
            "method": method,
            "path": path,
            "status": None,
            "fault": fault.kind if fault else None,
        }
        self._recent.append(entry)
        found = self._router.find(method, path)
        route = f"{method} {found[0].template}" if found else f"{method} (unknown)"
        self._routes[route] = self._routes.get(route, 0) + 1
        return entry

    def _be_slow(
        self, seconds: float, patience: float | None, request: Doc, headers: Mapping[str, str], body: bytes
    ) -> None:
        if patience is not None and seconds > patience:
            with self._lock:
                self._postpone(seconds, request, headers, body)
            self.clock.sleep(patience)
            raise DroppedError("timeout")
        self.clock.sleep(seconds)

    def _postpone(self, seconds: float, request: Doc, headers: Mapping[str, str], body: bytes) -> None:
        """The request takes effect later; whether it was authorised is decided now."""
        if self._authorised(headers):
            with self._store.transaction():
                self._store.postpone(self.clock.now() + seconds, request, body)

    def _settle(self) -> None:
        """Let requests that are due take effect, at the time they were due."""
        for key, due, request, body in self._store.due(self.clock.now()):
            with self._store.transaction():
                self._store.drop_pending(key)
            found = self._router.find(request["method"], request["path"])
            if found is not None:
                self._apply(found, request, body, int(due), lag=0.0)

    def _authorised(self, headers: Mapping[str, str]) -> bool:
        scheme, _, token = headers.get("authorization", "").partition(" ")
        return scheme.lower() == "bearer" and bool(token.strip()) and self._token in (None, token.strip())

    def _answer(self, request: Doc, headers: Mapping[str, str], body: bytes, fault: Fault | None) -> Answer:
        kind = fault.kind if fault else None
        if not self._authorised(headers):
            return error_answer(ApiError(401, "unauthorized", "Access Token Invalid"))
        standing = self._rate.take(self.clock.now(), exhausted=kind == "storm_429")
        limits = standing.headers()
        if not standing.allowed or (fault is not None and kind == "status_before" and fault.status == 429):
            return self._too_many(standing)
        if fault is not None and kind == "status_before":
            return self._failure(fault.status, limits)
        found = self._router.find(request["method"], request["path"])
        if found is None:
            return error_answer(not_found("The requested resource does not exist"), limits)
        fault_of_version = _version_fault(headers, found[0])
        if fault_of_version is not None:
            return error_answer(fault_of_version, limits)
        lag = fault.seconds if fault is not None and kind == "search_lag" else 0.0
        answer = self._apply(found, request, body, int(self.clock.now()), lag=lag)
        answer.headers.update(limits)
        if fault is not None and kind == "status_after":
            return self._failure(fault.status, limits)
        if kind == "truncated":
            return Answer(answer.status, answer.headers, answer.body, truncated=True)
        return answer

    def _apply(self, found: tuple[Route, dict[str, str]], request: Doc, body: bytes, now: int, *, lag: float) -> Answer:
        route, params = found
        try:
            document = self._parsed(body)
            call = Call(
                store=self._store,
                rules=self.rules,
                now=now,
                workspace_id=self.workspace_id,
                base_url=request["base_url"],
                params=params,
                query=request["query"],
                body=document,
            )
            if route.reads:
                return json_answer(200, route.handler(call))
            self._store.search_delay = lag
            with self._store.transaction():
                result = route.handler(call)
                self._store.count_up("writes")
                self._save_routes()
            return json_answer(200, result)
        except ApiError as fault:
            return error_answer(fault)
        except UnicodeEncodeError:
            return error_answer(ApiError(400, "parameter_invalid", "The body has half a surrogate pair"))

    def _parsed(self, body: bytes) -> Doc:
        if len(body) > self.rules.max_request_bytes:
            raise ApiError(413, "request_too_large", "Request body is too large")
        if not body:
            return {}
        try:
            document = json.loads(body)
        except ValueError as fault:
            raise ApiError(400, "parameter_invalid", "The body is not JSON") from fault
        if not isinstance(document, dict):
            raise ApiError(400, "parameter_invalid", "The body must be a JSON object")
        return document

    def _save_routes(self) -> None:
        for name, number in self._routes.items():
            self._store.count_up(f"route:{name}", number)
        self._routes.clear()

    def _save_routes_alone(self) -> None:
        with self._store.transaction():
            self._save_routes()

    def _too_many(self, standing: Standing) -> Answer:
        spent = Standing(standing.limit, 0, standing.reset, allowed=False)
        return error_answer(ApiError(429, "rate_limit_exceeded", self._rate.message()), spent.headers())

    def _failure(self, status: int, headers: Mapping[str, str]) -> Answer:
        codes = {408: "request_timeout", 503: "service_unavailable", 429: "rate_limit_exceeded"}
        return error_answer(ApiError(status, codes.get(status, "server_error"), "Server error"), headers)

    def _own_page(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        headers: Mapping[str, str],
        body: bytes,
        base_url: str,
    ) -> Answer:
        """The inbox page, the files, the controls: not part of the destination's API."""
        try:
            if path.startswith("/_simulator/"):
                return controls.answer(self, method, path, query, headers, self._parsed(body))
            if method not in ("GET", "HEAD"):
                raise not_found()
            with self._lock:
                self._settle()
                if path.startswith("/_files/"):
                    return serve_file(self._store, path.removeprefix("/_files/"), self.clock.now())
                call = Call(self._store, self.rules, int(self.clock.now()), self.workspace_id, base_url, query=query)
                return inbox.page(call, path)
        except ApiError as fault:
            return error_answer(fault)


def _version_fault(headers: Mapping[str, str], route: Route) -> ApiError | None:
    version = headers.get("intercom-version", API_VERSION)
    if version not in _KNOWN_VERSIONS:
        return ApiError(400, "intercom_version_invalid", "The requested version could not be found")
    if version[0].isdigit() and _parts(version) < _parts(route.since):
        return ApiError(400, "intercom_version_invalid", "Requested resource is not available in current API version.")
    return None


def _parts(version: str) -> tuple[int, ...]:
    return tuple(int(piece) for piece in version.split("."))
