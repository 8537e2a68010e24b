"""Tables people receive: nothing in a cell is run, nothing is lost."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hd_assets.deliver.sheets import guarded, markdown_table, markdown_text, plain, read_csv, write_csv


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+49 30 1", "-2", "@SUM(A1)", "\tx", "\rx", "\n=x", "  =1+1", "＝1+1", "'=1+1", '=HYPERLINK("http://x")'],
)
def test_a_text_that_a_spreadsheet_could_run_begins_with_an_apostrophe(text):
    assert guarded(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "a=b", "12", "osticket-user-12", "'s morgens", "nobody@desk.example"])
def test_other_texts_stay_as_they_are(text):
    assert guarded(text) == text


@given(st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"])))
def test_every_text_comes_back_as_it_was(text):
    cell = guarded(text)
    assert plain(cell) == text
    assert cell.lstrip()[:1] not in {"=", "+", "-", "@"}


def test_a_file_holds_every_cell_and_begins_with_the_mark_by_which_excel_knows_its_encoding(tmp_path):
    rows = [("Žofie; =1", "line\nline", '"quoted", comma'), ("=cmd()", "+49", "")]
    path = tmp_path / "folder" / "people.csv"
    assert write_csv(path, ("name", "text", "more"), rows) == 2
    assert path.read_bytes().startswith(b"\xef\xbb\xbfname,text,more\r\n")
    columns, found = read_csv(path)
    assert columns == ["name", "text", "more"]
    assert list(found) == [list(row) for row in rows]


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path):
    path = tmp_path / "people.csv"
    write_csv(path, ("name",), [("ada",)])
    with pytest.raises(ZeroDivisionError):
        write_csv(path, ("name",), ((1 / place,) for place in (1, 0)))
    assert [file.name for file in tmp_path.iterdir()] == ["people.csv"]
    assert list(read_csv(path)[1]) == [["ada"]]


def test_values_are_told_in_words_people_read():
    values = [None, True, False, 3, 2.5, date(2024, 2, 1), datetime(2024, 2, 1, 9), datetime(2024, 2, 1, 9, tzinfo=UTC)]
    told = ["", "yes", "no", 3, 2.5, "2024-02-01", "2024-02-01T09:00:00Z", "2024-02-01T09:00:00Z"]
    assert [guarded(value) for value in values] == told
    assert guarded(["a", "b"]) == "a, b"


def test_markdown_takes_nothing_in_a_cell_for_its_own():
    assert markdown_text("a|b\nc <script>*x*</script> [y](z) `k` AT&T") == (
        "a\\|b c &lt;script\\>\\*x\\*&lt;/script\\> \\[y\\](z) \\`k\\` AT&amp;T"
    )
    assert markdown_text("osticket_ticket_id") == "osticket_ticket_id"


def test_numbers_stand_right_in_a_markdown_table():
    assert markdown_table(("object", "of_rows"), [("a", 1), ("b", None)]) == [
        "| object | of rows |",
        "| --- | ---: |",
        "| a | 1 |",
        "| b |  |",
    ]
