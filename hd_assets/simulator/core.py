"""The simulated workspace without sockets: a request goes in, an answer or a broken connection comes out."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from pydantic_core import from_json, to_json

from hd_assets.simulator import controls, inbox, ticket_types, workspace
from hd_assets.simulator.clock import Clock, SystemClock, VirtualClock
from hd_assets.simulator.disturb import NEVER_ARRIVES, date, spoiled
from hd_assets.simulator.engine import Engine
from hd_assets.simulator.faults import FaultPlan, Faults, Strike
from hd_assets.simulator.files import serve_file
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
    not_found,
)

_REMEMBERED = 20_000
_OWN_PAGES = ("/inbox/", "/_files/", "/_simulator/")


class Simulator:
    """A workspace with the destination's rules. Thread-safe; waits never hold the lock.

    `state`: SQLite file that survives a kill, None keeps everything in memory. `token` pins the bearer token,
    None accepts any. `workspace_id` is kept in the state file; giving it again renames the workspace. Same `seed`, same
    clock and same requests in the same order: the same answers, byte for byte.
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
        seed: int = 0,
    ) -> None:
        self.clock: Clock = clock or SystemClock()
        self._lock = threading.RLock()
        self._router = api_router()
        self._recent: deque[Doc] = deque(maxlen=_REMEMBERED)
        self._number = 0
        self._closed = False
        self._store = Store(state, seed=seed)
        self._engine = Engine(self._store, rules or Rules(), self.clock, self._router, token=token, seed=seed)
        self._take_faults(faults or Faults())
        with self._store.transaction():
            if workspace_id is not None:
                self._store.set_meta("workspace_id", workspace_id)
            self._engine.workspace_id = self._store.meta("workspace_id", "simulator")
            ticket_types.seed(self._store, self.workspace_id, int(self.clock.now()))

    @property
    def rules(self) -> Rules:
        """May be set while it runs; the rate limit begins a new window then."""
        return self._engine.rules

    @rules.setter
    def rules(self, rules: Rules) -> None:
        with self._lock:
            self._engine.follow(rules)
            self._take_faults(self.faults)

    @property
    def workspace_id(self) -> str:
        return self._engine.workspace_id

    def _take_faults(self, faults: Faults) -> None:
        self.faults = faults
        lags = (self.rules.search_lag_seconds, self.rules.list_lag_seconds, faults.memory_seconds())
        self._store.memory_seconds = max(lags)

    def snapshot(self) -> bytes:
        """Everything: records, counters, requests still to take effect, faults and how far they are, the time."""
        with self._lock:
            head = {
                "now": self.clock.now(),
                "workspace_id": self.workspace_id,
                "number": self._number,
                "rate": self._engine.rate.state(),
                "faults": self.faults.progress(),
                "recent": list(self._recent),
                "seed": self._engine.seed,
            }
            return to_json(head) + b"\n" + self._store.snapshot()

    def restore(self, taken: bytes) -> None:
        """Become what a snapshot holds; a virtual clock is set to its time. Rules and token stay one's own."""
        first, _, image = taken.partition(b"\n")
        head = from_json(first)
        with self._lock:
            self._store.restore(image)
            self._take_faults(Faults.resumed(head["faults"]))
            self._number = head["number"]
            self._engine.workspace_id, self._engine.seed = head["workspace_id"], head["seed"]
            self._engine.rate.resume(head["rate"])
            self._recent = deque(head["recent"], maxlen=_REMEMBERED)
            if isinstance(self.clock, VirtualClock):
                self.clock.move_to(head["now"])

    def close(self) -> None:
        """Requests that were to take effect later and have not by now never do."""
        with self._lock:
            if not self._closed:
                self._closed = True
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
            self._engine.settle()
            return controls.counts(self._store)

    def summary(self) -> Doc:
        """What `GET /_simulator/state` answers."""
        with self._lock:
            self._engine.settle()
            return {
                "workspace_id": self.workspace_id,
                "counts": controls.counts(self._store),
                "notifications": self._store.counters.below("notified:"),
                "requests": self._store.counters.below("route:"),
                "writes": self._store.counters.below("writes").get("", 0),
                "faults": dict(self.faults.struck),
            }

    def reset(self) -> None:
        """An empty workspace; faults and rules stay."""
        with self._lock:
            with self._store.transaction():
                self._store.clear()
                ticket_types.seed(self._store, self.workspace_id, int(self.clock.now()))
            self._recent.clear()
            self._engine.follow(self.rules)

    def set_faults(self, plan: FaultPlan) -> None:
        """Replace the faults, from their beginning."""
        with self._lock:
            self._take_faults(Faults.from_plan(plan))

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
        if path == "/" or path.startswith(_OWN_PAGES):
            return self._own_page(method, path, query, headers, body, base_url)
        request: Doc = {"method": method, "path": path, "query": dict(query), "base_url": base_url}
        with self._lock:
            self._engine.settle()
            found = self._router.find(method, path)
            self._number += 1
            number = self._number
            strike = self.faults.strike(method, path, number)
            entry = self._note(number, request, found, strike)
            if strike.main is not None:
                self._keep_away(strike, request, headers, body)
            if strike.kind not in ("slow", "hang_before", "hang_after"):
                return self._conclude(number, entry, request, found, headers, body, strike)
            if strike.kind == "hang_after":
                self._conclude(number, entry, request, found, headers, body, strike)
                entry["status"] = None
        self._wait(strike, patience, request, headers, body)
        with self._lock:
            self._engine.settle()
            return self._conclude(number, entry, request, found, headers, body, strike)

    def _conclude(
        self,
        number: int,
        entry: Doc,
        request: Doc,
        found: tuple[Route, dict[str, str]] | None,
        headers: Mapping[str, str],
        body: bytes,
        strike: Strike,
    ) -> Answer:
        answer = self._engine.answer(number, request, found, headers, body, strike)
        answer.headers["date"] = date(self.clock.now(), strike)
        self._engine.gone_by(request["path"])
        answer = spoiled(answer, strike.main)
        entry["status"] = answer.status
        return answer

    def _note(self, number: int, request: Doc, found: tuple[Route, dict[str, str]] | None, strike: Strike) -> Doc:
        entry: Doc = {
            "number": number,
            "at": self.clock.now(),
            "method": request["method"],
            "path": request["path"],
            "status": None,
            "fault": strike.told(),
        }
        self._recent.append(entry)
        route = f"{request['method']} {found[0].template if found else '(unknown)'}"
        self._store.count_up(f"route:{route}")
        return entry

    def _keep_away(self, strike: Strike, request: Doc, headers: Mapping[str, str], body: bytes) -> None:
        """Raise DroppedError when the request does not reach the workspace, or not now."""
        fault = strike.main
        if fault is None:
            return
        if fault.kind in NEVER_ARRIVES:
            raise DroppedError(NEVER_ARRIVES[fault.kind])
        if fault.kind == "late_apply":
            self._engine.postpone(fault.seconds, request, headers, body)
            raise DroppedError("read")
        if fault.kind == "reorder":
            self._engine.postpone(fault.seconds, request, headers, body, behind=fault.count)
            raise DroppedError("read")

    def _wait(
        self, strike: Strike, patience: float | None, request: Doc, headers: Mapping[str, str], body: bytes
    ) -> None:
        """Let time go by under the faults that hold an answer back; raise DroppedError when the caller gives up."""
        fault = strike.main
        if fault is None:
            return
        late = patience is not None and fault.seconds > patience
        if late and fault.kind == "slow":
            with self._lock:
                self._engine.postpone(fault.seconds, request, headers, body)
        self.clock.sleep(patience if late and patience is not None else fault.seconds)
        if late or fault.kind != "slow":
            raise DroppedError("timeout")

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
                return controls.answer(self, method, path, query, headers, self._engine.parsed(body) if body else {})
            if method not in ("GET", "HEAD"):
                raise not_found()
            with self._lock:
                self._engine.settle()
                if path.startswith("/_files/"):
                    return serve_file(self._store, path.removeprefix("/_files/"), self.clock.now())
                call = Call(self._store, self.rules, int(self.clock.now()), self.workspace_id, base_url, query=query)
                return inbox.page(call, path)
        except ApiError as fault:
            return error_answer(fault, self._engine.request_id(0))
