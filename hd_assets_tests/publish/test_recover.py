"""Late, lost, overtaken, merged away: what a record looks like in the end, and what is listed for a person."""

import json
from datetime import timedelta

import pytest

from hd_assets.errors import BlockedError
from hd_assets.partitions import EVERYTHING
from hd_assets.publish.plan import plan
from hd_assets.publish.workspace import publish_workspace
from hd_assets.simulator.faults import Fault, FaultPlan
from hd_assets_tests import builders
from hd_assets_tests.builders import MIGRATION
from hd_assets_tests.publish.checker import differences
from hd_assets_tests.publish.desk import NOW, desk, rows

MARIA = f"{MIGRATION}-user-1"


class Killed(BaseException):
    """The process is gone."""


@pytest.fixture
def made(tmp_path):
    ready = desk(tmp_path, rows(1))
    yield ready
    ready.simulator.close()


def faults(made, *wanted):
    made.simulator.set_faults(FaultPlan(faults=wanted))


def killed(made, method, ending, phase="before"):
    """Publish until the first such request and end there; nothing of ours runs after it."""
    gone = []

    def hook(request):
        if gone or (request.method == method and request.url.path.endswith(ending)):
            gone.append(request)
            raise Killed

    setattr(made.transport, phase, hook)
    with pytest.raises(Killed):
        made.publish()
    made.transport.before = made.transport.after = None


def begun(made):
    """The migration leads the workspace already; an empty ledger would have to be adopted otherwise."""
    with made.context() as context:
        plan(context, EVERYTHING)
        publish_workspace(context)


def table(made, name):
    with made.context() as context:
        return context.books.rows(f"select * from {name}")


def rechecked(made):
    return {row[0]: row[3] for row in table(made, "recheck")}


def operation(made, key):
    with made.context() as context:
        return context.books.operation(key)


def operations(made, *kinds):
    with made.context() as context:
        return [row for row in context.books.iterate() if row.kind in kinds]


# changes that an earlier copy overtakes


def test_a_late_copy_that_overwrites_a_newer_value_is_put_right(made):
    staged = rows(1)
    faults(made, Fault(kind="late_apply", seconds=2.5, route="^PUT /conversations/1$", times=1))
    killed(made, "POST", "/conversations/1/tags")
    newer = [
        row.model_copy(update={"title": "Newer", "source_digest": "other"}) if row.table == "conversations" else row
        for row in staged
    ]
    made.stage(newer)
    made.publish()
    assert differences(made, newer) == []
    assert rechecked(made)[f"details:{MIGRATION}-ticket-1:0"] == "mended"


def test_a_reply_that_comes_twice_is_listed_and_the_conversation_is_closed_again(made):
    faults(made, Fault(kind="late_apply", seconds=4.5, route="POST /conversations/1/reply", after=3, times=1))
    made.publish()
    doubled = {key: state for key, state in rechecked(made).items() if state != "single"}
    assert doubled == {f"reply:{MIGRATION}-entry-14:0": "doubled"}
    with made.api() as api:
        stored = api.get("/conversations/1").json()
    assert stored["state"] == "closed"


# new records that come twice


def test_a_conversation_that_comes_twice_is_reduced_to_the_one_with_the_parts(made):
    faults(made, Fault(kind="late_apply", seconds=4.5, route="POST /conversations$", times=1))
    made.publish()
    assert rechecked(made)[f"conversation:{MIGRATION}-ticket-1:0"] == "removed"
    assert differences(made, rows(1)) == []


def test_the_second_conversation_stays_when_somebody_has_written_in_it(made):
    faults(made, Fault(kind="late_apply", seconds=4.5, route="POST /conversations$", times=1))
    answered = []

    def answer(request):
        with made.api() as api:
            listed = api.get("/conversations").json()["conversations"]
            if len(listed) == 2 and not answered:
                answered.append(listed)
                twin = next(doc for doc in listed if not doc["title"])
                person = twin["contacts"]["contacts"][0]["id"]
                body = {"message_type": "comment", "type": "user", "intercom_user_id": person, "body": "Hello?"}
                api.post(f"/conversations/{twin['id']}/reply", json=body)

    made.transport.before = answer
    made.publish()
    assert answered
    assert rechecked(made)[f"conversation:{MIGRATION}-ticket-1:0"] == "kept"
    assert made.simulator.counts()["conversations"] == 2


def test_an_article_that_comes_twice_is_reduced_to_one(made):
    faults(made, Fault(kind="late_apply", seconds=4.5, route="POST /articles$", times=1))
    made.publish()
    assert rechecked(made)[f"article:{MIGRATION}-faq-1:0"] == "removed"
    assert made.simulator.counts()["articles"] == 2


