"""The generated iTop is what the stand-in serves and the shipped mapping moves."""

import hashlib

import pytest

from hd_assets.checks import CheckContext, evaluate
from hd_assets.extract.itop import ItopExtractor, ItopOptions
from hd_assets.extract.raw import RawStore, extract
from hd_assets.mapping import load, write_tables
from hd_assets.partitions import EVERYTHING
from hd_assets.samples.registry import write
from hd_assets.settings import shipped_folder
from hd_assets.staging.runner import stage_all
from hd_assets.standin.itop import ItopStandin, StandinTransport, Store
from hd_assets.standin.registry import has_standin, open_standin, standing_in
from hd_assets.warehouse import Warehouse

TICKETS = 60


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    return write("itop", tmp_path_factory.mktemp("sample"), TICKETS, seed=1)


def digests(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def test_the_same_arguments_give_the_same_bytes_and_another_seed_others(sample, tmp_path):
    write("itop", tmp_path / "again", TICKETS, seed=1)
    write("itop", tmp_path / "other", TICKETS, seed=2)
    assert digests(sample.directory) == digests(tmp_path / "again")
    assert digests(sample.directory) != digests(tmp_path / "other")


def test_it_has_as_many_tickets_as_asked_for(sample):
    assert sample.counts["UserRequest"] + sample.counts["Incident"] == TICKETS


def test_the_shipped_mapping_and_sql_move_it_without_a_failed_check(sample, tmp_path):
    standin = ItopStandin(Store.load(sample.directory))
    options = ItopOptions("https://itop.example", sample.variables["ITOP_USER"], sample.variables["ITOP_PASSWORD"])
    store = RawStore(tmp_path)
    extraction = extract(ItopExtractor(options, transport=StandinTransport(standin)), store)
    assert extraction.row_counts["ticket"] == TICKETS
    shipped = shipped_folder()
    migration = load(shipped / "mappings", "itop")
    warehouse = Warehouse.of(tmp_path / "warehouse.duckdb")
    with warehouse.transaction() as connection:
        for name, query in store.views().items():
            connection.execute(f'create or replace view raw."{name}" as {query}')
        write_tables(connection, migration)
        stage_all(connection, migration, shipped / "sql", EVERYTHING, files=store.files.root)
    with warehouse.get_connection() as connection:
        told = evaluate(connection, EVERYTHING, CheckContext(migration, store.files.root))
    assert [f"{check.label}: {verdict.description}" for check, verdict in told if not verdict.passed] == []


def test_a_source_that_is_a_server_is_stood_in_for_and_one_that_is_a_file_needs_nothing(sample):
    assert has_standin("itop")
    with open_standin("itop", sample.directory) as variables:
        assert variables["ITOP_URL"].startswith("http://127.0.0.1:")
    with standing_in("osticket", sample.directory) as variables:
        assert variables == {}
