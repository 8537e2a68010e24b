"""What iTop was promised in documents, against the truth of the recorded installation."""

import csv
import json

import pytest
import yaml

from hd_assets.assembly.migration import build_migration
from hd_assets.coverage import coverage_of, gaps
from hd_assets.deliver.catalogue import catalogue
from hd_assets.deliver.prepare import prepare
from hd_assets.deliver.redact import copy_without_personal_data
from hd_assets.deliver.write import write_documents
from hd_assets.discover.run import discover
from hd_assets.mapping import load
from hd_assets.propose.base import read_base
from hd_assets.settings import Settings, Stores
from hd_assets_tests.itop import truth
from hd_assets_tests.staging.itop_desk import MAPPINGS, SQL, ItopDesk


@pytest.fixture(scope="module")
def desk(tmp_path_factory) -> ItopDesk:
    return ItopDesk(tmp_path_factory.mktemp("desk"))


@pytest.fixture(scope="module")
def documents(desk, tmp_path_factory):
    """The folder with all documents."""
    folder, found = tmp_path_factory.mktemp("documents"), catalogue(SQL, "itop")
    with desk.warehouse.get_connection() as connection:
        prepare(connection, desk.migration, found, Stores(desk.root).ledger("simulator"), "simulator")
        write_documents(connection, found, folder, "Migration itop", "simulator")
    return folder


