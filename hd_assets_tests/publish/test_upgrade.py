"""A newer version of the program in the middle of a migration: an older ledger, or other rules for the bodies."""

import sqlite3

import pytest

from hd_assets.publish import job, ledger, merge, payloads
from hd_assets.publish.ledger_schema import SCHEMA_VERSION
from hd_assets_tests.publish.checker import bare, differences, read
from hd_assets_tests.publish.desk import desk, rows
from hd_assets_tests.publish.test_resume import killed_publish

STAGED = rows(5)
# version → statements that make a ledger of it out of one of the next version
BACK = {
    1: (
        "create table twins (key text primary key, due_at real not null, state text not null, detail text)"
        " without rowid",
        "insert into twins select key, due_at, state, detail from recheck",
        *(f"drop table {table}" for table in ("recheck", "evidence", "decisions", "undo")),
        "drop index operations_sent",
        "alter table operations drop column sent_digest",
        *(f"alter table runs drop column {name}" for name in ("run_id", "tool_version", "rules_version", "purpose")),
        "update operations set rules_version = 1",
        "delete from meta where name in ('digest_key', 'commits', 'marker', 'marker_next', 'marker_at',"
        " 'marker_next_at')",
        "update meta set value = '1' where name = 'schema_version'",
    ),
    2: (
        "alter table operations drop column sent_links",
        "update meta set value = '2' where name = 'schema_version'",
    ),
}


def older(made, version):
    """Turn the desk's ledger, and its mark in the workspace, into what that version would have left."""
    path = made.stores.ledger("simulator")
    connection = sqlite3.connect(path)
    for number in range(SCHEMA_VERSION - 1, version - 1, -1):
        for statement in BACK[number]:
            connection.execute(statement)
    connection.commit()
    ledger_id = connection.execute("select value from meta where name = 'ledger_id'").fetchone()[0]
    run_no = connection.execute("select max(run_no) from runs").fetchone()[0]
    connection.close()
    path.with_name("ledger.sqlite.lock").unlink(missing_ok=True)
    if version > 1:
        return
    # the first version's mark told no phase
    with made.api() as api:
        [mark] = [doc for doc in api.get("/conversations/attributes").json()["data"] if doc["name"] == "desk_source_id"]
        text = f"Id of the record in the migration desk. Do not edit: ledger {ledger_id} run {run_no}"
        api.put(f"/conversations/attributes/{mark['id']}", json={"description": text}).raise_for_status()


@pytest.mark.parametrize("version", range(1, SCHEMA_VERSION))
@pytest.mark.parametrize("phase", ["before", "after"])
@pytest.mark.parametrize("requests", [40, 62, 85])
def test_a_migration_begun_by_an_older_version_is_completed(tmp_path, version, phase, requests):
    made = desk(tmp_path, STAGED)
    assert killed_publish(made, requests, phase)
    older(made, version)
    made.publish()
    assert differences(made, STAGED) == []
    before = len(made.transport.writes)
    made.publish()
    assert made.transport.writes[before:] == []
    assert (made.stores.ledger("simulator").parent / f"ledger.sqlite.v{version}.bak").exists()


@pytest.mark.parametrize("version", range(1, SCHEMA_VERSION))
def test_a_finished_migration_of_an_older_version_has_nothing_left_to_do(tmp_path, version):
    made = desk(tmp_path, STAGED)
    made.publish()
    older(made, version)
    before = len(made.transport.writes)
    summary = made.plan()
    assert (summary.operations, summary.drift, summary.conflicts) == ({}, {}, [])
    made.publish()
    assert made.transport.writes[before:] == []


MOVED = "(moved)"


@pytest.fixture
def other_rules(monkeypatch):
    """Calling it installs the rules of a newer version: openings and parts get other texts."""

    def install():
        part, conversation = payloads.part, payloads.conversation

        def other_part(row, *arguments, **values):
            row = row.model_copy(update={"body_html": f"{row.body_html}<p>{MOVED}</p>"})
            return part(row, *arguments, **values)

        def other_conversation(row, rules):
            return conversation(row.model_copy(update={"opening_text": f"{row.opening_text} {MOVED}"}), rules)

        monkeypatch.setattr(payloads, "part", other_part)
        monkeypatch.setattr(payloads, "conversation", other_conversation)
        for module in (payloads, ledger, merge, job):
            monkeypatch.setattr(module, "RULES_VERSION", payloads.RULES_VERSION + 1)

    return install


def texts(made):
    """Everything that can be read in the workspace, once by each record that shows it."""
    found = {}
    for source_id, copies in read(made).items():
        for doc in copies:
            found[source_id, "opening"] = doc["source"]["body"]
            parts = doc["conversation_parts"]["conversation_parts"]
            found |= {(source_id, part["id"]): part["body"] for part in parts if part["body"]}
    return found


def beside_the_opening(made):
    return [line for line in differences(made, STAGED) if not line.endswith("opening or title")]


@pytest.mark.parametrize("phase", ["before", "after"])
@pytest.mark.parametrize("requests", range(38, 90, 10))
def test_newer_rules_send_the_rest_and_leave_what_was_sent(tmp_path, other_rules, phase, requests):
    made = desk(tmp_path, STAGED)
    assert killed_publish(made, requests, phase)
    sent = texts(made)
    other_rules()
    summary = made.plan()
    assert summary.conflicts == []
    assert set(summary.drift) <= {"conversation", "reply", "note"}
    made.publish()
    assert beside_the_opening(made) == []
    after = texts(made)
    kept = {name: body for name, body in after.items() if MOVED not in body}
    # what went out before the upgrade stands there once, as it was; all the rest came by the new rules
    assert sorted(map(bare, kept.values())) == sorted(map(bare, sent.values()))
    assert len(after) > len(kept)
    again = made.plan()
    assert (again.operations, again.conflicts) == ({}, [])
    with made.context() as context:
        states = {row[0] for row in context.books.rows("select distinct state from operations")}
    assert states == {"applied"}
