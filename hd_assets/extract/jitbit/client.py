"""One call of the web API: pace, retries, and what Jitbit means by its answers."""

from __future__ import annotations

import email.utils
import json
import random
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

import httpx

from hd_assets.errors import SourceError, UnreachableError
from hd_assets.extract.base import BytesUnavailableError
from hd_assets.extract.jitbit.calls import Call, Wall
from hd_assets.extract.jitbit.options import LOOPBACK, JitbitApiOptions
from hd_assets.extract.retry import LostSnapshotError, RetryBudget

T = TypeVar("T")

_PASSING = {408, 425, 500, 502, 503, 504}
_CHUNK = 1 << 18
_LONGEST_WAIT = 900.0
_WAITS = 8
_FLAT_WAIT = 60.0
_FIRST = (6, 60.0, 10.0)
_PATIENCE = (60, 1800.0, 60.0)
"""Attempts, seconds, longest pause: until the server has answered once, and then, because a reading takes hours and
cannot go on where it broke off."""


class MissingError(SourceError):
    """404: what was asked for is not there, or this version has no such call."""


class RefusedError(SourceError):
    """403: the account may not."""


class LoginError(SourceError):
    """401, or the block that follows three of them. Never tried again."""


class ElsewhereError(SourceError):
    """The address leads to a page instead of the web API."""


@dataclass
class Timing:
    """Everything about time, so that a test waits for nothing."""

    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))
    jitter: Callable[[], float] = field(default=random.random)


