from __future__ import annotations

import pytest


@pytest.fixture
def collection(api):
    return api("POST", "/help_center/collections", {"name": "Printers"})["id"]


def article(admin, **more):
    return {"title": "Fire", "author_id": int(admin), "body": "<p>Run.</p>", **more}


def test_an_article_is_a_draft_by_a_teammate(api, admin, collection):
    made = api("POST", "/articles", article(admin, parent_id=int(collection), parent_type="collection"))
    assert (made["state"], made["body"], made["url"]) == ("draft", '<p class="no-margin">Run.</p>', None)
    published = api("PUT", f"/articles/{made['id']}", {"state": "published"})
    assert published["url"].endswith(f"/en/articles/{made['id']}-fire")
    assert api("GET", "/articles")["data"][0]["id"] == made["id"]
    assert api("GET", "/articles/search", phrase="run")["total_count"] == 1


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"author_id": None}, "parameter_not_found"),
        ({"author_id": 77}, "parameter_invalid"),
        ({"title": ""}, "parameter_not_found"),
        ({"body": '<p><img src="/local.png"></p>'}, "parameter_invalid"),
        ({"body": '<img src="http://nowhere.invalid/x.png">'}, "parameter_invalid"),
        ({"body_markdown": "both"}, "parameter_invalid"),
        ({"parent_id": 77}, "parameter_invalid"),
        ({"state": "hidden"}, "parameter_invalid"),
    ],
)
def test_a_wrong_article_is_refused(api, admin, wrong, code):
    assert api.refused("POST", "/articles", {**article(admin), **wrong})["code"] == code
    assert api("GET", "/articles")["total_count"] == 0


def test_collections_nest_three_deep(api, collection):
    second = api("POST", "/help_center/collections", {"name": "b", "parent_id": collection})["id"]
    third = api("POST", "/help_center/collections", {"name": "c", "parent_id": second})["id"]
    api.refused("POST", "/help_center/collections", {"name": "d", "parent_id": third})
    api.refused("PUT", f"/help_center/collections/{collection}", {"parent_id": third})
    api("PUT", f"/help_center/collections/{second}", {"parent_id": None})
    assert api("GET", f"/help_center/collections/{second}")["parent_id"] is None


def test_redirects_stay_inside_the_help_centre(api, admin, collection):
    center = api("GET", "/help_center/help_centers")["data"][0]
    path = f"/help_center/help_centers/{center['id']}/redirects"
    body = {"from_url": f"{center['url']}/old", "locale": "en", "target_type": "collection", "target_id": collection}
    made = api("POST", path, body)
    assert api.refused("POST", path, body, status=409)["code"] == "resource_conflict"
    api.refused("POST", path, {**body, "from_url": "https://old.example/x"}, status=422)
    assert api("GET", path)["data"] == [made]
    api("DELETE", f"{path}/{made['id']}")
    api.refused("GET", f"{path}/{made['id']}", status=404)


def test_articles_are_tagged_and_deleted(api, admin):
    made, tag = api("POST", "/articles", article(admin))["id"], api("POST", "/tags", {"name": "t"})["id"]
    api("POST", f"/articles/{made}/tags", {"id": tag})
    assert api("GET", f"/articles/{made}")["tags"]["tags"][0]["id"] == tag
    api("DELETE", f"/articles/{made}/tags/{tag}")
    assert api("DELETE", f"/articles/{made}") == {"id": made, "object": "article", "deleted": True}
    api.refused("GET", f"/articles/{made}", status=404)
