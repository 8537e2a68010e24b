from __future__ import annotations

import pytest

from hd_assets.errors import UsageError
from hd_assets.simulator.rules import Rules, marks
from hd_assets_tests.simulator.api import Api, comment, file, said

PROVISION = {
    "admins": [{"name": "Ann Teller", "email": "ANN@helpdesk.example"}, {"name": "Bo", "email": "bo@helpdesk.example"}],
    "teams": [{"name": "Support", "admin_emails": ["bo@helpdesk.example"]}],
    "custom_object_types": ["change"],
}


def test_provisioning_is_idempotent_by_email_and_name(api, admin, team):
    first = api("POST", "/_simulator/provision", PROVISION)
    assert api("POST", "/_simulator/provision", PROVISION) == first
    assert first["admins"]["ANN@helpdesk.example"] == admin
    assert first["teams"]["Support"] == team
    assert api("GET", f"/teams/{team}")["admin_ids"] == sorted(int(entry) for entry in first["admins"].values())
    assert int(team) in api("GET", f"/admins/{admin}")["team_ids"]


def test_one_teammate_and_one_team_can_be_added(api):
    bo = api("POST", "/_simulator/admins", {"name": "Bo", "email": "bo@helpdesk.example"})["id"]
    team = api("POST", "/_simulator/teams", {"name": "Sales", "admin_emails": ["bo@helpdesk.example"]})["id"]
    assert api("GET", f"/teams/{team}")["admin_ids"] == [int(bo)]


@pytest.mark.parametrize(
    "wrong",
    [
        {"admins": [{"name": "x"}]},
        {"admins": ["x"]},
        {"teams": [{"name": "T", "admin_emails": ["no@one"]}]},
        {"teams": 1},
    ],
)
def test_wrong_provisioning_changes_nothing(api, simulator, wrong):
    before = simulator.counts()
    api.refused("POST", "/_simulator/provision", wrong)
    assert simulator.counts() == before


def test_the_state_counts_objects_requests_and_writes(api):
    conversation = api.conversation(api.contact())
    api.client.get("/nowhere")
    state = api("GET", "/_simulator/state")
    assert (state["counts"]["conversations"], state["counts"]["contacts"], state["writes"]) == (1, 1, 2)
    assert state["requests"] == {"GET (unknown)": 1, "POST /contacts": 1, "POST /conversations": 1}
    assert state["notifications"] == {"conversation_created": 1}
    assert conversation


def test_requests_can_be_followed(api):
    api("GET", "/me")
    api.refused("GET", "/contacts/none", status=404)
    entries = api("GET", "/_simulator/requests")["requests"]
    assert [(entry["path"], entry["status"]) for entry in entries] == [("/me", 200), ("/contacts/none", 404)]
    assert len(api("GET", "/_simulator/requests", after=entries[0]["number"])["requests"]) == 1


def test_a_reset_leaves_an_empty_workspace_that_works(api, simulator):
    api.conversation(api.contact())
    api("POST", "/_simulator/reset")
    counts = simulator.counts()
    assert (counts["conversations"], counts["contacts"], counts["admins"], counts["ticket_types"]) == (0, 0, 0, 1)
    api.conversation(api.contact())


def test_a_page_in_a_browser_cannot_steer_it(simulator):
    foreign = Api(simulator, Origin="https://evil.example")
    foreign.refused("POST", "/_simulator/reset", status=403)


def test_wrong_faults_are_refused(api):
    api.refused("POST", "/_simulator/faults", {"faults": [{"kind": "earthquake"}]})


def test_every_rule_says_how_well_it_is_known():
    known = marks()
    assert set(known) == set(Rules.model_fields)
    assert set(known.values()) == {"stated", "documented", "reported", "guessed"}
    for name, field in Rules.model_fields.items():
        assert field.description is not None
        assert field.description.endswith(f"({known[name]})")


def test_rules_can_change_while_it_runs(api, simulator):
    talk = api.conversation(contact := api.contact())
    for number in range(3):
        api("POST", f"/conversations/{talk}/reply", said(contact, str(number)))
    simulator.rules = simulator.rules.model_copy(update={"parts_shown": 2, "requests_per_minute": 12})
    assert len(api.parts(talk)) == 2
    assert [api.client.get("/me").status_code for _ in range(2)] == [200, 429]


