"""Damage is where the report says it is, one test a kind."""

from pathlib import Path

import pytest

from hd_assets.samples.osticket import SampleOptions
from hd_assets.samples.osticket.damage import NOWHERE
from hd_assets_tests.samples.osticket_rows import Sample, make

AS_OF = f"{SampleOptions().as_of:%Y-%m-%d %H:%M:%S}"
ZERO = "0000-00-00 00:00:00"


@pytest.fixture(scope="module")
def sample(tmp_path_factory) -> Sample:
    return make(tmp_path_factory.mktemp("damaged"), tickets=80, options=SampleOptions(damage=True))


def _dangles(column):
    return lambda s, i: int(s.tickets[i][column]) >= NOWHERE


def _file(sample: Sample, number: str):
    row = sample.by("file", "id")[number]
    stored = sum(len(c["filedata"] or b"") for c in sample.rows("file_chunk") if c["file_id"] == number)
    on_disk = Path(sample.report.variables["OSTICKET_FILES"]) / row["key"][0] / row["key"]
    return row, stored, on_disk.exists()


def _values(sample: Sample, ticket: str) -> list[str]:
    mine = {r["id"] for r in sample.rows("form_entry") if (r["object_type"], r["object_id"]) == ("T", ticket)}
    return [r["value"] for r in sample.rows("form_entry_values") if r["entry_id"] in mine]


def _without_thread(sample: Sample, entry: str) -> bool:
    return sample.entries[entry]["thread_id"] not in sample.by("thread", "id")


CHECKS = {
    "user_without_email": lambda s, i: i not in {row["user_id"] for row in s.rows("user_email")},
    "user_dangling_organization": lambda s, i: int(s.by("user", "id")[i]["org_id"]) >= NOWHERE,
    "topic_loop": lambda s, i: s.by("help_topic", "topic_id")[i]["topic_pid"] not in ("0", i),
    "ticket_dangling_agent": _dangles("staff_id"),
    "ticket_dangling_status": _dangles("status_id"),
    "ticket_dangling_department": _dangles("dept_id"),
    "ticket_dangling_topic": _dangles("topic_id"),
    "ticket_dangling_sla": _dangles("sla_id"),
    "ticket_missing_user": _dangles("user_id"),
    "ticket_of_user_without_email": lambda s, i: i in s.tickets,
    "ticket_of_user_dangling_organization": lambda s, i: i in s.tickets,
    "ticket_without_thread": lambda s, i: i not in {row["object_id"] for row in s.rows("thread")},
    "entry_without_thread": _without_thread,
    "thread_without_ticket": lambda s, i: s.by("thread", "id")[i]["object_id"] not in s.tickets,
    "entry_of_thread_without_ticket": lambda s, i: not _without_thread(s, i),
    "merge_mark_to_nowhere": lambda s, i: i in {row["thread_entry_id"] for row in s.rows("thread_entry_merge")},
    "entry_zero_created": lambda s, i: s.entries[i]["created"] == ZERO,
    "ticket_zero_created": lambda s, i: s.tickets[i]["created"] == ZERO,
    "ticket_future_created": lambda s, i: s.tickets[i]["created"] > AS_OF,
    "entry_unknown_type": lambda s, i: s.entries[i]["type"] not in "MRN",
    "entry_double_encoded": lambda s, i: "Ã" in s.entries[i]["body"],
    "entry_truncated": lambda s, i: 65_500 <= len(s.entries[i]["body"].encode()) <= 65_535,
    "file_missing": lambda s, i: _file(s, i)[0]["bk"] == "F" and not _file(s, i)[2],
    "file_unknown_backend": lambda s, i: _file(s, i)[0]["bk"] == "S",
    "file_no_chunks": lambda s, i: _file(s, i)[1] == 0 < int(_file(s, i)[0]["size"]),
    "file_empty": lambda s, i: _file(s, i)[0]["size"] == "0",
    "file_short_chunks": lambda s, i: 0 < _file(s, i)[1] < int(_file(s, i)[0]["size"]),
    "attachment_without_file": lambda s, i: i in {row["file_id"] for row in s.rows("attachment")},
    "cid_without_file": lambda s, i: "cid:nobody" in s.entries[i]["body"],
    "answer_broken_json": lambda s, i: any(v and v.startswith("{") and not v.endswith("}") for v in _values(s, i)),
    "answer_unknown_choice": lambda s, i: "never-was-a-choice" in _values(s, i),
    "answer_unknown_field": lambda s, i: "lost" in _values(s, i),
}


def test_every_kind_of_damage_is_reported(sample):
    assert set(sample.report.injected) == set(CHECKS)


@pytest.mark.parametrize("kind", CHECKS)
def test_the_reported_record_is_damaged_as_told(sample, kind):
    for number in sample.report.injected[kind]:
        assert CHECKS[kind](sample, str(number))


def test_an_undamaged_sample_reports_nothing(tmp_path):
    assert make(tmp_path, tickets=10).report.injected == {}
