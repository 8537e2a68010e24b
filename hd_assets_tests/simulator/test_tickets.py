from __future__ import annotations

import pytest

from hd_assets.simulator.rules import Rules
from hd_assets_tests.simulator.api import Api, comment, file, note, said, workspace

LONG_AGO = 1_500_000_000


def ticket_type(api, category="Customer"):
    made = api("POST", "/ticket_types", {"name": f"{category} ticket", "category": category})
    body = {"name": "Priority", "description": "", "data_type": "list", "list_items": "High, Low"}
    attribute = api("POST", f"/ticket_types/{made['id']}/attributes", body)
    return made["id"], {option["label"]: option["id"] for option in attribute["input_options"]["list_options"]}


def state(api, category):
    return next(entry["id"] for entry in api("GET", "/ticket_states")["data"] if entry["category"] == category)


def test_a_new_workspace_has_states_and_a_customer_type(api):
    assert [entry["category"] for entry in api("GET", "/ticket_states")["data"]] == [
        "submitted",
        "in_progress",
        "waiting_on_customer",
        "resolved",
    ]
    assert api("GET", "/ticket_types")["data"][0]["category"] == "Customer"


def test_a_converted_conversation_is_both(api, admin):
    contact = api.contact()
    conversation = api.conversation(contact, "help", created_at=LONG_AGO)
    api("POST", f"/conversations/{conversation}/reply", note(admin, created_at=LONG_AGO + 5))
    kind, options = ticket_type(api)
    attributes = {"_default_title_": "Help", "Priority": options["High"]}
    body = {"ticket_type_id": kind, "ticket_state_id": state(api, "in_progress"), "attributes": attributes}
    made = api("POST", f"/conversations/{conversation}/convert", body)
    assert made["id"] == conversation
    ticket = api("GET", f"/tickets/{conversation}")
    assert ticket["ticket_attributes"] == attributes
    assert ticket["ticket_state"]["category"] == "in_progress"
    assert [part["part_type"] for part in ticket["ticket_parts"]["ticket_parts"]][:2] == ["comment", "note"]
    assert ticket["ticket_parts"]["ticket_parts"][0]["created_at"] == LONG_AGO
    shown = api("GET", f"/conversations/{conversation}")
    assert shown["ticket"]["ticket_attributes"] == attributes
    assert shown["conversation_parts"]["conversation_parts"][0]["part_type"] == "note"
    api.refused("POST", f"/conversations/{conversation}/convert", body)


def test_a_converted_conversation_may_be_readable_as_a_ticket_only():
    with workspace(rules=Rules(converted_conversation_readable=False)) as made:
        api = Api(made)
        conversation = api.conversation(api.contact())
        api("POST", f"/conversations/{conversation}/convert", {"ticket_type_id": ticket_type(api)[0]})
        api.refused("GET", f"/conversations/{conversation}", status=404)
        api("GET", f"/tickets/{conversation}")


@pytest.mark.parametrize("closes", [True, False])
def test_a_resolved_ticket_is_closed_under_the_rule(closes):
    with workspace(rules=Rules(resolved_ticket_closes=closes)) as made:
        api = Api(made)
        conversation = api.conversation(api.contact())
        body = {"ticket_type_id": ticket_type(api)[0], "ticket_state_id": state(api, "resolved")}
        assert api("POST", f"/conversations/{conversation}/convert", body)["open"] is not closes
        open_again = api("PUT", f"/tickets/{conversation}", {"ticket_state_id": state(api, "in_progress")})
        assert open_again["open"] is True


@pytest.mark.parametrize(
    "wrong",
    [
        {"attributes": {"Unknown": "x"}},
        {"attributes": {"Priority": "High"}},
        {"ticket_state_id": "77"},
    ],
)
def test_a_wrong_conversion_leaves_the_conversation_as_it_was(api, wrong):
    conversation = api.conversation(api.contact())
    kind, _ = ticket_type(api)
    api.refused("POST", f"/conversations/{conversation}/convert", {"ticket_type_id": kind, **wrong})
    assert api("GET", f"/conversations/{conversation}")["ticket"] is None


