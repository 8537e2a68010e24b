"""What the report says, as plain values: from the warehouse, the copy of the ledger in it, and the run folder."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

from hd_assets.approvals import approvals
from hd_assets.decisions.book import current
from hd_assets.deliver.write import manifest
from hd_assets.mapping import Migration
from hd_assets.publish.forecast import scores
from hd_assets.publish.ledger import read_only
from hd_assets.settings import Stores
from hd_assets.warehouse import Connection

Facts = dict[str, Any]

_TOTALS = "select * from deliver.row_counts where extracted is not null"
_SENT = "select object, planned, sent, unsettled, compared, differing from deliver.row_counts"
_MONTHS = """
    with counted as (
        select object, month, count(*) as records from deliver.record_fates
        where month is not null and object in ('conversations', 'parts', 'attachments') group by object, month
    )
    select * from counted order by list_position(['conversations', 'parts', 'attachments'], object), month
"""
_UNDATED = "select object, count(*) from deliver.record_fates where month is null group by all order by all"
_EXCEPTIONS = """
    select object, reason_code, is_staged, count(*), min(sentence) from staging.exceptions
    group by all order by count(*) desc, object, reason_code
"""
_LEFT_OUT = """
    select object, outcome, reason_code, count(*) from staging.left_out
    group by all order by count(*) desc, object, outcome, reason_code
"""
_OPEN = """
    select state, kind, coalesce(error_code, ''), count(*) from publish.operations
    where state not in ('applied', 'conflict', 'skipped') group by all order by all
"""
# the certificate tells whole seconds
_SINCE = """
    select
        (
            select count(*) from publish.operations
            where applied_at > cast($compared_at as timestamp) + interval 1 second
        ) + (
            select coalesce(sum(requests.number), 0)::bigint
            from publish.requests inner join publish.runs on requests.run_no = runs.run_no
            where runs.purpose = 'rollback' and runs.started_at > cast($compared_at as timestamp)
                and requests.method not in ('GET', 'HEAD') and requests.route not like '%search%'
        )
"""
_DIFFERENCES = "select object, field, kind, count(*) from deliver.differences group by all order by all"


def facts(connection: Connection, migration: Migration, stores: Stores, target: str, folder: Path) -> Facts:
    """All values are counts, words and names of definitions; people only as those who approved and decided.

    The sheets `row_counts`, `record_fates` and `differences` must have been filled for the same target.
    """
    path = newest_certificate(stores, target)
    certificate = json.loads(path.read_text(encoding="utf-8")) if path else None
    return {
        "migration": migration.name,
        "description": migration.mapping.description,
        "target": target,
        "mapping_digest": migration.digest,
        "certificate": certificate,
        "written_since": written_since(connection, certificate),
        "totals": _named(connection, _TOTALS),
        "sent": _named(connection, _SENT),
        "months": connection.execute(_MONTHS).fetchall(),
        "undated": connection.execute(_UNDATED).fetchall(),
        "exceptions": connection.execute(_EXCEPTIONS).fetchall(),
        "left_out": connection.execute(_LEFT_OUT).fetchall(),
        "open": connection.execute(_OPEN).fetchall(),
        "differences": connection.execute(_DIFFERENCES).fetchall(),
        "forecasts": _forecasts(connection, stores.ledger(target)),
        "approvals": [
            {"what": entry.what, "by": entry.by, "at": f"{entry.at:%Y-%m-%d %H:%M} UTC", "digest": entry.digest[:12]}
            for entry in approvals(stores)
        ],
        "decisions": [
            {
                "record": entry.external_id,
                "reason": entry.reason_code,
                # a value somebody put in may be an address
                "decision": entry.action,
                "by": entry.by,
                "at": f"{entry.at:%Y-%m-%d %H:%M} UTC",
            }
            for _, entry in sorted(current(stores).items())
        ],
        "documents": [
            (name, entry["spec"]["title"], entry["page"], [sheet["file"] for sheet in entry["sheets"].values()])
            for name, entry in sorted(manifest(folder).items(), key=lambda item: str(item[1]["spec"]["title"]))
        ],
        "others": sorted(path.name for path in folder.glob("*.*") if _is_other(path, folder)),
    }


def written_since(connection: Connection, certificate: Facts | None) -> int:
    """Writes, those of rollbacks among them, after the read-back, which therefore says nothing about them."""
    if certificate is None:
        return 0
    row = connection.execute(_SINCE, {"compared_at": certificate["compared_at"].removesuffix("Z")}).fetchone()
    return int(row[0]) if row else 0


def newest_certificate(stores: Stores, target: str) -> Path | None:
    """That of the latest read-back of the target; folders of runs are named by the time they began."""
    for path in sorted(stores.deliverables.glob("*/certificate.json"), key=lambda path: path.parent.name, reverse=True):
        if json.loads(path.read_text(encoding="utf-8")).get("target") == target:
            return path
    return None


def bring_certificate(stores: Stores, target: str, folder: Path) -> None:
    """Lay the newest certificate of the target beside the documents; it was written by the run that read back."""
    path = newest_certificate(stores, target)
    if path is not None and path.parent != folder:
        for name in ("certificate.json", "certificate.md"):
            shutil.copyfile(path.with_name(name), folder / name)


def _forecasts(connection: Connection, ledger: Path) -> list[Facts]:
    """The forecast that the plan of each run made, beside what the run then did."""
    if not ledger.exists():
        return []
    books = read_only(ledger)
    try:
        return [asdict(score) for score in scores(books, connection)]
    finally:
        books.close()


def _named(connection: Connection, query: str) -> list[Facts]:
    cursor = connection.execute(query)
    columns = [column[0] for column in cursor.description]
    return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]


def _is_other(path: Path, folder: Path) -> bool:
    """Documents that no list names, such as the scope document and the certificate."""
    listed = {f"{name}.md" for name in manifest(folder)} | {
        sheet["file"] for entry in manifest(folder).values() for sheet in entry["sheets"].values()
    }
    own = {"documents.json", "index.md", "report.html", "report.json"}
    return not path.name.startswith(".") and path.name not in listed | own
