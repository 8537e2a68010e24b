"""What Dagster shows of a migration: keys, groups, pools, partitions, checks and jobs."""

import os
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest

from hd_assets.assembly.migration import build_all, build_migration
from hd_assets.assembly.names import Names
from hd_assets.assembly.staging import TOTALS
from hd_assets.deliver.catalogue import catalogue
from hd_assets.mapping import load, migration_names
from hd_assets.model import STAGING_MODELS
from hd_assets.settings import Settings
from hd_assets.staging import runner

SQL = Path(__file__).resolve().parents[2] / "sql"
STAGED = {model.table for model in STAGING_MODELS}
WINDOWED = {model.table for model in STAGING_MODELS if model.windowed}
SENT = {"plan", "workspace", "companies", "contacts", "articles", "conversations", "parts", "attachments"}
AUDITED = {"reconciliation", "certificate", "lineage", "deliverables", "report", "scope"}
DOCUMENTS = set(catalogue(SQL, "osticket").documents)


@pytest.fixture(scope="module")
def settings(tmp_path_factory) -> Settings:
    return Settings.from_environment({"HD_HOME": str(tmp_path_factory.mktemp("home"))})


@pytest.fixture(scope="module")
def migration(settings):
    return load(settings.mappings, "osticket")


@pytest.fixture(scope="module")
def definitions(settings, migration) -> dg.Definitions:
    return build_migration(migration, settings)


@pytest.fixture(scope="module")
def graph(definitions):
    return definitions.resolve_asset_graph()


def names_of(graph, stage: str) -> set[str]:
    return {key.path[2] for key in graph.get_all_asset_keys() if len(key.path) == 3 and key.path[1] == stage}


def test_definitions_can_be_loaded(definitions):
    dg.Definitions.validate_loadable(definitions)


def test_keys_are_migration_stage_object(graph):
    assert names_of(graph, "staging") == STAGED | {TOTALS}
    assert names_of(graph, "publish") == SENT
    assert names_of(graph, "audit") == AUDITED | DOCUMENTS
    assert {"ticket", "thread_entry", "file_bytes", "source_fact"} <= names_of(graph, "raw")
    others = {tuple(key.path) for key in graph.get_all_asset_keys() if len(key.path) != 3}
    assert others == {("osticket", "mapping")}


def test_groups_tags_kinds_and_owners_follow_the_stage(graph):
    for key in graph.get_all_asset_keys():
        node, stage = graph.get(key), "raw" if len(key.path) == 2 else key.path[1]
        assert node.group_name == f"osticket_{stage}"
        assert node.tags["stage"] == stage
        assert node.tags["source"] == "osticket"
        assert node.owners == ["team:migrations"]
        assert node.kinds


def test_every_asset_and_check_is_in_the_pool_of_its_migration(definitions, graph):
    assert {pool for key in graph.get_all_asset_keys() for pool in graph.get(key).pools} == {"migration_osticket"}
    ops = definitions.resolve_implicit_global_asset_job_def().graph.node_defs
    assert {op.pool for op in ops} == {"migration_osticket"}


def test_every_asset_is_backfilled_in_one_run(graph):
    policies = {graph.get(key).backfill_policy for key in graph.get_all_asset_keys()}
    assert policies == {dg.BackfillPolicy.single_run()}


def test_months_partition_what_belongs_to_a_conversation(graph):
    partitioned = {tuple(key.path[1:]) for key in graph.get_all_asset_keys() if graph.get(key).partitions_def}
    assert partitioned == {
        *(("staging", name) for name in (*WINDOWED, TOTALS)),
        *(("publish", name) for name in ("plan", "conversations", "parts", "attachments")),
        *(("audit", name) for name in ("reconciliation", "certificate")),
    }
    months = {graph.get(key).partitions_def for key in graph.get_all_asset_keys()} - {None}
    assert [month.get_first_partition_key() for month in months] == ["2023-01-01"]


def test_jobs_run_in_process(definitions):
    for job in definitions.resolve_all_job_defs():
        assert job.executor_def.name == "in_process", job.name


def test_each_stage_has_a_job_and_each_other_target_its_own(definitions):
    assert {job.name for job in definitions.resolve_all_job_defs() if not job.name.startswith("__")} == {
        "osticket_discover",
        "osticket_stage",
        *(
            f"osticket_{stage}{target}"
            for stage in ("plan", "publish", "reconcile", "deliver")
            for target in ("", "_test", "_production")
        ),
        *(f"osticket_rollback_{target}" for target in ("simulator", "test", "production")),
    }


