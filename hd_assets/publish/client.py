"""The one place that talks to the destination: version, token, pace, retries, and what an answer means."""

from __future__ import annotations

import hashlib
import random
import re
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any, TypeVar

import httpx

from hd_assets.errors import UnreachableError, UsageError
from hd_assets.publish.clock import Clock
from hd_assets.publish.outcomes import Answer, RefusedError, StoppedError, TokenRefusedError, UnknownError
from hd_assets.publish.rate import RateLimiter

API_VERSION = "2.16"
# Nothing was done. 409 and 410 are told apart by kind; all other statuses leave the outcome open.
REFUSING = {400, 401, 403, 404, 405, 409, 410, 413, 422}
TIMEOUT = httpx.Timeout(connect=10, read=60, write=120, pool=120)
MOST_ATTEMPTS = 8
BUDGET_SECONDS = 60.0
MOST_THROTTLED = 90
_TWIN = re.compile(r"\bid=([0-9a-f]{24})\b")
_ID_SEGMENT = re.compile(r"/(?:\d+|[0-9a-f]{24})(?=/|$)")
_FIND = re.compile(r"/find_by_external_id/.*")


Got = TypeVar("Got")


class Client:
    """Sends requests for many threads at once. The token is read by the caller and shown nowhere.

    `get` may be repeated and is; `send` goes out once unless it certainly never arrived (no connection, 429).
    Raises RefusedError, UnknownError, TokenRefusedError, UnreachableError, StoppedError.
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

    def get(self, path: str, **query: Any) -> Answer:
        """Read; an unknown outcome is no harm here and is tried again within the budget."""
        return self._patiently("GET", path, lambda: self._once("GET", path, None, query))

    def search(self, path: str, body: dict[str, Any], **query: Any) -> Answer:
        """A read that goes by POST."""
        return self._patiently("POST", path, lambda: self._once("POST", path, body, query))

    def send(self, method: str, path: str, body: dict[str, Any] | None) -> Answer:
        """Write, once."""
        return self._once(method, path, body, {})

    def download(self, url: str) -> tuple[str, int]:
        """sha256 and size of the bytes behind an address from an answer.

        Sent without the token: the address carries its own permission and may lead to another host.
        """
        return self._patiently("GET", "/file", lambda: self._bytes(url))

    def _bytes(self, url: str) -> tuple[str, int]:
        self._limiter.acquire(self._stop)
        try:
            if self._stop.is_set():
                raise StoppedError("GET /file")
            digest, size = hashlib.sha256(), 0
            with self._http.stream("GET", url, follow_redirects=True) as response:
                if response.status_code != 200:
                    self._fail_download(response.status_code)
                for chunk in response.iter_bytes():
                    digest.update(chunk)
                    size += len(chunk)
        except httpx.RequestError as fault:
            raise UnknownError(type(fault).__name__) from fault
        finally:
            self._limiter.release()
        return digest.hexdigest(), size

    def _fail_download(self, status: int) -> None:
        if status in REFUSING:
            raise RefusedError(status, "file_not_served")
        raise UnknownError(f"{status} file", status=status)

    def _patiently(self, method: str, path: str, attempt: Callable[[], Got]) -> Got:
        begun, tried = self._clock.now(), 0
        while True:
            tried += 1
            try:
                return attempt()
            except UnknownError as fault:
                if tried >= MOST_ATTEMPTS or self._clock.now() - begun > BUDGET_SECONDS:
                    raise self._unreachable(f"{method} {route_of(path)}: {fault.reason}", tried) from fault
            self._pause(tried)

    def _once(self, method: str, path: str, body: dict[str, Any] | None, query: dict[str, Any]) -> Answer:
        begun, tried, throttled = self._clock.now(), 0, 0
        while True:
            sent_at = self._limiter.acquire(self._stop)
            if self._stop.is_set():
                self._limiter.release()
                raise StoppedError(f"{method} {route_of(path)}")
            try:
                response = self._http.request(
                    method, path, json=body, params=query or None, headers=self._headers(method, body)
                )
            except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as fault:
                self._limiter.release()
                self._count(method, path, "connect")
                tried += 1
                if tried >= MOST_ATTEMPTS or self._clock.now() - begun > BUDGET_SECONDS:
                    raise self._unreachable(type(fault).__name__, tried) from fault
                self._pause(tried)
                continue
            except httpx.RequestError as fault:
                self._limiter.release()
                self._count(method, path, "lost")
                raise UnknownError(type(fault).__name__) from fault
            except BaseException:
                self._limiter.release()
                raise
            self._count(method, path, str(response.status_code))
            self._limiter.observe(response.headers, sent_at=sent_at, refused=response.status_code == 429)
            if response.status_code != 429:
                return self._read(method, path, response)
            throttled += 1
            if throttled >= MOST_THROTTLED:
                raise self._unreachable("the rate limit stays exhausted (429)", throttled)

    def _headers(self, method: str, body: dict[str, Any] | None) -> dict[str, str]:
        if not self._token:
            raise UsageError(
                "there is no access token for this target",
                where=f"environment variable {self._variable}",
                mend=f"set {self._variable}, or {self._variable}_FILE to a file that holds the token",
            )
        headers = {"Authorization": f"Bearer {self._token}", "Intercom-Version": API_VERSION}
        if body is None and method != "GET":
            headers["Content-Type"] = "application/json"
        return {**headers, "Accept": "application/json"}

    def _read(self, method: str, path: str, response: httpx.Response) -> Answer:
        try:
            data = response.json() if response.content else {}
        except ValueError as fault:
            raise UnknownError("the answer is not JSON", status=response.status_code) from fault
        if not isinstance(data, dict):
            raise UnknownError("the answer is not an object", status=response.status_code)
        status, request_id = response.status_code, _text(data.get("request_id"))
        if 200 <= status < 300:
            return Answer(status, data, request_id)
        error = _first_error(data)
        code = _text(error.get("code")) or f"http_{status}"
        if status in (401, 403):
            raise TokenRefusedError(
                status, code, where=f"{method} {self.base_url}{route_of(path)}", variable=self._variable
            )
        if status not in REFUSING:
            raise UnknownError(f"{status} {code}", status=status, request_id=request_id)
        message = str(error.get("message") or "")
        twin = _TWIN.search(message)
        raise RefusedError(
            status,
            code,
            field=_text(error.get("field")),
            request_id=request_id,
            twin=twin[1] if twin else None,
            twin_archived=message.startswith("An archived"),
        )

    def _pause(self, tried: int) -> None:
        if self._stop.is_set():
            raise StoppedError(self.base_url)
        self._clock.sleep(min(10.0, 0.25 * 2**tried) * random.uniform(0.5, 1.0))

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


def _first_error(data: dict[str, Any]) -> dict[str, Any]:
    errors = data.get("errors")
    return errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else {}


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
