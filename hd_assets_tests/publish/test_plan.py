"""What a plan wants when staging changes after publishing."""

from datetime import timedelta

import pytest

from hd_assets.errors import BlockedError
from hd_assets.publish import payloads
from hd_assets_tests import builders
from hd_assets_tests.builders import MIGRATION
from hd_assets_tests.publish.checker import differences, read
from hd_assets_tests.publish.desk import desk, rows


def replaced(staged, external_id, **values):
    """The same rows with one changed in the source."""
    changed = [
        row.model_copy(update={"source_digest": builders.digest(values), **values})
        if getattr(row, "external_id", None) == external_id
        else row
        for row in staged
    ]
    assert changed != staged
    return changed


@pytest.fixture
def published(tmp_path):
    made = desk(tmp_path, rows(3))
    made.publish()
    yield made
    made.simulator.close()


def test_planning_twice_gives_the_same_plan_and_sends_nothing(tmp_path):
    made = desk(tmp_path, rows(3))
    first, second = made.plan(), made.plan()
    assert first.operations == second.operations
    assert first.total_requests == second.total_requests > 40
    assert first.bytes == 3 * (16 + 12)
    assert made.transport.sent == []


def test_a_changed_company_contact_title_and_state_are_brought_up_to_date(published):
    staged = rows(3)
    staged = replaced(staged, f"{MIGRATION}-org-1", name="Renamed")
    staged = replaced(staged, f"{MIGRATION}-user-1", name="New Name")
    changes = {"title": "Better title", "state": "open", "tags": [f"{MIGRATION}-topic-1"]}
    staged = replaced(staged, f"{MIGRATION}-ticket-1", **changes)
    staged = replaced(staged, f"{MIGRATION}-ticket-3", state="open")
    published.stage(staged)
    summary = published.plan()
    assert dict(summary.operations) == {
        "company": 1,
        "contact": 1,
        "details": 1,
        "state": 1,
        "conversation_tag": 1,
        "convert": 1,
    }
    published.publish(planned=False)
    assert summary.conflicts == []
    with published.api() as api:
        assert api.get("/companies", params={"company_id": f"{MIGRATION}-org-1"}).json()["name"] == "Renamed"
        assert api.get(f"/contacts/find_by_external_id/{MIGRATION}-user-1").json()["name"] == "New Name"
    assert differences(published, staged) == []


def test_a_cleared_attribute_is_cleared(published):
    staged = replaced(rows(3), f"{MIGRATION}-ticket-1", custom_attributes={"number": "N1"})
    published.stage(staged)
    published.publish()
    values = read(published)[f"{MIGRATION}-ticket-1"][0]["custom_attributes"]
    assert values == {"number": "N1", "desk_source_id": f"{MIGRATION}-ticket-1"}


def test_a_changed_or_vanished_part_is_listed_and_never_overwritten(published):
    staged = replaced(rows(3), f"{MIGRATION}-entry-11", body_html="<p>Edited later</p>")
    staged = [row for row in staged if getattr(row, "external_id", "") != f"{MIGRATION}-entry-14"]
    published.stage(staged)
    writes = len(published.transport.writes)
    summary = published.plan()
    # the contact who wrote the vanished part stays a participant as well
    assert sorted(summary.conflicts) == [
        f"participant:{MIGRATION}-ticket-1/{MIGRATION}-user-3:0",
        f"reply:{MIGRATION}-entry-11:0",
        f"reply:{MIGRATION}-entry-14:0",
    ]
    published.publish(planned=False)
    assert published.transport.writes[writes:] == []
    published.stage(rows(3))
    assert published.plan().conflicts == []


def test_a_new_part_is_appended_and_the_conversation_closed_again(published):
    staged = rows(3)
    head = next(row for row in staged if getattr(row, "external_id", "") == f"{MIGRATION}-ticket-1")
    staged.append(builders.part(head, 5))
    published.stage(staged)
    assert dict(published.plan().operations) == {"reply": 1, "state": 1}
    published.publish(planned=False)
    assert differences(published, staged) == []


def test_a_new_part_older_than_the_last_one_sent_is_appended_with_its_true_time_in_the_text(published):
    staged = rows(3)
    head = next(row for row in staged if getattr(row, "external_id", "") == f"{MIGRATION}-ticket-1")
    old = builders.reply(head, 1, number=777, sent_at=head.opening_at + timedelta(seconds=90), body_html="<p>Late</p>")
    staged = [
        row.model_copy(update={"position": row.position + (row.position > 1)})
        if row.table == "parts" and row.conversation == head.external_id
        else row
        for row in staged
    ]
    staged.append(old.model_copy(update={"position": 2}))
    published.stage(staged)
    summary = published.plan()
    assert summary.late == [f"{MIGRATION}-entry-777"]
    published.publish(planned=False)
    parts = read(published)[head.external_id][0]["conversation_parts"]["conversation_parts"]
    last = [part for part in parts if part["part_type"] in ("comment", "note")][-1]
    assert last["body"] == "<p>[2024-01-10 10:01:30 UTC]</p><p>Late</p>"
    assert last["created_at"] == int((head.opening_at + timedelta(minutes=4, seconds=1)).timestamp())
    assert published.plan().operations == {}


def test_new_rules_over_unchanged_source_are_drift_reported_once_and_not_sent(published, monkeypatch):
    original = payloads.Rules.values

    def other_rules(self, given, holder):
        return {**original(self, given, holder), "number": "changed by rule"}

    monkeypatch.setattr(payloads.Rules, "values", other_rules)
    first = published.plan()
    assert first.operations == {}
    assert first.new_drift["details"] == 3
    second = published.plan()
    assert second.drift["details"] == 3
    assert second.new_drift == {}
    writes = len(published.transport.writes)
    published.publish(planned=False)
    assert published.transport.writes[writes:] == []


def test_publishing_what_was_not_planned_is_refused(tmp_path):
    made = desk(tmp_path, rows(2))
    made.plan()
    made.stage(replaced(rows(2), f"{MIGRATION}-ticket-1", title="Other"))
    with pytest.raises(BlockedError, match="staging changed since the plan"):
        made.publish(planned=False)
    assert read(made) == {}


def test_a_snooze_is_fixed_at_the_first_plan(tmp_path):
    made = desk(tmp_path, rows(4))
    made.plan()
    made.clock.sleep(60 * 86_400)
    with made.context(as_of=None) as context:
        from hd_assets.partitions import EVERYTHING
        from hd_assets.publish.plan import plan

        assert plan(context, EVERYTHING).operations["snooze"] == 1
    made.publish(planned=False)
    with made.context() as context:
        assert context.books.kind_counts()[("snooze", "skipped")] == 1


def test_only_the_named_tickets_and_months_are_published(tmp_path):
    made = desk(tmp_path, rows(3))
    made.publish(only=frozenset({"2"}))
    assert list(read(made)) == [f"{MIGRATION}-ticket-2"]
    made.publish()
    assert len(read(made)) == 3
