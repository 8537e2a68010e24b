"""A real osTicket installation arrives in the workspace as its own account of itself says, ticket by ticket."""

import copy
import gzip
import json
import shutil

import duckdb
import httpx
import pytest

from hd_assets.model import STAGING_MODELS
from hd_assets.reconcile.certificate import is_intact
from hd_assets.reconcile.status import status
from hd_assets.reconcile.trace import trace
from hd_assets_tests.acceptance.judge import Judge
from hd_assets_tests.acceptance.pipeline import osticket_into_simulator
from hd_assets_tests.shared import shared_path


def test_all_checks_pass_before_anything_is_sent(migrated):
    assert migrated.failed_checks == []


def test_every_spelled_out_ticket_arrives_as_the_truth_says(migrated, truth):
    assert [str(finding) for finding in Judge(truth, migrated.url).findings()] == []


def test_the_read_back_finds_no_difference(migrated):
    assert migrated.differences() == []
    assert (migrated.outcome.differing, migrated.outcome.missing, migrated.outcome.extra) == (0, 0, 0)
    assert migrated.certificate.document["reasons"] == []
    assert migrated.certificate.verdict == "equal"
    assert is_intact(json.loads(migrated.certificate.json_path.read_text(encoding="utf-8")))


def test_every_count_of_the_certificate_agrees_with_the_truth(migrated, truth):
    counts, figures = truth["counts"], migrated.certificate.document["figures"]
    merged = len(truth["breakdown"]["tickets_merged_children"])
    assert figures["conversations"]["extracted"] == counts["ticket"]
    assert figures["conversations"]["merged"] == merged
    assert figures["conversations"]["created"] == figures["tickets"]["compared"] == counts["ticket"] - merged
    assert figures["companies"]["created"] == counts["organization"]
    assert figures["contacts"]["extracted"] == counts["user"]
    assert figures["parts"]["extracted"] == counts["thread_entry"]
    assert figures["attachments"]["extracted"] == counts["attachment"]


def test_a_second_publish_writes_nothing(migrated):
    assert migrated.first > 3000
    assert migrated.writes() == migrated.first


def test_nobody_was_notified_by_a_teammates_comment(migrated):
    told = httpx.get(f"{migrated.url}/_simulator/state", trust_env=False).json()["notifications"]
    assert told.get("admin_comment", 0) == 0


@pytest.mark.parametrize("ref", ["NW-000114", "114", "osticket-ticket-114"])
def test_a_merged_ticket_is_traced_to_its_parent(migrated, ref):
    told = trace(migrated.settings, migrated.migration, "simulator", ref)
    assert told.records[0].external_id == "osticket-ticket-113"
    assert told.merged_from == ["ticket 114", "ticket 115"]


def test_a_ticket_number_leads_to_the_source_rows_and_the_conversation(migrated):
    told = trace(migrated.settings, migrated.migration, "simulator", "NW-000100")
    ticket = told.records[0]
    assert [(row.entity, row.key) for row in ticket.raw] == [("ticket", "100")]
    entries = [record for record in told.records if record.source_type == "thread_entry"]
    assert all(record.raw for record in entries)
    address = f"https://app.intercom.com/a/inbox/x/inbox/all/conversation/{ticket.intercom_ids[0]}"
    again = trace(migrated.settings, migrated.migration, "simulator", address)
    assert again.records[0].external_id == "osticket-ticket-100"


def test_status_tells_that_all_is_done(migrated):
    told = status(migrated.settings, migrated.migration, "simulator", with_checks=False)
    assert (told.stage, told.differing, told.quarantined) == ("reconciled", 0, [])
    assert told.done == told.total > 3000


