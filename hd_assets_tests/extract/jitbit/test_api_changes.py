"""A delta of Jitbit's web API brings the raw rows to where a reading of everything would bring them, and asks less."""

from datetime import UTC, datetime, timedelta

import pytest

from hd_assets.extract.raw import RawStore, extract, extract_changes
from hd_assets_tests.jitbit import read, reading, rows, standin

NOW = datetime.now(UTC) + timedelta(minutes=1)


def shown(store):
    return {name: rows(store, name) for name in store.views()}


def a_day_at_the_desk(server):
    """Something of every kind happens: written, assigned, attached, renamed, created, deleted."""
    desk = server.store
    tickets = desk.tables["ticket"]
    childless = [row["ticket_id"] for row in tickets if not row["has_children"]]
    commented, retagged, deleted = childless[:3]
    comment = {**desk.tables["comment"][0], "ticket_id": commented, "comment_id": 99_001, "comment_date": NOW}
    desk.add("comment", **comment)
    file = {**desk.tables["attachment"][0], "ticket_id": commented, "comment_id": 99_001, "file_id": 99_002}
    desk.add("attachment", **file)
    desk.files[99_002] = b"late"
    desk.touch(commented, NOW, assigned_to_user_id=None, technician=None)
    desk.tables["ticket_tag"] = [row for row in desk.tables["ticket_tag"] if row["ticket_id"] != retagged]
    desk.touch(retagged, NOW, status_id=3, status_name="Closed")
    desk.delete(deleted)
    desk.add(
        "ticket", **{**tickets[0], "ticket_id": 99_003, "has_children": False, "issue_date": NOW, "last_updated": NOW}
    )
    desk.tables["user"][-1]["phone"] = "+49 30 000"
    desk.tables["company"][0]["name"] = "Renamed & Co"
    desk.tables["article"].pop()
    desk.tables["article"][0]["subject"] = "How to, once more"
    desk.tables["comment_template"].pop()
    desk.tables["category_technician"].pop()


@pytest.fixture(scope="module")
def after_a_day(tmp_path_factory):
    server = standin()
    store = read(tmp_path_factory.mktemp("delta"), server)
    a_day_at_the_desk(server)
    server.requests.clear()
    delta = extract_changes(reading(server), store)
    asked = list(server.requests)
    fresh = RawStore(tmp_path_factory.mktemp("fresh"))
    extract(reading(server), fresh)
    return store, delta, asked, fresh


def test_a_delta_ends_where_a_reading_of_everything_ends(after_a_day):
    store, delta, _, fresh = after_a_day
    assert delta.kind == "delta"
    ours, theirs = shown(store), shown(fresh)
    # what a deleted thing alone had in a column stays in the inventory, and so do statuses no ticket has any more
    for name in ours.keys() - {"source_column", "status", "custom_field"}:
        assert ours[name] == theirs[name], name
    assert set(ours["status"]) >= set(theirs["status"])


def test_only_tickets_that_changed_are_read_and_only_new_files(after_a_day):
    _, delta, asked, _ = after_a_day
    assert delta.row_counts["ticket"] == 3
    assert sum(name == "ticket" for _, name, _ in asked) == 4  # the deleted one is asked for once more
    assert [parameters["id"] for _, name, parameters in asked if name == "attachment" if parameters["id"] == "99002"]
    assert any("updatedfrom" in parameters for _, name, parameters in asked if name == "tickets")
