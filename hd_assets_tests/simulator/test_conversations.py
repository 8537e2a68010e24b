from __future__ import annotations

import pytest

from hd_assets.simulator.rules import Rules
from hd_assets_tests.simulator.api import Api, comment, file, note, said, workspace

LONG_AGO = 1_500_000_000


def test_creating_answers_a_message_and_keeps_the_time(api):
    contact = api.contact()
    body = {"from": {"type": "user", "id": contact}, "body": "a <b>\nb\n\nc", "created_at": LONG_AGO}
    made = api("POST", "/conversations", body)
    assert (made["type"], made["created_at"]) == ("user_message", LONG_AGO)
    assert made["id"] != made["conversation_id"]
    shown = api("GET", f"/conversations/{made['conversation_id']}")
    assert shown["created_at"] == LONG_AGO
    assert shown["updated_at"] > LONG_AGO
    assert shown["source"]["body"] == "<p>a &lt;b&gt;<br>b</p><p>c</p>"
    assert api("GET", f"/conversations/{made['conversation_id']}", display_as="plaintext")["source"]["body"].startswith(
        "a <b>"
    )


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"from": {"type": "user", "id": "0" * 24}, "body": "x"}, 404),
        ({"from": {"type": "admin", "id": "1"}, "body": "x"}, 400),
        ({"from": {"type": "user", "id": "CONTACT"}, "body": ""}, 400),
        ({"from": {"type": "user", "id": "CONTACT"}, "body": "x", "created_at": "yesterday"}, 400),
        ({"from": {"type": "user", "id": "CONTACT"}, "body": "x", "created_at": 99_000_000_000}, 400),
        (
            {
                "from": {"type": "user", "id": "CONTACT"},
                "body": "x",
                "attachment_urls": ["https://a.example/1.png"] * 11,
            },
            400,
        ),
    ],
)
def test_a_wrong_conversation_is_refused(api, body, status):
    if body["from"]["id"] == "CONTACT":
        body["from"]["id"] = api.contact()
    api.refused("POST", "/conversations", body, status=status)
    assert api.simulator.counts()["conversations"] == 0


def test_what_the_description_does_not_take_at_creation_is_ignored(api):
    conversation = api.conversation(api.contact(), title="x", custom_attributes={"a": 1}, attachment_files=[file()])
    shown = api("GET", f"/conversations/{conversation}")
    assert (shown["title"], shown["custom_attributes"], shown["source"]["attachments"]) == (None, {}, [])


def test_replies_keep_author_time_and_files(api, admin):
    contact = api.contact(name="Joe")
    conversation = api.conversation(contact, created_at=LONG_AGO)
    path = f"/conversations/{conversation}/reply"
    api("POST", path, said(contact, "hi", created_at=LONG_AGO + 1))
    api("POST", path, note(admin, "<h2>seen</h2>", created_at=LONG_AGO + 2))
    last = api("POST", path, comment(admin, created_at=LONG_AGO + 3, attachment_files=[file("ü.txt", b"\x00\x01")]))
    parts = last["conversation_parts"]["conversation_parts"]
    assert [(part["part_type"], part["created_at"] - LONG_AGO, part["author"]["type"]) for part in parts] == [
        ("comment", 1, "user"),
        ("note", 2, "admin"),
        ("comment", 3, "admin"),
    ]
    assert parts[1]["body"] == "<h2>seen</h2>"
    attached = parts[2]["attachments"][0]
    assert (attached["name"], attached["content_type"], attached["filesize"]) == ("ü.txt", "text/plain", 2)
    assert api.client.get(attached["url"]).content == b"\x00\x01"


