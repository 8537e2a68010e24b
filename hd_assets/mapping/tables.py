"""The mapping as tables of the warehouse's schema `mapping`, where the SQL files read it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hd_assets.mapping.files import Migration
from hd_assets.mapping.model import LeftOut, PublicNotes
from hd_assets.warehouse import Connection, append

TABLES = {
    "option": "name varchar, value varchar",
    "value": "field varchar, source_value varchar, target_value varchar, left_out varchar",
    "attribute": "object varchar, name varchar, data_type varchar, description varchar, options varchar[]",
    "custom_field": "object varchar, field varchar, attribute varchar, left_out varchar",
    "source_table": "table_name varchar, object varchar, left_out varchar",
    "source_column": "table_name varchar, column_name varchar, is_used boolean, left_out varchar",
}


def write_tables(connection: Connection, migration: Migration) -> dict[str, int]:
    """Replace the tables of schema `mapping`; returns table → rows. `mapping.option` also carries top-level keys."""
    counts = {}
    for table, columns in TABLES.items():
        rows = list(_rows(migration, table))
        connection.execute(f"create or replace table mapping.{table} ({columns})")
        append(connection, f"mapping.{table}", rows)
        counts[table] = len(rows)
    return counts


def _rows(migration: Migration, table: str) -> Iterator[tuple[Any, ...]]:
    mapping = migration.mapping
    if table == "option":
        fixed: dict[str, Any] = {
            "migration": migration.name,
            "time_zone": mapping.zone,
            "first_day": mapping.first_day.isoformat(),
            "attachment_limit_bytes": mapping.publish.attachment_limit_bytes,
            "unassigned_tickets": mapping.unassigned_tickets,
            "internal_notes": "public" if isinstance(mapping.internal_notes, PublicNotes) else mapping.internal_notes,
        }
        for name, value in (mapping.options | fixed).items():
            yield name, _text(value)
    elif table == "value":
        for field, values in mapping.values.items():
            for source_value, target in values.items():
                if isinstance(target, LeftOut):
                    yield field, source_value, None, target.left_out
                else:
                    yield field, source_value, _text(target), None
    elif table == "attribute":
        for kind, attributes in mapping.attributes.items():
            for name, attribute in attributes.items():
                yield kind, name, attribute.type, attribute.description, attribute.options
    elif table == "custom_field":
        for group, fields in mapping.custom_fields.items():
            for field, choice in fields.items():
                if isinstance(choice, LeftOut):
                    yield group, field, None, choice.left_out
                else:
                    yield group, field, choice.attribute, None
    elif table == "source_table":
        for name, entry in mapping.tables.items():
            yield name, entry.to, entry.left_out if isinstance(entry.left_out, str) else None
    elif table == "source_column":
        for name, entry in mapping.tables.items():
            for column in entry.uses:
                yield name, column, True, None
            if isinstance(entry.left_out, dict):
                for column, reason in entry.left_out.items():
                    yield name, column, False, reason


def _text(value: Any) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value is None else str(value)
