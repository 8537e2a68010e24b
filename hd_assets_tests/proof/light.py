"""The publisher's way to the workspace without the HTTP library's own work, which is most of a schedule's time.

Kills and logs are the same on both ways; schedules with several workers go the long one.
"""

import json
from collections.abc import Callable, Iterator

import httpx

from hd_assets.publish.client import TIMEOUT
from hd_assets.simulator.core import Simulator
from hd_assets.simulator.wire import Answer, DroppedError

_ERRORS: dict[str, type[httpx.TransportError]] = {
    "connect": httpx.ConnectError,
    "write": httpx.WriteError,
    "disconnect": httpx.RemoteProtocolError,
    "timeout": httpx.ReadTimeout,
    "read": httpx.ReadError,
}


class Request:
    """A request as the workspace takes it."""

    def __init__(self, method: str, path: str, query: dict[str, str], headers: dict[str, str], body: bytes) -> None:
        self.method, self.path, self.query, self.headers, self.body = method, path, query, headers, body


class Response:
    def __init__(self, answer: Answer) -> None:
        self.status_code, self.headers, self._answer = answer.status, answer.headers, answer

    def iter_bytes(self) -> Iterator[bytes]:
        content = self._answer.body
        if self._answer.truncated:
            yield content[: len(content) // 2]
            raise httpx.RemoteProtocolError("peer closed connection without sending complete message body")
        yield content

    def close(self) -> None:
        """Nothing is held."""


class LightHttp:
    """Stands in for the client's `httpx.Client`. `exchange(method, path, send)` is the wire of the process."""

    def __init__(self, simulator: Simulator, exchange: Callable[[str, str, Callable[[], Response]], Response]) -> None:
        self._simulator, self._exchange = simulator, exchange

    def build_request(
        self,
        method: str,
        path: str,
        *,
        json: dict | None = None,
        params: dict | None = None,
        headers: dict[str, str],
    ) -> Request:
        query = {name: str(value) for name, value in (params or {}).items()}
        sent = {name.lower(): value for name, value in headers.items()} | {"host": "simulator.invalid"}
        return Request(method, path, query, sent, _dumped(json) if json is not None else b"")

    def send(self, request: Request, *, stream: bool) -> Response:
        def send() -> Response:
            try:
                answer = self._simulator.handle(
                    request.method, request.path, request.query, request.headers, request.body, patience=TIMEOUT.read
                )
            except DroppedError as fault:
                raise _ERRORS[fault.phase](fault.phase) from fault
            return Response(answer)

        return self._exchange(request.method, request.path, send)

    def close(self) -> None:
        """Nothing is held."""


def _dumped(body: dict) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
