"""Broken osTicket records migrate with a stated substitute, or stay behind with a reason; none is lost."""

import shutil
from datetime import date, datetime
from pathlib import Path

import pytest

from hd_assets.partitions import Window
from hd_assets.samples.osticket import SampleOptions, write
from hd_assets.warehouse import Warehouse
from hd_assets_tests.staging.osticket_desk import Desk, extracted

MANY_FILES = """
    select min(thread_entry.id), min(file_bytes.file_id) from raw.thread_entry, raw.thread, raw.file_bytes
    where thread_entry.thread_id = thread.id and thread.object_type = 'T' and thread_entry.type = 'R'
    and file_bytes.status = 'stored'
"""


def generated(root: Path, **options) -> tuple[Desk, dict]:
    report = write(root / "source", tickets=60, seed=5, options=SampleOptions(months=6, **options))
    return extracted(root / "store", root / "source" / "osticket.sql", root / "source" / "attachments"), report.injected


@pytest.fixture(scope="module")
def damaged(tmp_path_factory) -> tuple[Desk, dict]:
    desk, injected = generated(tmp_path_factory.mktemp("damaged"), damage=True)
    [future] = injected["ticket_future_created"]
    # Later than any clock these tests run by.
    desk.change("ticket", f"update raw.ticket set created = '2999-01-01 00:00:00' where ticket_id = '{future}'")
    return desk.stage(), injected


@pytest.fixture(scope="module")
def desk(damaged) -> Desk:
    return damaged[0]


@pytest.fixture(scope="module")
def healthy(tmp_path_factory) -> Desk:
    return generated(tmp_path_factory.mktemp("healthy"), oddities=False)[0]


@pytest.fixture
def fresh(healthy, tmp_path) -> Desk:
    """A copy of the unstaged healthy installation, free to be changed."""
    copy = Path(shutil.copy(healthy.warehouse.path, tmp_path / "warehouse.duckdb"))
    return Desk(Warehouse.of(copy), healthy.migration, healthy.files)


@pytest.fixture(scope="module")
def altered(healthy, tmp_path_factory) -> Desk:
    """Healthy but for five changes that do not touch each other, staged once for the tests about them."""
    copy = Path(shutil.copy(healthy.warehouse.path, tmp_path_factory.mktemp("altered") / "warehouse.duckdb"))
    desk = Desk(Warehouse.of(copy), healthy.migration, healthy.files)
    for user, address in (
        ("3", "Twin@customer.example"),
        ("4", "twin@customer.example"),
        ("5", "a@shared.example"),
        ("6", "b@gmail.com"),
    ):
        desk.change("user_email", f"update raw.user_email set address = '{address}' where user_id = '{user}'")
    desk.change("user", "update raw.user set org_id = '0' where id in ('5', '6')")
    desk.change(
        "organization", "update raw.organization set domain = 'shared.example, gmail.com' where id in ('2', '3')"
    )
    entry, file = desk.rows(MANY_FILES)[0]
    desk.change(
        "attachment",
        "insert into raw.attachment (id, object_id, type, file_id, name, inline)"
        f" select cast(900000 + i as varchar), '{entry}', 'H', '{file}', concat('n', i, '.txt'), '0'"
        " from range(23) as r(i)",
    )
    desk.change(
        "thread_entry",
        "insert into raw.thread_entry (id, thread_id, staff_id, user_id, type, flags, poster, body, format, created)"
        " select '990001', id, '1', '0', 'N', '0', 'Agent', '<p>first</p>', 'html', '2020-01-01 00:00:00'"
        " from raw.thread where object_type = 'T' and object_id = '1'",
    )
    return desk.stage()


def reasons(desk: Desk, source_type: str, source_id: int) -> list[str]:
    return desk.column(
        "select reason_code from staging.exceptions where source_type = ? and source_id = ? order by 1",
        source_type,
        str(source_id),
    )


def test_every_broken_record_is_accounted_for(desk):
    assert desk.unaccounted() == []


