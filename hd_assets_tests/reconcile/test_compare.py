"""Everything that was sent is read back; what is not as staging says shows with its field, and nothing else does."""

from dataclasses import replace

import pytest

from hd_assets.partitions import EVERYTHING, Window
from hd_assets.publish.outcomes import StoppedError
from hd_assets_tests.reconcile.world import FEBRUARY, JANUARY, at, conversation, part, reply


def test_a_faithful_migration_has_no_difference(world):
    outcome = world.reconcile()
    assert world.differences() == set()
    assert (outcome.differing, outcome.missing, outcome.extra) == (0, 0, 0)
    compared = {name: result.compared for name, result in outcome.by_object.items()}
    assert compared == {
        "attributes": 7,
        "tags": 1,
        "collections": 1,
        "companies": 1,
        "contacts": 1,
        "custom_objects": 0,
        "redirects": 0,
        "articles": 1,
        "conversations": 1,
        "tickets": 1,
        "parts": 4,
        "attachments": 1,
    }


@pytest.mark.parametrize(
    ("staged", "expected"),
    [
        (conversation("1", title="Gate"), {("depot-ticket-1", "title", "value")}),
        (conversation("1", opening_text="Other words"), {("depot-ticket-1", "opening_text", "value")}),
        (conversation("1", opening_at=at(10, 0, 30)), {("depot-ticket-1", "created_at", "value")}),
        (conversation("1", state="closed"), {("depot-ticket-1", "state", "value")}),
        (conversation("1", ticket_state="submitted"), {("depot-ticket-1", "state", "value")}),
        (conversation("1", assignee=None), {("depot-ticket-1", "assignee", "value")}),
        (conversation("1", company=None), {("depot-ticket-1", "company", "value")}),
        (conversation("1", inbox=None), {("depot-ticket-1", "team", "value")}),
        (conversation("1", tags=[]), {("depot-ticket-1", "tags", "extra")}),
        (conversation("1", custom_attributes={}), None),
        (part(2, 1, author_kind="teammate", author="depot-agent-2"), None),
        (part(4, 3, body_html="<p>Words of entry 5</p>"), {("depot-entry-4", "text", "value")}),
        (part(4, 3, sent_at=at(10, 3, 1)), {("depot-entry-4", "created_at", "value")}),
        (part(4, 3, kind="note"), None),
    ],
    ids=lambda value: "",
)
def test_each_field_that_differs_is_named(world, staged, expected):
    world.stage(staged)
    outcome = world.reconcile()
    assert world.differences()
    if expected is not None:
        assert world.differences() == expected
        assert outcome.extra or outcome.differing


def test_no_text_or_address_reaches_the_warehouse(world):
    world.stage(part(4, 3, body_html="<p>Confidential matter</p>"), conversation("1", title="Secret door"))
    world.reconcile()
    kept = str(world.query("from reconcile.compared")) + str(world.query("from reconcile.difference"))
    assert not [word for word in ("Confidential", "Secret", "Ada", "@") if word in kept]


def test_the_name_of_an_agent_nobody_stands_for_is_part_of_the_expected_text(world):
    world.stage(
        part(3, 2, author_kind="teammate", author="depot-agent-2", author_name="Another Name", kind="note"),
    )
    world.reconcile()
    assert world.differences() == {("depot-entry-3", "text", "value")}


def test_a_part_that_never_arrived_is_missing_with_its_files(world):
    world.stage(part(9, 5, body_html="<p>Never sent</p>", sent_at=at(10, 20)))
    outcome = world.reconcile()
    assert world.differences() == {("depot-entry-9", "record", "missing")}
    assert outcome.by_object["parts"].missing == outcome.differing == 1


def test_a_reply_of_somebody_else_is_extra_and_no_difference(world):
    reply(world, world.ids["thread"], admin=world.ids["bob"], html="<p>Later</p>", when=at(20, 0))
    outcome = world.reconcile()
    assert (outcome.differing, outcome.extra, outcome.by_object["parts"].extra) == (0, 1, 1)
    assert {kind for _, _, kind in world.differences()} == {"extra"}
    assert world.query("select count(*) from reconcile.compared where object = 'parts'") == [(4,)]


def test_a_deleted_conversation_is_missing_with_everything_in_it(world):
    world.ask("DELETE", f"/conversations/{world.ids['thread']}")
    outcome = world.reconcile()
    counts = {name: result.missing for name, result in outcome.by_object.items() if result.missing}
    assert counts == {"conversations": 1, "tickets": 1, "parts": 4, "attachments": 1}