TAMPERED = {
    "subject": lambda ticket: ticket.update(subject="Another subject"),
    "number": lambda ticket: ticket.update(number="NW-999999"),
    "requester": lambda ticket: ticket["requester"].update(user_id=1),
    "requester's address": lambda ticket: ticket["requester"].update(email="else@delta-mfg.example"),
    "company": lambda ticket: ticket.update(organisation="Another firm"),
    "state": lambda ticket: ticket.update(state="closed"),
    "status": lambda ticket: ticket.update(status="On Hold"),
    "assignee": lambda ticket: ticket.update(assignee_agent_email="eva.novak@northwind.example"),
    "no assignee": lambda ticket: ticket.update(assignee_agent_email=None),
    "department": lambda ticket: ticket.update(department="Sales"),
    "help topic": lambda ticket: ticket.update(help_topic="Feedback"),
    "custom field": lambda ticket: ticket["custom_fields"].update({"Business critical": True}),
    "one more field": lambda ticket: ticket["custom_fields"].update({"Region": "MENA"}),
    "one more task": lambda ticket: ticket["tasks"].append({"number": "99", "title": "Call", "open": True}),
    "collaborator": lambda ticket: ticket["collaborators"].append({"user_id": 1, "email": None}),
    "one entry more": lambda ticket: ticket["entries"].append(ticket["entries"][1] | {"entry_id": 9}),
    "one entry less": lambda ticket: ticket["entries"].pop(1),
    "order": lambda ticket: ticket["entries"].insert(1, ticket["entries"].pop(2)),
    "opening text": lambda ticket: ticket["entries"][0].update(body="<p>Other words</p>"),
    "reply text": lambda ticket: ticket["entries"][1].update(body=ticket["entries"][1]["body"] + "<p>more</p>"),
    "kind": lambda ticket: ticket["entries"][1].update(kind="note"),
    "author": lambda ticket: ticket["entries"][2].update(user_id=21),
    "agent": lambda ticket: ticket["entries"][1].update(staff_id=4),
    "time": lambda ticket: ticket["entries"][1]["created"].update(utc="2024-07-01T15:00:01Z"),
    "file": lambda ticket: ticket["entries"][0]["attachments"][0].update(sha256="0" * 64),
    "file name": lambda ticket: ticket["entries"][1]["attachments"][0].update(name="other.png"),
    "file lost": lambda ticket: ticket["entries"][0]["attachments"].pop(),
    "file too large": lambda ticket: ticket["entries"][0]["attachments"][0].update(size=10_485_761),
}


@pytest.mark.parametrize("tamper", TAMPERED.values(), ids=TAMPERED.keys())
def test_the_judge_sees_what_is_not_true(migrated, truth, tamper):
    told = copy.deepcopy(truth)
    told["tickets"] = [ticket for ticket in told["tickets"] if ticket["ticket_id"] == 100]
    tamper(told["tickets"][0])
    assert Judge(told, migrated.url).findings()


def test_the_judge_sees_a_merged_ticket_with_a_conversation_of_its_own(migrated, truth):
    told = copy.deepcopy(truth)
    told["breakdown"]["tickets_merged_children"].append(182)
    assert {finding.ticket for finding in Judge(told, migrated.url).findings()} == {None, 182}


@pytest.mark.services
def test_a_server_gives_the_same_staging_row_for_row(migrated, sample, mariadb, tmp_path):
    dump = tmp_path / "dump.sql"
    with gzip.open(shared_path("data/osticket/osticket-1.18.sql.gz")) as packed, dump.open("wb") as plain:
        shutil.copyfileobj(packed, plain)
    mariadb.load("osticket", dump)
    mariadb.account("reader", "secret", "SELECT ON osticket.*")
    source = {
        "OSTICKET_URL": f"mysql://reader:secret@127.0.0.1:{mariadb.port}/osticket",
        "OSTICKET_FILES": sample["OSTICKET_FILES"],
    }
    with osticket_into_simulator(tmp_path / "home", source) as live:
        live.extract_and_stage()
        assert live.failed_checks == []
        with duckdb.connect() as connection:
            connection.execute(f"attach '{migrated.warehouse.path}' as dumped (read_only)")
            connection.execute(f"attach '{live.warehouse.path}' as served (read_only)")
            for model in STAGING_MODELS:
                tables = [f"from {source}.staging.{model.table}" for source in ("dumped", "served")]
                for one, other in (tables, tables[::-1]):
                    rows = connection.execute(f"{one} except all {other}").fetchall()
                    assert rows == [], model.table
