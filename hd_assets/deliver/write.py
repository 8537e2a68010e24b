"""Fills and writes the documents of a migration into one folder, and keeps the list of what lies there."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import duckdb

from hd_assets.deliver.catalogue import Catalogue, DocumentSpec, Sheet
from hd_assets.deliver.pages import Rows, Table, Written, write_document
from hd_assets.deliver.sheets import markdown_table, replacing
from hd_assets.errors import HdError
from hd_assets.staging import functions
from hd_assets.staging.runner import harmless
from hd_assets.warehouse import Connection

MANIFEST = "documents.json"
_SLICE = 2000


def write_documents(
    connection: Connection,
    found: Catalogue,
    folder: Path,
    heading: str,
    target: str,
    only: Collection[str] | None = None,
) -> dict[str, list[Written]]:
    """Write all documents, or those named by `only`; returns document → sheets.

    Each sheet stays in the warehouse as `deliver.<sheet>`, so that other sheets and people can ask it. HdError naming
    the file when its SQL fails; the message holds no row values.
    """
    chosen = {name: document for name, document in found.documents.items() if only is None or name in only}
    fill(connection, found, chosen)
    made = {}
    for name, document in chosen.items():
        tables = {
            sheet.name: streamed(connection, f'select * from deliver."{sheet.name}"') for sheet in document.sheets
        }
        about = f"{heading}, target {target}" if document.is_about_target else heading
        made[name] = write_document(folder, name, document.spec, about, tables)
        enter(folder, name, document.spec, made[name])
    return made


def fill(connection: Connection, found: Catalogue, documents: Iterable[str]) -> None:
    """Let `deliver.<sheet>` hold the rows of these documents and of all they read."""
    functions.register(connection)
    for sheet in found.needed(documents):
        _fill(connection, sheet)


def enter(folder: Path, name: str, spec: DocumentSpec, sheets: Sequence[Written]) -> None:
    """Add a document to the folder's list, `documents.json` for programs and `index.md` for people."""
    known = manifest(folder)
    known[name] = {
        "spec": spec.model_dump(mode="json"),
        "page": f"{name}.md",
        "sheets": {
            sheet.name: {
                "file": sheet.file,
                "json_file": sheet.json_file,
                "rows": sheet.rows,
                "sha256": sheet.sha256,
                "columns": list(sheet.columns),
                "figures": {column: dict(sorted(counter.items())) for column, counter in sheet.figures.items()},
                "sums": dict(sheet.sums),
            }
            for sheet in sheets
        },
    }
    with replacing(folder / MANIFEST) as file:
        json.dump(known, file, indent=1, ensure_ascii=False)
        file.write("\n")
    with replacing(folder / "index.md") as page:
        page.write("\n".join(_index(known)) + "\n")


def manifest(folder: Path) -> dict[str, Any]:
    """Document → what `enter` has written down of it."""
    path = folder / MANIFEST
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return found


def _index(known: dict[str, Any]) -> Iterator[str]:
    yield from ("# Documents of this run", "")
    rows = []
    for entry in known.values():
        files = [
            f"[{sheet['file']}]({sheet['file']}) ({sheet['rows']} rows)"
            + (f", [{sheet['json_file']}]({sheet['json_file']})" if sheet["json_file"] else "")
            for sheet in entry["sheets"].values()
        ]
        rows.append((f"[{entry['spec']['title']}]({entry['page']})", ", ".join(files)))
    yield from markdown_table(("document", "rows behind it"), rows, raw=(0, 1))


def _fill(connection: Connection, sheet: Sheet) -> None:
    try:
        connection.execute(f'create or replace table deliver."{sheet.name}" as\n{sheet.sql}')
    except duckdb.Error as fault:
        raise HdError(
            f"the SQL of {sheet.name}.csv failed: {harmless(fault)}",
            where=str(sheet.path),
            mend="correct the file or the tables it reads; the other documents can be written meanwhile",
        ) from None  # the fault's own text may hold row values


def streamed(connection: Connection, query: str, **parameters: str) -> Table:
    """Columns and rows of a query, fetched in slices; rows have to be read while the warehouse is open."""
    cursor = connection.cursor().execute(query, parameters or None)
    return [column[0] for column in cursor.description], _rows(cursor)


def _rows(cursor: duckdb.DuckDBPyConnection) -> Rows:
    # an open cursor keeps the warehouse locked, whatever becomes of the connection it came from
    with cursor:
        while rows := cursor.fetchmany(_SLICE):
            yield from rows
