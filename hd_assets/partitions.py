"""Home windows: the UTC months by which conversations, parts and attachments are partitioned."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

import dagster as dg

from hd_assets.errors import UsageError

MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")


@dataclass(frozen=True)
class Window:
    """Months from `start` (first day of a month, included) to `end` (first day of a month, excluded)."""

    start: date
    end: date

    @property
    def parameters(self) -> dict[str, date]:
        return {"window_start": self.start, "window_end": self.end}

    def __str__(self) -> str:
        return f"{self.start:%Y-%m}..{previous_month(self.end):%Y-%m}"


EVERYTHING = Window(date(1, 1, 1), date(9999, 12, 1))


def windows(first_day: date) -> dg.MonthlyPartitionsDefinition:
    """Months from the mapping's first one up to and including the current one."""
    return dg.MonthlyPartitionsDefinition(start_date=first_day.isoformat(), end_offset=1, timezone="UTC")


def parse_month(text: str) -> date:
    if not MONTH.fullmatch(text):
        raise UsageError(f"{text!r} is not a month", where="--from / --to", mend="write it as 2024-01")
    return date.fromisoformat(f"{text}-01")


def next_month(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def previous_month(day: date) -> date:
    return date(day.year - (day.month == 1), (day.month - 2) % 12 + 1, 1)


def window_of(context: dg.AssetExecutionContext | dg.AssetCheckExecutionContext) -> Window:
    """The months this step works on; everything for an unpartitioned step."""
    if not context.has_partition_key and not context.has_partition_key_range:
        return EVERYTHING
    span = context.partition_time_window
    return Window(span.start.date(), span.end.date())