@pytest.fixture(scope="module")
def whole(documents):
    """Entries of a sheet's JSON file."""
    return lambda name: json.loads((documents / f"{name}.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def sheet(documents):
    """Rows of a sheet by its name, as a reader opens the CSV file."""

    def rows(name: str) -> list[dict[str, str]]:
        with (documents / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))

    return rows


def test_each_document_holds_as_many_rows_as_the_truth_says(sheet):
    counts = truth()["counts"]
    assert len(sheet("change_export")) == counts["Change"]
    assert len(sheet("configuration_items")) == counts["FunctionalCI"]
    assert len(sheet("own_records")) == counts["WarrantyClaim"]
    assert len(sheet("organization_tree")) == counts["Organization"]
    assert len(sheet("user_role_matrix")) == counts["User"]
    assert len(sheet("article_quality")) == counts["FAQ"] + counts["KnownError"]
    services = counts["Service"] + counts["ServiceFamily"] + counts["ServiceSubcategory"]
    assert len(sheet("service_taxonomy")) == services
    assert {row["field"] for row in sheet("own_fields")} >= {"external_ref", "billing_hours", "channel"}


def test_the_change_export_tells_type_status_and_rollback_plan(sheet):
    rows = sheet("change_export")
    told = truth()["tickets_by_status"]
    assert sum(row["type"] == "normal" for row in rows) == truth()["counts"]["NormalChange"]
    assert (
        sum(row["type"] == "emergency" and row["status"] == "closed" for row in rows)
        == told["EmergencyChange"]["closed"]
    )
    assert any(row["rollback_plan"] == "restore the snapshot" for row in rows)
    assert all(json.loads(row["fields_json"])["ref"] == row["ref"] for row in rows)


def test_items_tell_how_many_migrated_tickets_name_them(sheet):
    linked = sum(int(row["migrated_tickets"]) for row in sheet("configuration_items"))
    assert 0 < linked <= truth()["ci_links"]["total"]


def test_the_sla_configuration_names_each_target_once(sheet):
    rows = sheet("sla_configuration")
    assert len(rows) == 12  # links between agreements and targets
    assert {row["metric"] for row in rows} == {"time to own (first response)", "time to resolve"}


def test_agreements_changes_and_items_come_as_json_too(sheet, whole):
    agreements = whole("sla_agreements")
    assert sum(len(entry["configuration"]["targets"]) for entry in agreements) == len(sheet("sla_configuration"))
    assert [entry["sla"] for entry in agreements] == [row["sla"] for row in sheet("sla_agreements")]
    for name in ("change_export", "configuration_items", "own_records"):
        told = whole(name)
        assert [entry["source_id"] for entry in told] == [row["source_id"] for row in sheet(name)]
        assert all(isinstance(entry["fields"], dict) for entry in told)
    assert all(entry["fields"]["ref"] == entry["ref"] for entry in whole("change_export"))
    assert {type(entry["migrated_tickets"]) for entry in whole("configuration_items")} == {int}


def test_the_second_variant_keeps_the_json_but_for_what_tells_of_people(documents, tmp_path):
    copy_without_personal_data(documents, tmp_path)
    personal = {
        "change_export": {"requested_by", "title", "rollback_plan", "fields"},
        "configuration_items": {"fields"},
        "own_records": {"name", "fields"},
        "sla_agreements": set(),
    }
    for name, gone in personal.items():
        before, after = (json.loads((folder / f"{name}.json").read_text("utf-8")) for folder in (documents, tmp_path))
        assert after == [{key: value for key, value in entry.items() if key not in gone} for entry in before]
        assert all(set(entry) >= gone for entry in before)


def test_the_role_matrix_recommends_a_role_for_each_account(sheet):
    rows = {row["login"]: row for row in sheet("user_role_matrix")}
    told = {user["login"]: user for user in truth()["users"]}
    assert rows["admin"]["recommended_role"] == "admin: all permissions"
    assert rows["gtremblay"]["recommended_role"].startswith("none: the account is disabled")
    for login, user in told.items():
        assert rows[login]["profiles"] == ", ".join(sorted(user["profiles"]))
        assert (rows[login]["is_customer"] == "yes") == ("Portal user" in user["profiles"])


def test_the_quality_list_sorts_articles_by_their_length(sheet):
    rows = [row for row in sheet("article_quality") if row["kind"] == "FAQ"]
    assert sum(row["length"] == "too short" for row in rows) == truth()["faqs_below_100_words"]
    assert sum(row["length"] == "too long" for row in rows) == truth()["faqs_above_500_words"]


def test_every_trigger_and_action_is_in_the_workflow_inventory(sheet):
    kinds = [row["kind"] for row in sheet("workflow_inventory")]
    assert kinds.count("trigger") == truth()["counts"]["Trigger"]
    assert kinds.count("action") == truth()["counts"]["Action"]
    assert kinds.count("approval") == truth()["counts"]["Change"]


def test_what_the_registry_names_is_there(tmp_path):
    settings = Settings.from_environment({"HD_HOME": str(tmp_path)})
    graph = build_migration(load(settings.mappings, "itop"), settings).resolve_asset_graph()
    assets = {"/".join(key.path[1:]) for key in graph.get_all_asset_keys()}
    documents = {name for stage, _, name in (key.partition("/") for key in assets) if stage == "audit"}
    mapping = yaml.safe_load((MAPPINGS / "itop.yaml").read_text(encoding="utf-8"))
    assert gaps(coverage_of(SQL, "itop"), mapping, assets, documents) == []


def test_discovery_tells_version_volumes_fields_and_values(desk):
    with desk.warehouse.transaction() as connection:
        discover(connection, desk.migration, SQL, files=desk.raw.files.root)
    facts = dict(desk.rows("select name, value from discovery.fact"))
    assert facts["version"] == "3.2.0-dev-svn"
    assert facts["is_unstable"] == "true"
    volumes = desk.rows("select source_type, sum(rows) from discovery.volume group by source_type")
    assert {"userrequest", "incident", "public_entry", "warrantyclaim"} <= {name for name, _ in volumes}
    months = desk.rows("select strftime(month, '%Y-%m'), rows from discovery.volume where source_type = 'incident'")
    assert sum(rows for _, rows in months) == truth()["counts"]["Incident"]
    fields = dict(desk.rows("select field, field_type from discovery.field where field_group = 'ticket'"))
    assert fields == {"external_ref": "text", "billing_hours": "decimal", "channel": "choice"}
    statuses = dict(desk.rows("select value, meaning from discovery.value where vocabulary = 'status'"))
    assert statuses["pending"] == "waiting"


def test_the_facts_to_propose_from_know_every_standard_class_of_the_recording(desk):
    base = read_base("itop")
    classes = {name for (name,) in desk.rows("select distinct table_name from raw.source_column")}
    assert {name for name in classes if base.table(name) is None} == {"WarrantyClaim"}


def test_without_decisions_about_codes_the_words_of_itop_s_own_lists_stand(tmp_path, desk):
    plain = ItopDesk(tmp_path, without=("priority", "urgency", "impact", "history"))
    told = "select source_id, custom_attributes, title from staging.conversations order by all"
    assert plain.rows(told) == desk.rows(told)
    history = "select kind, count(*) from staging.history group by kind order by kind"
    assert plain.rows(history) == desk.rows(history)
