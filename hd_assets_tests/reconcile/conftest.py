import pytest

from hd_assets_tests.reconcile.world import build


@pytest.fixture
def world(tmp_path):
    made = build(tmp_path)
    yield made
    made.simulator.close()
