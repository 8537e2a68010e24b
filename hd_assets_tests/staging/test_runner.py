"""Each SQL file fills the staging table of its name, for a window or as a whole."""

from datetime import date

import pytest

from hd_assets.errors import HdError, MappingError
from hd_assets.mapping import load
from hd_assets.partitions import EVERYTHING, Window
from hd_assets.staging import runner

JANUARY = Window(date(2024, 1, 1), date(2024, 2, 1))
FEBRUARY = Window(date(2024, 2, 1), date(2024, 3, 1))
HOMES = "select source_id, home_window from staging.windows order by all"
EVENTS = "select external_id, home_window from staging.history order by all"


def stage(depot, object, window):
    with depot.warehouse.transaction() as connection:
        return runner.stage(connection, depot.migration, depot.sql, object, window)


def stage_all(depot, window):
    with depot.warehouse.transaction() as connection:
        return runner.stage_all(connection, depot.migration, depot.sql, window)


def test_objects_are_staged_after_those_they_read(depot):
    assert runner.order(depot.migration, depot.sql) == ["windows", "history"]


def test_a_window_is_replaced_and_the_others_stay(depot):
    stage_all(depot, EVERYTHING)
    depot.tickets(("1", "2024-01-10", "ada"), ("3", "2024-01-11", "cleo"))
    staged = stage_all(depot, JANUARY)
    assert depot.rows(EVENTS) == [
        ("depot-event-1", date(2024, 1, 1)),
        ("depot-event-2", date(2024, 2, 1)),
        ("depot-event-3", date(2024, 1, 1)),
    ]
    assert [(one.object, one.rows) for one in staged] == [("windows", 3), ("history", 2)]


def test_staging_twice_gives_the_same_rows(depot):
    stage_all(depot, EVERYTHING)
    once = depot.rows(EVENTS)
    stage_all(depot, EVERYTHING)
    assert depot.rows(EVENTS) == once


def test_a_home_window_once_given_is_kept_for_good(depot):
    stage_all(depot, EVERYTHING)
    depot.tickets(("1", "2024-03-10", "ada"), ("3", "2024-03-11", "cleo"))
    stage_all(depot, EVERYTHING)
    assert depot.rows(HOMES) == [("1", date(2024, 1, 1)), ("2", date(2024, 2, 1)), ("3", date(2024, 3, 1))]


def test_a_select_that_strays_outside_the_window_doubles_nothing(depot):
    text = (depot.sql / "depot" / "history.sql").read_text()
    depot.write("history", text.replace("where home_window >= $window_start and home_window < $window_end", ""))
    stage_all(depot, EVERYTHING)
    stage(depot, "history", JANUARY)
    stage(depot, "history", FEBRUARY)
    assert len(depot.rows(EVENTS)) == 2


def test_a_row_without_home_window_fails_instead_of_vanishing(depot):
    text = (depot.sql / "depot" / "history.sql").read_text()
    depot.write("history", text.replace("windows.home_window,", "cast(null as date) as home_window,"))
    with pytest.raises(HdError, match=r"NOT NULL constraint failed: history\.home_window"):
        stage_all(depot, EVERYTHING)


def test_a_failure_leaves_the_window_as_it_was(depot):
    stage_all(depot, EVERYTHING)
    depot.tickets(("1", "never", "ada"))
    with pytest.raises(HdError):
        stage_all(depot, EVERYTHING)
    assert len(depot.rows(EVENTS)) == 2


def test_an_error_names_the_file_and_holds_no_row_value(depot):
    depot.tickets(("1", "secret of ada's", "ada"))
    with pytest.raises(HdError) as caught:
        stage(depot, "windows", EVERYTHING)
    assert "windows.sql" in str(caught.value)
    assert "secret" not in str(caught.value)
    assert "Opened" in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    ("spoiled", "told"),
    [
        ("error(concat('told ', \"By\"))", "withheld"),
        ('cast("By" as integer)', "Conversion Error"),
        ('"Nobody"', 'Referenced column "Nobody" not found'),
        ("no_such_function(1)", "no_such_function"),
        ("(", "Parser Error"),
    ],
)
def test_errors_in_the_sql_are_told_whole_and_errors_in_the_data_cut(depot, spoiled, told):
    text = (depot.sql / "depot" / "windows.sql").read_text()
    depot.write("windows", text.replace("'created_at' as basis", f"{spoiled} as basis"))
    with pytest.raises(HdError) as caught:
        stage(depot, "windows", EVERYTHING)
    assert told in str(caught.value)
    assert "told ada" not in str(caught.value)


