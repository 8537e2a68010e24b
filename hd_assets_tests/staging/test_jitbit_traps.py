"""What is odd in a Jitbit on purpose, and what becomes of it."""

import json
from datetime import timedelta

import pytest

from hd_assets.samples.jitbit import Desk, make
from hd_assets_tests.staging.jitbit_desk import SQL, JitbitDesk, sample

TABLES = (
    "windows", "records", "left_out", "companies", "contacts", "teammates", "inboxes", "tags", "conversations",
    "parts", "attachments", "articles", "history", "exceptions", "inventory",
)  # fmt: skip


@pytest.fixture(scope="module")
def desk(tmp_path_factory) -> JitbitDesk:
    return JitbitDesk(tmp_path_factory.mktemp("desk"), sample())


@pytest.fixture(scope="module")
def bent(tmp_path_factory) -> JitbitDesk:
    """A helpdesk in which some things went wrong."""
    conflict = ("ticket", "1012", "subject", "hdIssues", "a digest", "Issues", "another digest")
    return JitbitDesk(
        tmp_path_factory.mktemp("bent"),
        make(40),
        change=_bend,
        conflicts=(conflict,),
        article_files_url="https://kb.example/f",
    )


def _bend(desk: Desk) -> None:
    tickets = {row["ticket_id"]: row for row in desk.rows["ticket"]}
    tickets[1001] |= {"user_id": 9999, "first_name": "Gone", "last_name": "Person", "email": "gone@home.example"}
    tickets[1002] |= {"user_id": 0, "first_name": None, "last_name": None, "email": None, "user_name": None}
    tickets[1003]["body"] = "<!--html-->"
    tickets[1004]["subject"] = ""
    tickets[1005] |= {"status_id": 77, "status_name": "On the moon"}
    tickets[1006]["assigned_to_user_id"] = 8888
    tickets[1007]["body"] = "a < b & <script>alert(1)</script>"
    tickets[1012]["body"] = '<!--html--><p>Like <a href="/helpdesk/Ticket/1013">that one</a>.</p>'
    tickets[1013]["body"] = "<p>HTML without its mark</p>"
    agent = next(row for row in desk.rows["user"] if row["is_tech"])
    tickets[1008]["user_id"] = agent["user_id"]
    desk.rows["subticket"][0]["parent_id"] = 4242
    comments = [row for row in desk.rows["comment"] if not row["is_system"] and not row["for_techs_only"]]
    silent = next(row for row in reversed(comments) if row["ticket_id"] not in (1001, 1002))
    silent["for_techs_only"] = None
    silent["body"] = "nobody knows who may read this"
    field = desk.add("custom_field", field_id=900, name="Colour", type="1", usage_type="0")
    desk.add("ticket_custom_field_value", ticket_id=1009, field_id=900, field_name=field["name"], type="1", value="red")
    for name in ("Migrated", " parent-ticket-ref"):
        tag = desk.add("tag", tag_id=desk.id("tag"), name=name)
        desk.add("ticket_tag", ticket_id=1010, tag_id=tag["tag_id"], name=name)
    told = {"ticket_id": 1011, "file_name": "secret.txt", "for_techs_only": True, "file_id": 7001}
    public = next(row for row in comments if row is not silent)
    desk.add("attachment", **(told | {"comment_id": public["comment_id"], "ticket_id": public["ticket_id"]}))
    desk.add("attachment", **(told | {"file_id": 7002, "comment_id": 123456, "for_techs_only": None}))
    desk.files |= {7001: b"for technicians", 7002: b"of a comment that is gone"}


def attributes(desk: JitbitDesk, number: str) -> dict[str, object]:
    return json.loads(desk.one(f"select custom_attributes from staging.conversations where source_id = '{number}'")[0])


def test_all_checks_pass_on_the_invented_helpdesk(desk):
    assert desk.failed == []


def test_staged_twice_gives_the_same_rows(desk):
    from hd_assets.partitions import EVERYTHING
    from hd_assets.staging.runner import stage_all

    before = {name: desk.rows(f"select * from staging.{name} order by all") for name in TABLES}
    with desk.warehouse.transaction() as connection:
        stage_all(connection, desk.migration, SQL, EVERYTHING, files=desk.raw.files.root)
    assert {name: desk.rows(f"select * from staging.{name} order by all") for name in TABLES} == before


