"""What runs of the graph do, and above all what they refuse to do."""

import dagster as dg
import pytest

from hd_assets.approvals import approve
from hd_assets.assembly.migration import build_migration
from hd_assets.assembly.run_options import RunOptions, run_config
from hd_assets.assembly.steps import PARTITION, RANGE_END, RANGE_START
from hd_assets.deliver.catalogue import catalogue
from hd_assets.partitions import Window, next_month
from hd_assets.warehouse import Warehouse
from hd_assets_tests.assembly.conftest import first_month

SENT = ("plan", "workspace", "companies", "contacts", "articles", "conversations", "parts", "attachments")
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def select(world, *assets: str, execute: bool = False, tags: dict[str, str] | None = None):
    """What clicking on some assets in the graph and on Materialize does."""
    job = build_migration(world.migration, world.settings).resolve_implicit_global_asset_job_def()
    keys = [dg.AssetKey([world.migration.name, *asset.split("/")]) for asset in assets]
    return job.execute_in_process(
        asset_selection=keys,
        instance=world.instance,
        run_config={**run_config(RunOptions(target="simulator", execute=execute, only=[])), **QUIET},
        tags=tags or {RANGE_START: f"{first_month()}", RANGE_END: f"{next_month(first_month())}"},
        raise_on_error=False,
    )


def failures(result) -> dict[str, dg.Failure]:
    return {
        event.step_key: event.step_failure_data.user_failure_data
        for event in result.all_events
        if event.is_step_failure
    }


def materialized(result) -> set[str]:
    return {"/".join(event.asset_key.path[1:]) for event in result.get_asset_materialization_events()}


def ask(world, sql: str) -> list[tuple]:
    with Warehouse.of(world.settings.stores("osticket").warehouse).get_connection() as connection:
        return connection.execute(sql).fetchall()


def damage(world, sql: str) -> None:
    with Warehouse.of(world.settings.stores("osticket").warehouse).get_connection() as connection:
        connection.execute(sql)


def test_a_month_then_everything_then_nothing_more_and_the_read_back_finds_no_difference(world):
    month = Window(first_month(), next_month(first_month()))
    assert world.run("publish", execute=True, window=month).success
    [(of_month,)] = ask(world, f"select count(*) from staging.conversations where home_window = date '{month.start}'")
    assert world.simulator.counts()["conversations"] == of_month

    published = world.run("publish", execute=True)
    assert published.success, published.failures
    assert published.checks_failed == []
    before, writes = world.simulator.counts(), world.writes
    assert before["tickets"] == before["conversations"] > of_month

    again = world.run("publish", execute=True)
    assert again.success
    assert (world.simulator.counts(), world.writes) == (before, writes), "published again: nothing is written"
    assert again.metadata["osticket/publish/plan"]["operations"] == 0

    read_back = world.run("reconcile")
    assert read_back.success, read_back.failures
    assert read_back.checks_failed == []
    told = read_back.metadata["osticket/audit/reconciliation"]
    assert (told["differing"], told["missing"]) == (0, 0)
    assert told["compared"] > before["conversations"]
    assert read_back.metadata["osticket/audit/certificate"]["verdict"] == "equal"

    delivered = world.run("deliver")
    assert delivered.success, delivered.failures
    names = {path.name for path in world.settings.stores("osticket").deliverables.rglob("*.*")}
    assert {"certificate.json", "certificate.md", "lineage.csv", "lineage.md", "exceptions.csv"} <= names
    assert any(name.startswith("inventory_") for name in names)
    promised = {f"{name}.md" for name in catalogue(world.settings.sql, "osticket").documents}
    assert promised | {"index.md", "documents.json", "report.html"} <= names


def test_without_execute_the_plan_is_written_and_nothing_is_sent(world):
    launched = world.run("publish", execute=False)
    assert not launched.success
    assert set(launched.metadata) == {"osticket/publish/plan"}
    [failure] = launched.failures
    assert failure.step == "osticket__publish__workspace"
    assert failure.what.endswith("operations planned, nothing sent")
    assert int(failure.what.split()[0]) > 0
    assert failure.exit_code == 3
    assert "osticket_publish" in failure.mend
    assert world.writes == 0


def test_documents_can_be_written_before_anything_is_sent(world):
    delivered = world.run("deliver", target="production")
    assert delivered.success, delivered.failures
    [folder] = {path.parent for path in world.settings.stores("osticket").deliverables.glob("*/report.html")}
    assert {"scope.md", "configuration_guide.md", "sample_review.csv"} <= {path.name for path in folder.iterdir()}
    assert "Nothing was read back from this target yet" in (folder / "report.html").read_text(encoding="utf-8")
    assert delivered.metadata["osticket/audit/configuration_guide"]["dagster/row_count"] > 50
    assert world.writes == 0


