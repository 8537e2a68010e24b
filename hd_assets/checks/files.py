"""The bytes of every attachment that is sent are there and are the right ones."""

from __future__ import annotations

from hd_assets.checks.base import IN_WINDOW, Check, CheckContext, Verdict, verdict
from hd_assets.partitions import Window
from hd_assets.warehouse import Connection

_ATTACHMENTS = f"""
    select external_id, sha256, size_bytes, disposition from staging.attachments
    where disposition in ('send', 'oversize') and {IN_WINDOW}
    order by external_id
"""


def _bytes_present(connection: Connection, window: Window, context: CheckContext) -> Verdict:
    limit = context.migration.mapping.publish.attachment_limit_bytes
    defects = []
    for external_id, sha256, size, disposition in connection.execute(_ATTACHMENTS, dict(window.parameters)).fetchall():
        if disposition == "oversize":
            problem = "is called oversize and is not" if size <= limit else None
        elif size > limit:
            problem = "is larger than the limit"
        else:
            problem = _problem(context, sha256, size)
        if problem:
            defects.append((external_id, problem))
    return verdict(defects, good="every file is there, byte for byte", bad="files are wrong", windowed=True)


def _problem(context: CheckContext, sha256: str | None, size: int) -> str | None:
    facts = context.file_facts(sha256) if sha256 else None
    if facts is None:
        return "has no bytes"
    if facts[1] != sha256:
        return "has other bytes than its digest says"
    return None if facts[0] == size else "has another size than its bytes"


CHECKS: tuple[Check, ...] = (
    Check(
        "attachment_bytes_present",
        "attachments",
        "Every file to be sent is stored with equal size and sha256, and none exceeds the limit.",
        _bytes_present,
        frozenset({"attachments"}),
    ),
)
