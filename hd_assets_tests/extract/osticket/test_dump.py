"""An installation out of a dump: complete, exact, and clear about what it is not."""

import hashlib
from pathlib import Path

import pytest

from hd_assets.errors import HdError, SourceError, UsageError
from hd_assets.extract.osticket.entities import ENTITIES
from hd_assets.extract.osticket.signatures import SIGNATURES
from hd_assets.extract.registry import open_extractor
from hd_assets_tests.extract.osticket.shared_sample import DUMP, read_into, rows, tally, truth, unpack_files
from hd_assets_tests.extract.osticket.small import write_dump
from hd_assets_tests.shared import shared_path


def probe(path: Path, **options: object):
    return open_extractor("osticket", {"OSTICKET_DUMP": str(path)}, options).probe()


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sample")
    env = {"OSTICKET_DUMP": str(shared_path(DUMP)), "OSTICKET_FILES": str(unpack_files(folder))}
    return *read_into(folder, env), env


def test_every_table_has_as_many_rows_as_the_truth_says(sample):
    store, extraction, _ = sample
    counts = dict(rows(store, "source_column", "distinct table_name, row_count"))
    expected = truth()["counts"]
    assert {name: counts[name] for name in expected} == {name: str(count) for name, count in expected.items()}
    read = set(extraction.row_counts) & set(expected) - {"config"}
    assert len(read) > 25
    assert {name: extraction.row_counts[name] for name in read} == {name: expected[name] for name in read}
    assert extraction.warnings == ()


def test_every_table_and_column_is_in_the_inventory(sample):
    store, _, _ = sample
    inventory = rows(store, "source_column", "table_name, column_name")
    assert len({table for table, _ in inventory}) == 72
    assert ("staff", "passwd") in inventory
    assert ("_search", "title") in inventory


def test_all_bytes_are_stored_and_equal_the_truth(sample):
    store, extraction, _ = sample
    assert tally(store, "file_bytes", "status") == {"stored": 102}
    assert tally(store, "file", "bk") == {"D": 74, "F": 28}
    assert extraction.files_stored == 102
    by_id = {
        file_id: (sha256, int(size))
        for file_id, sha256, size in rows(store, "file_bytes", "file_id, sha256, size_bytes")
    }
    checked = 0
    for ticket in truth()["tickets"]:
        for entry in ticket["entries"]:
            for attachment in entry["attachments"]:
                sha256, size = by_id[str(attachment["file_id"])]
                assert (sha256, size) == (attachment["sha256"], attachment["size"])
                assert store.files.verify(sha256)
                checked += 1
    assert checked > 30


def test_bodies_equal_the_truth_byte_for_byte(sample):
    store, _, _ = sample
    bodies = dict(rows(store, "thread_entry", "id, body"))
    entries = [entry for ticket in truth()["tickets"] for entry in ticket["entries"] if entry["body_from"] == "column"]
    assert entries
    for entry in entries:
        assert hashlib.sha256((bodies[str(entry["entry_id"])] or "").encode()).hexdigest() == entry["body_sha256"]


def test_zero_dates_stay_visible(sample):
    store, _, _ = sample
    updated = [row[0] for row in rows(store, "thread_entry", "updated")]
    assert updated.count("0000-00-00 00:00:00") == 1162


def test_a_second_extraction_reads_no_bytes_again_and_gives_the_same_rows(sample):
    store, first, env = sample
    again, second = read_into(store.root, env)
    assert second.files_stored == 0
    assert second.row_counts == first.row_counts
    assert rows(again, "file_bytes", "count(*)") == [(102,)]


def test_no_secret_leaves_the_source(sample):
    store, _, _ = sample
    assert {row[0] for row in rows(store, "config", "namespace")} <= {
        "core",
        "plugin.7.instance.1",
        "plugin.1.instance.1",
    }
    columns = {column for entity in ENTITIES for column in entity.columns}
    assert not [column for column in columns if "pass" in column and column != "passwdreset"]


def test_without_the_folder_its_files_are_missing_and_said(tmp_path):
    store, extraction = read_into(tmp_path, {"OSTICKET_DUMP": str(shared_path(DUMP))})
    assert tally(store, "file_bytes", "status") == {"stored": 74, "missing": 28}
    assert any("28 files lie in the filesystem plugin's folder" in warning for warning in extraction.warnings)