@pytest.mark.parametrize(
    ("kind", "source_type", "reason"),
    [
        ("user_without_email", "user", "no_email"),
        ("user_dangling_organization", "user", "organization_missing"),
        ("ticket_dangling_agent", "ticket", "agent_missing"),
        ("ticket_dangling_status", "ticket", "status_missing"),
        ("ticket_dangling_department", "ticket", "department_missing"),
        ("ticket_dangling_topic", "ticket", "topic_missing"),
        ("ticket_dangling_sla", "ticket", "sla_missing"),
        ("ticket_missing_user", "ticket", "requester_missing"),
        ("ticket_without_thread", "ticket", "thread_missing"),
        ("ticket_zero_created", "ticket", "undated"),
        ("ticket_future_created", "ticket", "future_date"),
        ("entry_without_thread", "thread_entry", "thread_missing"),
        ("entry_of_thread_without_ticket", "thread_entry", "ticket_missing"),
        ("merge_mark_to_nowhere", "thread_entry", "merge_mark_to_nowhere"),
        ("entry_zero_created", "thread_entry", "undated"),
        ("entry_unknown_type", "thread_entry", "unknown_visibility"),
        ("entry_double_encoded", "thread_entry", "double_encoded"),
        ("entry_truncated", "thread_entry", "truncated_in_source"),
        ("cid_without_file", "thread_entry", "picture_missing"),
        ("answer_broken_json", "ticket", "answer_unfitting"),
        ("answer_unknown_choice", "ticket", "answer_unfitting"),
    ],
)
def test_each_kind_of_damage_has_its_reason(damaged, kind, source_type, reason):
    desk, injected = damaged
    assert injected[kind]
    for source_id in injected[kind]:
        assert reason in reasons(desk, source_type, source_id)


def test_every_conversation_has_a_requester_among_the_contacts(desk):
    assert (
        desk.rows(
            "select external_id from staging.conversations"
            " where contact not in (select external_id from staging.contacts)"
        )
        == []
    )


def test_a_missing_requester_is_replaced_by_a_contact_without_address(damaged):
    desk, injected = damaged
    [ticket] = injected["ticket_missing_user"]
    contact = desk.value("select contact from staging.conversations where source_id = ?", str(ticket))
    [row] = desk.records("select * from staging.contacts where external_id = ?", contact)
    assert row["email"] is None
    assert row["name"]
    assert "deleted_in_source" in row["flags"]


def test_a_missing_status_takes_its_state_from_the_closing_time(damaged):
    desk, injected = damaged
    [ticket] = injected["ticket_dangling_status"]
    [row] = desk.records("select * from staging.conversations where source_id = ?", str(ticket))
    assert row["state"] == ("closed" if row["closed_at"] else "open")


def test_an_entry_of_unknown_type_is_a_note(damaged):
    desk, injected = damaged
    [entry] = injected["entry_unknown_type"]
    [part] = desk.records("select * from staging.parts where source_id = ? and origin = 'entry'", str(entry))
    assert (part["kind"], part["is_internal"]) == ("note", True)
    assert "unknown_visibility" in part["flags"]


def test_an_undated_ticket_takes_the_window_of_its_first_entry(damaged):
    desk, injected = damaged
    for kind in ("ticket_zero_created", "ticket_future_created"):
        [row] = desk.records("select * from staging.windows where source_id = ?", str(injected[kind][0]))
        assert row["basis"] == "earliest_entry"
        assert row["home_window"] == row["dated_at"].date().replace(day=1)


def test_missing_bytes_are_named_in_a_note(desk):
    [note] = desk.column("select body_text from staging.parts where origin = 'unsent_files'")
    for name in ("missing.png", "in-a-bucket.png", "no-chunks.png", "short.txt"):
        assert name in note


def test_an_empty_file_is_named_in_a_note_and_not_sent(damaged):
    desk, injected = damaged
    [file] = injected["file_empty"]
    [row] = desk.records(
        "select attachments.* from staging.attachments, raw.attachment"
        " where attachment.id = attachments.source_id and attachment.file_id = ?",
        str(file),
    )
    assert (row["size_bytes"], row["disposition"], row["carrier"]) == (0, "missing", None)
    assert reasons(desk, "attachment", row["source_id"]) == ["file_empty"]
    notes = desk.rows("select body_text from staging.parts where origin = 'unsent_files' and kind = 'note'")
    assert any("empty.txt (0 bytes): it is empty" in text for (text,) in notes)


def test_topics_that_are_their_own_ancestors_still_have_a_name(damaged):
    desk, injected = damaged
    for topic in injected["topic_loop"]:
        assert f"Loop {topic}" in desk.value("select name from staging.tags where source_id = ?", str(topic))


def test_an_answer_that_does_not_fit_stands_in_a_note(damaged):
    desk, injected = damaged
    [ticket] = injected["answer_unknown_choice"]
    note = desk.value("select body_text from staging.parts where external_id = ?", f"osticket-fields-{ticket}")
    assert "never-was-a-choice" in note


def test_window_by_window_gives_what_one_run_gives(desk):
    tables = ("conversations", "parts", "attachments", "history")
    digest = (
        "select count(*), md5(string_agg(cast(t as varchar), '|' order by cast(t as varchar))) from staging.{} as t"
    )
    whole = {table: desk.rows(digest.format(table)) for table in tables}
    with desk.warehouse.transaction() as connection:
        for table in tables:
            connection.execute(f"delete from staging.{table}")
    middle = date(2023, 4, 1)
    desk.stage(Window(middle, date(2023, 12, 1)))
    assert desk.value("select min(home_window) from staging.parts") == middle
    desk.stage(Window(date(2023, 1, 1), middle))
    assert {table: desk.rows(digest.format(table)) for table in tables} == whole


