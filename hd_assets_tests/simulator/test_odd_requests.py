from __future__ import annotations

import random

import httpx
import pytest

from hd_assets.simulator.routing import api_router
from hd_assets.simulator.rules import Rules
from hd_assets_tests.simulator.api import Api, workspace

FIELDS = [
    "id",
    "from",
    "body",
    "type",
    "message_type",
    "admin_id",
    "assignee_id",
    "intercom_user_id",
    "user_id",
    "email",
    "customer",
    "name",
    "model",
    "data_type",
    "options",
    "label",
    "list_items",
    "company_id",
    "external_id",
    "role",
    "custom_attributes",
    "created_at",
    "attachment_files",
    "attachment_urls",
    "snoozed_until",
    "title",
    "ticket_type_id",
    "ticket_state_id",
    "attributes",
    "contacts",
    "ticket_attributes",
    "assignment",
    "query",
    "pagination",
    "sort",
    "users",
    "companies",
    "parent_id",
    "author_id",
    "description",
    "translated_content",
    "target_type",
    "target_id",
    "from_url",
    "locale",
    "conversation_id",
    "source_id",
    "reference",
    "size",
]
VALUES = [
    None,
    "",
    "x",
    "1",
    0,
    1,
    -1,
    10**30,
    1.5,
    True,
    [],
    [1],
    [{}],
    {},
    {"id": {}},
    {"value": []},
    "\u0000",
    "é" * 300,
]


def _body(chance: random.Random) -> dict[str, object]:
    return {field: chance.choice(VALUES) for field in chance.sample(FIELDS, 12)}


@pytest.mark.parametrize("seed", range(2))
def test_no_request_breaks_the_simulator_or_leaves_half_a_record(seed):
    chance = random.Random(seed)
    with workspace(rules=Rules(requests_per_minute=6_000_000)) as made:
        api = Api(made)
        admin = api("GET", "/admins")["admins"][0]["id"]
        contact = api.contact()
        made.provision(custom_object_types=["change"])
        for path, body in (
            ("/conversations/attributes", {"name": "x", "data_type": "string"}),
            ("/tags", {"name": "x"}),
        ):
            api("POST", path, body)
        known = {
            "message_type": ["comment", "note", "close", "assignment", "snoozed", "open"],
            "type": ["admin", "team", "user", "source", "conversation_part"],
            "admin_id": [admin],
            "intercom_user_id": [contact],
            "from": [{"type": "user", "id": contact}],
            "data_type": ["string", "list", "options", "relationship"],
            "model": ["contact", "company"],
            "ticket_type_id": ["51"],
            "contacts": [[{"id": contact}]],
            "company_id": ["c"],
        }
        conversation = api.conversation(contact)
        places = {"company": ["c"], "contact": [contact], "type": ["change"], "help_center": ["3001"]}
        for route in api_router().routes:
            for _ in range(25):
                body = _body(chance)
                body |= {field: chance.choice([*values, *VALUES]) for field, values in known.items()}
                keys = [conversation, contact, "1", "none", "12000001", "20001"]
                pieces = [
                    chance.choice([*places.get(piece[1:-1], []), *keys]) if piece.startswith("{") else piece
                    for piece in route.template.split("/")
                ]
                query = {"page": chance.choice(["1", "x", "²", "0"]), "per_page": chance.choice(["1", "-1", "9999"])}
                answer = api.client.request(route.method, "/".join(pieces), json=body, params=query)
                assert answer.status_code in (200, 201, 202, 204, 400, 404, 409, 410, 413, 422), answer.text
        for listed in api("GET", "/conversations", per_page=100)["conversations"]:
            api("GET", f"/conversations/{listed['id']}")
            assert isinstance(api.client.get(f"/inbox/{listed['id']}"), httpx.Response)
        assert api.client.get("/").status_code == 200
