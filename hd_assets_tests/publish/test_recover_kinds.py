"""Custom objects with the references to them, and redirects: created, adopted, lost, taken."""

import json

import pytest

from hd_assets.errors import BlockedError
from hd_assets.partitions import EVERYTHING
from hd_assets.reconcile.compare import reconcile
from hd_assets.simulator.faults import Fault, FaultPlan
from hd_assets_tests import builders
from hd_assets_tests.builders import MIGRATION
from hd_assets_tests.publish.desk import MAPPING, desk, rows

SPACE = "https://intercom.help/simulator"
CHANGE = f"{MIGRATION}-change-1"
MARIA = f"{MIGRATION}-user-1"


def staged(**values):
    known = {"contacts": [MARIA], "conversations": [f"{MIGRATION}-ticket-1"]} | values
    kept = [row for row in rows(1) if row.table != "articles"]
    articles = [
        builders.article(1, old_url=f"{SPACE}/old/1"),
        builders.article(2, old_url="https://kb.desk.example/2"),
    ]
    second = builders.custom_object(2, contacts=[MARIA])
    return [*kept, *articles, builders.custom_object(1, **known), second]


@pytest.fixture
def made(tmp_path):
    ready = desk(tmp_path, staged())
    with ready.api() as api:
        assert api.get("/help_center/help_centers").json()["data"][0]["url"] == SPACE
    ready.write_mapping(MAPPING + f"    options: {{help_center_url: '{SPACE}'}}\n")
    ready.simulator.provision(custom_object_types=["change_request"])
    yield ready
    ready.simulator.close()


def instance(made, key=CHANGE):
    with made.api() as api:
        return api.get("/custom_object_instances/change_request", params={"external_id": key}).json()


def redirects(made):
    with made.api() as api:
        return api.get("/help_center/help_centers/3001/redirects").json()["data"]


def operation(made, key):
    with made.context() as context:
        return context.books.operation(key)


def test_instances_arrive_once_with_the_references_to_them(made):
    made.publish()
    stored, other = instance(made), instance(made, f"{MIGRATION}-change-2")
    assert (stored["custom_attributes"], stored["external_created_at"]) == ({"risk": "low"}, 1704877200)
    with made.api() as api:
        maria = api.get(f"/contacts/find_by_external_id/{MARIA}").json()
        conversation = api.get("/conversations/1").json()
    assert maria["custom_attributes"]["change_request"] == [stored["id"], other["id"]]
    assert conversation["custom_attributes"]["change_request"] == [stored["id"]]


def test_the_reference_of_a_conversation_costs_no_request_of_its_own(made):
    made.publish()
    puts = [entry for entry in made.transport.writes if entry[0] == "PUT" and entry[1].startswith("/conversations/1")]
    assert puts == [("PUT", "/conversations/1")]


def test_published_twice_nothing_is_sent_and_a_new_link_is_added_to_those_that_others_made(made):
    made.publish()
    before = len(made.transport.writes)
    made.publish()
    assert made.transport.writes[before:] == []
    with made.api() as api:
        foreign = api.post("/custom_object_instances/change_request", json={"external_id": "theirs"}).json()["id"]
        maria = api.get(f"/contacts/find_by_external_id/{MARIA}").json()
        linked = [*maria["custom_attributes"]["change_request"], foreign]
        api.put(f"/contacts/{maria['id']}", json={"custom_attributes": {"change_request": linked}})
        api.put("/conversations/1", json={"custom_attributes": {"change_request": [linked[0], foreign]}})
    third = builders.custom_object(3, contacts=[MARIA], conversations=[f"{MIGRATION}-ticket-1"])
    made.stage([*staged(), third])
    made.publish()
    new = instance(made, third.external_id)["id"]
    with made.api() as api:
        maria = api.get(f"/contacts/{maria['id']}").json()
        conversation = api.get("/conversations/1").json()
    assert set(maria["custom_attributes"]["change_request"]) == {*linked, new}
    assert set(conversation["custom_attributes"]["change_request"]) == {linked[0], foreign, new}


def test_an_instance_that_was_there_is_adopted_with_its_old_values(made):
    with made.api() as api:
        body = {"external_id": CHANGE, "custom_attributes": {"risk": "high"}}
        there = api.post("/custom_object_instances/change_request", json=body).json()
    made.publish()
    with made.context() as context:
        identity = context.books.identity("custom_object", CHANGE)
        sql = "select document from prior_values where kind = 'custom_object'"
        [(document,)] = context.books.rows(sql)
    assert (identity.intercom_id, identity.origin, identity.detail) == (there["id"], "adopted", "change_request")
    assert json.loads(document)["custom_attributes"] == {"risk": "high"}
    assert instance(made)["custom_attributes"] == {"risk": "low"}


