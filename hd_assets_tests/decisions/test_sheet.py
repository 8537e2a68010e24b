"""The file people fill in is read strictly: one wrong line, and nothing is applied."""

from datetime import UTC, datetime

import pytest

from hd_assets.decisions import book
from hd_assets.decisions.apply import apply
from hd_assets.decisions.book import Decision, parse
from hd_assets.decisions.cases import Case
from hd_assets.decisions.sheet import read, write
from hd_assets.errors import UsageError
from hd_assets.settings import Stores

ALLOWED = ("retry", "accept", "use VALUE", "exclude")


def case(number: int, **more) -> Case:
    key = f"desk-ticket-{number}"
    return Case(
        id=f"conversations/{key}/subject_missing", object="conversations", source_type="ticket",
        source_id=str(number), external_id=key, reason_code="subject_missing", sentence="No subject; ein Füller.",
        remedy="None.", fate="migrates with a substitute", conversation=key, allowed=ALLOWED, column="title",
        **more,
    )  # fmt: skip


KNOWN = [case(1), case(2)]
ONE, TWO = (known.id for known in KNOWN)


@pytest.mark.parametrize(
    ("cell", "wanted"),
    [
        ("retry", ("retry", None)),
        (" Exclude ", ("exclude", None)),
        ("use  Printer on fire", ("use", "Printer on fire")),
        ("merge into desk-user-7", ("merge", "desk-user-7")),
        ("use", None),
        ("merge desk-user-7", None),
        ("exclude it", None),
        ("delete", None),
    ],
)
def test_the_words_of_a_decision(cell, wanted):
    assert parse(cell) == wanted


def lines(path, text: str, encoding: str = "utf-8"):
    path.write_bytes(text.encode(encoding))
    return read(path, KNOWN, {}, "Ada")


def test_what_was_written_and_left_alone_holds_no_decision(tmp_path):
    assert write(tmp_path / "e.csv", KNOWN) == 2
    assert read(tmp_path / "e.csv", KNOWN, {}, "Ada") == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_spreadsheet_may_choose_mark_separator_and_line_ends(tmp_path, encoding, separator, end):
    rows = [("decision", "sentence", "id"), ("exclude", '"two\nlines"', ONE), ("", "", "")]
    text = end.join(separator.join(row) for row in rows) + end
    [entry] = lines(tmp_path / "e.csv", text, encoding)
    assert (entry.decision.case, entry.decision.action, entry.decision.by) == (ONE, "exclude", "Ada")


def test_a_line_that_names_the_separator_for_excel_is_no_header(tmp_path):
    [entry] = lines(tmp_path / "e.csv", f"sep=;\nid;decision\n{ONE};retry\n")
    assert entry.decision.action == "retry"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"id,decision\n{ONE},exclude\nconversations/desk-ticket-9/x,exclude\n", "line 3: no case has this id"),
        (f"id,decision\n{ONE},burn it\n", "line 2: the decision is none of: retry | accept | use VALUE | exclude"),
        (f"id,decision\n{ONE},merge into desk-ticket-2\n", "line 2: the decision is none of"),
        (f"id,decision\n{ONE},exclude\n{ONE},retry\n", "line 3: the id stands in line 2, too"),
        (f"id,decision\n{ONE},exclude\n{ONE},\n", "line 3: the id stands in line 2, too"),
        (f"id,choice\n{ONE},exclude\n", "not exactly one column decision"),
        (f"id,decision,decision\n{ONE},exclude,retry\n", "not exactly one column decision"),
        ("", "not exactly one column id and one decision"),
        (f"id,decision\n{ONE},use a, b\n", "line 2 has 3 cells instead of 2"),
        (f'id,decision\n{ONE},"use a\n', "the file is no CSV"),
    ],
)
def test_a_wrong_line_is_named_and_nothing_is_read(tmp_path, text, told):
    with pytest.raises(UsageError) as fault:
        lines(tmp_path / "e.csv", text)
    assert told in str(fault.value)
    assert "burn it" not in str(fault.value)


def test_a_file_of_another_encoding_is_refused_instead_of_guessed(tmp_path):
    with pytest.raises(UsageError, match="not UTF-8"):
        lines(tmp_path / "e.csv", f"id,decision\n{ONE},use Füller\n", "cp1252")
    with pytest.raises(UsageError, match="cannot be read"):
        read(tmp_path / "none.csv", KNOWN, {}, "Ada")


