"""Each rule passes a sound migration and fails when its one defect is planted."""

from datetime import date

import pytest

from hd_assets.checks import CHECKS, CheckContext, gate
from hd_assets.errors import BlockedError
from hd_assets.partitions import EVERYTHING, Window
from hd_assets_tests.checks.world import DIGEST, World, world

CONVERSATION = "update staging.conversations set {} where external_id = 'depot-ticket-1'"
PART = "update staging.parts set {} where external_id = 'depot-entry-2'"
FILE = "update staging.attachments set {} where external_id = 'depot-use-1'"
ENTRY = (
    "('depot-entry-1', 'entry', '1', 'd', '2024-01-01', 'depot-ticket-1', 'entry', false, 'comment', 'contact', null,"
    " 'Ada', '<p>x</p>', 'x', false, false, '2024-01-10', 1, null, null, [])"
)


@pytest.fixture(scope="module")
def lasting(tmp_path_factory):
    with world(tmp_path_factory.mktemp("world")) as made:
        yield made


@pytest.fixture
def sound(lasting):
    """The sound world; what a test plants is rolled back."""
    lasting.connection.begin()
    yield lasting
    lasting.connection.rollback()


def attribute(name: str, json_value: str, table: str = "conversations") -> str:
    return f"""update staging.{table} set custom_attributes = '{{"{name}": {json_value}}}'
        where external_id in ('depot-ticket-1', 'depot-person-1', 'depot-firm-1')"""