def test_only_customer_types_take_conversations(api):
    conversation = api.conversation(api.contact())
    kind, _ = ticket_type(api, "Back-office")
    error = api.refused("POST", f"/conversations/{conversation}/convert", {"ticket_type_id": kind})
    assert error["message"] == "Ticket type is not a customer ticket type"


def test_list_values_may_be_labels_when_the_rule_says_so():
    with workspace(rules=Rules(ticket_list_by_id=False)) as made:
        api = Api(made)
        conversation = api.conversation(api.contact())
        body = {"ticket_type_id": ticket_type(api)[0], "attributes": {"Priority": "High"}}
        api("POST", f"/conversations/{conversation}/convert", body)


def test_one_request_makes_a_whole_ticket(api, admin, team):
    contact, company = api.contact(), api("POST", "/companies", {"company_id": "c"})["id"]
    kind, options = ticket_type(api)
    body = {
        "ticket_type_id": kind,
        "contacts": [{"id": contact}],
        "company_id": company,
        "created_at": LONG_AGO,
        "ticket_attributes": {"_default_title_": "T", "_default_description_": "D", "Priority": options["Low"]},
        "assignment": {"admin_assignee_id": admin, "team_assignee_id": team},
        "skip_notifications": True,
    }
    made = api("POST", "/tickets", body)
    assert (made["created_at"], made["admin_assignee_id"], made["team_assignee_id"]) == (
        LONG_AGO,
        int(admin),
        int(team),
    )
    assert api.simulator.summary()["notifications"] == {}
    found = {"query": {"field": "title", "operator": "=", "value": "T"}}
    assert api("POST", "/tickets/search", found)["tickets"][0]["id"] == made["id"]
    assert api.simulator.counts()["tickets"] == 1
    api("DELETE", f"/tickets/{made['id']}")
    assert api.refused("DELETE", f"/tickets/{made['id']}", status=404)["code"] == "ticket_not_found"


def test_an_attribute_is_searched_by_its_id(api):
    kind, options = ticket_type(api)
    attribute = next(
        entry["id"]
        for entry in api("GET", f"/ticket_types/{kind}")["ticket_type_attributes"]["data"]
        if entry["name"] == "Priority"
    )
    body = {
        "ticket_type_id": kind,
        "contacts": [{"external_id": "a"}],
        "ticket_attributes": {"Priority": options["Low"]},
    }
    api.contact("a")
    api("POST", "/tickets", body)
    query = {"field": f"ticket_attribute.{attribute}", "operator": "=", "value": options["Low"]}
    assert api("POST", "/tickets/search", {"query": query})["total_count"] == 1
    api.refused("POST", "/tickets/search", {"query": {**query, "field": "ticket_attribute.Priority"}})


def test_contacts_do_not_reply_on_back_office_tickets_and_bring_no_files(api, admin):
    contact = api.contact()
    kind, _ = ticket_type(api, "Back-office")
    ticket = api("POST", "/tickets", {"ticket_type_id": kind, "contacts": [{"id": contact}]})["id"]
    assert api.refused("POST", f"/tickets/{ticket}/reply", said(contact))["code"] == "parameter_mismatch"
    made = api("POST", f"/tickets/{ticket}/reply", comment(admin, attachment_files=[file()]))
    assert (made["type"], len(made["attachments"])) == ("ticket_part", 1)
    open_kind, _ = ticket_type(api)
    ticket = api("POST", "/tickets", {"ticket_type_id": open_kind, "contacts": [{"id": contact}]})["id"]
    assert api("POST", f"/tickets/{ticket}/reply", said(contact, attachment_files=[file()]))["attachments"] == []


def test_an_enqueued_ticket_is_found_through_its_job(api):
    kind, _ = ticket_type(api)
    job = api("POST", "/tickets/enqueue", {"ticket_type_id": kind, "contacts": [{"email": "new@acme.example"}]})
    done = api("GET", f"/jobs/status/{job['id']}")
    assert api("GET", f"/tickets/{done['resource_id']}")["id"] == done["resource_id"]
