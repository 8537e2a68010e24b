"""Each document against the source's own tables, read and added up by other code."""

import csv
import json
import sqlite3
from collections import Counter
from datetime import UTC, datetime, timedelta

import yaml

from hd_assets_tests.staging.osticket_desk import MAPPINGS

LIMIT = 10_485_760
HIDDEN = 0x4
OBJECTS = {
    "conversations": ["ticket"],
    "parts": ["thread_entry"],
    "attachments": ["attachment"],
    "contacts": ["user"],
    "companies": ["organization"],
    "teammates": ["staff"],
    "history": ["thread_event"],
    "articles": ["faq"],
    "inboxes": ["department", "team"],
    "tags": ["help_topic"],
}


def test_row_counts_are_those_of_the_source_and_every_fate_has_its_row(delivered):
    counted = {row["object"]: row for row in delivered.rows("row_counts") if row["extracted"]}
    fates = Counter((row["object"], row["fate"]) for row in delivered.rows("record_fates"))
    for name, tables in OBJECTS.items():
        assert int(counted[name]["extracted"]) == sum(delivered.count(table) for table in tables), name
        told = {fate: int(counted[name][fate]) for fate in ("staged", "merged", "excluded", "exceptions")}
        assert told == {fate: fates[name, fate] for fate in told}, name
        assert sum(told.values()) == int(counted[name]["extracted"]), name
        assert counted[name]["adds_up"] == "yes"


def test_every_entry_of_every_thread_is_split_once_and_nothing_internal_became_public(delivered):
    rows = delivered.rows("split_validation")
    per_thread = delivered.per("thread_entry", "thread_id")
    notes = Counter(row["thread_id"] for row in delivered.source["thread_entry"] if row["type"] == "N")
    known = {row["id"] for row in delivered.source["thread"]}
    told = {row["thread_id"]: row for row in rows if row["thread_id"]}
    assert set(told) == known
    assert {id: int(row["entries"]) for id, row in told.items()} == {id: per_thread[id] for id in known}
    assert {id: int(row["internal_in_source"]) for id, row in told.items()} == {id: notes[id] for id in known}
    assert sum(int(row["entries"]) for row in rows) == delivered.count("thread_entry")
    assert {row["not_accounted_once"] for row in rows} == {row["internal_made_public"] for row in rows} == {"0"}


def test_every_thread_to_look_at_has_its_entries_listed(delivered):
    threads = {row["id"]: row["thread_id"] for row in delivered.source["thread_entry"]}
    listed = {threads[id] for id in delivered.ids("split_manual_review", "thread_entry")}
    assert listed
    look_at = {row["thread_id"] for row in delivered.rows("split_validation") if row["verdict"] == "look at"}
    assert listed & {row["id"] for row in delivered.source["thread"]} == look_at - {""}


def test_contacts_without_address_and_orphans_are_those_of_the_source(delivered):
    users = {row["id"]: row for row in delivered.source["user"]}
    with_address = {row["user_id"] for row in delivered.source["user_email"] if "@" in (row["address"] or "")}
    firms = {row["id"] for row in delivered.source["organization"]}
    outside = {id for id, row in users.items() if row["org_id"] not in firms}
    listed = delivered.rows("orphans")
    contacts = delivered.ids("orphans", "user")
    assert contacts & set(users) == outside
    assert delivered.ids("no_email_contacts", "user") & set(users) == set(users) - with_address
    guessed = {row["company"] for row in listed if row["kind"] == "linked by e-mail domain"}
    members = {f"osticket-organization-{row['org_id']}" for row in users.values()} | guessed
    assert delivered.ids("orphans", "organization") == {
        id for id in firms if f"osticket-organization-{id}" not in members
    }


def test_every_agent_waits_in_the_queue_until_the_workspace_has_them(delivered):
    rows = {row["external_id"].rpartition("-")[2]: row for row in delivered.rows("agent_queue")}
    assert {id: row["is_active"] for id, row in rows.items()} == {
        row["staff_id"]: "yes" if row["isactive"] == "1" else "no" for row in delivered.source["staff"]
    }
    waiting = {row["status"] for row in rows.values() if row["is_active"] == "yes"}
    assert waiting in ({"in the workspace"}, {"not looked up yet"})
    assert {row["status"] for row in rows.values() if row["is_active"] == "no"} <= {"left"}


