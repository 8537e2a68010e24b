"""iTop → raw: everything once, whatever iTop does to those who page through it."""

import csv
import json
from datetime import datetime

import duckdb
import httpx
import pytest

from hd_assets.extract.raw import RawStore, extract
from hd_assets.extract.retry import LostSnapshotError
from hd_assets.standin.itop import ItopStandin, StandinTransport
from hd_assets_tests.itop import ADDRESS, PASSWORD, reading, recorded, truth
from hd_assets_tests.shared import shared_path


def rows(store, entity, columns="*", where="true"):
    with duckdb.connect() as connection:
        query = f"select {columns} from ({store.views()[entity]}) where {where} order by all"
        return connection.execute(query).fetchall()


@pytest.fixture(scope="module")
def standin():
    return ItopStandin(recorded())


@pytest.fixture(scope="module")
def store(standin, tmp_path_factory):
    made = RawStore(tmp_path_factory.mktemp("raw"))
    extract(reading(standin), made)
    return made


def test_every_row_arrives_once_although_pages_lose_people(store):
    counts, told = truth()["counts"], store.latest().row_counts
    assert told["person"] == counts["Person"] == len({id for (id,) in rows(store, "person", "id")})
    assert told["ticket"] == counts["UserRequest"] + counts["Incident"]
    assert told["ci_to_ticket"] == counts["lnkFunctionalCIToTicket"]
    assert told["organization"] == counts["Organization"]
    assert told["attachment"] == counts["Attachment"]
    assert told["user"] == counts["User"]


def test_rows_are_never_paged_and_fields_are_always_named(standin):
    for asked in standin.requests:
        if asked["operation"] == "core/get":
            assert asked["output_fields"] not in ("*", "*+")
            assert not any(field.endswith("_list") for field in asked["output_fields"].split(",")
                           if field != "allowed_org_list")  # fmt: skip
            assert asked.get("limit", 1) == 1


def test_secrets_are_never_asked_for(standin):
    asked = {field for row in standin.requests for field in row.get("output_fields", "").split(",")}
    assert not asked & {"password", "reset_pwd_token", "secret"}


def test_authors_without_an_account_keep_zero_and_null_apart(store):
    told = truth()["log_entries_by_author_kind"]
    in_records = {"0": 0, "null": 0}  # logs of problems and changes stay in their records
    for (fields,) in rows(store, "record", "fields", "root in ('Problem', 'Change')"):
        for entry in json.loads(fields)["private_log"]["entries"]:
            in_records["null"] += entry["user_id"] is None
            in_records["0"] += entry["user_id"] == 0
    assert rows(store, "log_entry", "count(*)", "user_id = '0'") == [(told["0"] - in_records["0"],)]
    assert rows(store, "log_entry", "count(*)", "user_id is null") == [(told["null"] - in_records["null"],)]


def test_a_log_of_forty_entries_keeps_all_of_them(store):
    [ticket] = [ticket for ticket in truth()["tickets"] if ticket["id"] == 14]
    told = [entry["position_in_log"] for entry in ticket["log"] if entry["visibility"] == "public"]
    log = "ticket_id = '14' and log = 'public_log'"
    assert len(told) >= 40
    assert rows(store, "log_entry", "cast(position as int)", log) == [(place,) for place in sorted(told)]


def test_the_account_of_an_author_may_be_deleted_while_its_key_stays(store):
    gone = truth()["deleted_user_account"]
    assert rows(store, "user", "id", f"id = '{gone['user_id']}'") == []
    assert len(rows(store, "log_entry", "ticket_id", f"user_id = '{gone['user_id']}'")) == gone["entries"]


def test_files_arrive_byte_for_byte_the_empty_one_and_the_one_above_10_mb_among_them(store):
    stored = {id: (sha256, int(size)) for id, sha256, size in rows(store, "file_bytes", "file_id, sha256, size_bytes")}
    for row in truth()["attachments"]["list"]:
        assert stored[f"attachment_{row['id']}"] == (row["sha256"], row["size"])
    sizes = [size for _, size in stored.values()]
    assert (min(sizes), max(sizes)) == (0, 12_582_924)
    names = dict(rows(store, "attachment", "id, filename"))
    assert names["1"] == "błąd zażółć gęślą.txt"


def test_own_classes_and_own_fields_are_found_without_file_access(store):
    [(fields,)] = rows(store, "record", "fields", "class = 'WarrantyClaim' and id = '1'")
    assert json.loads(fields)["amount"] == "100.00"
    [(extra,)] = rows(store, "ticket", "extra", "id = '1'")
    assert json.loads(extra) == {"billing_hours": "", "channel": "counter", "external_ref": "JIRA-1000"}
    assert ("own_class:WarrantyClaim", "12") in rows(store, "source_fact", "name, value")
    assert ("own_module:acme-custom", "1.0.0") in rows(store, "source_fact", "name, value")


