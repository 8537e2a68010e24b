"""The database of an installation of one's own, read through the real driver over the real protocol.

What answers is a stand-in over DuckDB, so nothing here speaks for SQL Server's own parser, collations or permissions.
"""

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import duckdb
import pytest
from sqlglot import exp, parse_one

from hd_assets.errors import SourceError, UnreachableError, UsageError
from hd_assets.extract.jitbit.sqlserver import ServerAddress, as_text
from hd_assets.extract.jitbit.sqlserver_changes import SqlServerExtractor
from hd_assets.extract.jitbit.tables_installation import TablesOptions
from hd_assets.extract.jitbit.tables_options import open_database, open_export
from hd_assets.extract.raw import RawStore, extract, extract_changes
from hd_assets.extract.retry import LostSnapshotError
from hd_assets.samples.jitbit.native import write_native
from hd_assets.standin.jitbit.tds import Faults, SqlServerStandin, serving_tables, standin_of
from hd_assets_tests.extract.jitbit.tables_support import desk, expected, read


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sample")
    write_native(desk(), folder)
    return folder


@pytest.fixture(scope="module")
def whole(sample, tmp_path_factory):
    """Everything read once, and what the server was asked for."""
    with extractor_of(standin_of(sample), page_rows=10, files=sample / "share") as (extractor, standin):
        return read(extractor, tmp_path_factory.mktemp("whole")), standin


@contextmanager
def extractor_of(standin, page_rows=500, **options):
    with serving_tables(standin) as url:
        yield SqlServerExtractor(ServerAddress.parse(url), TablesOptions(**options), page_rows=page_rows), standin


@contextmanager
def changed(sample, *statements, page_rows=500, **faults):
    """The sample's database after some statements of somebody who works in it."""
    standin = standin_of(sample, Faults(**faults))
    for statement in statements:
        standin.store.execute(statement)
    with extractor_of(standin, page_rows) as (extractor, _):
        yield extractor


def refusal(extractor, tmp_path, kind=SourceError):
    with pytest.raises(kind) as caught:
        read(extractor, tmp_path)
    return str(caught.value)


def test_every_raw_table_holds_what_the_database_holds(whole):
    sink, _ = whole
    assert {name: sorted(sink.held[name], key=str) for name in expected()} == expected()


def test_server_and_exported_folder_give_the_same_rows_and_files(whole, sample, tmp_path):
    sink, _ = whole
    env = {"JITBIT_EXPORT": str(sample / "export"), "JITBIT_FILES": str(sample / "share")}
    exported = read(open_export(env, {}), tmp_path)
    for name in (*expected(), "file_bytes"):
        assert sorted(exported.held[name], key=str) == sorted(sink.held[name], key=str)


def test_the_inventory_lists_raw_tables_and_nothing_of_the_server(whole):
    sink, _ = whole
    assert {row["table_name"] for row in sink.records("source_column")} == set(expected()) - {"statistic"}


def test_nothing_but_reading_is_ever_sent(whole):
    _, standin = whole
    sent = [text for text in standin.batches if not text.upper().startswith(("SET ", "USE ", "BEGIN TRANSACTION"))]
    assert {type(parse_one(text, dialect="tsql")) for text in sent} == {exp.Select}
    assert not any("NOLOCK" in text.upper() for text in standin.batches)


def test_one_moment_is_read_where_the_database_allows_it(whole):
    _, standin = whole
    assert any("ISOLATION LEVEL SNAPSHOT" in text for text in standin.batches)


def test_without_snapshots_committed_rows_are_read_and_it_is_told(sample):
    standin = standin_of(sample, Faults(is_snapshot=False))
    with extractor_of(standin) as (extractor, _):
        facts = extractor.probe()
    assert any("ISOLATION LEVEL READ COMMITTED" in text for text in standin.batches)
    assert any("does not allow snapshot isolation" in text for text in facts.warnings)


def test_looking_first_tells_version_rows_and_an_account_that_can_write(sample):
    with changed(sample, may_write=True) as extractor:
        facts = extractor.probe()
    assert (facts.server_version, facts.database, facts.kind) == ("15.0.2000.5", "JitbitHelpDesk", "live")
    assert facts.row_counts["hdIssues"] == len(desk().rows["ticket"])
    assert any("the account can do more than read" in text for text in facts.warnings)


