"""What discovery tells of an osTicket installation, against an account of it made without this project."""

from collections import Counter
from datetime import date

import pytest

from hd_assets.discover.tables import FIELD_TYPES, MEANINGS, TABLES


def rows_by(table, *keys):
    """Sums of `rows` by the given columns."""
    sums = Counter()
    for row in table:
        sums[tuple(row[key] for key in keys) if len(keys) > 1 else row[keys[0]]] += row["rows"]
    return dict(sums)


def test_an_undecided_mapping_is_enough(real):
    assert set(real.counts) == set(TABLES)
    assert all(real.counts.values())


def test_every_row_of_a_table_counts_once(real, truth):
    volumes, counts = rows_by(real.table("volume"), "object"), truth["counts"]
    assert volumes == {
        "companies": counts["organization"],
        "contacts": counts["user"],
        "teammates": counts["staff"],
        "inboxes": counts["department"] + counts["team"],
        "tags": counts["help_topic"],
        "conversations": counts["ticket"],
        "parts": counts["thread_entry"] + counts["task"],
        "attachments": counts["attachment"],
        "articles": counts["faq"],
        "history": counts["thread_event"],
    }


def test_tickets_are_counted_by_month(real, truth):
    years = Counter()
    for row in real.table("volume"):
        if row["object"] == "conversations":
            years[str(row["month"].year)] += row["rows"]
    assert years == truth["breakdown"]["tickets_by_created_year_local"]


def test_entries_that_an_edit_replaced_and_entries_of_tasks_are_told_apart(real, truth):
    parts = rows_by([row for row in real.table("volume") if row["object"] == "parts"], "source_type")
    visible = truth["breakdown"]["entries_visible_by_object_type_and_type"]
    assert parts == {
        "message": visible["T:M"],
        "response": visible["T:R"],
        "note": visible["T:N"],
        "task_entry": visible["A:M"] + visible["A:R"] + visible["A:N"],
        "replaced_entry": truth["breakdown"]["entries_hidden_superseded_by_an_edit"],
        "task": truth["counts"]["task"],
    }


def test_merged_tickets_are_told_apart(real, truth):
    tickets = rows_by([row for row in real.table("volume") if row["object"] == "conversations"], "source_type")
    assert tickets["merged_ticket"] == len(truth["breakdown"]["tickets_merged_children"])


def test_each_value_has_its_count(real, truth):
    found = {
        (row["vocabulary"], row["value"]): row["rows"] for row in real.table("value") if row["value"] != "(missing)"
    }
    told = truth["breakdown"]
    for vocabulary, expected in (
        ("status", told["tickets_by_status"]),
        ("source", told["tickets_by_source"]),
        ("priority", told["tickets_by_priority"]),
        (
            "topic",
            {
                truth["dictionaries"]["help_topics"][key]: number
                for key, number in told["tickets_by_help_topic_id"].items()
                if key != "0"
            },
        ),
    ):
        counted = {value: rows for (kind, value), rows in found.items() if kind == vocabulary and rows}
        assert counted == expected, vocabulary


def test_the_state_of_a_status_is_its_meaning(real, truth):
    meanings = {row["value"]: row["meaning"] for row in real.table("value") if row["vocabulary"] == "status"}
    expected = {status["name"]: status["state"] for status in truth["dictionaries"]["statuses"].values()}
    assert meanings == {**expected, "(missing)": None}
    assert {meaning for meaning in meanings.values() if meaning} <= set(MEANINGS)


def test_each_field_tells_how_many_records_answer_it(real, truth):
    fields = {int(row["source_id"]): row for row in real.table("field")}
    expected = {field["id"]: field for field in truth["dictionaries"]["form_fields"]}
    assert {key: (row["label"], row["native_type"]) for key, row in fields.items()} == {
        key: (field["label"], field["type"]) for key, field in expected.items()
    }
    # the account takes "0" for nothing, but it is a number or a "no"; of a date it is nothing
    zeros = dict(
        real.rows(
            "select field_id::int, count(*) from raw.form_entry_values join raw.form_field on field_id = form_field.id "
            "where value = '0' and form_field.type <> 'datetime' group by all"
        )
    )
    compared = [key for key, row in fields.items() if row["role"] not in ("name", "email")]
    assert {key: fields[key]["filled"] for key in compared} == {
        key: expected[key]["answers_not_empty"] + zeros.get(key, 0) for key in compared
    }


@pytest.mark.parametrize(
    ("field", "field_type"),
    [
        ("product", "choice"),
        ("modules", "multichoice"),
        ("region", "choice"),
        ("ship_regions", "multichoice"),
        ("steps", "long_text"),
        ("business_critical", "boolean"),
        ("install_date", "date"),
        ("outage_start", "datetime"),
        ("callback", "phone"),
        ("seats", "integer"),
        ("serial_no", "text"),
        ("resp_dept", "reference"),
        ("po_document", "file"),
        ("brk", "nothing"),
    ],
)
def test_a_field_has_a_type_that_every_source_knows(real, field, field_type):
    [row] = [row for row in real.table("field") if row["field"] == field]
    assert row["field_type"] == field_type
    assert row["field_type"] in FIELD_TYPES


