"""What waits for which approval. A missing one blocks what it guards and nothing else."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from hd_assets.approvals.book import Approval, approvals, approve
from hd_assets.approvals.documents import DOCUMENTS, change_since
from hd_assets.errors import BlockedError
from hd_assets.mapping import Migration
from hd_assets.mapping.signed import changed_since, told
from hd_assets.settings import Stores

SIMULATOR, PRODUCTION = "simulator", "production"
KINDS = ("scope", "guide", "mapping", "sample", "phase", "cutover")
# approval → publishing steps it guards; None: all of them
GUARDED: dict[str, frozenset[str] | None] = {
    "scope": None,
    "guide": None,
    "mapping": None,
    "sample": frozenset({"conversations"}),
    "phase": frozenset({"conversations"}),
    "cutover": frozenset({"articles", "conversations"}),
}
# a run narrowed to chosen conversations is itself a sample
_NOT_FOR_A_SAMPLE = frozenset({"sample", "cutover"})
_TITLES = {
    **{what: document.title for what, document in DOCUMENTS.items()},
    "mapping": "the mapping",
    "phase": "the first phase: companies, contacts and links as they arrived",
    "cutover": "the cutover",
}
_FIRST_PHASE = ("companies", "contacts", "contact_companies", "custom_objects", "contact_objects")

State = Literal["given", "missing", "changed"]


@dataclass(frozen=True)
class Standing:
    """One approval as it stands for a target: `by` and `at` of the latest, `why` it does not hold, what to type."""

    what: str
    is_needed: bool
    state: State
    by: str | None = None
    at: datetime | None = None
    why: str = ""
    command: str = ""


def needed(migration: Migration, target: str) -> tuple[str, ...]:
    """Approvals a target waits for. The simulator waits for none, a test workspace for the mapping."""
    if target == SIMULATOR:
        return ()
    asked = migration.mapping.approvals if target == PRODUCTION else []
    return tuple(what for what in KINDS if what == "mapping" or what in asked)


def standings(stores: Stores, migration: Migration, target: str) -> list[Standing]:
    """All kinds of approval in their order, those nobody asks for only where they were given."""
    asked = needed(migration, target)
    found = [_standing(stores, migration, target, what, what in asked) for what in KINDS]
    return [standing for standing in found if standing.is_needed or standing.by]


def missing(
    stores: Stores, migration: Migration, target: str, *, step: str | None = None, is_sample: bool = False
) -> list[Standing]:
    """What a publishing step waits for; without `step`, what all of them together do."""
    found = []
    for what in needed(migration, target):
        guarded = GUARDED[what]
        if (step and guarded is not None and step not in guarded) or (is_sample and what in _NOT_FOR_A_SAMPLE):
            continue
        standing = _standing(stores, migration, target, what, is_needed=True)
        if standing.state != "given":
            found.append(standing)
    return found


def require_approvals(stores: Stores, migration: Migration, target: str, step: str, *, is_sample: bool) -> None:
    """Raise BlockedError unless everything that guards this publishing step was agreed to and is unchanged."""
    found = missing(stores, migration, target, step=step, is_sample=is_sample)
    if [standing.what for standing in found] == ["mapping"]:
        require_confirmed_mapping(stores, migration, target)
    if found:
        raise BlockedError(
            f"{'; '.join(standing.why for standing in found)}; nothing was sent by this step",
            where=f"{migration.name}/publish/{step}, target {target}, mapping {migration.path}",
            mend="; ".join(f"`{standing.command}`" for standing in found),
        )


def require_extraction_approvals(stores: Stores, migration: Migration, target: str) -> None:
    """Raise BlockedError while the mapping lets a run for production read the source only after approvals that lack."""
    if target != PRODUCTION:
        return
    asked = [what for what in KINDS if what in migration.mapping.extraction_approvals]
    standing = [_standing(stores, migration, target, what, is_needed=True) for what in asked]
    found = [one for one in standing if one.state != "given"]
    if found:
        raise BlockedError(
            f"{'; '.join(one.why for one in found)}; the source was not read for production",
            where=f"{migration.path}, extraction_approvals",
            mend="; ".join(f"`{one.command}`" for one in found),
        )


def _command(migration: Migration, what: str, target: str) -> str:
    if what == "mapping":
        return f"hd-assets mapping confirm {migration.name} --by NAME"
    aim = f" --target {target}" if what == "phase" and target != PRODUCTION else ""
    return f"hd-assets approve {what} {migration.name} --by NAME{aim}"


def require_confirmed_mapping(stores: Stores, migration: Migration, target: str) -> None:
    """Raise BlockedError unless the mapping as it is now was confirmed. The simulator needs no confirmation."""
    if target == SIMULATOR:
        return
    standing = _standing(stores, migration, target, "mapping", is_needed=True)
    if standing.state == "given":
        return
    raise BlockedError(
        f"{standing.why}; nothing was sent to target {target}",
        where=f"{migration.path} (digest {migration.digest[:12]})",
        mend=f"let the customer read it, then run `{standing.command}`",
    )


def approve_phase(stores: Stores, migration: Migration, target: str, by: str) -> tuple[Approval, str]:
    """Record that the row counts of the first phase were accepted; returns them as a line.

    Raises BlockedError while records of that phase are still to be sent.
    """
    rows = _phase_rows(stores, target)
    left = [row for row in rows if row[1] not in ("applied", "conflict", "skipped")]
    counts = ", ".join(f"{count} {object} {state}" for object, state, count in rows)
    if left or not rows:
        raise BlockedError(
            f"the first phase is not over: {counts or 'nothing was planned yet'}",
            where=f"target {target}",
            mend=f"`hd-assets run {migration.name} --until publish --target {target} --execute` sends it; it stops"
            " before the first conversation",
        )
    return approve(stores, "phase", by, _phase_digest(rows), target=target), counts


def approve_cutover(stores: Stores, migration: Migration, by: str) -> Approval:
    """Record the go-ahead. It is given for the mapping as it is: another mapping is another cutover."""
    return approve(stores, "cutover", by, migration.digest)


def _standing(stores: Stores, migration: Migration, target: str, what: str, is_needed: bool) -> Standing:
    command = _command(migration, what, target)
    given = [entry for entry in approvals(stores) if entry.what == what and entry.target in (None, target)]
    if not given:
        word = "confirmed" if what == "mapping" else "approved"
        return Standing(what, is_needed, "missing", why=f"{_TITLES[what]} is not {word}", command=command)
    reasons: list[str] = []
    for entry in reversed(given):
        why = _why_not(stores, migration, target, entry)
        if why is None:
            return Standing(what, is_needed, "given", entry.by, entry.at, command=command)
        reasons.append(why)
    return Standing(what, is_needed, "changed", given[-1].by, given[-1].at, reasons[0], command)


def _why_not(stores: Stores, migration: Migration, target: str, entry: Approval) -> str | None:
    if entry.what in DOCUMENTS:
        return change_since(stores, migration, entry)
    if entry.what == "mapping":
        return None if entry.digest == migration.digest else _changed(stores, migration, entry)
    if entry.what == "phase":
        same = entry.digest == _phase_digest(_phase_rows(stores, target))
        return None if same else "companies, contacts or links were sent since the first phase was approved"
    return None if entry.digest == migration.digest else "the mapping was changed since the cutover was approved"


def _changed(stores: Stores, migration: Migration, entry: Approval) -> str:
    said = "the mapping was changed since it was confirmed"
    found = changed_since(stores, migration, entry.digest)
    return f"{said}: {told(found)}" if found else said


def _phase_rows(stores: Stores, target: str) -> list[tuple[str, str, int]]:
    from hd_assets.publish.ledger import read_only

    path = stores.ledger(target)
    if not path.exists():
        return []
    books = read_only(path)
    try:
        marks = ", ".join("?" for _ in _FIRST_PHASE)
        sql = f"select object, state, count(*) from operations where object in ({marks}) group by 1, 2 order by 1, 2"
        return [(str(row[0]), str(row[1]), int(row[2])) for row in books.rows(sql, _FIRST_PHASE)]
    finally:
        books.close()


def _phase_digest(rows: Sequence[tuple[str, str, int]]) -> str:
    return hashlib.sha256(repr(sorted(rows)).encode()).hexdigest()
