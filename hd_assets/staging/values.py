"""Source texts as typed values of custom attributes."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime

MAX_STRING = 255
_TRUE = {"1", "true", "t", "yes", "y", "on", "✓"}
_FALSE = {"0", "false", "f", "no", "n", "off"}
_INTEGER = re.compile(r"[+-]?\d{1,18}(?:\.0+)?")
_DECIMAL = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?")

_SEPARATOR = re.compile(r"\s*[,;|\n]\s*")

Value = str | int | float | bool


def attribute_value(text: str, data_type: str) -> str | None:
    """JSON scalar of a text; None when it does not fit the type. Times are UTC: `2024-01-31T08:00:00Z`."""
    value = _value(text, data_type)
    return None if value is None else json.dumps(value, ensure_ascii=False)


def attributes(pairs: Sequence[Mapping[str, str | None] | None]) -> str:
    """JSON object of (name, value, data_type) triples. Empty values and those that do not fit are absent; of two
    values of one name the first stays. Keys in sorted order, so that equal attributes are equal text."""
    found: dict[str, Value] = {}
    for pair in pairs:
        if pair is None or pair["name"] is None or pair["value"] is None or pair["name"] in found:
            continue
        value = _value(pair["value"], pair["data_type"] or "string")
        if value is not None:
            found[pair["name"]] = value
    return json.dumps(found, ensure_ascii=False, sort_keys=True)


def chosen_options(text: str, options: Sequence[Mapping[str, str | None] | None]) -> str:
    """The words of the options a value names by their text or by their id, several joined by `, `.

    What is no option stays as it is. A text goes before an id, because texts may be numbers as well.
    """
    pairs = [(pair["id"], pair["text"].strip()) for pair in options if pair and pair["id"] and pair["text"]]
    texts, by_id = {word for _, word in pairs}, dict(pairs)
    bare = text.strip()

    def word(item: str) -> str:
        return item if item in texts else by_id.get(item, item)

    if bare in texts or bare in by_id or not pairs:
        return word(bare)
    return ", ".join(word(item) for item in _SEPARATOR.split(bare) if item)


def _value(text: str, data_type: str) -> Value | None:
    bare = text.strip()
    if not bare:
        return None
    if data_type in ("string", "list"):
        return bare if len(bare) <= MAX_STRING else None
    if data_type == "text":
        return bare
    if data_type == "boolean":
        return True if bare.lower() in _TRUE else False if bare.lower() in _FALSE else None
    if data_type == "integer":
        return int(bare.partition(".")[0]) if _INTEGER.fullmatch(bare) else None
    if data_type == "decimal":
        number = float(bare) if _DECIMAL.fullmatch(bare) else math.nan
        return number if math.isfinite(number) else None
    return _time(bare, data_type)


def _time(text: str, data_type: str) -> str | None:
    try:
        if data_type == "date":
            return date.fromisoformat(text[:10]).isoformat()
        if data_type == "datetime":
            when = datetime.fromisoformat(text.replace("Z", "+00:00"))
            offset = when.utcoffset()
            naive = when.replace(tzinfo=None) - offset if offset else when.replace(tzinfo=None)
            return naive.isoformat(timespec="seconds") + "Z"
    except (ValueError, OverflowError):
        return None
    return None
