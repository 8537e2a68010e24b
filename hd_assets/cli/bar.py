"""A progress bar for a graph that runs in this process; on a pipe one line a step."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn


class Bar:
    """Hears steps begin, advance and end. Thread-safe."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}
        self._lock = threading.Lock()

    def begun(self, step: str) -> None:
        with self._lock:
            self._tasks[step] = self._progress.add_task(step, total=None)

    def advanced(self, step: str, done: int, total: int | None) -> None:
        with self._lock:
            if step in self._tasks:
                self._progress.update(self._tasks[step], completed=done, total=total)

    def ended(self, step: str) -> None:
        with self._lock:
            task = self._tasks.pop(step, None)
            if task is not None:
                self._progress.remove_task(task)


class Lines:
    """One line a step, for logs and pipes."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def begun(self, step: str) -> None:
        self._console.print(step, highlight=False)

    def advanced(self, step: str, done: int, total: int | None) -> None:
        """A pipe wants no moving figures."""

    def ended(self, step: str) -> None:
        """The next step's line says it."""


@contextmanager
def progress_bar() -> Iterator[Bar | Lines]:
    """A listener for the steps; writes to standard error so that figures on standard output stay clean."""
    console = Console(stderr=True)
    if not sys.stderr.isatty():
        yield Lines(console)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        yield Bar(progress)
