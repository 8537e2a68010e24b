"""The recorded iTop, read through the stand-in, in a simulator: published once, read back, published again."""

import copy

import pytest

from hd_assets.standin.itop import ItopStandin
from hd_assets_tests.acceptance.judge_itop import Judge
from hd_assets_tests.acceptance.pipeline import into_simulator
from hd_assets_tests.itop import reading, recorded, truth


@pytest.fixture(scope="module")
def migrated(tmp_path_factory):
    source = reading(ItopStandin(recorded()))
    with into_simulator(tmp_path_factory.mktemp("itop"), "itop", {"INTERCOM_TOKEN": "any"}, source) as one:
        one.extract_and_stage()
        one.provision()
        one.plan()
        one.publish()
        one.first = one.writes()
        one.outcome, one.certificate = one.reconcile("first")
        one.plan()
        one.publish()
        yield one


def test_all_checks_pass_before_anything_is_sent(migrated):
    assert migrated.failed_checks == []


def test_all_counts_and_every_spelled_out_ticket_arrive_as_the_truth_says(migrated):
    assert [str(finding) for finding in Judge(truth(), migrated.url).findings()] == []


def test_the_read_back_finds_no_difference(migrated):
    assert migrated.differences() == []
    assert (migrated.outcome.differing, migrated.outcome.missing, migrated.outcome.extra) == (0, 0, 0)
    assert (migrated.certificate.verdict, migrated.certificate.document["reasons"]) == ("equal", [])


def test_every_count_of_the_certificate_agrees_with_the_truth(migrated):
    counts, figures = truth()["counts"], migrated.certificate.document["figures"]
    tickets = counts["UserRequest"] + counts["Incident"]
    told, logs = truth()["log_entries"], ("public_log", "private_log")
    entries = sum(told[f"{name}.{log}.entries"] for name in ("UserRequest", "Incident") for log in logs)
    assert figures["conversations"]["extracted"] == figures["conversations"]["created"] == tickets
    assert figures["parts"]["extracted"] == entries + tickets  # each ticket's description is its first entry
    assert figures["companies"]["created"] == counts["Organization"]
    assert figures["contacts"]["extracted"] == counts["Person"]
    assert figures["articles"]["created"] == counts["FAQ"] + counts["KnownError"]
    assert figures["attachments"]["extracted"] == counts["Attachment"] + counts["InlineImage"]


def test_a_second_publish_writes_nothing(migrated):
    assert migrated.writes() == migrated.first > 2000


TAMPERED = {
    "title": lambda ticket: ticket.update(title="Another title"),
    "ref": lambda ticket: ticket.update(ref="R-999999"),
    "class": lambda ticket: ticket.update({"class": "Incident"}),
    "caller": lambda ticket: ticket.update(caller_email="else@bluewater.example"),
    "organization": lambda ticket: ticket.update(org="Another firm"),
    "agent": lambda ticket: ticket.update(agent_email="benoit.keller@aurora.example"),
    "team": lambda ticket: ticket.update(team="Service Desk"),
    "status": lambda ticket: ticket.update(status="pending"),
    "service": lambda ticket: ticket.update(service="Telephony"),
    "own field": lambda ticket: ticket["custom_fields"].update(billing_hours="16.25"),
    "one item more": lambda ticket: ticket["impacted_ci_set_by_hand"].append("LT-00401"),
    "description": lambda ticket: ticket.update(description="<p>Other words</p>"),
    "start": lambda ticket: ticket.update(start_utc="2024-01-11T19:39:49Z"),
    "one entry less": lambda ticket: ticket["log"].pop(1),
    "one entry more": lambda ticket: ticket["log"].append(ticket["log"][0]),
    "visibility": lambda ticket: ticket["log"][1].update(visibility="private"),
    "text": lambda ticket: ticket["log"][1].update(html="<p>Other words</p>"),
    "time": lambda ticket: ticket["log"][1].update(date_utc="2024-01-13T16:12:49Z"),
    "author": lambda ticket: ticket["log"][1].update(author_email="farid.muller@aurora.example"),
    "caller as author": lambda ticket: ticket["log"][0].update(author_role="agent"),
    "file": lambda ticket: ticket["attachments"][0].update(size=10, sha256="0" * 64),
}


@pytest.mark.parametrize("tamper", TAMPERED.values(), ids=TAMPERED.keys())
def test_the_judge_sees_what_is_not_true(migrated, tamper):
    told = copy.deepcopy(truth())
    told["tickets"] = [ticket for ticket in told["tickets"] if ticket["id"] == 2]
    tamper(told["tickets"][0])
    assert Judge(told, migrated.url).findings(whole=False)