PLANTED = [
    # The books
    ("conversations.totals_equation", "delete from staging.conversations where external_id = 'depot-ticket-2'",
     "1 without a fate: ticket 2"),
    ("companies.totals_equation", "delete from staging.companies where external_id = 'depot-firm-2'",
     "1 without a fate: firm 2"),
    ("contacts.totals_equation", "delete from staging.contacts where external_id = 'depot-person-3'", "person 3"),
    ("teammates.totals_equation", "delete from staging.teammates", "1 without a fate: agent 1"),
    ("inboxes.totals_equation", "delete from staging.inboxes", "1 without a fate: team 1"),
    ("tags.totals_equation", "delete from staging.tags where kind = 'topic'", "1 without a fate: topic 1"),
    ("parts.totals_equation", "delete from staging.parts where external_id = 'depot-entry-3'", "entry 3"),
    ("parts.totals_equation", "update staging.parts set origin = 'task' where external_id = 'depot-entry-3'",
     "1 without a fate: entry 3"),
    ("attachments.totals_equation", "delete from staging.attachments where external_id = 'depot-use-2'", "use 2"),
    ("articles.totals_equation", "delete from staging.articles", "1 without a fate: faq 1"),
    ("history.totals_equation", "delete from staging.history", "1 without a fate: event 1"),
    ("custom_objects.totals_equation",
     "insert into staging.records values ('custom_objects', 'thing', '1', null)", "1 without a fate: thing 1"),
    ("parts.totals_equation", """insert into staging.left_out values
        ('parts', 'entry', '2', 'excluded', 'x', 'x', null, 'depot-ticket-1')""", "1 with several fates: entry 2"),
    ("parts.totals_equation", """insert into staging.exceptions values
        ('parts', 'entry', '2', 'depot-entry-2', 'x', 'x', 'x', 'depot-ticket-1', false, null)""",
     "1 with several fates: entry 2"),
    ("parts.totals_equation", "delete from staging.records where object = 'parts' and source_id = '2'",
     "1 without a source record: entry 2"),
    ("parts.totals_equation", "insert into staging.records from staging.records where source_id = '4'",
     "1 listed twice: entry 4"),
    ("tags.totals_equation", "insert into staging.left_out values"
     " ('tags', 'topic', '7', 'merged', 'x', 'x', null, null)", "1 without a source record: topic 7"),
    ("conversations.windows_cover_all", "update staging.windows set home_window = '2023-12-01'"
     " where source_id = '2'", "1 before the first month: depot-ticket-2"),
    ("conversations.windows_cover_all", "update staging.windows set home_window = '2024-07-01'"
     " where source_id = '2'", "1 after the current month: depot-ticket-2"),
    ("conversations.windows_cover_all", "update staging.windows set home_window = '2024-01-02'"
     " where source_id = '2'", "1 not at the beginning of a month: depot-ticket-2"),
    ("conversations.windows_cover_all", "delete from staging.windows where source_id = '2'",
     "1 without a home window: depot-ticket-2"),
    ("conversations.windows_cover_all", PART.format("home_window = '2024-02-01'"),
     "1 staged in another month than their own: depot-entry-2"),
    ("conversations.windows_cover_all", f"insert into staging.entries values {ENTRY.replace('-01-01', '-02-01')}",
     "1 staged in another month than their own: depot-entry-1"),
    # The mapping
    ("records.every_object_mapped", "insert into staging.records values ('assets', 'pc', '1', null)",
     "assets with 1 record(s) stands nowhere"),
    ("records.every_object_mapped", "insert into staging.records values ('custom_objects', 'pc', '1', null)",
     "custom_objects is left out but has 1 record(s)"),
    ("inboxes.unassigned_tickets_mapped", "update staging.inboxes set name = 'Helpers'",
     "no inbox is called 'Support' (mappings: depot.yaml, unassigned_tickets); inboxes: 'Helpers'"),
    ("records.every_table_and_column_mapped", "insert into raw.source_column values ('invoice', 'id', 'int', '7'),"
     " ('invoice', 'sum', 'int', '7')", "1 not mapped and not left out (depot.yaml, tables): invoice (7 rows)"),
    ("records.every_table_and_column_mapped", "insert into raw.source_column values ('empty', 'id', 'int', '0')",
     "empty (0 rows)"),
    ("records.every_table_and_column_mapped", "insert into raw.source_column values ('ticket', 'mood', 'int', '2')",
     "ticket.mood (2 rows)"),
    ("records.every_table_and_column_mapped", "delete from raw.source_column", "no inventory"),
    ("records.every_table_and_column_mapped", "drop table raw.source_column", "could not be judged"),
    ("conversations.states_are_mapped", CONVERSATION.format("state = null, source_status = 'Waiting'"),
     "'Waiting' in 1 row(s)"),
    ("conversations.every_value_mapped", CONVERSATION.format("source_status = 'Waiting'"),
     "status Waiting stands nowhere"),
    ("conversations.every_value_mapped", attribute("depot_level", '"Middle"'), "value is no option of depot_level"),
    ("exceptions.every_custom_field_mapped", """insert into staging.exceptions values
        ('conversations', 'ticket', '1', 'depot-ticket-1', 'unmapped_field', 'x', 'x', null, true, null)""",
     "depot-ticket-1 of conversations"),
    ("exceptions.every_custom_field_mapped", """insert into staging.inventory values
        ('depot-field-1', 'field', '1', 'd', 'custom_field', 'x', '{"unmapped": true}')""", "unmapped custom_field"),
    # Links
    ("parts.parts_have_conversation", PART.format("conversation = 'depot-ticket-9'"), "conversation is not staged"),
    ("parts.parts_have_conversation", "update staging.parts set belongs_to = 'depot-entry-9' where position = 3",
     "the entry it belongs to is not staged"),
    ("parts.parts_have_author", PART.format("author = 'depot-agent-9'"), "author is no staged teammate"),
    ("parts.parts_have_author", "update staging.parts set author = 'depot-agent-1' where is_opening",
     "author is no staged contact"),
    ("parts.parts_have_author", "update staging.parts set author = 'depot-person-2' where is_opening", "merged away"),
    ("conversations.conversations_have_contact", CONVERSATION.format("contact = 'depot-person-8'"),
     "contact is not staged"),
    ("conversations.conversations_have_contact", CONVERSATION.format("opening_author = 'depot-person-2'"),
     "author of the opening was merged away"),
    ("conversations.conversations_have_contact", CONVERSATION.format("participants = ['depot-person-8']"),
     "participant is not staged"),
    ("conversations.conversations_have_references", CONVERSATION.format("assignee = 'depot-agent-8'"), "assignee"),
    ("conversations.conversations_have_references", CONVERSATION.format("inbox = 'depot-team-8'"), "inbox"),
    ("conversations.conversations_have_references", CONVERSATION.format("company = 'depot-firm-8'"), "company"),
    ("conversations.conversations_have_references", CONVERSATION.format("tags = ['depot-topic-8']"), "tag is not"),
    ("conversations.conversations_have_references", CONVERSATION.format("parent = 'depot-ticket-8'"), "parent"),
    ("attachments.attachments_have_owner", FILE.format("owner = 'depot-entry-8'"), "owner is neither"),
    ("attachments.attachments_have_owner", FILE.format("carrier = 'depot-entry-4'"), "no part of the conversation"),
    ("attachments.attachments_have_owner", FILE.format("carrier = null"), "is to be sent and has no carrier"),
    ("attachments.attachments_have_owner", FILE.format("disposition = 'missing'"), "not to be sent and has a carrier"),
    ("contacts.contacts_have_companies", "update staging.contacts set companies = ['depot-firm-8']"
     " where source_id = '1'", "company is not staged"),
    ("contacts.contacts_have_companies", "update staging.contacts set merged_into = 'depot-person-2'"
     " where source_id = '3'", "merged into nobody, or into one merged itself"),
    ("contacts.emails_unique", "update staging.contacts set merged_into = null", "address of several contacts"),
    ("companies.companies_have_parent", "update staging.companies set parent = 'depot-firm-8' where source_id = '1'",
     "parent is not staged"),
    # Threads
    ("parts.parts_in_order", PART.format("position = 5"), "position leaves a gap"),
    ("parts.parts_in_order", PART.format("position = 0"), "position leaves a gap"),
    ("parts.parts_in_order", PART.format("sent_at = '2024-01-10 09:00:00', created_at = '2024-01-10 09:00:00'"),
     "less than a second after"),
    ("parts.parts_in_order", PART.format("sent_at = '2024-01-10 09:00:30'"), "sent before it was written"),
    ("parts.parts_in_order", PART.format("created_at = '2024-01-09 09:00:00'"), "entry stands after a later one"),
    ("parts.parts_in_order", PART.format("sent_at = '2024-01-10 09:01:00.5'"), "fractions of a second"),
    ("parts.parts_in_order", CONVERSATION.format("opening_at = '2024-01-10 09:00:10'"), "before its conversation"),
    ("parts.parts_in_order", PART.format("is_opening = true"), "is an opening that is not the first part"),
    ("parts.parts_in_order", CONVERSATION.format("opening_part = 'depot-entry-2'"), "opening part is not its first"),
    ("parts.parts_in_order", CONVERSATION.format("opening_part = null"), "its conversation does not know"),
    ("parts.internal_stays_internal", PART.format("is_internal = true"), "internal but a comment"),
    ("parts.internal_stays_internal", "update staging.parts set is_internal = true, kind = 'note' where is_opening",
     "internal but the opening"),
    ("parts.internal_stays_internal", "insert into staging.parts by name select * replace ('spill' as origin,"
     " 'depot-spill-1' as external_id, 'depot-entry-3' as belongs_to) from staging.parts where source_id = '2'",
     "belongs to an internal entry but is a comment"),
    ("parts.internal_stays_internal", "update staging.parts set kind = 'comment' where origin = 'unsent_files'",
     "made by the migration as unsent_files"),
    ("parts.internal_stays_internal", FILE.format("owner = 'depot-entry-3'"), "file of an internal entry"),
    ("parts.html_safe", PART.format("body_html = '<p>Words of entry 2<script>x()</script></p>'"), "active content"),
    ("parts.html_safe", PART.format("body_html = '<p onclick=\"x()\">Words of entry 2</p>'"), "active content"),
    ("parts.html_safe", PART.format("body_html = '<a href=\"javascript:x()\">Words of entry 2</a>'"), "active"),
    ("parts.html_safe", PART.format("body_html = '<div>Words of entry 2</div>'"), "not as the sanitiser leaves it"),
    ("parts.html_safe", CONVERSATION.format("opening_html = '<b>Words of entry 1'"), "not as the sanitiser"),
    ("articles.html_safe", "update staging.articles set body_html = '<p>x<iframe></iframe></p>'", "active content"),
    ("parts.no_visible_text_lost", PART.format("body_html = '<p>Words of entry</p>'"), "text and HTML of a part"),
    ("parts.no_visible_text_lost", PART.format("body_html = '<p>Words of entry 2 and more</p>'"), "text and HTML"),
    ("parts.no_visible_text_lost", PART.format("body_html = '', body_text = ''") .replace("entry-2", "entry-4"),
     "nothing to show"),
    ("parts.no_visible_text_lost", CONVERSATION.format("opening_text = 'Words of'"), "the opening lacks text"),
    ("conversations.titles_present", CONVERSATION.format("title = ' '"), "no title"),
    ("conversations.titles_present", CONVERSATION.format("opening_text = ''"), "no opening text"),
    ("articles.titles_present", "update staging.articles set title = ''", "no title"),
    ("articles.titles_present", "update staging.articles set collection_path = []", "no collection"),
    ("conversations.times_sane", CONVERSATION.format("created_at = '2031-01-01'"), "in the future"),
    ("conversations.times_sane", PART.format("created_at = '1970-01-01'"), "before 1990"),
    ("conversations.times_sane", PART.format("sent_at = '2031-01-01', flags = ['future_date']"), "sent in the future"),
    ("conversations.times_sane", CONVERSATION.format("opening_at = '2031-01-01'"), "opening in the future"),
    # Attributes
    ("conversations.attribute_values_fit", attribute("depot_unknown", '"x"'), "depot_unknown is not declared"),
    ("conversations.attribute_values_fit", attribute("depot_number", "5"), "depot_number is no string"),
    ("conversations.attribute_values_fit", attribute("depot_size", '"5"'), "depot_size is no integer"),
    ("conversations.attribute_values_fit", attribute("depot_size", "1.5"), "depot_size is no integer"),
    ("conversations.attribute_values_fit", attribute("depot_price", "true"), "depot_price is no decimal"),
    ("conversations.attribute_values_fit", attribute("depot_urgent", "1"), "depot_urgent is no boolean"),
    ("conversations.attribute_values_fit", attribute("depot_due", '"soon"'), "depot_due is no datetime"),
    ("conversations.attribute_values_fit", attribute("depot_day", '"someday"'), "depot_day is no date"),
    ("conversations.attribute_values_fit", attribute("depot_number", "[1]"), "depot_number is no string"),
    ("conversations.attribute_values_fit", attribute("depot_number", f'"{"x" * 256}"'), "longer than 255"),
    ("conversations.attribute_values_fit", "insert into mapping.attribute values"
     " ('conversation', 'a.b', 'string', '', [])", "characters the target refuses"),
    ("contacts.attribute_values_fit", attribute("depot_seats", "1", "contacts"), "depot_seats is not declared"),
    ("contacts.attribute_values_fit", "insert into mapping.attribute values"
     " ('contact', 'depot_seats', 'integer', '', [])", "contacts and companies at once"),
    ("companies.attribute_values_fit", attribute("depot_seats", '"many"', "companies"), "depot_seats is no integer"),
    # Files
    ("attachments.attachment_bytes_present", FILE.format(f"sha256 = '{'ab' * 32}'"), "has no bytes"),
    ("attachments.attachment_bytes_present", FILE.format("sha256 = null"), "has no bytes"),
    ("attachments.attachment_bytes_present", FILE.format("size_bytes = 9"), "another size than its bytes"),
    ("attachments.attachment_bytes_present", FILE.format("size_bytes = 101"), "larger than the limit"),
    ("attachments.attachment_bytes_present", "update staging.attachments set size_bytes = 100"
     " where disposition = 'oversize'", "is called oversize and is not"),
]  # fmt: skip
# A doubled key is planted the same way everywhere.
DOUBLED = ["windows", "records", "companies", "contacts", "teammates", "inboxes", "tags", "conversations", "parts",
           "attachments", "articles", "history"]  # fmt: skip
