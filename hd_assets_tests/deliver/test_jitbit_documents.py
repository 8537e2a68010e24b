"""What Jitbit was promised in documents, against the helpdesk as it was invented."""

import csv
import re

import pytest
import yaml

from hd_assets.assembly.migration import build_migration
from hd_assets.coverage import coverage_of, gaps
from hd_assets.deliver.catalogue import catalogue
from hd_assets.deliver.prepare import prepare
from hd_assets.deliver.write import write_documents
from hd_assets.discover.run import discover
from hd_assets.extract.base import INVENTORY_ENTITIES
from hd_assets.extract.jitbit.entities import ENTITIES
from hd_assets.mapping import load
from hd_assets.propose.base import left_out_column, read_base
from hd_assets.settings import Settings, Stores
from hd_assets_tests.staging.jitbit_desk import MAPPINGS, SQL, JitbitDesk, sample


@pytest.fixture(scope="module")
def desk(tmp_path_factory) -> JitbitDesk:
    return JitbitDesk(tmp_path_factory.mktemp("desk"), sample())


@pytest.fixture(scope="module")
def sheet(desk, tmp_path_factory):
    """Rows of a sheet by its name, as a reader opens the CSV file."""
    folder, found = tmp_path_factory.mktemp("documents"), catalogue(SQL, "jitbit")
    with desk.warehouse.get_connection() as connection:
        prepare(connection, desk.migration, found, Stores(desk.root).ledger("simulator"), "simulator")
        write_documents(connection, found, folder, "Migration jitbit", "simulator")

    def rows(name: str) -> list[dict[str, str]]:
        with (folder / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))

    return rows


def test_the_guide_says_which_category_becomes_which_inbox(desk, sheet):
    rows = {row["category"]: row for row in sheet("category_inboxes")}
    assert len(rows) == len(desk.source.rows["category"])
    assert rows["Facilities / Cleaning"]["inbox"] == "Facilities / Building"
    assert rows["Facilities / Cleaning"]["decision"] == "put together, as the mapping says"
    assert "Facilities / Cleaning" in rows["Facilities / Building"]["same_routing"]
    assert sum(int(row["tickets"]) for row in rows.values()) == sum(
        row["category_id"] is not None for row in desk.source.rows["ticket"]
    )


def test_the_matrix_gives_every_status_a_state_and_a_rule(desk, sheet):
    rows = {row["status"]: row for row in sheet("status_matrix")}
    assert set(rows) == {row["name"] for row in desk.source.rows["status"]}
    assert rows["Waiting for Vendor"]["state"] == "snoozed"
    assert "3 days" in rows["Waiting for Vendor"]["recommended_rule"]
    assert {name for name, row in rows.items() if row["kind"] == "custom"} == {
        "Waiting for Vendor",
        "Escalated",
        "Resolved",
    }
    assert all(row["recommended_rule"] for row in rows.values())


def test_every_rule_and_everything_else_that_acts_by_itself_is_in_the_inventory(desk, sheet):
    rows = sheet("automation_inventory")
    rules = {row["name"]: row["recommended"] for row in rows if row["kind"] == "automation rule"}
    assert set(rules) == {row["name"] for row in desk.source.rows["automation_rule"]}
    assert rules["Assign printers"] == "workflow on a new conversation"
    assert rules["Old reminder"] == "off in Jitbit: drop it"
    addresses = sum(row["from_address"] is not None for row in desk.source.rows["category"])
    assert sum(row["kind"] == "address of a category" for row in rows) == addresses


def test_known_placeholders_are_put_in_and_unknown_ones_listed(sheet):
    rows = {row["title"]: row for row in sheet("canned_responses")}
    assert rows["Ask for the log"]["macro_text"].startswith("Dear {{first_name}} {{last_name}}, please")
    assert rows["Ask for the log"]["unknown_placeholders"] == ""
    assert "#OrderNumber#" in rows["With a made-up token"]["macro_text"]
    assert "#OrderNumber#" in rows["With a made-up token"]["unknown_placeholders"]
    known = {row["placeholder"]: row["is_known"] for row in sheet("placeholders")}
    assert known["#FirstName#"] == "yes"
    assert known["#CF_1234#"] == "no"
    written = " ".join(row["written"] for row in rows.values())
    assert set(known) == set(re.findall(r"#[A-Za-z]\w*#", written))


