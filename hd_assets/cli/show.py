"""How status and trace look on a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hd_assets.reconcile.status import Status
    from hd_assets.reconcile.trace import Record, Trace


def status_lines(told: Status) -> Iterator[str]:
    yield f"{told.migration} → {told.target}: {told.stage}"
    for given in told.approvals:
        if given.state == "given":
            yield f"approved    {given.what} by {given.by}, {given.at:%Y-%m-%d %H:%M} UTC"
        elif given.is_needed:
            yield f"approval    {given.what}: {given.why}; `{given.command}`"
    if told.extracted_at:
        yield f"extracted   {told.extracted_rows} rows at {told.extracted_at:%Y-%m-%d %H:%M} UTC"
    if any(told.staged.values()):
        yield "staged      " + ", ".join(f"{rows} {table}" for table, rows in told.staged.items() if rows)
        yield f"checks      {told.checks_passed} passed, {len(told.checks_failed)} failed"
    for check in told.checks_failed:
        yield f"  failed    {check.label}: {check.description}"
    for entry in told.exceptions:
        fate = "migrates with a substitute" if entry.is_staged else "stays behind"
        yield f"exception   {entry.records} {entry.object}: {entry.reason_code} ({fate}); {entry.remedy}"
    if told.exceptions:
        yield f"            `hd-assets exceptions {told.migration}` writes them to a file that takes decisions"
    if told.total:
        yield f"sent        {told.done} of {told.total} operations{_eta(told.eta_seconds)}"
    states = {state: number for state, number in told.operations.items() if number}
    if states:
        yield "operations  " + ", ".join(f"{number} {state}" for state, number in sorted(states.items()))
    for held in told.quarantined:
        yield f"quarantine  {held.operation}: {held.reason}"
    if told.quarantined:
        yield f"            `hd-assets resolve {told.migration}` shows the evidence and takes the decisions"
    for key, ids in told.doubtful.items():
        yield f"twice       {key}: look at {ids or 'its record'}; it took effect twice, or somebody overwrites it"
    if told.rechecks_due:
        yield f"recheck     {told.rechecks_due} operations are looked up once more by the next publish"
    if told.compared is not None and told.compared_at is not None:
        yield f"read back   {told.compared} compared, {told.differing} differing, {told.compared_at:%Y-%m-%d %H:%M} UTC"


def trace_lines(found: Trace) -> Iterator[str]:
    yield f"{found.ref} found as {found.matched_by}"
    yield from (f"note: {note}" for note in found.notes)
    if found.merged_from:
        yield f"merged into it: {', '.join(found.merged_from)}"
    for record in found.records:
        yield ""
        yield from _record(record)


def _record(record: Record) -> Iterator[str]:
    yield f"{record.object}  {record.external_id}"
    for raw in record.raw:
        yield f"  source     {raw.entity} {raw.key}, extraction {raw.extraction}, md5 {raw.digest[:12]}"
    if not record.raw:
        yield f"  source     {record.source_type} {record.source_id}"
    for operation in record.operations:
        at = _moment(operation.outcome_at or operation.intended_at)
        answer = f" → {operation.intercom_id}" if operation.intercom_id else ""
        yield f"  operation  {operation.kind}: {operation.state}{answer}{at}"
    if record.intercom_ids:
        yield f"  Intercom   {', '.join(record.intercom_ids)}"


def _moment(seconds: float | None) -> str:
    return f"  {datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S} UTC" if seconds else ""


def _eta(seconds: float | None) -> str:
    return f", about {seconds / 60:.0f} min left" if seconds else ""
