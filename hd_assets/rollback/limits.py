"""What cannot be undone, said before and after."""

from __future__ import annotations

from hd_assets.publish.ledger_read import LedgerReader
from hd_assets.rollback.selection import DEFINITIONS, OBJECT_OF, Selection, count, updates_of_earlier


def what_stays(books: LedgerReader, selection: Selection) -> list[str]:
    """Sentences with figures, for the records the selection names."""
    numbers = {kind: count(books, selection, kind) for kind in selection.stages}
    adopted = dict(books.rows("select kind, count(*) from identities where origin = 'adopted' group by kind"))
    tickets = int(books.rows("select count(*) from identities where kind = 'ticket'")[0][0])
    found = []
    if numbers.get("conversation"):
        found.append(
            "deleted conversations leave their rows in reports (retain_metrics); they and their files cannot be called"
            " back, and neither can e-mails or notifications somebody may have got"
        )
        if tickets:
            found.append("the numbers of deleted tickets are not given out again")
    if numbers.get("contact"):
        found.append(
            "contacts are deleted for good, with notes and events that hang on them; adopted ones keep what others"
            " wrote to them, except in the fields that get their earlier values back"
        )
    if numbers.get("custom_object"):
        found.append(
            "contacts and conversations of others that were made to refer to a deleted custom object lose the"
            " reference; nothing lists who refers to one"
        )
    if numbers.get("company"):
        found.append("companies are archived by the target some time after the answer and cannot be called back")
    if numbers.get("tag"):
        found.append("a deleted tag leaves the segments and rules that name it")
    found += _definitions(books, selection)
    for kind in ("contact_attribute", "company_attribute", "conversation_attribute", "ticket_attribute"):
        if adopted.get(kind):
            found.append(f"list options added to {adopted[kind]} {_words(kind)} that were there before stay")
    if selection.run_no is not None:
        updates = updates_of_earlier(books, selection.run_no)
        if updates:
            found.append(
                f"{len(updates)} operations of run {selection.run_no} changed records of earlier runs; what those held"
                f" before is not known, so they stay: {_few([f'{kind} {key}' for kind, key in updates])}"
            )
    return found


def runs_that_created(books: LedgerReader) -> list[tuple[int, float, int]]:
    """(run, when it began in Unix seconds, records it created that are still known), newest first: what --run takes."""
    rows = books.rows(
        "select r.run_no, r.started_at, count(*) from runs r join identities i on i.run_no = r.run_no"
        " where i.origin = 'created' and i.kind not in ('reply', 'note', 'ticket') group by 1, 2 order by 1 desc"
    )
    return [(int(run_no), float(at), int(number)) for run_no, at, number in rows]


def _definitions(books: LedgerReader, selection: Selection) -> list[str]:
    found = []
    for kind in DEFINITIONS:
        rows = books.rows(
            "select external_id from identities where kind = ? and origin = 'created' order by external_id", (kind,)
        )
        if not rows:
            continue
        names = _few([str(row[0]) for row in rows])
        if selection.schema:
            found.append(f"{len(rows)} {_words(kind)} can only be archived, their names stay taken: {names}")
        else:
            found.append(f"{len(rows)} {_words(kind)} stay (--schema archives them): {names}")
    if books.rows("select 1 from identities limit 1"):
        found.append("the conversation attribute that bears the migration's mark stays, so that no other ledger leads")
    return found


def _words(kind: str) -> str:
    return OBJECT_OF.get(kind, kind).replace("_", " ")


def _few(names: list[str], most: int = 12) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
