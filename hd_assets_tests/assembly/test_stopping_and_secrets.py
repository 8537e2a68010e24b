"""A run can be stopped at any moment and goes on by itself; a credential is found nowhere."""

import os
import signal
import threading
import time
from dataclasses import replace

import dagster as dg
import pytest

from hd_assets.simulator.core import Simulator
from hd_assets.simulator.server import SimulatorServer
from hd_assets_tests.assembly.conftest import SECRET
from hd_assets_tests.assembly.test_runs import failures, select


@pytest.mark.campaign
def test_campaign_a_publish_that_is_stopped_goes_on_where_it_ended(world):
    threads = dg.AssetKey(["osticket", "publish", "conversations"])
    stopper = threading.Thread(target=_stop_when_conversations_come, args=(world,), daemon=True)
    stopper.start()
    stopped = world.run("publish", execute=True)
    stopper.join()
    assert [(failure.step, failure.exit_code) for failure in stopped.failures] == [("osticket__publish__threads", 130)]
    assert threads.to_user_string() not in stopped.metadata
    sent = world.writes
    [run] = world.instance.get_runs(filters=dg.RunsFilter(job_name="osticket_publish"))
    assert run.is_finished
    time.sleep(0.2)
    assert world.writes == sent, "no worker goes on behind the back of the stopped run"
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("publish")]
    assert world.run("publish", execute=True).success
    again = world.run("reconcile")
    assert again.checks_failed == []
    assert again.success


def _stop_when_conversations_come(world) -> None:
    while not world.simulator.counts()["conversations"]:
        time.sleep(0.005)
    os.kill(os.getpid(), signal.SIGINT)


def test_a_token_is_found_nowhere_after_good_and_failed_runs(world, monkeypatch, capfd):
    monkeypatch.setenv("INTERCOM_TOKEN", SECRET)
    assert select(world, "publish/plan", "publish/workspace", execute=True).success
    with Simulator(None, token="another") as locked, SimulatorServer(locked) as server:
        world.settings = replace(world.settings, simulator_url=server.url)
        refused = select(world, "publish/plan", "publish/workspace", execute=True)
    [failure] = failures(refused).values()
    assert "refused the access token" in failure.description
    assert "INTERCOM_TOKEN" in failure.metadata["mend"].value
    assert _holders(world, SECRET) == []
    written = capfd.readouterr()
    assert SECRET not in written.out + written.err


def test_the_password_of_a_source_is_found_nowhere_after_a_failed_run(world, monkeypatch, capfd):
    monkeypatch.delenv("OSTICKET_DUMP")
    monkeypatch.setenv("OSTICKET_URL", f"mysql://reader:{SECRET}@127.0.0.1:9/helpdesk")
    launched = world.run("discover")
    assert not launched.success
    [failure] = launched.failures
    assert failure.exit_code == 4
    assert _holders(world, SECRET) == []
    written = capfd.readouterr()
    assert SECRET not in written.out + written.err


def _holders(world, text: str) -> list[str]:
    files = [path for path in world.settings.home.rglob("*") if path.is_file()]
    assert [path for path in files if path.suffix == ".db"], "the event log is among what is searched"
    return [str(path) for path in files if text.encode() in path.read_bytes()]