FILES = [
    {"id": 1, "bk": "D", "size": 6, "key": "aKey", "name": "one"},
    {"id": 2, "bk": "D", "size": 9, "key": "bKey", "name": "short"},
    {"id": 3, "bk": "D", "size": 3, "key": "cKey", "name": "no chunks"},
    {"id": 4, "bk": "D", "size": 0, "key": "dKey", "name": "empty"},
    {"id": 5, "bk": "F", "size": 3, "key": "eKey", "name": "on disk"},
    {"id": 6, "bk": "F", "size": 3, "key": "ekey", "name": "differs by case"},
    {"id": 7, "bk": "F", "size": 3, "key": "../../etc", "name": "path"},
    {"id": 8, "bk": "S", "size": 3, "key": "gKey", "name": "S3 plugin"},
    {"id": 9, "bk": None, "size": 3, "key": None, "name": "damaged"},
    {"id": 10, "bk": "F", "size": 5, "key": "fKey", "name": "short on disk"},
]
CHUNKS = [
    {"file_id": 2, "chunk_id": 0, "filedata": b"short"},
    {"file_id": 1, "chunk_id": 7, "filedata": b"def"},
    {"file_id": 99, "chunk_id": 0, "filedata": b"orphan"},
    {"file_id": 1, "chunk_id": 0, "filedata": b"abc"},
]


@pytest.mark.parametrize("chunks", [CHUNKS, sorted(CHUNKS, key=lambda row: (row["file_id"], row["chunk_id"]))])
def test_each_file_says_what_became_of_its_bytes(tmp_path, chunks):
    (tmp_path / "up/e").mkdir(parents=True)
    (tmp_path / "up/e/eKey").write_bytes(b"xyz")
    (tmp_path / "up/f").mkdir()
    (tmp_path / "up/f/fKey").write_bytes(b"xy")
    env = {
        "OSTICKET_DUMP": str(write_dump(tmp_path / "d.sql", {"file": FILES, "file_chunk": chunks})),
        "OSTICKET_FILES": str(tmp_path / "up"),
    }
    store, extraction = read_into(tmp_path / "home", env)
    found = {int(row[0]): row[1:] for row in rows(store, "file_bytes", "file_id, status, size_bytes, sha256")}
    assert {file_id: row[:2] for file_id, row in found.items()} == {
        1: ("stored", "6"),
        2: ("short", "5"),
        3: ("missing", None),
        4: ("stored", "0"),
        5: ("stored", "3"),
        6: ("missing", None),
        7: ("missing", None),
        8: ("unknown_backend", None),
        9: ("unknown_backend", None),
        10: ("short", "2"),
    }
    assert found[1][2] == hashlib.sha256(b"abcdef").hexdigest()
    assert len(list(store.files.root.iterdir())) == 3
    assert any("3 files are missing" in warning for warning in extraction.warnings)


def test_a_row_with_everything_null_is_kept(tmp_path):
    path = write_dump(tmp_path / "d.sql", {"ticket": [{"ticket_id": 5}], "thread_entry": [{"id": 1, "body": "x"}]})
    store, _ = read_into(tmp_path / "home", {"OSTICKET_DUMP": str(path)})
    assert rows(store, "ticket", "ticket_id, number, created") == [("5", None, None)]


def test_any_prefix_is_found(tmp_path):
    assert probe(write_dump(tmp_path / "d.sql", prefixes=["Help2_desk_"])).prefix == "Help2_desk_"


def test_two_prefixes_are_a_question_and_the_option_answers_it(tmp_path):
    path = write_dump(tmp_path / "d.sql", {"user": [{"id": 1}]}, prefixes=["ost_", "ost_old_"])
    with pytest.raises(UsageError, match=r"'ost_' and 'ost_old_'(?s:.*)`prefix`"):
        probe(path)
    for prefix in ("ost_", "ost_old_"):
        facts = probe(path, prefix=prefix)
        assert facts.prefix == prefix
        assert f"{prefix}ticket" in facts.row_counts
        assert len(facts.row_counts) < 60
    with pytest.raises(UsageError, match="'nope_'; found: 'ost_', 'ost_old_'"):
        probe(path, prefix="nope_")


def test_a_dump_of_something_else_has_no_osticket_tables(tmp_path):
    path = tmp_path / "d.sql"
    path.write_text("CREATE TABLE `wp_posts` (\n `id` int\n) ENGINE=InnoDB;\nINSERT INTO `wp_posts` VALUES (1);\n")
    with pytest.raises(SourceError, match="no osTicket tables"):
        probe(path)


