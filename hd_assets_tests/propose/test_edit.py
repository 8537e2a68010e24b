"""Adding lines to a mapping file that people write in."""

import pytest
import yaml

from hd_assets.errors import MappingError
from hd_assets.propose.edit import added
from hd_assets.propose.line import Line
from hd_assets.propose.write import guesses

WRITTEN = """\
# ours, signed in March
source:   depot
time_zone: undecided      # of the server
values:
  status:
    Open: open    # we said so

    # the rest we do not know

# the end of it
targets: {simulator: {}}
objects: {}
"""


def line(path: str, value: object = "new", confidence: float = 0.95) -> Line:
    return Line(tuple(path.split(".")), value, confidence, "because")


def without(text: str, *rows: str) -> str:
    return "".join(row for row in text.splitlines(keepends=True) if not any(one in row for one in rows))


def test_what_stands_there_stays_to_the_byte_and_every_comment_keeps_its_place():
    text = added(WRITTEN, [line("values.status.Closed", "closed"), line("values.ticket_state.Open", "submitted")])

    assert without(text, "because", "ticket_state:") == WRITTEN
    assert yaml.safe_load(text)["values"] == {
        "status": {"Open": "open", "Closed": "closed"},
        "ticket_state": {"Open": "submitted"},
    }
    assert text.index("Closed: closed") < text.index("# the rest we do not know") < text.index("# the end of it")


def test_every_added_line_carries_its_confidence_and_its_reason():
    text = added(WRITTEN, [line("values.status.Closed", "closed", 0.5)])

    assert "    Closed: closed   # look at this, 50%: because\n" in text


def test_the_word_undecided_is_replaced_and_the_comment_behind_it_kept():
    text = added(WRITTEN, [line("time_zone", "UTC", 0.3)])

    assert "time_zone: UTC      # of the server; look at this, 30%: because\n" in text


@pytest.mark.parametrize("written", ["objects: {}\n", "objects:\n", "objects: null\n", ""])
def test_an_empty_section_is_filled_and_an_absent_one_begun(written):
    text = added("source: depot\n" + written + "# end\n", [line("objects.parts", {"from": ["entry"]})])

    assert yaml.safe_load(text) == {"source": "depot", "objects": {"parts": {"from": ["entry"]}}}


def test_a_map_in_braces_takes_lines_of_its_own():
    text = added("source: depot\nvalues: {status: {Open: open}}\n", [line("values.status.No", "closed")])

    assert yaml.safe_load(text)["values"]["status"] == {"Open": "open", "No": "closed"}
    assert "# 95%: because" in text


@pytest.mark.parametrize("value", ["Yes", "no", "on", "2024-01", "1e3", "a: b", "#1", "- x", "日本 'x' \"y\"", " x "])
def test_words_that_yaml_would_read_otherwise_come_back_as_they_were(value):
    text = added("source: depot\n", [line("values.status", {value: value})])

    assert yaml.safe_load(text)["values"]["status"] == {value: value}


def test_a_key_that_holds_something_else_is_refused():
    with pytest.raises(MappingError, match="values holds no keys"):
        added("source: depot\nvalues: 7\n", [line("values.status.Open", "open")])


def test_guesses_are_found_by_their_mark_until_a_person_deletes_it():
    text = added(WRITTEN, [line("time_zone", "UTC", 0.3), line("values.status.Closed", "closed")])

    [guess] = guesses(text)
    assert (guess.key, guess.number, guess.confidence) == ("time_zone", 3, "30%")
    assert guesses(text.replace("; look at this, 30%: because", "")) == []
