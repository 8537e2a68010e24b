"""Contacts merged, blocked, archived; the limits of companies and attributes; what nobody can make."""

from __future__ import annotations

import pytest

from hd_assets.simulator.rules import Rules
from hd_assets_tests.simulator.api import Api, said, workspace


def test_a_merged_lead_goes_up_in_the_user_and_is_told_apart_from_nobody(api):
    user = api.contact("user", email="joe@acme.example")
    lead = api("POST", "/contacts", {"role": "lead", "email": "joe@acme.example", "external_id": "lead"})["id"]
    company = api("POST", "/companies", {"company_id": "c", "name": "Acme"})["id"]
    api("POST", f"/contacts/{lead}/companies", {"id": company})
    talk = api.conversation(lead)
    api("POST", f"/conversations/{talk}/reply", said(lead, "as a lead"))
    merged = api("POST", "/contacts/merge", {"from": lead, "into": user})
    assert (merged["id"], merged["companies"]["total_count"]) == (user, 1)
    for path in (f"/contacts/{lead}", "/contacts/find_by_external_id/lead"):
        answer = api.client.get(path)
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (410, "contact_merged")
        assert answer.headers["link"] == f'</contacts/{user}>; rel="canonical"'
    history = api("GET", f"/contacts/{user}/merge_history")["data"]
    assert [(entry["source_contact_id"], entry["source_contact_role"]) for entry in history] == [(lead, "lead")]
    assert [entry["id"] for entry in api("GET", f"/conversations/{talk}")["contacts"]["contacts"]] == [user]
    api("POST", f"/conversations/{talk}/reply", said(user, "as a user"))


def test_contacts_that_are_no_twins_need_an_override_to_be_merged(api):
    user, lead = api.contact("user"), api("POST", "/contacts", {"role": "lead", "name": "Jo"})["id"]
    body = {"from": lead, "into": user}
    assert api.refused("POST", "/contacts/merge", body)["code"] == "invalid_merge"
    api.refused("POST", "/contacts/merge", {"from": user, "into": lead, "skip_duplicate_validation": True})
    api("POST", "/contacts/merge", {**body, "skip_duplicate_validation": True})


def test_a_merged_contact_may_be_plainly_absent():
    with workspace(rules=Rules(merged_contact_gone=False)) as made:
        api = Api(made)
        lead = api("POST", "/contacts", {"role": "lead"})["id"]
        api("POST", "/contacts/merge", {"from": lead, "into": api.contact(), "skip_duplicate_validation": True})
        api.refused("GET", f"/contacts/{lead}", status=404)


def test_a_blocked_contact_takes_the_conversations_along(api):
    contact = api.contact()
    talk = api.conversation(contact)
    assert api("POST", f"/contacts/{contact}/block")["blocked"] is True
    assert api("GET", "/conversations")["total_count"] == 0
    api.refused("GET", f"/contacts/{contact}", status=404)
    assert api("GET", f"/conversations/{talk}")["id"] == talk


def test_an_archived_twin_is_named_in_the_refusal_and_can_come_back(api):
    contact = api.contact(email="joe@acme.example")
    api("POST", f"/contacts/{contact}/archive")
    for twin in ({"external_id": "helpdesk-user-1"}, {"external_id": "x", "email": "JOE@acme.example"}):
        told = api.refused("POST", "/contacts", twin, status=409)
        assert told["message"] == f"An archived contact matching those details already exists with id={contact}"
    assert api("POST", f"/contacts/{contact}/unarchive")["archived"] is False
    told = api.refused("POST", "/contacts", {"external_id": "helpdesk-user-1"}, status=409)
    assert told["message"] == f"A contact matching those details already exists with id={contact}"


@pytest.mark.parametrize("unique", [True, False])
def test_whether_users_share_an_address_and_leads_never_collide_unless_ruled(unique):
    with workspace(rules=Rules(user_emails_unique=unique, lead_emails_unique=not unique)) as made:
        api = Api(made)
        api.contact("a", email="joe@acme.example")
        second = api.client.post("/contacts", json={"role": "user", "external_id": "b", "email": "joe@acme.example"})
        lead = api.client.post("/contacts", json={"role": "lead", "email": "joe@acme.example"})
        assert (second.status_code, lead.status_code) == ((409, 200) if unique else (409, 409))


def test_only_one_company_scroll_runs_and_it_expires(api):
    contact = api.contact()
    for number in range(150):
        company = api("POST", "/companies", {"company_id": str(number), "name": str(number)})["id"]
        api("POST", f"/contacts/{contact}/companies", {"id": company})
    first = api("GET", "/companies/scroll")
    assert len(first["data"]) == 100
    assert api.refused("GET", "/companies/scroll")["code"] == "scroll_exists"
    second = api("GET", "/companies/scroll", scroll_param=first["scroll_param"])
    assert len(second["data"]) == 50
    assert api("GET", "/companies/scroll", scroll_param=first["scroll_param"])["data"] == []
    api.refused("GET", "/companies/scroll", status=404, scroll_param=first["scroll_param"])
    late = api("GET", "/companies/scroll")["scroll_param"]
    api.simulator.clock.sleep(61)
    api.refused("GET", "/companies/scroll", status=404, scroll_param=late)
    assert len(api("GET", "/companies/scroll")["data"]) == 100


def test_a_company_list_ends_at_its_cap():
    with workspace(rules=Rules(company_list_cap=2)) as made:
        api = Api(made)
        contact = api.contact()
        for key in "abc":
            company = api("POST", "/companies", {"company_id": key, "name": key})["id"]
            api("POST", f"/contacts/{contact}/companies", {"id": company})
        assert len(api("POST", "/companies/list")["data"]) == 2
        assert len(api("GET", "/companies/scroll")["data"]) == 3


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/admins"),
        ("PUT", "/admins/991267001"),
        ("DELETE", "/admins/991267001"),
        ("POST", "/teams"),
        ("PUT", "/teams/5017001"),
        ("DELETE", "/teams/5017001"),
        ("GET", "/inboxes"),
        ("POST", "/inboxes"),
        ("POST", "/macros"),
        ("POST", "/help_center/help_centers"),
        ("POST", "/ticket_states"),
        ("POST", "/custom_object_types"),
        ("POST", "/contacts/bulk"),
    ],
)
def test_what_the_api_has_no_call_for_answers_404(api, method, path):
    assert api.refused(method, path, {"name": "x"}, status=404)["code"] == "not_found"


def test_a_teammate_can_only_be_set_away(api, admin):
    body = {"away_mode_enabled": True, "away_mode_reassign": False}
    assert api("PUT", f"/admins/{admin}/away", body)["away_mode_enabled"] is True
    assert api("GET", f"/admins/{admin}")["away_mode_enabled"] is True
    api.refused("PUT", f"/admins/{admin}/away", {"away_mode_enabled": True})
    api.refused("PUT", "/admins/1/away", body, status=404)


def test_a_note_is_read_by_its_id(api, admin):
    contact = api.contact()
    note = api("POST", f"/contacts/{contact}/notes", {"body": "x", "admin_id": admin})
    assert api("GET", f"/notes/{note['id']}")["body"] == "<p>x</p>"


def test_undeclared_keys_are_refused_where_the_workspace_is_strict():
    with workspace(rules=Rules(unknown_keys_refused=True)) as made:
        api = Api(made)
        contact = api.contact()
        told = api.refused(
            "POST", "/conversations", {"from": {"type": "user", "id": contact}, "body": "x", "title": "T"}
        )
        assert told["field"] == "title"
        api.conversation(contact)