def test_missing_unknown_and_doubled_columns_are_named(depot):
    text = (depot.sql / "depot" / "history.sql").read_text()
    depot.write("history", text.replace("false as is_annulled", "1 as surplus, 2 as surplus"))
    with pytest.raises(MappingError, match="missing: is_annulled; unknown: surplus, surplus_1"):
        stage_all(depot, EVERYTHING)


def test_a_file_without_a_staging_table_is_refused(depot):
    depot.write("invoices", "select 1 as one")
    with pytest.raises(MappingError, match="no staging table for the SQL file"):
        runner.order(depot.migration, depot.sql)


def test_an_object_without_a_file_is_refused(depot):
    with pytest.raises(MappingError, match="no SQL fills staging"):
        stage(depot, "companies", EVERYTHING)


def test_tables_that_need_each_other_are_refused(depot):
    text = (depot.sql / "depot" / "windows.sql").read_text()
    depot.write("windows", text.replace("select * from final", "select * from final where source_id in"
                                        " (select external_id from staging.history)"))  # fmt: skip
    with pytest.raises(MappingError, match="need each other"):
        runner.order(depot.migration, depot.sql)


def test_a_file_of_the_migration_overrides_the_shipped_one(depot):
    own = depot.root / "mappings" / "depot" / "sql"
    own.mkdir(parents=True)
    text = (depot.sql / "depot" / "windows.sql").read_text()
    (own / "windows.sql").write_text(text.replace("'depot-ticket-'", "'own-ticket-'"))
    depot.migration = load(depot.root / "mappings", "depot")
    staged = stage(depot, "windows", EVERYTHING)
    assert staged.sql_file == own / "windows.sql"
    assert depot.rows("select conversation from staging.windows order by 1")[0] == ("own-ticket-1",)


def test_a_file_of_every_source_fills_what_neither_source_nor_migration_has_a_file_for(depot):
    (depot.sql / "every_source").mkdir()
    text = (depot.sql / "depot" / "history.sql").read_text()
    for name in ("windows", "history"):
        (depot.sql / "every_source" / f"{name}.sql").write_text(text)
    (depot.sql / "depot" / "history.sql").unlink()
    found = depot.migration.sql_files(depot.sql)
    assert found == {
        "windows": depot.sql / "depot" / "windows.sql",
        "history": depot.sql / "every_source" / "history.sql",
    }
    stage_all(depot, EVERYTHING)
    assert len(depot.rows(EVENTS)) == 2


def test_a_migrations_own_file_goes_before_that_of_every_source(depot):
    for folder in (depot.sql / "every_source", depot.root / "mappings" / "depot" / "sql"):
        folder.mkdir(parents=True)
        (folder / "history.sql").write_text((depot.sql / "depot" / "history.sql").read_text())
    (depot.sql / "depot" / "history.sql").unlink()
    depot.migration = load(depot.root / "mappings", "depot")
    stage(depot, "windows", EVERYTHING)
    staged = stage(depot, "history", EVERYTHING)
    assert staged.sql_file == depot.root / "mappings" / "depot" / "sql" / "history.sql"
    assert len(depot.rows(EVENTS)) == 2


def test_inputs_are_the_tables_read_and_not_the_parts_of_the_query():
    sql = 'with a as (select * from raw."T"), b as (select * from a join mapping.value v on true) select * from b'
    assert runner.inputs(sql) == {("raw", "T"), ("mapping", "value")}


def test_relative_links_are_completed_by_the_address_the_source_tells(depot):
    text = (depot.sql / "depot" / "history.sql").read_text()
    depot.write("history", text.replace('concat(tickets."Id", tickets."By")', "html_text('<a href=\"t.php\">x</a>')"))
    told = "select distinct to_value from staging.history"
    stage_all(depot, EVERYTHING)
    assert depot.rows(told) == [("x",)]
    (depot.sql / "depot" / "links").mkdir()
    (depot.sql / "depot" / "links" / "addresses.sql").write_text("select 'https://old.example/desk/' as address")
    stage_all(depot, EVERYTHING)
    assert depot.rows(told) == [("x (https://old.example/desk/t.php)",)]