def test_deactivated_technicians_are_listed_with_their_open_tickets(desk, sheet):
    gone = {str(row["user_id"]): row for row in desk.source.rows["user"] if row["is_tech"] and row["disabled"]}
    rows = sheet("deactivated_agents")
    assert {row["external_id"].rpartition("-")[2] for row in rows} == set(gone)
    closed = {3, 12}
    for row in rows:
        id = int(row["external_id"].rpartition("-")[2])
        theirs = [one for one in desk.source.rows["ticket"] if one["assigned_to_user_id"] == id]
        assert int(row["conversations"]) == len(theirs)
        assert int(row["still_open"]) == sum(one["status_id"] not in closed for one in theirs)
        assert row["fallback_assignee"] == "Migration"


def test_values_of_fields_of_some_categories_are_told_as_they_arrive(desk, sheet):
    rows = sheet("field_values")
    everywhere = {"Needed by", "Impact", "Contract holder"}
    assert {row["field"] for row in rows}.isdisjoint(everywhere)
    of_network = [row for row in rows if row["field"] == "Devices affected"]
    assert {row["arrives"] for row in of_network if row["written"] == "many"} <= {"does not fit: stands in a note"}
    assert {row["of_category"] for row in of_network} == {"Network"}
    held = [
        row
        for row in desk.source.rows["ticket_custom_field_value"]
        if row["value"] and row["field_name"] not in everywhere
    ]
    assert sum(int(row["tickets"]) for row in rows) == len(held)


def test_every_asset_tag_spelling_and_subticket_is_listed(desk, sheet):
    source = desk.source.rows
    assert len(sheet("assets")) == len(source["asset"])
    assert sum(int(row["ticket_count"]) for row in sheet("assets")) == len(source["asset_ticket"])
    assert len(sheet("subtickets")) == len(source["subticket"])
    assert {row["becomes"] for row in sheet("tag_collisions")} == {"VPN", "printer"}


def test_articles_that_wait_for_files_and_where_they_were_are_listed(desk, sheet):
    files = desk.source.rows["article_attachment"]
    assert len(sheet("article_files")) == len(files)
    waiting = {row["external_id"] for row in sheet("article_quality") if "files_by_hand" in row["look_at"]}
    assert waiting == {f"jitbit-article-{row['article_id']}" for row in files}
    addresses = {row["external_id"]: row["old_url"] for row in sheet("article_addresses")}
    assert addresses == {f"jitbit-article-{row['article_id']}": row["url"] for row in desk.source.rows["article"]}


def test_discovery_tells_fields_values_and_volumes(desk):
    with desk.warehouse.transaction() as connection:
        discover(connection, desk.migration, SQL, files=desk.raw.files.root)
    types = dict(desk.rows("select field, field_type from discovery.field"))
    assert {name: types[name] for name in ("Impact", "Needed by", "Contract holder", "Systems", "Steps to repeat")} == {
        "Impact": "choice",
        "Needed by": "date",
        "Contract holder": "boolean",
        "Systems": "multichoice",
        "Steps to repeat": "long_text",
    }
    meanings = dict(desk.rows("select value, meaning from discovery.value where vocabulary = 'status'"))
    assert meanings["Waiting for Vendor"] == "waiting"
    assert meanings["Closed"] == "closed"
    volumes = desk.rows("select sum(rows) from discovery.volume where object in ('parts', 'history')")
    source = desk.source.rows
    assert volumes == [(len(source["comment"]) + len(source["ticket"]) + len(source["time_entry"]),)]


def test_what_the_registry_names_is_there(tmp_path):
    settings = Settings.from_environment({"HD_HOME": str(tmp_path)})
    graph = build_migration(load(settings.mappings, "jitbit"), settings).resolve_asset_graph()
    assets = {"/".join(key.path[1:]) for key in graph.get_all_asset_keys()}
    documents = {name for stage, _, name in (key.partition("/") for key in assets) if stage == "audit"}
    mapping = yaml.safe_load((MAPPINGS / "jitbit.yaml").read_text(encoding="utf-8"))
    assert gaps(coverage_of(SQL, "jitbit"), mapping, assets, documents) == []


def test_every_column_of_every_raw_table_is_used_or_left_out_with_a_reason():
    base = read_base("jitbit")
    unknown = []
    for entity in (entity for entity in ENTITIES if entity not in INVENTORY_ENTITIES):
        entry = base.table(entity.name)
        assert entry is not None, entity.name
        unused = [column for column in entity.columns if column not in entry.uses]
        unknown += [f"{entity.name}.{column}" for column in unused if left_out_column(entry, column) is None]
    assert unknown == []