def test_only_tables_with_the_prefix_are_read(sample, tmp_path):
    with changed(sample, 'alter table "Departments" rename to "hdDepartments"') as extractor:
        assert sorted(read(extractor, tmp_path).held["department"], key=str) == expected()["department"]


def test_only_tables_without_the_prefix_are_read(sample, tmp_path):
    renamed = [f'alter table "hd{name}" rename to "{name}"' for name in ("Issues", "Comments", "Users", "Tags")]
    with changed(sample, *renamed) as extractor:
        sink = read(extractor, tmp_path)
    for name in ("ticket", "comment", "user", "tag"):
        assert sorted(sink.held[name], key=str) == expected()[name]


def test_of_both_conventions_no_row_is_lost_and_differences_are_listed(sample, tmp_path):
    with changed(
        sample,
        'create table "Issues" as select * from "hdIssues" where "IssueID" in (1001, 1002, 1003)',
        'update "Issues" set "Subject" = \'other\' where "IssueID" = 1002',
        'delete from "hdIssues" where "IssueID" = 1003',
    ) as extractor:
        sink = read(extractor, tmp_path)
    assert sorted(sink.held["ticket"], key=str) == expected()["ticket"]
    [conflict] = sink.records("table_conflict")
    assert (conflict["row_key"], conflict["column_name"], conflict["other_table"]) == ("1002", "subject", "Issues")
    facts = {row["name"]: row["value"] for row in sink.records("source_fact")}
    count = len(desk().rows["ticket"])
    assert (facts["rows_of_table:hdIssues"], facts["rows_of_table:Issues"]) == (str(count - 1), "3")
    assert facts["rows_in_several_tables:ticket"] == "2"


def test_a_table_that_is_missing_is_named_with_what_to_do(sample, tmp_path):
    with changed(sample, 'drop table "hdComments"') as extractor:
        told = refusal(extractor, tmp_path)
    assert "no table of comment is there (none is called hdComments or Comments)" in told


def test_a_table_of_something_else_with_a_familiar_name_is_left_alone(sample, tmp_path):
    with changed(sample, 'create table "Tags" ("Colour" varchar)') as extractor:
        sink = read(extractor, tmp_path)
    assert sorted(sink.held["tag"], key=str) == expected()["tag"]
    assert any("Tags has no tag_id, name" in text for text in sink.warnings)


def test_rows_of_one_key_are_kept_together_over_the_border_of_pages(sample, tmp_path):
    with changed(
        sample,
        "insert into \"hdCustomFieldValues\" select 1001, 33, 'w' || n from range(25) as t(n)",
        page_rows=10,
    ) as extractor:
        sink = read(extractor, tmp_path)
    [row] = [
        row
        for row in sink.records("ticket_custom_field_value")
        if (row["ticket_id"], row["field_id"]) == ("1001", "33")
    ]
    assert {f"w{number}" for number in range(25)} <= set(row["value"].split(", "))


def test_a_second_table_of_the_right_kind_that_cannot_be_read_stops_until_somebody_says_it_is_none(sample, tmp_path):
    """Its rows would be lost without anybody noticing."""
    standin = standin_of(sample)
    standin.store.execute('create table "Comments" as select "CommentID", "Body" from "hdComments"')
    with extractor_of(standin) as (extractor, _):
        told = refusal(extractor, tmp_path)
    assert "Comments has no ticket_id" in told
    assert "`ignored`" in told
    standin = standin_of(sample)
    standin.store.execute('create table "Comments" as select "CommentID", "Body" from "hdComments"')
    with extractor_of(standin, ignored=frozenset({"comments"})) as (extractor, _):
        assert sorted(read(extractor, tmp_path).held["comment"], key=str) == expected()["comment"]


def test_bytes_that_lie_in_the_table_are_taken_where_the_share_has_none(sample, tmp_path):
    with changed(
        sample,
        'alter table "hdFileAttachments" add column "FileData" blob',
        'update "hdFileAttachments" set "FileData" = \'four\'::blob, "FileSize" = 4 where "FileID" = 514',
        'update "hdFileAttachments" set "FileData" = \'cut\'::blob, "FileSize" = 9 where "FileID" = 515',
    ) as extractor:
        told = {row["file_id"]: row["status"] for row in read(extractor, tmp_path).records("file_bytes")}
    assert {id: status for id, status in told.items() if status != "missing"} == {"514": "stored", "515": "short"}


