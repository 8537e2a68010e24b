from __future__ import annotations

import pytest

from hd_assets.simulator.rules import Rules
from hd_assets_tests.simulator.api import Api, workspace


def attribute(
    name: str = "tier", model: str = "contact", data_type: str = "string", **more: object
) -> dict[str, object]:
    return {"name": name, "model": model, "data_type": data_type, **more}


def test_an_attribute_of_a_person_has_to_exist(api):
    error = api.refused("POST", "/contacts", {"external_id": "a", "custom_attributes": {"tier": "gold"}})
    assert error["message"] == "Custom attribute 'tier' does not exist"
    api("POST", "/data_attributes", attribute())
    contact = api.contact("a", custom_attributes={"tier": "gold"})
    assert api("GET", f"/contacts/{contact}")["custom_attributes"] == {"tier": "gold"}
    api("PUT", f"/contacts/{contact}", {"custom_attributes": {"tier": None}})
    assert api("GET", f"/contacts/{contact}")["custom_attributes"] == {}


def test_a_name_is_taken_for_people_and_companies_together(api):
    api("POST", "/data_attributes", attribute(model="company"))
    error = api.refused("POST", "/data_attributes", attribute())
    assert error["message"].startswith("You already have 'tier' in your company data.")


def test_a_name_may_be_shared_when_the_rule_says_so():
    with workspace(rules=Rules(attribute_name_shared=True)) as made:
        api = Api(made)
        api("POST", "/data_attributes", attribute(model="company"))
        api("POST", "/data_attributes", attribute())
        api.refused("POST", "/data_attributes", attribute())


@pytest.mark.parametrize(
    "wrong",
    [
        attribute(name="what?"),
        attribute(data_type="list"),
        attribute(model="conversation"),
        attribute(name="email"),
        attribute(data_type="options", options=[{"value": "one"}]),
    ],
)
def test_a_wrong_definition_is_refused(api, wrong):
    api.refused("POST", "/data_attributes", wrong)


def test_archived_attributes_do_not_count_towards_the_cap():
    with workspace(rules=Rules(attribute_cap=1)) as made:
        api = Api(made)
        first = api("POST", "/data_attributes", attribute("one"))
        api.refused("POST", "/data_attributes", attribute("two"))
        api("PUT", f"/data_attributes/{first['id']}", {"archived": True})
        api("POST", "/data_attributes", attribute("two"))
        assert [entry["name"] for entry in api("GET", "/data_attributes", model="contact")["data"]] == ["two"]


@pytest.mark.parametrize(
    ("data_type", "good", "bad"),
    [
        ("string", "x" * 255, "x" * 256),
        ("string", "text", 5),
        ("integer", 5, 5.5),
        ("float", 5.5, "5.5"),
        ("boolean", True, "yes"),
        ("date", 1_600_000_000, "2020-01-01"),
    ],
)
def test_a_value_is_held_against_its_type(api, data_type, good, bad):
    api("POST", "/data_attributes", attribute(data_type=data_type))
    contact = api.contact()
    api("PUT", f"/contacts/{contact}", {"custom_attributes": {"tier": good}})
    api.refused("PUT", f"/contacts/{contact}", {"custom_attributes": {"tier": bad}})


@pytest.mark.parametrize("checked", [True, False])
def test_a_value_outside_the_options_is_refused_under_the_rule(checked):
    with workspace(rules=Rules(option_check=checked)) as made:
        api = Api(made)
        api("POST", "/data_attributes", attribute(data_type="options", options=[{"value": "a"}, {"value": "b"}]))
        contact = api.contact()
        api("PUT", f"/contacts/{contact}", {"custom_attributes": {"tier": "a"}})
        status = 400 if checked else 200
        api("PUT", f"/contacts/{contact}", {"custom_attributes": {"tier": "c"}}, status=status)


