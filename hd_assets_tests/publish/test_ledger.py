"""The ledger alone: durable, shared commits, damage told."""

import sqlite3
import threading

import pytest

from hd_assets.errors import BlockedError
from hd_assets.publish.ledger import Ledger, read_only, record_identity


@pytest.fixture
def ledger(tmp_path):
    with Ledger(tmp_path / "ledger.sqlite", "desk", "test") as made:
        yield made


def test_what_write_returned_for_is_on_disk(ledger):
    ledger.write([record_identity("contact", "desk-user-1", "abc", "created", 1)])
    other = sqlite3.connect(ledger.path)
    assert other.execute("select intercom_id from identities").fetchall() == [("abc",)]
    other.close()


def test_writers_that_come_together_share_commits(ledger):
    def write(number):
        for step in range(20):
            ledger.write([record_identity("contact", f"desk-user-{number}-{step}", "abc", "created", 1)])

    threads = [threading.Thread(target=write, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ledger.identity_counts() == {("contact", "created"): 320}
    assert ledger.commits < 320


def test_a_statement_that_fails_reaches_its_caller_and_the_ledger_goes_on(ledger):
    with pytest.raises(sqlite3.OperationalError):
        ledger.write([("insert into nowhere values (1)", ())])
    ledger.set_meta("a", "b")
    assert ledger.meta("a") == "b"


def test_a_created_record_stays_created(ledger):
    ledger.write([record_identity("contact", "desk-user-1", "abc", "created", 1)])
    ledger.write([record_identity("contact", "desk-user-1", "abc", "adopted", 2)])
    assert ledger.identity("contact", "desk-user-1").origin == "created"


def test_what_a_dead_process_meant_to_send_is_unknown_to_the_next(tmp_path):
    row = ("k:1:0", "reply", "parts", "1", "", 0, "intended", "", "", "", 1, 5.0)
    columns = "key, kind, object, external_id, conversation, position, state, source_digest, payload_digest,"
    columns += " seen_digest, rules_version, intended_at"
    with Ledger(tmp_path / "l.sqlite", "desk", "test") as first:
        first.write([(f"insert into operations ({columns}) values ({', '.join('?' * len(row))})", row)])
    with Ledger(tmp_path / "l.sqlite", "desk", "test") as second:
        assert second.begin_run() == 1
        found = second.operation("k:1:0")
    assert found.state == "unknown"
    assert found.sent_at > found.intended_at


def test_a_damaged_ledger_says_so(tmp_path):
    path = tmp_path / "l.sqlite"
    path.write_bytes(b"SQLite format 3\0" + b"garbage" * 1000)
    with pytest.raises(BlockedError, match="cannot be read"):
        Ledger(path, "desk", "test")


def test_a_ledger_of_a_newer_version_is_refused(tmp_path):
    with Ledger(tmp_path / "l.sqlite", "desk", "test") as made:
        made.set_meta("schema_version", "99")
    with pytest.raises(BlockedError, match="newer version"):
        Ledger(tmp_path / "l.sqlite", "desk", "test")


def test_reading_a_ledger_that_is_not_there_says_what_to_do(tmp_path):
    with pytest.raises(BlockedError, match="nothing was planned"):
        read_only(tmp_path / "none.sqlite")
