"""Ctrl-C and SIGTERM end a command with 130; the same command goes on where it ended."""

import os
import signal
import threading
import time

from hd_assets.cli.bar import Lines


def when(condition, number: int) -> threading.Thread:
    """Send this process a signal once the condition holds; gives up after a minute."""

    def wait() -> None:
        give_up = time.monotonic() + 60
        while not condition() and time.monotonic() < give_up:
            time.sleep(0.01)
        os.kill(os.getpid(), number)

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    return thread


def test_a_publish_that_is_stopped_goes_on_where_it_ended(unsent):
    workspace = unsent.simulator
    stopper = when(lambda: workspace.counts()["conversations"] > 2, signal.SIGTERM)
    told = unsent("run", "osticket", "--until", "publish", "--execute")
    stopper.join()
    assert told.code == 130, told.text
    assert "stopped on request" in told.err
    assert "start the same command again" in told.err
    assert "Traceback" not in told.text
    sent = workspace.counts()["conversations"]
    left = unsent("status", "osticket").out
    assert left.startswith("osticket → simulator: publishing\n")
    again = unsent("run", "osticket", "--until", "publish", "--execute")
    assert again.code == 0, again.text
    assert workspace.counts()["conversations"] > sent
    read_back = unsent("reconcile", "osticket")
    assert read_back.code == 0, read_back.text
    assert ", 0 differing" in read_back.out


def test_an_extraction_that_is_stopped_leaves_what_was_there(hd, monkeypatch):
    stopped = []

    def begun(self, step: str) -> None:
        if step == "osticket/raw/snapshot":
            stopped.append(step)
            os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(Lines, "begun", begun)
    before = hd("status", "osticket").out
    told = hd("run", "osticket", "--until", "discover")
    assert stopped
    assert told.code == 130, told.text
    assert "stopped" in told.err
    assert hd("status", "osticket").out == before
    monkeypatch.undo()
    assert hd("run", "osticket", "--until", "discover").code == 0
