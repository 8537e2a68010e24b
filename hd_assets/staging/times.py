"""Local times of the source → UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

# Only abbreviations with one usual meaning; IST, CST of China and their like stay unread and are reported.
_HOURS = {
    "UTC": 0, "GMT": 0, "Z": 0, "UCT": 0, "WET": 0, "WEST": 1, "BST": 1, "CET": 1, "CEST": 2, "MET": 1, "MEST": 2,
    "EET": 2, "EEST": 3, "MSK": 3, "SAST": 2, "CAT": 2, "EAT": 3, "WAT": 1, "EST": -5, "EDT": -4, "CDT": -5,
    "MST": -7, "MDT": -6, "PST": -8, "PDT": -7, "AKST": -9, "AKDT": -8, "HST": -10, "JST": 9, "KST": 9, "HKT": 8,
    "AWST": 8, "AEST": 10, "AEDT": 11, "NZST": 12, "NZDT": 13,
}  # fmt: skip
_HALVES = {"ACST": 9.5, "ACDT": 10.5, "NST": -3.5, "NDT": -2.5}
_ZONED = re.compile(
    r"\s*(\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?)\s*"
    r"(Z|[A-Za-z_]+(?:/[A-Za-z_+\-0-9]+)*|[+-]\d{2}(?::?\d{2})?)\s*"
)
_OFFSET = re.compile(r"([+-])(\d{2}):?(\d{2})?")
_EPOCH = re.compile(r"-?[1-9]\d{0,10}")


def utc(text: str, zone: str) -> datetime | None:
    """Naive UTC time of `YYYY-MM-DD[ HH:MM[:SS[.ffffff]]]` read on the clocks of an IANA zone.

    An hour that the clocks skipped counts on from before the change; of an hour that came twice it is the first.
    None for zero dates, anything unreadable, and zones nobody knows. A zone in the text itself wins.
    """
    try:
        local = datetime.fromisoformat(text.strip())
        clock = local.tzinfo or _zone(zone)
        return None if clock is None else local.replace(tzinfo=clock).astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        return None


def iana_timestamp(text: str) -> datetime | None:
    """Naive UTC time of `2018-05-02 02:00:00 CEST` (abbreviation, offset or IANA name) or of seconds since 1970."""
    if _EPOCH.fullmatch(text.strip()):
        return datetime(1970, 1, 1) + timedelta(seconds=int(text))
    match = _ZONED.fullmatch(text)
    if not match:
        return None
    clock = _named(match[2])
    try:
        local = datetime.fromisoformat(match[1])
        return None if clock is None else local.replace(tzinfo=clock).astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        return None


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


@lru_cache(maxsize=64)
def _named(name: str) -> timezone | ZoneInfo | None:
    hours = _HOURS.get(name.upper(), _HALVES.get(name.upper()))
    if hours is not None:
        return timezone(timedelta(hours=hours))
    offset = _OFFSET.fullmatch(name)
    if offset:
        minutes = int(offset[2]) * 60 + int(offset[3] or 0)
        return timezone(timedelta(minutes=-minutes if offset[1] == "-" else minutes)) if minutes < 24 * 60 else None
    return _zone(name) if "/" in name else None
