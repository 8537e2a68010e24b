"""Exceptions decided in the CSV are gone from the next staging, and the books say who decided."""

import pytest

from hd_assets.decisions import book
from hd_assets.decisions.apply import apply
from hd_assets.decisions.chosen import source_ids
from hd_assets.errors import UsageError
from hd_assets_tests.decisions.conftest import BY, SILENT, Office


def of(office, reason: str, object: str | None = None) -> str:
    return next(case.id for case in office.cases if case.reason_code == reason and object in (None, case.object))


@pytest.fixture(scope="module")
def before(undecided) -> Office:
    return undecided


@pytest.fixture(scope="module")
def decided(undecided, tmp_path_factory) -> Office:
    """One decision of every kind in one file, applied and staged."""
    office = undecided.copy(tmp_path_factory.mktemp("decided") / "home")
    ids = {reason: of(office, reason) for reason in (
        "agent_missing", "department_missing", "requester_missing", "status_missing", "subject_missing",
        "topic_missing", "double_encoded", "unknown_visibility", "file_empty", "truncated_in_source",
        "organization_missing", "ticket_missing",
    )}  # fmt: skip
    ids |= {"no_email": f"contacts/osticket-user-{SILENT[0]}/no_email"}
    ids |= {"twin": f"contacts/osticket-user-{SILENT[1]}/no_email"}
    [(agent,)] = office.rows("select email from staging.teammates where is_active order by external_id limit 1")
    [(inbox,)] = office.rows("select name from staging.inboxes where merged_into is null order by external_id limit 1")
    [(company,)] = office.rows("select external_id from staging.companies order by external_id limit 1")
    [(person,)] = office.rows("select email from staging.contacts where email is not null order by email limit 1")
    [(other,)] = office.rows("select external_id from staging.contacts where email = ?", person)
    told = office.decide(
        {
            ids["agent_missing"]: f"use {agent}",
            ids["department_missing"]: f"use {inbox}",
            ids["requester_missing"]: f"use {person}",
            ids["status_missing"]: "use closed",
            ids["subject_missing"]: "use =Printer on fire",
            ids["topic_missing"]: "exclude",
            ids["double_encoded"]: "Exclude",
            ids["unknown_visibility"]: "use comment",
            ids["file_empty"]: "exclude",
            ids["ticket_missing"]: "exclude",
            ids["truncated_in_source"]: "accept",
            ids["organization_missing"]: f"use {company}",
            ids["no_email"]: "use  New.Person@Customer.EXAMPLE",
            ids["twin"]: f"merge into {other}",
        }
    )
    assert len(told.recorded) == len(ids)
    office.ids = ids | {"company": company, "other": other}
    office.restage()
    return office


def subject(office, reason: str) -> str:
    """External id of the record a case is about."""
    return office.ids[reason].split("/")[1]


def test_what_was_decided_waits_no_more(decided):
    left = {case.id: case for case in decided.cases}
    accepted = decided.ids["truncated_in_source"]
    assert set(decided.ids.values()) & set(left) == {accepted}
    assert left[accepted].decision.by == BY
    assert decided.rows("select reason_code from staging.exceptions where decision is not null") == [
        ("truncated_in_source",)
    ]


def test_other_exceptions_still_wait(before, decided):
    about = {subject(decided, reason) for reason in decided.ids if "/" in decided.ids[reason]}
    untouched = {case.id for case in before.cases if case.external_id not in about and case.object == "contacts"}
    assert untouched
    assert untouched <= {case.id for case in decided.cases}


def test_every_check_says_what_it_said_before(before, decided):
    assert decided.failing() == before.failing()


@pytest.mark.parametrize(
    ("reason", "column", "wanted"),
    [
        ("status_missing", "state", "closed"),
        ("subject_missing", "title", "=Printer on fire"),
    ],
)
def test_a_value_of_a_person_stands_in_the_conversation(decided, reason, column, wanted):
    query = f"select {column} from staging.conversations where external_id = ?"
    assert decided.rows(query, subject(decided, reason)) == [(wanted,)]


def test_a_name_or_address_is_found_among_the_staged_records(decided):
    [(assignee,)] = decided.rows(
        "select email from staging.teammates where external_id ="
        " (select assignee from staging.conversations where external_id = ?)",
        subject(decided, "agent_missing"),
    )
    assert assignee
    assert decided.rows(
        "select inbox is not null from staging.conversations where external_id = ?",
        subject(decided, "department_missing"),
    ) == [(True,)]
    assert decided.rows(
        "select companies, list_contains(flags, 'organization_missing') from staging.contacts where external_id = ?",
        subject(decided, "organization_missing"),
    ) == [([decided.ids["company"]], False)]


def test_the_named_requester_stands_for_the_lost_one_in_the_whole_thread(before, decided):
    conversation = subject(decided, "requester_missing")
    query = "select contact, opening_author from staging.conversations where external_id = ?"
    [(lost, opener)] = before.rows(query, conversation)
    named = decided.ids["other"]
    assert decided.rows(query, conversation) == [(named, named if opener == lost else opener)]
    count = "select count(*) from staging.parts where conversation = ? and author = ?"
    assert before.rows(count, conversation, lost) == decided.rows(count, conversation, decided.ids["other"])
    assert decided.rows(count, conversation, lost) == [(0,)]


