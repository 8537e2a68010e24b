"""Column lineage: from which source columns each staged column is computed, read out of the SQL files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.lineage import Node
from sqlglot.lineage import lineage as sqlglot_lineage

from hd_assets.errors import HdError
from hd_assets.mapping import Migration
from hd_assets.staging import runner
from hd_assets.warehouse import Connection

Schema = dict[str, dict[str, dict[str, str]]]
Computed = dict[str, tuple[set[tuple[str, str]], str]]
INPUT_SCHEMAS = ("raw", "mapping", "staging")


@dataclass(frozen=True, order=True)
class Edge:
    """One source column that a staged column is computed from; both tables with their schema."""

    target_table: str
    target_column: str
    source_table: str
    source_column: str
    expression: str


def schema(connection: Connection) -> Schema:
    """Schema → table → column → type of everything the SQL files may read, views included."""
    found: Schema = {name: {} for name in INPUT_SCHEMAS}
    rows = connection.execute(
        "select table_schema, table_name, column_name, data_type from information_schema.columns"
        " where table_catalog = current_database() and table_schema in $schemas"
        " order by table_schema, table_name, ordinal_position",
        {"schemas": list(INPUT_SCHEMAS)},
    ).fetchall()
    for schema_name, table, column, data_type in rows:
        found[schema_name].setdefault(table, {})[column] = data_type
    return found


def column_sources(sql: str, schema: Schema) -> dict[str, set[tuple[str, str]]]:
    """Output column → {(`schema.table`, column)} it is computed from; empty for constants and `count(*)`.

    Names come back spelled as the schema spells them. A correlated or lateral sub-query would be attributed wrongly;
    the rules for `sql/` forbid both.
    """
    return {name: sources for name, (sources, _) in _computed(sql, schema).items()}


def edges(migration: Migration, shipped_sql: Path, connection: Connection) -> list[Edge]:
    """Every edge of every SQL file of the migration, sorted. Raises HdError naming a file that cannot be traced."""
    known = schema(connection)
    found = []
    for name, path in sorted(migration.sql_files(shipped_sql).items()):
        try:
            computed = _computed(runner.read(path), known)
        except SqlglotError as fault:
            raise HdError(
                "the columns of this SQL file cannot be traced to their sources",
                where=str(path),
                mend="keep to select, join, group by and union over CTEs; every column qualified; no lateral",
            ) from fault
        for column, (sources, expression) in computed.items():
            found += [Edge(f"staging.{name}", column, table, source, expression) for table, source in sources]
    return sorted(found)


def _computed(sql: str, schema: Schema) -> Computed:
    """As `_traced`, with the schema cut down to the inputs: tracing takes its time in proportion to it."""
    wanted = {(space.lower(), table.lower()) for space, table in runner.inputs(sql)}
    used = tuple(
        (space, table, tuple(columns.items()))
        for space, tables in schema.items()
        for table, columns in tables.items()
        if (space.lower(), table.lower()) in wanted
    )
    return _traced(sql, used)


@lru_cache(maxsize=256)
def _traced(sql: str, used: tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...]) -> Computed:
    schema: Schema = {}
    for space, table, columns in used:
        schema.setdefault(space, {})[table] = dict(columns)
    # The library understands the shape by table; it lowers every name, so the spelling is looked up afterwards.
    # Trimmed selects are copies for showing, one a node; only the columns are read here.
    nodes = sqlglot_lineage(None, sql, schema, dialect="duckdb", trim_selects=False)
    spelled = {
        (f"{space}.{table}".lower(), column.lower()): (f"{space}.{table}", column)
        for space, tables in schema.items()
        for table, columns in tables.items()
        for column in columns
    }
    computed = {}
    for column, node in nodes.items():
        leaves = {(table.lower(), source.lower()) for table, source in _leaves(node)}
        computed[column] = ({spelled.get(leaf, leaf) for leaf in leaves}, _expression(node))
    return computed


def _leaves(node: Node) -> Iterator[tuple[str, str]]:
    seen = set()
    waiting = [node]
    while waiting:
        current = waiting.pop()
        if id(current) in seen:
            continue
        seen.add(id(current))
        if not current.downstream and isinstance(current.expression, exp.Table) and current.expression.db:
            yield f"{current.expression.db}.{current.expression.name}", current.name.split(".")[-1].strip('"')
        waiting += current.downstream


def _expression(node: Node) -> str:
    """SQL of the first step that does more than pass the column on."""
    current = node
    while True:
        inner = current.expression
        inner = inner.this if isinstance(inner, exp.Alias) else inner
        if isinstance(inner, exp.Column) and len(current.downstream) == 1:
            following = current.downstream[0]
            if isinstance(following.expression, exp.Table):
                return str(inner.sql(dialect="duckdb", comments=False))
            current = following
            continue
        return str(inner.sql(dialect="duckdb", comments=False))
