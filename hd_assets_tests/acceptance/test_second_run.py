"""What a second start does, and what a start that may not write does: judged by the workspace's own counter."""

from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest

from hd_assets_tests.acceptance.books import differences, tables, workspace_book
from hd_assets_tests.acceptance.trials import MONTHS

BLOCKED = 3


@contextmanager
def writes(workshop, exactly):
    """The workspace counts exactly so many successful writes by route."""
    before = workshop.told()["requests"]
    counted = workshop.writes()
    yield
    after = workshop.told()["requests"]
    changed = {route: count - before.get(route, 0) for route, count in after.items() if not route.startswith("GET ")}
    searches = ("POST /conversations/search", "POST /contacts/search", "POST /companies/list", "POST /tickets/search")
    sent = {route: count for route, count in changed.items() if count and route not in searches}
    assert sent == exactly
    assert workshop.writes() - counted == sum(exactly.values())


def test_published_twice_the_second_run_writes_nothing(staged, tmp_path):
    with staged.copy(tmp_path, published=True) as workshop, writes(workshop, {}):
        workshop.does(workshop.child("publish", *MONTHS))


@pytest.mark.campaign
def test_campaign_a_range_of_months_published_again_writes_nothing(staged, tmp_path):
    with staged.copy(tmp_path, published=True) as workshop, writes(workshop, {}):
        workshop.does(workshop.child("publish", "2023-01", "2023-02"))


@pytest.mark.campaign
def test_campaign_a_run_without_execute_prints_the_plan_and_writes_nothing(staged, tmp_path):
    with staged.copy(tmp_path) as workshop, writes(workshop, {}):
        said = workshop.does(workshop.command("run", "osticket", "--from", MONTHS[0], "--to", MONTHS[1]))
        assert "plan: " in said
        assert "nothing was sent" in said


@pytest.mark.campaign
def test_campaign_the_publish_job_without_execute_is_refused_and_writes_nothing(staged, tmp_path):
    with staged.copy(tmp_path) as workshop, writes(workshop, {}):
        said = workshop.does(workshop.child("dry", *MONTHS), code=BLOCKED)
        assert "nothing sent" in said


@pytest.mark.campaign
def test_campaign_the_publish_job_after_a_failed_check_is_refused_and_writes_nothing(staged, tmp_path):
    with staged.copy(tmp_path) as workshop, writes(workshop, {}):
        with duckdb.connect(str(workshop.home / "osticket" / "warehouse.duckdb")) as connection:
            connection.execute(
                "delete from staging.parts where external_id = (select max(external_id) from staging.parts)"
            )
        said = workshop.does(workshop.child("publish", *MONTHS), code=BLOCKED)
        assert "error: " in said or "check failed: " in said


def test_of_a_changed_source_only_the_change_is_written(staged, tmp_path):
    """One more entry on an open ticket."""
    ticket = next(
        key for key, found in staged.reference["conversations"].items() if found["state"] == "open" and found["parts"]
    )
    with staged.copy(tmp_path, published=True) as workshop:
        workshop.environment["OSTICKET_DUMP"] = str(with_one_more_entry(staged, tmp_path / "changed.sql", ticket))
        workshop.does(workshop.child("stage"))
        # the mark before the first and after the last write
        mark = {"PUT /conversations/attributes/{id}": 2}
        with writes(workshop, {"POST /conversations/{id}/reply": 1, **mark}):
            workshop.does(workshop.child("publish", *MONTHS))
        book = workspace_book(workshop.url, staged.source)
    reference = staged.reference | {"conversations": dict(staged.reference["conversations"])}
    before, after = (found["conversations"].pop(ticket) for found in (reference, book))
    said = differences(book, reference)
    assert after["parts"][:-1] == before["parts"]
    assert "One thing more." in after["parts"][-1]["body"]
    comments = staged.reference["counts"]["comments"]
    # other parts are what the workspace itself notes about its state
    assert [line for line in said if not line.startswith("counts parts")] == [
        f"counts comments: {comments + 1} instead of {comments}"
    ]


def with_one_more_entry(staged, path, ticket):
    """A copy of the dump whose ticket got one more message from its requester."""
    dump = Path(staged.report.variables["OSTICKET_DUMP"])
    entries = tables(dump)["thread_entry"]
    first = staged.source.entries[ticket][0]
    row = first | {"id": str(max(int(entry["id"]) for entry in entries) + 1), "pid": "0", "type": "M", "flags": "64"}
    row |= {"title": None, "body": "<p>One thing more.</p>", "format": "html", "created": "2023-04-01 10:00:00"}
    values = ",".join("NULL" if value is None else f"'{value}'" for value in row.values())
    end = ";\n/*!40000 ALTER TABLE `ost_thread_entry` ENABLE KEYS */"
    source = dump.read_text(encoding="utf-8")
    assert source.count(end) == 1
    path.write_text(source.replace(end, f",\n({values}){end}"), encoding="utf-8")
    return path


@pytest.mark.campaign
def test_campaign_months_published_one_by_one_arrive_like_all_at_once(staged, tmp_path):
    with staged.copy(tmp_path) as workshop:
        for month in ("2023-02", "2023-01", "2023-03", "2023-04"):
            workshop.does(workshop.child("publish", month, month))
        book = workspace_book(workshop.url, staged.source)
    assert differences(book, staged.reference) == []


@pytest.mark.campaign
def test_campaign_the_command_line_publishes_the_same_and_the_second_time_nothing(staged, tmp_path):
    with staged.copy(tmp_path) as workshop:
        command = ("run", "osticket", "--until", "publish", "--execute")
        workshop.does(workshop.command(*command))
        assert differences(workspace_book(workshop.url, staged.source), staged.reference) == []
        with writes(workshop, {}):
            workshop.does(workshop.command(*command))
