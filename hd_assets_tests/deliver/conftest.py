"""Documents of two helpdesks: one generated, damaged and moved to the end, one real and only staged."""

import gzip
import shutil
import tarfile
from pathlib import Path

import pytest

from hd_assets.deliver.catalogue import catalogue
from hd_assets.deliver.prepare import prepare
from hd_assets.deliver.report import write_report
from hd_assets.deliver.report_facts import facts
from hd_assets.deliver.write import write_documents
from hd_assets.settings import Stores
from hd_assets_tests.cli.conftest import moved  # noqa: F401 - a fixture
from hd_assets_tests.deliver.folder import Delivered
from hd_assets_tests.shared import shared_path
from hd_assets_tests.staging.osticket_desk import SQL, extracted

PUBLISHED, REAL = "published", "real"


@pytest.fixture(scope="session")
def published(moved) -> Delivered:  # noqa: F811
    """What `demo` delivered of a damaged sample."""
    [folder] = {path.parent for path in moved.hd.store.glob("deliverables/*/report.html")}
    return Delivered(folder, Path(moved.source["OSTICKET_DUMP"]))


@pytest.fixture(scope="session")
def real(tmp_path_factory) -> Delivered:
    """A real installation: staged, nothing sent."""
    packed = shared_path("data/osticket/osticket-1.18.sql.gz")
    home = tmp_path_factory.mktemp("real")
    with tarfile.open(shared_path("data/osticket/osticket-1.18-attachments-fs.tar.gz")) as archive:
        archive.extractall(home, filter="data")
    dump = home / "osticket.sql"
    with gzip.open(packed) as opened, dump.open("wb") as file:
        shutil.copyfileobj(opened, file)
    desk = extracted(home / "osticket", dump, home / "attachments").stage()
    return Delivered(deliver(desk, home, home / "documents"), dump)


def deliver(desk, home: Path, folder: Path) -> Path:
    """The documents and the report, as the deliver job writes them, without Dagster."""
    found, stores = catalogue(SQL, "osticket"), Stores(home / "osticket")
    with desk.warehouse.get_connection() as connection:
        prepare(connection, desk.migration, found, stores.ledger("simulator"), "simulator")
        write_documents(connection, found, folder, "Migration osticket", "simulator")
        write_report(folder, facts(connection, desk.migration, stores, "simulator", folder))
    return folder


@pytest.fixture(params=[PUBLISHED, REAL])
def delivered(request) -> Delivered:
    return request.getfixturevalue(request.param)
