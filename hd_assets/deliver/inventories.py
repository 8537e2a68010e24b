"""What does not migrate, as one document: a table per kind of inventory and per book."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from hd_assets.deliver.catalogue import DocumentSpec, SheetSpec
from hd_assets.deliver.pages import Table, Written, write_document
from hd_assets.deliver.write import enter, streamed
from hd_assets.warehouse import Connection

DOCUMENT = "written_down"
# file → query; every table of the books, so that nothing is left out in silence
TABLES = {
    "decisions": "select object, external_id, reason_code, action, value, decided_by, decided_at from mapping.decision"
    " order by decided_at, object, external_id, reason_code",
    "left_out": "select * from staging.left_out order by object, source_type, source_id",
    "history": "select * from staging.history order by conversation, occurred_at, external_id",
}
_INVENTORY = """
    select external_id, source_type, source_id, name, details from staging.inventory
    where kind = $kind order by name, external_id
"""
_BOOKS = {
    "exceptions": SheetSpec(
        title="Exceptions",
        text="What waits for a person. Fill in the column `decision`; `hd-assets exceptions --apply` takes the file.",
        figures=["object", "reason_code", "fate"],
        personal=["decision", "decided_by"],
        page=["object", "external_id", "reason_code", "sentence", "remedy", "decision", "decided_by"],
        shown=20,
    ),
    "decisions": SheetSpec(
        title="Decided",
        text="What people decided about exceptions, conflicts and agents, the latest decision of each case.",
        figures=["object", "reason_code", "action"],
        personal=["value", "decided_by"],
        shown=20,
    ),
    "links": SheetSpec(
        title="Links to the old system",
        text="rewritten: the text leads to the new address. forward: it has the old one, because it is not sent yet or"
        " was sent before what it leads to. kept: the mapping keeps links, or the new address is no place for readers."
        " unlinked: no address of the old system is known, so that the text stands without the link. outside: the link"
        " shows no record that migrates.",
        figures=["in_object", "leads_to", "state"],
        shown=20,
    ),
    "left_out": SheetSpec(title="Left out or merged", figures=["object", "outcome", "reason_code"], shown=0),
    "history": SheetSpec(
        title="History of the conversations",
        figures=["kind", "is_annulled"],
        personal=["actor", "from_value", "to_value"],
        shown=0,
    ),
}
_TEXT = (
    "What Intercom has no record for, and what stays behind, record by record. An inventory lists what people rebuild"
    " by hand; history also stands in a note of each conversation where the mapping wants it."
)


def write_inventories(
    connection: Connection, folder: Path, heading: str, given: Mapping[str, Table]
) -> dict[Path, int]:
    """Write `written_down.md`, one CSV per kind of inventory and one per book; returns file → rows.

    `given`: columns and rows of `exceptions`, what waits for a person, and `links`, what leads to the old system.
    """
    kinds = connection.execute("select distinct kind from staging.inventory order by kind").fetchall()
    sheets = dict(_BOOKS)
    tables = {**given, **{name: streamed(connection, query) for name, query in TABLES.items()}}
    for (kind,) in kinds:
        name = f"inventory_{_file_name(kind)}"
        sheets[name] = SheetSpec(title=f"Inventory: {kind.replace('_', ' ')}", personal=["name", "details"], shown=0)
        tables[name] = streamed(connection, _INVENTORY, kind=kind)
    spec = DocumentSpec(title="Written down instead of migrated", text=_TEXT, sheets=sheets)
    written: list[Written] = write_document(folder, DOCUMENT, spec, heading, tables)
    enter(folder, DOCUMENT, spec, written)
    return {folder / sheet.file: sheet.rows for sheet in written}


def _file_name(kind: str) -> str:
    return re.sub(r"[^a-z0-9_]+", "_", kind.lower()).strip("_") or "other"