def test_an_address_is_normalised_and_a_twin_joined(decided):
    query = "select email, list_contains(flags, 'no_email'), merged_into from staging.contacts where external_id = ?"
    assert decided.rows(query, subject(decided, "no_email")) == [("new.person@customer.example", False, None)]
    assert decided.rows(query, subject(decided, "twin"))[0][2] == decided.ids["other"]


def test_an_entry_of_unknown_visibility_is_shown_only_because_a_person_said_so(before, decided):
    query = "select kind, is_internal from staging.parts where external_id = ?"
    assert before.rows(query, subject(decided, "unknown_visibility")) == [("note", True)]
    assert decided.rows(query, subject(decided, "unknown_visibility")) == [("comment", False)]


def test_an_excluded_conversation_takes_everything_in_it_along_and_into_the_books(before, decided):
    conversation = subject(decided, "topic_missing")
    for table in ("parts", "attachments", "history"):
        assert decided.rows(f"select count(*) from staging.{table} where conversation = ?", conversation) == [(0,)]
    records = before.rows("select count(*) from staging.records where conversation = ?", conversation)
    assert records[0][0] > 2
    assert (
        decided.rows(
            "select count(*) from staging.left_out where conversation = ? and outcome = 'excluded'", conversation
        )
        == records
    )
    assert decided.rows("select distinct sentence from staging.left_out where reason_code = 'decided'") == [
        ("A person decided to leave it out.",)
    ]


def test_an_excluded_entry_leaves_no_gap_and_its_neighbours_stay(before, decided):
    entry = subject(decided, "double_encoded")
    [(conversation,)] = before.rows("select conversation from staging.parts where external_id = ?", entry)
    query = "select count(*), max(position) + 1 from staging.parts where conversation = ?"
    [(parts, last)] = before.rows(query, conversation)
    inserted = before.rows("select count(*) from staging.parts where belongs_to = ?", entry)[0][0]
    assert decided.rows(query, conversation) == [(parts - 1 - inserted, last - 1 - inserted)]


def test_what_changed_by_a_decision_is_a_change_to_send_and_the_rest_is_not(before, decided):
    query = "select external_id, source_digest from staging.conversations"
    old, new = dict(before.rows(query)), dict(decided.rows(query))
    reasons = ("agent_missing", "department_missing", "requester_missing", "status_missing", "subject_missing")
    touched = {subject(decided, reason) for reason in reasons}
    # whoever was joined with somebody has handed over their tickets, and a contact's company is that of their tickets
    people = [subject(decided, "twin"), subject(decided, "organization_missing")]
    theirs = before.rows("select external_id from staging.conversations where contact = any(?)", people)
    assert theirs
    changed = {key for key in new if new[key] != old[key]}
    assert touched <= changed <= touched | {row[0] for row in theirs}


def test_the_book_says_who_decided_what_and_when(decided):
    entries = list(book.decisions(decided.stores))
    assert {entry.by for entry in entries} == {BY}
    assert {entry.words for entry in entries} >= {"exclude", "accept", "use closed", "use comment"}
    assert all(entry.at.tzinfo is not None for entry in entries)


def test_only_decided_means_the_conversations_people_decided_about(decided):
    found = source_ids(decided.settings, decided.migration, ("decided",))
    named = {subject(decided, reason).rpartition("-")[2] for reason in ("agent_missing", "status_missing")}
    assert named <= set(found)
    assert subject(decided, "topic_missing").rpartition("-")[2] not in found
    [(number, source_id)] = decided.rows("select number, source_id from staging.conversations order by 1 limit 1")
    assert source_ids(decided.settings, decided.migration, (number,)) == (source_id,)
    entry = subject(decided, "unknown_visibility")
    [(conversation,)] = decided.rows("select conversation from staging.parts where external_id = ?", entry)
    assert source_ids(decided.settings, decided.migration, (entry,)) == (conversation.rpartition("-")[2],)
    with pytest.raises(UsageError, match="0 conversations are meant"):
        source_ids(decided.settings, decided.migration, ("no-such-thing",))


def test_retry_takes_a_decision_back(office):
    case = of(office, "status_missing")
    state = "select state from staging.conversations where external_id = ?"
    before = office.rows(state, case.split("/")[1])
    other = "open" if before == [("closed",)] else "closed"
    office.decide({case: f"use {other}"})
    office.restage()
    assert office.rows(state, case.split("/")[1]) == [(other,)]
    # settled, it is not listed any more; the line of the old file still takes it back
    office.sheet.write_text(f"id,decision\n{case},retry\n", encoding="utf-8")
    assert len(apply(office.settings, office.migration, "simulator", office.sheet, "Bob").recorded) == 1
    office.restage()
    assert office.rows(state, case.split("/")[1]) == before
    assert of(office, "status_missing") == case
