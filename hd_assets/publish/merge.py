"""Desired operations against those the ledger knows: what is new, what changed, what is only drift."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from hd_assets.publish.desired import REPLIES, UPDATABLE, Desired
from hd_assets.publish.ledger import Statement
from hd_assets.publish.ledger_read import Operation
from hd_assets.publish.ledger_schema import COLUMNS, OPEN, SENT, State
from hd_assets.publish.payloads import RULES_VERSION

_INSERT = f"insert into operations ({', '.join(COLUMNS)}) values ({', '.join('?' * len(COLUMNS))})"
_REPLAN = (
    "update operations set state = 'planned', source_digest = ?, payload_digest = ?, seen_digest = ?,"
    " rules_version = ?, position = ?, home_window = ?, created_at = ?, remark = ?, error_code = null where key = ?"
)
_SEEN = (
    "update operations set seen_digest = ?, state = ?, remark = ?, source_digest = ?, rules_version = ? where key = ?"
)
# Digests of the source from before this version of the rules moved with the mapping and the rules as well.
_SOURCE_ONLY = 2
# Kinds that other rules may want of a record for the first time after everything else of it was sent. A participant is
# not among them: whoever wrote a part must take part before it is sent.
_LATER = frozenset({"conversation_tag", "assign_team", "assign_admin", "snooze", "state", "convert"})
# Kinds whose disappearance from the source leaves something behind that nobody but a person may take away.
_LEAVES_TRACES = REPLIES | {
    "conversation",
    "participant",
    "company",
    "contact",
    "contact_company",
    "article",
    "custom_object",
    "contact_object",
    "redirect",
}


@dataclass
class Merged:
    """The ledger statements of a merge and what it found, by kind.

    `send_drift`: what differs only by other rules or another mapping is sent, where the kind can be brought up to date.
    """

    send_drift: bool = False
    statements: list[Statement] = field(default_factory=list)
    to_send: list[Desired] = field(default_factory=list)
    unchanged: Counter[str] = field(default_factory=Counter)
    drift: Counter[str] = field(default_factory=Counter)
    new_drift: Counter[str] = field(default_factory=Counter)
    conflicts: list[str] = field(default_factory=list)
    late: list[str] = field(default_factory=list)

    def plan(self, entry: Desired, row: Operation | None) -> None:
        digest = entry.payload_digest
        if row is None:
            self._insert(entry, "planned", entry.remark)
        else:
            bound = (
                entry.source_digest,
                digest,
                digest,
                RULES_VERSION,
                entry.position,
                entry.home_window,
                entry.created_at,
                entry.remark,
                entry.key,
            )
            self.statements.append((_REPLAN, bound))
        self.to_send.append(entry)
        if entry.remark == "late":
            self.late.append(entry.external_id)

    def _insert(self, entry: Desired, state: State, remark: str | None) -> None:
        values = {
            "key": entry.key,
            "kind": entry.kind,
            "object": entry.object,
            "external_id": entry.external_id,
            "conversation": entry.conversation,
            "home_window": entry.home_window,
            "position": entry.position,
            "state": state,
            "source_digest": entry.source_digest,
            "payload_digest": entry.payload_digest,
            "seen_digest": entry.payload_digest,
            "rules_version": RULES_VERSION,
            "created_at": entry.created_at,
            "remark": remark,
            "attempts": 0,
        }
        self.statements.append((_INSERT, [values.get(name) for name in COLUMNS]))

    def drifts(self, entry: Desired, row: Operation | None) -> None:
        """Note once what only other rules want."""
        self.drift[entry.kind] += 1
        if row is None or row.seen_digest != entry.payload_digest:
            self.new_drift[entry.kind] += 1
        if row is None:
            self._insert(entry, "skipped", "drift")
        else:
            state = "skipped" if row.state == "skipped" else "applied"
            remark = "late" if row.remark == "late" else "drift"
            # from now on this row, too, can tell a changed source
            baseline = row.rules_version < _SOURCE_ONLY
            source = entry.source_digest if baseline else row.source_digest
            self.see(row, entry, state=state, remark=remark, source=source, baseline=baseline)

    def see(
        self, row: Operation, entry: Desired, *, state: str, remark: str | None, source: str, baseline: bool = False
    ) -> None:
        """Note what staging gives now without changing what was sent."""
        # what these rules give as well was as good as sent under them
        same = baseline or row.payload_digest == entry.payload_digest
        rules = RULES_VERSION if same else row.rules_version
        noted = (entry.payload_digest, state, remark, source, rules)
        if (row.seen_digest, row.state, row.remark, row.source_digest, row.rules_version) != noted:
            self.statements.append((_SEEN, (*noted, entry.key)))


def merge(wanted: Sequence[Desired], known: Mapping[str, Operation], *, send_drift: bool = False) -> Merged:
    """Compare. `known` holds the ledger's operations of the same records, by key."""
    merged = Merged(send_drift)
    finished = _finished(known.values())
    for entry in wanted:
        row = known.get(entry.key)
        if row is None and entry.kind in _LATER and entry.source_digest == finished and not send_drift:
            merged.drifts(entry, None)
        else:
            _one(merged, entry, row)
    keys = {entry.key for entry in wanted}
    vanish(merged, [row for key, row in known.items() if key not in keys])
    _settle_state_again(merged, wanted, known)
    return merged


