"""Every answer of the simulator against the official description, which lies beside the project, not in it."""

from __future__ import annotations

import importlib.util
import json

import httpx
import pytest

from hd_assets.simulator.rules import Rules
from hd_assets.simulator.transport import SimulatorTransport
from hd_assets_tests.shared import shared_path
from hd_assets_tests.simulator.api import Api, comment, file, note, said, workspace

T = 1_500_000_000


@pytest.fixture(scope="module")
def tool():
    path = shared_path("tools/intercom_contract.py")
    shared_path("reference/intercom-openapi-2.16.yaml")
    spec = importlib.util.spec_from_file_location("intercom_contract", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def contract(tool):
    return tool.Contract(sandbox=True)


class Answers(httpx.BaseTransport):
    """Holds answers, not requests, against the description: the tests send wrong requests on purpose."""

    def __init__(self, inner, tool, contract):
        self.inner, self.tool, self.contract = inner, tool, contract
        self.faults, self.seen = [], set()

    def handle_request(self, request):
        response = self.inner.handle_request(request)
        response.read()
        try:
            self.contract.check(request, response)
        except self.tool.ContractError as fault:
            # a refusal may answer a request that does not fit
            if response.status_code < 400 or "request does not fit" not in str(fault):
                self.faults.append(str(fault))
        return response


@pytest.fixture
def api(tool, contract):
    with workspace(rules=Rules(company_lookup="list")) as made:
        transport = Answers(SimulatorTransport(made), tool, contract)
        yield Api(made, transport)
        assert not transport.faults, "\n".join(transport.faults)


def test_people_and_companies(api, admin, team):
    for path in ("/me", f"/admins/{admin}", f"/teams/{team}"):
        api("GET", path)
    for model in ("contact", "company"):
        body = {
            "name": f"{model} tier",
            "model": model,
            "data_type": "options",
            "options": [{"value": "a"}, {"value": "b"}],
        }
        made = api("POST", "/data_attributes", body)
        api("PUT", f"/data_attributes/{made['id']}", {"description": "x", "archived": False})
    api("POST", "/data_attributes", {"name": "since", "model": "contact", "data_type": "datetime"})
    api("GET", "/data_attributes")
    body = {
        "company_id": "c",
        "name": "Acme",
        "plan": "gold",
        "size": 5,
        "website": "acme.example",
        "industry": "x",
        "monthly_spend": 5,
        "remote_created_at": T,
        "custom_attributes": {"company tier": "a"},
    }
    company = api("POST", "/companies", body)["id"]
    api("PUT", f"/companies/{company}", {"name": "Acme Ltd"})
    bare = api("POST", "/companies", {"company_id": "bare"})["id"]
    contact = api.contact("a", email="joe@acme.example", name="Joe", phone="+1", avatar="https://a.example/x.png")
    api.contact("bare")
    api("PUT", f"/contacts/{contact}", {"signed_up_at": T, "custom_attributes": {"contact tier": "a", "since": T}})
    api("POST", f"/contacts/{contact}/companies", {"id": company})
    tag = api("POST", "/tags", {"name": "t"})["id"]
    api("POST", f"/contacts/{contact}/tags", {"id": tag})
    for kind, owner in (("contacts", contact), ("companies", company)):
        api("POST", f"/{kind}/{owner}/notes", {"body": "x", "admin_id": admin})
        api("GET", f"/{kind}/{owner}/notes")
    for path in (
        f"/contacts/{contact}",
        "/contacts/find_by_external_id/bare",
        "/contacts",
        f"/contacts/{contact}/tags",
    ):
        api("GET", path)
    for path in (
        f"/companies/{company}",
        "/companies/scroll",
        f"/companies/{company}/contacts",
        "/tags",
        f"/tags/{tag}",
    ):
        api("GET", path)
    api("GET", "/companies", company_id="c")
    api("POST", "/companies/list")
    query = {"operator": "AND", "value": [{"field": "role", "operator": "=", "value": "user"}]}
    api("POST", "/contacts/search", {"query": query, "pagination": {"per_page": 1}})
    api("GET", f"/contacts/{contact}/companies", per_page=1)
    api("DELETE", f"/contacts/{contact}/companies/{company}")
    api("DELETE", f"/contacts/{contact}/tags/{tag}")
    api.refused("POST", "/contacts", {"external_id": "a"}, status=409)
    api("POST", f"/contacts/{contact}/archive")
    api("POST", f"/contacts/{contact}/unarchive")
    api("DELETE", f"/contacts/{contact}")
    api("DELETE", f"/companies/{bare}")
    api("DELETE", f"/tags/{tag}")


def test_conversations(api, admin, team):
    contact, other = api.contact("a", email="joe@acme.example", name="Joe"), api.contact("b")
    company = api("POST", "/companies", {"company_id": "c", "name": "Acme"})["id"]
    tag = api("POST", "/tags", {"name": "t"})["id"]
    for name, more in (
        ("source_id", {"data_type": "string"}),
        ("amount", {"data_type": "decimal"}),
        ("count", {"data_type": "integer"}),
        ("flag", {"data_type": "boolean"}),
        ("since", {"data_type": "datetime"}),
        ("priority", {"data_type": "list", "options": [{"label": "High"}, {"label": "Low"}]}),
    ):
        attribute = api("POST", "/conversations/attributes", {"name": name, **more})["id"]
    api("POST", f"/conversations/attributes/{attribute}/options", {"label": "Mid"})
    api("PUT", f"/conversations/attributes/{attribute}", {"description": "x"})
    api("GET", "/conversations/attributes")
    conversation = api.conversation(other, created_at=T)
    path = f"/conversations/{conversation}"
    api("POST", f"{path}/customers", {"admin_id": admin, "customer": {"intercom_user_id": contact}})
    api("POST", f"{path}/reply", said(contact, created_at=T + 1, attachment_files=[file()]))
    api("POST", f"{path}/reply", said(other, created_at=T + 2))
    api("POST", f"{path}/reply", comment(admin, created_at=T + 3, skip_notifications=True, attachment_files=[file()]))
    api("POST", f"{path}/reply", note(admin, created_at=T + 4))
    values = {"source_id": "1", "amount": 1.5, "count": 1, "flag": True, "since": T, "priority": "High"}
    api("PUT", path, {"title": "T", "read": True, "company_id": company, "custom_attributes": values})
    api("POST", f"{path}/tags", {"id": tag, "admin_id": admin})
    assign = {"message_type": "assignment", "admin_id": admin}
    api("POST", f"{path}/parts", {**assign, "type": "admin", "assignee_id": admin})
    api("POST", f"{path}/parts", {**assign, "type": "team", "assignee_id": team})
    api("POST", f"{path}/parts", {**assign, "type": "admin", "assignee_id": "0"})
    until = int(api.simulator.clock.now()) + 100
    api("POST", f"{path}/parts", {"message_type": "snoozed", "admin_id": admin, "snoozed_until": until})
    api("POST", f"{path}/parts", {"message_type": "open", "admin_id": admin})
    api("POST", f"{path}/parts", {"message_type": "close", "type": "admin", "admin_id": admin})
    query = {"operator": "AND", "value": [{"field": "contact_ids", "operator": "=", "value": contact}]}
    api("POST", "/conversations/search", {"query": query})
    api("GET", "/conversations", per_page=1)
    api("GET", path)
    part = api.parts(conversation)[1]["id"]
    body = {"type": "conversation_part", "conversation_id": conversation, "conversation_part_id": part}
    api("POST", "/conversations/redact", body)
    api("DELETE", f"{path}/tags/{tag}", {"admin_id": admin})
    api("DELETE", f"{path}/customers/{contact}", {"admin_id": admin})
    api("DELETE", path)
    api("GET", "/conversations/deleted")
    api("DELETE", f"/conversations/attributes/{attribute}")
    api.refused("GET", path, status=404)


def test_tickets(api, admin, team):
    kind = api("POST", "/ticket_types", {"name": "Case", "description": "x", "category": "Customer"})["id"]
    for data_type, more in (("list", {"list_items": "High,Low"}), ("datetime", {}), ("string", {"multiline": True})):
        body = {"name": data_type, "description": "", "data_type": data_type, **more}
        attribute = api("POST", f"/ticket_types/{kind}/attributes", body)["id"]
    api("PUT", f"/ticket_types/{kind}/attributes/{attribute}", {"description": "y"})
    api("PUT", f"/ticket_types/{kind}", {"description": "y"})
    api("GET", "/ticket_types")
    states = api("GET", "/ticket_states")["data"]
    contact = api.contact("a")
    conversation = api.conversation(contact, created_at=T)
    api("POST", f"/conversations/{conversation}/reply", note(admin, created_at=T + 1, attachment_files=[file()]))
    body = {"ticket_type_id": kind, "ticket_state_id": states[3]["id"], "attributes": {"_default_title_": "T"}}
    api("POST", f"/conversations/{conversation}/convert", body)
    api("GET", f"/tickets/{conversation}")
    api("GET", f"/conversations/{conversation}")
    body = {"ticket_type_id": kind, "contacts": [{"id": contact}], "created_at": T, "skip_notifications": True}
    ticket = api("POST", "/tickets", {**body, "assignment": {"admin_assignee_id": admin, "team_assignee_id": team}})[
        "id"
    ]
    tag = api("POST", "/tags", {"name": "t"})["id"]
    api("POST", f"/tickets/{ticket}/tags", {"id": tag, "admin_id": admin})
    api("POST", f"/tickets/{ticket}/reply", said(contact, created_at=T + 1))
    api("POST", f"/tickets/{ticket}/reply", note(admin, created_at=T + 2, attachment_files=[file()]))
    api(
        "PUT",
        f"/tickets/{ticket}",
        {"ticket_state_id": states[1]["id"], "assignee_id": "0", "skip_notifications": True},
    )
    api("POST", "/tickets/search", {"query": {"field": "open", "operator": "=", "value": True}})
    job = api("POST", "/tickets/enqueue", body)["id"]
    api("GET", f"/jobs/status/{job}")
    api("DELETE", f"/tickets/{ticket}/tags/{tag}", {"admin_id": admin})
    api("DELETE", f"/tickets/{ticket}")


def test_help_centre_and_custom_objects(api, admin):
    first = api("POST", "/help_center/collections", {"name": "a", "description": "x"})["id"]
    second = api("POST", "/help_center/collections", {"name": "b", "parent_id": first})["id"]
    api("PUT", f"/help_center/collections/{second}", {"name": "c"})
    for path in ("/help_center/collections", f"/help_center/collections/{second}", "/help_center/help_centers"):
        api("GET", path)
    body = {"title": "T", "author_id": int(admin), "body": "<p>x</p>", "state": "published", "parent_id": int(second)}
    article = api("POST", "/articles", {**body, "parent_type": "collection"})["id"]
    api("POST", "/articles", {"title": "Draft", "author_id": int(admin)})
    api("PUT", f"/articles/{article}", {"title": "T2"})
    tag = api("POST", "/tags", {"name": "t"})["id"]
    api("POST", f"/articles/{article}/tags", {"id": tag})
    for path in ("/articles", f"/articles/{article}", "/articles/search"):
        api("GET", path)
    center = api("GET", "/help_center/help_centers")["data"][0]
    path = f"/help_center/help_centers/{center['id']}"
    api("GET", path)
    target = {"locale": "en", "target_type": "article", "target_id": article}
    redirect = api("POST", f"{path}/redirects", {"from_url": f"{center['url']}/old", **target})["id"]
    api("GET", f"{path}/redirects")
    api("GET", f"{path}/redirects/{redirect}")
    api("DELETE", f"{path}/redirects/{redirect}")
    api("DELETE", f"/articles/{article}/tags/{tag}")
    api("DELETE", f"/articles/{article}")
    api("DELETE", f"/help_center/collections/{second}")
    api.simulator.provision(custom_object_types=["change"])
    body = {"external_id": "x", "external_created_at": T, "custom_attributes": {"ref": "C-1"}}
    instance = api("POST", "/custom_object_instances/change", body)["id"]
    api("GET", f"/custom_object_instances/change/{instance}")
    api("GET", "/custom_object_instances/change")
    api("DELETE", f"/custom_object_instances/change/{instance}")


def test_refusals_carry_the_error_list(api):
    for method, path, body, status in (
        ("GET", "/contacts/none", None, 404),
        ("POST", "/contacts", {"external_id": 5, "email": "x"}, 400),
        ("POST", "/conversations", {"from": {"type": "user", "id": "0" * 24}, "body": "x"}, 404),
    ):
        envelope = api(method, path, body, status=status)
        assert json.dumps(envelope).startswith('{"type": "error.list"')
