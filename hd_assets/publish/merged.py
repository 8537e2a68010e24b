"""Contacts that somebody merged into others in the target: the survivor takes the place of the one that is gone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hd_assets.publish.desired import Desired
from hd_assets.publish.ledger import Statement, record_evidence, record_identity, record_prior
from hd_assets.publish.ledger_read import Operation
from hd_assets.publish.outcomes import RefusedError
from hd_assets.publish.resolve import references
from hd_assets.publish.work import Work

Doc = dict[str, Any]
_LONGEST_CHAIN = 5
_MERGED = "merged from "
# What a contact may be given by us, and gets back when it is given up again.
CONTACT_FIELDS = ("external_id", "email", "name", "phone", "signed_up_at", "custom_attributes")


def prior_of(stored: Doc, *, archived: bool) -> Doc:
    """What an adopted contact held before we first wrote to it."""
    return {name: stored.get(name) for name in CONTACT_FIELDS} | {"archived": archived}


def follow_merges(
    work: Work, entry: Desired, row: Operation, fault: RefusedError, *, first: bool = False
) -> Operation | None:
    """After a 404 or 410: adopt the survivors of the contacts the operation names.

    Answers the row to go on with, None if there are none. A survivor is not ours to delete, and what it held is kept.
    `first`: the operation was not sent to survivors yet, so that those another record has found meanwhile count, too.
    """
    named = {key for kind, key in references(entry.request) if kind == "contact"}
    if entry.kind == "contact":
        named.add(entry.external_id)
    own = row
    moved = False
    for external_id in sorted(named):
        known = work.context.books.identity("contact", external_id)
        if known is None:
            continue
        found = _survivor(work, known.intercom_id, fault if len(named) == 1 else None)
        if found is None:
            if first and (known.detail or "").startswith(_MERGED):
                work.resolver.learn("contact", external_id, known.intercom_id, known.origin)
                moved = True
            continue
        survivor, stored = found
        _adopt(work, entry.key, external_id, known.intercom_id, survivor, stored)
        moved = True
        if entry.kind == "contact" and external_id == entry.external_id:
            own = replace(own, intercom_id=survivor, origin="adopted")
    return own if moved else None


def _survivor(work: Work, intercom_id: str, fault: RefusedError | None) -> tuple[str, Doc] | None:
    """Id and document at the end of the chain of merges; None when the contact stands where it stood."""
    key = intercom_id
    for _ in range(_LONGEST_CHAIN):
        try:
            doc = work.context.client.one(f"/contacts/{key}")
        except RefusedError as told:
            if told.status not in (404, 410):
                raise
            # where a contact that is gone only reads as absent, the refused write has named the survivor
            following = told.survivor or (fault.survivor if fault is not None and key == intercom_id else None)
            if following is None:
                return None
            key = following
            continue
        return (key, doc) if key != intercom_id else None
    return None


def _adopt(work: Work, key: str, external_id: str, gone: str, survivor: str, stored: Doc) -> None:
    context = work.context
    now = context.clock.now()
    statements: list[Statement] = []
    if not any(known.kind == "contact" for known in context.books.records_of(survivor)):
        statements.append(record_prior("contact", survivor, now, prior_of(stored, archived=False)))
    statements += [
        record_identity("contact", external_id, survivor, "adopted", context.ledger.run_no, f"{_MERGED}{gone}"),
        (
            "update operations set intercom_id = ?, origin = 'adopted' where kind = 'contact' and external_id = ?",
            (survivor, external_id),
        ),
        record_evidence(key, now, "contact_merged", {"contact": external_id, "gone": gone, "survivor": survivor}),
    ]
    context.ledger.write(statements)
    work.resolver.learn("contact", external_id, survivor, "adopted")
    work.tally.add("contacts", "merged_in_target")
