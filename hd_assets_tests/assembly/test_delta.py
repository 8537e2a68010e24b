"""The jobs that read and stage, once whole and once for what changed, against a source that is a server."""

from datetime import datetime, timedelta

import pytest

from hd_assets.assembly.launch import run_job
from hd_assets.assembly.run_options import RunOptions
from hd_assets.extract.raw import RawStore
from hd_assets.instance import open_instance
from hd_assets.mapping import load
from hd_assets.samples.registry import write
from hd_assets.settings import Settings, shipped_folder
from hd_assets.standin.itop import ItopStandin, Store, serving
from hd_assets.warehouse import Warehouse, scalar


def test_a_run_with_delta_reads_what_changed_and_stages_it(tmp_path, monkeypatch):
    shipped = shipped_folder()
    settings = Settings(tmp_path / "home", shipped / "mappings", shipped / "sql", "http://127.0.0.1:9")
    migration = load(settings.mappings, "itop")
    report = write("itop", tmp_path / "sample", tickets=10, seed=1)
    for name, value in report.variables.items():
        monkeypatch.setenv(name, value)
    standin = ItopStandin(Store.load(tmp_path / "sample"))
    stores = settings.stores(migration.name)

    def run(*, delta: bool) -> None:
        options = RunOptions(target="simulator", delta=delta)
        for stage in ("discover", "stage"):
            told = run_job(settings, migration, stage, options=options, window=None, instance=instance)
            assert (told.failures, told.success) == ([], True)

    with open_instance(settings) as instance, serving(standin) as url:
        monkeypatch.setenv("ITOP_URL", url)
        run(delta=False)
        tomorrow = datetime.now() + timedelta(minutes=1)
        [first, *_] = standin.store.tables["UserRequest"]
        standin.store.update("UserRequest", first, tomorrow, title="Renamed since")
        run(delta=True)
    kinds = [(extraction.kind, extraction.row_counts["ticket"]) for extraction in RawStore(stores.root).extractions()]
    assert kinds == [("full", 10), ("delta", 1)]
    with Warehouse.of(stores.warehouse).get_connection() as connection:
        query = "select title from staging.conversations where source_id = $id"
        assert scalar(connection, query, id=str(first)) == "Renamed since"


@pytest.mark.parametrize("source", ["osticket", "itop"])
def test_whether_a_source_can_tell_what_changed_is_known_by_its_extractor(source):
    from hd_assets.extract.base import DeltaExtractor
    from hd_assets.extract.registry import open_extractor

    env = {"OSTICKET_URL": "mysql://a:b@db.example/os", "ITOP_URL": "https://itop.example", "ITOP_USER": "a"}
    extractor = open_extractor(source, {**env, "ITOP_PASSWORD": "b"})
    assert isinstance(extractor, DeltaExtractor) == (source == "itop")
