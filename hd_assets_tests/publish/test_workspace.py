"""What the workspace has to bring, and what is said when it does not."""

import pytest

from hd_assets.errors import BlockedError
from hd_assets.publish.workspace import verify_workspace
from hd_assets.simulator.core import Simulator
from hd_assets.simulator.transport import SimulatorTransport
from hd_assets_tests import builders
from hd_assets_tests.builders import MIGRATION
from hd_assets_tests.publish.desk import FAST, MAPPING, Counting, desk, rows


@pytest.fixture
def made(tmp_path):
    ready = desk(tmp_path, rows(3))
    yield ready
    ready.simulator.close()


def problems(made):
    with made.context() as context:
        return {(problem.code, problem.name): problem.blocking for problem in verify_workspace(context)}


def test_a_fitting_workspace_has_only_the_agents_who_left(made):
    assert problems(made) == {("unmatched_agent", f"{MIGRATION}-staff-2"): False}


def test_a_published_workspace_is_verified_again_without_a_run(made):
    made.publish()
    assert problems(made) == {("unmatched_agent", f"{MIGRATION}-staff-2"): False}
    with made.context(exclusive=False) as context:
        assert len(verify_workspace(context)) == 1


def test_without_the_migration_admin_nothing_is_written(made):
    empty = Simulator(clock=made.clock, rules=FAST)
    made.transport = Counting(SimulatorTransport(empty))
    with pytest.raises(BlockedError, match="migration admin") as told:
        made.publish()
    assert "provision" in told.value.mend
    assert made.transport.writes == []


def test_active_agents_and_inboxes_without_a_counterpart_block_and_name_no_person(made):
    made.stage([*rows(3), builders.teammate(7, email="new@desk.example"), builders.inbox(9, name="Elsewhere")])
    with pytest.raises(BlockedError) as told:
        made.publish()
    assert f"{MIGRATION}-staff-7" in str(told.value)
    assert f"{MIGRATION}-dept-9" in str(told.value)
    assert "new@desk.example" not in str(told.value)
    assert made.transport.writes == []


def test_options_let_the_migration_admin_stand_in_and_leave_inboxes_unassigned(made):
    stand_in = MAPPING.replace("unmatched_agents: block", "unmatched_agents: migration_admin")
    made.write_mapping(stand_in + "    options: {unmatched_inboxes: unassigned}\n")
    made.stage([*rows(3), builders.teammate(7, email="new@desk.example"), builders.inbox(9, name="Elsewhere")])
    made.publish()


def test_notes_that_wait_for_an_upgrade_block_while_the_plan_is_essential(made):
    waiting = MAPPING.replace("internal_notes: note", "internal_notes: upgrade")
    made.write_mapping(waiting.replace("simulator: {}", "simulator: {plan: essential}"))
    made.stage(rows(3))
    with pytest.raises(BlockedError, match="wait for an upgrade") as told:
        made.publish()
    assert "name its new plan in the mapping" in told.value.mend
    assert made.transport.writes == []

    made.write_mapping(waiting.replace("simulator: {}", "simulator: {plan: advanced}"))
    made.publish()


def test_notes_made_public_by_name_are_told_with_every_look_at_the_workspace(made):
    made.write_mapping(MAPPING.replace("internal_notes: note", "internal_notes: {public: Ada Example}"))
    with made.context() as context:
        told = {problem.code: problem.blocking for problem in verify_workspace(context)}
    assert told["notes_made_public"] is False


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("/data_attributes", {"name": "vip", "model": "contact", "data_type": "string"}, "attribute_type"),
        ("/data_attributes", {"name": "VIP", "model": "contact", "data_type": "boolean"}, "attribute_case"),
        ("/data_attributes", {"name": "seats", "model": "contact", "data_type": "integer"}, "attribute_name_taken"),
        ("/conversations/attributes", {"name": "due", "data_type": "string"}, "attribute_type"),
        ("/ticket_types", {"name": "Migrated ticket", "category": "Back-office"}, "ticket_type_category"),
    ],
)
def test_definitions_that_cannot_carry_our_values_block_before_anything_is_created(made, path, body, code):
    with made.api() as api:
        assert api.post(path, json=body).status_code == 200
    assert (code, body["name"]) in problems(made) or any(found == code for found, _ in problems(made))
    with pytest.raises(BlockedError):
        made.publish()
    assert made.transport.writes == []


def test_an_archived_attribute_blocks(made):
    with made.api() as api:
        made_one = api.post("/data_attributes", json={"name": "vip", "model": "contact", "data_type": "boolean"}).json()
        api.put(f"/data_attributes/{made_one['id']}", json={"archived": True})
    assert problems(made)[("attribute_archived", "vip")]


def test_two_live_attributes_of_one_name_block(made):
    with made.api() as api:
        for _ in range(2):
            api.post("/conversations/attributes", json={"name": "number", "data_type": "string"})
    assert problems(made)[("attribute_twice", "number")]


def test_a_ticket_list_value_goes_by_the_id_of_its_item(made):
    made.publish()
    with made.context() as context:
        key = context.books.intercom_id("conversation", f"{MIGRATION}-ticket-3")
        item = context.books.intercom_id("ticket_option", "level/High")
    with made.api() as api:
        ticket = api.get(f"/tickets/{key}").json()
    assert ticket["ticket_attributes"]["level"] == item
    assert ticket["ticket_attributes"]["_default_title_"] == "Question 3"
    assert ticket["ticket_state"]["category"] == "resolved"
    assert ticket["open"] is False


def test_a_new_option_in_the_mapping_reaches_the_workspace(made):
    made.publish()
    made.write_mapping(MAPPING.replace("[Low, High]", "[Low, High, Urgent]"))
    made.publish()
    with made.api() as api:
        listed = api.get("/conversations/attributes").json()["data"]
    level = next(doc for doc in listed if doc["name"] == "level")
    assert [option["label"] for option in level["options"]] == ["Low", "High", "Urgent"]
    with made.context() as context:
        assert context.books.intercom_id("ticket_option", "level/Urgent")


@pytest.mark.parametrize(
    "rule",
    [
        {"resolved_ticket_closes": False},
        {"converted_conversation_readable": False},
        {"part_html": "notes"},
        {"parts_order": "created"},
        {"tag_repeat_allowed": False},
        {"company_lookup": "list"},
        {"contact_reply_needs_participant": False},
        {"event_parts": False},
    ],
    ids=str,
)
def test_guessed_rules_hold_both_ways(tmp_path, rule):
    from hd_assets.simulator.faults import Fault, FaultPlan

    made = desk(tmp_path, rows(5), **rule)
    fault = Fault(kind="applied_then_lost", every=6, route="^(POST|PUT) /(conversations|tickets)")
    made.simulator.set_faults(FaultPlan(faults=(fault,)))
    told = made.publish()
    assert told[-1]["conversations.created"] == 5
    counts = made.simulator.counts()
    assert (counts["conversations"], counts["tickets"], counts["comments"], counts["notes"]) == (5, 2, 15, 5)
    with made.context() as context:
        key = context.books.intercom_id("conversation", f"{MIGRATION}-ticket-3")
    with made.api() as api:
        assert api.get(f"/tickets/{key}").json()["open"] is False
