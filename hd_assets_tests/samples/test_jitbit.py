"""The generated Jitbit holds what every installation has, and is the same in each of its native forms."""

import csv
import hashlib
from collections import Counter

import pytest

from hd_assets.samples.jitbit import load, make
from hd_assets.samples.registry import write

TICKETS = 60


@pytest.fixture(scope="module")
def desk():
    return make(TICKETS)


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    return write("jitbit", tmp_path_factory.mktemp("sample"), TICKETS, seed=1)


def digests(folder):
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files(folder)}


def files(folder):
    return [path for path in sorted(folder.rglob("*")) if path.is_file()]


def test_the_same_arguments_give_the_same_bytes_and_another_seed_others(sample, tmp_path):
    write("jitbit", tmp_path / "again", TICKETS, seed=1)
    write("jitbit", tmp_path / "other", TICKETS, seed=2)
    assert digests(sample.directory) == digests(tmp_path / "again")
    assert digests(sample.directory) != digests(tmp_path / "other")


def test_what_is_loaded_from_its_files_is_what_was_made(sample, desk):
    loaded = load(sample.directory)
    assert loaded.rows == desk.rows
    assert loaded.files == desk.files


def test_one_ticket_in_five_is_a_subticket_and_some_hang_below_another(desk):
    parents = {row["child_id"]: row["parent_id"] for row in desk.rows["subticket"]}
    assert len(parents) == TICKETS // 5
    assert any(parent in parents for parent in parents.values())


def test_every_type_of_field_has_values(desk):
    types = {row["type"] for name in ("ticket", "user", "company") for row in desk.rows[f"{name}_custom_field_value"]}
    assert types == {row["type"] for row in desk.rows["custom_field"]}


def test_a_field_of_some_categories_has_values_in_no_other(desk):
    allowed = {(row["field_id"], row["category_id"]) for row in desk.rows["custom_field_category"]}
    categories = {row["ticket_id"]: row["category_id"] for row in desk.rows["ticket"]}
    values = desk.rows["ticket_custom_field_value"]
    assert {(row["field_id"], categories[row["ticket_id"]]) for row in values} <= allowed


def test_it_has_what_goes_wrong_elsewhere(desk):
    emails = Counter((row["email"] or "").lower() for row in desk.rows["user"])
    assert emails[""]
    assert any(count > 1 for email, count in emails.items() if email)
    assert any(row["is_tech"] and row["disabled"] for row in desk.rows["user"])
    lost = [row for row in desk.rows["attachment"] if row["file_id"] not in desk.files]
    assert any(row["google_drive_url"] for row in lost)
    assert any(not (row["google_drive_url"] or row["dropbox_url"]) for row in lost)
    assert {row["body"].startswith("<!--html-->") for row in desk.rows["comment"]} == {True, False}
    assert len({row["name"].strip().lower() for row in desk.rows["tag"]}) < len(desk.rows["tag"])


def test_nobody_speaks_before_the_ticket_and_nothing_changed_after_its_last_update(desk):
    tickets = {row["ticket_id"]: row for row in desk.rows["ticket"]}
    for row in desk.rows["comment"]:
        ticket = tickets[row["ticket_id"]]
        assert ticket["issue_date"] <= row["comment_date"] <= ticket["last_updated"]


def test_a_time_of_the_database_means_one_moment_only(desk):
    for row in desk.rows["comment"]:
        assert row["comment_date"].microsecond % 10_000 in (0, 3000, 7000)


def test_an_exported_table_has_the_rows_of_the_desk(sample, desk):
    with (sample.directory / "export" / "hdIssues.csv").open(encoding="utf-8-sig", newline="") as held:
        rows = list(csv.DictReader(held))
    assert [row["IssueID"] for row in rows] == [str(row["ticket_id"]) for row in desk.rows["ticket"]]
    assert {row["AssignedToUserID"] for row in rows if row["StatusID"] == "1"} == {"NULL"}


def test_one_file_larger_than_the_limit_is_there_only_when_asked_for():
    assert max(map(len, make(20).files.values())) < 100_000
    assert max(map(len, make(20, oversize=True).files.values())) == 10 * 1024 * 1024 + 1