def test_a_resending_that_dies_is_looked_at_again_by_the_next_run(made):
    reply = "POST /conversations/1/reply"
    faults(made, Fault(kind="lost_before", route=reply, times=1), Fault(kind="applied_then_lost", route=reply, times=1))
    seen = []

    def hook(request):
        seen.append(request)
        if sum(1 for one in seen if one.url.path.endswith("/reply")) > 2:
            raise Killed

    made.transport.before = hook
    with pytest.raises(Killed):
        made.publish()
    made.transport.before = None
    made.publish()
    assert rechecked(made)[f"reply:{MIGRATION}-entry-11:0"] == "single"
    assert differences(made, rows(1)) == []


# created or adopted


def test_a_link_that_was_there_counts_as_adopted_also_after_a_kill(made):
    begun(made)
    with made.api() as api:
        there = api.post("/contacts", json={"email": "person1@company.example"}).json()
        company = api.post("/companies", json={"company_id": f"{MIGRATION}-org-1", "name": "Before"}).json()
        api.post(f"/contacts/{there['id']}/companies", json={"id": company["id"]})
    killed(made, "GET", f"/contacts/{there['id']}/companies", phase="after")
    made.publish()
    assert operation(made, f"contact_company:{MARIA}/{MIGRATION}-org-1:0").origin == "adopted"
    assert operation(made, f"contact_company:{MARIA}/{MIGRATION}-org-2:0").origin == "created"


@pytest.mark.parametrize("phase", ["before", "after"])
@pytest.mark.parametrize("ending", ["/unarchive", "person-put"])
def test_what_an_archived_contact_held_is_kept_wherever_the_process_dies(made, phase, ending):
    begun(made)
    with made.api() as api:
        body = {"external_id": MARIA, "email": "person1@company.example", "name": "Old", "phone": "+491"}
        there = api.post("/contacts", json=body).json()
        api.post(f"/contacts/{there['id']}/archive")
    if ending == "/unarchive":
        killed(made, "POST", ending, phase)
    else:
        killed(made, "PUT", there["id"], phase)
    made.publish()
    [document] = [json.loads(row[3]) for row in table(made, "prior_values") if row[0] == "contact"]
    assert (document["archived"], document["name"], document["phone"]) == (True, "Old", "+491")
    with made.api() as api:
        assert api.get(f"/contacts/{there['id']}").json()["name"] == "Person 1"
    assert operation(made, f"contact:{MARIA}:0").origin == "adopted"


def test_a_definition_that_lost_an_option_gets_it_and_stays_adopted(made):
    with made.api() as api:
        options = [{"label": "Low"}, {"label": "Mid"}]
        api.post("/conversations/attributes", json={"name": "level", "data_type": "list", "options": options})
    faults(made, Fault(kind="lost_before", route="POST /conversations/attributes/.*/options", times=1))
    made.publish()
    with made.api() as api:
        listed = api.get("/conversations/attributes").json()["data"]
    level = next(doc for doc in listed if doc["name"] == "level")
    assert [option["label"] for option in level["options"]] == ["Low", "Mid", "High"]
    assert operation(made, "conversation_attribute:level:0").origin == "adopted"


def test_an_option_whose_answer_is_lost_is_not_added_twice(made):
    with made.api() as api:
        options = [{"label": "Low"}, {"label": "Mid"}]
        api.post("/conversations/attributes", json={"name": "level", "data_type": "list", "options": options})
    faults(made, Fault(kind="late_apply", seconds=1.5, route="POST /conversations/attributes/.*/options", times=1))
    made.publish()
    with made.api() as api:
        listed = api.get("/conversations/attributes").json()["data"]
    level = next(doc for doc in listed if doc["name"] == "level")
    assert [option["label"] for option in level["options"]] == ["Low", "Mid", "High"]


# doubts


def test_a_live_twin_that_is_not_ours_waits_for_a_person_with_its_evidence(made):
    made.simulator.set_faults(FaultPlan(faults=(Fault(kind="lost_before", route="POST /conversations$", times=1),)))
    twins = []

    def twin(request):
        if request.url.path == "/conversations/search" and not twins:
            with made.api() as api:
                person = api.get("/contacts").json()["data"]
                maria = next(doc for doc in person if doc["external_id"] == MARIA)
                sender = {"type": "contact", "id": maria["id"]}
                body = {"from": sender, "body": "Opening of question 1", "created_at": 1704880800}
                twins.extend(api.post("/conversations", json=body).json()["conversation_id"] for _ in range(2))

    made.transport.before = twin
    told = made.publish()
    assert told[-1]["conversations.quarantined"] == 1
    [(key, _, reason, detail)] = table(made, "evidence")
    assert (key, reason) == (f"conversation:{MIGRATION}-ticket-1:0", "twin_not_ours")
    assert json.loads(detail)["found"] == sorted(twins)


