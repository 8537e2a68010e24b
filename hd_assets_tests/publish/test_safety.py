"""What stands before a write: the lock, the token, the workspace, the marker."""

import logging
import subprocess
import sys

import pytest

from hd_assets.errors import BlockedError, UsageError
from hd_assets.publish.ledger import Ledger, read_only
from hd_assets.publish.outcomes import StoppedError, TokenRefusedError
from hd_assets.simulator.core import Simulator
from hd_assets.simulator.transport import SimulatorTransport
from hd_assets_tests import builders
from hd_assets_tests.builders import MIGRATION
from hd_assets_tests.publish.checker import differences, read
from hd_assets_tests.publish.desk import FAST, Counting, desk, rows

SECRET = "tok-9f8e7d6c5b4a"


@pytest.fixture
def made(tmp_path):
    ready = desk(tmp_path, rows(2))
    yield ready
    ready.simulator.close()


def test_a_second_publisher_is_refused_and_told_who_publishes(made):
    with made.context(), pytest.raises(BlockedError, match=r"process \d+ is publishing"), made.context():
        pass
    with made.context():
        pass


def test_the_lock_holds_across_processes_and_ends_with_them(made):
    path = made.stores.ledger("simulator")
    code = f"""
import sys, pathlib
from hd_assets.publish.ledger import Ledger
ledger = Ledger(pathlib.Path({str(path)!r}), "{MIGRATION}", "simulator")
print("open", flush=True)
sys.stdin.read()
"""
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout.readline() == b"open\n"
        with pytest.raises(BlockedError, match=f"process {other.pid} "), made.context():
            pass
        other.kill()
        other.wait()
    with made.context():
        pass


def test_a_ledger_of_another_migration_is_refused(tmp_path):
    with Ledger(tmp_path / "ledger.sqlite", "one", "simulator"):
        pass
    with pytest.raises(BlockedError, match="belongs to migration 'one'"):
        Ledger(tmp_path / "ledger.sqlite", "two", "simulator")


def test_a_reader_sees_the_ledger_beside_a_publisher(made):
    made.publish()
    with made.context():
        books = read_only(made.stores.ledger("simulator"))
        key = books.intercom_id("conversation", f"{MIGRATION}-ticket-1")
        assert [(i.kind, i.external_id) for i in books.records_of(key)] == [("conversation", f"{MIGRATION}-ticket-1")]
        assert books.counts()[("parts", "applied")] == 8
        operations = books.of_conversations([f"{MIGRATION}-ticket-1"])[f"{MIGRATION}-ticket-1"]
        assert operations[0].kind == "conversation"
        books.close()


def test_a_refused_token_stops_the_run_before_anything_is_written(tmp_path):
    made = desk(tmp_path, rows(2))
    made.simulator.close()
    locked = Simulator(clock=made.clock, rules=FAST, token="another")
    made.transport = Counting(SimulatorTransport(locked))
    made.environment = {"INTERCOM_TOKEN": SECRET}
    with pytest.raises(TokenRefusedError, match="INTERCOM_TOKEN") as told:
        made.publish()
    assert told.value.exit_code == 3
    assert SECRET not in str(told.value)
    assert made.transport.writes == []


def test_the_token_is_seen_nowhere(made, caplog, tmp_path):
    made.environment = {"INTERCOM_TOKEN": SECRET}
    caplog.set_level(logging.DEBUG)
    with made.context() as context:
        assert SECRET not in repr(context)
    made.publish()
    assert SECRET not in caplog.text
    stored = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert not any(SECRET.encode() in content for content in stored)


def test_no_personal_data_reaches_the_ledger(made):
    made.publish()
    ledger = made.stores.ledger("simulator")
    stored = b"".join(path.read_bytes() for path in ledger.parent.glob("ledger.sqlite*"))
    for word in (b"person1@company.example", b"Person 1", b"Words of", b"Question 1", b"agent1@"):
        assert word not in stored


def test_a_missing_token_says_which_variable_to_set(made):
    with pytest.raises(UsageError, match="INTERCOM_TEST_TOKEN"):
        made.publish(target="test")


def test_the_token_of_another_workspace_is_refused(made):
    made.environment = {"INTERCOM_TEST_TOKEN": SECRET}
    with pytest.raises(BlockedError, match="workspace 'simulator', not to 'abc123'"):
        made.publish(target="test")
    assert made.transport.writes == []


def test_a_workspace_once_published_to_is_pinned(made):
    made.publish()
    stranger = Simulator(clock=made.clock, rules=FAST, workspace_id="stranger")
    made.transport = Counting(SimulatorTransport(stranger))
    with pytest.raises(BlockedError, match="stranger"):
        made.publish()
    assert made.transport.writes == []


def test_a_second_machine_with_an_empty_ledger_is_refused(made, tmp_path):
    made.publish()
    made.stores.ledger("simulator").unlink()
    writes = len(made.transport.writes)
    with pytest.raises(BlockedError, match="another ledger leads this migration") as told:
        made.publish()
    assert "hd-assets adopt" in told.value.mend
    assert made.transport.writes[writes:] == []


def test_an_old_copy_of_the_ledger_is_refused(made):
    ledger = made.stores.ledger("simulator")
    made.plan()
    old = ledger.read_bytes()
    made.publish()
    made.stage(rows(3))
    made.publish()
    for file in ledger.parent.glob("ledger.sqlite*"):
        file.unlink()
    ledger.write_bytes(old)
    writes = len(made.transport.writes)
    with pytest.raises(BlockedError, match="has seen run"):
        made.publish()
    assert made.transport.writes[writes:] == []


def test_an_emptied_workspace_under_a_full_ledger_is_refused(made):
    made.publish()
    made.simulator.reset()
    made.provision()
    with pytest.raises(BlockedError, match="bears no mark"):
        made.publish()


def test_a_stop_ends_the_step_and_the_next_run_goes_on(tmp_path):
    staged = rows(5)
    made = desk(tmp_path, staged)
    import threading

    stop = threading.Event()
    made.transport.after = lambda request: len(made.transport.sent) > 60 and stop.set()
    with pytest.raises(StoppedError) as told:
        made.publish(stop=stop)
    assert told.value.exit_code == 130
    made.transport.after = None
    made.publish()
    assert differences(made, staged) == []


def test_conversations_wait_for_contacts_that_were_refused(made):
    staged = [*rows(2), builders.contact(9, email="not an address")]
    made.stage(staged)
    with pytest.raises(BlockedError, match="contacts refused"):
        made.publish()
    assert read(made) == {}


def test_a_refused_part_halts_its_conversation_and_no_other(made):
    staged = rows(2)
    broken = next(row for row in staged if row.table == "attachments")
    staged = [row.model_copy(update={"sha256": "0" * 64}) if row is broken else row for row in staged]
    made.stage(staged)
    told = made.publish()
    assert told[-1]["parts.refused"] == 1
    parts = {key: len(docs[0]["conversation_parts"]["conversation_parts"]) for key, docs in read(made).items()}
    assert parts[f"{MIGRATION}-ticket-2"] > 4
    with made.context() as context:
        refused = context.books.of_objects(["parts"], state="refused")
    assert [(row.external_id, row.error_code) for row in refused] == [(broken.carrier, "missing_file")]
