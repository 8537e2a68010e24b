"""A local Jitbit: the reading calls of its web API over a store of rows, and the writing ones that answer to GET, too.

Nothing here was recorded: documented are the calls, their parameters and limits; the rest follows what public clients
declare. What installations do differently is a field of `Manners`.
"""

from __future__ import annotations

import base64
import json
import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from hd_assets.standin.jitbit.calls import CALLS, Asked, NotFoundError, RefusedError
from hd_assets.standin.jitbit.manners import FAULTS, Manners
from hd_assets.standin.jitbit.shapes import respelled
from hd_assets.standin.jitbit.store import Row, Store
from hd_assets.standin.serving import Reply

WRITING = frozenset(
    {
        "addsubscriber", "comment", "deletefile", "deleteticket", "deleteuser", "disablerule", "disableuser",
        "enablerule", "mergetickets", "setcustomfield", "ticketpost", "updateticket",
    }
)  # fmt: skip
"""Calls that change something although some of them answer to GET."""
_TRIES = 3
_BLOCKED_SECONDS = 300


@dataclass
class JitbitStandin:
    """`handle` answers one request. `faults` says what happens instead, by the number of a request (from 1) or by
    the name of a call in lower case, every time.

    `requests` keeps what was asked as (method, call in lower case, parameters); `writes` counts calls that write.
    """

    store: Store
    manners: Manners = field(default_factory=Manners)
    faults: dict[int | str, str] = field(default_factory=dict)
    seed: int = 0
    clock: Callable[[], float] = time.monotonic
    requests: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    writes: int = 0
    on_request: Callable[[str, dict[str, str]], None] | None = None

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)
        self._lock = threading.Lock()
        self._failed_logins = 0
        self._blocked_until = float("-inf")
        self._recent: list[float] = []

    def handle(
        self, method: str, path: str, query: Mapping[str, str], headers: Mapping[str, str], body: bytes
    ) -> Reply:
        del body
        with self._lock:
            base = f"{self.manners.under}/api/"
            if not path.lower().startswith(base):
                return Reply(b"", 302, "text/html", headers={"location": "/User/Login"})
            name, _, id = path[len(base) :].strip("/").partition("/")
            parameters = {key.lower(): value for key, value in query.items()} | ({"id": id} if id else {})
            self.requests.append((method, name.lower(), parameters))
            if self.on_request:
                self.on_request(name.lower(), parameters)
            fault = self.faults.get(len(self.requests), self.faults.get(name.lower()))
            if fault in FAULTS:
                return FAULTS[fault]
            reply = self._limited() or self._answered(name.lower(), parameters, headers)
            return Reply(reply.body, reply.status, reply.content_type, cut=True) if fault == "cut" else reply

    def _limited(self) -> Reply | None:
        if self.manners.calls_per_minute is None:
            return None
        now = self.clock()
        self._recent = [at for at in self._recent if at > now - 60]
        if len(self._recent) >= self.manners.calls_per_minute:
            return FAULTS["429"]
        self._recent.append(now)
        return None

    def _answered(self, name: str, parameters: dict[str, str], headers: Mapping[str, str]) -> Reply:
        if self.clock() < self._blocked_until:
            return Reply(b"Your IP address is blocked for 5 minutes after too many failed logins", 403, "text/plain")
        account = self._account(headers)
        if account is None:
            self._failed_logins += 1
            if self._failed_logins >= _TRIES:
                self._blocked_until = self.clock() + _BLOCKED_SECONDS
            return Reply(b"Unauthorized", 401, "text/plain")
        self._failed_logins = 0
        if name in WRITING:
            return self._write(name, parameters)
        call = CALLS.get(name)
        if call is None or name in self.manners.without:
            return Reply(b"<html><body><h1>404 - not found</h1></body></html>", 404, "text/html")
        try:
            answer = call(Asked(self.store, self.manners, account, parameters, self._chance))
        except NotFoundError:
            return Reply(b"Not found", 404, "text/plain")
        except RefusedError as refused:
            return Reply(str(refused).encode(), 403, "text/plain")
        if isinstance(answer, Reply):
            return answer
        more = self.manners.more_keys.get(name, {})
        if more and isinstance(answer, list):
            answer = [{**one, **more} for one in answer]
        told = respelled(answer, self.manners.spelling, self._date)
        return Reply(json.dumps(told, ensure_ascii=False).encode(), content_type="application/json; charset=utf-8")

    def _account(self, headers: Mapping[str, str]) -> Row | None:
        kind, _, coded = headers.get("authorization", "").partition(" ")
        accounts = self.store.accounts
        id = None
        if kind.lower() == "basic":
            login, _, password = base64.b64decode(coded).decode().partition(":")
            account = accounts.get(login)
            id = account.user_id if account is not None and account.password == password else None
        elif kind.lower() == "bearer":
            id = next((account.user_id for account in accounts.values() if account.token == coded), None)
        return None if id is None else self.store.one("user", user_id=id, disabled=False)

    def _write(self, name: str, parameters: Mapping[str, str]) -> Reply:
        self.writes += 1
        if name == "deletefile" and parameters.get("id", "").isdigit():
            self.store.files.pop(int(parameters["id"]), None)
        elif name == "setcustomfield":
            self.store.add("ticket_custom_field_value", **dict(parameters))
        elif name == "deleteticket" and parameters.get("id", "").isdigit():
            self.store.delete(int(parameters["id"]))
        return Reply(b'"ok"')

    def _date(self, at: datetime) -> str:
        at = at.astimezone(UTC)
        match self.manners.dates:
            case "ms":
                return f"/Date({round(at.timestamp() * 1000)})/"
            case "offset":
                return at.astimezone(timezone(timedelta(hours=2))).isoformat(timespec="milliseconds")
            case "bare":
                return at.replace(tzinfo=None).isoformat(timespec="milliseconds")
        return f"{at.replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"


def with_account(store: Store, login: str, **values: Any) -> Store:
    """Let the first account of the store be another user: `login` and columns of its row."""
    [(reader, account)] = list(store.accounts.items())[:1]
    [row] = store.rows("user", user_id=account.user_id)
    row.update(values, username=login)
    store.accounts[login] = store.accounts.pop(reader)
    return store