def test_file_addresses_expire_and_cannot_be_guessed(api, admin):
    conversation = api.conversation(api.contact())
    api("POST", f"/conversations/{conversation}/reply", comment(admin, attachment_files=[file()]))
    url = api.parts(conversation)[0]["attachments"][0]["url"]
    assert api.client.get(url[:-1] + ("0" if url[-1] != "0" else "1")).status_code == 404
    api.simulator.clock.sleep(3600)
    assert api.client.get(url).status_code == 403
    assert api.client.get(api.parts(conversation)[0]["attachments"][0]["url"]).status_code == 200


def test_a_file_that_could_run_in_a_browser_is_only_offered_for_download(api, admin):
    conversation = api.conversation(api.contact())
    page = file("page.html", b"<script>alert(1)</script>", "text/html")
    api("POST", f"/conversations/{conversation}/reply", comment(admin, attachment_files=[page]))
    answer = api.client.get(api.parts(conversation)[0]["attachments"][0]["url"])
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment")


def test_ten_mebibytes_travel_with_their_part(api, admin):
    conversation, content = api.conversation(api.contact()), bytes(10 * 1024 * 1024)
    api("POST", f"/conversations/{conversation}/reply", comment(admin, attachment_files=[file("big.bin", content)]))
    attached = api.parts(conversation)[0]["attachments"][0]
    assert attached["filesize"] == len(content)
    assert api.client.get(attached["url"]).content == content


@pytest.mark.parametrize(
    "files", [[file()] * 11, [{"name": "a"}], [{**file(), "data": "%%%"}], [file(content=b"")], "x"]
)
def test_wrong_files_are_refused_and_leave_nothing(api, admin, files):
    conversation = api.conversation(api.contact())
    api.refused("POST", f"/conversations/{conversation}/reply", comment(admin, attachment_files=files))
    assert api.parts(conversation) == []
    assert api.simulator.counts()["attachments"] == 0


@pytest.mark.parametrize(
    ("part_html", "contact_keeps", "admin_keeps"),
    [("all", True, True), ("admins", False, True), ("notes", False, False)],
)
def test_whose_html_is_kept_is_a_rule(part_html, contact_keeps, admin_keeps):
    with workspace(rules=Rules(part_html=part_html)) as made:
        api = Api(made)
        admin, contact = api("GET", "/admins")["admins"][0]["id"], api.contact()
        conversation = api.conversation(contact)
        path = f"/conversations/{conversation}/reply"
        for body in (
            said(contact, "<p><b>x</b></p>"),
            comment(admin, "<p><b>x</b></p>"),
            note(admin, "<p><b>x</b></p>"),
        ):
            api("POST", path, body)
        assert ["<b>" in part["body"] for part in api.parts(conversation)] == [contact_keeps, admin_keeps, True]


@pytest.mark.parametrize("inline_images", ["keep", "strip"])
def test_only_public_inline_images_can_stay(inline_images):
    with workspace(rules=Rules(inline_images=inline_images)) as made:
        api = Api(made)
        admin = api("GET", "/admins")["admins"][0]["id"]
        conversation = api.conversation(api.contact())
        body = '<p>a<img src="cid:1"><img src="data:image/png;base64,AA=="><img src="https://a.example/x.png">b</p>'
        api("POST", f"/conversations/{conversation}/reply", comment(admin, body))
        shown = api.parts(conversation)[0]["body"]
        assert shown.count("<img") == (1 if inline_images == "keep" else 0)
        assert "data:" not in shown


def test_scripts_never_come_back(api, admin):
    conversation = api.conversation(api.contact())
    api(
        "POST",
        f"/conversations/{conversation}/reply",
        comment(admin, "a<script>alert(1)</script><table><td>b</td></table>"),
    )
    assert api.parts(conversation)[0]["body"] == "<p>ab</p>"


@pytest.mark.parametrize("reopens", [True, False])
def test_a_contact_reply_reopens_under_the_rule(reopens):
    with workspace(rules=Rules(contact_reply_reopens=reopens)) as made:
        api = Api(made)
        admin, contact = api("GET", "/admins")["admins"][0]["id"], api.contact()
        conversation = api.conversation(contact)
        api(
            "POST",
            f"/conversations/{conversation}/parts",
            {"message_type": "close", "type": "admin", "admin_id": admin},
        )
        shown = api("POST", f"/conversations/{conversation}/reply", said(contact))
        assert shown["state"] == ("open" if reopens else "closed")


