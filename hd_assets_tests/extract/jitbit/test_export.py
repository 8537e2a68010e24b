"""A folder of exported tables is read as the database it came from."""

import shutil

import pytest

from hd_assets.errors import SourceError, UsageError
from hd_assets.extract.jitbit.tables_options import open_export
from hd_assets.extract.retry import LostSnapshotError
from hd_assets.samples.jitbit.native import write_native
from hd_assets_tests.extract.jitbit.tables_support import desk, expected, read, table, write_table


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sample")
    write_native(desk(), folder)
    return folder


@pytest.fixture
def export(sample, tmp_path):
    return shutil.copytree(sample / "export", tmp_path / "export")


def opened(export, files=None, **options):
    env = {"JITBIT_EXPORT": str(export)} | ({"JITBIT_FILES": str(files)} if files else {})
    return open_export(env, options)


def refusal(export, tmp_path, **options):
    with pytest.raises((SourceError, UsageError, LostSnapshotError)) as caught:
        read(opened(export, **options), tmp_path)
    return str(caught.value)


def column(rows, name, place):
    """Put a value into a column of the first row."""
    rows[1][rows[0].index(name)] = place


@pytest.fixture(scope="module")
def whole(sample, tmp_path_factory):
    return read(opened(sample / "export", sample / "share"), tmp_path_factory.mktemp("whole"))


def test_every_raw_table_holds_what_the_database_holds(whole):
    assert {name: sorted(whole.held[name], key=str) for name in expected()} == expected()


def test_every_file_on_the_share_is_stored_and_every_other_is_told(whole):
    told = {row["file_id"]: row["status"] for row in whole.records("file_bytes")}
    files = [*desk().rows["attachment"], *desk().rows["article_attachment"]]
    assert told == {str(row["file_id"]): "stored" if row["file_id"] in desk().files else "missing" for row in files}


def test_the_inventory_speaks_of_raw_tables_where_they_are_read_and_of_the_rest_by_its_own_name(export, tmp_path):
    write_table(export, "hdSomethingElse", [["Id", "Word"], ["1", "x"]])
    rows = [[*row, "x"] for row in table(export, "hdIssues")]
    rows[0][-1] = "FTS_Body"
    write_table(export, "hdIssues", rows)
    told = {(row["table_name"], row["column_name"]): row["row_count"] for row in inventory(export, tmp_path)}
    count = str(len(desk().rows["ticket"]))
    assert told["ticket", "subject"] == told["ticket", "FTS_Body"] == count
    assert told["hdSomethingElse", "Word"] == "1"
    assert not any(name == "hdIssues" for name, _ in told)


def inventory(export, tmp_path):
    return read(opened(export), tmp_path).records("source_column")


def test_only_names_without_the_prefix_are_read_as_well(export, tmp_path):
    for path in export.glob("hd*.csv"):
        path.rename(export / path.name.removeprefix("hd"))
    for unsure in ("CategoryTechs", "IssueSubscribers", "kbCategories"):
        assert (export / f"{unsure}.csv").exists()
    sink = read(opened(export), tmp_path)
    assert sorted(sink.held["ticket"], key=str) == expected()["ticket"]
    assert sorted(sink.held["comment"], key=str) == expected()["comment"]


def test_a_row_that_only_the_other_of_two_tables_holds_is_not_lost(export, tmp_path):
    rows = table(export, "hdIssues")
    write_table(export, "hdIssues", rows[:-3])
    write_table(export, "Issues", [rows[0], *rows[-5:]])
    sink = read(opened(export), tmp_path)
    assert sorted(sink.held["ticket"], key=str) == expected()["ticket"]
    assert sink.held["table_conflict"] == []


