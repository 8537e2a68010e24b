"""The statements that run on a customer's server keep to what two readers of T-SQL understand alike."""

import re

import duckdb
import pymssql
import pytest
import sqlglot
from sqlglot import exp

from hd_assets.extract.jitbit.sqlserver import ServerAddress, as_text
from hd_assets.extract.jitbit.tables import SPECS
from hd_assets.extract.jitbit.tables_installation import statements_folder
from hd_assets.extract.jitbit.tables_statement import Statement
from hd_assets.samples.jitbit.native import write_native
from hd_assets.standin.jitbit.tds import serving_tables, standin_of
from hd_assets_tests.extract.jitbit.tables_support import desk

FILES = sorted(statements_folder().rglob("*.sql"))
ALLOWED = (exp.Coalesce, exp.Cast, exp.And, exp.Or)
ALLOWED_BY_NAME = {"SERVERPROPERTY", "DB_NAME", "HAS_PERMS_BY_NAME"}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sample")
    write_native(desk(), folder)
    standin = standin_of(folder)
    with serving_tables(standin) as url:
        address = ServerAddress.parse(url)
        connection = pymssql.connect(
            server=address.host,
            port=str(address.port),
            user=address.user,
            password=address.password,
            database=address.database,
            autocommit=True,
        )
        yield standin, connection
        connection.close()


def parsed(path):
    [statement] = sqlglot.parse(path.read_text(encoding="utf-8"), dialect="tsql")
    return statement


def test_every_raw_table_a_database_gives_has_its_statement():
    assert {path.stem for path in FILES if path.parent == statements_folder()} == {spec.name for spec in SPECS}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_is_one_select_that_states_its_grain_and_uses_allowed_functions_only(path):
    statement = parsed(path)
    assert isinstance(statement, exp.Select)
    assert path.read_text(encoding="utf-8").startswith("-- Grain: one row")
    used = [node for node in statement.find_all(exp.Func) if not isinstance(node, ALLOWED)]
    assert {node.name.upper() or node.sql_name().upper() for node in used} <= ALLOWED_BY_NAME
    assert not re.search(r"nolock|\*", path.read_text(encoding="utf-8"), re.IGNORECASE)


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_a_statement_names_columns_of_its_raw_table_and_is_ordered_by_the_key(spec):
    statement = Statement.load(statements_folder(), spec.name)
    assert set(statement.columns) <= set(spec.entity.columns)
    assert set(spec.needed) <= set(statement.columns)
    ordered = [statement.columns[place] for place in statement.key]
    assert ordered == list(spec.entity.key) or spec.name == "article_attachment"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_statement_gives_equal_rows_translated_and_over_the_wire(path, server):
    standin, connection = server
    statement = parsed(path)
    if path.parent == statements_folder():
        loaded = Statement.load(statements_folder(), path.stem)
        table = found(standin, statement.find(exp.Table).name)
        statement = loaded.bind(table).page(7)
    translated = standin.store.execute(statement.sql("duckdb")).fetchall()
    with connection.cursor() as cursor:
        cursor.execute(statement.sql("tsql"))
        over_the_wire = cursor.fetchall()
    assert translated
    assert [tuple(map(as_text, row)) for row in over_the_wire] == [tuple(map(as_text, row)) for row in translated]


def found(standin, name):
    from hd_assets.extract.jitbit.tables import FoundTable

    columns = standin.store.execute(
        "select column_name, data_type from information_schema.columns where lower(table_name) = lower(?)", [name]
    ).fetchall()
    return FoundTable("dbo", name, dict(columns))


def test_the_translation_is_judged_by_a_database_that_is_not_the_stand_in():
    """A page after a key, on rows written here by hand."""
    connection = duckdb.connect()
    connection.execute("create schema dbo")
    connection.execute('create table dbo."hdIssueTags" ("IssueID" integer, "TagID" integer)')
    connection.execute('insert into dbo."hdIssueTags" values (1, 1), (1, 2), (2, 1), (3, 1)')
    from hd_assets.extract.jitbit.tables import FoundTable

    bound = Statement.load(statements_folder(), "ticket_tag").bind(
        FoundTable("dbo", "hdIssueTags", {"IssueID": "int", "TagID": "int"})
    )
    assert connection.execute(bound.page(2).sql("duckdb")).fetchall() == [(1, 1), (1, 2)]
    assert connection.execute(bound.page(2, (1, 1)).sql("duckdb")).fetchall() == [(1, 2), (2, 1)]
