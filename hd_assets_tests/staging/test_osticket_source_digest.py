"""The digest of the source moves with the source and with nothing else: neither mapping nor names we made."""

import shutil
from pathlib import Path

import pytest

from hd_assets.samples.osticket import SampleOptions, write
from hd_assets.warehouse import Warehouse
from hd_assets_tests.staging.osticket_desk import Desk, extracted

TABLES = ("companies", "contacts", "conversations", "parts", "attachments", "articles", "tags", "teammates", "inboxes")


@pytest.fixture(scope="module")
def healthy(tmp_path_factory) -> Desk:
    root = tmp_path_factory.mktemp("healthy")
    write(root / "source", tickets=60, seed=5, options=SampleOptions(months=6))
    return extracted(root / "store", root / "source" / "osticket.sql", root / "source" / "attachments")


@pytest.fixture(scope="module")
def before(healthy, tmp_path_factory) -> dict[str, dict[str, str]]:
    copy = Path(shutil.copy(healthy.warehouse.path, tmp_path_factory.mktemp("before") / "warehouse.duckdb"))
    return digests(Desk(Warehouse.of(copy), healthy.migration, healthy.files).stage())


@pytest.fixture
def fresh(healthy, tmp_path) -> Desk:
    copy = Path(shutil.copy(healthy.warehouse.path, tmp_path / "warehouse.duckdb"))
    return Desk(Warehouse.of(copy), healthy.migration, healthy.files)


def digests(desk):
    sql = "select external_id, source_digest from staging.{}"
    return {table: dict(desk.rows(sql.format(table))) for table in TABLES}


def moved(before, after):
    """Table → records that stand in both and whose digest differs."""
    return {
        table: {key for key, digest in after[table].items() if before[table].get(key, digest) != digest}
        for table in TABLES
    }


# several at a time: none of them may move a digest
MAPPING_CHANGES = {
    "attributes and limits": "update mapping.attribute set data_type = 'string', options = [];"
    " update mapping.option set value = '100' where name like '%limit%'",
    "no fields, another state, another kind": "delete from mapping.custom_field;"
    " delete from mapping.attribute where name <> 'osticket_source_id';"
    " update mapping.value set target_value = 'closed' where field = 'status';"
    " update mapping.option set value = 'conversation' where name = 'target_kind';"
    " update mapping.option set value = case value when 'true' then 'false' else 'true' end"
    " where name = 'history_note'",
}


@pytest.mark.parametrize("change", MAPPING_CHANGES)
def test_a_changed_mapping_is_no_changed_source(fresh, before, change):
    with fresh.warehouse.get_connection() as connection:
        connection.execute(MAPPING_CHANGES[change])
    fresh.stage()
    assert moved(before, digests(fresh)) == {table: set() for table in TABLES}


# raw table, statement → the table whose record must notice
SOURCE_CHANGES = {
    "company name": ("organization", "update raw.organization set name = name || '!'", "companies"),
    "company field": (
        "form_entry_values",
        "update raw.form_entry_values set value = value || '9' where entry_id in"
        " (select id from raw.form_entry where object_type = 'O') and value is not null",
        "companies",
    ),
    "contact name": ("user", "update raw.user set name = name || '!'", "contacts"),
    "contact organisation": ("user", "update raw.user set org_id = '0'", "contacts"),
    "contact field": (
        "form_entry_values",
        "update raw.form_entry_values set value = value || '9' where entry_id in"
        " (select id from raw.form_entry where object_type = 'U') and value is not null",
        "contacts",
    ),
    "ticket field": (
        "form_entry_values",
        "update raw.form_entry_values set value = value || '9' where entry_id in"
        " (select id from raw.form_entry where object_type = 'T') and value is not null",
        "conversations",
    ),
    "ticket status": ("ticket", "update raw.ticket set status_id = status_id || '9'", "conversations"),
    "ticket assignee": ("ticket", "update raw.ticket set staff_id = '1' || staff_id", "conversations"),
    "ticket topic": ("ticket", "update raw.ticket set topic_id = '1' || topic_id", "conversations"),
    "ticket department": ("ticket", "update raw.ticket set dept_id = '1' || dept_id", "conversations"),
    "ticket due": ("ticket", "update raw.ticket set duedate = '2031-01-01 00:00:00'", "conversations"),
    "name of a status": ("ticket_status", "update raw.ticket_status set name = name || '!'", "conversations"),
    "name of a plan": ("sla", "update raw.sla set name = name || '!'", "conversations"),
    "name of a topic": ("help_topic", "update raw.help_topic set topic = topic || '!'", "conversations"),
    "name of a department": ("department", "update raw.department set name = name || '!'", "conversations"),
    "people of a ticket": (
        "thread_collaborator",
        "update raw.thread_collaborator set flags = '0'",
        "conversations",
    ),
    "words of an entry": ("thread_entry", "update raw.thread_entry set body = body || '!'", "parts"),
    "words of the opening": ("thread_entry", "update raw.thread_entry set body = body || '!'", "conversations"),
    "article": ("faq", "update raw.faq set answer = answer || '!'", "articles"),
}


@pytest.mark.parametrize("change", SOURCE_CHANGES)
def test_a_changed_source_is_noticed(fresh, before, change):
    table, statement, object = SOURCE_CHANGES[change]
    fresh.change(table, statement)
    after = dict(fresh.stage_for(object).rows(f"select external_id, source_digest from staging.{object}"))
    assert [key for key, digest in after.items() if before[object].get(key, digest) != digest]