def test_an_unknown_sent_from_an_older_text_is_found_by_what_was_sent(made):
    faults(made, Fault(kind="applied_then_lost", route="POST /conversations/1/reply", times=1))
    killed(made, "GET", "/conversations/1")
    staged = [
        row.model_copy(update={"body_html": "<p>Newer</p>", "source_digest": "other"})
        if row.external_id == f"{MIGRATION}-entry-11"
        else row
        for row in rows(1)
    ]
    made.stage(staged)
    made.publish()
    assert operation(made, f"reply:{MIGRATION}-entry-11:0").state == "applied"
    assert differences(made, rows(1)) == []


@pytest.mark.parametrize(("kind", "state"), [("applied_then_lost", "applied"), ("lost_before", "skipped")])
def test_an_unknown_that_the_source_has_lost_is_found_out_and_never_sent_again(made, kind, state):
    faults(made, Fault(kind=kind, route="POST /conversations/1/reply", after=3, times=1))
    killed(made, "GET", "/conversations/1")
    kept = [row for row in rows(1) if row.external_id != f"{MIGRATION}-entry-14"]
    made.stage(kept)
    made.publish()
    assert operation(made, f"reply:{MIGRATION}-entry-14:0").state == state
    with made.api() as api:
        parts = api.get("/conversations/1").json()["conversation_parts"]["conversation_parts"]
    assert sum(part["part_type"] in ("comment", "note") for part in parts) == (4 if state == "applied" else 3)
    assert (f"reply:{MIGRATION}-entry-14:0" in made.plan().conflicts) == (state == "applied")


def test_more_parts_than_an_answer_shows_hide_nothing_of_ours(tmp_path):
    made = desk(tmp_path, rows(1), parts_shown=2)
    faults(made, Fault(kind="lost_before", every=2, route="POST /conversations/1/reply"))
    made.publish()
    replies = [entry for entry in made.simulator.requests() if entry["path"] == "/conversations/1/reply"]
    assert [entry["fault"] for entry in replies].count(None) == 4
    assert {row.state for row in operations(made, "reply", "note")} == {"applied"}


def test_a_token_that_dies_at_the_second_sending_leaves_the_outcome_open(made):
    reply = "POST /conversations/1/reply"
    lost = Fault(kind="lost_before", route=reply, times=1)
    faults(made, lost, Fault(kind="status_before", status=401, route=reply, times=1))
    with pytest.raises(BlockedError, match="401"):
        made.publish()
    assert operation(made, f"reply:{MIGRATION}-entry-11:0").state == "unknown"
    made.publish()
    assert differences(made, rows(1)) == []


# emptied in the source


def test_what_the_source_has_emptied_is_emptied(made):
    made.publish()
    staged = []
    for row in rows(1):
        values = {}
        if row.external_id == MARIA:
            values = {"phone": None, "name": None, "custom_attributes": {}}
        elif row.external_id == f"{MIGRATION}-org-1":
            values = {"website": None, "industry": None, "custom_attributes": {}}
        staged.append(row.model_copy(update={**values, "source_digest": "other"}) if values else row)
    made.stage(staged)
    made.publish()
    with made.api() as api:
        maria = api.get(f"/contacts/find_by_external_id/{MARIA}").json()
        company = api.get("/companies", params={"company_id": f"{MIGRATION}-org-1"}).json()
    assert (maria["phone"], maria["name"], maria["custom_attributes"]) == (None, None, {})
    assert (company.get("website") or None, company.get("industry") or None) == (None, None)
    assert company["custom_attributes"] == {}


def test_an_adopted_contact_keeps_what_only_the_workspace_knew(made):
    with made.api() as api:
        api.post("/contacts", json={"email": "person2@company.example", "phone": "+491"})
    staged = rows(1)
    person = next(row for row in staged if row.external_id == f"{MIGRATION}-user-2")
    mine = person.model_copy(update={"email": "person2@company.example", "phone": None})
    others = [row for row in staged if row is not person]
    made.stage([*others, mine])
    made.publish()
    made.stage([*others, mine.model_copy(update={"name": "New", "source_digest": "other"})])
    made.publish()
    with made.api() as api:
        stored = api.get(f"/contacts/find_by_external_id/{person.external_id}").json()
    assert (stored["name"], stored["phone"]) == ("New", "+491")


def test_every_ticket_costs_one_request_for_its_state(tmp_path):
    staged = [row for row in rows(1) if row.table not in ("conversations", "parts", "attachments")]
    until = {"state": "snoozed", "snoozed_until": NOW + timedelta(days=3), "target_kind": "ticket"}
    made = desk(tmp_path, [*staged, builders.conversation(1, **until)])
    made.publish()
    with made.context() as context:
        kinds = context.books.kind_counts()
    assert ("snooze", "applied") not in kinds
    with made.api() as api:
        stored = api.get("/tickets/1").json()
    assert stored["ticket_state"]["category"] == "waiting_on_customer"