def test_of_two_tables_that_differ_the_prefixed_counts_and_the_difference_is_listed(export, tmp_path):
    rows = table(export, "hdIssues")
    write_table(export, "Tickets", [rows[0], list(rows[1])])
    other = table(export, "Tickets")
    column(other, "Subject", "another subject")
    write_table(export, "Tickets", other)
    sink = read(opened(export), tmp_path)
    assert sorted(sink.held["ticket"], key=str) == expected()["ticket"]
    [conflict] = sink.records("table_conflict")
    assert (conflict["entity"], conflict["row_key"], conflict["column_name"]) == ("ticket", rows[1][0], "subject")
    assert (conflict["kept_table"], conflict["other_table"]) == ("hdIssues", "Tickets")
    assert "another subject" not in str(conflict)
    assert "1 rows of ticket stand differently in hdIssues and Tickets; those of hdIssues count" in sink.warnings


def test_several_values_of_one_field_become_a_list(export, tmp_path):
    rows = table(export, "hdCustomFieldValues")
    first = rows[1]
    write_table(export, "hdCustomFieldValues", [*rows, [*first[:2], "second"]])
    sink = read(opened(export), tmp_path)
    told = {(row["ticket_id"], row["field_id"]): row["value"] for row in sink.records("ticket_custom_field_value")}
    assert told[first[0], first[1]] == f"{first[2]}, second"


def test_two_different_rows_of_one_key_are_an_error_not_a_choice(export, tmp_path):
    rows = table(export, "hdTags")
    write_table(export, "hdTags", [*rows, [rows[1][0], "other"]])
    assert "2 different rows of hdTags have the key 1" in refusal(export, tmp_path)


def test_a_missing_table_stops_unless_the_mapping_says_there_is_none(export, tmp_path):
    (export / "hdFileAttachments.csv").unlink()
    told = refusal(export, tmp_path)
    assert "no table of attachment is there" in told
    assert "`absent`" in told
    assert read(opened(export, absent=["attachment"]), tmp_path).held["attachment"] == []


def test_a_table_of_unknown_name_can_be_named(export, tmp_path):
    (export / "hdFileAttachments.csv").rename(export / "dbo.OurFiles.csv")
    sink = read(opened(export, tables={"attachment": "dbo.OurFiles", "article_attachment": "OurFiles"}), tmp_path)
    assert sorted(sink.held["attachment"], key=str) == expected()["attachment"]


def test_a_named_table_that_is_not_there_is_refused(export, tmp_path):
    assert "there is no table OurFiles" in refusal(export, tmp_path, tables={"attachment": "OurFiles"})


def test_a_column_of_unknown_name_can_be_named(export, tmp_path):
    rows = table(export, "hdComments")
    rows[0][rows[0].index("CommentID")] = "Nr"
    write_table(export, "hdComments", rows)
    assert "hdComments has no comment_id" in refusal(export, tmp_path)
    sink = read(opened(export, columns={"comment": {"comment_id": "nr"}}), tmp_path)
    assert sorted(sink.held["comment"], key=str) == expected()["comment"]


def test_a_comment_table_that_does_not_tell_what_is_internal_is_refused(export, tmp_path):
    rows = table(export, "hdComments")
    place = rows[0].index("ForTechsOnly")
    write_table(export, "hdComments", [row[:place] + row[place + 1 :] for row in rows])
    assert "hdComments has no for_techs_only" in refusal(export, tmp_path)


def test_a_column_that_may_be_missing_is_null_and_told(export, tmp_path):
    rows = table(export, "hdUsers")
    place = rows[0].index("Phone")
    write_table(export, "hdUsers", [row[:place] + row[place + 1 :] for row in rows])
    sink = read(opened(export), tmp_path)
    assert {row["phone"] for row in sink.records("user")} == {None}
    assert "the table hdUsers has no column for phone; read as NULL" in sink.warnings


@pytest.mark.parametrize(("encoding", "delimiter"), [("utf-16", "\t"), ("utf-8-sig", ";"), ("utf-8", ",")])
def test_exports_of_several_tools_are_read(export, tmp_path, encoding, delimiter):
    for name in ("hdIssues", "hdComments", "hdTags"):
        write_table(export, name, table(export, name), encoding=encoding, delimiter=delimiter)
    sink = read(opened(export), tmp_path)
    for name in ("ticket", "comment", "tag"):
        assert sorted(sink.held[name], key=str) == expected()[name]


