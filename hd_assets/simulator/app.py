"""The simulator behind HTTP: one thin ASGI application around the core."""

from __future__ import annotations

from collections.abc import Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from hd_assets.simulator.core import Simulator
from hd_assets.simulator.wire import Answer, DroppedError

# The server puts a function here that closes the connection of a request.
HANG_UP = "simulator.hang_up"


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


def create_app(simulator: Simulator) -> ASGIApp:
    """Every path goes to the simulator, whatever it holds; nothing is opened or started here."""

    async def answer(request: Request) -> Response:
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

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            response = await answer(Request(scope, receive))
            await response(scope, receive, send)

    return app