def test_agents_are_counted_with_what_they_wrote_and_hold(real):
    merged = {row["ticket_id"] for row in real.source["ticket"] if int(row["flags"]) & 3 and row["ticket_pid"]}
    held = Counter(row["staff_id"] for row in real.source["ticket"] if row["ticket_id"] not in merged)
    rows = {row["external_id"].rpartition("-")[2]: row for row in real.rows("agent_queue")}
    assert {id: int(row["conversations"]) for id, row in rows.items()} == {id: held[id] for id in rows}
    threads = {row["id"] for row in real.source["thread"] if row["object_type"] in ("T", "C")}
    wrote = Counter(
        row["staff_id"]
        for row in real.source["thread_entry"]
        if row["thread_id"] in threads and row["staff_id"] in rows and not int(row["flags"]) & HIDDEN
    )
    assert {id: int(row["messages"]) for id, row in rows.items()} == {id: wrote[id] for id in rows}


def test_the_guide_names_every_inbox_with_its_address_and_members(delivered):
    teams = [row for row in delivered.rows("configuration_guide") if row["kind"] == "team"]
    addresses = {row["email_id"]: row["email"] for row in delivered.source["email"]}
    merged = {
        row["source_id"]
        for row in delivered.rows("record_fates")
        if row["object"] == "inboxes" and row["fate"] != "staged"
    }
    departments = {row["id"]: row for row in delivered.source["department"] if row["id"] not in merged}
    told = {row["external_id"].rpartition("-")[2]: row for row in teams if "-department-" in row["external_id"]}
    assert set(told) == set(departments)
    active = {
        row["staff_id"]: f"{row['firstname']} {row['lastname']}"
        for row in delivered.source["staff"]
        if row["isactive"] == "1"
    }
    for id, row in departments.items():
        assert told[id]["name"].endswith(row["name"])
        if row["email_id"] in addresses:
            assert addresses[row["email_id"]].lower() in told[id]["detail"]
        first = {name for staff, name in active.items() if _department(delivered, staff) == id}
        assert all(name in told[id]["detail"] for name in first)


def _department(delivered, staff: str) -> str:
    return next(row["dept_id"] for row in delivered.source["staff"] if row["staff_id"] == staff)


def test_the_checklist_has_every_line_of_the_guide_and_says_what_is_verified(delivered, published):
    lines = {(row["kind"], row["external_id"]) for row in delivered.rows("configuration_guide")}
    checked = delivered.rows("readiness_checklist")
    assert {(row["kind"], row["external_id"]) for row in checked} == lines
    found = {row["verified"] for row in checked if row["kind"] not in ("macro", "switch_off")}
    assert found == ({"yes"} if delivered is published else {"not looked up yet"})
    assert {row["verified"] for row in checked if row["kind"] in ("macro", "switch_off")} == {"by a person"}


def test_every_field_stands_in_the_visibility_notes_with_its_rules(delivered):
    rows = {row["field_id"]: row for row in delivered.rows("visibility_notes")}
    answers = Counter(row["field_id"] for row in delivered.source["form_entry_values"] if row["value"])
    assert set(rows) == {row["id"] for row in delivered.source["form_field"]}
    for field in delivered.source["form_field"]:
        row, flags = rows[field["id"]], int(field["flags"] or 0)
        assert int(row["answers"]) == answers[field["id"]], field["label"]
        for column, bit in {"is_enabled": 0x1, "customer_sees": 0x100, "customer_must_fill": 0x400,
                            "agent_must_fill": 0x4000, "needed_to_close": 0x4}.items():  # fmt: skip
            assert row[column] == ("yes" if flags & bit else "no"), (field["label"], column)
        assert ("required" in row["note"]) == bool(flags & 0x4400)


def test_the_sla_map_counts_tickets_and_names_what_sets_each_plan(delivered):
    rows = {row["plan_id"]: row for row in delivered.rows("sla_map")}
    plans = {row["id"]: row for row in delivered.source["sla"]}
    tickets = delivered.per("ticket", "sla_id")
    overdue = Counter(row["sla_id"] for row in delivered.source["ticket"] if row["isoverdue"] == "1")
    assert set(rows) - {"0"} == set(plans)
    assert sum(int(row["tickets"]) for row in rows.values()) == delivered.count("ticket")
    topics = Counter(row["sla_id"] for row in delivered.source["help_topic"])
    for id, plan in plans.items():
        assert (int(rows[id]["hours"]), int(rows[id]["tickets"]), int(rows[id]["overdue"])) == (
            int(plan["grace_period"]),
            tickets[id],
            overdue[id],
        )
        assert ("help topic" in rows[id]["set_by"]) == bool(topics[id])
        assert f"{plan['grace_period']} hours" in rows[id]["suggestion"]


