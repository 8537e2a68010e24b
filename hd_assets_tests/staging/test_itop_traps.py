"""What is odd in the recorded iTop on purpose, and what becomes of it."""

import json
from datetime import datetime

import pytest

from hd_assets_tests.itop import truth
from hd_assets_tests.staging.itop_desk import ItopDesk


@pytest.fixture(scope="module")
def desk(tmp_path_factory) -> ItopDesk:
    return ItopDesk(tmp_path_factory.mktemp("desk"))


@pytest.fixture(scope="module")
def bent(tmp_path_factory) -> ItopDesk:
    """The same installation after some things went wrong, and with a mapping that wants custom objects."""
    chosen = {"changes": "custom_object", "configuration_items": "custom_object", "own_classes": "custom_object"}
    return ItopDesk(tmp_path_factory.mktemp("bent"), _bend, **chosen)


def _bend(store):
    requests = store.tables["UserRequest"]
    requests[3] |= {"caller_id": "0", "caller_id_friendlyname": ""}
    requests[4] |= {"caller_id": "9999", "caller_id_friendlyname": "Gone Person"}
    requests[5]["start_date"] = ""
    requests[7]["start_date"] = "2031-01-01 00:00:00"
    requests[9]["description"] = ""
    requests[12]["agent_id"] = "52"  # a person whose only account is one of the portal
    requests[13]["title"] = ""
    requests[15]["status"] = "on_the_moon"
    requests[16]["channel"] = "x" * 300
    requests[17]["billing_hours"] = "many"
    blank = {"date": "", "user_login": "", "user_id": 0, "message": "was a text field", "message_html": ""}
    requests[18]["private_log"] = {"entries": [blank]}
    early = {"date": "2019-05-05 10:00:00", "user_login": "Benoît Keller", "user_id": "3", "message": "early",
             "message_html": "<p>early</p>"}  # fmt: skip
    requests[19]["public_log"] = {"entries": [*requests[19]["public_log"]["entries"], early]}
    requests[21]["parent_request_id"] = "22"
    requests[23]["colour"] = "red"
    store.tables["Attachment"][1] |= {"user_id": "7", "creation_date": "2024-03-04 14:20:00", "item_id": "8"}
    store.tables["Attachment"][2]["item_id"] = "0"
    store.tables["Attachment"][3]["item_class"] = "Problem"


def test_all_checks_pass_on_the_recorded_installation(desk):
    assert desk.failed == []


def test_a_start_in_the_doubled_hour_takes_the_first_and_is_reported(desk):
    assert desk.one("select created_at, flags from staging.conversations where source_id = '41'") == (
        datetime(2024, 10, 27, 0, 30),
        ["doubled_hour"],
    )
    assert desk.rows("select source_id from staging.exceptions where reason_code = 'doubled_hour'") == [("41",)]


def test_a_script_in_a_title_stays_text(desk):
    [ticket] = [ticket for ticket in truth()["tickets"] if ticket["id"] == 8]
    assert desk.one("select title from staging.conversations where source_id = '8'") == (ticket["title"],)
    assert "<script>" in ticket["title"]


def test_a_title_of_255_characters_is_kept_whole(desk):
    assert desk.one("select length(title) from staging.conversations where source_id = '10'") == (255,)


def test_a_log_of_forty_entries_becomes_forty_parts_and_one_of_none_becomes_none(desk):
    assert desk.one("select count(*) >= 40 from staging.parts where conversation = 'itop-ticket-14'") == (True,)
    silent = "select external_id from staging.conversations where list_contains(flags, 'no_entries')"
    assert (
        desk.rows(f"select * from staging.parts where conversation in ({silent}) and source_type = 'log_entry'") == []
    )
    assert len(desk.rows(silent)) > 0


def test_entries_without_an_account_find_their_author_by_name(desk):
    """`user_id` 0 and null: the caller where the name is the caller's, whoever else is called so."""
    for user_id in ("= '0'", "is null"):
        entries = f"select concat(ticket_id, '_', log, '_', position) from raw.log_entry where user_id {user_id}"
        kinds = f"select author_kind, count(*) from staging.parts where source_id in ({entries}) group by author_kind"
        assert dict(desk.rows(kinds)).keys() == {"contact"}


def test_an_author_whose_account_was_deleted_and_whose_name_is_not_unique_is_not_guessed(desk):
    gone = truth()["deleted_user_account"]
    entries = (
        f"select concat(ticket_id, '_', log, '_', position) from raw.log_entry where user_id = '{gone['user_id']}'"
    )
    found = desk.rows(f"select author, author_kind, author_name from staging.parts where source_id in ({entries})")
    assert found == [(None, "teammate", gone["author"])] * gone["entries"]
    assert desk.one("select count(*) from staging.exceptions where reason_code = 'unknown_author'") == (
        gone["entries"],
    )


def test_private_entries_are_notes_and_public_ones_comments(desk):
    told = truth()["log_entries"]
    public = told["UserRequest.public_log.entries"] + told["Incident.public_log.entries"]
    private = told["UserRequest.private_log.entries"] + told["Incident.private_log.entries"]
    kinds = (
        "select kind, count(*) from staging.parts where source_type = 'log_entry' and origin = 'entry' group by kind"
    )
    assert dict(desk.rows(kinds)) == {"comment": public, "note": private}


