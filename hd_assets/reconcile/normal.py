"""When two values say the same: normal forms, differences, digests. Shares nothing with what builds requests."""

from __future__ import annotations

import calendar
import hashlib
import hmac
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Literal

from hd_assets.mapping import DataType
from hd_assets.staging.plain import visible_plain, visible_text

Kind = Literal["value", "missing", "extra", "order"]
Normal = str | int | float | bool | None


@dataclass(frozen=True)
class Difference:
    """One field that is not as expected; values stay in memory, only digests are kept."""

    field: str
    kind: Kind = "value"
    expected: Any = None
    found: Any = None


@dataclass(frozen=True)
class Compared:
    """One record held against what the target answered.

    `fields`: how many were compared. `by_ledger`: the target shows it, or a field of it, no more; the ledger vouches.
    """

    object: str
    external_id: str
    intercom_id: str | None
    fields: int
    differences: tuple[Difference, ...] = ()
    home_window: date | None = None
    by_ledger: bool = False

    @property
    def is_missing(self) -> bool:
        return any(entry.kind == "missing" and entry.field == "record" for entry in self.differences)

    @property
    def is_extra(self) -> bool:
        return any(entry.kind == "extra" and entry.field == "record" for entry in self.differences)

    @property
    def is_differing(self) -> bool:
        """A difference in what we sent; what others added is told apart."""
        return any(entry.kind != "extra" for entry in self.differences)


@dataclass
class Sheet:
    """Collects the fields of one record."""

    object: str
    external_id: str
    intercom_id: str | None
    home_window: date | None = None
    fields: int = 0
    differences: list[Difference] = field(default_factory=list)

    def same(self, name: str, expected: Any, found: Any) -> None:
        self.fields += 1
        if expected != found:
            self.differences.append(Difference(name, "value", expected, found))

    def holds(self, name: str, expected: Iterable[str], found: Iterable[str]) -> None:
        """A set: what lacks is a difference, what somebody added is extra."""
        self.fields += 1
        wanted, there = set(expected), set(found)
        if wanted - there:
            self.differences.append(Difference(name, "value", sorted(wanted), sorted(there)))
        elif there - wanted:
            self.differences.append(Difference(name, "extra", sorted(wanted), sorted(there)))

    def attributes(
        self, expected: Mapping[str, Any], found: Mapping[str, Any], types: Mapping[str, DataType], prefix: str = ""
    ) -> None:
        """All attributes the migration declares, and those it expects beyond them."""
        for name in sorted({*types, *expected}):
            kind = types.get(name, "string")
            self.same(f"{prefix}{name}", value_of(expected.get(name), kind), value_of(found.get(name), kind))

    def done(self) -> Compared:
        return Compared(
            self.object, self.external_id, self.intercom_id, self.fields, tuple(self.differences), self.home_window
        )


def missing(object: str, external_id: str, intercom_id: str | None, home_window: date | None = None) -> Compared:
    return Compared(object, external_id, intercom_id, 0, (Difference("record", "missing"),), home_window)


def extra(object: str, external_id: str, intercom_id: str, home_window: date | None = None) -> Compared:
    return Compared(object, external_id, intercom_id, 0, (Difference("record", "extra"),), home_window)


def value_of(value: Any, kind: DataType) -> Normal:
    """Normal form of an attribute's value: times as Unix seconds, numbers as numbers, nothing as None.

    A value that does not fit its type stays text, so that it shows as a difference instead of raising.
    """
    if value is None or value == "":
        return None
    try:
        return _TYPED[kind](value)
    except (ValueError, OverflowError):
        return str(value)


def _moment(value: Any) -> int:
    if isinstance(value, (int, float)):
        return int(value)
    text = str(value)
    if text.isdecimal():
        return int(text)
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return unix(moment if moment.tzinfo else moment.replace(tzinfo=UTC)) or 0


def _flag(value: Any) -> Normal:
    return {"true": True, "false": False, "1": True, "0": False}.get(str(value).lower(), str(value))


def _text(value: Any) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


_TYPED: dict[DataType, Callable[[Any], Normal]] = {
    "string": _text,
    "text": _text,
    "list": _text,
    "integer": float,
    "decimal": float,
    "boolean": _flag,
    "datetime": _moment,
    "date": _moment,
}


def unix(moment: datetime | None) -> int | None:
    """Unix seconds; None stays None."""
    return None if moment is None else calendar.timegm(moment.utctimetuple())


def text_of(html: str | None) -> str:
    """Visible text of a body, white space collapsed."""
    return visible_text(html or "")


def text_of_plain(text: str | None) -> str:
    return visible_plain(text or "")


def digits(phone: str | None) -> str | None:
    """A telephone number without its punctuation: destinations rewrite that."""
    return re.sub(r"[\s().\-/]", "", phone) or None if phone else None


def word(text: str | None) -> str | None:
    """Text with its outer white space gone; empty counts as nothing."""
    return (text or "").strip() or None


def digest(key: str, value: Any) -> str | None:
    """Keyed digest of a value, so that two runs can be compared without keeping what people wrote."""
    if value is None:
        return None
    return hmac.new(key.encode(), repr(value).encode(), hashlib.sha256).hexdigest()[:32]