def test_a_dry_run_ends_well_with_the_plan(world):
    launched = world.run("plan")
    assert launched.success
    assert launched.metadata["osticket/publish/plan"]["operations"] > 0
    assert world.writes == 0


@pytest.mark.parametrize(
    ("defect", "check"),
    [
        ("update staging.conversations set state = null", "states_are_mapped"),
        ("update staging.contacts set companies = ['osticket-organization-999']", "contacts_have_companies"),
        ("delete from staging.conversations", "parts_have_conversation"),
        ("insert into staging.tags select * from staging.tags", "keys_unique"),
        ("delete from staging.contacts where not list_contains(flags, 'x')", "totals_equation"),
    ],
)
def test_publishing_alone_after_a_failed_check_is_refused(world, defect, check):
    damage(world, defect)
    result = select(world, "publish/companies", execute=True)
    assert materialized(result) == set()
    [failure] = failures(result).values()
    assert check in failure.description
    assert failure.metadata["exit_code"].value == 3
    assert world.writes == 0


def test_damaged_data_is_not_even_planned(world):
    damage(world, "update staging.conversations set state = null")
    launched = world.run("plan")
    assert [failure.exit_code for failure in launched.failures] == [3]
    assert launched.metadata == {}


STAGED = (
    "records",
    "windows",
    "conversations",
    "contacts",
    "inventory",
    "parts",
    "attachments",
    "exceptions",
    "totals",
)


def raw_fault(world, entity: str, replaced: str) -> None:
    """The raw view of an entity with some of its values replaced, as if the source had given them so."""
    files = f"{world.settings.stores('osticket').root}/raw/{entity}/*/*.parquet"
    columns = f"select * exclude (_deleted) replace ({replaced}) from read_parquet('{files}')"
    damage(world, f"create or replace view raw.{entity} as {columns}")


def renamed_status(world) -> None:
    raw_fault(world, "ticket_status", "'Waiting' as name")


def renamed_field(world) -> None:
    raw_fault(world, "form_field", "case when name = 'business_critical' then 'importance' else name end as name")


def unknown_column(world) -> None:
    raw_fault(
        world, "source_column", "case column_name when 'isoverdue' then 'mood' else column_name end as column_name"
    )


def tickets_before_the_first_month(world) -> None:
    raw_fault(world, "ticket", "'2001-02-03 04:05:06' as created")
    damage(world, "delete from staging.windows")


def altered_file(world) -> None:
    for file in world.settings.stores("osticket").files.iterdir():
        if file.is_file():
            file.write_bytes(file.read_bytes() + b"!")