class JitbitClient:
    """Reads only. A call is tried again within its budget after faults that pass; anything else fails at once."""

    def __init__(
        self,
        options: JitbitApiOptions,
        *,
        transport: httpx.BaseTransport | None = None,
        timing: Timing | None = None,
    ) -> None:
        self._options, self._timing = options, timing or Timing()
        self._base = options.bases[0]
        self._next_at = float("-inf")
        self._is_known = False
        headers, auth = {"accept": "application/json"}, None
        if options.token:
            headers["Authorization"] = f"Bearer {options.token}"
        else:
            auth = httpx.BasicAuth(options.user or "", options.password or "")
        self._http = httpx.Client(
            transport=Wall(transport or _own_transport(options.bases[0]), options.bases),
            headers=headers,
            auth=auth,
            timeout=httpx.Timeout(120, connect=20),
            follow_redirects=False,
        )

    @property
    def place(self) -> str:
        return self._base

    @property
    def today(self) -> datetime:
        return self._timing.now()

    def close(self) -> None:
        self._http.close()

    def find_base(self) -> dict[str, Any]:
        """Ask each address who the account is and keep the first that answers; that user's record.

        A wrong password ends it at the first address: three would block this machine for five minutes.
        """
        faults: list[SourceError] = []
        for base in self._options.bases:
            self._base = base
            try:
                answer = self.get(Call("Authorization"))
            except (ElsewhereError, MissingError) as fault:
                faults.append(fault)
                continue
            if isinstance(answer, dict):
                self._is_known = True
                return answer
            faults.append(self._elsewhere("the answer does not name the account", Call("Authorization")))
        raise ElsewhereError(
            f"{faults[0].what}; no address tried leads to the web API",
            where=", ".join(self._options.bases),
            mend="set JITBIT_URL to the page where people log in (https://tenant.jitbit.com/helpdesk), or to the full"
            " address ending in /api; a single sign-on or proxy must not stand before it",
        )

    def get(self, call: Call) -> Any:
        """The answer of a call, parsed. MissingError for 404, RefusedError for 403."""
        return self.retried(lambda: self._json(call), call)

    def found(self, call: Call) -> Any | None:
        """The same, None where there is no such thing."""
        try:
            return self.get(call)
        except MissingError:
            return None

    def content(self, call: Call) -> Iterator[bytes]:
        """Bytes of a file, streamed. BytesUnavailableError when the server has none; run it within `retried`."""
        self._wait_for_turn()
        try:
            with self._http.stream("GET", self._url(call), params=dict(call.parameters)) as reply:
                if reply.status_code in (404, 410):
                    raise BytesUnavailableError("the server has no such file")
                if reply.status_code != 200:
                    reply.read()
                    self._judge(reply, call)
                is_page = reply.headers.get("content-type", "").lower().startswith("text/html")
                if is_page and "content-disposition" not in reply.headers:
                    raise BytesUnavailableError("a page came instead of the file")
                yield from reply.iter_bytes(_CHUNK)
        except (httpx.TransportError, httpx.DecodingError) as error:
            raise self._broken(error, call) from None

    def retried(self, attempt: Callable[[], T], call: Call) -> T:
        """Run `attempt` again after faults that pass; a 429 waits as it says, else a minute and longer each time."""
        timing = self._timing
        attempts, seconds, longest = _PATIENCE if self._is_known else _FIRST
        budget = RetryBudget(attempts, seconds, longest_pause=longest, sleep=timing.sleep, clock=timing.clock)
        pauses = budget.pauses()
        waits = self._waits()
        while True:
            try:
                return attempt()
            except _TooFastError as fast:
                wait = next(waits, None)
                if wait is None:
                    raise UnreachableError(
                        f"the server still refuses calls as too many (429) after {_WAITS} waits",
                        where=f"{self._base}, {call.name}",
                        mend="lower the source option calls_per_minute, or let the administrator of an installation of"
                        " one's own set DisableRateLimit",
                    ) from None
                timing.sleep(min(fast.seconds if fast.seconds is not None else wait, _LONGEST_WAIT))
            except LostSnapshotError:
                pause = next(pauses, None)
                if pause is None:
                    raise
                timing.sleep(pause)

    def _waits(self) -> Iterator[float]:
        """A flat minute first, as public clients do; then doubling, with up to a tenth on top."""
        wait = _FLAT_WAIT
        for _ in range(_WAITS):
            yield wait * (1 + self._timing.jitter() / 10)
            wait = min(wait * 2, _LONGEST_WAIT)

    def _wait_for_turn(self) -> None:
        if self._options.calls_per_minute:
            now = self._timing.clock()
            if now < self._next_at:
                self._timing.sleep(self._next_at - now)
            self._next_at = max(now, self._next_at) + 60 / self._options.calls_per_minute

    def _url(self, call: Call) -> str:
        return f"{self._base}/{call.path}"

    def _json(self, call: Call) -> Any:
        self._wait_for_turn()
        try:
            reply = self._http.get(self._url(call), params=dict(call.parameters))
        except (httpx.TransportError, httpx.DecodingError) as error:
            raise self._broken(error, call) from None
        except httpx.InvalidURL:
            raise SourceError("the address is not one", where="JITBIT_URL", mend="write https://host/path") from None
        if reply.status_code != 200:
            self._judge(reply, call)
        try:
            return json.loads(reply.content)
        except ValueError:
            raise self._not_json(reply, call) from None

    def _judge(self, reply: httpx.Response, call: Call) -> None:
        """Raise what a status other than 200 means. Bodies of errors are plain text or HTML, never JSON (a guess)."""
        status, where = reply.status_code, f"{self._base}, {call.name}"
        if status == 429:
            raise _TooFastError(_seconds(reply.headers.get("retry-after"), self._timing.now()))
        if status in (401, 403) and "block" in reply.text[:500].lower():  # the block is evidenced, its words a guess
            raise LoginError(
                "Jitbit has blocked this machine after three failed logins",
                where=where,
                mend="wait five minutes without any attempt, check the variables, then start once",
            )
        if status == 401:
            raise self._login_error(where)
        if status == 403:
            mend = "use the account of an administrator for the extraction"
            raise RefusedError(f"the account may not call {call.name}", where=where, mend=mend)
        if status in (404, 410):
            raise MissingError(f"{call.name} is not there", where=where, mend="check JITBIT_URL and the version")
        if 300 <= status < 400:
            raise self._elsewhere(f"the server points to {reply.headers.get('location', 'another page')}", call)
        if status in _PASSING:
            raise self._passing(f"the server answers with status {status}", call)
        raise SourceError(
            f"the server refuses the call with status {status}",
            where=where,
            mend="look into the server's log for the reason; the version may not know the call in this form",
        )

    def _login_error(self, where: str) -> LoginError:
        if self._options.token:
            return LoginError(
                "Jitbit does not accept the token, or no longer",
                where=where,
                mend="make a new one on the profile page of the account (User/Token) and set JITBIT_TOKEN",
            )
        return LoginError(
            "Jitbit does not accept login and password",
            where=where,
            mend="check JITBIT_USER and JITBIT_PASSWORD before the next attempt (DOMAIN\\user with Windows accounts):"
            " three failed ones block this machine for five minutes",
        )

    def _not_json(self, reply: httpx.Response, call: Call) -> Exception:
        begin = reply.content[:200].lstrip().lower()
        if begin.startswith((b"<!doctype", b"<html")) or "html" in reply.headers.get("content-type", ""):
            return self._elsewhere("an HTML page came instead of data, most likely a login page", call)
        return self._passing("the answer is not complete or not JSON", call)

    def _elsewhere(self, what: str, call: Call) -> ElsewhereError:
        return ElsewhereError(
            what,
            where=f"{self._base}, {call.name}",
            mend="check JITBIT_URL, and that no single sign-on or proxy stands before the web API",
        )

    def _broken(self, error: Exception, call: Call) -> LostSnapshotError:
        return self._passing(f"the server cannot be reached or broke off ({type(error).__name__})", call)

    def _passing(self, what: str, call: Call) -> LostSnapshotError:
        mend = "check host, port and firewall, and that the server runs; then start again"
        return LostSnapshotError(what, where=f"{self._base}, {call.name}", mend=mend)


def _own_transport(address: str) -> httpx.HTTPTransport:
    """By way of the proxy the environment names, as a client does that has no wall before it."""
    url = httpx.URL(address)
    if url.host in LOOPBACK or urllib.request.proxy_bypass(url.host):
        return httpx.HTTPTransport()
    return httpx.HTTPTransport(proxy=urllib.request.getproxies().get(url.scheme))


class _TooFastError(Exception):
    def __init__(self, seconds: float | None) -> None:
        super().__init__()
        self.seconds = seconds


def _seconds(told: str | None, now: datetime) -> float | None:
    """`Retry-After` in seconds or as a date; none was ever seen of Jitbit, but a proxy may send one."""
    if not told:
        return None
    if told.strip().isdigit():
        return float(told)
    try:
        at = email.utils.parsedate_to_datetime(told)
    except ValueError:
        return None
    return max((at - now).total_seconds(), 0.0)
