"""Same source, other rules: drift, told once and sent when asked for. Another source: brought up to date, or listed."""

from datetime import timedelta

import pytest

from hd_assets_tests import builders
from hd_assets_tests.builders import MIGRATION
from hd_assets_tests.publish.checker import differences
from hd_assets_tests.publish.desk import NOW, desk, rows

# kind → the row it comes from, and values that give it another payload
UPDATABLE = {
    "company": ("org-1", {"custom_attributes": {"seats": 77}}),
    "contact": ("user-1", {"custom_attributes": {"vip": True}, "name": "Other Name"}),
    "details": ("ticket-1", {"custom_attributes": {"number": "X1"}}),
    "assign_team": ("ticket-2", {"inbox": None}),
    "assign_admin": ("ticket-1", {"assignee": f"{MIGRATION}-staff-2"}),
    "snooze": ("ticket-4", {"snoozed_until": NOW + timedelta(days=60)}),
    "state": ("ticket-1", {"state": "open"}),
    "convert": ("ticket-3", {"state": "open"}),
    "conversation_tag": ("ticket-1", {"tags": [f"{MIGRATION}-topic-1"]}),
    "article": ("faq-1", {"title": "Another title"}),
}
# kinds that other rules want of a finished conversation for the first time
FIRST = {
    "assign_team": ("ticket-1", {"inbox": f"{MIGRATION}-dept-1"}),
    "assign_admin": ("ticket-2", {"assignee": f"{MIGRATION}-staff-1"}),
    "state": ("ticket-2", {"state": "closed"}),
    "conversation_tag": ("ticket-2", {"tags": [f"{MIGRATION}-topic-1"]}),
}


def changed(staged, record, values, *, source):
    """The rows with one changed: by its source, or by the mapping alone."""
    name = f"{MIGRATION}-{record}"
    digest = {"source_digest": builders.digest(values)} if source else {}
    found = [
        row.model_copy(update=values | digest) if getattr(row, "external_id", "") == name else row for row in staged
    ]
    assert found != staged
    return found


@pytest.fixture
def published(tmp_path):
    made = desk(tmp_path, rows(4))
    made.publish()
    yield made
    made.simulator.close()


def republish(made, **values):
    before = len(made.transport.writes)
    made.publish(**values)
    marks = [path for _, path in made.transport.writes[before:] if path.startswith("/conversations/attributes")]
    return [path for _, path in made.transport.writes[before:] if path not in marks]


@pytest.mark.parametrize("kind", UPDATABLE)
def test_another_mapping_over_the_same_source_is_drift_told_once_and_not_sent(published, kind):
    published.stage(changed(rows(4), *UPDATABLE[kind], source=False))
    first = published.plan()
    assert first.operations == {}
    assert first.conflicts == []
    assert dict(first.new_drift) == {kind: 1}
    second = published.plan()
    assert dict(second.drift) == {kind: 1}
    assert second.new_drift == {}
    assert republish(published) == []


@pytest.mark.parametrize("kind", UPDATABLE)
def test_drift_that_is_asked_for_is_sent_and_then_gone(published, kind):
    staged = changed(rows(4), *UPDATABLE[kind], source=False)
    published.stage(staged)
    assert dict(published.plan().drift) == {kind: 1}
    assert dict(published.plan(send_drift=True).operations) == {kind: 1}
    assert len(republish(published)) >= 1
    assert differences(published, staged) == []
    after = published.plan()
    assert (after.operations, after.drift) == ({}, {})


@pytest.mark.parametrize("kind", UPDATABLE)
def test_a_changed_source_is_brought_up_to_date_without_being_asked(published, kind):
    staged = changed(rows(4), *UPDATABLE[kind], source=True)
    published.stage(staged)
    summary = published.plan()
    assert dict(summary.operations) == {kind: 1}
    assert summary.drift == {}
    republish(published)
    assert differences(published, staged) == []


@pytest.mark.parametrize("kind", UPDATABLE)
def test_drift_does_not_hide_a_source_that_changes_later(published, kind):
    published.stage(changed(rows(4), *UPDATABLE[kind], source=False))
    published.plan()
    published.stage(changed(rows(4), *UPDATABLE[kind], source=True))
    assert dict(published.plan().operations) == {kind: 1}


@pytest.mark.parametrize("kind", FIRST)
def test_what_another_mapping_wants_of_a_finished_conversation_for_the_first_time_is_drift(published, kind):
    staged = changed(rows(4), *FIRST[kind], source=False)
    published.stage(staged)
    assert dict(published.plan().new_drift) == {kind: 1}
    second = published.plan()
    assert (second.operations, dict(second.drift), second.new_drift) == ({}, {kind: 1}, {})
    assert republish(published) == []
    assert dict(published.plan(send_drift=True).operations) == {kind: 1}
    republish(published)
    assert differences(published, staged) == []


@pytest.mark.parametrize("kind", FIRST)
def test_what_a_changed_source_wants_for_the_first_time_is_sent(published, kind):
    staged = changed(rows(4), *FIRST[kind], source=True)
    published.stage(staged)
    assert dict(published.plan().operations) == {kind: 1}
    republish(published)
    assert differences(published, staged) == []


@pytest.mark.parametrize("kind", FIRST)
def test_a_source_that_changes_after_the_drift_sends_it(published, kind):
    published.stage(changed(rows(4), *FIRST[kind], source=False))
    published.plan()
    published.stage(changed(rows(4), *FIRST[kind], source=True))
    assert dict(published.plan().operations) == {kind: 1}


@pytest.mark.parametrize("asked", [False, True])
def test_a_sent_part_is_never_sent_again_whatever_is_asked(published, asked):
    by_rules = changed(rows(4), "entry-11", {"body_html": "<p>Other markup</p>"}, source=False)
    published.stage(by_rules)
    summary = published.plan(send_drift=asked)
    assert (summary.operations, dict(summary.drift), summary.conflicts) == ({}, {"reply": 1}, [])
    by_source = changed(rows(4), "entry-11", {"body_html": "<p>Other words</p>"}, source=True)
    published.stage(by_source)
    summary = published.plan(send_drift=asked)
    assert (summary.operations, summary.drift) == ({}, {})
    assert summary.conflicts == [f"reply:{MIGRATION}-entry-11:0"]
    assert republish(published, send_drift=asked) == []


@pytest.mark.parametrize(("by", "drift", "conflicts"), [("limit", 1, 0), ("source", 0, 1)])
def test_a_file_that_a_limit_takes_away_is_drift_and_one_that_changed_a_conflict(published, by, drift, conflicts):
    values = {"disposition": "oversize", "carrier": None} if by == "limit" else {"filename": "other.txt"}
    published.stage(changed(rows(4), "file-11", values, source=by == "source"))
    summary = published.plan()
    assert (sum(summary.drift.values()), len(summary.conflicts), summary.operations) == (drift, conflicts, {})
