"""The one place that talks to the destination: version, token, pace, retries, and what an answer means."""

from __future__ import annotations

import hashlib
import json
import random
import re
import threading
from collections import Counter
from collections.abc import Callable, Collection
from typing import Any, TypeVar

import httpx

from hd_assets.errors import BlockedError, UnreachableError, UsageError
from hd_assets.publish import limits
from hd_assets.publish.breaker import Breaker
from hd_assets.publish.clock import Clock
from hd_assets.publish.outcomes import (
    Answer,
    RefusedError,
    StoppedError,
    TokenRefusedError,
    UnknownError,
    verdict_of_fault,
    verdict_of_status,
)
from hd_assets.publish.rate import RateLimiter

API_VERSION = "2.16"
TIMEOUT = httpx.Timeout(connect=10, read=60, write=120, pool=120)
MOST_ATTEMPTS = 8
# of trying; waiting for the rate limit or for a dead server has limits of its own
BUDGET_SECONDS = 60.0
MOST_THROTTLED = 90
PATIENCE_SECONDS = 1800.0
MOST_ANSWER_BYTES = 256 * 1024 * 1024
MOST_ANSWER_SECONDS = 600.0
_REDIRECTS = {301, 302, 303, 307, 308}
_TWIN = re.compile(r"\bid=([0-9a-f]{24})\b")
_CONTACT = re.compile(r"/contacts/([0-9a-f]{24})\b")
_ID_SEGMENT = re.compile(r"/(?:\d+|[0-9a-f]{24})(?=/|$)")
_FIND = re.compile(r"/find_by_external_id/.*")
_HEADER_VALUE = re.compile(r"[!-~]+")

Got = TypeVar("Got")


class _NotSentError(Exception):
    """There was no connection to send the request over."""

    retry_after = None


class _ThrottledError(Exception):
    """429: not done, and the limiter knows when to come back."""


