"""A real server gives the same rows as a dump, is only read, and says plainly why it cannot be."""

import gzip
import socket
import threading
import traceback
from urllib.parse import quote

import pytest

from hd_assets.discover.begin import begin
from hd_assets.doctor.findings import Findings
from hd_assets.doctor.source import judge_source
from hd_assets.errors import SourceError, UnreachableError, UsageError
from hd_assets.extract.osticket import live
from hd_assets.extract.osticket.entities import ENTITIES
from hd_assets.extract.osticket.options import parse_address
from hd_assets.extract.raw import RawStore
from hd_assets.extract.registry import open_extractor
from hd_assets.mapping import load
from hd_assets_tests.extract.osticket.shared_sample import DUMP, read_into, rows, tally, unpack_files
from hd_assets_tests.extract.osticket.small import write_dump
from hd_assets_tests.mariadb import MariaDb
from hd_assets_tests.shared import shared_path

pytestmark = pytest.mark.services
PASSWORD = "p@ss/wörd#1"


def url(mariadb: MariaDb, database: str, user: str = "reader", password: str = PASSWORD, query: str = "") -> str:
    return f"mysql://{quote(user)}:{quote(password, safe='')}@127.0.0.1:{mariadb.port}/{database}{query}"


def probe(address: str, **options: object):
    return open_extractor("osticket", {"OSTICKET_URL": address}, options).probe()


@pytest.fixture(scope="module")
def sample(mariadb, tmp_path_factory):
    folder = tmp_path_factory.mktemp("live")
    plain = folder / "dump.sql"
    plain.write_bytes(gzip.decompress(shared_path(DUMP).read_bytes()))
    mariadb.load("sample", plain)
    mariadb.account("reader", PASSWORD, "SELECT ON `sample`.*")
    return unpack_files(folder)


@pytest.fixture
def small(mariadb, tmp_path):
    """A small installation in a database of its own; the account may read it."""
    mariadb.load("small", write_dump(tmp_path / "small.sql", {"user": [{"id": 1, "name": "x"}]}))
    mariadb.account("reader", PASSWORD, "SELECT ON `small`.*", "SELECT ON `sample`.*")
    return "small"


def test_every_entity_is_equal_row_for_row_to_the_dump(mariadb, sample, tmp_path):
    from_dump, first = read_into(
        tmp_path / "dump", {"OSTICKET_DUMP": str(shared_path(DUMP)), "OSTICKET_FILES": str(sample)}
    )
    from_server, second = read_into(
        tmp_path / "live", {"OSTICKET_URL": url(mariadb, "sample"), "OSTICKET_FILES": str(sample)}
    )
    for entity in ENTITIES:
        if entity.name != "source_fact":
            assert rows(from_server, entity.name) == rows(from_dump, entity.name), entity.name
    assert second.row_counts == first.row_counts
    assert second.warnings == ()
    assert second.facts is not None
    assert second.facts.row_counts == first.facts.row_counts
    facts = dict(rows(from_server, "source_fact"))
    assert facts["extraction_kind"] == "live"
    assert facts["server_time_zone"]


def test_paging_by_key_loses_nothing_whatever_the_page(mariadb, sample, tmp_path, monkeypatch):
    monkeypatch.setattr(live, "PAGE_ROWS", 7)
    store, extraction = read_into(tmp_path, {"OSTICKET_URL": url(mariadb, "sample")})
    assert extraction.row_counts["form_entry_values"] == 4501
    assert len(set(rows(store, "form_entry_values", "entry_id, field_id"))) == 4501
    assert tally(store, "file_bytes", "status") == {"stored": 74, "missing": 28}


def test_a_table_whose_key_is_not_unique_is_read_whole(mariadb, small, tmp_path, monkeypatch):
    monkeypatch.setattr(live, "PAGE_ROWS", 2)
    mariadb.run(
        "ALTER TABLE ost_faq_topic DROP PRIMARY KEY",
        "INSERT INTO ost_faq_topic VALUES " + ",".join(["(1,1)"] * 7),
        database=small,
    )
    _, extraction = read_into(tmp_path, {"OSTICKET_URL": url(mariadb, small)})
    assert extraction.row_counts["faq_topic"] == 7


