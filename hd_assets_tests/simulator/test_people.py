from __future__ import annotations

import re

import pytest

from hd_assets.simulator.rules import Rules
from hd_assets_tests.simulator.api import Api, workspace


def test_an_unauthorised_request_answers_401_without_rate_limits(simulator):
    anonymous = Api(simulator, Authorization="Basic x")
    answer = anonymous.client.get("/me")
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (401, "unauthorized")
    assert "x-ratelimit-limit" not in answer.headers


def test_a_pinned_token_refuses_every_other():
    with workspace(token="secret") as pinned:
        Api(pinned)("GET", "/me", status=401)
        Api(pinned, Authorization="Bearer secret")("GET", "/me")


def test_me_tells_workspace_and_region():
    with workspace(workspace_id="other", rules=Rules(region="EU")) as made:
        assert Api(made)("GET", "/me")["app"]["id_code"] == "other"
        assert Api(made)("GET", "/me")["app"]["region"] == "EU"


@pytest.mark.parametrize("path", ["/admins", "/teams"])
def test_the_api_cannot_make_teammates_or_teams(api, path):
    api.refused("POST", path, {"name": "x"}, status=404)


def test_an_unknown_version_is_refused_and_an_old_one_lacks_what_came_later(simulator):
    assert Api(simulator, **{"Intercom-Version": "9.9"}).refused("GET", "/me")["code"] == "intercom_version_invalid"
    old = Api(simulator, **{"Intercom-Version": "2.14"})
    assert old.refused("GET", "/conversations/attributes")["code"] == "intercom_version_invalid"
    old("GET", "/me")


def test_posting_a_company_again_updates_it(api):
    first = api("POST", "/companies", {"company_id": "helpdesk-org-1", "name": "Acme", "size": 10})
    second = api("POST", "/companies", {"company_id": "helpdesk-org-1", "name": "Acme Ltd"})
    assert (first["id"], second["name"], second["size"]) == (second["id"], "Acme Ltd", 10)
    assert re.fullmatch("[0-9a-f]{24}", first["id"])
    assert api("GET", "/companies", company_id="helpdesk-org-1")["id"] == first["id"]


def test_a_company_refuses_undeclared_keys(api):
    assert api.refused("POST", "/companies", {"company_id": "c", "test": 1})["message"] == "bad 'test' parameter"


def test_undeclared_company_keys_are_ignored_when_the_rule_is_off():
    with workspace(rules=Rules(company_unknown_keys_refused=False)) as made:
        Api(made)("POST", "/companies", {"company_id": "c", "test": 1})


def test_a_company_is_listed_once_a_contact_belongs_to_it(api):
    company = api("POST", "/companies", {"company_id": "c", "name": "Acme"})["id"]
    assert api("POST", "/companies/list")["data"] == []
    contact = api.contact()
    api("POST", f"/contacts/{contact}/companies", {"id": company})
    api("POST", f"/contacts/{contact}/companies", {"id": company})
    assert [entry["id"] for entry in api("POST", "/companies/list")["data"]] == [company]
    assert api("GET", f"/contacts/{contact}/companies")["total_count"] == 1
    api("DELETE", f"/contacts/{contact}/companies/{company}")
    assert api("GET", f"/contacts/{contact}/companies")["total_count"] == 0


def test_companies_of_a_contact_come_in_pages(api):
    contact = api.contact()
    for number in range(3):
        company = api("POST", "/companies", {"company_id": f"c{number}"})["id"]
        api("POST", f"/contacts/{contact}/companies", {"id": company})
    page = api("GET", f"/contacts/{contact}/companies", per_page=2)
    assert (len(page["companies"]), page["pages"]["total_pages"], page["total_count"]) == (2, 2, 3)
    assert page["pages"]["next"].endswith("per_page=2&page=2")


@pytest.mark.parametrize("seconds", [0, 60])
def test_deleting_a_company_takes_effect_after_a_while(seconds):
    with workspace(rules=Rules(company_archive_seconds=seconds)) as made:
        api = Api(made)
        company = api("POST", "/companies", {"company_id": "c"})["id"]
        api("DELETE", f"/companies/{company}")
        api("GET", f"/companies/{company}", status=404 if seconds == 0 else 200)
        made.clock.sleep(seconds)
        assert api.refused("GET", f"/companies/{company}", status=404)["code"] == "company_not_found"