def test_options_keep_their_order_and_a_retired_field_is_marked(real):
    fields = {row["field"]: row for row in real.table("field")}
    assert fields["product"]["options"] == ["Sensor X1", "Gateway G2", "Cloud Dashboard", "Mobile App"]
    assert fields["region"]["options"][0] == "DACH"
    assert not fields["old_contract"]["is_active"]
    assert fields["field_45"]["visibility"] == "agents"


def test_files_are_counted_by_size(real, truth):
    classes = real.table("file_size")
    large = [row for row in classes if row["bucket_bytes"] is None or row["bucket_bytes"] > 10_485_760]
    assert sum(row["files"] for row in large) == truth["breakdown"]["ticket_entry_attachments_over_10_MiB"]
    # of the entries' files one is the text of a long entry; the articles have files of their own
    of_articles = truth["breakdown"]["attachments_by_object_type"]["F"]
    moved_bodies = truth["breakdown"]["entries_with_body_moved_to_a_file"]
    everything = truth["breakdown"]["ticket_entry_attachments"] - moved_bodies + of_articles
    assert sum(row["files"] for row in classes) == everything
    assert sum(row["missing"] for row in classes) == 0


def test_plans_filters_and_answers_are_listed(real, truth):
    kinds = Counter(row["kind"] for row in real.table("automation"))
    counts = truth["counts"]
    assert kinds["SLA plan"] == counts["sla"]
    assert kinds["filter"] == counts["filter"]
    assert kinds["canned response"] == counts["canned_response"]
    assert sum(row["is_active"] for row in real.table("automation") if row["kind"] == "filter") == 4


def test_what_will_stop_is_listed_without_keys_and_callers(real, truth):
    found = real.table("integration")
    assert Counter(row["kind"] for row in found)["API key"] == truth["counts"]["api_key"]
    text = str(found)
    assert "SCRUBBED" not in text
    assert "198.51.100.9" not in text


def test_columns_are_those_of_the_installation(real, truth):
    sizes = {row["table_name"]: row["table_rows"] for row in real.table("column")}
    assert {name: sizes[name] for name in truth["counts"]} == truth["counts"]


def test_facts_tell_version_and_age(real):
    facts = {row["name"]: row["value"] for row in real.table("fact")}
    assert facts["version"] == "1.18"
    assert facts["prefix"] == "ost_"
    assert facts["first_record_at"] < facts["last_record_at"]
    assert facts["first_record_at"].startswith("2023-01")


def test_no_table_holds_what_people_are_called_or_wrote(real, truth):
    # mailboxes of the installation are part of its set-up
    told = " ".join(str(real.table(name)) for name in TABLES if name != "integration")
    people = {ticket["requester"]["email"] for ticket in truth["tickets"]}
    names = {agent["email"] for agent in truth["dictionaries"]["agents"].values()}
    assert not [address for address in people | names if address and address in told]


def test_another_version_prefix_and_damage_are_discovered_as_well(damaged):
    raw = damaged.rows(
        "select (select count(*) from raw.ticket), (select count(*) from raw.thread_entry) + "
        "(select count(*) from raw.task), "
        "(select count(*) from raw.user)"
    )
    volumes = rows_by(damaged.table("volume"), "object")
    found = (volumes["conversations"], volumes["parts"], volumes["contacts"])
    assert [found] == raw
    assert {row["name"]: row["value"] for row in damaged.table("fact")}["prefix"] == "acme_"
    assert {row["field_type"] for row in damaged.table("field")} <= set(FIELD_TYPES)


def test_discovering_again_gives_the_same(damaged):
    from hd_assets.discover.run import discover
    from hd_assets_tests.discover.conftest import SQL

    before = dict(damaged.tables)
    with damaged.warehouse.transaction() as connection:
        discover(connection, damaged.migration, SQL)
    assert damaged.read() == before


def test_a_name_that_two_forms_of_tickets_use_is_one_field_with_the_answers_of_both(small):
    [region] = [row for row in small.table("field") if row["field"] == "region"]
    assert (region["field_group"], region["filled"], region["rows"]) == ("ticket", 3, 3)
    assert region["options"] == ["East", "North", "South", "West"]


def test_labels_that_only_answers_still_hold_follow_the_declared_ones(small):
    [size] = [row for row in small.table("field") if row["field"] == "size"]
    assert size["options"] == ["Large", "Small", "Medium"]


@pytest.mark.parametrize(("field", "field_type"), [("on_day", "date"), ("at_hour", "datetime"), ("share", "decimal")])
def test_a_type_the_form_leaves_open_is_read_from_the_answers(small, field, field_type):
    assert {row["field"]: row["field_type"] for row in small.table("field")}[field] == field_type


def test_values_of_references_that_lead_nowhere_are_counted(small):
    missing = [row for row in small.table("value") if (row["vocabulary"], row["value"]) == ("status", "(missing)")]
    assert [row["rows"] for row in missing] == [1]


def test_records_without_a_date_are_counted_without_a_month(small):
    assert rows_by([row for row in small.table("volume") if row["object"] == "conversations"], "month") == {
        None: 1,
        date(2024, 5, 1): 2,
    }


def test_languages_people_write_in_are_told_by_common_words_and_scripts(small):
    found = {row["language"]: row["rows"] for row in small.table("language") if row["source"] == "message"}
    assert found == {"de": 1, "en": 1, "ja": 1}