def test_a_file_that_is_no_utf_8_is_read_as_windows_1252_and_told(export, tmp_path):
    write_table(export, "hdTags", table(export, "hdTags"), encoding="cp1252")
    sink = read(opened(export), tmp_path)
    assert "Größe" in {row["name"] for row in sink.records("tag")}
    assert "hdTags.csv is not UTF-8; read as Windows-1252" in sink.warnings


def test_text_with_line_breaks_that_was_exported_without_quotes_is_refused(export, tmp_path):
    plain = "\n".join(",".join(row) for row in table(export, "hdComments"))
    (export / "hdComments.csv").write_text(plain, encoding="utf-8")
    told = refusal(export, tmp_path)
    assert "hdComments.csv" in told
    assert "quoted" in told


def test_a_file_without_names_of_columns_is_refused(export, tmp_path):
    write_table(export, "hdTags", table(export, "hdTags")[1:])
    assert "does not begin with the names of its columns" in refusal(export, tmp_path)


def test_a_table_in_two_files_is_refused_and_a_note_beside_the_tables_is_no_table(export, tmp_path):
    (export / "read me.txt").write_text("Exported on Monday, by hand\n", encoding="utf-8")
    assert read(opened(export), tmp_path).held["tag"]
    shutil.copy(export / "hdTags.csv", export / "dbo.HDTAGS.csv")
    assert "two files hold the table hdTags" in refusal(export, tmp_path)


def test_a_file_that_breaks_off_is_refused(export, tmp_path):
    write_table(export, "hdTags", table(export, "hdTags"), encoding="utf-16")
    whole = (export / "hdTags.csv").read_bytes()
    (export / "hdTags.csv").write_bytes(whole[:-1])
    assert "cannot be read" in refusal(export, tmp_path)


def test_a_folder_without_tables_is_refused(tmp_path):
    assert "holds no table" in refusal(tmp_path, tmp_path)


@pytest.mark.parametrize(
    "options", [{"tables": "hdIssues"}, {"absent": ["tickets"]}, {"columns": {"people": {}}}, {"prefix": "hd"}]
)
def test_an_option_that_cannot_be_used_is_refused(export, tmp_path, options):
    assert "source options of the mapping" in refusal(export, tmp_path, **options)


def test_only_the_helpdesk_that_moves_is_read_where_one_database_holds_several(export, tmp_path):
    rows = table(export, "hdTags")
    told = [[*row, "2" if place % 2 else "1"] for place, row in enumerate(rows)]
    told[0][-1] = "InstanceID"
    write_table(export, "hdTags", told)
    sink = read(opened(export, instance=2), tmp_path)
    # tables without such a column belong to all
    assert len(sink.held["tag"]) == (len(rows) - 1 + 1) // 2
    assert sorted(sink.held["section"], key=str) == expected()["section"]


def test_several_helpdesks_in_one_database_are_told(export, tmp_path):
    rows = table(export, "hdIssues")
    column(rows, "InstanceID", "2")
    write_table(export, "hdIssues", rows)
    sink = read(opened(export), tmp_path)
    assert any("several helpdesks (InstanceID 1, 2)" in text for text in sink.warnings)


def test_looking_first_tells_rows_and_what_the_share_lacks(sample):
    facts = opened(sample / "export", sample / "share").probe()
    assert facts.row_counts["hdIssues"] == len(desk().rows["ticket"])
    assert any("files are on the share, found by {file_id}_{file_name}" in text for text in facts.warnings)
    assert any("are not on the share: file" in text for text in facts.warnings)


def test_without_a_share_every_file_is_told_as_missing(export, tmp_path):
    sink = read(opened(export), tmp_path)
    assert {row["status"] for row in sink.records("file_bytes")} == {"missing"}
    assert any("set JITBIT_FILES" in text for text in sink.warnings)
