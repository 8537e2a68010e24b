from hd_assets_tests.builders import MIGRATION


def conversations(desk):
    with desk.api() as api:
        listed = api.get("/conversations", params={"per_page": 150}).json()["conversations"]
        full = [api.get(f"/conversations/{doc['id']}").json() for doc in listed]
    return {doc["custom_attributes"][f"{MIGRATION}_source_id"]: doc for doc in full}


def written(doc):
    shown = doc["conversation_parts"]["conversation_parts"]
    return [part for part in shown if part["part_type"] in ("comment", "note")]


def test_everything_staged_arrives_once_and_in_order(small):
    small.publish()
    counts = small.simulator.counts()
    assert counts["contacts"] == 3
    found = conversations(small)
    assert len(found) == 5
    first = found[f"{MIGRATION}-ticket-1"]
    assert [part["part_type"] for part in written(first)] == ["comment", "comment", "note", "comment"]
    assert [part["created_at"] for part in written(first)] == [1704880860, 1704880920, 1704880980, 1704881040]
    assert first["title"] == "Question 1"
    assert first["state"] == "closed"
    assert sorted(tag["name"] for tag in first["tags"]["tags"]) == ["migrated", "topic 1"]
    assert first["custom_attributes"]["due"] == 1706774400


def test_published_twice_writes_nothing_the_second_time(small):
    small.publish()
    before = len(small.transport.writes)
    small.publish()
    assert small.transport.writes[before:] == []