def test_all_problems_are_told_at_once_but_fill_no_more_than_a_screen(tmp_path):
    text = "id,decision\n" + "".join(f"nobody-{number},retry\n" for number in range(40))
    with pytest.raises(UsageError) as fault:
        lines(tmp_path / "e.csv", text)
    assert "40 problem(s)" in str(fault.value)
    assert "and 30 more" in str(fault.value)
    assert len(str(fault.value).splitlines()) < 20


def test_what_stands_already_is_no_news_and_a_settled_case_can_be_taken_back(tmp_path):
    entry = lines(tmp_path / "e.csv", f"id,decision\n{ONE},use Printer\n")[0].decision
    gone = entry.model_copy(update={"case": "conversations/desk-ticket-7/subject_missing"})
    known = [case(1, decision=entry), case(2)]
    write(tmp_path / "e.csv", known)
    earlier = {entry.case: entry, gone.case: gone}
    assert read(tmp_path / "e.csv", known, earlier, "Bob") == []
    (tmp_path / "e.csv").write_text(f"id,decision\n{gone.case},retry\n", encoding="utf-8")
    assert [found.decision.action for found in read(tmp_path / "e.csv", known, earlier, "Bob")] == ["retry"]


def test_the_latest_decision_counts_and_a_torn_line_is_none(tmp_path):
    stores = Stores(tmp_path)
    first = Decision(
        case=ONE, object="conversations", source_type="ticket", source_id="1", external_id="desk-ticket-1",
        reason_code="subject_missing", action="exclude", by="Ada", at=datetime(2025, 6, 1, tzinfo=UTC),
    )  # fmt: skip
    book.record(stores, [first])
    path = tmp_path / "decisions.jsonl"
    path.write_bytes(path.read_bytes() + b'{"case": "conv')
    book.record(stores, [first.model_copy(update={"action": "retry", "by": "Bob"})])
    assert [entry.by for entry in book.decisions(stores)] == ["Ada", "Bob"]
    assert book.current(stores)[ONE].action == "retry"


@pytest.mark.parametrize(
    ("reason", "words", "told"),
    [
        ("status_missing", "use burning", "use one of: open, closed"),
        ("unknown_visibility", "use shout", "use one of: comment, note"),
        ("no_email", "use nonsense", "this is no e-mail address"),
        ("no_email", "use {taken}", "has this address already; use merge into osticket-user-"),
        ("no_email", "merge into osticket-user-999999", "no record of contacts has the id"),
        ("no_email", "merge into {self}", "cannot be merged into itself"),
        ("no_email", "exclude", "conversation(s) are this contact's"),
        ("requester_missing", "use nobody@nowhere.example", "0 records of contacts have this id or email"),
        ("department_missing", "use no such inbox", "0 records of inboxes have this id or name"),
    ],
)
def test_a_value_that_cannot_be_is_refused_with_its_line(office, reason, words, told):
    [(taken,)] = office.rows("select min(email) from staging.contacts")
    [(busy,)] = office.rows(
        "select min(contact) from staging.conversations inner join staging.contacts on contact = contacts.external_id"
        " where list_contains(contacts.flags, 'no_email') and not list_contains(contacts.flags, 'deleted_in_source')"
    )
    about = busy if reason == "no_email" else None
    id = next(c.id for c in office.cases if c.reason_code == reason and about in (None, c.external_id))
    with pytest.raises(UsageError) as fault:
        office.decide({id: words.format(taken=taken, self=id.split("/")[1])})
    assert told in str(fault.value)
    assert "line " in str(fault.value)
    assert taken not in str(fault.value)
    assert list(book.decisions(office.stores)) == []


def test_one_wrong_line_keeps_the_right_ones_out(office):
    right = next(found.id for found in office.cases if found.reason_code == "truncated_in_source")
    wrong = next(found.id for found in office.cases if found.reason_code == "status_missing")
    with pytest.raises(UsageError, match="1 problem"):
        office.decide({right: "accept", wrong: "use burning"})
    assert list(book.decisions(office.stores)) == []


def test_a_decision_has_a_name_under_it(office):
    with pytest.raises(UsageError, match="--by"):
        apply(office.settings, office.migration, "simulator", office.sheet, " ")
