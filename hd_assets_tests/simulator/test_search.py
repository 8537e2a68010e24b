from __future__ import annotations

import pytest

from hd_assets.simulator.rules import Rules
from hd_assets_tests.simulator.api import Api, workspace

T = 1_500_000_000


def found(api, query, path="/conversations/search", **more):
    return api("POST", path, {"query": query, **more})


def f(field, operator, value):
    return {"field": field, "operator": operator, "value": value}


def test_a_lost_conversation_is_found_by_contact_and_exact_time(api):
    contact, other = api.contact("a"), api.contact("b")
    wanted = api.conversation(contact, created_at=T)
    api.conversation(contact, created_at=T + 1)
    api.conversation(other, created_at=T)
    query = {"operator": "AND", "value": [f("contact_ids", "=", contact), f("created_at", "=", T)]}
    assert [entry["id"] for entry in found(api, query)["conversations"]] == [wanted]


@pytest.mark.parametrize(("inclusive", "hits"), [(True, 3), (False, 1)])
def test_bounds_include_their_value_under_the_rule(inclusive, hits):
    with workspace(rules=Rules(search_bounds_inclusive=inclusive)) as made:
        api = Api(made)
        contact = api.contact()
        for second in range(3):
            api.conversation(contact, created_at=T + second)
        query = {"operator": "AND", "value": [f("created_at", ">", T), f("created_at", "<", T + 2)]}
        assert found(api, query)["total_count"] == hits


def test_a_body_is_searched_word_by_word(api):
    api.conversation(api.contact(), "I need support helpdesk12345.")
    assert found(api, f("source.body", "=", "SUPPORT"))["total_count"] == 1
    assert found(api, f("source.body", "=", "helpdesk12345"))["total_count"] == 1
    assert found(api, f("source.body", "=", "need support"))["total_count"] == 0


@pytest.mark.parametrize(
    "query",
    [
        f("custom_attributes.source_id", "=", "1"),
        f("title", "=", "x"),
        f("created_at", "=", "yesterday"),
        f("created_at", "~", T),
        f("id", ">", "1"),
        f("id", "IN", "1"),
        f("open", "=", "yes"),
        f("created_at", ">", None),
        {"operator": "AND", "value": []},
        {"operator": "XOR", "value": [f("id", "=", "1")]},
        {"operator": "AND", "value": [f("id", "=", "1")] * 16},
        {"operator": "AND", "value": [{"operator": "OR", "value": [{"operator": "OR", "value": [f("id", "=", "1")]}]}]},
        None,
        "x",
    ],
)
def test_what_is_not_documented_is_refused(api, query):
    api.refused("POST", "/conversations/search", {"query": query})


def test_groups_nest_two_deep_and_lists_are_shortcuts(api):
    contact = api.contact()
    first, second, _ = (api.conversation(contact, created_at=T + number) for number in range(3))
    either = {"operator": "OR", "value": [f("id", "=", first), f("id", "=", second)]}
    assert found(api, {"operator": "AND", "value": [f("open", "=", True), either]})["total_count"] == 2
    assert found(api, f("id", "NIN", [first, second]))["total_count"] == 1


def test_every_conversation_is_met_once_while_others_are_added(api):
    contact = api.contact()
    made = {api.conversation(contact, created_at=T + number) for number in range(7)}
    for path in ("search", "list"):
        seen, cursor = [], None
        while True:
            page = {"per_page": 3, **({"starting_after": cursor} if cursor else {})}
            if path == "search":
                answer = found(api, f("contact_ids", "=", contact), pagination=page)
            else:
                answer = api("GET", "/conversations", **page)
            seen += [entry["id"] for entry in answer["conversations"]]
            api.conversation(contact, "meanwhile")
            if "next" not in answer["pages"]:
                break
            cursor = answer["pages"]["next"]["starting_after"]
        assert set(seen) >= made
        assert len(seen) == len(set(seen))


@pytest.mark.parametrize("pagination", [{"per_page": 0}, {"per_page": 151}, {"starting_after": "%%"}])
def test_wrong_pages_are_refused(api, pagination):
    api.refused("POST", "/conversations/search", {"query": f("id", "=", "1"), "pagination": pagination})


def test_a_new_record_is_missing_from_searches_for_the_lag_and_listed_at_once():
    with workspace(rules=Rules(search_lag_seconds=60)) as made:
        api = Api(made)
        contact = api.contact("a")
        conversation = api.conversation(contact)
        by_contact, by_id = f("contact_ids", "=", contact), f("external_id", "=", "a")
        assert found(api, by_contact)["total_count"] == found(api, by_id, "/contacts/search")["total_count"] == 0
        assert [entry["id"] for entry in api("GET", "/conversations")["conversations"]] == [conversation]
        assert api("GET", "/contacts/find_by_external_id/a")["id"] == contact
        made.clock.sleep(60)
        assert found(api, by_contact)["total_count"] == found(api, by_id, "/contacts/search")["total_count"] == 1


def test_lists_may_lag_as_well():
    with workspace(rules=Rules(list_lag_seconds=60)) as made:
        api = Api(made)
        api.conversation(api.contact())
        assert api("GET", "/conversations")["total_count"] == api("GET", "/contacts")["total_count"] == 0
        made.clock.sleep(60)
        assert api("GET", "/conversations")["total_count"] == api("GET", "/contacts")["total_count"] == 1


def test_contact_search_counts_days_in_the_workspace_time_zone():
    day = 1_735_689_600  # 2025-01-01 00:00 UTC
    with workspace(rules=Rules(timezone="Asia/Tokyo")) as made:
        api = Api(made)
        api.contact("late", signed_up_at=day - 3600)  # already 2025-01-01 in Tokyo
        path = "/contacts/search"
        assert found(api, f("signed_up_at", "=", day), path)["total_count"] == 1
        assert found(api, f("signed_up_at", ">", day), path)["total_count"] == 0
        assert found(api, f("signed_up_at", "<", day + 86_400), path)["total_count"] == 1
        api.refused("POST", path, {"query": f("signed_up_at", ">=", day)})


def test_contacts_are_searched_by_their_attributes(api):
    api("POST", "/data_attributes", {"name": "tier", "model": "contact", "data_type": "string"})
    contact = api.contact("a", custom_attributes={"tier": "gold"})
    assert found(api, f("custom_attributes.tier", "=", "Gold"), "/contacts/search")["data"][0]["id"] == contact
    api.refused("POST", "/contacts/search", {"query": f("custom_attributes.other", "=", "x")})
    sort = {"query": f("role", "=", "user"), "sort": {"field": "name", "order": "desc"}}
    assert api.refused("POST", "/contacts/search", sort)["code"] == "invalid_sort_order"