def test_ids_kept_as_text_are_paged_as_numbers(sample, tmp_path):
    with changed(sample, 'alter table "hdComments" alter "CommentID" type varchar') as extractor:
        assert sorted(read(extractor, tmp_path).held["comment"], key=str) == expected()["comment"]


def test_rows_that_vanish_while_they_are_read_are_found_by_counting(sample, tmp_path, monkeypatch):
    standin = standin_of(sample)
    answer = SqlServerStandin.answer

    def vanishing(self, text):
        out = answer(self, text)
        if "[hdTags]" in text and "ORDER BY" in text.upper():
            self.store.execute('delete from "hdTags" where "TagID" = 3')
        return out

    monkeypatch.setattr(SqlServerStandin, "answer", vanishing)
    with extractor_of(standin) as (extractor, _):
        assert "the rows of hdTags changed while they were read" in refusal(extractor, tmp_path, LostSnapshotError)


def test_a_refused_login_is_told_without_the_name_of_the_account(sample, tmp_path):
    with changed(sample, refuses_login=True) as extractor:
        told = refusal(extractor, tmp_path)
    assert "refuses the user or the password (number 18456)" in told
    assert "reader" not in told.replace("db_datareader", "")


def test_a_database_that_is_not_there_is_told(sample, tmp_path):
    with serving_tables(standin_of(sample)) as url:
        extractor = open_database({"JITBIT_SQLSERVER_URL": url.replace("JitbitHelpDesk", "Office")}, {})
        told = refusal(extractor, tmp_path)
    # the driver loses the server's number once another login was refused in the same process
    assert "the database does not exist" in told or "does not say which" in told


def test_a_table_the_account_may_not_read_is_named_with_the_grant(sample, tmp_path):
    with changed(sample, forbidden=frozenset({"hdComments"})) as extractor:
        told = refusal(extractor, tmp_path)
    assert "the account may not read hdComments (number 229)" in told
    assert "db_datareader" in told


def test_a_table_that_nothing_needs_and_nobody_may_read_is_told_and_no_reason_to_stop(sample, tmp_path):
    with changed(sample, 'create table "Salaries" ("Id" integer)', forbidden=frozenset({"Salaries"})) as extractor:
        sink = read(extractor, tmp_path)
    assert "the rows of the table Salaries cannot be counted" in sink.warnings
    assert ("Salaries", "Id", "INTEGER", None) in sink.held["source_column"]


def test_a_key_that_is_no_number_is_told_and_not_tried_again(sample, tmp_path):
    with changed(
        sample,
        'alter table "hdTags" alter "TagID" type varchar',
        'update "hdTags" set "TagID" = \'x\' where "TagID" = \'1\'',
    ) as extractor:
        assert "a key of hdTags is no whole number" in refusal(extractor, tmp_path)


def test_a_connection_that_breaks_calls_for_a_fresh_reading(sample, tmp_path):
    with changed(sample, cut_after=20) as extractor:
        assert "ended the connection" in refusal(extractor, tmp_path, LostSnapshotError)
        assert sorted(read(extractor, tmp_path / "again").held["tag"], key=str) == expected()["tag"]


def test_a_server_nobody_reaches_is_told(tmp_path):
    extractor = open_database({"JITBIT_SQLSERVER_URL": "mssql://a:b@127.0.0.1:1/Office"}, {})
    assert "127.0.0.1:1/Office" in refusal(extractor, tmp_path, UnreachableError)


@pytest.mark.parametrize(
    "url",
    ["mysql://a:b@host/db", "mssql://host/db", "mssql://a:b@host", "mssql://a:b@host:x/db", "mssql://a:b@h/d?tls=1"],
)
def test_an_address_that_cannot_be_used_is_refused(url):
    with pytest.raises(UsageError, match="JITBIT_SQLSERVER_URL"):
        open_database({"JITBIT_SQLSERVER_URL": url}, {})


def test_special_characters_of_a_password_are_written_as_in_every_address_and_shown_nowhere():
    address = ServerAddress.parse("mssql://DOMAIN%5Cann:p%40ss@host/Office?encryption=require")
    assert (address.user, address.password, address.port) == ("DOMAIN\\ann", "p@ss", 1433)
    assert "p@ss" not in repr(address)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "1"),
        (datetime(2024, 3, 4, 9, 15, 31, 127000), "2024-03-04 09:15:31.127"),
        (datetime(2024, 3, 4, 9, 15, 31, 123456), "2024-03-04 09:15:31.123456"),
        (datetime(2024, 3, 4).date(), "2024-03-04"),
        (b"\x01\xff", "01ff"),
        (7, "7"),
        (None, None),
    ],
)
def test_each_kind_of_value_has_one_text(value, text):
    assert as_text(value) == text


