"""The whole draft: every key of the mapping that a person has not decided, as far as discovery tells."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from hd_assets.mapping.model import UNDECIDED, AttributeObject, LeftOut
from hd_assets.propose.base import Base, BuiltIn, FieldGroup
from hd_assets.propose.fields import field_draft
from hd_assets.propose.found import Found, FoundField
from hd_assets.propose.keys import key_lines
from hd_assets.propose.line import Line
from hd_assets.propose.names import attribute_name
from hd_assets.propose.statuses import known_status, status_draft
from hd_assets.propose.tables import table_lines

MOST_ATTRIBUTES = 240
"""Of contacts and companies together: the workspace takes 250, and has some already."""

Document = dict[str, Any]


def draft(found: Found, base: Base, decided: Document, migration: str) -> list[Line]:
    """Lines for everything discovery found, in the order of the file; `decided` is the mapping as it stands.

    What `decided` says already gives no line, and no line contradicts it: names it uses are taken.
    """
    source = str(decided["source"])
    lines = [*key_lines(found, decided)]
    if base.extraction_approvals:
        lines.append(
            Line(("extraction_approvals",), [*base.extraction_approvals], 0.97, f"promised for {base.product}")
        )
    lines += [Line(("options", name), value, 0.7, "the usual choice") for name, value in base.options.items()]
    lines += [_standard(("objects", name), entry, base) for name, entry in base.objects.items()]
    lines += _attribute_lines(found, base, decided, source, migration)
    lines += _value_lines(found, base)
    lines += table_lines(found, base)
    return [line for line in lines if line.carried or _is_open(line.path, decided)]


def _is_open(path: tuple[str, ...], decided: Document) -> bool:
    """Whether nobody has decided the key: it, or what it stands in, is absent, or says undecided."""
    if path[0] == "tables" and path[1] in (decided.get("tables") or {}):
        return _is_open_column(path[2:], decided["tables"][path[1]])
    node: Any = decided
    for key in path:
        if node is None:
            return True
        if not isinstance(node, dict):
            return False
        if key not in node:
            return True
        node = node[key]
    return bool(node == UNDECIDED)


def _is_open_column(path: tuple[str, ...], table: Any) -> bool:
    """Of a table that is decided only new columns are open: neither used nor left out, alone or with the table."""
    if not isinstance(table, dict) or len(path) < 2:
        return False
    left_out = table.get("left_out") or {}
    return isinstance(left_out, dict) and path[1] not in left_out and path[1] not in (table.get("uses") or [])


def _standard(path: tuple[str, ...], entry: Any, base: Base) -> Line:
    return Line(
        path, entry.model_dump(mode="json", by_alias=True, exclude_unset=True), 0.97, f"standard of {base.product}"
    )


@dataclass
class _Names:
    """Names in use, per object; contacts and companies may not share one."""

    by_object: dict[AttributeObject, set[str]] = field(default_factory=dict)

    def taken(self, holder: AttributeObject) -> set[str]:
        people: tuple[AttributeObject, ...] = ("contact", "company")
        holders = people if holder in people else (holder,)
        return {name for one in holders for name in self.by_object.get(one, set())}

    def take(self, holder: AttributeObject, name: str) -> None:
        self.by_object.setdefault(holder, set()).add(name)

    @property
    def people(self) -> int:
        return len(self.taken("contact"))


def _attribute_lines(found: Found, base: Base, decided: Document, source: str, migration: str) -> list[Line]:
    attributes: list[Line] = []
    choices: list[Line] = []
    names = _Names()
    for holder, entries in (decided.get("attributes") or {}).items():
        for name in entries or {}:
            names.take(holder, str(name))
    names.take("conversation", f"{migration}_source_id")
    for holder, standard in base.attributes.items():
        for name, attribute in standard.items():
            attributes.append(_standard(("attributes", holder, name), attribute, base))
            names.take(holder, name)
    built_in = [entry for group in base.fields.values() for entry in group.roles.values() if isinstance(entry, BuiltIn)]
    reserved = {entry.attribute for entry in built_in}
    known = decided.get("custom_fields") or {}
    # fields with most answers first, so that those left out for want of room are the emptiest
    for one in sorted(found.fields, key=lambda one: (one.role is None, -one.filled)):
        if one.name in (known.get(one.group) or {}):
            continue
        group = base.fields.get(one.group)
        for line in _field_lines(one, group, names, reserved, source):
            (attributes if line.path[0] == "attributes" else choices).append(line)
    order = {(one.group, one.name): place for place, one in enumerate(found.fields)}
    choices.sort(key=lambda line: order[line.path[1], line.path[2]])
    return [*attributes, *choices]


def _field_lines(
    one: FoundField, group: FieldGroup | None, names: _Names, reserved: set[str], source: str
) -> Iterator[Line]:
    path = ("custom_fields", one.group, one.name)
    if group is None:
        yield Line(path, {"left_out": "belongs to nothing that migrates"}, 0.3, f"forms of {one.group} are not known")
        return
    role = group.roles.get(one.role or "")
    if isinstance(role, LeftOut):
        yield Line(path, {"left_out": role.left_out}, 0.97, "built-in field")
    elif role is not None and group.object is not None:
        yield from _built_in_lines(path, one, role, group.object, names)
    elif group.object is None:
        why = group.left_out or "belongs to nothing that migrates"
        sure = 0.93 if not one.filled else 0.7
        yield Line(path, {"left_out": why}, sure, f"no object takes fields of {one.group}; {one.filled} have an answer")
    else:
        yield from _custom_lines(path, one, group.object, names, reserved, source)


def _built_in_lines(
    path: tuple[str, ...], one: FoundField, role: BuiltIn, holder: AttributeObject, names: _Names
) -> Iterator[Line]:
    value: Document = {"type": role.type, "description": role.description}
    reason = "built-in field"
    if role.type == "list":
        drafted = field_draft(one, holder)
        value["type"] = drafted.type or "string"
        if drafted.options:
            value["options"] = list(drafted.options)
        reason = f"built-in field; {drafted.reason}"
    if role.attribute not in names.by_object.get(holder, set()):
        yield Line(("attributes", holder, role.attribute), value, 0.96, reason)
        names.take(holder, role.attribute)
    yield Line(path, {"attribute": role.attribute}, 0.96, "built-in field")


def _custom_lines(
    path: tuple[str, ...],
    one: FoundField,
    holder: AttributeObject,
    names: _Names,
    reserved: set[str],
    source: str,
) -> Iterator[Line]:
    drafted = field_draft(one, holder)
    if drafted.type is None:
        yield Line(path, {"left_out": drafted.reason}, drafted.sure, _about(one))
        return
    if holder != "conversation" and names.people >= MOST_ATTRIBUTES:
        why = f"no room: contacts and companies have {MOST_ATTRIBUTES} attributes with more answers"
        yield Line(path, {"left_out": why}, 0.4, _about(one))
        return
    name = attribute_name(source, (one.label, one.name), names.taken(holder) | reserved)
    names.take(holder, name)
    value: Document = {"type": drafted.type, "description": _description(one)}
    if drafted.options:
        value["options"] = list(drafted.options)
    yield Line(("attributes", holder, name), value, drafted.sure, drafted.reason)
    yield Line(path, {"attribute": name}, drafted.sure, _about(one))


def _about(one: FoundField) -> str:
    answers = f"{one.filled} of {one.rows} records have an answer"
    return f"{one.label or one.name} ({one.native_type or one.kind}); {answers}"


def _description(one: FoundField) -> str:
    """What people read beside the attribute; visibility does not travel, so it is said here."""
    label = " ".join((one.label or one.name).split())
    seen = {"agents": " (agents only)", "nobody": " (hidden)"}.get(one.visibility or "", "")
    several = " (several, separated by commas)" if one.kind == "multichoice" else ""
    return f"{label[:120]}{several}{seen}"


def _value_lines(found: Found, base: Base) -> Iterator[Line]:
    vocabularies: dict[str, list[Line]] = {}
    for value in found.values:
        rule = base.vocabularies.get(value.vocabulary)
        if rule is None:
            path = ("values", value.vocabulary, value.value)
            yield Line(path, {"left_out": "nothing takes these values"}, 0.3, f"in {value.rows} records", carried=True)
        elif rule.rule == "state":
            known = rule.known.get(value.value)
            drafted = known_status(known) if known else status_draft(value, rule.missing)
            seen = f"{value.rows} records" if value.rows != 1 else "1 record"
            why = f"{drafted.why}; {seen}"
            vocabularies.setdefault("status", []).append(
                Line(("values", "status", value.value), drafted.state, drafted.sure, why)
            )
            vocabularies.setdefault("ticket_state", []).append(
                Line(("values", "ticket_state", value.value), drafted.ticket_state, drafted.sure_of_ticket, why)
            )
        else:
            path = ("values", value.vocabulary, value.value)
            yield Line(path, value.value, 0.95, f"{rule.reason}; {value.rows} records", carried=True)
    for lines in vocabularies.values():
        yield from lines
