"""What an answer's headers say about the rate limit; what cannot be meant counts as not said."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

# Far above every documented limit (25,000 a minute and workspace), in requests of one window.
MOST_IN_A_WINDOW = 1_000_000
LONGEST_RETRY_AFTER = 3600.0
_SURELY_MILLISECONDS = 1e11


@dataclass(frozen=True)
class Told:
    """`limit` and `used` are requests of one window, by all clients. `label` is the end of that window, in seconds of
    the destination's clock, which need not be ours. `retry_after` are seconds from now."""

    limit: int | None = None
    used: int | None = None
    label: float | None = None
    retry_after: float | None = None


def read(headers: Mapping[str, str]) -> Told:
    """Header names in lower case, or a mapping that does not mind."""
    limit, remaining = _number(headers.get("x-ratelimit-limit")), _number(headers.get("x-ratelimit-remaining"))
    if limit is not None and not 1 <= limit <= MOST_IN_A_WINDOW:
        limit = None
    used = None
    if limit is not None and remaining is not None and remaining <= limit:
        used = int(limit) - int(max(0, remaining))
    return Told(
        limit=None if limit is None else int(limit),
        used=used,
        label=_label(_number(headers.get("x-ratelimit-reset"))),
        retry_after=_retry_after(headers.get("retry-after"), headers.get("date")),
    )


def _label(reset: float | None) -> float | None:
    if reset is None or reset <= 0:
        return None
    return reset / 1000 if reset > _SURELY_MILLISECONDS else reset


def _retry_after(text: str | None, date: str | None) -> float | None:
    seconds = _number(text)
    if seconds is None and text and date:
        try:
            # both by the destination's clock, so that ours does not matter
            seconds = (parsedate_to_datetime(text) - parsedate_to_datetime(date)).total_seconds()
        except (ValueError, TypeError):
            return None
    return None if seconds is None or seconds < 0 else min(seconds, LONGEST_RETRY_AFTER)


def _number(text: str | None) -> float | None:
    try:
        number = float(text) if text is not None else math.nan
    except ValueError:
        return None
    return number if math.isfinite(number) else None