def test_the_snapshot_does_not_see_what_is_written_meanwhile(mariadb, small):
    with live.LiveRows(parse_address(url(mariadb, small))).session() as session:
        mariadb.run("INSERT INTO ost_user (id) VALUES (2)", database=small)
        batches = list(session.read(lambda table: ["id"] if table.name == "ost_user" else None))
        assert [list(batch.rows) for batch in batches] == [[("1",)]]


def test_an_account_that_can_write_is_warned_about_and_still_only_reads(mariadb, small):
    mariadb.account("writer", PASSWORD, "SELECT, INSERT, UPDATE (`name`) ON `small`.`ost_user`", "SELECT ON `small`.*")
    facts = probe(url(mariadb, small, "writer"))
    assert any("can do more than read (INSERT, UPDATE)" in warning for warning in facts.warnings)
    with (
        pytest.raises(SourceError, match="1792"),
        live.LiveRows(parse_address(url(mariadb, small, "writer"))).session() as session,
    ):
        session._run("INSERT INTO ost_user (id) VALUES (9)")


def test_a_reading_account_gives_no_warning(mariadb, small):
    assert probe(url(mariadb, small)).warnings == ()


def test_an_account_granted_column_by_column_is_enough(mariadb, small, tmp_path):
    columns = next(row for row in ENTITIES if row.name == "staff").columns
    tables = [
        entity.name for entity in ENTITIES if entity.name not in ("staff", "file_bytes", "source_column", "source_fact")
    ]
    grants = [f"SELECT ON `small`.`ost_{name}`" for name in [*tables, "file_chunk"]]
    grants.append(f"SELECT ({', '.join(f'`{name}`' for name in columns)}) ON `small`.`ost_staff`")
    mariadb.account("narrow", PASSWORD, *grants)
    _, extraction = read_into(tmp_path, {"OSTICKET_URL": url(mariadb, small, "narrow")})
    assert extraction.row_counts["user"] == 1
    assert extraction.warnings == ()


def test_a_table_the_account_may_not_see_is_named_with_the_grant(mariadb, small):
    grants = ["thread_entry", "config", "ticket"]
    mariadb.account("blind", PASSWORD, *(f"SELECT ON `small`.`ost_{name}`" for name in grants))
    with pytest.raises(SourceError, match=r"ost_user cannot be seen(?s:.*)GRANT SELECT ON `small`\.`ost_user`"):
        probe(url(mariadb, small, "blind"))


def test_wrong_credentials_and_databases_are_told_without_the_secret(mariadb, small):
    with pytest.raises(SourceError, match="refuses the user or the password") as refused:
        probe(url(mariadb, small, password="hunter2-wrong"))
    with pytest.raises(SourceError, match="database does not exist"):
        probe(url(mariadb, "nosuch"))
    text = "".join(traceback.format_exception(refused.value, chain=True)).split("hd_assets.errors.SourceError")[-1]
    assert "hunter2" not in text
    assert "reader" not in text
    assert refused.value.exit_code == 2


def test_secrets_never_show_in_a_repr():
    address = parse_address("mysql://rudolf:p%40ss@db.example/desk?prefix=ost_&ssl_ca=/ca.pem")
    assert (address.user, address.password, address.prefix, address.tls) == ("rudolf", "p@ss", "ost_", True)
    assert "rudolf" not in repr(address)
    assert "p@ss" not in repr(address)


def test_a_server_that_is_not_there_is_unreachable():
    with socket.socket() as probe_socket:
        probe_socket.bind(("127.0.0.1", 0))
        port = probe_socket.getsockname()[1]
    with pytest.raises(UnreachableError, match="cannot be reached") as error:
        probe(f"mysql://u:p@127.0.0.1:{port}/desk")
    assert error.value.exit_code == 4


