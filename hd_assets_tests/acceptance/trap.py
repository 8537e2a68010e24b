"""A simulator that kills: `python -m hd_assets_tests.acceptance.trap PORT STATE LOG`.

The product's simulator behind its own server. An order, sent to `/_trap`, says at which write it strikes and whom;
only from inside can a kill be put exactly before, into or behind one write. Every write is noted in LOG.
"""

import contextlib
import json
import os
import signal
import sys
import threading
import time
from collections import Counter
from pathlib import Path

from hd_assets.simulator.core import Simulator
from hd_assets.simulator.server import serve
from hd_assets.simulator.wire import DroppedError, json_answer

# Kinds of writes in the order a run sends them; after the last one, doubtful ones are looked up again.
PHASES = ("workspace", "companies", "contacts", "links", "articles", "conversations")
RECHECK = "recheck"
# before: the request is never worked on     during: at a random moment of its work, the commit included
# unanswered: it was done, no answer went out     answered: shortly after the answer went out
MOMENTS = ("before", "during", "unanswered", "answered")


def phase_of(method: str, path: str) -> str | None:
    """The phase to which a write belongs; None for reads and for the simulator's own pages."""
    if method == "GET" or path.startswith("/_") or path.endswith(("/search", "/list")):
        return None
    for beginning, phase in (
        ("/conversations/attributes", "workspace"),
        ("/companies", "companies"),
        ("/contacts", "links" if path.endswith("/companies") else "contacts"),
        ("/articles", "articles"),
        ("/conversations", "conversations"),
        ("/tickets", "conversations"),
    ):
        if path == beginning or path.startswith(beginning + "/"):
            return phase
    return "workspace"


class Trap(Simulator):
    """`order`: {phase, number, moment, delay, publisher (process group or null), workspace (bool)}.

    It strikes once, at that write of the phase since it was given; for `recheck`, `delay` seconds after that many
    writes of conversations.
    """

    def __init__(self, state: Path, log: Path, executioner: int):
        super().__init__(state)
        self._log, self._executioner = log.open("a", encoding="utf-8"), executioner
        self._watch, self._order, self._seen = threading.Lock(), None, Counter()
        self._struck = False

    def handle(self, method, path, query, headers, body, **options):
        if path == "/_trap":
            return self._told(method, body)
        phase = phase_of(method, path)
        order = self._due(phase) if phase else None
        if order is None:
            return super().handle(method, path, query, headers, body, **options)
        moment = order["moment"]
        if moment == "before":
            self._strike(order)
            raise DroppedError("read")
        if moment == "during":
            self._strike(order, order["delay"])
        answer = super().handle(method, path, query, headers, body, **options)
        if moment == "unanswered":
            self._strike(order)
        elif moment == "answered":
            self._strike(order, order["delay"])
        return answer

    def _told(self, method, body):
        with self._watch:
            if method == "POST":
                self._order, self._struck = json.loads(body), False
                self._seen.clear()
            return json_answer(200, {"struck": self._struck})

    def _due(self, phase: str) -> dict | None:
        with self._watch:
            self._log.write(f"{time.time():.3f} {phase}\n")
            self._log.flush()
            self._seen[phase] += 1
            order = self._order
            if order is None or self._seen[order["phase"]] < order["number"]:
                return None
            self._order, self._struck = None, True
            return order

    def _strike(self, order: dict, delay: float | None = None) -> None:
        self._log.write(f"{time.time():.3f} kill\n")
        self._log.flush()
        if delay is not None:
            os.write(self._executioner, f"{delay} {order['publisher'] or 0} {int(order['workspace'])}\n".encode())
            return
        execute(order["publisher"] or 0, os.getpid() if order["workspace"] else 0)


def execute(group: int, process: int) -> None:
    for kill, victim in ((os.killpg, group), (os.kill, process)):
        if victim:
            with contextlib.suppress(ProcessLookupError):
                kill(victim, signal.SIGKILL)


def executioner() -> int:
    """A process that waits beside this one and kills at the microsecond it is told; answers the way to tell it."""
    simulator = os.getpid()
    orders, told = os.pipe()
    if os.fork():
        os.close(orders)
        return told
    os.close(told)
    with os.fdopen(orders) as lines:
        for line in lines:
            delay, group, with_simulator = line.split()
            time.sleep(float(delay))
            execute(int(group), simulator if with_simulator == "1" else 0)
    os._exit(0)


if __name__ == "__main__":
    port, state, log = sys.argv[1:]
    told = executioner()
    with Trap(Path(state), Path(log), told) as workspace:
        serve(workspace, port=int(port))
