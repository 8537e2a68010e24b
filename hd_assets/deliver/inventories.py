"""What does not migrate, as CSV files for the people who rebuild it by hand or decide about it."""

from __future__ import annotations

import re
from pathlib import Path

from hd_assets.warehouse import Connection

# file → query; every table of the books, so that nothing is left out in silence
TABLES = {
    "exceptions": "select * from staging.exceptions order by object, source_type, source_id, reason_code",
    "left_out": "select * from staging.left_out order by object, source_type, source_id",
    "history": "select * from staging.history order by conversation, occurred_at, external_id",
}
_INVENTORY = """
    select external_id, source_type, source_id, name, details from staging.inventory
    where kind = $kind order by name, external_id
"""


def write_inventories(connection: Connection, folder: Path) -> dict[Path, int]:
    """Write one CSV per kind of inventory and one per book; returns file → rows."""
    folder.mkdir(parents=True, exist_ok=True)
    kinds = connection.execute("select distinct kind from staging.inventory order by kind").fetchall()
    written = {}
    for (kind,) in kinds:
        path = folder / f"inventory_{_file_name(kind)}.csv"
        written[path] = _copy(connection, _INVENTORY.replace("$kind", _literal(kind)), path)
    for name, query in TABLES.items():
        path = folder / f"{name}.csv"
        written[path] = _copy(connection, query, path)
    return written


def _copy(connection: Connection, query: str, path: Path) -> int:
    row = connection.execute(f"copy ({query}) to {_literal(str(path))} (header, delimiter ',')").fetchone()
    return int(row[0]) if row else 0


def _literal(text: str) -> str:
    """`copy` takes no parameters."""
    return "'" + text.replace("'", "''") + "'"


def _file_name(kind: str) -> str:
    return re.sub(r"[^a-z0-9_]+", "_", kind.lower()).strip("_") or "other"