@pytest.mark.parametrize(
    ("job", "target", "execute"),
    [
        ("osticket_publish", "simulator", True),
        ("osticket_publish_production", "production", True),
        ("osticket_plan", "simulator", False),
        ("osticket_reconcile_test", "test", False),
    ],
)
def test_a_backfill_over_months_needs_no_typed_configuration(definitions, job, target, execute):
    found = definitions.resolve_job_def(job)
    config = found.partitioned_config.get_run_config_for_partition_key("2024-01-01")
    chosen = {"target": target, "execute": execute, "send_drift": False, "delta": False, "only": []}
    assert config["resources"]["run_options"]["config"] == chosen
    assert found.backfill_policy == dg.BackfillPolicy.single_run()


def test_an_asset_depends_on_what_its_sql_reads(graph, migration, settings):
    for name, path in migration.sql_files(settings.sql).items():
        read = {table for schema, table in runner.inputs(runner.read(path)) if schema in ("raw", "staging")} - {name}
        parents = graph.get(dg.AssetKey(["osticket", "staging", name])).parent_keys
        assert {key.path[2] for key in parents if len(key.path) == 3} == read
        assert dg.AssetKey(["osticket", "mapping"]) in parents


def test_every_check_on_staging_and_workspace_blocks(graph):
    keys = graph.asset_check_keys
    assert len(keys) > 50
    not_blocking = {key.name for key in keys if not graph.get(key).blocking}
    assert not_blocking == {"nothing_differs"}, "the read-back comes last; its certificate must be written all the same"
    on_workspace = {key.name for key in keys if key.asset_key.path[1:] == ["publish", "workspace"]}
    assert on_workspace == {"workspace_is_ours", "admins_exist", "teams_exist", "attributes_fit", "ticket_type_fits"}


def test_everything_that_writes_lies_downstream_of_the_plan_and_the_plan_of_all_staging(graph):
    plan = dg.AssetKey(["osticket", "publish", "plan"])
    parents = graph.get(plan).parent_keys
    assert {key.path[2] for key in parents if len(key.path) == 3} == STAGED | {TOTALS}
    for name in SENT - {"plan"}:
        assert plan in graph.get(dg.AssetKey(["osticket", "publish", name])).parent_keys


def test_a_changed_mapping_is_another_code_version(settings, migration, graph):
    assert graph.get(dg.AssetKey(["osticket", "mapping"])).code_version == migration.digest


def test_all_shipped_migrations_stand_in_one_code_location(tmp_path):
    settings = Settings.from_environment({"HD_HOME": str(tmp_path)})
    built = build_all(settings)
    dg.Definitions.validate_loadable(built)
    found = {key.path[0] for key in built.resolve_asset_graph().get_all_asset_keys()}
    assert found == set(migration_names(settings.mappings))
    assert len(found) > 1


def test_a_mapping_that_does_not_load_becomes_one_failing_asset_and_others_stay(tmp_path):
    shipped = Settings.from_environment({"HD_HOME": str(tmp_path)}).mappings / "osticket.yaml"
    (tmp_path / "good.yaml").write_text(shipped.read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "broken.yaml").write_text("source: osticket\nfirst_month: yesterday\n", encoding="utf-8")
    (tmp_path / "foreign.yaml").write_text(
        shipped.read_text(encoding="utf-8").replace("source: osticket", "source: papyrus", 1), encoding="utf-8"
    )
    (tmp_path / "owned.yaml").write_text(
        shipped.read_text(encoding="utf-8").replace("team:migrations", "the migrations team", 1), encoding="utf-8"
    )
    built = build_all(Settings.from_environment({"HD_HOME": str(tmp_path), "HD_MAPPINGS": str(tmp_path)}))
    graph = built.resolve_asset_graph()
    by_migration = {}
    for key in graph.get_all_asset_keys():
        by_migration.setdefault(key.path[0], []).append(key)
    assert {name: len(keys) for name, keys in by_migration.items() if name != "good"} == {
        "broken": 1,
        "foreign": 1,
        "owned": 1,
    }
    assert len(by_migration["good"]) > 50
    job = built.resolve_implicit_global_asset_job_def()
    with dg.DagsterInstance.ephemeral() as instance:
        result = job.execute_in_process(
            asset_selection=[dg.AssetKey(["broken", "mapping"])], instance=instance, raise_on_error=False
        )
    assert not result.success
    [failed] = [event for event in result.all_events if event.is_step_failure]
    assert "first_month" in failed.step_failure_data.user_failure_data.description


def test_importing_the_definitions_reads_nothing():
    script = "import sys, hd_assets.definitions; print('duckdb' in sys.modules, 'sqlglot' in sys.modules)"
    run = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "HD_MAPPINGS": "/nowhere", "HD_HOME": "/nowhere"},
        cwd=Path(__file__).resolve().parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.split() == ["False", "False"]
    assert run.stderr == ""


def test_names_of_jobs_say_which_workspace_they_write_to():
    names = Names("desk", "osticket")
    assert names.job("publish") == "desk_publish"
    assert names.job("publish", "production") == "desk_publish_production"
