"""The mapping as tables for people who do not read YAML; a page and a workbook show the same ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from hd_assets.mapping.decisions import QUESTIONS
from hd_assets.mapping.files import Migration
from hd_assets.mapping.model import CustomField, LeftOut, PublicNotes

Row = tuple[str, ...]
_FIELD_COLUMNS = ("Form", "Field", "Attribute", "Type", "Shown as", "Left out because")


@dataclass(frozen=True)
class Sheet:
    """A table: `marks` holds the rows (by place) that were guessed and ask for a look."""

    title: str
    columns: Row
    rows: tuple[Row, ...]
    marks: frozenset[int] = frozenset()


def sheets(migration: Migration, guessed: Mapping[str, str] | None = None) -> list[Sheet]:
    """All tables; `guessed` is key path → why somebody should look at it, shown as the last column of its row."""
    looks = guessed or {}
    made = [
        _sheet("Decisions", ("Decision", "Value", "What it means"), _decisions(migration), looks),
        _sheet("Workspaces", ("Target", "Region", "Plan", "Workspace", "Token variable"), _targets(migration), looks),
        _sheet("Objects", ("Object", "From", "Fidelity", "Note"), _objects(migration), looks),
        _sheet(
            "Fields", ("Form", "Field", "Attribute", "Type", "Shown as", "Left out because"), _fields(migration), looks
        ),
        _sheet("Attributes", ("Of", "Attribute", "Type", "Shown as", "Options"), _attributes(migration), looks),
        _sheet("Values", ("Of", "Value in the source", "Becomes", "Left out because"), _values(migration), looks),
        _sheet("Tables", ("Table", "Feeds", "Columns used", "Left out because"), _tables(migration), looks),
        _sheet("Columns left out", ("Table", "Column", "Because"), _columns(migration), looks),
    ]
    return [sheet for sheet in made if sheet.rows]


def _sheet(title: str, columns: Row, keyed: Iterator[tuple[str, Row]], looks: Mapping[str, str]) -> Sheet:
    rows, marks = [], set()
    for place, (key, row) in enumerate(keyed):
        why = next((why for path, why in looks.items() if path == key or path.startswith(f"{key}.")), "")
        if why:
            marks.add(place)
        rows.append((*row, why))
    if marks:
        return Sheet(title, (*columns, "Look at this"), tuple(rows), frozenset(marks))
    return Sheet(title, columns, tuple(row[:-1] for row in rows))


def _decisions(migration: Migration) -> Iterator[tuple[str, Row]]:
    mapping = migration.mapping
    notes = mapping.internal_notes
    values = {
        "time_zone": mapping.time_zone,
        "first_month": mapping.first_month,
        "migration_admin.name": mapping.migration_admin.name,
        "migration_admin.email": mapping.migration_admin.email,
        "unassigned_tickets": mapping.unassigned_tickets,
        "unmatched_agents": mapping.unmatched_agents,
        "internal_notes": f"public, agreed by {notes.public}" if isinstance(notes, PublicNotes) else notes,
    }
    for key, value in values.items():
        yield key, (key.replace("_", " ").replace(".", ", "), value, QUESTIONS[key])
    for key, option in mapping.options.items():
        yield f"options.{key}", (key.replace("_", " "), _word(option), "choice")


def _word(option: str | int | bool | None) -> str:
    if isinstance(option, bool):
        return "yes" if option else "no"
    return "" if option is None else str(option)


def _targets(migration: Migration) -> Iterator[tuple[str, Row]]:
    for name, aim in migration.mapping.targets.items():
        row = (str(name), aim.region, aim.plan or "", aim.workspace or "pinned at the first publish", aim.token)
        yield f"targets.{name}", row


def _objects(migration: Migration) -> Iterator[tuple[str, Row]]:
    for name, entry in migration.mapping.objects.items():
        if isinstance(entry, LeftOut):
            yield f"objects.{name}", (name, "", "left out", entry.left_out)
        else:
            yield f"objects.{name}", (name, ", ".join(entry.source), entry.fidelity, entry.note)


def _fields(migration: Migration) -> Iterator[tuple[str, Row]]:
    attributes = {name: entry for names in migration.mapping.attributes.values() for name, entry in names.items()}
    for group, fields in migration.mapping.custom_fields.items():
        for name, choice in fields.items():
            key = f"custom_fields.{group}.{name}"
            if isinstance(choice, CustomField):
                attribute = attributes[choice.attribute]
                yield key, (group, name, choice.attribute, attribute.type, attribute.description, "")
            else:
                yield key, (group, name, "", "", "", choice.left_out)


def _attributes(migration: Migration) -> Iterator[tuple[str, Row]]:
    for holder, names in migration.mapping.attributes.items():
        for name, attribute in names.items():
            row = (holder, name, attribute.type, attribute.description, " · ".join(attribute.options))
            yield f"attributes.{holder}.{name}", row


def _values(migration: Migration) -> Iterator[tuple[str, Row]]:
    for field, values in migration.mapping.values.items():
        for value, target in values.items():
            left_out = isinstance(target, LeftOut)
            row = (
                field,
                value,
                "" if left_out else str(target),
                target.left_out if isinstance(target, LeftOut) else "",
            )
            yield f"values.{field}.{value}", row


def _tables(migration: Migration) -> Iterator[tuple[str, Row]]:
    for name, entry in migration.mapping.tables.items():
        reason = entry.left_out if isinstance(entry.left_out, str) else ""
        yield f"tables.{name}", (name, entry.to or "", ", ".join(entry.uses), reason)


def _columns(migration: Migration) -> Iterator[tuple[str, Row]]:
    for name, entry in migration.mapping.tables.items():
        if isinstance(entry.left_out, dict):
            for column, reason in entry.left_out.items():
                yield f"tables.{name}.left_out.{column}", (name, column, reason)
