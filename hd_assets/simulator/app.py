"""The simulator behind HTTP: one thin ASGI application around the core."""

from __future__ import annotations

from collections.abc import Callable

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from hd_assets.simulator.core import Simulator
from hd_assets.simulator.wire import Answer, DroppedError

# The server puts a function here that closes the connection of a request.
HANG_UP = "simulator.hang_up"
_METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH"]


class _HangUp(Response):
    """Closes the connection instead of answering, or in the middle of the answer."""

    def __init__(self, partial: Answer | None = None) -> None:
        super().__init__()
        self._partial = partial

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        hang_up: Callable[[], None] | None = scope.get(HANG_UP)
        if hang_up is None:
            raise RuntimeError("faults that break connections need the simulator's own server")
        if self._partial is not None:
            headers = [(name.encode(), value.encode()) for name, value in self._partial.headers.items()]
            headers.append((b"content-length", str(len(self._partial.body)).encode()))
            await send({"type": "http.response.start", "status": self._partial.status, "headers": headers})
            half = self._partial.body[: len(self._partial.body) // 2]
            await send({"type": "http.response.body", "body": half, "more_body": True})
        hang_up()
        while (await receive())["type"] != "http.disconnect":
            pass


def create_app(simulator: Simulator) -> Starlette:
    """Everything under `/` goes to the simulator; nothing is opened or started here."""

    async def endpoint(request: Request) -> Response:
        body = await request.body()
        path = request.scope.get("raw_path", request.url.path.encode()).decode("latin-1").partition("?")[0]
        try:
            answer = await run_in_threadpool(
                simulator.handle, request.method, path, dict(request.query_params), dict(request.headers), body
            )
        except DroppedError:
            return _HangUp()
        if answer.truncated:
            return _HangUp(answer)
        return Response(answer.body, answer.status, answer.headers)

    return Starlette(routes=[Route("/{path:path}", endpoint, methods=_METHODS)])