def test_the_help_topics_are_all_there_with_their_tickets(delivered):
    rows = {row["topic_id"]: row for row in delivered.rows("help_topics")}
    topics = {row["topic_id"]: row for row in delivered.source["help_topic"]}
    tickets = delivered.per("ticket", "topic_id")
    assert set(rows) - {"0"} == set(topics)
    assert {id: int(rows[id]["tickets"]) for id in topics} == {id: tickets[id] for id in topics}
    assert sum(int(row["tickets"]) for row in rows.values()) == delivered.count("ticket")
    assert all(rows[id]["tag"].endswith(topic["topic"].strip()) for id, topic in topics.items())


def test_files_that_are_not_sent_are_listed_and_every_file_is_counted(delivered):
    sizes = {row["id"]: int(row["size"]) for row in delivered.source["file"]}
    uses = {row["id"]: row for row in delivered.source["attachment"]}
    rows = {row["external_id"].rpartition("-")[2]: row for row in delivered.rows("attachment_files")}
    fates = [row for row in delivered.rows("record_fates") if row["object"] == "attachments"]
    assert len(fates) == len(uses)
    assert {row["source_id"] for row in fates if row["fate"] == "staged"} == set(rows)
    listed = {row["external_id"].rpartition("-")[2]: row["list"] for row in delivered.rows("attachment_lists")}
    assert listed == {id: row["disposition"] for id, row in rows.items() if row["disposition"] != "send"}
    too_large = {id for id in rows if uses[id]["type"] == "H" and sizes.get(uses[id]["file_id"], 0) > LIMIT}
    assert {id for id, kind in listed.items() if kind == "oversize"} == too_large


def test_every_internal_note_is_in_the_inventory(delivered):
    threads = {row["id"] for row in delivered.source["thread"] if row["object_type"] == "T"}
    notes = {
        row["id"]
        for row in delivered.source["thread_entry"]
        if row["type"] == "N" and row["thread_id"] in threads and not int(row["flags"]) & HIDDEN
    }
    staged = {
        row["source_id"]
        for row in delivered.rows("record_fates")
        if (row["object"], row["fate"]) == ("parts", "staged")
    }
    rows = delivered.rows("internal_notes")
    assert {row["arrives_as"] for row in rows} == {"note"}
    listed = delivered.ids("internal_notes", "thread_entry", reason="internal in the source")
    assert listed == notes & staged
    odd = {row["id"] for row in delivered.source["thread_entry"] if row["type"] not in ("M", "R", "N")}
    unknown = delivered.ids("internal_notes", "thread_entry", reason="visibility unknown, so kept internal")
    assert unknown == odd & staged - listed


def test_lists_of_what_is_rebuilt_hold_every_row_of_the_source(delivered):
    count = delivered.count
    kinds = Counter(row["kind"] for row in delivered.rows("automation_inventory"))
    assert kinds == Counter(
        {
            "filter": count("filter"),
            "routing by help topic": count("help_topic"),
            "SLA plan": count("sla"),
            "schedule": count("schedule"),
            "mail template": count("email_template"),
            "mailbox": count("email"),
        }
    )
    assert len(delivered.rows("mail_templates")) == count("email_template") + count("content")
    assert len(delivered.rows("canned_responses")) == count("canned_response")
    assert len(delivered.rows("articles")) == count("faq")
    access = {(row["staff_id"], row["dept_id"]) for row in delivered.source["staff_dept_access"]}
    assert len(delivered.rows("inbox_permissions")) == len(access) + count("staff")


def test_what_a_filter_does_is_told_in_names(real):
    does = {row["name"]: row["does"] for row in real.rows("automation_inventory") if row["kind"] == "filter"}
    assert does["VIP orgs to Tier 2"] == "move to department Customer Support / Tier 2; set priority Emergency"
    assert does["Auto answer billing"] == 'answer with "We received your request"'