@pytest.mark.parametrize("kind", ["applied_then_lost", "lost_before", "late_apply", "status_after", "truncated"])
def test_lost_answers_are_settled(made, kind):
    route = "POST /custom_object|PUT /contacts|POST /help_center/help_centers"
    fault = Fault(kind=kind, every=2, seconds=1.5, route=route)
    made.simulator.set_faults(FaultPlan(faults=(fault,)))
    made.publish()
    assert made.simulator.summary()["faults"][kind] >= 2
    stored = instance(made)
    assert operation(made, f"custom_object:{CHANGE}:0").origin == "created"
    with made.api() as api:
        maria = api.get(f"/contacts/find_by_external_id/{MARIA}").json()
    assert stored["id"] in maria["custom_attributes"]["change_request"]
    assert len(redirects(made)) == 1
    assert operation(made, f"redirect:{MIGRATION}-faq-1:0").origin == "created"


def test_a_type_that_is_missing_is_named_before_anything_is_written(tmp_path):
    made = desk(tmp_path, staged())
    with pytest.raises(BlockedError, match="custom_object change_request: the workspace has no custom object"):
        made.publish()
    assert made.transport.writes == []


def test_old_addresses_inside_the_help_centre_lead_to_the_article_the_others_are_counted(made):
    assert made.plan().unredirected == 1
    made.publish()
    [stored] = redirects(made)
    with made.context() as context:
        target = context.books.intercom_id("article", f"{MIGRATION}-faq-1")
    assert (stored["from_url"], stored["target_type"], stored["target_id"]) == (f"{SPACE}/old/1", "article", target)


def test_without_the_address_of_a_help_centre_no_redirect_is_planned(tmp_path):
    made = desk(tmp_path, staged())
    assert made.plan().unredirected == 2
    assert operation(made, f"redirect:{MIGRATION}-faq-1:0") is None


def test_an_address_that_leads_elsewhere_waits_for_a_person(made):
    with made.api() as api:
        admin = api.get("/admins").json()["admins"][0]["id"]
        article = api.post("/articles", json={"title": "Other", "author_id": int(admin)}).json()
        body = {"from_url": f"{SPACE}/old/1", "locale": "en", "target_type": "article", "target_id": article["id"]}
        api.post("/help_center/help_centers/3001/redirects", json=body)
    told = made.publish()
    assert told[3]["redirects.quarantined"] == 1
    assert operation(made, f"redirect:{MIGRATION}-faq-1:0").error_code == "redirect_taken"


def test_the_read_back_compares_instances_references_and_redirects(made):
    made.publish()
    with made.context(exclusive=False) as context:
        outcome = reconcile(context, EVERYTHING)
    compared = {name: outcome.by_object[name].compared for name in ("custom_objects", "redirects")}
    assert (compared, outcome.differing) == ({"custom_objects": 2, "redirects": 1}, 0)
    with made.api() as api:
        body = {"external_id": CHANGE, "custom_attributes": {"risk": "high"}}
        api.post("/custom_object_instances/change_request", json=body)
        maria = api.get(f"/contacts/find_by_external_id/{MARIA}").json()
        api.put(f"/contacts/{maria['id']}", json={"custom_attributes": {"change_request": []}})
        api.put("/conversations/1", json={"custom_attributes": {"change_request": None}})
        api.delete(f"/help_center/help_centers/3001/redirects/{redirects(made)[0]['id']}")
    with made.context(exclusive=False) as context:
        again = reconcile(context, EVERYTHING)
    differing = {name: result.differing for name, result in again.by_object.items() if result.differing}
    assert differing == {"contacts": 1, "conversations": 1, "custom_objects": 1, "redirects": 1}


@pytest.mark.parametrize("is_readable", [True, False])
def test_for_what_a_ticket_refers_to_and_the_workspace_no_longer_shows_the_ledger_vouches(made, is_readable):
    rules = {"converted_conversation_readable": is_readable}
    made.simulator.rules = made.simulator.rules.model_copy(update=rules)
    ticket = f"{MIGRATION}-ticket-3"
    made.stage(
        [*(row for row in rows(3) if row.table != "articles"), builders.custom_object(1, conversations=[ticket])]
    )
    made.publish()
    with made.context(exclusive=False) as context:
        outcome = reconcile(context, EVERYTHING)
    found = outcome.by_object["conversations"]
    assert (found.compared, outcome.differing, found.by_ledger) == (3, 0, 0 if is_readable else 1)