@pytest.mark.parametrize("needed", [True, False])
def test_who_may_reply_as_a_contact_is_a_rule(needed):
    with workspace(rules=Rules(contact_reply_needs_participant=needed)) as made:
        api = Api(made)
        conversation, other = api.conversation(api.contact()), api.contact("helpdesk-user-2")
        admin = api("GET", "/admins")["admins"][0]["id"]
        api("POST", f"/conversations/{conversation}/reply", said(other), status=404 if needed else 200)
        body = {"admin_id": admin, "customer": {"intercom_user_id": other}}
        api("POST", f"/conversations/{conversation}/customers", body)
        shown = api("POST", f"/conversations/{conversation}/reply", said(other))
        assert len(shown["contacts"]["contacts"]) == 2


def test_the_last_participant_stays_and_an_unknown_email_makes_a_lead(api, admin):
    contact = api.contact()
    conversation = api.conversation(contact)
    path = f"/conversations/{conversation}/customers"
    api.refused("DELETE", f"{path}/{contact}", {"admin_id": admin}, status=422)
    api("POST", path, {"admin_id": admin, "customer": {"email": "new@acme.example"}})
    shown = api("DELETE", f"{path}/{contact}", {"admin_id": admin})
    assert api("GET", f"/contacts/{shown['contacts']['contacts'][0]['id']}")["role"] == "lead"


def test_states_follow_their_parts_and_are_stamped_now(api, admin, simulator):
    conversation = api.conversation(api.contact(), created_at=LONG_AGO)
    path, now = f"/conversations/{conversation}/parts", int(simulator.clock.now())
    api.refused("POST", path, {"message_type": "snoozed", "admin_id": admin, "snoozed_until": now - 1})
    snoozed = api("POST", path, {"message_type": "snoozed", "admin_id": admin, "snoozed_until": now + 100})
    assert (snoozed["state"], snoozed["open"], snoozed["snoozed_until"]) == ("snoozed", False, now + 100)
    simulator.clock.sleep(101)
    assert api("GET", f"/conversations/{conversation}")["state"] == "open"
    closed = api("POST", path, {"message_type": "close", "type": "admin", "admin_id": admin})
    assert (closed["state"], closed["updated_at"]) == ("closed", now + 101)
    assert api("POST", path, {"message_type": "open", "admin_id": admin})["state"] == "open"


def test_a_conversation_has_a_teammate_and_a_team(api, admin, team):
    conversation = api.conversation(api.contact())
    path, body = f"/conversations/{conversation}/parts", {"message_type": "assignment", "admin_id": admin}
    api("POST", path, {**body, "type": "admin", "assignee_id": admin})
    shown = api("POST", path, {**body, "type": "team", "assignee_id": team})
    assert (shown["admin_assignee_id"], shown["team_assignee_id"]) == (int(admin), int(team))
    shown = api("POST", path, {**body, "type": "admin", "assignee_id": "0"})
    assert (shown["admin_assignee_id"], shown["team_assignee_id"]) == (None, None)
    api.refused("POST", path, {**body, "type": "admin", "assignee_id": "77"}, status=404)


@pytest.mark.parametrize("call", ["reply", "parts", "tags"])
def test_an_unknown_teammate_is_refused(api, call):
    conversation, tag = api.conversation(api.contact()), api("POST", "/tags", {"name": "t"})["id"]
    body = {"reply": comment("77"), "parts": {"message_type": "close", "type": "admin", "admin_id": "77"}}
    api.refused(
        "POST", f"/conversations/{conversation}/{call}", body.get(call, {"id": tag, "admin_id": "77"}), status=404
    )