NO_ROWS = {
    "entries": ENTRY,
    "left_out": "('parts', 'entry', '1', 'excluded', 'x', 'x', null, null)",
    "exceptions": "('parts', 'entry', '1', 'e', 'x', 'x', 'x', null, false, null)",
    "inventory": "('depot-sla-1', 'sla', '1', 'd', 'sla', 'x', '{}')",
    "custom_objects": "('depot-pc-1', 'pc', '1', 'd', 'pc', '{}', [], [], null, null)",
}


def test_a_sound_migration_passes_every_check(sound):
    assert {label: verdict.description for label, verdict in sound.verdicts().items() if not verdict.passed} == {}
    gate(sound.connection, EVERYTHING, sound.context)


@pytest.mark.parametrize(("label", "defect", "told"), PLANTED, ids=[f"{p[0]}: {p[2]}" for p in PLANTED])
def test_the_check_fails_on_its_defect_and_says_which_record(sound, label, defect, told):
    sound.plant(defect)
    verdict = sound.verdict(label)
    assert not verdict.passed
    assert told in verdict.description


@pytest.mark.parametrize("table", DOUBLED)
def test_a_key_that_occurs_twice_fails(sound, table):
    sound.plant(f"insert into staging.{table} from (from staging.{table} limit 1)")
    assert not sound.verdict(f"{table}.keys_unique").passed