def test_a_second_contact_with_the_same_external_id_answers_409_naming_the_first(api):
    first = api.contact("helpdesk-user-1")
    error = api.refused("POST", "/contacts", {"external_id": "helpdesk-user-1"}, status=409)
    assert error["message"] == f"A contact matching those details already exists with id={first}"


def test_users_share_no_email_and_leads_may(api):
    first = api.contact(email="Joe@acme.example")
    error = api.refused("POST", "/contacts", {"role": "user", "email": "joe@ACME.example"}, status=409)
    assert error["message"].endswith(f"id={first}")
    api("POST", "/contacts", {"role": "lead", "email": "joe@acme.example"})
    api("POST", "/contacts", {"role": "lead", "email": "joe@acme.example"})


def test_changing_a_contact_into_another_ones_email_is_a_conflict(api):
    api.contact("a", email="joe@acme.example")
    second = api.contact("b")
    api.refused("PUT", f"/contacts/{second}", {"email": "joe@acme.example"}, status=409)


def test_an_archived_contact_is_found_by_nothing_but_the_409(api):
    contact = api.contact("a", email="joe@acme.example")
    api("POST", f"/contacts/{contact}/archive")
    api.refused("GET", f"/contacts/{contact}", status=404)
    api.refused("GET", "/contacts/find_by_external_id/a", status=404)
    found = api("POST", "/contacts/search", {"query": {"field": "external_id", "operator": "=", "value": "a"}})
    assert found["total_count"] == 0
    error = api.refused("POST", "/contacts", {"external_id": "a"}, status=409)
    assert error["message"] == f"An archived contact matching those details already exists with id={contact}"
    api("POST", f"/contacts/{contact}/unarchive")
    assert api("GET", f"/contacts/{contact}")["id"] == contact


def test_archived_contacts_are_found_when_the_rule_is_off():
    with workspace(rules=Rules(archived_contacts_hidden=False)) as made:
        api = Api(made)
        contact = api.contact()
        api("POST", f"/contacts/{contact}/archive")
        api("GET", f"/contacts/{contact}")


def test_a_deleted_contact_frees_its_external_id(api):
    api("DELETE", f"/contacts/{api.contact('a')}")
    api.contact("a")


def test_a_contact_needs_neither_email_nor_name(api):
    contact = api("GET", f"/contacts/{api.contact('a')}")
    assert (contact["email"], contact["name"], contact["external_id"]) == ("", None, "a")
    api.refused("POST", "/contacts", {"name": "nobody"})


def test_external_ids_with_odd_characters_are_found_percent_encoded(api):
    contact = api.contact("helpdesk:user/1")
    assert api("GET", "/contacts/find_by_external_id/helpdesk%3Auser%2F1")["id"] == contact


def test_a_tag_is_made_once_whatever_its_case(api):
    first = api("POST", "/tags", {"name": "Migrated"})
    assert api("POST", "/tags", {"name": "migrated "})["id"] == first["id"]
    contact = api.contact()
    api("POST", f"/contacts/{contact}/tags", {"id": first["id"]})
    assert [tag["id"] for tag in api("GET", f"/contacts/{contact}/tags")["data"]] == [first["id"]]
    api("DELETE", f"/tags/{first['id']}")
    assert api("GET", f"/contacts/{contact}/tags")["data"] == []
    assert api("GET", "/tags")["data"] == []


def test_companies_are_tagged_many_at_once(api):
    company = api("POST", "/companies", {"company_id": "c"})["id"]
    made = api("POST", "/tags", {"name": "vip", "companies": [{"company_id": "c"}]})
    assert made["companies"] == [{"id": company, "tagged": True}]
    assert api("GET", f"/companies/{company}")["tags"]["tags"][0]["name"] == "vip"


def test_notes_keep_their_author(api, admin):
    contact = api.contact()
    api("POST", f"/contacts/{contact}/notes", {"body": "calls back", "admin_id": admin})
    listed = api("GET", f"/contacts/{contact}/notes")["data"]
    assert (listed[0]["body"], listed[0]["author"]["id"]) == ("<p>calls back</p>", admin)