def test_the_empty_file_and_the_one_above_the_limit_are_named_in_a_note_and_not_sent(desk):
    assert desk.rows(
        "select disposition, size_bytes from staging.attachments where disposition <> 'send' order by 1"
    ) == [
        ("missing", 0),
        ("oversize", 12_582_924),
    ]
    notes = desk.rows("select body_text from staging.parts where origin = 'unsent_files'")
    assert sum("it is empty" in text for (text,) in notes) == sum("larger than" in text for (text,) in notes) == 1


def test_a_pasted_picture_travels_and_its_secret_does_not(desk):
    assert desk.one("select owner, filename, disposition, is_inline from staging.attachments where is_inline") == (
        "itop-description-20",
        "pasted.png",
        "send",
        True,
    )
    bodies = "select body_html from staging.parts union all select opening_html from staging.conversations"
    assert desk.rows(f"select * from ({bodies}) as bodies where body_html like '%abc123%'") == []
    shown = "select count(*) from staging.parts where conversation = 'itop-ticket-20' and body_text like '%pasted.png%'"
    assert desk.one(shown)[0] >= 2


def test_a_code_used_twice_is_listed_and_does_not_join_companies(desk):
    listed = desk.rows("select source_id from staging.exceptions where reason_code = 'code_used_twice' order by 1")
    assert listed == [("11",), ("12",)]
    assert desk.one("select count(distinct external_id) from staging.companies") == (truth()["counts"]["Organization"],)


def test_the_hierarchy_of_organizations_stands_in_parents(desk):
    named = (
        "select c.name, p.name from staging.companies as c left join staging.companies as p on c.parent = p.external_id"
    )
    told = {(row["name"], row["parent"] or None) for row in truth()["organizations"]}
    assert set(desk.rows(named)) == told


def test_addresses_shared_doubled_or_missing_are_listed(desk):
    persons = truth()["persons"]
    assert desk.one("select count(*) from staging.contacts where email is null") == (persons["without_email"],)
    distinct = "select count(distinct email), count(*) filter (where merged_into is not null) from staging.contacts"
    merged = sum(count - 1 for count in persons["emails_used_more_than_once"].values())
    assert desk.one(distinct) == (persons["distinct_emails_case_insensitive"], merged)
    reasons = "select count(*) from staging.exceptions where reason_code in ('shared_email', 'duplicate_email')"
    assert desk.one(reasons) == (merged,)


def test_inactive_persons_migrate_and_say_so(desk):
    inactive = "select count(*) from staging.contacts where list_contains(flags, 'inactive')"
    assert desk.one(inactive) == (truth()["persons"]["inactive"],)


def test_portal_accounts_are_no_teammates(desk):
    agents = [row for row in truth()["users"] if "Portal user" not in row["profiles"]]
    assert desk.one("select count(*) from staging.teammates") == (len(agents),)
    assert desk.one("select count(*) from staging.left_out where reason_code = 'portal_account'") == (14 - len(agents),)


def test_items_set_by_hand_stand_apart_from_computed_ones(desk):
    [ticket] = [ticket for ticket in truth()["tickets"] if ticket["id"] == 1]
    held = json.loads(desk.one("select custom_attributes from staging.conversations where source_id = '1'")[0])
    assert held["impacted_ci_name"].split(", ") == sorted(ticket["impacted_ci_set_by_hand"])
    computed = set(ticket["impacted_ci_in_iTop"]) - set(ticket["impacted_ci_set_by_hand"])
    assert set(held["itop_computed_ci_name"].split(", ")) == computed


def test_values_nobody_chose_are_not_told_as_facts(desk):
    """iTop shows "assistance" and satisfaction 1 on tickets that were never resolved."""
    unsolved = "select id from raw.ticket where resolution_date = ''"
    held = desk.rows(f"select custom_attributes from staging.conversations where source_id in ({unsolved})")
    assert len(held) > 60
    assert not any("itop_resolution_code" in json.loads(values) for (values,) in held)
    unclosed = desk.rows("select custom_attributes from staging.conversations where source_status <> 'closed'")
    assert not any("itop_user_satisfaction" in json.loads(values) for (values,) in unclosed)


def test_articles_of_too_few_or_too_many_words_are_flagged(desk):
    found = desk.rows("select word_count, flags from staging.articles where source_type = 'faq'")
    assert sorted(words for words, _ in found) == sorted(faq["words_in_description"] for faq in truth()["faqs"])
    for words, flags in found:
        assert ("under_100_words" in flags) == (words < 100)
        assert ("over_500_words" in flags) == (words > 500)
        assert "review_before_ai" in flags
    assert {99, 100, 101, 500, 501} <= {words for words, _ in found}


def test_pending_tickets_of_long_ago_are_still_asleep_after_the_migration(desk):
    pending = (
        "select count(*), bool_and(snoozed_until > now()::timestamp) from staging.conversations where state = 'snoozed'"
    )
    assert desk.one(pending) == (18, True)