@pytest.mark.parametrize("table", NO_ROWS)
def test_a_key_that_occurs_twice_fails_in_tables_that_may_be_empty(sound, table):
    sound.plant(f"insert into staging.{table} values {NO_ROWS[table]}, {NO_ROWS[table]}")
    assert not sound.verdict(f"{table}.keys_unique").passed


def test_a_key_doubled_over_two_months_is_found_from_either(sound):
    sound.plant("insert into staging.parts by name select * replace ('2024-02-01'::date as home_window)"
                " from staging.parts where external_id = 'depot-entry-2'")  # fmt: skip
    march = Window(date(2024, 3, 1), date(2024, 4, 1))
    assert not sound.verdict("parts.keys_unique", march).passed


def test_every_check_is_shown_to_fail():
    shown = {label for label, _, _ in PLANTED} | {f"{table}.keys_unique" for table in [*DOUBLED, *NO_ROWS]}
    assert {check.label for check in CHECKS} == shown


def test_name_and_object_tell_checks_apart():
    assert len({check.label for check in CHECKS}) == len(CHECKS)


def test_bytes_that_changed_on_disk_fail(sound, tmp_path):
    (tmp_path / DIGEST).write_bytes(b"other byte")
    elsewhere = World(sound.connection, CheckContext(sound.context.migration, tmp_path, sound.context.as_of))
    assert "other bytes than its digest" in elsewhere.verdict("attachments.attachment_bytes_present").description