def test_a_class_below_another_is_read_with_its_own_fields(store):
    [(fields,)] = rows(store, "record", "fields", "class = 'NormalChange' and id = '207'")
    assert json.loads(fields)["acceptance_comment"] == "accepted by CAB"
    assert rows(store, "record", "count(*)", "root = 'FunctionalCI'") == [(75,)]


def test_windows_of_one_row_and_of_a_thousand_give_the_same(tmp_path):
    found = []
    for width in (7, 1000):
        made = RawStore(tmp_path / str(width))
        extract(reading(ItopStandin(recorded()), window_rows=width), made)
        found.append([rows(made, name, "* exclude (_extraction)") for name in ("person", "log_entry", "record")])
    assert found[0] == found[1]


def test_ids_far_apart_are_crossed_in_few_steps(tmp_path):
    store = recorded()
    store.tables["Person"][70_000_001] = store.tables["Person"].pop(95)
    standin = ItopStandin(store)
    made = RawStore(tmp_path)
    extract(reading(standin), made)
    assert len(rows(made, "person", "id")) == 95
    assert sum(row.get("class") == "Person" for row in standin.requests) < 40


def test_a_row_deleted_while_reading_starts_a_fresh_reading(tmp_path):
    standin = ItopStandin(recorded())
    windows = []

    def meanwhile(asked):
        if asked.get("class") == "Person" and "email" in asked["output_fields"]:
            windows.append(asked)
            if len(windows) == 3:  # the person came with an earlier window and is gone before the last
                standin.store.delete("Person", 15, datetime(2026, 11, 21, 12))

    standin.on_request = meanwhile
    made = RawStore(tmp_path)
    source = reading(standin, window_rows=20)
    with pytest.raises(LostSnapshotError, match="changed while they were read"), made.begin(source.entities) as writer:
        source.read(writer)
    assert made.latest() is None
    extract(source, made)
    assert len(rows(made, "person", "id")) == 94


def test_a_row_that_comes_while_reading_is_read_too(tmp_path):
    standin = ItopStandin(recorded())
    came = []

    def meanwhile(asked):
        if asked.get("class") == "Person" and not came:
            came.append(True)
            fields = {**standin.store.tables["Person"][44], "friendlyname": "New Person"}
            standin.store.create("Person", 500, fields, datetime(2026, 11, 21, 12))

    standin.on_request = meanwhile
    made = RawStore(tmp_path)
    extract(reading(standin), made)
    assert len(rows(made, "person", "id")) == 96


@pytest.mark.parametrize("fault", ["error_page", "cut", "empty"])
def test_a_fault_that_passes_is_tried_again(tmp_path, fault):
    standin = ItopStandin(recorded(), faults={7: fault, 40: fault, 300: fault})
    made = RawStore(tmp_path)
    assert extract(reading(standin), made).row_counts["ticket"] == 180


@pytest.mark.parametrize(
    ("login", "given"), [("basic", {}), ("form", {}), ("token", {"password": None, "token": "a-token"})]
)
def test_each_way_to_log_in_reads(login, given):
    facts = reading(ItopStandin(recorded()), login=login, **given).probe()
    assert facts.row_counts["UserRequest"] == 120


def test_a_version_that_is_not_stable_is_named_a_risk(store):
    [warning] = [text for text in store.latest().warnings if "stable" in text]
    assert "3.2.0-dev-svn" in warning
    assert ("is_unstable", "true") in rows(store, "source_fact", "name, value")


def test_the_csv_export_agrees_with_what_was_read_but_for_obsolete_people(store, standin):
    form = {"expression": "SELECT Person", "format": "csv", "fields": "id", "no_localize": "1"}
    with httpx.Client(transport=StandinTransport(standin), base_url=ADDRESS) as client:
        told = client.post("/webservices/export-v2.php", data=form, auth=("admin", PASSWORD)).text
    exported = {line.strip('"') for line in told.splitlines()[1:]}
    read = dict(rows(store, "person", "id, status"))
    assert {id for id in read if id not in exported} == {id for id, status in read.items() if status == "inactive"}


@pytest.mark.parametrize(
    ("name", "entity", "columns"),
    [
        ("Organization", "organization", ("id", "name", "code", "status", "parent_id")),
        ("UserRequest", "ticket", ("id", "ref", "org_id", "caller_id", "title", "status", "priority", "start_date",
                                   "last_update", "close_date")),
    ],
)  # fmt: skip
def test_the_recorded_csv_export_agrees_row_by_row(store, name, entity, columns):
    with shared_path(f"data/itop/export/{name}.csv").open(encoding="utf-8", newline="") as file:
        exported = {row["id"]: tuple(row[column] for column in columns) for row in csv.DictReader(file)}
    read = {row[0]: row for row in rows(store, entity, ", ".join(columns))}
    assert len(exported) > 10
    assert {id: read[id] for id in exported} == exported
