"""The simulator as an httpx transport: no sockets, faults surface as the errors a real network gives."""

from __future__ import annotations

from collections.abc import Iterator

import httpx

from hd_assets.simulator.core import Simulator
from hd_assets.simulator.wire import DroppedError


class _Broken(httpx.SyncByteStream):
    """A body that breaks off in the middle."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def __iter__(self) -> Iterator[bytes]:
        yield self._body[: len(self._body) // 2]
        raise httpx.RemoteProtocolError("peer closed connection without sending complete message body")


class SimulatorTransport(httpx.BaseTransport):
    """`httpx.Client(transport=SimulatorTransport(simulator), base_url="http://simulator.invalid")`.

    Raises httpx.ConnectError, WriteError, ReadError, ReadTimeout or RemoteProtocolError where the simulator's faults
    say so. Several clients may share one.
    """

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        body = request.read()
        timeout = request.extensions.get("timeout", {})
        try:
            answer = self._simulator.handle(
                request.method,
                request.url.raw_path.decode().partition("?")[0],
                dict(request.url.params),
                {name.lower(): value for name, value in request.headers.items()},
                body,
                patience=timeout.get("read"),
            )
        except DroppedError as fault:
            raise _error(fault, request) from fault
        if answer.truncated:
            return httpx.Response(answer.status, headers=answer.headers, stream=_Broken(answer.body))
        return httpx.Response(answer.status, headers=answer.headers, content=answer.body, request=request)


def _error(fault: DroppedError, request: httpx.Request) -> httpx.TransportError:
    if fault.phase == "connect":
        return httpx.ConnectError("connection refused", request=request)
    if fault.phase == "write":
        return httpx.WriteError("connection reset by peer", request=request)
    if fault.phase == "disconnect":
        return httpx.RemoteProtocolError("server disconnected without sending a response", request=request)
    if fault.phase == "timeout":
        return httpx.ReadTimeout("the read operation timed out", request=request)
    return httpx.ReadError("connection reset by peer", request=request)
