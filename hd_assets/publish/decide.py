"""Operations whose outcome only a person can tell: listed with their evidence, decided, and written down."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from hd_assets.errors import BlockedError, UsageError
from hd_assets.publish.catalog import Catalog, type_attributes
from hd_assets.publish.context import SIMULATOR, PublishContext
from hd_assets.publish.decide_words import reason_in_words
from hd_assets.publish.job import IDENTIFIED
from hd_assets.publish.ledger import Statement, record_decision, record_evidence, record_identity
from hd_assets.publish.ledger_read import LedgerReader, Operation
from hd_assets.publish.outcomes import RefusedError
from hd_assets.publish.record_handlers import record_handlers
from hd_assets.publish.resolve import MissingReferenceError, Resolver
from hd_assets.publish.standing import entries_of
from hd_assets.publish.thread_handlers import thread_handlers
from hd_assets.publish.threads_read import read_thread
from hd_assets.publish.work import AmbiguousError, Attempt, BusyError, Handler, Tally, Work
from hd_assets.publish.workspace_handlers import workspace_handlers

Doc = dict[str, Any]
UNDECIDED = ("quarantined", "unknown")
_APPLIED = (
    "update operations set state = 'applied', intercom_id = ?, origin = coalesce(origin, ?), outcome_at = ?,"
    " applied_at = coalesce(applied_at, ?), error_code = null where key = ?"
)
_NOT_SENT = "update operations set state = 'planned', outcome_at = ?, error_code = null where key = ?"
_READ_ALONE = {"company": "/companies", "contact": "/contacts", "article": "/articles"}
_APP = {"us": "https://app.intercom.com", "eu": "https://app.eu.intercom.com", "au": "https://app.au.intercom.com"}


@dataclass(frozen=True)
class Case:
    """One undecided operation. `evidence` holds Intercom ids and counts; `at` is Unix seconds of its last outcome."""

    key: str
    kind: str
    external_id: str
    state: str
    at: float | None
    reason: str
    evidence: Doc
    link: str | None


def open_cases(context: PublishContext) -> list[Case]:
    """Quarantined operations, and those that stayed unknown beyond the horizon; oldest first."""
    return list(_cases(context))


def _cases(context: PublishContext) -> Iterator[Case]:
    states = ", ".join(f"'{state}'" for state in UNDECIDED)
    rows = [row for row in context.books.iterate(f"state in ({states})") if not _may_settle(context, row)]
    for row in sorted(rows, key=lambda row: (row.outcome_at or 0, row.key)):
        reason, detail = latest_evidence(context.books, row)
        yield Case(
            row.key, row.kind, row.external_id, row.state, row.outcome_at, reason, detail, _link(context, row, detail)
        )


def latest_evidence(books: LedgerReader, row: Operation) -> tuple[str, Doc]:
    """Why it was quarantined, in words, and what was found then."""
    found = books.rows("select reason, detail from evidence where key = ? order by at desc limit 1", (row.key,))
    code, detail = found[0] if found else (row.error_code or row.state, None)
    return reason_in_words(str(code)), json.loads(detail) if detail else {}


def _may_settle(context: PublishContext, row: Operation) -> bool:
    """Within the horizon nothing can be said of an unknown operation yet."""
    patience = context.horizon + context.search_lag
    return row.state == "unknown" and context.clock.now() < (row.sent_at or 0) + patience


def _link(context: PublishContext, row: Operation, detail: Doc) -> str | None:
    key = context.books.intercom_id("conversation", row.conversation) if row.conversation else None
    if key is None and row.kind == "conversation":
        key = str((detail.get("found") or [""])[0]) or None
    if key is None:
        return None
    if context.target == SIMULATOR:
        return f"{context.client.base_url}/inbox/{key}"
    workspace = context.books.meta("workspace_id") or "_"
    return f"{_APP[context.aim.region]}/a/inbox/{workspace}/inbox/conversation/{key}"


def decide(context: PublishContext, key: str, *, applied: str | None, by: str, why: str) -> Operation:
    """Close an undecided operation: it took effect as the Intercom record `applied`, or (None) it did not.

    The workspace is read first; nothing is written there. Raises UsageError for an operation that is not open,
    BlockedError when the workspace speaks against the decision.
    """
    books = context.books
    row = books.operation(key)
    if row is None or row.state not in UNDECIDED:
        state = "is not in the ledger" if row is None else f"is {row.state}"
        raise UsageError(
            f"operation {key!r} {state}; only quarantined and unknown ones wait for a decision",
            where=f"target {context.target}",
            mend=f"`hd-assets resolve {context.migration.name}` lists them",
        )
    if _may_settle(context, row):
        raise BlockedError(
            f"operation {key!r} may still take effect",
            where=f"target {context.target}",
            mend="wait for the horizon, or publish again: the publisher looks it up by itself",
        )
    context.ledger.begin_run(purpose="resolve")
    context.fence.check()
    if applied is not None:
        statements = _confirmed(context, row, applied)
        outcome = "applied"
    else:
        _require_absent(context, row)
        statements = [(_NOT_SENT, (context.clock.now(), key))]
        outcome = "not_sent"
    decision = record_decision(key, context.clock.now(), by, why, outcome, applied)
    context.ledger.write([decision, *statements])
    return books.operation(key) or row


# it took effect


def _confirmed(context: PublishContext, row: Operation, intercom_id: str) -> list[Statement]:
    owners = [record for record in context.books.records_of(intercom_id) if record.kind == row.kind]
    if any(record.external_id != row.external_id for record in owners):
        raise _against(context, row, f"{intercom_id} already stands for {owners[0].external_id}")
    origin = "created"
    statements: list[Statement] = []
    if row.kind == "conversation":
        _check_conversation(context, row, intercom_id)
    elif row.kind in ("reply", "note"):
        _check_part(context, row, intercom_id)
    elif row.kind in _READ_ALONE:
        origin = _check_record(context, row, intercom_id)
    elif row.conversation:
        number = _check_change(context, row, intercom_id)
        if row.kind == "convert":
            run_no = context.ledger.run_no
            statements.append(record_identity("ticket", row.external_id, intercom_id, "created", run_no, number))
    elif row.kind == "contact_company":
        _check_link(context, row, intercom_id)
    else:
        _check_definition(context, row, intercom_id)
    now = context.clock.now()
    statements.append((_APPLIED, (intercom_id, origin, now, now, row.key)))
    if row.kind in IDENTIFIED:
        run_no = context.ledger.run_no
        statements.append(record_identity(row.kind, row.external_id, intercom_id, row.origin or origin, run_no))
    return statements


def _check_conversation(context: PublishContext, row: Operation, intercom_id: str) -> None:
    doc = _thread(context, row, intercom_id)
    mark = (doc.get("custom_attributes") or {}).get(context.rules.source_id_attribute)
    if mark not in (None, "", row.external_id):
        raise _against(context, row, f"conversation {intercom_id} bears the id {mark}")
    wanted = _entry(context, row)
    begun = wanted.request.body["created_at"] if wanted is not None else None
    if begun is not None and doc.get("created_at") != begun:
        raise _against(context, row, f"conversation {intercom_id} was begun at another time than the source's")


def _check_part(context: PublishContext, row: Operation, intercom_id: str) -> None:
    conversation = context.books.intercom_id("conversation", row.conversation)
    if conversation is None:
        raise _against(context, row, "its conversation has not been sent")
    try:
        thread = read_thread(context.client, conversation)
    except RefusedError as fault:
        raise _against(context, row, f"conversation {conversation} is not there ({fault.label})") from fault
    kind = "comment" if row.kind == "reply" else "note"
    if not any(str(part.get("id")) == intercom_id and part.get("part_type") == kind for part in thread.parts):
        raise _against(context, row, f"conversation {conversation} shows no {kind} with the id {intercom_id}")


def _check_record(context: PublishContext, row: Operation, intercom_id: str) -> str:
    """Answers the origin: only what was made after the operation was meant can have been made by it."""
    try:
        doc = context.client.one(f"{_READ_ALONE[row.kind]}/{intercom_id}")
    except RefusedError as fault:
        raise _against(context, row, f"there is no {row.kind} {intercom_id} ({fault.label})") from fault
    name = {"company": "company_id", "contact": "external_id"}.get(row.kind)
    if row.kind == "company" and doc.get("company_id") != row.external_id:
        raise _against(context, row, f"company {intercom_id} bears another company_id")
    ours = name is None or doc.get(name) == row.external_id
    entry = _attempt(context, row)
    return "created" if ours and entry is not None and entry.is_fresh(doc.get("created_at")) else "adopted"


def _check_change(context: PublishContext, row: Operation, intercom_id: str) -> str | None:
    """What changes a conversation is named by the conversation's id. Answers the number of a ticket."""
    conversation = context.books.intercom_id("conversation", row.conversation)
    if conversation != intercom_id:
        raise _against(context, row, f"it changes conversation {conversation or '(not sent yet)'}; name that id")
    doc = _thread(context, row, intercom_id)
    if row.kind != "convert":
        return None
    try:
        return str(context.client.one(f"/tickets/{doc['id']}").get("ticket_id") or "")
    except RefusedError as fault:
        raise _against(context, row, f"conversation {intercom_id} is no ticket ({fault.label})") from fault


