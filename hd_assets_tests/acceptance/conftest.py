import json
import tarfile

import pytest

from hd_assets_tests.acceptance.pipeline import osticket_into_simulator
from hd_assets_tests.acceptance.trials import Staged, staged_sample
from hd_assets_tests.mariadb import mariadb  # noqa: F401 - a fixture
from hd_assets_tests.once import made_once
from hd_assets_tests.shared import shared_path


@pytest.fixture(scope="package")
def truth():
    return json.loads(shared_path("data/osticket/truth.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="package")
def sample(tmp_path_factory):
    """Variables that name the sample installation's dump and its attachment folder."""
    dump = shared_path("data/osticket/osticket-1.18.sql.gz")
    folder = tmp_path_factory.mktemp("sample")
    with tarfile.open(shared_path("data/osticket/osticket-1.18-attachments-fs.tar.gz")) as archive:
        archive.extractall(folder, filter="data")
    return {"OSTICKET_DUMP": str(dump), "OSTICKET_FILES": str(folder / "attachments")}


@pytest.fixture(scope="package")
def migrated(tmp_path_factory, sample):
    """The sample installation in a simulator; published once, read back, published again."""
    with osticket_into_simulator(tmp_path_factory.mktemp("migrated"), sample) as one:
        one.extract_and_stage()
        one.provision()
        one.plan()
        one.publish()
        one.first = one.writes()
        one.outcome, one.certificate = one.reconcile("first")
        one.plan()
        one.publish()
        yield one


@pytest.fixture(scope="session")
def staged(tmp_path_factory) -> Staged:
    """A generated sample, staged and published once undisturbed; trials work on copies."""
    return made_once(tmp_path_factory, "staged-sample", staged_sample)
