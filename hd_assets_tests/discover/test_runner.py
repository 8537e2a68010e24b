"""Filling schema `discovery`: the rules its SQL files keep, and what happens when one does not."""

import re
import shutil

import pytest
import sqlglot
from sqlglot import exp

from hd_assets.discover.run import discover, sql_files
from hd_assets.discover.tables import TABLES
from hd_assets.errors import HdError, MappingError
from hd_assets.staging import runner
from hd_assets_tests.discover.conftest import SQL, Found
from hd_assets_tests.extract.osticket.small import write_dump

FILES = sorted(SQL.glob("*/discovery/*.sql"))


@pytest.fixture(params=FILES, ids=lambda path: f"{path.parent.parent.name}/{path.stem}")
def path(request):
    return request.param


def test_each_source_ships_a_file_for_each_table():
    sources = {path.parent.parent.name for path in FILES}
    assert {(path.parent.parent.name, path.stem) for path in FILES} == {
        (source, table) for source in sources for table in TABLES
    }


def test_the_file_is_one_query_with_its_grain_over_raw_tables(path):
    text = runner.read(path)
    assert text.startswith("-- Grain: one row per ")
    [query] = sqlglot.parse(text, dialect="duckdb")
    assert [cte.alias for cte in query.args["with_"].expressions][-1] == "final"
    assert re.search(r"\nselect \* from final$", text)
    assert not list(query.find_all(exp.Lateral))
    read = runner.inputs(text)
    assert {schema for schema, _ in read} <= {"raw", "mapping"}
    assert {table for schema, table in read if schema == "mapping"} <= {"option"}


@pytest.fixture
def changed(small, tmp_path):
    """Shipped SQL of which a test may change a file, and a connection whose work is undone."""
    shutil.copytree(SQL / "osticket" / "discovery", tmp_path / "osticket" / "discovery")

    def run(table: str, text: str) -> None:
        (tmp_path / "osticket" / "discovery" / f"{table}.sql").write_text(text, encoding="utf-8")
        with small.warehouse.transaction() as connection:
            discover(connection, small.migration, tmp_path)

    return run


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("select 'x' as name", "lacks value varchar"),
        ("select 'x' as name, 1 as value", "has value integer"),
        ("select 'x' as value, 'y' as name", "their order differs"),
        ("select 'x' as name, 'y' as value, 'z' as more", "has more varchar"),
    ],
)
def test_columns_other_than_declared_are_refused_by_name(changed, text, said):
    with pytest.raises(HdError, match=said) as caught:
        changed("fact", text)
    assert "fact.sql" in caught.value.where


def test_a_failing_file_is_named_without_a_rows_value(changed):
    with pytest.raises(HdError) as caught:
        changed(
            "fact",
            "select name, cast(cast(concat('secret-', value) as integer) as varchar) as value from raw.source_fact",
        )
    assert "discovery.fact failed" in caught.value.what
    assert "secret-" not in str(caught.value)


def test_what_was_found_before_stays_when_a_file_fails(changed, small):
    before = small.rows("select count(*) from discovery.field")
    with pytest.raises(HdError):
        changed("language", "select 1 as nonsense")
    assert small.rows("select count(*) from discovery.field") == before


def test_a_missing_file_is_not_taken_for_nothing_found(small, tmp_path):
    shutil.copytree(SQL / "osticket" / "discovery", tmp_path / "osticket" / "discovery")
    (tmp_path / "osticket" / "discovery" / "language.sql").rename(tmp_path / "osticket" / "discovery" / "tongue.sql")
    with pytest.raises(MappingError, match=r"no file for language, no table for tongue\.sql"):
        sql_files(small.migration, tmp_path)


def test_a_migration_may_discover_by_a_query_of_its_own(small, tmp_path):
    own, strange = tmp_path / "language.sql", tmp_path / "tongue.sql"
    migration = small.migration.model_copy(update={"overrides": {"discovery/language": own}})
    assert sql_files(migration, SQL)["language"] == own
    migration = small.migration.model_copy(update={"overrides": {"discovery/tongue": strange}})
    with pytest.raises(MappingError, match=r"no table for tongue\.sql"):
        sql_files(migration, SQL)


def test_an_older_installation_without_later_tables_and_columns_is_discovered(tmp_path):
    dump = write_dump(
        tmp_path / "old.sql",
        {"ticket_status": [{"id": 1, "name": "Open", "state": "open"}], "plugin": [{"id": 1, "name": "LDAP lookup"}]},
        prefixes=("helpdesk_",),
        signature="4bd47d94b10bd8a6bab35c119dadf41f",
        without_tables=[
            "queue",
            "plugin_instance",
            "email_account",
            "schedule",
            "schedule_entry",
            "translation",
            "content",
        ],
        without_columns={"plugin": ["version"], "user_account": ["lang"], "faq_category": ["category_pid"]},
    )
    found = Found(tmp_path / "store", {"OSTICKET_DUMP": str(dump)})
    facts = {row["name"]: row["value"] for row in found.table("fact")}
    assert (facts["version"], facts["prefix"]) == ("1.14", "helpdesk_")
    assert [(row["kind"], row["name"]) for row in found.table("integration")] == [("single sign-on", "LDAP lookup")]