def test_files_are_compared_by_their_bytes(world):
    staged = world.query("select size_bytes from staging.attachments")
    assert staged == [(10,)]
    with world.context() as context, context.warehouse.transaction() as connection:
        connection.execute("update staging.attachments set sha256 = repeat('0', 64)")
    world.reconcile()
    assert world.differences() == {("depot-use-1", "sha256", "value")}


def test_people_and_articles_changed_in_the_workspace_show(world):
    world.ask("PUT", f"/contacts/{world.ids['contact']}", phone="+49401234", custom_attributes={"depot_title": "Boss"})
    world.ask("PUT", f"/companies/{world.ids['company']}", name="Other firm")
    world.ask("PUT", f"/articles/{world.ids['article']}", body="<p>Pull.</p>")
    world.ask("DELETE", f"/contacts/{world.ids['contact']}/companies/{world.ids['company']}")
    world.reconcile()
    assert world.differences() == {
        ("depot-person-1", "phone", "value"),
        ("depot-person-1", "depot_title", "value"),
        ("depot-person-1", "companies", "value"),
        ("depot-firm-1", "name", "value"),
        ("depot-faq-1", "body", "value"),
    }


def test_parts_beyond_what_the_target_shows_stand_by_the_ledger(world):
    world.simulator.rules = world.simulator.rules.model_copy(update={"parts_shown": 10})
    # the newest ten hold the events at the end and the history note, not the first replies
    for minute in range(6):
        world.ask("PUT", f"/conversations/{world.ids['thread']}", title="Gate" if minute % 2 == 0 else "Door")
    outcome = world.reconcile()
    parts = outcome.by_object["parts"]
    assert parts.by_ledger > 0
    assert outcome.differing == 0
    world.book(("reply", "parts", "depot-entry-2"), state="unknown")
    assert world.reconcile().by_object["parts"].missing == 1


def test_a_late_part_is_expected_at_the_end_with_its_true_time_in_the_text(world):
    world.stage(part(8, 1, body_html="<p>Late words</p>", sent_at=at(10, 1, 30), created_at=at(10, 1, 30)))
    html = "<p>[2024-01-10 09:01:30 UTC]</p><p>Late words</p>"
    reply(world, world.ids["thread"], contact=world.ids["contact"], html=html, when=at(10, 10))
    created = int(at(10, 10).timestamp())
    world.book(("reply", "parts", "depot-entry-8"), remark="late", created_at=created)
    assert world.reconcile().differing == 0


def test_a_rerun_replaces_its_window_and_no_other(world):
    world.stage(conversation("1", title="Gate"))
    world.reconcile()
    assert world.reconcile(Window(FEBRUARY, FEBRUARY.replace(month=3))).differing == 0
    assert world.differences() == {("depot-ticket-1", "title", "value")}
    world.stage(conversation("1"))
    world.reconcile(Window(JANUARY, FEBRUARY))
    assert world.differences() == set()
    assert world.query("select count(*), count(distinct compared_at) from reconcile.compared") == [(19, 1)]


def test_what_was_never_planned_is_not_asked_for(world):
    world.stage(conversation("2"), replace_contact(world))
    assert world.reconcile().missing == 0
    world.book(("conversation", "conversations", "depot-ticket-2"), state="planned", conversation="depot-ticket-2")
    assert world.reconcile().by_object["conversations"].missing == 1


def replace_contact(world):
    from hd_assets.model import Contact
    from hd_assets_tests.reconcile.world import row

    return row(Contact, "depot-person-5", name="Eve", role="user")


def test_a_stop_request_ends_the_read_back(world):
    from hd_assets.reconcile.compare import reconcile

    with world.context() as context:
        context.stop.set()
        with pytest.raises(StoppedError):
            reconcile(replace(context), EVERYTHING)


def test_a_ticket_is_compared_where_its_conversation_can_no_longer_be_read(world):
    world.simulator.rules = world.simulator.rules.model_copy(update={"converted_conversation_readable": False})
    outcome = world.reconcile()
    assert world.differences() == set()
    assert outcome.by_object["parts"].compared == 4
    world.stage(conversation("1", opening_text="Other words", title="Gate"))
    world.reconcile()
    assert {field for _, field, _ in world.differences()} == {"opening_text", "title"}
