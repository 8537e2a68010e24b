"""Progress of long steps, and failures as people see them."""

import dagster as dg
import duckdb
import pytest

from hd_assets.assembly.listening import Silence, current, listening
from hd_assets.assembly.progress import StepProgress
from hd_assets.assembly.steps import mendable
from hd_assets.errors import BlockedError
from hd_assets.model import Company
from hd_assets.publish.progress import Standing


class Events:
    """Stands for a step's context: keeps what would be written into the event log."""

    def __init__(self):
        self.log = self
        self.lines = []
        self.observed = []

    def info(self, line):
        self.lines.append(line)

    def log_event(self, event):
        self.observed.append({name: entry.value for name, entry in event.metadata.items()})


class Ears(Silence):
    def __init__(self):
        self.heard = []

    def advanced(self, step, done, total):
        self.heard.append((step, done, total))


def progress(events, listener, clock):
    return StepProgress(events, dg.AssetKey(["desk", "raw", "snapshot"]), listener, now=lambda: clock[0])


def test_there_is_one_event_per_interval_and_every_tick_for_a_listener():
    events, ears, clock = Events(), Ears(), [0.0]
    step = progress(events, ears, clock)
    for done in range(1, 101):
        clock[0] = done / 10
        step.advance(done, 200, "rows")
    assert len(ears.heard) == 100
    assert len(events.observed) == 2
    assert events.observed[0] == {"done": 50, "total": 200, "per_minute": 600.0, "unit": "rows", "eta_s": 15.0}
    assert events.lines[0] == "50 of 200 rows, 600 a minute, about 15 s left"


def test_what_publishing_reports_is_written_as_it_comes():
    events, ears, clock = Events(), Ears(), [0.0]
    step = progress(events, ears, clock)
    clock[0] = 2.0
    step.report(Standing("contacts", 4, 8, 2.0, 2.0))
    assert [entry["done"] for entry in events.observed] == [4]
    assert ears.heard == [("desk/raw/snapshot", 4, 8)]


def test_a_listener_hears_only_what_runs_inside_its_context():
    ears = Ears()
    with listening(ears):
        assert current() is ears
    assert isinstance(current(), Silence)


def test_an_expected_failure_says_what_where_and_mend_and_is_not_retried():
    with pytest.raises(dg.Failure) as caught, mendable():
        raise BlockedError("the door is locked", where="the front", mend="use the key")
    told = {name: entry.value for name, entry in caught.value.metadata.items()}
    assert told == {"what": "the door is locked", "where": "the front", "mend": "use the key", "exit_code": 3}
    assert caught.value.allow_retries is False


def test_a_row_that_does_not_fit_its_model_is_named_without_its_values():
    with pytest.raises(dg.Failure) as caught, mendable():
        Company.model_validate({"name": 7, "website": "private words"})
    assert "Company" in caught.value.description
    assert "private words" not in caught.value.description
    assert "external_id (missing)" in caught.value.description


def test_a_failing_statement_is_told_without_row_values():
    with pytest.raises(dg.Failure) as caught, mendable():
        duckdb.connect().execute("select cast('private words' as integer)")
    assert "private words" not in caught.value.description
