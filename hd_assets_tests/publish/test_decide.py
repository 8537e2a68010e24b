"""What the publisher cannot find out a person decides; the workspace has the last word."""

import json

import pytest

from hd_assets.errors import BlockedError, UsageError
from hd_assets.publish.decide import decide, open_cases
from hd_assets.simulator.faults import Fault, FaultPlan
from hd_assets_tests.builders import MIGRATION
from hd_assets_tests.publish.checker import differences
from hd_assets_tests.publish.desk import desk, rows

STAGED = rows(2)
CREATION = f"conversation:{MIGRATION}-ticket-1:0"
BY = {"by": "Ada", "why": "looked at both"}


@pytest.fixture
def made(tmp_path):
    """The answer to the first creation was lost, and somebody else wrote the same words at the same time."""
    ready = desk(tmp_path, STAGED)
    lost = Fault(kind="applied_then_lost", route="POST /conversations$", times=1)
    ready.simulator.set_faults(FaultPlan(faults=(lost,)))
    ready.mapping = ready.mapping.replace("{workers: 4}", "{workers: 1}")
    ready.write_mapping(ready.mapping)

    twin = []
    inner = ready.transport.inner.handle_request

    def handle(request):
        if request.method == "POST" and request.url.path == "/conversations" and not twin:
            with ready.api() as api:
                twin.append("")
                ready.simulator.set_faults(FaultPlan())
                twin[0] = api.post("/conversations", json=json.loads(request.content)).json()["conversation_id"]
                ready.simulator.set_faults(FaultPlan(faults=(lost,)))
        return inner(request)

    ready.transport.inner.handle_request = handle
    ready.publish()
    ready.simulator.set_faults(FaultPlan())
    ready.twin = twin[0]
    yield ready
    ready.simulator.close()


def cases(made):
    with made.context() as context:
        return open_cases(context)


def settle(made, key=CREATION, *, applied=None, **said):
    with made.context() as context:
        return decide(context, key, applied=applied, **(BY | said))


def decisions(made):
    with made.context() as context:
        return context.books.rows("select key, decided_by, why, outcome, intercom_id from decisions")


def test_what_waits_is_listed_with_reason_evidence_and_link(made):
    (case,) = cases(made)
    assert (case.key, case.state) == (CREATION, "quarantined")
    assert "more conversations of this contact" in case.reason
    assert made.twin in case.evidence["found"]
    assert case.link.endswith(f"/inbox/{case.evidence['found'][0]}")


def test_an_applied_operation_gets_its_id_and_the_next_publish_completes_the_thread(made):
    ours = next(key for key in cases(made)[0].evidence["found"] if key != made.twin)
    row = settle(made, applied=ours)
    assert (row.state, row.intercom_id) == ("applied", ours)
    assert decisions(made) == [(CREATION, "Ada", "looked at both", "applied", ours)]
    assert cases(made) == []
    made.publish()
    with made.api() as api:
        api.delete(f"/conversations/{made.twin}")
    assert differences(made, STAGED) == []


def test_an_operation_that_was_not_sent_is_sent_by_the_next_publish(made):
    for key in cases(made)[0].evidence["found"]:
        with made.api() as api:
            api.delete(f"/conversations/{key}")
    assert settle(made).state == "planned"
    assert decisions(made)[0][3:] == ("not_sent", None)
    made.publish()
    assert differences(made, STAGED) == []


def test_not_sent_is_believed_when_the_evidence_is_what_the_workspace_shows(made):
    assert settle(made).state == "planned"


def test_not_sent_is_refused_when_the_workspace_shows_something_new_and_the_news_is_noted(made):
    found = cases(made)[0].evidence["found"]
    with made.api() as api:
        source = api.get(f"/conversations/{found[0]}").json()
        author = {"type": "user", "id": source["source"]["author"]["id"]}
        body = {"from": author, "body": source["source"]["body"], "created_at": source["created_at"]}
        third = api.post("/conversations", json=body).json()["conversation_id"]
    with pytest.raises(BlockedError, match=third):
        settle(made)
    assert third in cases(made)[0].evidence["found"]
    assert decisions(made) == []


def test_not_sent_is_refused_when_exactly_ours_is_there(made):
    with made.api() as api:
        api.delete(f"/conversations/{made.twin}")
    with pytest.raises(BlockedError, match="the workspace holds it") as told:
        settle(made)
    assert "--applied" in told.value.mend


@pytest.mark.parametrize("wrong", ["none", "other", "elsewhen"])
def test_an_id_that_cannot_be_it_is_refused(made, wrong):
    with made.context() as context:
        other = context.books.intercom_id("conversation", f"{MIGRATION}-ticket-2")
    with made.api() as api:
        person = api.post("/contacts", json={"email": "late@b.example"}).json()["id"]
        body = {"from": {"type": "user", "id": person}, "body": "x"}
        later = api.post("/conversations", json=body).json()["conversation_id"]
    key, match = {
        "none": ("999999", "there is no conversation 999999"),
        "other": (other, f"already stands for {MIGRATION}-ticket-2"),
        "elsewhen": (later, "another time"),
    }[wrong]
    with pytest.raises(BlockedError, match=match):
        settle(made, applied=key)
    assert decisions(made) == []
    assert len(cases(made)) == 1


@pytest.mark.parametrize("key", ["nothing:of-the-kind:0", f"conversation:{MIGRATION}-ticket-2:0"])
def test_only_what_waits_can_be_decided(made, key):
    with pytest.raises(UsageError, match="only quarantined and unknown"):
        settle(made, key)


def test_a_part_is_named_by_its_own_id_in_its_own_conversation(tmp_path):
    made = desk(tmp_path, STAGED)
    made.publish()
    key = f"reply:{MIGRATION}-entry-11:0"
    with made.context() as context:
        conversation = context.books.intercom_id("conversation", f"{MIGRATION}-ticket-1")
        part = context.books.intercom_id("reply", f"{MIGRATION}-entry-11")
        context.ledger.write(
            [
                ("update operations set state = 'quarantined', error_code = 'part_twice' where key = ?", (key,)),
                ("delete from identities where kind = 'reply' and external_id = ?", (f"{MIGRATION}-entry-11",)),
            ]
        )
    with pytest.raises(BlockedError, match="shows no comment"):
        settle(made, key, applied="1234567")
    with pytest.raises(BlockedError, match="shows no comment"):
        settle(made, key, applied=conversation)
    assert settle(made, key, applied=part).state == "applied"
    made.simulator.close()