def delta(extractor, tmp_path, before, since):
    from hd_assets_tests.extract.jitbit.tables_support import Sink

    sink = Sink(tmp_path / "stored")
    sink.before = before.held
    extractor.changed_since(since, sink)
    return sink


LONG_AFTER = datetime(2026, 1, 1, tzinfo=UTC)


def test_a_delta_brings_changed_and_new_tickets_with_their_comments_and_what_is_gone(sample, whole, tmp_path):
    before, _ = whole
    last = max(row["comment_id"] for row in desk().rows["comment"])
    with changed(
        sample,
        'update "hdIssues" set "LastUpdated" = \'2026-02-01 08:00:00\', "StatusID" = 3 where "IssueID" = 1002',
        'insert into "hdIssues" select * replace (5000 as "IssueID") from "hdIssues" where "IssueID" = 1004',
        f'insert into "hdComments" select * replace ({last + 1} as "CommentID", 5000 as "IssueID") from "hdComments" '
        f'where "CommentID" = {last}',
        'delete from "hdComments" where "CommentID" = 9002',
        'delete from "hdIssues" where "IssueID" = 1007',
        'delete from "hdTags" where "TagID" = 4',
    ) as extractor:
        sink = delta(extractor, tmp_path, before, LONG_AFTER)
    assert {row["ticket_id"] for row in sink.records("ticket")} == {"1002", "5000"}
    comments = {row["comment_id"] for row in sink.records("comment")}
    assert {str(row["comment_id"]) for row in desk().rows["comment"] if row["ticket_id"] == 1002} - {"9002"} <= comments
    assert str(last + 1) in comments
    assert list(sink.vanished["ticket"]) == [("1007",)]
    assert ("9002",) in sink.vanished["comment"]
    assert list(sink.vanished["tag"]) == [("4",)]


def test_a_delta_leaves_what_a_fresh_reading_finds(sample, tmp_path):
    standin = standin_of(sample)
    with extractor_of(standin, files=sample / "share") as (extractor, _):
        store, fresh = RawStore(tmp_path / "store"), RawStore(tmp_path / "fresh")
        extract(extractor, store)
        later = (datetime.now(UTC) + timedelta(days=1)).isoformat(" ", "seconds")[:19]
        for statement in (
            f'update "hdIssues" set "LastUpdated" = \'{later}\', "Subject" = \'new words\' where "IssueID" = 1003',
            'update "hdTags" set "Name" = \'renamed\' where "TagID" = 2',
            'delete from "hdFileAttachments" where "ArticleID" is not null',
            'delete from "hdComments" where "IssueID" = 1005',
            'delete from "hdIssues" where "IssueID" = 1005',
            'delete from "hdCustomFieldValues" where "IssueID" = 1004',
            'alter table "hdUsers" drop column "Phone"',
        ):
            standin.store.execute(statement)
        assert extract_changes(extractor, store).kind == "delta"
        extract(extractor, fresh)
    for name, query in store.views().items():
        assert shown(query) == shown(fresh.views()[name]), name


def shown(query):
    return sorted(duckdb.sql(f"select * exclude (_extraction) from ({query})").fetchall(), key=str)


def test_a_delta_of_tickets_without_a_time_of_change_reads_them_all(sample, whole, tmp_path):
    before, _ = whole
    with changed(sample, 'alter table "hdIssues" drop column "LastUpdated"') as extractor:
        sink = delta(extractor, tmp_path, before, LONG_AFTER)
    assert len(sink.held["ticket"]) == len(desk().rows["ticket"])


def test_a_delta_without_changes_brings_no_ticket_and_loses_nothing(sample, whole, tmp_path):
    before, _ = whole
    with changed(sample) as extractor:
        sink = delta(extractor, tmp_path, before, LONG_AFTER + timedelta(days=1))
    assert sink.held["ticket"] == sink.held["comment"] == []
    gone = {name: list(keys) for name, keys in sink.vanished.items()}
    assert not any(keys for name, keys in gone.items() if name not in ("source_column", "file_bytes"))