def test_a_rule_file_may_be_json_or_yaml(tmp_path):
    path = tmp_path / "rules.yaml"
    path.write_text("parts_order: created\nsearch_lag_seconds: 5\n")
    assert Rules.load(path) == Rules(parts_order="created", search_lag_seconds=5)
    path.write_text("")
    assert Rules.load(path) == Rules()


@pytest.mark.parametrize("content", ["gravity: 9.81", "parts_order: random", "{", "- 1"])
def test_a_wrong_rule_file_says_what_to_write(tmp_path, content):
    path = tmp_path / "rules.yaml"
    path.write_text(content)
    with pytest.raises(UsageError, match="mend"):
        Rules.load(path)
    with pytest.raises(UsageError, match="cannot read"):
        Rules.load(tmp_path / "none")


def test_the_inbox_lists_finds_and_escapes(api, admin):
    contact = api.contact(name="Joé <Bloggs>", email="joe@acme.example")
    api("POST", "/conversations/attributes", {"name": "Ticket number", "data_type": "string"})
    conversation = api.conversation(contact, "<script>alert(1)</script>")
    api.conversation(api.contact("other"), "something else")
    body = {"title": "Fire & <smoke>", "custom_attributes": {"Ticket number": "100234"}}
    api("PUT", f"/conversations/{conversation}", body)
    for wanted in ("100234", "fire", "JOÉ"):
        page = api.client.get("/", params={"q": wanted}).text
        assert page.count('class="row"') == 1
        assert "Fire &amp; &lt;smoke&gt;" in page
    assert api.client.get("/").text.count('class="row"') == 2
    assert api.client.get("/", params={"state": "closed"}).text.count('class="row"') == 0


def test_a_thread_shows_notes_apart_with_files_and_facts(api, admin, team):
    contact = api.contact(name="Joé <Bloggs>")
    conversation = api.conversation(contact, "<script>alert(1)</script>")
    path = f"/conversations/{conversation}"
    api("POST", f"{path}/reply", said(contact, "see <b>this</b><script>x</script>"))
    image = file("<fire>.png", b"\x89PNG", "image/png")
    api("POST", f"{path}/reply", {**comment(admin, "inside"), "message_type": "note", "attachment_files": [image]})
    api("POST", f"{path}/parts", {"message_type": "assignment", "type": "team", "admin_id": admin, "assignee_id": team})
    api("POST", f"{path}/convert", {"ticket_type_id": api("GET", "/ticket_types")["data"][0]["id"]})
    answer = api.client.get(f"/inbox/{conversation}")
    page = answer.text
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "Joé &lt;Bloggs&gt;" in page
    assert 'class="message note"' in page
    assert 'alt="&lt;fire&gt;.png"' in page
    assert "assigned the conversation to Support" in page
    assert "Submitted" in page
    assert "img-src 'self'" in answer.headers["content-security-policy"]
    assert api.client.get("/inbox/999").status_code == 404


def test_times_in_attributes_are_shown_as_dates(api):
    talk = api.conversation(api.contact())
    for name, kind in (("due", "datetime"), ("size", "integer")):
        api("POST", "/conversations/attributes", {"name": name, "data_type": kind})
    api("POST", "/ticket_types/51/attributes", {"name": "until", "description": "", "data_type": "datetime"})
    api("PUT", f"/conversations/{talk}", {"custom_attributes": {"due": 1_700_000_000, "size": 1_700_000_001}})
    body = {"ticket_type_id": "51", "attributes": {"until": 1_600_000_000}}
    api("POST", f"/conversations/{talk}/convert", body)
    page = api.client.get(f"/inbox/{talk}").text
    assert '<dt>due</dt><dd><time datetime="2023-11-14T22:13:20+00:00">2023-11-14 22:13</time></dd>' in page
    assert ">2020-09-13 12:26</time>" in page
    assert "<dt>size</dt><dd>1700000001</dd>" in page


def test_the_inbox_has_pages(api):
    contact = api.contact()
    for number in range(51):
        api.conversation(contact, f"message {number}", created_at=1_500_000_000 + number)
    assert api.client.get("/").text.count('class="row"') == 50
    assert "Page 2 of 2" in api.client.get("/", params={"page": "2"}).text
    assert api.client.get("/", params={"page": "99"}).text.count('class="row"') == 1