def test_the_mapping_document_says_what_the_mapping_says(delivered):
    mapping = yaml.safe_load((MAPPINGS / "osticket.yaml").read_text(encoding="utf-8"))
    columns = {(row["source_table"], row["source_column"]): row for row in delivered.rows("mapping_document")}
    wanted = {}
    for table, entry in mapping["tables"].items():
        for column in entry.get("uses", []):
            wanted[table, str(column)] = entry["to"]
        left_out = entry.get("left_out", {})
        for column in left_out if isinstance(left_out, dict) else [""]:
            wanted[table, str(column)] = "left out"
    assert {key: row["feeds"] for key, row in columns.items()} == wanted
    attributes = {(row["belongs_to"], row["name"]) for row in delivered.rows("mapping_attributes")}
    declared = {(holder, name) for holder, names in mapping["attributes"].items() for name in names}
    assert attributes == declared | {("conversation", "osticket_source_id")}
    assert len(delivered.rows("mapping_objects")) == len(mapping["objects"])
    assert len(delivered.rows("mapping_fields")) == sum(len(fields) for fields in mapping["custom_fields"].values())
    statuses = {row["id"]: row["name"] for row in delivered.source["ticket_status"]}
    told = {
        row["source_value"]: int(row["conversations"])
        for row in delivered.rows("mapping_values")
        if row["decides"] == "status"
    }
    merged = {
        row["source_id"]
        for row in delivered.rows("record_fates")
        if (row["object"], row["fate"]) == ("conversations", "merged")
    }
    tickets = Counter(
        statuses.get(row["status_id"], "(missing)")
        for row in delivered.source["ticket"]
        if row["ticket_id"] not in merged
    )
    assert {name: number for name, number in told.items() if number} == dict(tickets)


def test_the_sample_is_as_large_as_promised_and_holds_every_sort_and_year(real):
    rows, threads = real.rows("sample_review"), real.rows("sample_threads")
    chosen = {row["number"] for row in rows if row["thread_sample"] == "yes"}
    assert (len(rows), len(chosen)) == (150, 50)
    assert {row["number"] for row in threads} <= chosen
    assert {row["created_at"][:4] for row in rows} == {row["created"][:4] for row in real.source["ticket"]}
    numbers = {row["number"]: row["ticket_id"] for row in real.source["ticket"]}
    at = {row["object_id"]: row["id"] for row in real.source["thread"] if row["object_type"] == "T"}
    visible = Counter(row["thread_id"] for row in real.source["thread_entry"] if not int(row["flags"]) & HIDDEN)
    messages = Counter(row["number"] for row in threads)
    assert {number: messages[number] for number in chosen} == {
        number: visible[at[numbers[number]]] for number in chosen
    }
    assert {cell for row in rows for name, cell in row.items() if name.endswith("_verdict")} == {""}


def test_the_target_is_counted_as_the_ledger_has_it(published):
    ledger = published.folder.parents[1] / "simulator" / "ledger.sqlite"
    with sqlite3.connect(f"file:{ledger}?mode=ro", uri=True) as books:
        kinds = Counter(dict(books.execute("select kind, count(*) from operations group by 1")))
        ended = books.execute("select max(ended_at) from runs where purpose = 'publish'").fetchone()[0]
        requests = books.execute("select sum(number) from request_counts").fetchone()[0]
    books.close()
    told = {row["object"]: row for row in published.rows("row_counts")}
    for name, of in {"companies": ["company"], "contacts": ["contact"], "links": ["contact_company"], "tags": ["tag"],
                     "conversations": ["conversation"], "parts": ["reply", "note"]}.items():  # fmt: skip
        number = str(sum(kinds[kind] for kind in of))
        assert (told[name]["planned"], told[name]["sent"], told[name]["unsettled"]) == (number, number, "0"), name
    assert len(published.rows("operations")) == kinds.total()
    assert sum(int(row["number"]) for row in published.rows("requests")) == requests
    certificate = json.loads((published.folder / "certificate.json").read_text(encoding="utf-8"))
    compared = Counter(row["object"] for row in published.rows("compared"))
    assert compared == Counter(
        {name: of["compared"] for name, of in certificate["figures"].items() if of.get("compared")}
    )
    steps = Counter(row["what"].partition(":")[0] for row in published.rows("cutover"))
    assert (
        steps["before"]
        == steps["after"]
        == len([row for row in published.rows("configuration_guide") if row["kind"] == "switch_off"])
    )
    [hypercare] = [row for row in published.rows("cutover") if row["what"].startswith("hypercare ends")]
    last = datetime.fromtimestamp(ended, UTC).date()
    assert hypercare["moment"] == f"{last + timedelta(days=3)}T00:00:00Z"


def test_files_are_rectangular_and_their_number_of_rows_is_on_the_page(delivered):
    # the scope document has a page of its own form
    for name, entry in delivered.manifest.items():
        if name == "scope":
            continue
        page = delivered.page(name)
        for sheet in entry["sheets"].values():
            with (delivered.folder / sheet["file"]).open(encoding="utf-8-sig", newline="") as file:
                rows = list(csv.reader(file))
            assert {len(row) for row in rows} == {len(sheet["columns"])}
            assert len(rows) - 1 == sheet["rows"]
            assert f"Rows: [{sheet['rows']}]({sheet['file']})" in page
