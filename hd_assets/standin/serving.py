"""A stand-in behind HTTP: as an httpx transport without sockets, or on the loopback interface."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

import httpx
import uvicorn
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from hd_assets.errors import UnreachableError

_START_SECONDS = 10.0


@dataclass(frozen=True)
class Reply:
    """What goes over the wire. `cut`: the connection breaks in the middle of the body."""

    body: bytes
    status: int = 200
    content_type: str = "application/json"
    cut: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)


class Standin(Protocol):
    """Answers one request; header names are in lower case."""

    def handle(
        self, method: str, path: str, query: Mapping[str, str], headers: Mapping[str, str], body: bytes
    ) -> Reply: ...


class _Cut(httpx.SyncByteStream):
    """A body that breaks off in the middle."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def __iter__(self) -> Iterator[bytes]:
        yield self._body[: len(self._body) // 2]
        raise httpx.RemoteProtocolError("peer closed connection without sending complete message body")


class StandinTransport(httpx.BaseTransport):
    """`httpx.Client(transport=StandinTransport(standin))`; the host of the address does not matter."""

    def __init__(self, standin: Standin) -> None:
        self._standin = standin

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        reply = self._standin.handle(
            request.method, request.url.path, dict(request.url.params), headers, request.read()
        )
        told = {**reply.headers, "content-type": reply.content_type}
        if reply.cut:
            return httpx.Response(reply.status, headers=told, stream=_Cut(reply.body))
        return httpx.Response(reply.status, headers=told, content=reply.body, request=request)


def create_app(standin: Standin) -> ASGIApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        body = await request.body()
        headers = {name.lower(): value for name, value in request.headers.items()}
        reply = await run_in_threadpool(
            standin.handle, request.method, request.url.path, dict(request.query_params), headers, body
        )
        told = Response(reply.body, reply.status, dict(reply.headers), media_type=reply.content_type)
        await told(scope, receive, send)

    return app


@contextmanager
def serving(standin: Standin, host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """Serve in a background thread; gives the address. Port 0 takes a free one."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.bind((host, port))
    except OSError as fault:
        listener.close()
        mend = "choose another port, or stop the program that holds this one"
        raise UnreachableError(f"cannot listen: {fault.strerror}", where=f"{host}:{port}", mend=mend) from fault
    config = uvicorn.Config(create_app(standin), log_level="critical", access_log=False, lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="standin", daemon=True)
    thread.start()
    deadline = time.monotonic() + _START_SECONDS
    while not server.started and thread.is_alive() and time.monotonic() < deadline:
        time.sleep(0.005)
    try:
        if not server.started:
            raise UnreachableError("the stand-in did not start", where=host, mend="look for an earlier error")
        yield f"http://{host}:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(_START_SECONDS)
        listener.close()
