"""The list of documents, and the rules every query of a document keeps."""

import re
from pathlib import Path

import duckdb
import pytest
import sqlglot
from sqlglot import exp

from hd_assets.assembly.documents import _told
from hd_assets.deliver.catalogue import FILE, DocumentSpec, SheetSpec, catalogue
from hd_assets.deliver.pages import write_document
from hd_assets.deliver.prepare import LEDGER, PROMISES, prepare
from hd_assets.deliver.write import write_documents
from hd_assets.errors import HdError
from hd_assets.extract.registry import sources
from hd_assets.mapping import EVERY_SOURCE, load
from hd_assets.model import STAGING_MODELS
from hd_assets.publish.ledger import Ledger, record_identity
from hd_assets.staging.runner import inputs, read
from hd_assets.warehouse import Warehouse
from hd_assets_tests.staging.osticket_desk import MAPPINGS

SQL = Path(__file__).resolve().parents[2] / "sql"
FILES = sorted(SQL.glob("*/deliver/*.sql"))
KNOWN = {
    "staging": {model.table for model in STAGING_MODELS},
    "publish": set(LEDGER),
    "reconcile": {"compared", "difference"},
    "mapping": {"option", "value", "attribute", "custom_field", "source_table", "source_column"},
    "deliver": set(PROMISES) | {path.stem for path in FILES},
}


@pytest.fixture(params=FILES, ids=lambda path: f"{path.parent.parent.name}/{path.stem}")
def path(request):
    return request.param


def test_the_file_begins_with_its_grain(path):
    assert path.read_text(encoding="utf-8").startswith("-- Grain: one row per ")


def test_the_file_is_one_query_whose_rows_have_one_order(path):
    [query] = sqlglot.parse(read(path), dialect="duckdb")
    assert isinstance(query, exp.Select)
    assert [cte.alias for cte in query.args["with_"].expressions][-1] == "final"
    # a page that differs from run to run could not be agreed to
    last = query.args["with_"].expressions[-1].this
    assert query.args.get("order") or last.args.get("order")
    assert re.search(r"\nselect \* (exclude \(\w+\) )?from final(\norder by .+)?$", read(path))


def test_the_file_reads_known_tables_only(path):
    for schema, table in inputs(read(path)):
        if schema != "raw":
            assert table in KNOWN[schema]
    if path.parent.parent.name == "every_source":
        assert not [table for schema, table in inputs(read(path)) if schema == "raw"]


def test_every_query_fills_a_sheet_of_some_document():
    found = {sheet.path for source in sources() for document in catalogue(SQL, source).documents.values()
             for sheet in document.sheets}  # fmt: skip
    assert found == set(FILES)


LIST = """
documents:
  jobs:
    title: Jobs
    sheets:
      jobs: {figures: [kind], sums: [size], personal: [name], group: kind, links: {size: parts}, shown: 2}
      parts: {text: Of all jobs.}
"""
JOBS = """
select 'b' as kind, 'Ada | <b>' as name, 1 as size union all select 'a', '=cmd()', 2 union all select 'a', null, 3
union all select 'a', 'd', 4
"""


@pytest.fixture
def depot(tmp_path) -> Path:
    folder = tmp_path / "depot" / "deliver"
    folder.mkdir(parents=True)
    (folder / FILE).write_text(LIST, encoding="utf-8")
    (folder / "jobs.sql").write_text(JOBS, encoding="utf-8")
    (folder / "parts.sql").write_text("select count(*) as jobs from deliver.jobs", encoding="utf-8")
    return tmp_path


def test_a_page_shows_figures_sums_and_sections_and_each_number_leads_to_its_rows(depot, tmp_path):
    with duckdb.connect() as connection:
        connection.execute("create schema deliver")
        made = write_documents(connection, catalogue(depot, "depot"), tmp_path / "out", "Migration desk", "test")
    [jobs, parts] = made["jobs"]
    assert (jobs.rows, jobs.figures["kind"], jobs.sums["size"], parts.rows) == (4, {"a": 3, "b": 1}, 10, 1)
    page = (tmp_path / "out" / "jobs.md").read_text(encoding="utf-8")
    for line in (
        "Rows: [4](jobs.csv). Together size: [10](jobs.csv).",
        "| a | [3](jobs.csv) |",
        "### b",
        "| Ada \\| &lt;b\\> | [1](parts.csv) |",
        "The first 2 of [3](jobs.csv).",
        "Of all jobs.",
    ):
        assert line in page
    assert "'=cmd()" in (tmp_path / "out" / "jobs.csv").read_text(encoding="utf-8-sig")
    assert "(jobs.md)" in (tmp_path / "out" / "index.md").read_text(encoding="utf-8")


def test_a_migration_fills_a_sheet_by_a_query_of_its_own(depot, tmp_path):
    own = tmp_path / "parts.sql"
    own.write_text("select 7 as own", encoding="utf-8")
    [document] = catalogue(depot, "depot", {"parts": own}).documents.values()
    assert {sheet.name: sheet.path for sheet in document.sheets}["parts"] == own
    assert {sheet.name: sheet.sql for sheet in document.sheets}["parts"] == "select 7 as own"
    told = _told(tmp_path, "jobs", [], [sheet.name for sheet in document.sheets if sheet.path == own])
    assert told["overriding_sql"].text == "parts"


