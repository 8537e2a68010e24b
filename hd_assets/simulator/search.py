"""Search of contacts, conversations and tickets: documented fields only, everything else answers 400."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from hd_assets.simulator.contacts import contact_view
from hd_assets.simulator.conversations import listed
from hd_assets.simulator.paging import cursor_page
from hd_assets.simulator.search_fields import (
    CONTACT_FIELDS,
    CONVERSATION_FIELDS,
    Field,
    contact_attribute,
    ticket_fields,
)
from hd_assets.simulator.text import words
from hd_assets.simulator.threads import wake
from hd_assets.simulator.views import listed_conversation_view, ticket_view
from hd_assets.simulator.wire import ApiError, Call, Doc, Route, invalid

_MOST_FILTERS, _MOST_LEVELS = 15, 2
_TEXT_OPERATORS = {"=", "!=", "IN", "NIN", "~", "!~", "^", "$"}
_NUMBER_OPERATORS = {"=", "!=", "IN", "NIN", ">", "<", ">=", "<="}
_DAY = 86_400


@dataclass(frozen=True)
class Filter:
    field: Field
    name: str
    operator: str
    value: Any


@dataclass(frozen=True)
class Group:
    operator: str
    members: tuple[Filter | Group, ...]


FieldOf = Callable[[str], Field | None]


def parse(query: Any, field_of: FieldOf, *, days: bool, level: int = 0) -> Filter | Group:
    """The query as a tree; raises ApiError for anything the destination does not take."""
    if not isinstance(query, dict):
        raise invalid("query must be an object", field="query")
    operator, value = query.get("operator"), query.get("value")
    if "field" not in query:
        if operator not in ("AND", "OR") or not isinstance(value, list) or not value:
            raise invalid("a group of filters needs operator AND or OR and a list of filters", field="query")
        if level >= _MOST_LEVELS:
            raise invalid(f"filters can be nested {_MOST_LEVELS} deep", field="query")
        if len(value) > _MOST_FILTERS:
            raise invalid(f"a group takes at most {_MOST_FILTERS} filters", field="query")
        return Group(operator, tuple(parse(entry, field_of, days=days, level=level + 1) for entry in value))
    name = str(query["field"])
    field = field_of(name)
    if field is None:
        raise invalid(f"'{name}' is not a searchable field", field=name)
    return _checked(field, name, str(operator), value, days=days)


def _checked(field: Field, name: str, operator: str, value: Any, *, days: bool) -> Filter:
    allowed = _TEXT_OPERATORS if field.kind in ("text", "any") else _NUMBER_OPERATORS
    if field.kind == "flag":
        allowed = {"=", "!="}
    elif field.kind == "time" and days:
        allowed = {"=", ">", "<"}
    if operator not in allowed:
        raise invalid(f"operator '{operator}' is not supported for '{name}'", field=name)
    if operator in ("IN", "NIN") and not isinstance(value, list):
        raise invalid(f"operator '{operator}' needs a list", field=name)
    if value is None and (operator not in ("=", "!=") or (field.kind == "time" and days)):
        raise invalid(f"operator '{operator}' needs a value", field=name)
    for entry in value if operator in ("IN", "NIN") else [value]:
        if not field.accepts(entry):
            raise invalid(f"value for '{name}' has the wrong type", field=name)
    return Filter(field, name, operator, value)


def fits(tree: Filter | Group, doc: Doc, *, inclusive: bool, day_start: Callable[[int], int] | None) -> bool:
    if isinstance(tree, Group):
        every = (fits(member, doc, inclusive=inclusive, day_start=day_start) for member in tree.members)
        return all(every) if tree.operator == "AND" else any(every)
    stored = tree.field.read(doc)
    if tree.field.kind == "time" and day_start is not None:
        return _fits_day(stored, tree.operator, day_start(int(tree.value)))
    values = stored if isinstance(stored, list) else [stored]
    if tree.field.words:
        values = sorted(words(stored))
    return _compare(values, tree.operator, tree.value, inclusive=inclusive)


def _fits_day(stored: Any, operator: str, start: int) -> bool:
    if stored is None:
        return False
    if operator == "=":
        return start <= int(stored) < start + _DAY
    return int(stored) >= start + _DAY if operator == ">" else int(stored) < start


def _fold(value: Any) -> Any:
    return value.casefold() if isinstance(value, str) else value


def _compare(values: Iterable[Any], operator: str, wanted: Any, *, inclusive: bool) -> bool:
    stored = [_fold(value) for value in values]
    if operator in ("!=", "NIN", "!~"):
        positive = {"!=": "=", "NIN": "IN", "!~": "~"}[operator]
        return not _compare(stored, positive, wanted, inclusive=inclusive)
    if operator == "IN":
        folded = {_loose(entry) for entry in wanted}
        return any(_loose(value) in folded for value in stored)
    if operator == "=":
        return any(_loose(value) == _loose(wanted) for value in stored)
    present = [value for value in stored if value is not None]
    if operator in ("~", "^", "$"):
        text = str(wanted).casefold()
        test = {"~": str.__contains__, "^": str.startswith, "$": str.endswith}[operator]
        return any(test(str(value), text) for value in present)
    bound = float(wanted)
    at_bound = operator in (">=", "<=") or inclusive
    greater = operator.startswith(">")
    return any(
        (float(value) > bound if greater else float(value) < bound) or (at_bound and float(value) == bound)
        for value in present
    )


def _loose(value: Any) -> Any:
    """Ids come as texts or numbers."""
    if isinstance(value, bool) or value is None:
        return value
    return _fold(str(value))


def _narrow(tree: Filter | Group, name: str) -> Iterable[Filter]:
    """Filters on a field that every hit must pass."""
    members = tree.members if isinstance(tree, Group) and tree.operator == "AND" else (tree,)
    return (member for member in members if isinstance(member, Filter) and member.name == name)


def _candidates(call: Call, kind: str, tree: Filter | Group, key_field: str, key: str) -> Iterable[tuple[int, Doc]]:
    wanted: tuple[str, list[str]] | None = None
    for condition in _narrow(tree, key_field):
        if condition.operator in ("=", "IN"):
            values = condition.value if condition.operator == "IN" else [condition.value]
            wanted = (key, [str(value) for value in values])
    created: tuple[int, int] | None = None
    if kind == "conversation":
        low, high = 0, 1 << 60
        for condition in _narrow(tree, "created_at"):
            if condition.operator in ("=", ">", ">="):
                low = max(low, int(condition.value))
            if condition.operator in ("=", "<", "<="):
                high = min(high, int(condition.value))
        created = (low, high)
    visible_by = call.now - call.rules.search_lag_seconds
    return call.store.scan(kind, visible_by=visible_by, way="search", created=created, key=wanted)


def _pagination(call: Call) -> Doc:
    return call.mapping("pagination")


def search_conversations(call: Call) -> Doc:
    tree = parse(call.body.get("query"), CONVERSATION_FIELDS.get, days=False)
    inclusive = call.rules.search_bounds_inclusive
    found = [
        (seq, doc)
        for seq, doc in _candidates(call, "conversation", tree, "contact_ids", "contact")
        if listed(call, doc) and fits(tree, wake(call, doc), inclusive=inclusive, day_start=None)
    ]
    shown, total, pages = cursor_page(
        found,
        _pagination(call),
        lambda doc: listed_conversation_view(call, doc),
        default=20,
        most=call.rules.list_page_limit,
    )
    return {"type": "conversation.list", "conversations": shown, "total_count": total, "pages": pages}


def search_tickets(call: Call) -> Doc:
    fields = ticket_fields(call)
    tree = parse(call.body.get("query"), fields, days=False)
    inclusive = call.rules.search_bounds_inclusive
    found = [
        (seq, doc)
        for seq, doc in _candidates(call, "conversation", tree, "contact_ids", "contact")
        if doc["ticket"] and fits(tree, wake(call, doc), inclusive=inclusive, day_start=None)
    ]
    shown, total, pages = cursor_page(
        found, _pagination(call), lambda doc: ticket_view(call, doc), default=20, most=call.rules.list_page_limit
    )
    return {"type": "ticket.list", "tickets": shown, "total_count": total, "pages": pages}


def search_contacts(call: Call) -> Doc:
    tree = parse(
        call.body.get("query"), lambda name: CONTACT_FIELDS.get(name) or contact_attribute(call, name), days=True
    )
    order = call.mapping("sort").get("order", "descending")
    if order not in ("ascending", "descending"):
        message = f"Invalid sort order '{order}'. Must be one of: ascending, descending"
        raise ApiError(400, "invalid_sort_order", message)
    hidden = call.rules.archived_contacts_hidden
    found = [
        (seq, doc)
        for seq, doc in _candidates(call, "contact", tree, "external_id", "external_id")
        if not (doc["archived"] and hidden) and fits(tree, doc, inclusive=False, day_start=_day_start(call))
    ]
    shown, total, pages = cursor_page(
        found, _pagination(call), lambda doc: contact_view(call, doc), default=50, most=150
    )
    return {"type": "list", "data": shown, "total_count": total, "pages": pages}


def _day_start(call: Call) -> Callable[[int], int]:
    zone = ZoneInfo(call.rules.timezone)

    def start(moment: int) -> int:
        local = datetime.fromtimestamp(moment, zone)
        return int(local.replace(hour=0, minute=0, second=0, microsecond=0).timestamp())

    return start


ROUTES = (
    Route("POST", "/contacts/search", search_contacts),
    Route("POST", "/conversations/search", search_conversations),
    Route("POST", "/tickets/search", search_tickets, since="2.10"),
)
