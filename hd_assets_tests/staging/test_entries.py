"""What a ticket holds is the source's to tell; the parts are made of it by one file for every source."""

from datetime import date

import pytest

from hd_assets.extract.registry import entities
from hd_assets.mapping.tables import TABLES
from hd_assets.model import STAGING_MODELS, duckdb_columns
from hd_assets.partitions import Window, next_month
from hd_assets.samples.jitbit import make
from hd_assets.staging import lineage, runner
from hd_assets_tests.staging.jitbit_desk import SQL, JitbitDesk

PARTS = "select * from staging.parts order by external_id"
SOURCES = sorted(path.parent.name for path in SQL.glob("*/entries.sql"))
# words of the file itself, and what a source may leave to the file for every source
CONSTANT = {"origin", "source_type", "is_opening", "unsent_note", "unsent_reasons"}


@pytest.fixture(scope="module")
def desk(tmp_path_factory) -> JitbitDesk:
    return JitbitDesk(tmp_path_factory.mktemp("desk"), make(30))


def known(source: str) -> lineage.Schema:
    def columns(declared: str) -> dict[str, str]:
        return dict(column.strip().split(" ") for column in declared.split(","))

    return {
        "raw": {entity.name: dict.fromkeys(entity.columns, "varchar") for entity in entities(source)},
        "mapping": {name: columns(declared) for name, declared in TABLES.items()},
        "staging": {model.table: duckdb_columns(model) for model in STAGING_MODELS},
    }


@pytest.mark.parametrize("source", SOURCES)
def test_columns_of_parts_lead_over_the_entries_to_the_source(source):
    schema = known(source)
    parts = lineage.column_sources(runner.read(SQL / "every_source" / "parts.sql"), schema)
    entries = lineage.column_sources(runner.read(SQL / source / "entries.sql"), schema)
    taken = {column for leaves in parts.values() for table, column in leaves if table == "staging.entries"}
    assert {column for column in taken if not entries[column]} <= CONSTANT
    for column in ("body_html", "body_text", "author_name", "source_digest", "created_at"):
        assert ("staging.entries", column) in parts[column]
        assert any(table.startswith("raw.") for table, _ in entries[column]), column


def test_a_warehouse_made_before_there_were_entries_is_staged_again_by_months(desk):
    before = desk.rows(PARTS)
    months = [month for (month,) in desk.rows("select distinct home_window from staging.windows order by 1")]
    with desk.warehouse.get_connection() as connection:
        connection.execute("drop table staging.entries")
    assert desk.rows("select * from staging.entries") == []
    middle = Window(months[1], next_month(months[1]))
    with desk.warehouse.transaction() as connection:
        runner.stage_all(connection, desk.migration, SQL, middle, files=desk.raw.files.root)
    assert {month for (month,) in desk.rows("select distinct home_window from staging.entries")} == {months[1]}
    assert desk.rows(PARTS) == before


def stage(depot, object, window):
    with depot.warehouse.transaction() as connection:
        return runner.stage(connection, depot.migration, depot.sql, object, window)


def test_the_digest_a_source_tells_for_the_history_note_goes_before_the_events_own(depot):
    """Undoing an event changes what the note says; only the source knows that this is a change of its own."""
    ticket = """
        insert into staging.conversations values ('depot-ticket-1', 'ticket', '1', 'd', '2024-01-01', 'conversation',
            '1', 'c', 'c', [], 'T', 'Hello', null, null, '2024-01-10', 'open', null, 'new', null, null, null, null,
            [], '{}', null, '2024-01-10', null, null, [])
    """
    digest = """
        insert into staging.entries values ('depot-history-1', 'ticket', '1', 'told', '2024-01-01', 'depot-ticket-1',
            'history', false, 'note', 'system', null, 'Migration', '', '', false, true, '2024-01-10', 1, null, null, [])
    """
    (depot.sql / "every_source").symlink_to(SQL / "every_source")
    january = Window(date(2024, 1, 1), date(2024, 2, 1))
    stage(depot, "windows", january)
    stage(depot, "history", january)
    with depot.warehouse.get_connection() as connection:
        connection.execute(ticket)
    stage(depot, "parts", january)
    [(own, text)] = depot.rows("select source_digest, body_text from staging.parts where origin = 'history'")
    with depot.warehouse.get_connection() as connection:
        connection.execute(digest)
        connection.execute("update staging.history set is_annulled = true")
    stage(depot, "parts", january)
    assert own != "told"
    assert depot.rows("select external_id, source_digest, body_text from staging.parts") == [
        ("depot-history-1", "told", f"{text} (undone later)")
    ]
