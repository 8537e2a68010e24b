"""Records that are already in the workspace."""

import pytest

from hd_assets.errors import BlockedError
from hd_assets.partitions import EVERYTHING
from hd_assets.publish.plan import plan
from hd_assets.publish.workspace import publish_workspace
from hd_assets_tests.builders import MIGRATION
from hd_assets_tests.publish.desk import desk, rows

MARIA = f"{MIGRATION}-user-1"


@pytest.fixture
def made(tmp_path):
    ready = desk(tmp_path, rows(1))
    yield ready
    ready.simulator.close()


def begin(made):
    """The migration leads the workspace; its ids there are no news to the fence then."""
    with made.context() as context:
        plan(context, EVERYTHING)
        publish_workspace(context)


def origin(made, kind, key):
    with made.context() as context:
        return context.books.identity(kind, key)


def prior(made):
    with made.context() as context:
        return context.books.rows("select kind, intercom_id, document from prior_values")


def test_a_contact_of_the_same_address_is_adopted_and_its_old_values_are_kept(made):
    with made.api() as api:
        there = api.post("/contacts", json={"email": "Person1@company.example", "name": "Old"}).json()
    made.publish()
    found = origin(made, "contact", MARIA)
    assert (found.intercom_id, found.origin) == (there["id"], "adopted")
    with made.api() as api:
        stored = api.get(f"/contacts/{there['id']}").json()
    assert (stored["external_id"], stored["name"]) == (MARIA, "Person 1")
    assert '"name": "Old"' in next(document for kind, _, document in prior(made) if kind == "contact")


def test_the_external_id_of_another_source_is_never_overwritten(made):
    with made.api() as api:
        body = {"email": "person1@company.example", "name": "Old", "external_id": "crm-77"}
        there = api.post("/contacts", json=body).json()
    made.publish()
    with made.api() as api:
        stored = api.get(f"/contacts/{there['id']}").json()
    assert (stored["external_id"], stored["name"]) == ("crm-77", "Old")
    assert stored["custom_attributes"] == {"vip": False}
    assert origin(made, "contact", MARIA).origin == "adopted"


def test_an_archived_contact_is_taken_out_of_the_archive(made):
    with made.api() as api:
        there = api.post("/contacts", json={"external_id": MARIA, "email": "person1@company.example"}).json()
        api.post(f"/contacts/{there['id']}/archive")
    made.publish()
    with made.api() as api:
        assert api.get(f"/contacts/{there['id']}").json()["name"] == "Person 1"
    assert '"archived": true' in next(document for kind, _, document in prior(made) if kind == "contact")


def test_two_records_that_share_one_person_wait_for_a_decision(made):
    begin(made)
    with made.api() as api:
        api.post("/contacts", json={"external_id": MARIA})
        api.post("/contacts", json={"email": "person1@company.example"})
    with pytest.raises(BlockedError, match="1 contacts quarantined"):
        made.publish()


def test_a_company_that_was_there_is_adopted_and_one_of_ours_is_created(made):
    begin(made)
    with made.api() as api:
        api.post("/companies", json={"company_id": f"{MIGRATION}-org-1", "name": "Before"})
    made.publish()
    assert origin(made, "company", f"{MIGRATION}-org-1").origin == "adopted"
    assert origin(made, "company", f"{MIGRATION}-org-2").origin == "created"
    assert '"name": "Before"' in next(document for kind, _, document in prior(made) if kind == "company")


def test_a_company_lost_in_its_answer_still_counts_as_created(made):
    from hd_assets.simulator.faults import Fault, FaultPlan

    fault = Fault(kind="applied_then_lost", route="POST /companies$", times=2)
    made.simulator.set_faults(FaultPlan(faults=(fault,)))
    made.publish()
    assert origin(made, "company", f"{MIGRATION}-org-1").origin == "created"


def test_definitions_of_the_workspace_are_adopted_by_name(made):
    with made.api() as api:
        api.post("/conversations/attributes", json={"name": "number", "data_type": "string"})
        options = [{"label": "Low"}, {"label": "Mid"}]
        api.post("/conversations/attributes", json={"name": "level", "data_type": "list", "options": options})
        api.post("/tags", json={"name": "Migrated"})
    made.publish()
    with made.api() as api:
        listed = api.get("/conversations/attributes").json()["data"]
        tags = api.get("/tags").json()["data"]
    assert sorted(doc["name"] for doc in listed) == ["desk_source_id", "due", "essay", "level", "number"]
    level = next(doc for doc in listed if doc["name"] == "level")
    assert [option["label"] for option in level["options"]] == ["Low", "Mid", "High"]
    assert len(tags) == 2
    assert origin(made, "conversation_attribute", "number").origin == "adopted"
    assert origin(made, "conversation_attribute", "due").origin == "created"
