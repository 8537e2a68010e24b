"""Tables and columns of the source: used or left out, each with a reason."""

from __future__ import annotations

from collections.abc import Iterator

from hd_assets.mapping.model import SourceTable
from hd_assets.propose.base import Base, left_out_column
from hd_assets.propose.found import Found
from hd_assets.propose.line import Line


def table_lines(found: Found, base: Base) -> Iterator[Line]:
    """Tables of the installation only: what it does not have, its mapping does not speak of."""
    for name, (rows, columns) in found.tables.items():
        entry = base.table(name)
        if entry is None:
            yield _unknown(name, rows, base)
        elif isinstance(entry.left_out, str):
            yield Line(("tables", name), {"left_out": entry.left_out}, 0.97, _standard(base, rows))
        else:
            yield from _columns(name, rows, columns, entry, base)


def _unknown(name: str, rows: int | None, base: Base) -> Line:
    if rows == 0:
        why = f"no table of {base.product}, and empty"
        return Line(("tables", name), {"left_out": why}, 0.85, why)
    why = f"no table of {base.product}; comes from a plugin or an older version"
    return Line(("tables", name), {"left_out": why}, 0.3, f"{rows if rows is not None else 'its'} rows stay behind")


def _columns(name: str, rows: int | None, columns: tuple[str, ...], entry: SourceTable, base: Base) -> Iterator[Line]:
    used = [column for column in entry.uses if column in columns]
    yield Line(("tables", name, "to"), entry.to, 0.97, _standard(base, rows))
    yield Line(("tables", name, "uses"), used, 0.97, "columns the SQL reads")
    for column in columns:
        if column in used:
            continue
        why = left_out_column(entry, column)
        path = ("tables", name, "left_out", column)
        if why is not None:
            yield Line(path, why, 0.97, _standard(base, None))
        else:
            yield Line(path, f"no column of {base.product} that the SQL knows", 0.35, "a plugin or another version")


def _standard(base: Base, rows: int | None) -> str:
    return f"standard of {base.product}" + (f"; {rows} rows" if rows is not None else "")
