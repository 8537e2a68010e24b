"""Every promise made for a source has its place in the mapping, its asset or document, and its test."""

import ast
import re
import textwrap
from pathlib import Path

import dagster as dg
import pytest
import yaml

from hd_assets.assembly.migration import build_migration
from hd_assets.coverage import coverage_of, gaps
from hd_assets.deliver.catalogue import catalogue
from hd_assets.errors import HdError
from hd_assets.extract.registry import sources
from hd_assets.mapping import EVERY_SOURCE, load
from hd_assets.settings import Settings
from hd_assets_tests.shared import shared_path

PROJECT = Path(__file__).resolve().parents[2]
SQL = PROJECT / "sql"


@pytest.fixture(scope="module")
def settings(tmp_path_factory) -> Settings:
    return Settings.from_environment({"HD_HOME": str(tmp_path_factory.mktemp("home"))})


@pytest.fixture(scope="module")
def graph(settings):
    return build_migration(load(settings.mappings, "osticket"), settings).resolve_asset_graph()


def assets_of(graph) -> set[str]:
    return {"/".join(key.path[1:]) for key in graph.get_all_asset_keys()}


@pytest.mark.parametrize("source", sources())
def test_the_registry_has_the_rows_of_the_field_mapping(source):
    text = shared_path("reference/field-mapping.md").read_text(encoding="utf-8")
    sections = re.findall(r"^## \d\. ([^\n]+) \((\d+) rows\)\n(.*?)(?=^## )", text, re.M | re.S)
    [(rows, section)] = [
        (int(rows), body) for title, rows, body in sections if re.sub(r"\W", "", title.lower()).startswith(source)
    ]
    promised = re.findall(r"^\| (\d+) \| ([^|]+?) → ([^|]+?) \|", section, re.M)
    assert len(promised) == rows
    found = [(str(row.row), row.source, row.target) for row in coverage_of(SQL, source).rows]
    assert found == promised


@pytest.mark.parametrize("source", sources())
def test_the_registry_has_every_document_the_source_was_promised(source):
    text = shared_path("reference/field-mapping.md").read_text(encoding="utf-8")
    table = [
        line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ") and line.count("|") == 7
    ]
    begin = next(place for place, row in enumerate(table) if row[0] == "Document")
    column = next(
        place for place, name in enumerate(table[begin]) if re.sub(r"\W", "", name.lower()).startswith(source)
    )
    promised = {row[0] for row in table[begin + 1 :] if row[column].strip() != "–"}
    assert len(promised) > 10
    assert promised <= set(coverage_of(SQL, source).documents)


def test_what_the_registry_of_osticket_names_is_there(graph):
    coverage = coverage_of(SQL, "osticket")
    mapping = yaml.safe_load((PROJECT / "mappings" / "osticket.yaml").read_text(encoding="utf-8"))
    documents = {name for stage, _, name in (key.partition("/") for key in assets_of(graph)) if stage == "audit"}
    assert gaps(coverage, mapping, assets_of(graph), documents) == []


@pytest.mark.parametrize("source", sources())
def test_every_test_the_registry_names_exists(source):
    for row in coverage_of(SQL, source).rows:
        for test in row.tests:
            path, _, name = test.partition("::")
            tree = ast.parse((PROJECT / path).read_text(encoding="utf-8"))
            assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}, test


def test_a_document_depends_on_what_its_sql_reads(graph):
    for name, document in catalogue(SQL, "osticket").documents.items():
        parents = {tuple(key.path[1:]) for key in graph.get(dg.AssetKey(["osticket", "audit", name])).parent_keys}
        read = {(schema, table) for schema, table in document.reads if schema in ("raw", "staging")}
        assert read <= parents, name
        assert ("mapping",) in parents
        if document.is_about_target:
            assert {("publish", "conversations"), ("audit", "reconciliation")} & parents


BEGIN = "documents: {Scope: [scope]}\n"


@pytest.mark.parametrize(
    ("account", "told"),
    [
        (None, "does not say how it keeps what its field mapping promises"),
        ("rows: [", "is not YAML"),
        (BEGIN + "rows: []", "rows: List should have at least 1 item"),
        (
            BEGIN + "rows:\n- {row: 1, source: A, target: B, tests: [t], assets: [a]}",
            "rows.0.mapping",
        ),
        (
            BEGIN + "rows:\n- {row: 1, source: A, target: B, mapping: [m], tests: [t]}",
            "carries the row out",
        ),
        (
            BEGIN + "rows:\n- {row: 1, source: A, target: B, mapping: [m], assets: [a]}",
            "rows.0.tests",
        ),
        (
            BEGIN + "rows:\n- {row: 2, source: A, target: B, mapping: [m], assets: [a], tests: [t]}",
            "gap",
        ),
    ],
)
def test_a_source_without_its_account_is_refused(tmp_path, account, told):
    (tmp_path / "depot").mkdir()
    if account is not None:
        (tmp_path / "depot" / "coverage.yaml").write_text(account, encoding="utf-8")
    with pytest.raises(HdError, match=told) as refused:
        coverage_of(tmp_path, "depot")
    assert str(tmp_path / "depot" / "coverage.yaml") in str(refused.value)


def test_what_is_named_and_not_there_is_a_gap(tmp_path):
    (tmp_path / "depot").mkdir()
    (tmp_path / "depot" / "coverage.yaml").write_text(
        textwrap.dedent("""
            documents: {Scope: [scope], Ledger: [ledger], Nothing: []}
            rows:
            - {row: 1, source: Job, target: Tag, mapping: [objects.tags, values.kind],
               assets: [staging/tags, staging/x], documents: [jobs], tests: [t]}
        """),
        encoding="utf-8",
    )
    found = gaps(coverage_of(tmp_path, "depot"), {"objects": {"tags": {}}}, {"staging/tags"}, {"scope"})
    assert found == [
        "row 1: the mapping has no entry values.kind",
        "row 1: there is no asset staging/x",
        "row 1: there is no document jobs",
        "Ledger: there is no document ledger",
        "Nothing: there is no document Nothing",
    ]


def test_stage_packages_and_documents_of_every_source_name_none():
    shared = [*(PROJECT / "hd_assets" / "deliver").rglob("*"), *(SQL / EVERY_SOURCE).rglob("*")]
    files = [path for path in shared if path.suffix in {".py", ".j2", ".sql", ".yaml"}]
    assert len(files) > 25
    assert [
        (path.name, source)
        for path in [*files, PROJECT / "hd_assets" / "coverage.py", PROJECT / "hd_assets" / "assembly" / "documents.py"]
        for source in sources()
        if source in path.read_text(encoding="utf-8").lower()
    ] == []