def test_a_windowed_check_judges_its_window_and_no_other(sound):
    sound.plant(PART.format("is_internal = true"))
    february = Window(date(2024, 2, 1), date(2024, 3, 1))
    assert sound.verdict("parts.internal_stays_internal", february).passed
    assert not sound.verdict("parts.internal_stays_internal", Window(date(2024, 1, 1), date(2024, 2, 1))).passed


def test_records_left_out_merged_or_excepted_balance_the_totals(sound):
    sound.plant(
        "delete from staging.parts where external_id in ('depot-entry-2', 'depot-entry-3')",
        "insert into staging.left_out values ('parts', 'entry', '2', 'merged', 'x', 'x', null, 'depot-ticket-1')",
        "insert into staging.exceptions values"
        " ('parts', 'entry', '3', 'depot-entry-3', 'x', 'x', 'x', 'depot-ticket-1', false, null),"
        " ('parts', 'entry', '3', 'depot-entry-3', 'y', 'x', 'x', 'depot-ticket-1', false, null)",
    )
    verdict = sound.verdict("parts.totals_equation")
    assert verdict.passed
    assert verdict.description == "4 records = 2 staged + 1 merged + 0 excluded + 1 exceptions"


def test_a_flagged_time_may_be_odd(sound):
    sound.plant(CONVERSATION.format("created_at = '1970-01-01', flags = ['undated']"))
    assert sound.verdict("conversations.times_sane").passed


def test_html_spoken_of_as_text_is_no_active_content(sound):
    sound.plant(
        PART.format(
            "body_html = '<p>Write &lt;script&gt; and onclick = x, javascript:y</p>',"
            " body_text = 'Write <script> and onclick = x, javascript:y'"
        )
    )
    assert sound.verdict("parts.html_safe").passed
    assert sound.verdict("parts.no_visible_text_lost").passed


def test_the_gate_names_every_failed_check_in_one_message(sound):
    sound.plant(PART.format("is_internal = true"), CONVERSATION.format("contact = 'depot-person-8'"))
    with pytest.raises(BlockedError) as caught:
        gate(sound.connection, EVERYTHING, sound.context)
    message = str(caught.value)
    assert "parts.internal_stays_internal" in message
    assert "conversations.conversations_have_contact" in message
    assert "depot-ticket-1" in message
    assert "depot.yaml" in message
    assert caught.value.exit_code == 3


def test_a_check_that_cannot_be_run_has_not_passed(sound):
    sound.plant("drop table mapping.attribute")
    verdict = sound.verdict("contacts.attribute_values_fit")
    assert not verdict.passed
    assert verdict.description.startswith("could not be judged")


def test_no_verdict_tells_an_address_or_a_text(sound):
    sound.plant(
        "update staging.contacts set merged_into = null",
        PART.format("body_html = 'Words that nobody may read', body_text = 'a secret'"),
        attribute("depot_level", '"a secret"'),
    )
    told = " ".join(f"{verdict.description} {verdict.metadata}" for verdict in sound.verdicts().values())
    for private in ("ada@", "Words", "secret"):
        assert private not in told