def test_staged_twice_gives_the_same_rows(desk):
    from hd_assets.partitions import EVERYTHING
    from hd_assets.staging.runner import stage_all
    from hd_assets_tests.staging.itop_desk import SQL

    tables = ("contacts", "conversations", "parts", "attachments", "inventory", "exceptions")
    before = {name: desk.rows(f"select * from staging.{name} order by all") for name in tables}
    with desk.warehouse.transaction() as connection:
        stage_all(connection, desk.migration, SQL, EVERYTHING, files=desk.raw.files.root)
    assert {name: desk.rows(f"select * from staging.{name} order by all") for name in tables} == before


# What the recorded installation does not have


def test_an_unknown_status_and_an_unmapped_field_stop_the_publish_and_nothing_else_does(bent):
    told = dict(check.split(": ", 1) for check in bent.failed)
    assert all("mapped" in name for name in told)
    assert "'on_the_moon' in 1 row(s)" in " ".join(told.values())
    assert "colour (colour) of conversations" in " ".join(told.values())


def test_a_ticket_without_caller_gets_a_stand_in_and_a_deleted_one_keeps_its_name(bent):
    named = "select source_id, name from staging.contacts where list_contains(flags, 'deleted_in_source') order by 1"
    assert bent.rows(named) == [("0", "Unknown caller"), ("9999", "Gone Person")]
    listed = bent.rows("select source_id from staging.exceptions where reason_code = 'caller_missing' order by 1")
    assert listed == [("3",), ("4",)]


def test_a_ticket_without_date_or_from_the_future_takes_that_of_its_first_entry(bent):
    found = dict(bent.rows("select source_id, flags from staging.conversations where source_id in ('5', '7')"))
    assert "undated" in found["5"]
    assert "future_date" in found["7"]
    assert bent.one("select count(*) from staging.windows where home_window > '2026-12-01'") == (0,)


def test_a_ticket_without_description_opens_with_a_line_that_names_it(bent):
    line, part = bent.one("select opening_text, opening_part from staging.conversations where source_id = '9'")
    assert line.startswith("Ticket R-000009 · ")
    assert part is None


def test_an_entry_from_before_the_ticket_does_not_stand_behind_a_later_opening(bent):
    first = "select position, created_at from staging.parts where conversation = 'itop-ticket-19' order by position"
    (_, opened), (_, followed), *_ = bent.rows(f"{first} limit 3")
    assert opened <= followed
    assert bent.one("select opening_at from staging.conversations where source_id = '19'") == (datetime(2019, 5, 5, 8),)


def test_a_text_field_that_was_turned_into_a_log_is_an_undated_note_of_nobody(bent):
    entry = "select kind, author_kind, author, body_text, flags from staging.parts where source_id = '18_private_log_0'"
    assert bent.one(entry) == ("note", "system", None, "was a text field", ["undated", "unknown_author"])


def test_values_that_fit_no_attribute_stand_in_a_note(bent):
    notes = dict(bent.rows("select source_id, body_text from staging.parts where origin = 'long_fields'"))
    assert "x" * 300 in notes["16"]
    assert "many" in notes["17"]
    assert bent.rows("select source_id from staging.exceptions where reason_code = 'answer_unfitting'") == [("17",)]


def test_an_agent_without_account_is_named_and_listed(bent):
    assignee, held = bent.one("select assignee, custom_attributes from staging.conversations where source_id = '12'")
    assert assignee is None
    assert json.loads(held)["itop_agent"]
    assert bent.rows("select source_id from staging.exceptions where reason_code = 'agent_without_account'") == [
        ("12",)
    ]


def test_a_child_names_its_parent(bent):
    parent, held = bent.one("select parent, custom_attributes from staging.conversations where source_id = '21'")
    assert (parent, json.loads(held)["itop_parent_ref"]) == ("itop-ticket-22", "R-000022")


def test_a_file_goes_with_the_entry_its_owner_wrote_near_it_in_time(bent):
    assert bent.one("select owner from staging.attachments where source_type = 'attachment' and source_id = '1'") == (
        "itop-log_entry-8_public_log_1",
    )


def test_unfinished_uploads_and_files_of_other_classes_are_not_sent(bent):
    assert (
        bent.rows("select * from staging.attachments where source_id in ('2', '3') and source_type = 'attachment'")
        == []
    )
    assert bent.rows("select source_id from staging.left_out where reason_code = 'file_of_other_class'") == [("3",)]


def test_changes_items_and_own_classes_become_custom_objects_where_the_mapping_says_so(bent, desk):
    counts = truth()["counts"]
    wanted = counts["Change"] + counts["FunctionalCI"] + counts["WarrantyClaim"]
    assert bent.one("select count(*) from staging.custom_objects") == (wanted,)
    assert desk.one("select count(*) from staging.custom_objects") == (0,)
    claim = (
        "select object_type, custom_attributes from staging.custom_objects where external_id = 'itop-warrantyclaim-1'"
    )
    kind, held = bent.one(claim)
    assert (kind, json.loads(held)["amount"]) == ("WarrantyClaim", "100.00")