@pytest.mark.parametrize("allowed", [True, False])
def test_tagging_twice_is_harmless_under_the_rule(allowed):
    with workspace(rules=Rules(tag_repeat_allowed=allowed)) as made:
        api = Api(made)
        admin, tag = api("GET", "/admins")["admins"][0]["id"], api("POST", "/tags", {"name": "t"})["id"]
        conversation = api.conversation(api.contact())
        path, body = f"/conversations/{conversation}/tags", {"id": tag, "admin_id": admin}
        api("POST", path, body)
        api("POST", path, body, status=200 if allowed else 400)
        assert len(api("GET", f"/conversations/{conversation}")["tags"]["tags"]) == 1
        api("DELETE", f"{path}/{tag}", {"admin_id": admin})
        api.refused("DELETE", f"{path}/{tag}", {"admin_id": admin}, status=404)


@pytest.mark.parametrize(("order", "shown"), [("insertion", [20, 10]), ("created", [10, 20])])
def test_the_order_of_parts_is_a_rule(order, shown):
    with workspace(rules=Rules(parts_order=order)) as made:
        api = Api(made)
        admin = api("GET", "/admins")["admins"][0]["id"]
        conversation = api.conversation(api.contact(), created_at=LONG_AGO)
        for late in (20, 10):
            api("POST", f"/conversations/{conversation}/reply", note(admin, created_at=LONG_AGO + late))
        assert [part["created_at"] - LONG_AGO for part in api.parts(conversation)] == shown


def test_only_the_newest_parts_are_shown_and_all_are_counted():
    with workspace(rules=Rules(parts_shown=3)) as made:
        api = Api(made)
        admin = api("GET", "/admins")["admins"][0]["id"]
        conversation = api.conversation(api.contact())
        for number in range(5):
            api("POST", f"/conversations/{conversation}/reply", note(admin, f"n{number}"))
        parts = api("GET", f"/conversations/{conversation}")["conversation_parts"]
        assert [part["body"] for part in parts["conversation_parts"]] == ["<p>n2</p>", "<p>n3</p>", "<p>n4</p>"]
        assert parts["total_count"] == 5


@pytest.mark.parametrize("leaves", [True, False])
def test_a_change_leaves_a_part_under_the_rule(leaves):
    with workspace(rules=Rules(event_parts=leaves)) as made:
        api = Api(made)
        conversation = api.conversation(api.contact())
        api("PUT", f"/conversations/{conversation}", {"title": "Fire"})
        assert [part["part_type"] for part in api.parts(conversation)] == (["title_updated"] if leaves else [])


def test_redacting_empties_a_part_and_keeps_it(api, admin):
    conversation = api.conversation(api.contact())
    api("POST", f"/conversations/{conversation}/reply", comment(admin, attachment_files=[file()]))
    part = api.parts(conversation)[0]
    body = {"type": "conversation_part", "conversation_id": conversation, "conversation_part_id": part["id"]}
    api("POST", "/conversations/redact", body)
    shown = api.parts(conversation)[0]
    assert (shown["id"], shown["body"], shown["redacted"], shown["attachments"]) == (part["id"], "", True, [])
    assert api.refused("POST", "/conversations/redact", body)["code"] == "conversation_part_not_redactable"


def test_a_deleted_conversation_is_gone_with_parts_and_files_and_listed_as_deleted(api, admin, simulator):
    conversation = api.conversation(api.contact())
    api("POST", f"/conversations/{conversation}/reply", comment(admin, attachment_files=[file()]))
    api("DELETE", f"/conversations/{conversation}")
    api.refused("GET", f"/conversations/{conversation}", status=404)
    counts = simulator.counts()
    assert (counts["conversations"], counts["parts"], counts["attachments"]) == (0, 0, 0)
    listed = api("GET", "/conversations/deleted")["conversations"]
    assert [(entry["id"], entry["metrics_retained"]) for entry in listed] == [(conversation, True)]


