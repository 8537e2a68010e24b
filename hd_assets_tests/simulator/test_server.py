from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

import httpx
import pytest

from hd_assets.errors import UnreachableError
from hd_assets.simulator.core import Simulator
from hd_assets.simulator.server import SimulatorServer
from hd_assets_tests.simulator.api import Api, comment, file, workspace


@pytest.fixture
def served(simulator):
    with SimulatorServer(simulator) as server:
        api = Api(simulator, httpx.HTTPTransport())
        api.client.base_url = server.url
        yield api
        api.client.close()


def test_it_answers_over_http_and_serves_the_file_addresses_it_gives(served):
    admin = served("GET", "/admins")["admins"][0]["id"]
    conversation = served.conversation(served.contact("ü/1"))
    assert served("GET", "/contacts/find_by_external_id/%C3%BC%2F1")["external_id"] == "ü/1"
    served("POST", f"/conversations/{conversation}/reply", comment(admin, attachment_files=[file("ü.txt", b"bytes")]))
    assert httpx.get(served.parts(conversation)[0]["attachments"][0]["url"]).content == b"bytes"


@pytest.mark.parametrize(("kind", "applied"), [("applied_then_lost", 1), ("lost_before", 0), ("truncated", 1)])
def test_a_lost_answer_is_a_closed_connection(served, simulator, kind, applied):
    plan = {"faults": [{"kind": kind, "times": 1}]}
    assert served.client.post("/_simulator/faults", json=plan).status_code == 200
    with pytest.raises(httpx.TransportError):
        served("POST", "/tags", {"name": "t"})
    assert simulator.counts()["tags"] == applied
    served("GET", "/tags")


def test_many_threads_are_served_at_once(served, simulator):
    threads = [threading.Thread(target=served.contact, args=(f"user-{number}",)) for number in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert simulator.counts()["contacts"] == 24


def test_a_taken_port_is_told(simulator):
    with SimulatorServer(simulator) as server, pytest.raises(UnreachableError, match=str(server.port)):
        SimulatorServer(simulator, port=server.port)


def test_every_answered_write_survives_a_kill(tmp_path):
    state = tmp_path / "state" / "s.sqlite"
    program = (
        "import sys; from pathlib import Path; from hd_assets_tests.simulator.api import Api, workspace\n"
        f"api = Api(workspace(state=Path({str(state)!r})))\n"
        "for number in range(1000000): api.contact(f'user-{number}'); print(number, flush=True)\n"
    )
    running = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert running.stdout is not None
    answered = -1
    for line in running.stdout:
        answered = int(line)
        if answered == 50:
            os.kill(running.pid, signal.SIGKILL)
            break
    answered = max([answered, *(int(line) for line in running.stdout if line.strip().isdigit())])
    running.stdout.close()
    running.wait()
    with Simulator(state) as again:
        assert again.counts()["contacts"] >= answered + 1
        assert Api(again)("GET", f"/contacts/find_by_external_id/user-{answered}")


def test_a_state_file_keeps_everything_and_another_workspace_is_told_apart(tmp_path):
    with workspace(state=tmp_path / "s.sqlite", workspace_id="one") as made:
        api = Api(made)
        conversation = api.conversation(api.contact())
        admin = api("GET", "/admins")["admins"][0]["id"]
        api("POST", f"/conversations/{conversation}/reply", comment(admin, attachment_files=[file()]))
        before = made.summary()
    with Simulator(tmp_path / "s.sqlite", clock=made.clock) as again:
        assert (again.workspace_id, again.summary()) == ("one", before)
        assert Api(again).client.get(Api(again).parts(conversation)[0]["attachments"][0]["url"]).content == b"log"
