"""What the ledger forgets when a record is gone, so that a new migration plans it from scratch.

The table `undo` keeps the history.
"""

from __future__ import annotations

from hd_assets.publish.desired import REPLIES
from hd_assets.publish.ledger import Statement
from hd_assets.publish.ledger_read import LedgerReader
from hd_assets.rollback.selection import Record


def forgetting(books: LedgerReader, record: Record) -> list[Statement]:
    """Statements that go into one transaction with the outcome they follow from."""
    found: list[Statement] = [
        ("delete from prior_values where kind = ? and intercom_id = ?", record.key),
        # the read-back that let conversations begin is no longer true
        ("delete from meta where name = 'phase_records'", ()),
    ]
    if record.kind == "contact":
        start = f"{record.intercom_id}/"
        lists = "delete from prior_values where kind = 'contact_object' and substr(intercom_id, 1, ?) = ?"
        found.append((lists, (len(start), start)))
    if not record.external_id:
        return found
    keys: list[str]
    if record.kind == "conversation":
        rows = books.of_conversations([record.external_id]).get(record.external_id, [])
        keys = [row.key for row in rows]
        parts = [(row.kind, row.external_id) for row in rows if row.kind in REPLIES]
        found += [("delete from identities where kind = ? and external_id = ?", part) for part in parts]
        found.append(("delete from identities where kind = 'ticket' and external_id = ?", (record.external_id,)))
    else:
        keys = [f"{record.kind}:{record.external_id}:0"]
        for kind in ("contact_company", "contact_object") if record.kind == "contact" else ():
            span = (kind, f"{kind}:{record.external_id}/", f"{kind}:{record.external_id}0")
            found.append(("delete from operations where kind = ? and key > ? and key < ?", span))
    found.append(("delete from identities where kind = ? and external_id = ?", (record.kind, record.external_id)))
    for key in keys:
        found.append(("delete from operations where key = ?", (key,)))
        found.append(("delete from recheck where key = ?", (key,)))
    return found
