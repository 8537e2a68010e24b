"""What the web page shows of a staged table: its columns, where they come from, and rows without personal data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import dagster as dg

from hd_assets.assembly.names import Names
from hd_assets.model import StagedRow, duckdb_columns
from hd_assets.partitions import Window
from hd_assets.warehouse import Connection

PREVIEW_ROWS = 5
# Ids, states, times and counts. Everything else may hold a name, an address or somebody's words.
HARMLESS = (
    "external_id",
    "object",
    "source_type",
    "source_id",
    "conversation",
    "home_window",
    "position",
    "origin",
    "kind",
    "target_kind",
    "state",
    "ticket_state",
    "outcome",
    "reason_code",
    "disposition",
    "size_bytes",
    "word_count",
    "author_kind",
    "is_opening",
    "is_internal",
    "is_inline",
    "is_rich",
    "is_staged",
    "is_active",
    "is_annulled",
    "basis",
    "created_at",
    "sent_at",
    "occurred_at",
    "updated_at",
    "closed_at",
)
Sources = Mapping[str, Iterable[tuple[str, str]]]


def column_types(model: type[StagedRow]) -> dg.TableSchema:
    """Columns and types, for the time before the first materialization.

    Without descriptions: the page prefers those of a definition to those of a materialization, which say more.
    """
    return dg.TableSchema([dg.TableColumn(name, kind) for name, kind in duckdb_columns(model).items()])


def column_schema(model: type[StagedRow], sources: Sources) -> dg.TableSchema:
    """Columns with type and meaning; the description names the source columns, because the page draws no lineage."""
    columns = []
    for name, kind in duckdb_columns(model).items():
        origin = ", ".join(f"{table}.{column}" for table, column in sorted(sources.get(name, ())))
        said = [model.model_fields[name].description, f"from {origin}" if origin else "constant or counted"]
        columns.append(dg.TableColumn(name, kind, description=" · ".join(part for part in said if part)))
    return dg.TableSchema(columns)


def column_lineage(names: Names, sources: Sources) -> dg.TableColumnLineage:
    """The same for tools that read `dagster/column_lineage`."""
    deps = {}
    for column, origin in sources.items():
        of_assets = [(asset_of(names, table), table, source) for table, source in sorted(origin)]
        deps[column] = [
            # the mapping is one asset with several tables
            dg.TableColumnDep(key, f"{table.removeprefix('mapping.')}.{source}" if key == names.mapping else source)
            for key, table, source in of_assets
            if key is not None
        ]
    return dg.TableColumnLineage(deps)


def asset_of(names: Names, table: str) -> dg.AssetKey | None:
    """The asset that fills `<schema>.<table>`; None where no asset does."""
    schema, _, name = table.partition(".")
    if schema == "raw":
        return names.key("raw", name)
    if schema == "staging":
        return names.key("staging", name)
    return names.mapping if schema == "mapping" else None


def preview(connection: Connection, model: type[StagedRow], window: Window) -> str:
    """The first rows as a Markdown table, harmless columns only."""
    columns = [name for name in HARMLESS if name in model.model_fields]
    where = "where home_window >= $window_start and home_window < $window_end" if model.windowed else ""
    rows = connection.execute(
        f"select {', '.join(columns)} from staging.{model.table} {where} order by all limit {PREVIEW_ROWS}",
        window.parameters if model.windowed else None,
    ).fetchall()
    return markdown_table(columns, rows)


def markdown_table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    lines = ["| " + " | ".join(columns) + " |", "|" + " --- |" * len(columns)]
    lines += ["| " + " | ".join("" if value is None else str(value) for value in row) + " |" for row in rows]
    return "\n".join(lines)
