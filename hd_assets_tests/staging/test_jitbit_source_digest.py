"""The digest of the source moves with the source and with nothing else: neither mapping nor names we made."""

import pytest

from hd_assets.mapping import write_tables
from hd_assets.partitions import EVERYTHING
from hd_assets.samples.jitbit import Desk, make
from hd_assets.staging.runner import stage_all
from hd_assets_tests.staging.jitbit_desk import SQL, JitbitDesk

TABLES = ("companies", "contacts", "conversations", "parts", "attachments", "articles", "tags", "teammates", "inboxes")


@pytest.fixture(scope="module")
def desk(tmp_path_factory) -> JitbitDesk:
    return JitbitDesk(tmp_path_factory.mktemp("digests"), make(30))


@pytest.fixture(scope="module")
def before(desk) -> dict[str, dict[str, str]]:
    return digests(desk)


def digests(desk: JitbitDesk) -> dict[str, dict[str, str]]:
    return {table: dict(desk.rows(f"select external_id, source_digest from staging.{table}")) for table in TABLES}


def moved(before: dict[str, dict[str, str]], after: dict[str, dict[str, str]]) -> dict[str, set[str]]:
    """Table → records that stand in both and whose digest differs."""
    return {
        table: {key for key, digest in after[table].items() if before[table].get(key, digest) != digest}
        for table in TABLES
    }


MAPPING_CHANGES = {
    "fields get no attribute and no attribute is wanted": "delete from mapping.custom_field;"
    " delete from mapping.attribute where name <> 'jitbit_source_id'",
    "other words, states and inboxes": "update mapping.value set target_value = 'closed' where field = 'status';"
    " delete from mapping.value where field in ('priority', 'inbox_merge')",
    "other choices": "delete from mapping.option where name in ('industry_field', 'helpdesk_url', 'article_state');"
    " update mapping.option set value = '9' where name in ('snooze_days', 'attachment_limit_bytes');"
    " update mapping.option set value = 'plain' where name = 'inbox_names'",
}


@pytest.mark.parametrize("change", MAPPING_CHANGES)
def test_a_changed_mapping_is_no_changed_source(desk, before, change):
    with desk.warehouse.transaction() as connection:
        write_tables(connection, desk.migration)
        connection.execute(MAPPING_CHANGES[change])
        stage_all(connection, desk.migration, SQL, EVERYTHING, files=desk.raw.files.root)
    found = moved(before, digests(desk))
    # which files a note of the migration lists is a matter of the limit
    found["parts"] = {key for key in found["parts"] if "-unsent_files-" not in key}
    assert found == {table: set() for table in TABLES}


def test_what_changes_in_the_source_moves_the_digest_of_its_record_alone(before, tmp_path):
    changed: dict[str, set[str]] = {table: set() for table in TABLES}

    def change(desk: Desk) -> None:
        tickets = desk.rows["ticket"]
        comment = next(row for row in reversed(desk.rows["comment"]) if not row["is_system"])
        comment["body"] += " and more"
        changed["parts"].add(f"jitbit-comment-{comment['comment_id']}")
        for ticket, values in (
            (tickets[7], {"subject": "Another subject"}),
            (tickets[11], {"priority": 2 if tickets[11]["priority"] != 2 else 0}),
            (tickets[13], {"assigned_to_user_id": None}),
        ):
            ticket |= values
            changed["conversations"].add(f"jitbit-ticket-{ticket['ticket_id']}")
        value = next(row for row in desk.rows["ticket_custom_field_value"] if row["field_name"] == "Needed by")
        value["value"] = "2031-01-01"
        changed["conversations"].add(f"jitbit-ticket-{value['ticket_id']}")
        article = desk.rows["article"][2]
        article["body"] += "<p>more</p>"
        changed["articles"].add(f"jitbit-article-{article['article_id']}")
        company = desk.rows["company"][1]
        company["notes"] = "Pays late."
        changed["companies"].add(f"jitbit-company-{company['company_id']}")
        category = desk.rows["category"][-1]
        category["from_address"] = "another@support.example"
        changed["inboxes"].add(f"jitbit-category-{category['category_id']}")
        customer = next(row for row in reversed(desk.rows["user"]) if not row["is_tech"] and row["phone"])
        customer["phone"] = "+4930123456"
        changed["contacts"].add(f"jitbit-user-{customer['user_id']}")

    after = moved(before, digests(JitbitDesk(tmp_path, make(30), change=change)))
    # the migration's own notes about a ticket move with it, and so do tickets that name it as parent or link
    after["parts"] = {key for key in after["parts"] if key.startswith("jitbit-comment-")}
    assert changed["conversations"] <= after["conversations"] < set(before["conversations"])
    assert {**after, "conversations": changed["conversations"]} == changed
