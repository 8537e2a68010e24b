"""What a changed mapping would do, told before anything is sent."""

import pytest

from hd_assets.mapping import write_tables
from hd_assets.propose.edit import added, decided
from hd_assets.propose.effect import effect
from hd_assets.settings import Settings
from hd_assets_tests.propose.desk import BEGUN, migration_of, proposed


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """A staged migration, one value of its mapping changed and one field taken out."""
    root = tmp_path_factory.mktemp("effect")
    made = proposed(root / "made", "103")
    for folder in ("mappings", "changed"):
        (root / folder).mkdir()
    text = added(BEGUN, (line for line in made.lines if not line.carried))
    before = migration_of(root / "mappings", text)
    made.desk.migration = before
    with made.desk.warehouse.get_connection() as connection:
        write_tables(connection, before)
    made.desk.stage()
    (root / "home").mkdir()
    # the raw views name their files by absolute path, so the store stays where it is
    (root / "home" / "desk").symlink_to(made.desk.warehouse.path.parent)
    text = decided(text, ("values", "status", "Cerrado"), "open")
    after = migration_of(root / "changed", "".join(row for row in text.splitlines(True) if "urgente: {at" not in row))
    settings = Settings.from_environment({"HD_HOME": str(root / "home"), "HD_MAPPINGS": str(root / "mappings")})
    stored = settings.stores("desk").warehouse.read_bytes()
    return effect(settings, before, after, "simulator"), settings, stored


def test_records_that_would_differ_are_counted_and_named(told):
    found, _, _ = told
    tables = {table.table: table for table in found.tables}

    assert tables["conversations"].changed > 1
    assert tables["conversations"].ids[0].startswith("desk-ticket-")
    assert (tables["conversations"].added, tables["conversations"].removed) == (0, 0)
    assert tables["exceptions"].added == 1
    assert "contacts" not in tables


def test_requests_are_planned_on_a_copy_and_nothing_of_the_migration_changes(told):
    found, settings, stored = told

    assert found.plan.total_requests > 100
    assert not settings.stores("desk").ledger("simulator").exists()
    assert settings.stores("desk").warehouse.read_bytes() == stored
    assert [path.name for path in settings.stores("desk").root.glob(".diff-*")] == []
