"""Drafts, versions, bulk actions, internal articles and snippets; tickets linked and changed."""

from __future__ import annotations

import pytest

from hd_assets.simulator.rules import Rules
from hd_assets_tests.simulator.api import Api, comment, said, workspace


@pytest.fixture
def article(api, admin):
    body = {"title": "Old", "author_id": int(admin), "body": "<p>old</p>", "state": "published"}
    return str(api("POST", "/articles", body)["id"])


def test_a_draft_waits_beside_the_published_text(api, article):
    path = f"/articles/{article}"
    api.refused("GET", f"{path}/draft", status=404)
    assert api.refused("POST", f"{path}/draft/publish", status=422)["message"] == "Article has no draft to publish"
    staged = api("PUT", f"{path}/draft", {"title": "New", "body": "<p>new</p>", "ai_chatbot_availability": False})
    assert (staged["title"], staged["has_unpublished_changes"], staged["ai_chatbot_availability"]) == (
        "New",
        True,
        True,
    )
    assert (api("GET", path)["title"], api("GET", path)["has_unpublished_changes"]) == ("Old", True)
    assert api("GET", f"{path}/draft")["body"] == '<p class="no-margin">new</p>'
    told = api.refused("POST", f"{path}/draft/publish", {"locales": ["fr"]}, status=422)
    assert told["message"] == "Cannot publish a draft for locale(s) without pending changes: fr"
    published = api("POST", f"{path}/draft/publish")
    assert (published["title"], published["has_unpublished_changes"]) == ("New", False)
    versions = api("GET", f"{path}/versions")["data"]
    assert [version["title"] for version in versions] == ["New", "Old"]
    assert versions[0]["from_version_id"] == versions[1]["id"]
    assert "old" in api("GET", f"{path}/versions/{versions[1]['id']}")["body"]
    api.refused("GET", f"{path}/versions/1", status=404)
    assert api.refused("GET", f"{path}/versions", locale="xx")["message"] == "Unknown locale"


def test_a_draft_needs_a_published_article(api, admin):
    article = api("POST", "/articles", {"title": "T", "author_id": int(admin)})["id"]
    told = api.refused("PUT", f"/articles/{article}/draft", {"title": "U"}, status=422)
    assert told["message"] == "Article must be published before a draft can be staged"


def test_bulk_actions_work_in_the_background(api, article):
    def bulk(action, kind="article_content", status=202, **more):
        body = {"action": action, "content_ids": [{"type": kind, "id": article}], **more}
        return api("POST", "/content/bulk_actions", body, status=status)

    assert bulk("unpublish")["status"] == "queued"
    assert api("GET", f"/articles/{article}")["state"] == "draft"
    bulk("publish")
    assert api("GET", f"/articles/{article}")["state"] == "published"
    tag = api("POST", "/tags", {"name": "t"})["id"]
    bulk("update_tags", "article", tags={"add_tag_ids": [int(tag)]})
    assert [entry["id"] for entry in api("GET", f"/articles/{article}")["tags"]["tags"]] == [tag]
    bulk("set_availability", availability={"copilot": False})
    assert api("GET", f"/articles/{article}")["ai_copilot_availability"] is False
    bulk("update_tags", "article", status=422)
    bulk("publish", "article", status=422)
    bulk("explode", status=422)
    bulk("delete", "article")
    api.refused("GET", f"/articles/{article}", status=404)
    api.refused("POST", "/content/bulk_actions", {"action": "delete", "content_ids": []}, status=422)
    many = [{"type": "article", "id": "1"}] * 1001
    api.refused("POST", "/content/bulk_actions", {"action": "delete", "content_ids": many}, status=422)


def test_internal_articles_are_made_changed_found_and_deleted(api, admin):
    body = {"title": "Door code", "body": "<p>4711</p>", "author_id": int(admin), "owner_id": int(admin)}
    made = api("POST", "/internal_articles", body)
    path = f"/internal_articles/{made['id']}"
    assert api("PUT", path, {"title": "Door"})["title"] == "Door"
    assert api("GET", "/internal_articles")["total_count"] == 1
    assert api("GET", "/internal_articles/search", phrase="4711")["total_count"] == 1
    tag = api("POST", "/tags", {"name": "t"})["id"]
    api("POST", f"{path}/tags", {"id": tag})
    api("DELETE", f"{path}/tags/{tag}")
    api.refused("POST", "/internal_articles", {"title": "x", "author_id": int(admin)})
    assert api("DELETE", path)["deleted"] is True
    api.refused("GET", path, status=404)


def test_snippets_take_blocks_or_markdown(api):
    made = api("POST", "/content_snippets", {"title": "Reset", "body_markdown": "Press\n\nhard"}, status=201)
    path = f"/content_snippets/{made['id']}"
    assert [block["text"] for block in made["json_blocks"]] == ["Press", "hard"]
    assert api("PUT", path, {"title": "New"})["title"] == "New"
    api.refused("PUT", path, {"title": "x" * 256}, status=422)
    api.refused("PUT", path, {"json_blocks": [], "body_markdown": "x"}, status=422)
    assert api("GET", "/content_snippets")["total_count"] == 1
    answer = api.client.delete(path)
    assert (answer.status_code, answer.content) == (204, b"")
    api.refused("GET", path, status=404)


