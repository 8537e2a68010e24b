"""Documents of an osTicket whose rows are doubled, missing or senseless: all are written, none counts twice."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from hd_assets.deliver.catalogue import catalogue
from hd_assets.deliver.prepare import prepare
from hd_assets.deliver.write import write_documents
from hd_assets.samples.osticket import SampleOptions, write
from hd_assets.warehouse import Connection, Warehouse
from hd_assets_tests.deliver.folder import Delivered
from hd_assets_tests.staging.osticket_desk import SQL, Desk, extracted

FOUND = catalogue(SQL, "osticket")
READ = sorted({table for document in FOUND.documents.values() for schema, table in document.reads if schema == "raw"})
KEYS = {"id", "ticket_id", "topic_id", "staff_id", "thread_id"}


@pytest.fixture(scope="module")
def desk(tmp_path_factory) -> Desk:
    root = tmp_path_factory.mktemp("desk")
    write(root / "source", tickets=20, seed=5, options=SampleOptions(months=2))
    return extracted(root / "store", root / "source" / "osticket.sql", root / "source" / "attachments").stage()


@pytest.fixture
def documents(desk, tmp_path) -> Callable[[Callable[[str, list[str]], str]], dict[str, str]]:
    """Sheet → digest of its file, with each raw table replaced by what `change` selects from it."""

    def made(change: Callable[[str, list[str]], str]) -> dict[str, str]:
        path = Path(shutil.copy(desk.warehouse.path, tmp_path / "w.duckdb"))
        with Warehouse.of(path).get_connection() as connection:
            for table in READ:
                replace(connection, table, change)
            prepare(connection, desk.migration, FOUND, tmp_path / "no-ledger", "simulator")
            written = write_documents(connection, FOUND, tmp_path / "out", "Migration osticket", "simulator")
        return {sheet.name: sheet.sha256 for sheets in written.values() for sheet in sheets}

    return made


def replace(connection: Connection, table: str, change: Callable[[str, list[str]], str]) -> None:
    columns = [row[0] for row in connection.execute(f'describe raw."{table}"').fetchall()]
    connection.execute(f"create table raw.changed as {change(table, columns)}")
    connection.execute(f'drop view raw."{table}"')
    connection.execute(f'alter table raw.changed rename to "{table}"')


def same(table: str, columns: list[str]) -> str:
    return f'select * from raw."{table}"'


def test_doubled_rows_count_once(documents):
    doubled = documents(lambda table, columns: f"{same(table, columns)} union all {same(table, columns)}")
    assert doubled == documents(same)


@pytest.mark.parametrize("value", ["cast(null as varchar)", """'{"é = ,'""", "'-1'"])
def test_every_document_is_written_whatever_a_column_holds(documents, value):
    def senseless(table: str, columns: list[str]) -> str:
        kept = [f'"{name}"' if name in KEYS else f'{value} as "{name}"' for name in columns]
        return f'select {", ".join(kept)} from raw."{table}"'

    sheets = {sheet.name for document in FOUND.documents.values() for sheet in document.sheets}
    assert set(documents(senseless)) == sheets


@pytest.mark.parametrize(
    ("choice", "arrives_as", "reason"),
    [("public", "comment", "made public by the mapping"), ("leave_out", "not sent", "left out by the mapping")],
)
def test_notes_that_do_not_stay_notes_are_listed_and_said_to_be(desk, tmp_path, choice, arrives_as, reason):
    copy = Path(shutil.copy(desk.warehouse.path, tmp_path / "w.duckdb"))
    other = Desk(Warehouse.of(copy), desk.migration, desk.files)
    other.option("internal_notes", choice)
    other.stage()
    with other.warehouse.get_connection() as connection:
        prepare(connection, desk.migration, FOUND, tmp_path / "no-ledger", "simulator")
        names = ["internal_notes", "split_validation"]
        write_documents(connection, FOUND, tmp_path, "Migration osticket", "simulator", names)
    told = Delivered(tmp_path, desk.files)
    assert {(row["arrives_as"], row["reason"]) for row in told.rows("internal_notes")} == {(arrives_as, reason)}
    threads = told.rows("split_validation")
    assert {row["verdict"] for row in threads} <= {"complete", "look at"}
    public = len(told.rows("internal_notes")) if choice == "public" else 0
    assert sum(int(row["made_public_by_the_mapping"]) for row in threads) == public


def test_every_document_is_written_of_an_empty_installation(documents):
    sheets = {sheet.name for document in FOUND.documents.values() for sheet in document.sheets}
    assert set(documents(lambda table, columns: f"{same(table, columns)} limit 0")) == sheets