def test_a_first_comment_that_repeats_the_body_is_not_sent_twice(desk):
    merged = "select count(*) from staging.left_out where reason_code = 'repeats_body' and outcome = 'merged'"
    assert desk.one(merged) == (len(desk.source.rows["ticket"]) // 2,)
    doubled = (
        "select * from staging.parts inner join staging.conversations on parts.conversation = conversations.external_id"
        " where parts.source_type = 'comment' and parts.body_text = conversations.opening_text"
    )
    assert desk.rows(doubled) == []


def test_lines_the_system_wrote_are_history_and_no_messages(desk):
    lines = sum(row["is_system"] for row in desk.source.rows["comment"])
    assert desk.one("select count(*) from staging.history where kind = 'system_line'") == (lines,)
    assert desk.rows("select * from staging.parts where origin = 'entry' and body_text = 'Ticket closed'") == []
    assert desk.one("select count(*) > 0 from staging.parts where origin = 'history' and kind = 'note'") == (True,)


def test_internal_comments_are_notes(desk):
    rows = [row for row in desk.source.rows["comment"] if not row["is_system"]]
    notes = {str(row["comment_id"]) for row in rows if row["for_techs_only"]}
    found = "select source_id from staging.parts where source_type = 'comment' and origin = 'entry' and kind = 'note'"
    assert {id for (id,) in desk.rows(found)} == notes


def test_a_subticket_has_its_tag_its_parent_and_a_line_at_the_parent(desk):
    link = desk.source.rows["subticket"][0]
    child, parent = str(link["child_id"]), str(link["parent_id"])
    tags, above = desk.one(f"select tags, parent from staging.conversations where source_id = '{child}'")
    assert "jitbit-tag-subticket" in tags
    assert above == f"jitbit-ticket-{parent}"
    assert attributes(desk, child)["jitbit_parent_ticket_id"] == parent
    note = "select body_text from staging.parts where origin = 'long_fields' and source_id"
    assert f"• {child}" in desk.one(f"{note} = '{parent}'")[0]
    tagged = "select count(*) from staging.conversations where list_contains(tags, 'jitbit-tag-subticket')"
    assert desk.one(tagged) == (len({row["child_id"] for row in desk.source.rows["subticket"]}),)


def test_a_waiting_ticket_sleeps_three_days(desk):
    found = "select min(snoozed_until), max(snoozed_until) from staging.conversations where source_status"
    earliest, latest = desk.one(f"{found} = 'Waiting for Vendor'")
    extracted = desk.one("select max(strptime(left(_extraction, 8), '%Y%m%d')) from raw.ticket")[0]
    assert earliest == latest == extracted + timedelta(days=3)


def test_tags_that_differ_in_case_or_white_space_are_one(desk):
    names = {name for (name,) in desk.rows("select name from staging.tags where kind = 'tag'")}
    assert len({name.lower() for name in names}) == len(names)
    spellings = {str(row["tag_id"]) for row in desk.source.rows["tag"] if row["name"].strip().lower() == "vpn"}
    used = [row for row in desk.source.rows["ticket_tag"] if str(row["tag_id"]) in spellings]
    tickets = len({row["ticket_id"] for row in used})
    vpn = "select external_id from staging.tags where name = 'VPN'"
    assert desk.one(f"select count(*) from staging.conversations where list_contains(tags, ({vpn}))") == (tickets,)


def test_categories_of_like_routing_become_one_inbox(desk):
    merged = desk.one("select merged_into from staging.inboxes where name = 'Facilities / Cleaning'")[0]
    assert desk.one(f"select name from staging.inboxes where external_id = '{merged}'") == ("Facilities / Building",)
    [cleaning] = [row["category_id"] for row in desk.source.rows["category"] if row["name"] == "Cleaning"]
    there = sum(row["category_id"] == cleaning for row in desk.source.rows["ticket"])
    moved = (
        'select count(*) from staging.conversations where custom_attributes like \'%"jitbit_category": "Cleaning"%\''
        f" and inbox = '{merged}'"
    )
    assert desk.one(moved) == (there,)


def test_a_company_has_its_domain_without_sign_and_its_industry(desk):
    rows = desk.rows("select source_id, email_domain, website, industry from staging.companies")
    told = {str(row["company_id"]): (row["email_domain"] or "").lstrip("@") or None
            for row in desk.source.rows["company"]}  # fmt: skip
    assert {id: domain for id, domain, _, _ in rows} == told
    assert all(website == (f"https://{domain}" if domain else None) for _, domain, website, _ in rows)
    values = desk.source.rows["company_custom_field_value"]
    industries = {str(row["company_id"]): row["value"] for row in values}
    assert {id: industry for id, _, _, industry in rows if industry} == industries


def test_users_without_an_address_or_with_somebody_elses_are_listed(desk):
    customers = [row for row in desk.source.rows["user"] if not (row["is_tech"] or row["is_admin"])]
    without = {str(row["user_id"]) for row in customers if not row["email"]}
    listed = "select source_id from staging.exceptions where reason_code"
    assert {id for (id,) in desk.rows(f"{listed} = 'no_email'")} == without
    addresses = [row["email"].lower() for row in customers if row["email"]]
    doubled = len(addresses) - len(set(addresses))
    assert len(desk.rows(f"{listed} in ('shared_email', 'duplicate_email')")) == doubled > 0
    merged = "select count(*) from staging.contacts where merged_into is not null"
    assert desk.one(merged) == (doubled,)


def test_deactivated_customers_migrate_and_deactivated_technicians_are_never_invited(desk):
    inactive = "select count(*) from staging.contacts where list_contains(flags, 'inactive')"
    users = desk.source.rows["user"]
    gone = [row for row in users if row["disabled"]]
    assert desk.one(inactive) == (sum(not row["is_tech"] for row in gone),)
    active = {id for (id,) in desk.rows("select source_id from staging.teammates where is_active")}
    assert active == {str(row["user_id"]) for row in users if row["is_tech"] and not row["disabled"]}


def test_every_type_of_field_arrives_in_its_own_type(desk):
    values = desk.source.rows["ticket_custom_field_value"]
    kinds = {
        "Serial number": ("jitbit_serial_number", str),
        "Needed by": ("jitbit_needed_by", str),
        "Impact": ("jitbit_impact", str),
        "Contract holder": ("jitbit_contract_holder", bool),
        "Steps to repeat": ("jitbit_steps_to_repeat", str),
        "Devices affected": ("jitbit_devices_affected", (int, float)),
        "Delivery address": ("jitbit_delivery_address", str),
        "Systems": ("jitbit_systems", str),
        "Cost centre": ("jitbit_cost_centre", str),
    }
    assert {row["field_name"] for row in values} == set(kinds)
    told = {number: json.loads(held) for number, held in desk.rows(
        "select source_id, custom_attributes from staging.conversations")}  # fmt: skip
    for row in values:
        name, kind = kinds[row["field_name"]]
        found = told[str(row["ticket_id"])].get(name)
        if row["value"] == "many":  # fits no number: a note keeps it
            assert found is None
        elif kind is bool:
            assert found is (row["value"] == "✓")
        else:
            assert isinstance(found, kind)
            assert str(found).removesuffix(".0") == row["value"]


def test_a_value_that_fits_no_attribute_stands_in_a_note_and_is_listed(desk):
    odd = {str(row["ticket_id"]) for row in desk.source.rows["ticket_custom_field_value"] if row["value"] == "many"}
    listed = desk.rows("select source_id from staging.exceptions where reason_code = 'answer_unfitting'")
    assert {id for (id,) in listed} == odd != set()
    for number in odd:
        note = f"select body_text from staging.parts where origin = 'long_fields' and source_id = '{number}'"
        assert "Devices affected:\nmany" in desk.one(note)[0]


def test_a_picture_in_a_text_travels_with_its_part(desk):
    shown = desk.rows("select owner, carrier, disposition from staging.attachments where is_inline")
    assert len(shown) == sum(row["file_name"] == "image.png" for row in desk.source.rows["attachment"])
    assert {disposition for *_, disposition in shown} == {"send"}
    bodies = "select body_text from staging.parts where external_id in"
    for owner, carrier, _ in shown:
        assert carrier in (owner, owner.replace("-body-", "-opening_rich-"))
        assert "[image" in desk.one(f"{bodies} ('{carrier}')")[0]
    left = "select body_html from staging.parts union all select opening_html from staging.conversations"
    assert desk.rows(f"select * from ({left}) as bodies where body_html like '%File/Get%<img%'") == []


def test_files_in_a_cloud_drive_and_lost_ones_are_named_in_a_note(desk):
    rows = desk.source.rows["attachment"]
    cloud = [row for row in rows if row["google_drive_url"] or row["dropbox_url"]]
    lost = [row for row in rows if row not in cloud and row["file_id"] not in desk.source.files]
    notes = " ".join(text for (text,) in desk.rows("select body_text from staging.parts where origin = 'unsent_files'"))
    assert cloud
    assert all((row["google_drive_url"] or row["dropbox_url"]) in notes for row in cloud)
    assert notes.count("its content is missing in the source") == len(lost) > 0


def test_a_message_of_more_than_ten_files_spills_into_parts_behind_it(desk):
    spilled = desk.rows("select carrier, count(*) from staging.attachments where carrier like '%-spill-%' group by all")
    assert spilled
    assert all(count <= 10 for _, count in spilled)


def test_an_article_in_square_brackets_becomes_html(desk):
    brackets = [str(row["article_id"]) for row in desk.source.rows["article"] if row["body"].startswith("[b]")]
    assert brackets
    for id in brackets:
        body = desk.one(f"select body_html from staging.articles where source_id = '{id}'")[0]
        assert "[b]" not in body
        assert "<li>first</li><li>second</li>" in body
        assert '<a href="https://www.example/page?a=1&amp;b=2">the page</a>' in body
        assert "if a &lt; b" in body


def test_only_what_customers_could_read_and_needs_no_file_is_published(desk):
    files = {row["article_id"] for row in desk.source.rows["article_attachment"]}
    open_to_all = {
        str(row["article_id"])
        for row in desk.source.rows["article"]
        if not row["for_techs_only"] and row["article_id"] not in files
    }
    published = "select source_id from staging.articles where state = 'published'"
    assert {id for (id,) in desk.rows(published)} == open_to_all != set()


def test_the_category_above_stands_in_the_path_of_an_articles_collection(desk):
    paths = {tuple(path) for (path,) in desk.rows("select collection_path from staging.articles")}
    assert ("Network", "VPN") in paths
    assert ("Network",) in paths


def test_links_between_articles_and_to_tickets_are_found_by_the_number_in_their_path(desk):
    from hd_assets.links.found import find_links

    with desk.warehouse.transaction() as connection:
        assert find_links(connection, desk.migration, SQL) > 0
    found = desk.rows("select distinct target_object from mapping.old_link where target is not null order by all")
    assert found == [("articles",), ("conversations",)]


# What went wrong on purpose


def test_an_unknown_status_and_an_unmapped_field_stop_the_publish_and_nothing_else_does(bent):
    told = " ".join(bent.failed)
    assert all("mapped" in check.split(": ", 1)[0] for check in bent.failed)
    assert "'On the moon' in 1 row(s)" in told
    assert "Colour" in told


def test_a_ticket_of_a_user_who_is_gone_keeps_the_name_and_one_of_nobody_gets_a_stand_in(bent):
    named = "select source_id, name, email from staging.contacts where list_contains(flags, 'deleted_in_source')"
    assert sorted(bent.rows(named)) == [("0", "Unknown user", None), ("9999", "Gone Person", "gone@home.example")]
    listed = bent.rows("select source_id from staging.exceptions where reason_code = 'requester_missing' order by 1")
    assert listed == [("1001",), ("1002",)]


def test_a_ticket_without_text_opens_with_a_line_that_names_it(bent):
    line, part = bent.one("select opening_text, opening_part from staging.conversations where source_id = '1003'")
    assert line.startswith("Ticket 1003 · ")
    assert part is None


def test_markup_in_a_plain_text_is_shown_and_not_obeyed(bent):
    text, markup = bent.one("select opening_text, opening_html from staging.conversations where source_id = '1007'")
    assert text == "a < b & <script>alert(1)</script>"
    assert "<script" not in markup


def test_a_relative_link_leads_below_the_address_of_the_old_helpdesk(bent):
    markup = bent.one("select opening_html from staging.conversations where source_id = '1012'")[0]
    assert '<a href="https://desk.example/helpdesk/Ticket/1013">that one</a>' in markup


def test_a_relative_link_is_listed_where_no_address_is_known(bent):
    from hd_assets.staging import functions

    with bent.warehouse.get_connection() as connection:
        functions.register(connection)
        rows = connection.execute((SQL / "jitbit" / "links" / "relative.sql").read_text(encoding="utf-8")).fetchall()
    assert ("conversations", "jitbit-ticket-1012", "jitbit-ticket-1012", "/helpdesk/Ticket/1013") in rows


def test_a_comment_whose_visibility_is_not_told_becomes_a_note(bent):
    found = "select kind, is_internal, flags from staging.parts where body_text = 'nobody knows who may read this'"
    assert bent.one(found) == ("note", True, ["unknown_visibility"])
    assert bent.one("select count(*) from staging.exceptions where reason_code = 'unknown_visibility'") == (1,)


def test_the_scope_counts_what_the_mapping_or_a_version_leaves_open(bent):
    from hd_assets.discover.run import discover

    with bent.warehouse.transaction() as connection:
        discover(connection, bent.migration, SQL, files=bent.raw.files.root)
    facts = dict(bent.rows("select name, value from discovery.fact"))
    assert facts["comments_of_unknown_visibility"] == "1"
    assert facts["texts_that_look_like_html_without_its_mark"] == "1"


def test_html_without_its_mark_is_read_as_html_where_the_mapping_says_so(tmp_path):
    def change(desk: Desk) -> None:
        desk.rows["ticket"][0]["body"] = "<p>first</p><p>second</p>"

    desk = JitbitDesk(tmp_path, make(4), change=change, bodies="html")
    assert desk.one("select opening_text from staging.conversations where source_id = '1001'")[0].split() == [
        "first",
        "second",
    ]


def test_files_for_technicians_never_hang_on_a_public_message(bent):
    for file in ("7001", "7002"):
        carriers = (
            "select parts.kind from staging.attachments inner join staging.parts"
            f" on attachments.carrier = parts.external_id where attachments.source_id = '{file}'"
        )
        assert bent.rows(carriers) == [("note",)]


def test_an_agent_who_opened_a_ticket_is_its_contact_and_a_teammate(bent):
    contact, kind = bent.one(
        "select conversations.contact, parts.author_kind from staging.conversations inner join staging.parts"
        " on conversations.opening_part = parts.external_id where conversations.source_id = '1008'"
    )
    assert (contact.startswith("jitbit-user-"), kind) == (True, "contact")
    id = contact.removeprefix("jitbit-user-")
    assert bent.one(f"select count(*) from staging.teammates where source_id = '{id}'") == (1,)
    assert bent.one(f"select flags from staging.contacts where source_id = '{id}'")[0].count("is_agent") == 1


def test_a_subticket_whose_parent_is_gone_keeps_its_number(bent):
    [child] = bent.rows("select source_id from staging.exceptions where reason_code = 'parent_missing'")
    assert attributes(bent, child[0])["jitbit_parent_ticket_id"] == "4242"
    assert bent.one(f"select parent from staging.conversations where source_id = '{child[0]}'") == (None,)


def test_tags_called_like_the_marks_of_the_migration_become_these(bent):
    tags = bent.one("select tags from staging.conversations where source_id = '1010'")[0]
    assert {"jitbit-tag-migrated", "jitbit-tag-subticket"} <= set(tags)
    assert bent.one("select count(*) from staging.tags where lower(name) = 'migrated'") == (1,)


def test_files_of_articles_lead_to_a_public_address_where_the_mapping_names_one(bent):
    rows = bent.source.rows["article_attachment"]
    for row in rows:
        body, flags = bent.one(f"select body_html, flags from staging.articles where source_id = '{row['article_id']}'")
        assert f"https://kb.example/f/{row['file_id']}" in body
        assert "files_by_hand" not in flags
    assert rows


def test_a_record_that_two_tables_tell_differently_is_listed_and_staged_once(bent):
    listed = "select object, source_id from staging.exceptions where reason_code = 'tables_disagree'"
    assert bent.rows(listed) == [("conversations", "ticket_1012")]
    assert bent.one("select count(*) from staging.conversations where source_id = '1012'") == (1,)