class Client:
    """Sends requests for many threads at once. The token is read by the caller and shown nowhere.

    The only layer that retries: reads may be repeated and are; `send` goes out once unless it certainly never arrived
    (no connection, 429). Raises RefusedError, UnknownError (from `send`), TokenRefusedError,
    BlockedError, UnreachableError, StoppedError. `patience`: seconds to wait for a destination that stops answering.
    """

    def __init__(
        self,
        base_url: str,
        token: str | None,
        *,
        variable: str,
        limiter: RateLimiter,
        clock: Clock,
        stop: threading.Event,
        transport: httpx.BaseTransport | None = None,
        connections: int = 24,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self.base_url, self._token, self._variable = base_url, token, variable
        self._limiter, self._clock, self._stop = limiter, clock, stop
        self._http = httpx.Client(
            base_url=base_url,
            timeout=TIMEOUT,
            transport=transport,
            limits=httpx.Limits(max_connections=connections, max_keepalive_connections=connections),
            # a proxy of the environment must not stand between us and a server on this machine
            trust_env=not re.match(r"https?://(127\.|localhost|\[::1\])", base_url),
        )
        self._breaker = Breaker(clock, stop, self._answers, where=base_url, patience=patience)
        self._lock = threading.Lock()
        self._counts: Counter[tuple[str, str, str]] = Counter()

    def __repr__(self) -> str:
        return f"Client({self.base_url})"

    def close(self) -> None:
        self._http.close()

    def take_counts(self) -> dict[tuple[str, str, str], int]:
        """(method, route, status) → requests since the last call."""
        with self._lock:
            counts, self._counts = dict(self._counts), Counter()
        return counts

    def get(self, path: str, *, holds: Collection[str] = (), **query: Any) -> Answer:
        """Read; an unknown outcome is no harm here and is tried again within the budget.

        `holds`: an answer with none of these is no usable one and tried again. It is not the word that there is
        nothing: of a record that is a RefusedError (404, 410), of a list an empty list.
        """
        return self._persist(
            "GET", path, lambda: _holding(self._exchange("GET", path, None, query), holds), repeatable=True
        )

    def one(self, path: str, *, holds: Collection[str] = ("id",), **query: Any) -> dict[str, Any]:
        """A single record."""
        return self.get(path, holds=holds, **query).data

    def once(self, path: str) -> dict[str, Any]:
        """A record after a single attempt, for whoever only asks whether somebody answers."""
        try:
            return self._exchange("GET", path, None, {}).data
        except (_NotSentError, _ThrottledError, UnknownError) as fault:
            raise self._unreachable(str(fault) or "the rate limit is exhausted (429)", 1) from fault

    def search(self, path: str, body: dict[str, Any], *, holds: Collection[str] = (), **query: Any) -> Answer:
        """A read that goes by POST."""
        return self._persist(
            "POST", path, lambda: _holding(self._exchange("POST", path, body, query), holds), repeatable=True
        )

    def send(self, method: str, path: str, body: dict[str, Any] | None) -> Answer:
        """Write, once."""
        return self._persist(method, path, lambda: self._exchange(method, path, body, {}, write=True), repeatable=False)

    def download(self, url: str) -> tuple[str, int]:
        """sha256 and size of the bytes behind an address from an answer.

        Sent without the token: the address carries its own permission and may lead to another host.
        """
        return self._persist("GET", "/file", lambda: self._bytes(url), repeatable=True)

    @property
    def is_stalled(self) -> bool:
        """Nothing is sent because the destination has stopped answering."""
        return self._breaker.state == "open"

    def wait_until_ready(self) -> None:
        """Wait while the destination does not answer, so that nothing is meant to be sent before it can be.

        Raises UnreachableError, StoppedError.
        """
        self._breaker.wait()
        self._heed_stop(self.base_url)

    def _persist(self, method: str, path: str, attempt: Callable[[], Got], *, repeatable: bool) -> Got:
        """Attempts one after another, until there is a result, another would not help, or patience is at an end."""
        route, write = f"{method} {route_of(path)}", not repeatable
        tried, throttled, spent = 0, 0, 0.0
        while True:
            self._breaker.enter(write=write)
            try:
                self._heed_stop(route)
                begun = self._clock.now()
                got = attempt()
            except _ThrottledError as fault:
                self._breaker.aborted(write=write)
                throttled += 1
                if throttled >= MOST_THROTTLED:
                    raise self._unreachable("the rate limit stays exhausted (429)", throttled) from fault
            except (_NotSentError, UnknownError) as fault:
                self._breaker.failed(write=write, retry_after=fault.retry_after)
                if write and isinstance(fault, UnknownError):
                    raise
                tried, spent = tried + 1, spent + self._clock.now() - begun
                if tried >= MOST_ATTEMPTS or spent > BUDGET_SECONDS:
                    raise self._unreachable(f"{route}: {fault}", tried) from fault
                spent += self._pause(tried)
            except (RefusedError, TokenRefusedError):
                self._breaker.succeeded(write=write)
                raise
            except BaseException:
                self._breaker.aborted(write=write)
                raise
            else:
                self._breaker.succeeded(write=write)
                return got

    def _answers(self) -> bool:
        """One harmless request, to see whether the destination is back."""
        try:
            self._exchange("GET", "/me", None, {})
        except (_NotSentError, UnknownError):
            return False
        except (_ThrottledError, RefusedError, TokenRefusedError):
            return True
        return True

    def _exchange(
        self, method: str, path: str, body: dict[str, Any] | None, query: dict[str, Any], *, write: bool = False
    ) -> Answer:
        """One request and its answer."""
        request = self._http.build_request(
            method, path, json=body, params=query or None, headers=self._headers(method, body)
        )
        sent_at = self._acquire(f"{method} {route_of(path)}")
        try:
            response = self._http.send(request, stream=True)
        except httpx.RequestError as fault:
            self._limiter.release()
            raise self._broken(method, path, fault) from fault
        except BaseException:
            self._limiter.release()
            raise
        self._limiter.observe(response.headers, sent_at=sent_at, refused=response.status_code == 429)
        try:
            content = self._content(response)
        except httpx.RequestError as fault:
            raise self._broken(method, path, fault) from fault
        finally:
            response.close()
        self._count(method, path, str(response.status_code))
        if response.status_code in _REDIRECTS:
            raise self._misdirected(f"{method} {self.base_url}{route_of(path)}", response, write=write)
        return self._read(method, path, response, content)

    def _acquire(self, what: str) -> float:
        sent_at = self._limiter.acquire(self._stop)
        if self._stop.is_set():
            self._limiter.release()
            raise StoppedError(what)
        return sent_at

    def _broken(self, method: str, path: str, fault: httpx.RequestError) -> Exception:
        never_left = verdict_of_fault(fault) == "not_sent"
        self._count(method, path, "connect" if never_left else "lost")
        name = type(fault).__name__
        if "CERTIFICATE_VERIFY_FAILED" in str(fault):
            return BlockedError(
                "the destination's certificate is not trusted",
                where=self.base_url,
                mend="check the address, and the certificates of this machine or its proxy (SSL_CERT_FILE)",
            )
        return _NotSentError(name) if never_left else UnknownError(name)

    def _content(self, response: httpx.Response) -> bytes:
        """The body; a server that never ends its answer must not fill the memory or hold a worker for ever."""
        pieces, size, begun = [], 0, self._clock.now()
        for piece in response.iter_bytes():
            pieces.append(piece)
            size += len(piece)
            if size > MOST_ANSWER_BYTES or self._clock.now() - begun > MOST_ANSWER_SECONDS:
                raise UnknownError("the answer has no end", status=response.status_code)
        return b"".join(pieces)

    def _bytes(self, url: str) -> tuple[str, int]:
        self._acquire("GET /file")
        try:
            digest, size = hashlib.sha256(), 0
            with self._http.stream("GET", url, follow_redirects=True) as response:
                status = response.status_code
                if verdict_of_status(status) in ("refused", "stop", "by_kind"):
                    raise RefusedError(status, "file_not_served")
                if status != 200:
                    raise UnknownError(f"{status} file", status=status)
                for chunk in response.iter_bytes():
                    digest.update(chunk)
                    size += len(chunk)
        except httpx.RequestError as fault:
            raise UnknownError(type(fault).__name__) from fault
        finally:
            self._limiter.release()
        return digest.hexdigest(), size

    def _headers(self, method: str, body: dict[str, Any] | None) -> dict[str, str]:
        if not self._token or not _HEADER_VALUE.fullmatch(self._token):
            raise UsageError(
                "the access token holds characters that no token has"
                if self._token
                else "there is no access token for this target",
                where=f"environment variable {self._variable}",
                mend=f"set {self._variable}, or {self._variable}_FILE to a file that holds the token",
            )
        headers = {"Authorization": f"Bearer {self._token}", "Intercom-Version": API_VERSION}
        if body is None and method != "GET":
            headers["Content-Type"] = "application/json"
        return {**headers, "Accept": "application/json"}

    def _read(self, method: str, path: str, response: httpx.Response, content: bytes) -> Answer:
        """What the answer means, by its status first: a proxy's error page is no JSON and still a refusal."""
        status = response.status_code
        verdict = verdict_of_status(status)
        if verdict == "not_sent":
            raise _ThrottledError
        data = _parsed(content)
        request_id = _text((data or {}).get("request_id"))
        if verdict == "done":
            if data is None or (not content and method != "DELETE"):
                raise UnknownError("the answer is no JSON object", status=status)
            return Answer(status, data, request_id)
        error = _first_error(data or {})
        code = _text(error.get("code")) or f"http_{status}"
        if verdict == "stop":
            where = f"{method} {self.base_url}{route_of(path)}"
            raise TokenRefusedError(status, code, where=where, variable=self._variable)
        if verdict == "unknown":
            retry_after = limits.read(response.headers).retry_after
            raise UnknownError(f"{status} {code}", status=status, request_id=request_id, retry_after=retry_after)
        message = str(error.get("message") or "")
        twin = _TWIN.search(message)
        raise RefusedError(
            status,
            code,
            field=_text(error.get("field")),
            request_id=request_id,
            twin=twin[1] if twin else None,
            twin_archived=message.startswith("An archived"),
            survivor=_survivor(response, message) if status == 410 else None,
        )

    def _misdirected(self, where: str, response: httpx.Response, *, write: bool) -> Exception:
        """Redirects are never followed: that could send a record, with the token, to somebody else.

        A read shows that the address is wrong. Of a write nobody can say: 302 and 303 may also follow what was done.
        """
        status = response.status_code
        if write:
            return UnknownError(f"{status} redirect", status=status)
        # no more than scheme and host: a path or query may name a person
        aim = re.match(r"https?://[\w.:-]+", response.headers.get("location", ""))
        return BlockedError(
            f"the destination answers with a redirect ({status}) to {aim[0] if aim else 'another path'}",
            where=where,
            mend="set the region or base_url of the target to the address that answers itself",
        )

    def _pause(self, tried: int) -> float:
        seconds: float = min(10.0, 0.25 * 2**tried) * random.uniform(0.5, 1.0)
        end = self._clock.now() + seconds
        while (left := end - self._clock.now()) > 0:
            self._heed_stop(self.base_url)
            self._clock.sleep(min(left, 1.0))
        return seconds

    def _heed_stop(self, what: str) -> None:
        if self._stop.is_set():
            raise StoppedError(what)

    def _unreachable(self, reason: str, tried: int) -> UnreachableError:
        return UnreachableError(
            f"no usable answer after {tried} attempts: {reason}",
            where=self.base_url,
            mend="check that the server runs and can be reached from here, then start the same command again",
        )

    def _count(self, method: str, path: str, status: str) -> None:
        with self._lock:
            self._counts[(method, route_of(path), status)] += 1


def route_of(path: str) -> str:
    """A path with its ids taken out."""
    return _FIND.sub("/find_by_external_id/{id}", _ID_SEGMENT.sub("/{id}", path))


def _holding(answer: Answer, holds: Collection[str]) -> Answer:
    if holds and all(answer.data.get(name) in (None, "") for name in holds):
        raise UnknownError(f"the answer has no {' or '.join(holds)}", status=answer.status)
    return answer


def _parsed(content: bytes) -> dict[str, Any] | None:
    """The JSON object of a body, an empty one for an empty body, None for anything else."""
    try:
        data = json.loads(content) if content else {}
    except (ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None


def _first_error(data: dict[str, Any]) -> dict[str, Any]:
    errors = data.get("errors")
    return errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else {}


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _survivor(response: httpx.Response, message: str) -> str | None:
    """Id of the contact another was merged into: in the `Link` header, or in the message."""
    found = _CONTACT.search(response.headers.get("Link", "")) or _TWIN.search(message)
    return found[1] if found else None