def _one(merged: Merged, entry: Desired, row: Operation | None) -> None:
    digest = entry.payload_digest
    if row is None:
        merged.plan(entry, None)
    elif row.state in SENT:
        _sent(merged, entry, row)
    elif (row.state, row.remark) == ("skipped", "drift") and not merged.send_drift and not _changed(entry, row):
        merged.drifts(entry, row)
    elif row.state in ("planned", "refused", "skipped"):
        if row.payload_digest != digest or row.state == "skipped" or row.seen_digest != digest:
            merged.plan(entry, row)
        else:
            merged.to_send.append(entry)
    else:  # intended, unknown, quarantined: what was sent has to be settled first
        merged.see(row, entry, state=row.state, remark=row.remark, source=row.source_digest)
        if row.state in OPEN:
            merged.to_send.append(entry)


def _sent(merged: Merged, entry: Desired, row: Operation) -> None:
    if row.payload_digest == entry.payload_digest:
        remark = row.remark if row.remark == "late" else None
        merged.see(row, entry, state="applied", remark=remark, source=entry.source_digest)
        merged.unchanged[entry.kind] += 1
    elif not _changed(entry, row) and not (merged.send_drift and entry.kind in UPDATABLE):
        merged.drifts(entry, row)
    elif entry.kind in UPDATABLE:
        merged.plan(entry, row)
    else:
        merged.conflicts.append(entry.key)
        merged.see(row, entry, state="conflict", remark="changed", source=row.source_digest)


def _changed(entry: Desired, row: Operation) -> bool:
    """Whether the source differs from what was sent, and not only the rules."""
    if row.remark == "changed":
        return True
    return row.rules_version >= _SOURCE_ONLY and row.source_digest != entry.source_digest


def _finished(rows: Iterable[Operation]) -> str | None:
    """The source digest of a conversation of which nothing is left to do; None while something is."""
    found = None
    for row in rows:
        if row.state in OPEN or row.state == "quarantined":
            return None
        if row.kind == "conversation" and row.state in SENT and row.rules_version >= _SOURCE_ONLY:
            found = row.source_digest
    return found


def vanish(merged: Merged, gone: Iterable[Operation]) -> None:
    """Operations whose record staging does not hold any more."""
    for row in gone:
        if row.state in ("planned", "refused"):
            state = "skipped"
        elif row.state in SENT and row.kind in _LEAVES_TRACES:
            merged.conflicts.append(row.key)
            state = "conflict"
        else:
            continue
        if (row.state, row.remark) != (state, "vanished"):
            sql = "update operations set state = ?, remark = 'vanished' where key = ?"
            merged.statements.append((sql, (state, row.key)))


def _settle_state_again(merged: Merged, wanted: Sequence[Desired], known: Mapping[str, Operation]) -> None:
    """A reply that comes later opens a closed conversation, so its state has to be set once more.

    A ticket that is not resolved stays as it is.
    """
    if not any(entry.kind == "reply" for entry in merged.to_send):
        return
    queued = {entry.key for entry in merged.to_send}
    for entry in wanted:
        row = known.get(entry.key)
        fixed = entry.kind in ("state", "convert", "snooze") and entry.key not in queued
        if entry.kind == "convert":
            fixed = fixed and entry.request.body["ticket_state_id"] == {"$ref": "ticket_state:resolved"}
        if fixed and row is not None and row.state in SENT:
            merged.plan(entry, row)
