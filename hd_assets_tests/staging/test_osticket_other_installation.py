"""An installation with fields and statuses nobody mapped yet: the gate names them all before anything is planned."""

import pytest

from hd_assets.checks import CheckContext, gate
from hd_assets.errors import BlockedError
from hd_assets.partitions import EVERYTHING
from hd_assets.samples.osticket import SampleOptions, write
from hd_assets_tests.staging.osticket_desk import extracted


@pytest.fixture(scope="module")
def refused(tmp_path_factory) -> str:
    root = tmp_path_factory.mktemp("other")
    options = SampleOptions(prefix="acme_", time_zone="Europe/Berlin", variant=2, months=6)
    write(root / "source", tickets=40, seed=5, options=options)
    desk = extracted(root / "store", root / "source" / "osticket.sql", root / "source" / "attachments").stage()
    with desk.warehouse.get_connection() as connection, pytest.raises(BlockedError) as caught:
        gate(connection, EVERYTHING, CheckContext(desk.migration, desk.files))
    return str(caught.value)


def test_a_field_that_is_neither_mapped_nor_left_out_blocks_and_is_named(refused):
    assert "every_custom_field_mapped" in refused
    assert "asset_tag (Asset tag) of conversations" in refused
    assert "osticket.yaml, custom_fields" in refused


def test_a_status_without_target_blocks_and_is_named(refused):
    assert "states_are_mapped" in refused
    assert "'In Progress'" in refused


def test_what_the_mapping_does_decide_is_not_complained_about(refused):
    assert "every_table_and_column_mapped" not in refused
    assert "totals_equation" not in refused
