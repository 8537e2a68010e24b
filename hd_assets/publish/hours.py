"""Publishing hours: when the clock on the wall of the customer's office allows writing."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from hd_assets.mapping import Mapping, PublishingHours

_FURTHEST = timedelta(days=9)
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Hours:
    """Answers from the wall clock, so that the days on which the clocks change need no rule. Thread-safe.

    A window that ends past midnight belongs to the day on which it begins.
    """

    def __init__(self, hours: PublishingHours, time_zone: str) -> None:
        """`time_zone` counts where the hours name none."""
        self._told = hours
        self._begin, self._end = hours.begin_minute, hours.end_minute
        self._days = {_WEEKDAYS.index(day) for day in hours.days}
        self._zone = ZoneInfo(hours.time_zone or time_zone)
        self._lock = threading.Lock()
        self._known_from = self._known_until = 0.0
        self._open = False

    def __str__(self) -> str:
        return f"{', '.join(self._told.days)} from {self._told.begin} to {self._told.end} ({self._zone.key})"

    def closed_until(self, now: float) -> float | None:
        """When writing may begin (Unix seconds), None while it may go on."""
        with self._lock:
            if not self._known_from <= now < self._known_until:
                self._look_ahead(now)
            return None if self._open else self._known_until

    def wall(self, moment: float) -> str:
        """A moment as people there would say it."""
        return f"{datetime.fromtimestamp(moment, self._zone):%a %d %b, %H:%M} ({self._zone.key})"

    def _look_ahead(self, now: float) -> None:
        """Find the next change minute by minute; times and clock changes fall on whole minutes."""
        self._open = self._is_open(now)
        moment = (now // 60 + 1) * 60
        last = now + _FURTHEST.total_seconds()
        while moment < last and self._is_open(moment) == self._open:
            moment += 60
        self._known_from, self._known_until = now, moment

    def _is_open(self, moment: float) -> bool:
        wall = datetime.fromtimestamp(moment, self._zone)
        minute, today = wall.hour * 60 + wall.minute, wall.weekday()
        if self._begin < self._end:
            return today in self._days and self._begin <= minute < self._end
        return (today in self._days and minute >= self._begin) or ((today - 1) % 7 in self._days and minute < self._end)


def hours_of(mapping: Mapping, *, simulator: bool) -> Hours | None:
    """Publishing hours of a target; None when writing is allowed at any time."""
    hours = mapping.publish.hours
    if hours is None or (simulator and not hours.apply_to_simulator):
        return None
    return Hours(hours, mapping.zone)
