from hd_assets.partitions import EVERYTHING
from hd_assets.reconcile.compare import reconcile
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


def test_what_was_published_reads_back_without_a_difference(small):
    small.publish()
    with small.context(exclusive=False) as context:
        reconcile(context, EVERYTHING)
    with small.warehouse.get_connection() as connection:
        assert connection.execute("select object, external_id, field, kind from reconcile.difference").fetchall() == []


def test_published_twice_writes_nothing_the_second_time(small):
    small.publish()
    before = len(small.transport.writes)
    small.publish()
    assert small.transport.writes[before:] == []


def test_a_conversation_costs_no_request_more_than_the_design_counts(small):
    small.publish()
    with small.context() as context:
        requests = context.books.requests()
        kinds = {kind: number for (kind, state), number in context.books.kind_counts().items() if state == "applied"}
    counted = ("POST /conversations/{id}/", "PUT /conversations/{id}")
    sent = sum(number for route, number in requests.items() if route.startswith(counted))
    sent += requests["POST /conversations"]
    parts = kinds["reply"] + kinds["note"]
    tagged, assigned = kinds["conversation_tag"], kinds["assign_team"] + kinds["assign_admin"]
    ended = kinds["state"] + kinds["snooze"] + kinds["convert"]
    assert sent == 5 * (1 + 1) + parts + tagged + assigned + ended + kinds["participant"]
    assert not any(route.startswith(("GET /conversations/{id}", "POST /conversations/search")) for route in requests)


def test_parts_carry_their_authors_files_and_the_names_of_people_nobody_stands_for(small):
    small.publish()
    found = conversations(small)[f"{MIGRATION}-ticket-1"]
    reply, question, note, other = written(found)
    with small.context() as context:
        person = {n: context.books.intercom_id("contact", f"{MIGRATION}-user-{n}") for n in (1, 2, 3)}
        agent = context.books.intercom_id("admin", f"{MIGRATION}-staff-1")
        stand_in = context.books.intercom_id("admin", "_migration")
    assert [part["author"]["id"] for part in (reply, question, note, other)] == [agent, person[2], stand_in, person[3]]
    assert note["body"].startswith("<p><b>Bo &lt;Gone&gt;</b></p>")
    assert "<b>Agent" not in reply["body"]
    assert [file["name"] for file in reply["attachments"]] == ["file11.txt"]
    assert small.simulator.summary()["notifications"].get("admin_comment") is None


def test_a_collection_holds_its_articles_which_stay_drafts_outside_of_ai(small):
    small.publish()
    with small.api() as api:
        docs = api.get("/articles").json()["data"]
        folders = {doc["id"]: doc for doc in api.get("/help_center/collections").json()["data"]}
    deep = next(doc for doc in docs if doc["title"] == "How to 2")
    folder = folders[str(deep["parent_id"])]
    assert (folder["name"], folders[str(folder["parent_id"])]["name"]) == ("Deep", "Guides")
    assert {(doc["state"], doc["ai_chatbot_availability"]) for doc in docs} == {("draft", False)}
