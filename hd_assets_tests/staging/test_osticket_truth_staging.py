"""The staging of a real osTicket installation against an account of it that was made without this project."""

import hashlib
import json
import re
import tarfile
from datetime import datetime

import pytest

from hd_assets_tests.shared import shared_path
from hd_assets_tests.staging.osticket_desk import Desk, extracted

SAMPLE = "data/osticket/osticket-1.18.sql.gz"


@pytest.fixture(scope="module")
def truth() -> dict:
    return json.loads(shared_path("data/osticket/truth.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def desk(tmp_path_factory) -> Desk:
    dump = shared_path(SAMPLE)
    root = tmp_path_factory.mktemp("truth")
    with tarfile.open(shared_path("data/osticket/osticket-1.18-attachments-fs.tar.gz")) as archive:
        archive.extractall(root, filter="data")
    return extracted(root / "store", dump, root / "attachments").stage()


@pytest.fixture(scope="module")
def tickets(truth) -> dict[int, dict]:
    return {ticket["ticket_id"]: ticket for ticket in truth["tickets"]}


def is_conversation(ticket: dict) -> bool:
    return ticket["ticket_id"] not in (114, 115, 144)


def utc(moment: dict) -> datetime:
    return datetime.fromisoformat(moment["utc"]).replace(tzinfo=None)


def bare(text: str) -> str:
    """Letters and digits without picture markers: two renderings of one text agree in them."""
    return re.sub(r"[\W_]+", "", re.sub(r"\[image[^]]*]", "", text))


def test_every_record_is_staged_left_out_or_an_exception_exactly_once(desk):
    assert desk.unaccounted() == []


def test_a_healthy_installation_leaves_nothing_behind(desk):
    assert desk.rows("select object, source_id, reason_code from staging.exceptions where not is_staged") == []


def test_row_counts_agree(desk, truth):
    counts, breakdown = truth["counts"], truth["breakdown"]
    merged = len(breakdown["tickets_merged_children"])
    visible = sum(n for kind, n in breakdown["entries_visible_by_object_type_and_type"].items() if kind[0] == "T")
    gone = "list_contains(flags, 'deleted_in_source')"
    assert {
        "companies": desk.value("select count(*) from staging.companies"),
        "contacts": desk.value(f"select count(*) from staging.contacts where not {gone}"),
        "deleted users": desk.value(f"select count(*) from staging.contacts where {gone}"),
        "teammates": desk.value("select count(*) from staging.teammates"),
        "inboxes": desk.value("select count(*) from staging.inboxes"),
        "tags": desk.value("select count(*) from staging.tags"),
        "conversations": desk.value("select count(*) from staging.conversations"),
        "entries": desk.value("select count(*) from staging.parts where origin = 'entry'"),
        "task notes": desk.value("select count(*) from staging.parts where origin = 'task'"),
        "articles": desk.value("select count(*) from staging.articles"),
        "attachments": desk.value("select count(*) from staging.attachments"),
        "oversize": desk.value("select count(*) from staging.attachments where disposition = 'oversize'"),
    } == {
        "companies": counts["organization"],
        "contacts": counts["user"],
        "deleted users": breakdown["entries_whose_user_is_missing"],
        "teammates": counts["staff"],
        "inboxes": counts["department"] + counts["team"],
        "tags": counts["help_topic"] + 1,
        "conversations": counts["ticket"] - merged,
        "entries": visible,
        "task notes": counts["task"],
        "articles": counts["faq"],
        # of entries without the body that lies in a file, of articles, of the form field
        "attachments": truth["breakdown"]["ticket_entry_attachments"] - 1 + 3 + 1,
        "oversize": breakdown["ticket_entry_attachments_over_10_MiB"],
    }


def test_inventory_lists_count_what_the_source_has(desk, truth):
    kinds = dict(desk.rows("select kind, count(*) from staging.inventory group by all"))
    counts = truth["counts"]
    for kind, table in {
        "canned_response": "canned_response",
        "filter": "filter",
        "sla": "sla",
        "help_topic": "help_topic",
        "quick_note": "note",
        "referral": "thread_referral",
        "custom_field": "form_field",
    }.items():
        assert kinds[kind] == counts[table], kind


def test_states_follow_the_status(desk, truth):
    merged = {"Closed": 2, "Duplicate": 1}
    expected = {name: n - merged.get(name, 0) for name, n in truth["breakdown"]["tickets_by_status"].items()}
    found = dict(desk.rows("select source_status, count(*) from staging.conversations group by all"))
    assert found == {name: n for name, n in expected.items() if n}
    open_states = truth["breakdown"]["tickets_by_state"]["open"]
    assert desk.value("select count(*) from staging.conversations where state = 'open'") == open_states


def test_unlinked_users_find_their_company_by_domain(desk, truth):
    for user in truth["breakdown"]["unlinked_users_matching_an_organisation_domain"]:
        [row] = desk.records("select * from staging.contacts where source_id = ?", str(user["user_id"]))
        assert row["companies"] == [f"osticket-organization-{user['organisation_ids_with_that_domain'][0]}"]
        assert "company_by_domain" in row["flags"]


def test_each_spelled_out_ticket_has_its_head(desk, truth):
    for ticket in filter(is_conversation, truth["tickets"]):
        [row] = desk.records("select * from staging.conversations where source_id = ?", str(ticket["ticket_id"]))
        attributes = json.loads(row["custom_attributes"])
        contact = desk.value("select email from staging.contacts where external_id = ?", row["contact"])
        agent = desk.column("select email from staging.teammates where external_id = ?", row["assignee"])
        inbox = desk.column("select name from staging.inboxes where external_id = ?", row["inbox"])
        company = desk.column("select name from staging.companies where external_id = ?", row["company"])
        topic = desk.column("select name from staging.tags where external_id = ?", row["tags"][0])
        assert {
            "number": row["number"],
            "subject": row["title"],
            "requester": contact,
            "status": row["source_status"],
            "state": row["state"],
            "agent": agent,
            "inbox": [name.split(" / ")[-1] for name in inbox],
            "team": attributes.get("osticket_team"),
            "company": company,
            "topic": topic,
            "priority": attributes["osticket_priority"],
            "sla": attributes.get("sla_plan_name"),
            "overdue": attributes["is_overdue"],
            "created": row["created_at"],
            "closed": row["closed_at"],
        } == {
            "number": ticket["number"],
            "subject": ticket["subject"],
            "requester": ticket["requester"]["email"],
            "status": ticket["status"],
            "state": ticket["state"],
            "agent": [ticket["assignee_agent_email"]] if ticket["assignee_agent_email"] else [],
            "inbox": [ticket["department"].split(" / ")[-1]],
            "team": ticket["assignee_team"],
            # The account of the source knows no link by domain.
            "company": [ticket["organisation"]] if ticket["organisation"] else company,
            "topic": [ticket["help_topic"] or "migrated"],
            "priority": ticket["priority"],
            "sla": ticket["sla"],
            "overdue": ticket["isoverdue"],
            "created": utc(ticket["created"]),
            "closed": utc(ticket["closed"]) if ticket["closed"] else None,
        }, ticket["ticket_id"]


def test_each_spelled_out_ticket_has_its_custom_fields(desk, truth):
    labels = dict(
        desk.rows(
            "select name, json_extract_string(details, '$.attribute') from staging.inventory"
            " where kind = 'custom_field' and json_extract_string(details, '$.form')"
            " in ('Ticket Details', 'Hardware request')"
        )
    )
    for ticket in filter(is_conversation, truth["tickets"]):
        text = desk.value(
            "select custom_attributes from staging.conversations where source_id = ?", str(ticket["ticket_id"])
        )
        attributes = json.loads(text)
        for label, value in ticket["custom_fields"].items():
            if value not in (None, "", [], {}):
                assert labels[label] in attributes, (ticket["ticket_id"], label)
                if isinstance(value, bool):
                    assert attributes[labels[label]] is value


def test_each_spelled_out_ticket_has_its_visible_entries_in_order(desk, truth):
    for ticket in filter(is_conversation, truth["tickets"]):
        parts = desk.records(
            "select * from staging.parts where conversation = ? and origin = 'entry' order by position",
            f"osticket-ticket-{ticket['ticket_id']}",
        )
        visible = [entry for entry in ticket["entries"] if not entry["hidden"]]
        assert [int(part["source_id"]) for part in parts] == [entry["entry_id"] for entry in visible]
        for part, entry in zip(parts, visible, strict=True):
            assert part["kind"] == ("note" if entry["type"] == "N" else "comment")
            assert part["is_internal"] == (entry["type"] == "N")
            assert part["created_at"] == utc(entry["created"])
            assert part["author_name"] == entry["poster"]
            if entry["author"] == "user":
                assert part["author"] == f"osticket-user-{entry['user_id']}"
            if entry["author"] == "agent":
                assert part["author"] == f"osticket-staff-{entry['staff_id']}"


def test_each_visible_entry_keeps_its_text(desk, truth):
    unlike = []
    for ticket in filter(is_conversation, truth["tickets"]):
        for entry in ticket["entries"]:
            if not entry["hidden"] and entry["text"] not in ("", "-"):
                text = desk.value(
                    "select body_text from staging.parts where source_id = ? and origin = 'entry'",
                    str(entry["entry_id"]),
                )
                if bare(entry["text"][:1400]) not in bare(text):
                    unlike.append(entry["entry_id"])
    assert unlike == []


def test_each_spelled_out_ticket_has_its_files_by_digest(desk, truth):
    for ticket in filter(is_conversation, truth["tickets"]):
        expected = sorted(
            (file["sha256"], file["name"])
            for entry in ticket["entries"]
            for file in entry["attachments"]
            if not re.fullmatch(r"[0-9a-f]{32}\.txt", file["name"])
        )
        found = desk.rows(
            "select sha256, filename from staging.attachments where conversation = ? and owner like '%thread_entry%'"
            " order by all",
            f"osticket-ticket-{ticket['ticket_id']}",
        )
        assert [tuple(row) for row in found] == expected, ticket["ticket_id"]
        for sha256, _ in found:
            content = (desk.files / sha256).read_bytes()
            assert hashlib.sha256(content).hexdigest() == sha256


def test_ten_mebibytes_are_sent_and_one_byte_more_is_not(desk):
    rows = desk.rows(
        "select size_bytes, disposition from staging.attachments where size_bytes between 10485760 and 10485761"
    )
    assert sorted(rows) == [(10485760, "send"), (10485761, "oversize")]


def test_plain_text_is_unescaped_exactly_once(desk):
    text = desk.value("select opening_text from staging.conversations where source_id = '1'")
    assert "1 < 2 && 3 > 2\n<b>not bold</b>" in text
    body = desk.value("select body_html from staging.parts where external_id = 'osticket-thread_entry-1'")
    assert "&lt;b&gt;not bold&lt;/b&gt;" in body


def test_a_body_moved_to_a_file_is_the_body(desk, tickets):
    [entry] = [entry for entry in tickets[71]["entries"] if entry["body_from"] != "column"]
    [part] = desk.records(
        "select * from staging.parts where source_id = ? and origin = 'entry'", str(entry["entry_id"])
    )
    assert "body_from_file" in part["flags"]
    assert len(part["body_text"]) > 50_000
    assert desk.value("select count(*) from staging.attachments where filename like '8d039801d4ed%'") == 0


def test_words_of_a_deleted_user_and_a_deleted_agent_keep_their_names(desk):
    rows = desk.rows(
        "select author_kind, author, author_name from staging.parts"
        " where conversation = 'osticket-ticket-107' and origin = 'entry'"
    )
    assert ("contact", "osticket-user-54", "To Be Deleted") in rows
    assert ("teammate", None, "Ivan Petrov") in rows
    assert desk.value("select name from staging.contacts where external_id = 'osticket-user-54'") == "To Be Deleted"


def test_merged_tickets_become_notes_of_their_parent(desk):
    into = dict(desk.rows("select source_id, \"into\" from staging.left_out where reason_code = 'merged_ticket'"))
    assert into == {"114": "osticket-ticket-113", "115": "osticket-ticket-113", "144": "osticket-ticket-143"}
    notes = desk.rows("select conversation, source_id from staging.parts where origin = 'merged' order by all")
    assert [tuple(row) for row in notes] == [
        ("osticket-ticket-113", "114"),
        ("osticket-ticket-113", "115"),
        ("osticket-ticket-143", "144"),
        ("osticket-ticket-163", "164"),
    ]
    [text] = desk.column("select body_text from staging.parts where external_id = 'osticket-merged-114'")
    assert "NW-000114" in text
    assert "Alarm storm also at dock 2" in text
    assert "Status: Closed" in text


def test_linked_tickets_keep_their_own_conversations(desk):
    parents = dict(desk.rows("select source_id, parent from staging.conversations where parent is not null"))
    assert parents == {"182": "osticket-ticket-181", "183": "osticket-ticket-181"}
    attributes = desk.value("select custom_attributes from staging.conversations where source_id = '181'")
    assert json.loads(attributes)["osticket_linked_to"] == "NW-000182, NW-000183"


def test_a_ticket_without_entries_and_one_with_only_a_note_open_with_a_generated_line(desk):
    for ticket, number in (("202", "NW-000202"), ("203", "NW-000203")):
        [row] = desk.records("select * from staging.conversations where source_id = ?", ticket)
        assert row["opening_part"] is None
        assert row["opening_text"] == f"Ticket {number} · {row['title']}"
    [note] = desk.records("select * from staging.parts where conversation = 'osticket-ticket-203' and origin = 'entry'")
    [opening_at] = desk.column("select opening_at from staging.conversations where source_id = '203'")
    assert (note["kind"], note["position"]) == ("note", 0)
    assert note["sent_at"] > opening_at


def test_pictures_of_a_text_travel_with_it(desk):
    rows = desk.rows(
        "select filename, carrier, is_inline from staging.attachments where conversation = 'osticket-ticket-100'"
        " order by source_id"
    )
    assert ("image001.png", "osticket-opening_rich-458", True) in [tuple(row) for row in rows]
    [rich] = desk.records("select * from staging.parts where external_id = 'osticket-opening_rich-458'")
    assert (rich["position"], rich["belongs_to"], rich["author_kind"]) == (1, "osticket-thread_entry-458", "contact")


def test_collaborators_and_writers_are_participants(desk, tickets):
    for ticket in (9, 100):
        [row] = desk.records("select * from staging.conversations where source_id = ?", str(ticket))
        expected = {f"osticket-user-{person['user_id']}" for person in tickets[ticket]["collaborators"]}
        assert expected - {row["contact"]} <= set(row["participants"])


def test_the_file_of_a_form_field_hangs_on_the_conversation(desk):
    [row] = desk.records("select * from staging.attachments where filename = 'purchase-order-77.pdf'")
    assert (row["owner"], row["carrier"]) == ("osticket-ticket-175", "osticket-fields-175")
    assert desk.value("select kind from staging.parts where external_id = 'osticket-fields-175'") == "note"


def test_every_task_is_one_note_with_all_its_entries(desk, truth):
    task_entries = sum(
        n for kind, n in truth["breakdown"]["entries_visible_by_object_type_and_type"].items() if kind[0] == "A"
    )
    assert desk.value("select count(*) from staging.left_out where reason_code = 'task_entry'") == task_entries
    text = desk.value("select body_text from staging.parts where external_id = 'osticket-task-1'")
    for words in ("Task 1: Prepare shipment label", "Please do this before Friday.", "took 20 minutes"):
        assert words in text


def test_the_history_is_the_last_note(desk):
    last = desk.rows(
        "select arg_max(origin, position) from staging.parts"
        " where conversation in (select conversation from staging.history) group by conversation"
    )
    assert set(last) == {("history",)}
    note = desk.value("select body_text from staging.parts where external_id = 'osticket-history-63'")
    assert note.count("reopened") == 3
    assert "(undone later)" in note


def test_positions_are_gapless_and_times_strictly_rise(desk):
    assert (
        desk.rows(
            """
            select conversation from staging.parts group by conversation
            having min(position) <> 0 or max(position) <> count(*) - 1 or count(distinct position) <> count(*)
            """
        )
        == []
    )
    assert (
        desk.rows(
            """
            select external_id from staging.parts
            qualify sent_at <= lag(sent_at) over (partition by conversation order by position) or sent_at < created_at
            """
        )
        == []
    )
    assert (
        desk.rows(
            """
            select parts.external_id from staging.parts
            inner join staging.conversations on parts.conversation = conversations.external_id
            where sent_at < opening_at or (sent_at = opening_at and not is_opening)
            """
        )
        == []
    )


def test_every_table_and_column_is_mapped_or_left_out(desk):
    assert (
        desk.rows(
            """
            select source_column.table_name, source_column.column_name
            from raw.source_column
            left join mapping.source_table on source_table.table_name = source_column.table_name
            left join mapping.source_column as chosen
                on chosen.table_name = source_column.table_name and chosen.column_name = source_column.column_name
            where source_table.table_name is null or (source_table.left_out is null and chosen.column_name is null)
            """
        )
        == []
    )


def test_the_mapping_names_no_table_or_column_twice_or_in_vain(desk):
    assert (
        desk.rows(
            """
            select table_name, column_name from mapping.source_column
            group by all having count(*) > 1
            union all
            select chosen.table_name, chosen.column_name from mapping.source_column as chosen
            left join raw.source_column as real
                on chosen.table_name = real.table_name and chosen.column_name = real.column_name
            where real.table_name is null
            """
        )
        == []
    )


def test_staged_twice_gives_the_same_rows(desk):
    tables = desk.column("select distinct table_name from information_schema.tables where table_schema = 'staging'")
    digest = "select md5(string_agg(cast(t as varchar), '|' order by cast(t as varchar))) from staging.{} as t"
    before = {table: desk.value(digest.format(table)) for table in tables}
    desk.stage()
    assert {table: desk.value(digest.format(table)) for table in tables} == before