def test_macros_are_read_only(api):
    assert api("GET", "/macros")["data"] == []
    api.refused("GET", "/macros/1", status=404)


@pytest.fixture
def trackers(api):
    made = [api("POST", "/ticket_types", {"name": name, "category": "Tracker"})["id"] for name in ("Bug", "Outage")]
    for kind, more in ((made[0], "string"), (made[1], "string")):
        api("POST", f"/ticket_types/{kind}/attributes", {"name": "area", "description": "", "data_type": more})
    api("POST", f"/ticket_types/{made[0]}/attributes", {"name": "only", "description": "", "data_type": "integer"})
    return made


def test_a_conversation_is_linked_to_one_tracker(api, trackers):
    contact = api.contact()
    first, second = (
        api("POST", "/tickets", {"ticket_type_id": trackers[0], "contacts": [{"id": contact}]})["id"] for _ in "ab"
    )
    talk = api.conversation(contact)
    shown = api("POST", f"/tickets/{first}/linked_conversations", {"conversation_id": talk})
    assert shown["linked_objects"]["data"] == [{"type": "ticket", "id": first, "category": "Tracker"}]
    assert api("GET", f"/tickets/{first}")["linked_objects"]["data"][0]["id"] == talk
    told = api.refused("POST", f"/tickets/{second}/linked_conversations", {"conversation_id": talk})
    assert told["code"] == "already_linked_to_tracker"
    assert api("DELETE", f"/tickets/{first}/linked_conversations/{talk}")["linked_objects"]["total_count"] == 0
    api.refused("DELETE", f"/tickets/{first}/linked_conversations/{talk}", status=404)
    plain = api("POST", "/tickets", {"ticket_type_id": "51", "contacts": [{"id": contact}]})["id"]
    told = api.refused("POST", f"/tickets/{plain}/linked_conversations", {"conversation_id": talk})
    assert told["code"] == "invalid_ticket_type"


def test_a_ticket_changes_its_type_within_the_category(api, trackers):
    values = {"area": "north", "only": 3}
    body = {"ticket_type_id": trackers[0], "contacts": [{"id": api.contact()}], "ticket_attributes": values}
    ticket = api("POST", "/tickets", body)["id"]
    path, state = f"/tickets/{ticket}/change_type", {"ticket_state_id": "8002"}
    changed = api("POST", path, {"ticket_type_id": trackers[1], **state})
    assert (changed["ticket_type"]["id"], changed["ticket_attributes"]) == (trackers[1], {"area": "north"})
    for wrong in (trackers[1], "51", "none"):
        api.refused("POST", path, {"ticket_type_id": wrong, **state})
    told = api.refused("POST", path, {"ticket_type_id": trackers[0], **state, "ticket_attributes": {"x": 1}})
    assert told["message"] == "Extra attributes provided that are not found on ticket type: x"


def test_guessed_rules_of_threads_work_both_ways(admin):
    strict = Rules(
        admin_reply_reopens=True,
        admin_reply_assigns=True,
        reply_before_opening_refused=True,
        required_attribute_blocks_close=True,
        tickets_in_conversation_lists=False,
        convert_opening_is_part=False,
    )
    with workspace(rules=strict) as made:
        api = Api(made)
        contact = api.contact()
        talk = api.conversation(contact, created_at=1_500_000_000)
        path = f"/conversations/{talk}"
        api.refused("POST", f"{path}/reply", said(contact, created_at=1_499_999_999))
        api("POST", f"{path}/parts", {"message_type": "close", "type": "admin", "admin_id": admin})
        shown = api("POST", f"{path}/reply", comment(admin))
        assert (shown["state"], shown["admin_assignee_id"]) == ("open", int(admin))
        api("POST", "/conversations/attributes", {"name": "must", "data_type": "string", "required": True})
        api.refused("POST", f"{path}/parts", {"message_type": "close", "type": "admin", "admin_id": admin})
        api("PUT", path, {"custom_attributes": {"must": "x"}})
        api("POST", f"{path}/parts", {"message_type": "close", "type": "admin", "admin_id": admin})
        before = api("GET", path)["conversation_parts"]["total_count"]
        ticket = api("POST", f"{path}/convert", {"ticket_type_id": "51"})
        assert ticket["ticket_parts"]["total_count"] == before + 1
        assert api("GET", "/conversations")["total_count"] == 0
        query = {"query": {"field": "contact_ids", "operator": "=", "value": contact}}
        assert api("POST", "/conversations/search", query)["total_count"] == 0
        assert api("POST", "/tickets/search", query)["total_count"] == 1