def _check_link(context: PublishContext, row: Operation, intercom_id: str) -> None:
    company = context.books.intercom_id("company", row.external_id.partition("/")[2])
    if company != intercom_id:
        raise _against(context, row, f"it links to company {company or '(not sent yet)'}; name that id")


def _check_definition(context: PublishContext, row: Operation, intercom_id: str) -> None:
    catalog = Catalog(context.client)
    if row.kind == "ticket_attribute":
        docs = [entry for kind in catalog.listed("ticket_type") for entry in type_attributes(kind)]
    else:
        try:
            docs = catalog.live(row.kind)
        except KeyError:
            raise _against(context, row, f"operations of kind {row.kind} can only be settled by publishing") from None
    if intercom_id not in [str(doc.get("id")) for doc in docs]:
        raise _against(context, row, f"the workspace has no {row.kind} {intercom_id}")


def _thread(context: PublishContext, row: Operation, intercom_id: str) -> Doc:
    try:
        return read_thread(context.client, intercom_id).doc
    except RefusedError as fault:
        raise _against(context, row, f"there is no conversation {intercom_id} ({fault.label})") from fault


# it did not


def _require_absent(context: PublishContext, row: Operation) -> None:
    """A last look by both paths. What the person who decides has been shown is no news; anything else is."""
    attempt = _attempt(context, row)
    if attempt is None:
        # staging has lost the record, so that nothing will be sent either
        return
    handler = _handlers(context)[row.kind]
    _, known = latest_evidence(context.books, row)
    try:
        found = handler.look(attempt) or handler.look_elsewhere(attempt)
    except BusyError as fault:
        raise _against(context, row, "an equal operation is under way") from fault
    except (MissingReferenceError, RefusedError):
        # what it would hang on is not there either
        return
    except AmbiguousError as fault:
        evidence = json.loads(json.dumps(fault.evidence))
        if all(known.get(name) == value for name, value in evidence.items()):
            return
        context.ledger.write([record_evidence(row.key, context.clock.now(), str(fault), fault.evidence)])
        told = f"{reason_in_words(str(fault))}: {_ids(evidence)}"
        raise _against(
            context, row, f"since the evidence was taken the workspace shows something new ({told})"
        ) from None
    if found is not None and not handler.repeatable(attempt):
        name = found.intercom_id or "it"
        raise _against(context, row, f"the workspace holds it: {name}", mend=f"use --applied {name}")


def _ids(evidence: Doc) -> str:
    return ", ".join(f"{name} {value}" for name, value in sorted(evidence.items()))


def _entry(context: PublishContext, row: Operation) -> Any:
    return next((entry for entry in entries_of(context, row) if entry.key == row.key), None)


def _attempt(context: PublishContext, row: Operation) -> Attempt | None:
    entry = _entry(context, row)
    if entry is None:
        return None
    work = Work(context, Resolver(context.books, context.stores.files), Tally())
    # the look-up asks for what was sent before, as after a lost answer
    return Attempt(work, entry, replace(row, state="unknown"))


def _handlers(context: PublishContext) -> dict[str, Handler]:
    return {**record_handlers(), **thread_handlers(), **workspace_handlers(Catalog(context.client))}


def _against(context: PublishContext, row: Operation, what: str, *, mend: str | None = None) -> BlockedError:
    return BlockedError(
        f"the decision on {row.key} does not hold: {what}",
        where=f"target {context.target} at {context.client.base_url}",
        mend=mend or f"look at the workspace; `hd-assets resolve {context.migration.name}` shows the evidence",
    )
