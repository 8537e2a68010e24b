import pytest

from hd_assets_tests.publish.desk import desk, rows


@pytest.fixture
def small(tmp_path):
    made = desk(tmp_path, rows(5))
    yield made
    made.simulator.close()
