"""Tags, attributes and collections of the workspace, held against mapping and staging."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from hd_assets.mapping import Attribute, DataType
from hd_assets.model import Tag
from hd_assets.publish.ledger_read import Identity
from hd_assets.reconcile.normal import Compared, Sheet, missing, word

# What the target may call our types when it lists them; people and threads have words of their own.
_PEOPLE: dict[DataType, set[str]] = {
    "string": {"string"},
    "text": {"string"},
    "integer": {"integer"},
    "decimal": {"float"},
    "boolean": {"boolean"},
    "datetime": {"datetime", "date"},
    "date": {"datetime", "date"},
    "list": {"options", "string"},
}
_THREADS: dict[DataType, set[str]] = {
    "string": {"string"},
    "text": {"string"},
    "integer": {"integer"},
    "decimal": {"decimal"},
    "boolean": {"boolean"},
    "datetime": {"datetime"},
    "date": {"string"},
    "list": {"list"},
}


def tags(wanted: Iterable[Tag], known: Mapping[str, Identity], found: Sequence[Mapping[str, Any]]) -> list[Compared]:
    """Each staged tag by the id the ledger holds."""
    names = {str(entry.get("id")): entry.get("name") for entry in found}
    results = []
    for tag in wanted:
        identity = known.get(tag.external_id)
        if identity is None or identity.intercom_id not in names:
            results.append(missing("tags", tag.external_id, identity.intercom_id if identity else None))
            continue
        sheet = Sheet("tags", tag.external_id, identity.intercom_id)
        # a tag of that name may have stood there before us, in other capitals
        there = word(names[identity.intercom_id]) or ""
        sheet.same("name", (word(tag.name) or "").casefold(), there.casefold())
        results.append(sheet.done())
    return results


def attributes(holder: str, wanted: Mapping[str, Attribute], found: Sequence[Mapping[str, Any]]) -> list[Compared]:
    """Each declared attribute of contact, company or conversation by its name."""
    words = _THREADS if holder == "conversation" else _PEOPLE
    live = {str(entry.get("name")): entry for entry in found if not entry.get("archived")}
    results = []
    for name, attribute in sorted(wanted.items()):
        external_id, there = f"{holder}/{name}", live.get(name)
        if there is None:
            results.append(missing("attributes", external_id, None))
            continue
        sheet = Sheet("attributes", external_id, str(there.get("id") or "") or None)
        told = there.get("data_type")
        sheet.same("data_type", True, told in words[attribute.type])
        if attribute.type == "list":
            sheet.same("options", set(), set(attribute.options) - _options(there))
        results.append(sheet.done())
    return results


def _options(attribute: Mapping[str, Any]) -> set[str]:
    options = attribute.get("options") or ()
    if not isinstance(options, (list, tuple)):
        return set()
    return {
        str(entry.get("label") or entry.get("value")) if isinstance(entry, dict) else str(entry) for entry in options
    }


def collections(known: Mapping[str, Identity], found: Sequence[Mapping[str, Any]]) -> list[Compared]:
    """Each collection of the ledger, keyed by the names from the top down."""
    there = {str(entry.get("id")): entry for entry in found}
    results = []
    for path, identity in sorted(known.items()):
        if identity.intercom_id not in there:
            results.append(missing("collections", path, identity.intercom_id))
            continue
        sheet = Sheet("collections", path, identity.intercom_id)
        sheet.same("name", path.rpartition("/")[2].replace("∕", "/"), there[identity.intercom_id].get("name"))
        results.append(sheet.done())
    return results
