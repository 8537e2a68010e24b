"""Rules every shipped SQL file keeps, whatever its source."""

import re
from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp

from hd_assets.model import STAGING_MODELS
from hd_assets.staging import runner

SQL = Path(__file__).resolve().parents[2] / "sql"
FILES = sorted(SQL.glob("*/*.sql"))
MAPPING_TABLES = {"option", "value", "attribute", "custom_field", "source_table", "source_column"}


@pytest.fixture(params=FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def path(request):
    return request.param


def test_there_are_sql_files():
    assert FILES


def test_the_file_fills_a_staging_table_of_its_name(path):
    assert path.stem in runner.MODELS


def test_the_file_begins_with_its_grain(path):
    assert path.read_text(encoding="utf-8").startswith(("-- Grain: one row per ", "-- Grain: no rows; "))


def test_the_file_is_one_query_that_ends_in_its_final_part(path):
    statements = sqlglot.parse(runner.read(path), dialect="duckdb")
    assert len(statements) == 1
    [query] = statements
    assert isinstance(query, exp.Select)
    assert [cte.alias for cte in query.args["with_"].expressions][-1] == "final"
    assert re.search(r"\nselect \* from final$", runner.read(path))


def test_the_file_reads_known_tables_only(path):
    staged = {model.table for model in STAGING_MODELS}
    for schema, table in runner.inputs(runner.read(path)):
        assert schema in {"raw", "mapping", "staging"}
        assert schema != "mapping" or table in MAPPING_TABLES
        assert schema != "staging" or table in staged


def test_the_file_has_no_lateral_join_since_lineage_would_blame_the_wrong_table(path):
    query = sqlglot.parse_one(runner.read(path), dialect="duckdb")
    assert not list(query.find_all(exp.Lateral))
