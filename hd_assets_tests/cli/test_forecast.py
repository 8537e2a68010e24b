"""What `plan` prints besides figures: when writing is allowed, and which old addresses stay behind."""

import pytest

from hd_assets.cli.forecast import forecast_lines
from hd_assets.mapping import load
from hd_assets_tests import builders
from hd_assets_tests.builders import MIGRATION
from hd_assets_tests.publish.desk import MAPPING, desk, rows

HOURS = "hours: {from: '18:00', to: '24:00', days: [sat, sun], time_zone: Asia/Tokyo, apply_to_simulator: true}"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    articles = [
        builders.article(1, old_url="https://intercom.help/simulator/old/1"),
        builders.article(2, old_url="https://kb.desk.example/2"),
    ]
    ready = desk(tmp_path_factory.mktemp("forecast"), [*(row for row in rows(1) if row.table != "articles"), *articles])
    ready.plan()
    yield ready
    ready.simulator.close()


def lines(made, mapping=MAPPING, target="simulator"):
    made.write_mapping(mapping)
    migration = load(made.root / "mappings", MIGRATION)
    return "\n".join(forecast_lines(made.settings, migration, target))


def test_addresses_outside_the_help_centre_are_counted(made):
    assert "2 articles had an address outside the help centre" in lines(made)
    inside = MAPPING + "    options: {help_center_url: 'https://intercom.help/simulator'}\n"
    assert "1 articles had an address outside the help centre" in lines(made, inside)


def test_publishing_hours_are_shown_where_they_count(made):
    limited = MAPPING.replace("{workers: 4}", f"{{workers: 4, {HOURS}}}")
    assert "writes only on sat, sun from 18:00 to 24:00 (Asia/Tokyo)" in lines(made, limited)
    assert "writes only" not in lines(made, limited.replace(", apply_to_simulator: true", ""))
    assert "writes only" not in lines(made)