def test_a_socket_is_a_way_in(mariadb, small):
    mariadb.run(
        "CREATE OR REPLACE USER 'reader'@'localhost' IDENTIFIED BY 'x'",
        "GRANT SELECT ON small.* TO 'reader'@'localhost'",
    )
    try:
        assert probe(f"mysql://reader:x@localhost/small?socket={mariadb.socket}").version == "1.18"
    finally:
        mariadb.run("DROP USER 'reader'@'localhost'")


def test_asking_for_tls_never_falls_back_to_plain_text(mariadb, small):
    with pytest.raises(SourceError, match="encrypted connection"):
        probe(url(mariadb, small, query="?ssl=required"))
    with pytest.raises(SourceError, match="certificate files"):
        probe(url(mariadb, small, query="?ssl_ca=/nonexistent.pem"))


def test_two_prefixes_are_a_question(mariadb, tmp_path):
    mariadb.load("twice", write_dump(tmp_path / "d.sql", prefixes=["a_", "b_"]))
    mariadb.account("reader", PASSWORD, "SELECT ON `twice`.*", "SELECT ON `sample`.*")
    with pytest.raises(UsageError, match="'a_' and 'b_'"):
        probe(url(mariadb, "twice"))
    assert probe(url(mariadb, "twice", query="?prefix=b_")).prefix == "b_"


def test_tables_without_transactions_are_warned_about(mariadb, small):
    mariadb.run("ALTER TABLE ost_note ENGINE=MyISAM", database=small)
    assert any("not transactional (note" in warning for warning in probe(url(mariadb, small)).warnings)


def test_a_connection_cut_while_reading_starts_over_and_ends_whole(mariadb, sample, tmp_path, monkeypatch):
    cut = threading.Event()
    original = live.LiveSession._table

    def interrupted(self, table, columns):
        if table.name == "ost_thread_entry" and not cut.is_set():
            cut.set()
            mariadb.run(f"KILL {self._connection.thread_id()}")
        yield from original(self, table, columns)

    monkeypatch.setattr(live.LiveSession, "_table", interrupted)
    store, extraction = read_into(tmp_path, {"OSTICKET_URL": url(mariadb, "sample")})
    assert cut.is_set()
    assert extraction.row_counts["thread_entry"] == 1181
    assert [found.name for found in RawStore(tmp_path).extractions()] == [extraction.name]
    assert len(rows(store, "thread_entry", "id")) == 1181


@pytest.mark.parametrize(("decided", "standing"), [("UTC", "fine"), ("Asia/Tokyo", "wrong")])
def test_doctor_holds_the_clock_of_the_server_against_the_mapping(mariadb, small, tmp_path, decided, standing):
    mariadb.run("SET GLOBAL time_zone = '+00:00'")
    path = begin(tmp_path, "desk", "osticket")
    path.write_text(path.read_text("utf-8").replace("time_zone: undecided", f"time_zone: {decided}"), "utf-8")
    findings = Findings()
    try:
        judge_source(load(tmp_path, "desk"), {"OSTICKET_URL": url(mariadb, small)}, findings)
    finally:
        mariadb.run("SET GLOBAL time_zone = SYSTEM")
    assert [found.standing for found in findings.found] == ["fine", standing]
    assert "MariaDB" in findings.found[0].sentence
    assert PASSWORD not in str(findings.found)


def test_doctor_notes_an_account_that_may_write(mariadb, small, tmp_path):
    mariadb.account("writer", PASSWORD, "ALL ON `small`.*")
    begin(tmp_path, "desk", "osticket")
    findings = Findings()
    judge_source(load(tmp_path, "desk"), {"OSTICKET_URL": url(mariadb, small, "writer")}, findings)
    assert [found.standing for found in findings.found if "more than read" in found.sentence] == ["open"]