def test_merging_moves_the_parts(api, admin):
    contact = api.contact()
    first, second = api.conversation(contact), api.conversation(contact, "second")
    api("POST", f"/conversations/{second}/reply", note(admin, "moved"))
    shown = api("POST", f"/conversations/{second}/merge", {"merge_into_conversation_id": int(first)})
    assert "<p>moved</p>" in [part["body"] for part in shown["conversation_parts"]["conversation_parts"]]
    assert [(link["type"], link["id"]) for link in shown["linked_objects"]["data"]] == [("conversation", second)]
    moved = api("GET", f"/conversations/{second}")
    assert (moved["state"], moved["conversation_parts"]["total_count"]) == ("closed", 0)
    again = api.refused(
        "POST", f"/conversations/{second}/merge", {"merge_into_conversation_id": int(first)}, status=422
    )
    assert again["message"] == "Secondary conversation has already been merged"


def test_a_comment_without_skip_notifications_is_counted_as_mail(api, admin, simulator):
    conversation = api.conversation(api.contact())
    path = f"/conversations/{conversation}/reply"
    api("POST", path, comment(admin, skip_notifications=True))
    assert "admin_comment" not in simulator.summary()["notifications"]
    api("POST", path, note(admin))
    api("POST", path, comment(admin))
    assert simulator.summary()["notifications"]["admin_comment"] == 1


@pytest.mark.parametrize("content", [b"{", b"[1]", b'{"body": "\\ud800"}', b"\xff"])
def test_a_body_that_is_no_json_object_is_refused(api, content):
    answer = api.client.post("/tags", content=content.replace(b"body", b"name"))
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "parameter_invalid")


def test_a_body_beyond_the_limit_answers_413():
    with workspace(rules=Rules(max_request_bytes=10)) as made:
        assert Api(made).client.post("/tags", json={"name": "long"}).status_code == 413


def test_a_snooze_that_ends_keeps_the_conversation_findable(api, admin, simulator):
    conversation = api.conversation(api.contact())
    until = int(simulator.clock.now()) + 10
    api(
        "POST",
        f"/conversations/{conversation}/parts",
        {"message_type": "snoozed", "admin_id": admin, "snoozed_until": until},
    )
    simulator.clock.sleep(11)
    found = api("POST", "/conversations/search", {"query": {"field": "state", "operator": "=", "value": "open"}})
    assert found["total_count"] == 1


def test_addresses_are_taken_and_unreachable_ones_refused(api, admin):
    conversation = api.conversation(api.contact())
    path = f"/conversations/{conversation}/reply"
    api("POST", path, comment(admin, attachment_urls=["https://files.example/a%20b.png"]))
    assert api.parts(conversation)[0]["attachments"][0]["name"] == "a b.png"
    for url in ("http://nowhere.invalid/x.png", "ftp://files.example/x.png", "/x.png"):
        api.refused("POST", path, comment(admin, attachment_urls=[url]))


@pytest.mark.parametrize("refused", [True, False])
def test_empty_files_are_refused_under_the_rule(refused):
    with workspace(rules=Rules(empty_file_refused=refused)) as made:
        api = Api(made)
        body = comment(api("GET", "/admins")["admins"][0]["id"], attachment_files=[file(content=b"")])
        conversation = api.conversation(api.contact())
        api("POST", f"/conversations/{conversation}/reply", body, status=400 if refused else 200)


@pytest.mark.parametrize("refused", [True, False])
def test_a_time_in_the_future_is_refused_under_the_rule(refused):
    with workspace(rules=Rules(future_created_at_refused=refused)) as made:
        api = Api(made)
        ahead = int(made.clock.now()) + 3600
        body = {"from": {"type": "user", "id": api.contact()}, "body": "x", "created_at": ahead}
        api("POST", "/conversations", body, status=400 if refused else 200)
