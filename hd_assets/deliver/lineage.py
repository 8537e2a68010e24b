"""Column lineage as documents: one CSV row an edge, and a page with one section a table."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from hd_assets.deliver.sheets import replacing, write_csv
from hd_assets.staging.lineage import Edge

HEADER = ("target_table", "target_column", "source_table", "source_column", "expression")


def write_lineage(folder: Path, migration: str, edges: Sequence[Edge]) -> tuple[Path, Path]:
    """Write `lineage.csv` and `lineage.md` into `folder`, replacing earlier ones; edges must be sorted."""
    table, page = folder / "lineage.csv", folder / "lineage.md"
    write_csv(table, HEADER, ([getattr(edge, name) for name in HEADER] for edge in edges))
    with replacing(page) as file:
        file.write(_page(migration, edges))
    return table, page


def _page(migration: str, edges: Sequence[Edge]) -> str:
    lines = [f"# Where each staged column of {migration} comes from"]
    for target, of_table in groupby(edges, key=lambda edge: edge.target_table):
        lines += ["", f"## {target}", "", "| column | from | computed as |", "| --- | --- | --- |"]
        for column, of_column in groupby(of_table, key=lambda edge: edge.target_column):
            group = list(of_column)
            sources = ", ".join(f"`{edge.source_table}.{edge.source_column}`" for edge in group)
            lines.append(f"| {column} | {sources} | {_code(group[0].expression)} |")
    return "\n".join(lines) + "\n"


def _code(expression: str) -> str:
    """One line, and no bar that would end the cell."""
    return "`" + " ".join(expression.split()).replace("|", "\\|").replace("`", "'") + "`"