def test_a_query_of_its_own_that_fills_no_sheet_is_refused(depot, tmp_path):
    with pytest.raises(HdError, match=r"fills no sheet of a document: jubs\.sql"):
        catalogue(depot, "depot", {"jubs": tmp_path / "jubs.sql"})


def test_a_document_is_the_same_however_often_it_is_written(tmp_path):
    spec = DocumentSpec(title="Jobs", sheets={"jobs": SheetSpec(figures=["kind"])})
    for run in ("one", "two"):
        write_document(tmp_path / run, "jobs", spec, "Migration desk", {"jobs": (("kind",), [("b",), ("a",)])})
    for name in ("jobs.md", "jobs.csv"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


@pytest.mark.parametrize(
    ("file", "content", "told"),
    [
        (FILE, LIST.replace("personal: [name]", "personal: [kind]"), "cannot count by a column that tells of people"),
        (FILE, LIST.replace("title: Jobs", "name: Jobs"), "documents.jobs.title"),
        (FILE, "documents: [", "is not YAML"),
        (FILE, LIST + "      others: {}\n", "no SQL fills others.csv"),
        ("jobs.sql", "select * from deliver.parts", "need each other"),
    ],
)
def test_a_list_that_cannot_be_is_refused_and_says_where(depot, file, content, told):
    (depot / "depot" / "deliver" / file).write_text(content, encoding="utf-8")
    with pytest.raises(HdError, match=told) as refused:
        catalogue(depot, "depot").needed(["jobs"])
    assert str(depot / "depot" / "deliver") in str(refused.value)


def test_a_query_that_fails_is_named_without_the_values_of_its_rows(depot, tmp_path):
    (depot / "depot" / "deliver" / "jobs.sql").write_text("select cast('Ada' as integer) as size", encoding="utf-8")
    with duckdb.connect() as connection:
        connection.execute("create schema deliver")
        with pytest.raises(HdError) as failed:
            write_documents(connection, catalogue(depot, "depot"), tmp_path / "out", "Migration desk", "test")
    assert "the SQL of jobs.csv failed" in str(failed.value)
    assert "Ada" not in str(failed.value)


def test_the_copy_of_a_ledger_follows_the_ledger_and_is_gone_with_it(tmp_path):
    migration = load(MAPPINGS, "osticket")
    found, path = catalogue(SQL, "osticket"), tmp_path / "ledger.sqlite"

    def copied(target: str) -> list[tuple]:
        with Warehouse.of(tmp_path / "w.duckdb").get_connection() as connection:
            prepare(connection, migration, found, tmp_path / f"{target}.sqlite", target)
            return connection.execute("select external_id, intercom_id from publish.identities order by 1").fetchall()

    ledger = Ledger(path, "osticket", "simulator", step="publish")
    ledger.begin_run()
    ledger.write([record_identity("contact", "osticket-user-1", "901", "created", ledger.run_no)])
    assert copied("ledger") == [("osticket-user-1", "901")]
    ledger.write([record_identity("contact", "osticket-user-2", "902", "created", ledger.run_no)])
    ledger.close()
    assert copied("ledger") == copied("ledger") == [("osticket-user-1", "901"), ("osticket-user-2", "902")]
    assert copied("nothing") == []


@pytest.mark.parametrize(
    ("days", "counts", "last_day"),
    [
        (3, "calendar", "2024-02-05"),
        (5, "business", "2024-02-09"),
        (1, "business", "2024-02-05"),
        (7, "calendar", "2024-02-09"),
    ],
)
def test_hypercare_ends_so_many_days_after_the_last_publish(days, counts, last_day):
    with duckdb.connect() as connection:
        for schema, tables in {"publish": LEDGER, "deliver": PROMISES}.items():
            connection.execute(f"create schema {schema}")
            for table, columns in tables.items():
                connection.execute(f"create table {schema}.{table} ({columns})")
        connection.execute("create schema reconcile")
        connection.execute("create table reconcile.compared (target varchar, compared_at timestamp)")
        # 2 February 2024 is a Friday
        connection.execute(
            "insert into publish.runs values (1, 'all', '2024-01-30 08:00', '2024-01-30 09:00', 'publish'),"
            " (2, 'all', '2024-02-02 08:00', '2024-02-02 23:00', 'publish'),"
            " (3, 'undo', '2024-02-08 08:00', '2024-02-08 09:00', 'rollback')"
        )
        facts = [("hypercare_days", str(days)), ("hypercare_counts", counts), ("target", "test")]
        for fact in facts:
            connection.execute("insert into deliver.fact values (?, ?)", fact)
        rows = connection.execute(read(SQL / EVERY_SOURCE / "deliver" / "cutover.sql")).fetchall()
    [moment] = [moment for _, what, moment, *_ in rows if what.startswith("hypercare ends")]
    assert f"{moment:%Y-%m-%d}" == last_day
