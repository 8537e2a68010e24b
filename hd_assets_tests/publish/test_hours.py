"""Publishing hours: what the wall clock of the customer's office says."""

import threading
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
import yaml
from pydantic import ValidationError

from hd_assets.mapping import PublishingHours
from hd_assets.partitions import EVERYTHING
from hd_assets.publish.conversations import publish_conversations
from hd_assets.publish.hours import Hours
from hd_assets.publish.outcomes import StoppedError
from hd_assets_tests.publish.checker import differences
from hd_assets_tests.publish.desk import MAPPING, desk, rows

BERLIN = ZoneInfo("Europe/Berlin")


def hours(text, zone="Europe/Berlin"):
    return Hours(PublishingHours.model_validate(yaml.safe_load(text)), zone)


def at(text, fold=0):
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN, fold=fold).timestamp()


def opening(made, text, fold=0):
    """Wall clock at which writing may begin; None while it may go on."""
    until = made.closed_until(at(text, fold))
    return None if until is None else f"{datetime.fromtimestamp(until, BERLIN):%Y-%m-%d %H:%M}"


NIGHTS = "{from: '22:00', to: '06:00', days: [mon, tue, wed, thu, fri]}"


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2025-06-02 21:59:59", "2025-06-02 22:00"),  # a Monday
        ("2025-06-02 22:00:00", None),
        ("2025-06-03 05:59:59", None),
        ("2025-06-03 06:00:00", "2025-06-03 22:00"),
        ("2025-06-07 05:00:00", None),  # Friday's night ends on Saturday
        ("2025-06-07 06:00:00", "2025-06-09 22:00"),
        ("2025-06-09 05:00:00", "2025-06-09 22:00"),  # Sunday's night is none
    ],
)
def test_a_night_belongs_to_the_day_on_which_it_begins(now, expected):
    assert opening(hours(NIGHTS), now) == expected


@pytest.mark.parametrize(
    ("text", "now", "fold", "expected"),
    [
        # clocks go from 02:00 to 03:00
        ("{from: '02:30', to: '05:00'}", "2025-03-30 01:59:59", 0, "2025-03-30 03:00"),
        ("{from: '22:00', to: '02:30'}", "2025-03-30 01:59:59", 0, None),
        ("{from: '22:00', to: '02:30'}", "2025-03-30 03:00:00", 0, "2025-03-30 22:00"),
        # clocks go from 03:00 back to 02:00
        ("{from: '01:00', to: '02:30'}", "2025-10-26 02:40:00", 0, "2025-10-26 02:00"),
        ("{from: '01:00', to: '02:30'}", "2025-10-26 02:10:00", 1, None),
        ("{from: '01:00', to: '02:30'}", "2025-10-26 02:40:00", 1, "2025-10-27 01:00"),
    ],
)
def test_the_wall_clock_decides_when_clocks_change(text, now, fold, expected):
    assert opening(hours(text), now, fold) == expected


def test_hours_may_end_with_the_day_and_have_a_zone_of_their_own():
    made = hours("{from: '18:00', to: '24:00', time_zone: Asia/Tokyo}")
    assert opening(made, "2025-06-02 10:59:00") == "2025-06-02 11:00"
    assert opening(made, "2025-06-02 16:59:00") is None
    assert opening(made, "2025-06-02 17:00:00") == "2025-06-03 11:00"


def test_times_without_quotes_are_understood():
    # YAML reads 22:00 as the number 1320
    assert opening(hours("{from: 22:00, to: 06:00}"), "2025-06-02 12:00:00") == "2025-06-02 22:00"


@pytest.mark.parametrize(
    "text",
    [
        "{from: '22:00'}",
        "{from: '22:00', to: '22:00'}",
        "{from: '00:00', to: '24:00'}",
        "{from: '25:00', to: '06:00'}",
        "{from: '9:00', to: '17:00'}",
        "{from: late, to: '06:00'}",
        "{from: 22, to: '06:00'}",
        "{from: yes, to: '06:00'}",
        "{from: '22:00', to: '06:00', days: []}",
        "{from: '22:00', to: '06:00', days: [Monday]}",
        "{from: '22:00', to: '06:00', time_zone: Mars/Olympus}",
        "{from: '22:00', to: '06:00', until: '07:00'}",
    ],
)
def test_what_says_nothing_sensible_is_refused(text):
    with pytest.raises(ValidationError):
        hours(text)


# a desk whose clock stands at noon, with hours in the evening
EVENINGS = MAPPING.replace(
    "publish: {workers: 4}",
    "publish: {workers: WORKERS, hours: {from: '18:00', to: '18:01', apply_to_simulator: true}}",
)


def is_write(request):
    return request.method != "GET" and not request.url.path.endswith(("/search", "/list"))


class Told:
    def __init__(self):
        self.notes = []

    def report(self, standing):
        if standing.note:
            self.notes.append(standing.note)


@pytest.mark.parametrize("workers", [1, 4])
def test_nothing_is_written_outside_the_hours_and_the_run_goes_on_by_itself(tmp_path, workers):
    made = desk(tmp_path, rows(4))
    made.write_mapping(EVENINGS.replace("WORKERS", str(workers)))
    moments = []
    made.transport.before = lambda request: is_write(request) and moments.append(made.clock.now() % 86400)
    told = Told()
    made.publish(progress=told)
    assert differences(made, rows(4)) == []
    assert 18 * 3600 <= min(moments) <= max(moments) < 18 * 3600 + 120
    assert "outside the publishing hours, paused until Sun 01 Jun, 18:00 (UTC)" in told.notes


def test_a_pause_holds_no_warehouse_connection_and_ends_at_once_on_a_stop(tmp_path):
    made, stop = desk(tmp_path, rows(4)), threading.Event()
    made.publish()
    made.write_mapping(EVENINGS.replace("WORKERS", "1"))
    made.stage(rows(6))
    sleeping = made.clock.sleep

    def sleep(seconds):
        with made.warehouse.get_connection() as connection:
            connection.execute("create or replace table staging.free as select 1")
        stop.set()
        sleeping(seconds)

    made.plan()
    begun = made.clock.now()
    made.clock.sleep = sleep
    with made.context(stop=stop) as context, pytest.raises(StoppedError):
        publish_conversations(context, EVERYTHING)
    assert made.clock.now() - begun < 5


def test_a_run_with_nothing_to_send_does_not_wait(tmp_path):
    made = desk(tmp_path, rows(2))
    made.publish()
    made.write_mapping(EVENINGS.replace("WORKERS", "4"))
    begun = made.clock.now()
    made.publish()
    assert made.clock.now() - begun < 60


def test_the_simulator_does_not_wait_unless_asked(tmp_path):
    made = desk(tmp_path, rows(2))
    made.write_mapping(EVENINGS.replace("WORKERS", "4").replace(", apply_to_simulator: true", ""))
    begun = made.clock.now()
    made.publish()
    assert made.clock.now() - begun < 60