@pytest.mark.parametrize(
    ("fault", "check"),
    [
        (renamed_status, "states_are_mapped"),
        (renamed_field, "every_custom_field_mapped"),
        (unknown_column, "every_table_and_column_mapped"),
        (tickets_before_the_first_month, "windows_cover_all"),
        (altered_file, "attachment_bytes_present"),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_a_fault_in_raw_data_leaves_every_publish_asset_of_its_run_unmaterialized(world, fault, check):
    fault(world)
    chosen = [*(f"staging/{name}" for name in STAGED), *(f"publish/{name}" for name in SENT)]
    result = select(world, *chosen, execute=True)
    assert not result.success
    assert not {asset for asset in materialized(result) if asset.startswith("publish/")}
    failed = {found.check_name for found in result.get_asset_check_evaluations() if not found.passed}
    assert any(name.endswith(check) for name in failed), failed
    assert world.writes == 0


def test_a_mapping_changed_after_staging_publishes_nothing_until_it_is_staged_again(world):
    options = {**world.migration.mapping.options, "topics": "flat"}
    mapping = world.migration.mapping.model_copy(update={"options": options})
    world.migration = world.migration.model_copy(update={"mapping": mapping, "digest": "f" * 64})
    refused = world.run("publish", execute=True)
    assert not refused.success
    assert refused.failures[0].exit_code == 3
    assert "changed after" in refused.failures[0].what
    assert "--until stage" in refused.failures[0].mend
    assert world.writes == 0
    assert world.run("discover").success
    assert world.run("stage").success
    assert world.run("plan").success


def test_one_publish_asset_clicked_alone_needs_a_plan_and_the_permission(world):
    refused = select(world, "publish/workspace")
    assert "0 operations planned, nothing sent" in failures(refused)["osticket__publish__workspace"].description
    unplanned = select(world, "publish/workspace", execute=True)
    assert not unplanned.success
    assert "publish/plan" in failures(unplanned)["osticket__publish__workspace"].metadata["mend"].value
    assert world.run("plan").success
    result = select(world, "publish/workspace", execute=True)
    assert result.success
    assert materialized(result) == {"publish/workspace"}
    assert world.simulator.counts()["conversations"] == 0


def test_conversations_clicked_before_their_contacts_are_refused(world):
    assert world.run("plan").success
    result = select(world, "publish/conversations", "publish/parts", "publish/attachments", execute=True)
    assert not result.success
    assert failures(result)["osticket__publish__threads"].metadata["exit_code"].value == 3
    assert world.simulator.counts()["conversations"] == 0


def test_a_range_rerun_leaves_equal_rows_and_other_months_alone(world):
    before, second = rows_by_month(world), next_month(first_month())
    assert len(before) == 2
    damage(world, f"delete from staging.parts where home_window = date '{second}'")
    result = select(world, "staging/parts", tags={PARTITION: f"{first_month()}"})
    assert result.success
    assert rows_by_month(world) == before[:1], "another month is not touched"
    for _ in range(2):
        result = select(world, "staging/parts")
        assert result.success
        assert rows_by_month(world) == before
        assert {event.partition for event in result.get_asset_materialization_events()} == {
            f"{first_month()}",
            f"{second}",
        }


def rows_by_month(world) -> list[tuple]:
    return ask(
        world,
        "select home_window, count(*), count(distinct conversation), md5(string_agg(source_digest order by"
        " external_id)) from staging.parts group by 1 order by 1",
    )


def test_only_the_chosen_conversations_are_published(world):
    [(one,)] = ask(world, "select min(source_id) from staging.conversations")
    launched = world.run("publish", execute=True, only=(one,))
    assert launched.success, launched.failures
    assert world.simulator.counts()["conversations"] == 1


def test_another_target_than_the_simulator_needs_the_mapping_confirmed(world):
    launched = world.run("publish", execute=True, target="test")
    [failure] = launched.failures
    assert "mapping is not confirmed" in failure.what
    assert failure.exit_code == 3
    approve(world.settings.stores("osticket"), "mapping", "A. Person", "another digest")
    [failure] = world.run("publish", execute=True, target="test").failures
    assert "changed since it was confirmed" in failure.what


def test_a_workspace_without_the_admins_is_refused_before_the_first_write(world):
    world.simulator.reset()
    launched = world.run("publish", execute=True)
    [failure] = launched.failures
    assert "admin" in failure.what
    assert failure.exit_code == 3
    counts = world.simulator.counts()
    assert counts["contacts"] == counts["companies"] == counts["tags"] == 0


def test_a_staged_asset_tells_its_rows_columns_lineage_file_and_totals(history):
    key = dg.AssetKey(["osticket", "staging", "conversations"])
    told = history.fetch_materializations(key, limit=1).records[0].asset_materialization.metadata
    assert told["dagster/row_count"].value > 0
    columns = {column.name: column for column in told["dagster/column_schema"].value.columns}
    assert "raw.ticket.number" in columns["number"].description
    lineage = told["dagster/column_lineage"].value.deps_by_column
    assert ("ticket", "number") in {(dep.asset_key.path[-1], dep.column_name) for dep in lineage["number"]}
    assert told["sql_file"].value.endswith("sql/osticket/conversations.sql")
    assert "osticket-ticket-" in told["preview"].value
    [observed] = history.fetch_observations(key, limit=1).records
    row = {name: entry.value for name, entry in observed.asset_observation.metadata.items()}
    assert row["records"] == row["staged"] + row["merged"] + row["excluded"] + row["exceptions"] > 0


def test_of_a_run_over_months_the_newest_shows_columns_and_rows_and_each_tells_its_counts(history):
    key = dg.AssetKey(["osticket", "staging", "conversations"])
    [newest, *others] = [
        record.asset_materialization for record in history.fetch_materializations(key, limit=1000).records
    ]
    assert {"preview", "dagster/column_schema", "dagster/column_lineage"} <= set(newest.metadata)
    of_its_run = [found for found in others if found.metadata["window"] == newest.metadata["window"]]
    assert of_its_run
    assert newest.partition == max(found.partition for found in (newest, *of_its_run))
    for found in of_its_run:
        assert found.metadata["dagster/row_count"] == newest.metadata["dagster/row_count"]
        assert not {"preview", "dagster/column_lineage"} & set(found.metadata)


def test_the_preview_shows_no_names_addresses_or_words(world, history):
    people = ask(world, "select name, email from staging.contacts where name is not null")
    titles = ask(world, "select title from staging.conversations")
    private = {value for row in [*people, *titles] for value in row if value and len(value) > 5}
    for name in ("contacts", "conversations", "parts", "attachments", "teammates"):
        [record] = history.fetch_materializations(dg.AssetKey(["osticket", "staging", name]), limit=1).records
        shown = record.asset_materialization.metadata["preview"].value
        assert shown.count("\n") > 1
        assert not [value for value in private if value in shown]