@pytest.mark.parametrize("signature", SIGNATURES)
def test_known_schemas_are_read_or_refused_by_name(tmp_path, signature):
    line = SIGNATURES[signature]
    path = write_dump(tmp_path / "d.sql", signature=signature)
    if line.readable:
        assert probe(path).version == line.name
    else:
        with pytest.raises(SourceError, match=f"this is osTicket {line.name}"):
            probe(path)
        with pytest.raises(SourceError, match=f"this is osTicket {line.name}"):
            probe(path, accept_unknown_schema=True)


@pytest.mark.parametrize("signature", ["0" * 32, None])
def test_an_unknown_schema_is_refused_unless_accepted(tmp_path, signature):
    path = write_dump(tmp_path / "d.sql", signature=signature)
    with pytest.raises(SourceError, match="accept_unknown_schema"):
        probe(path)
    assert probe(path, accept_unknown_schema=True).version == "unknown"


def test_a_missing_needed_table_or_column_is_named(tmp_path):
    with pytest.raises(SourceError, match="ost_ticket_status cannot be seen"):
        probe(write_dump(tmp_path / "a.sql", without_tables=["ticket_status"]))
    with pytest.raises(SourceError, match="ost_thread_entry lacks the column body"):
        probe(write_dump(tmp_path / "b.sql", without_columns={"thread_entry": ["body"]}))


def test_an_absent_optional_column_or_table_is_null_and_said(tmp_path):
    path = write_dump(
        tmp_path / "d.sql",
        {"thread_entry_email": [{"id": 1, "thread_entry_id": 2, "mid": "<m>"}]},
        without_columns={"thread_entry_email": ["email_id"]},
        without_tables=["schedule"],
    )
    store, extraction = read_into(tmp_path / "home", {"OSTICKET_DUMP": str(path)})
    assert rows(store, "thread_entry_email") == [("1", "2", None, "<m>")]
    assert rows(store, "schedule") == []
    assert extraction.warnings == (
        "the installation has no table schedule; it is read as empty",
        "the table thread_entry_email has no column email_id; read as NULL",
    )


def test_a_truncated_dump_stops_before_anything_is_visible(tmp_path):
    path = write_dump(tmp_path / "d.sql", {"user": [{"id": 1, "name": "x"}]})
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(SourceError, match="cut off"):
        read_into(tmp_path / "home", {"OSTICKET_DUMP": str(path)})
    assert not list((tmp_path / "home/raw").rglob("*.parquet"))


@pytest.mark.parametrize(
    ("env", "what"),
    [
        ({}, "no osTicket source is given"),
        ({"OSTICKET_URL": "mysql://u:p@h/d", "OSTICKET_DUMP": "x"}, "both set"),
        ({"OSTICKET_DUMP": "/nonexistent/d.sql"}, "dump file does not exist"),
        ({"OSTICKET_URL": "mysql://u:p@h/d", "OSTICKET_FILES": "/nonexistent"}, "folder of attachments does not exist"),
        ({"OSTICKET_URL": "postgres://u:hunter2@h/d"}, "does not begin with mysql://"),
        ({"OSTICKET_URL": "mysql://u:hunter2@h"}, "name of the database is missing"),
        ({"OSTICKET_URL": "mysql://h/d"}, "user or host is missing"),
        ({"OSTICKET_URL": "mysql://u:hunter2@h:x/d"}, "not a valid address"),
        ({"OSTICKET_URL": "mysql://u:hunter2@h/d?ssl_mode=1"}, "unknown parameter ssl_mode"),
    ],
)
def test_what_is_not_set_right_is_told_without_the_secret(env, what):
    with pytest.raises(HdError, match=what) as error:
        open_extractor("osticket", env)
    assert error.value.exit_code == 2
    assert "hunter2" not in str(error.value)


def test_unknown_source_options_are_refused(tmp_path):
    path = write_dump(tmp_path / "d.sql")
    with pytest.raises(UsageError, match="accept_unknown_schema"):
        open_extractor("osticket", {"OSTICKET_DUMP": str(path)}, {"prefx": "ost_"})
    with pytest.raises(UsageError, match="prefix"):
        open_extractor("osticket", {"OSTICKET_DUMP": str(path)}, {"prefix": 5})