def test_a_value_of_every_column_may_be_missing(fresh):
    """Rows that consist of their key alone still migrate, and the books still add up."""
    fresh.change(
        "ticket", "update raw.ticket set user_id = null, number = null, status_id = null where ticket_id = '1'"
    )
    fresh.change(
        "thread_entry",
        "update raw.thread_entry set body = null, poster = null, type = null, flags = null where id = '1'",
    )
    fresh.change("user", "update raw.user set name = null, org_id = null, created = null where id = '1'")
    fresh.change("help_topic", "update raw.help_topic set topic = null, topic_pid = null")
    fresh.change("department", "update raw.department set name = null, flags = null")
    fresh.change("organization", "update raw.organization set name = null, domain = null")
    fresh.change("staff", "update raw.staff set firstname = null, lastname = null, email = null, isactive = null")
    fresh.change("attachment", "update raw.attachment set file_id = null, name = null, inline = null")
    fresh.change("thread_event", "update raw.thread_event set timestamp = null, data = '{cut'")
    fresh.stage()
    assert fresh.unaccounted() == []
    assert fresh.value("select number from staging.conversations where source_id = '1'") == "1"


def test_doubled_rows_count_once(fresh):
    for table in ("ticket", "thread_entry", "user", "thread", "attachment", "thread_event", "faq", "staff"):
        fresh.change(table, f'insert into raw."{table}" select * from raw."{table}" limit 5')
    fresh.stage()
    assert fresh.unaccounted() == []
    for table in ("conversations", "parts", "contacts", "attachments", "history", "articles", "teammates"):
        doubled = f"select external_id from staging.{table} group by 1 having count(*) > 1"
        assert fresh.rows(doubled) == [], table


def test_an_empty_installation_stages_nothing_but_the_mark(fresh):
    tables = fresh.column("select table_name from information_schema.tables where table_schema = 'raw'")
    for table in tables:
        fresh.change(table, f'delete from raw."{table}"')
    fresh.stage()
    assert fresh.rows("select name from staging.tags") == [("migrated",)]
    for table in ("conversations", "parts", "contacts", "records", "left_out", "exceptions", "inventory", "articles"):
        assert fresh.value(f"select count(*) from staging.{table}") == 0, table


def test_two_users_with_one_address_become_one_contact(altered):
    [row] = altered.records("select * from staging.contacts where source_id = '4'")
    assert row["merged_into"] == "osticket-user-3"
    assert "duplicate_email" in row["flags"]
    referred = "select count(*) from staging.{} where {} = 'osticket-user-4'"
    assert altered.value(referred.format("conversations", "contact")) == 0
    assert altered.value(referred.format("parts", "author")) == 0


def test_a_domain_two_organisations_claim_links_nobody(altered):
    [row] = altered.records("select * from staging.contacts where source_id = '5'")
    assert row["companies"] == []
    assert "ambiguous_domain" in row["flags"]
    assert reasons(altered, "user", 5) == ["ambiguous_domain"]


def test_public_mail_domains_link_nobody(altered):
    [row] = altered.records("select * from staging.contacts where source_id = '6'")
    assert row["companies"] == []
    assert row["flags"] == ["no_company"]


def test_more_than_ten_files_spill_into_parts_right_behind(altered):
    entry, _ = altered.rows(MANY_FILES)[0]
    owner = f"osticket-thread_entry-{entry}"
    sizes = altered.column(
        "select count(*) from staging.attachments where owner = ? and disposition = 'send' group by carrier", owner
    )
    assert sum(sizes) >= 23
    assert max(sizes) == 10
    spilled = altered.column(
        "select parts.position - owners.position from staging.parts"
        " inner join staging.parts as owners on parts.belongs_to = owners.external_id"
        " where parts.origin = 'spill' and parts.belongs_to = ? and parts.kind = owners.kind"
        " and parts.author is not distinct from owners.author order by 1",
        owner,
    )
    assert spilled == list(range(1, len(sizes)))


def test_an_earlier_note_stays_before_the_first_message(altered):
    [row] = altered.records("select * from staging.conversations where source_id = '1'")
    assert row["opening_part"] is None
    assert row["opening_at"] == datetime(2020, 1, 1)
    assert altered.value("select position from staging.parts where external_id = 'osticket-thread_entry-990001'") == 0


def test_inserted_parts_follow_the_options(fresh):
    fresh.option("history_note", "false")
    fresh.option("opening_rich", "always")
    fresh.stage()
    origins = "select count(*) from staging.parts where origin = ?"
    assert fresh.value(origins, "history") == 0
    opened = "select count(*) from staging.conversations where opening_part is not null"
    assert fresh.value(origins, "opening_rich") == fresh.value(opened)
