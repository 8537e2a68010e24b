"""Our attribute types in the words of each destination object, and values typed for them."""

from __future__ import annotations

import calendar
from datetime import date, datetime
from typing import Any, Literal

from hd_assets.mapping import DataType
from hd_assets.model.base import AttributeValue

Holder = Literal["conversation", "contact", "company", "ticket"]

_PEOPLE: dict[DataType, str] = {
    "string": "string",
    "text": "string",
    "integer": "integer",
    "decimal": "float",
    "boolean": "boolean",
    "datetime": "datetime",
    "date": "date",
    "list": "options",
}
_THREADS: dict[DataType, str] = {
    "string": "string",
    "text": "string",
    "integer": "integer",
    "decimal": "decimal",
    "boolean": "boolean",
    "datetime": "datetime",
    # threads know no day without an hour; as text the day cannot slip over a time zone
    "date": "string",
    "list": "list",
}
# Contact and company attributes are told in other words than they are created with.
_TOLD = {"options": {"options", "string"}, "datetime": {"datetime", "date"}, "date": {"datetime", "date"}}


def destination_type(kind: DataType, holder: Holder) -> str:
    return (_PEOPLE if holder in ("contact", "company") else _THREADS)[kind]


def fits(kind: DataType, holder: Holder, told: str) -> bool:
    """Whether an existing attribute of type `told` can carry our values."""
    wanted = destination_type(kind, holder)
    return told in _TOLD.get(wanted, {wanted}) if holder in ("contact", "company") else told == wanted


def typed(value: AttributeValue, kind: DataType, holder: Holder) -> AttributeValue:
    """A staged value as the destination takes it: times as Unix seconds; None stays None."""
    if value is None:
        return None
    wanted = destination_type(kind, holder)
    if wanted in ("datetime", "date") and isinstance(value, str):
        return unix(value)
    if wanted in ("string", "options", "list") and not isinstance(value, str):
        return str(value).lower() if isinstance(value, bool) else str(value)
    if wanted in ("float", "decimal") and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return value


def unix(text: str) -> int:
    """Unix seconds of an ISO time (UTC unless it says otherwise) or of a day's first second in UTC."""
    if len(text) <= 10:
        return calendar.timegm(date.fromisoformat(text).timetuple())
    return calendar.timegm(datetime.fromisoformat(text.replace("Z", "+00:00")).utctimetuple())


def seconds(moment: datetime | None) -> int | None:
    return None if moment is None else calendar.timegm(moment.utctimetuple())


def present(body: dict[str, Any]) -> dict[str, Any]:
    """Without the fields that have no value."""
    return {name: value for name, value in body.items() if value is not None}