def test_conversation_attributes_live_under_their_own_path(api):
    api.refused("GET", "/data_attributes", status=422, model="conversation")
    made = api("POST", "/conversations/attributes", {"name": "source_id", "data_type": "string"})
    assert isinstance(made["id"], int)
    assert api("GET", f"/conversations/attributes/{made['id']}")["name"] == "source_id"
    api("PUT", f"/conversations/attributes/{made['id']}", {"description": "marker 1"})
    assert api("GET", "/conversations/attributes")["data"][0]["description"] == "marker 1"
    api("DELETE", f"/conversations/attributes/{made['id']}")
    assert api("GET", "/conversations/attributes")["data"] == []
    assert api("GET", "/conversations/attributes", include_archived="true")["data"][0]["archived"] is True


def test_an_unknown_conversation_attribute_is_refused_by_name(api):
    conversation = api.conversation(api.contact())
    error = api.refused("PUT", f"/conversations/{conversation}", {"custom_attributes": {"nope": 1}})
    assert error["message"] == "Conversation attribute 'nope' does not exist"


def test_unknown_attributes_pass_when_the_rule_is_off():
    with workspace(rules=Rules(attribute_must_exist=False)) as made:
        api = Api(made)
        conversation = api.conversation(api.contact())
        api("PUT", f"/conversations/{conversation}", {"custom_attributes": {"nope": 1}})


def test_two_live_attributes_of_one_name_break_every_write_to_it(api):
    for _ in range(2):
        api("POST", "/conversations/attributes", {"name": "twice", "data_type": "string"})
    conversation = api.conversation(api.contact())
    error = api.refused("PUT", f"/conversations/{conversation}", {"custom_attributes": {"twice": "x"}})
    assert error["code"] == "INVALID_PARAMETER"


def test_list_options_are_labels_and_can_be_added_but_not_emptied(api):
    body = {"name": "priority", "data_type": "list", "options": [{"label": "High"}, {"label": "Low"}]}
    made = api("POST", "/conversations/attributes", body)
    path = f"/conversations/attributes/{made['id']}/options"
    conversation = api.conversation(api.contact())
    api.refused("PUT", f"/conversations/{conversation}", {"custom_attributes": {"priority": "Urgent"}})
    api("POST", path, {"label": "Urgent"})
    api("PUT", f"/conversations/{conversation}", {"custom_attributes": {"priority": "Urgent"}})
    api.refused("POST", path, {"label": "x", "colour": "red"}, status=422)
    api("DELETE", f"{path}/{made['options'][0]['id']}")
    api.refused("DELETE", f"{path}/{made['options'][1]['id']}", status=422)


def test_a_wrong_conversation_type_names_the_allowed_ones(api):
    body = {"name": "x", "data_type": "options"}
    assert "decimal" in api.refused("POST", "/conversations/attributes", body, status=422)["message"]


def test_instances_of_a_type_made_by_hand_are_kept_by_external_id_and_referred_to(api, simulator):
    api.refused("POST", "/custom_object_instances/change", {"external_id": "helpdesk-change-1"}, status=404)
    simulator.provision(custom_object_types=["change"])
    body = {
        "external_id": "helpdesk-change-1",
        "external_created_at": 1_600_000_000,
        "custom_attributes": {"ref": "C-1"},
    }
    first = api("POST", "/custom_object_instances/change", body)
    second = api("POST", "/custom_object_instances/change", {**body, "custom_attributes": {"ref": "C-2"}})
    assert (first["id"], second["custom_attributes"]) == (second["id"], {"ref": "C-2"})
    conversation = api.conversation(api.contact())
    api("PUT", f"/conversations/{conversation}", {"custom_attributes": {"change": [first["id"]]}})
    found = api("GET", "/custom_object_instances/change", references_conversation_id=conversation)
    assert [entry["id"] for entry in found["data"]] == [first["id"]]
    api("DELETE", f"/custom_object_instances/change/{first['id']}")
    api.refused("GET", "/custom_object_instances/change", status=404, external_id="helpdesk-change-1")
