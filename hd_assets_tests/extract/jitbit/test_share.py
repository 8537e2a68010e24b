"""Files of an on-premise installation are found on a copy of its share, or told as not found."""

import pytest

from hd_assets.errors import SourceError, UsageError
from hd_assets.extract.jitbit.share import PATTERNS, Share, Wanted, dry_run, store
from hd_assets_tests.extract.jitbit.tables_support import Sink

COLUMNS = ("file_id", "file_name", "file_size", "file_hash", "ticket_id", "google_drive_url")


def wanted(name="plan.pdf", size="4", **values):
    row = {"file_id": "7", "file_name": name, "file_size": size, "file_hash": "abc", "ticket_id": "1001", **values}
    return Wanted.of(COLUMNS, tuple(row.get(column) for column in COLUMNS))


def put(folder, name, content=b"four"):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("{file_id}", "7"),
        ("{file_id}_{file_name}", "7_plan.pdf"),
        ("{file_id}{extension}", "7.pdf"),
        ("{file_hash}", "abc"),
        ("{ticket_id}/{file_name}", "1001/plan.pdf"),
        ("anywhere", "2024/03/plan.pdf"),
    ],
)
def test_each_way_of_naming_files_is_tried(tmp_path, pattern, name):
    path = put(tmp_path, name)
    answer = Share(tmp_path).find(wanted())
    assert (answer.state, answer.path, answer.way) == ("found", path, pattern)


def test_a_way_the_mapping_names_is_used_alone(tmp_path):
    put(tmp_path, "7")
    path = put(tmp_path, "files/1001-7.pdf")
    assert Share(tmp_path, ["files/{ticket_id}-{file_id}{extension}"]).find(wanted()).path == path


def test_a_file_of_another_size_is_not_taken_and_a_later_way_may_find_the_right_one(tmp_path):
    put(tmp_path, "7", b"longer")
    share = Share(tmp_path)
    assert share.find(wanted()).state == "size_differs"
    right = put(tmp_path, "1001/plan.pdf")
    assert Share(tmp_path).find(wanted()).path == right


def test_two_candidates_of_one_name_and_size_are_none(tmp_path):
    put(tmp_path, "a/plan.pdf")
    put(tmp_path, "b/plan.pdf", b"FOUR")
    assert Share(tmp_path).find(wanted()).state == "ambiguous"


def test_a_name_never_leads_out_of_the_folder(tmp_path):
    put(tmp_path, "secret")
    inside = tmp_path / "share" / "1001"
    inside.mkdir(parents=True)
    (inside / "link.txt").symlink_to(tmp_path / "secret")
    share = Share(tmp_path / "share")
    for name in ("../../secret", "link.txt"):
        assert share.find(wanted(name, size="0")).state == "missing"


def test_a_dry_run_counts_by_state_and_way(tmp_path):
    put(tmp_path, "7_plan.pdf")
    files = [wanted(), wanted("gone.pdf", file_id="8"), wanted(file_id="9", google_drive_url="https://drive.example/x")]
    report = dry_run(Share(tmp_path), files)
    assert report.ids == {"found": ["7"], "missing": ["8"]}
    assert list(report.lines()) == [
        "1 files are on the share, found by {file_id}_{file_name} (1)",
        "1 files are not on the share: file 8",
    ]


def test_what_became_of_each_file_is_told(tmp_path):
    put(tmp_path, "1")
    put(tmp_path, "2", b"xy")
    put(tmp_path, "3", b"far too long")
    put(tmp_path, "4", b"")
    files = [wanted(file_id=str(number)) for number in (1, 2, 3, 5)]
    files += [wanted(file_id="4", size="0"), wanted(file_id="6", google_drive_url="https://drive.example/x")]
    sink = Sink(tmp_path / "stored")
    store(Share(tmp_path, PATTERNS), files, sink)
    told = {row["file_id"]: (row["status"], row["detail"]) for row in sink.records("file_bytes")}
    assert told["1"] == told["4"] == ("stored", None)
    assert told["2"] == ("short", "2 bytes lie there, the table says 4")
    assert told["3"] == ("missing", "12 bytes lie there, the table says 4")
    assert told["5"] == ("missing", "no file on the share bears one of its names")
    assert told["6"] == ("missing", "only an address in a cloud drive is known")


def test_a_share_that_is_not_there_and_a_pattern_that_cannot_be_used_are_refused(tmp_path):
    with pytest.raises(SourceError, match="folder of attachments does not exist"):
        Share(tmp_path / "nowhere")
    with pytest.raises(UsageError, match="pattern"):
        Share(tmp_path, ["{owner}/{file_id}"])
