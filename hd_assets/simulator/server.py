"""Serving the simulator on the loopback interface."""

from __future__ import annotations

import socket
import threading
import time
from types import TracebackType
from typing import Any

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from hd_assets.errors import UnreachableError
from hd_assets.simulator.app import HANG_UP, create_app
from hd_assets.simulator.core import Simulator

_START_SECONDS = 10.0


class _WithHangUp:
    """Gives the application a way to close a connection without an answer, which ASGI itself does not have."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        cycle: Any = getattr(send, "__self__", None)
        if cycle is not None and hasattr(cycle, "transport"):
            scope = {**scope, HANG_UP: cycle.transport.close}
        await self._app(scope, receive, send)


def _config(simulator: Simulator, host: str, port: int) -> uvicorn.Config:
    app = _WithHangUp(create_app(simulator))
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        log_level="critical",
        access_log=False,
        lifespan="off",
        date_header=False,
        timeout_graceful_shutdown=2,
    )


def serve(simulator: Simulator, host: str = "127.0.0.1", port: int = 8765) -> None:
    """Serve until interrupted; raises UnreachableError when the port is taken."""
    listener = _listen(host, port)
    try:
        uvicorn.Server(_config(simulator, host, port)).run(sockets=[listener])
    finally:
        listener.close()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(128)
    except OSError as fault:
        listener.close()
        mend = "choose another port, or stop the program that holds this one"
        raise UnreachableError(f"cannot listen: {fault.strerror}", where=f"{host}:{port}", mend=mend) from fault
    return listener


class SimulatorServer:
    """The simulator in a background thread: `with SimulatorServer(simulator) as server: server.url`.

    Port 0 takes a free one. Closing stops the server, not the simulator.
    """

    def __init__(self, simulator: Simulator, port: int = 0, host: str = "127.0.0.1") -> None:
        self._listener = _listen(host, port)
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://{host}:{self.port}"
        self._server = uvicorn.Server(_config(simulator, host, self.port))
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._listener]}, name="simulator", daemon=True
        )

    def start(self) -> None:
        """Begin to serve; returns when requests are answered."""
        self._thread.start()
        deadline = time.monotonic() + _START_SECONDS
        while not self._server.started:
            if time.monotonic() > deadline or not self._thread.is_alive():
                raise UnreachableError("the simulator did not start", where=self.url, mend="look for an earlier error")
            time.sleep(0.005)

    def close(self) -> None:
        self._server.should_exit = True
        if self._thread.is_alive():
            self._thread.join(_START_SECONDS)
        self._listener.close()

    def __enter__(self) -> SimulatorServer:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        self.close()
