"""Tells a program that runs the graph in its own process how far a step is.

The web page reads events; a progress bar needs the numbers at once. A context variable carries the listener because
Dagster offers no way to hand an object to a step of an in-process run without making it a resource.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol


class Listener(Protocol):
    """Called in the thread of the step; must be quick."""

    def begun(self, step: str) -> None: ...

    def advanced(self, step: str, done: int, total: int | None) -> None: ...

    def ended(self, step: str) -> None: ...


class Silence:
    """Hears everything and does nothing."""

    def begun(self, step: str) -> None: ...

    def advanced(self, step: str, done: int, total: int | None) -> None: ...

    def ended(self, step: str) -> None: ...


_current: ContextVar[Listener | None] = ContextVar("listener", default=None)


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Steps that run in this context report to `listener`."""
    token = _current.set(listener)
    try:
        yield
    finally:
        _current.reset(token)


def current() -> Listener:
    return _current.get() or Silence()
