"""Applying a file of decisions: everything is judged before the first one is written down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import get_args

from hd_assets.decisions.book import Decision, current, record
from hd_assets.decisions.cases import OPERATION, cases, columns_of
from hd_assets.decisions.sheet import Entry, read, refuse
from hd_assets.errors import UsageError
from hd_assets.mapping import Migration
from hd_assets.model import Part
from hd_assets.settings import Settings
from hd_assets.staging.identity import normal_email
from hd_assets.warehouse import Connection, Warehouse

# column → (table whose records it names, natural names a person may write instead of the external id)
_NAMED = {
    "contact": ("contacts", "email"),
    "companies": ("companies", "name"),
    "inbox": ("inboxes", "name"),
    "assignee": ("teammates", "email"),
}
_WORDS = {
    # a snooze would need its end, too
    "state": ("open", "closed"),
    "kind": get_args(Part.model_fields["kind"].annotation),
}
_REFERRED = """
    select count(*) from staging.conversations
    where contact = $id or opening_author = $id or list_contains(participants, $id)
"""


@dataclass
class Applied:
    """`recorded`: decisions now in the book; `operations`: those about operations of a target, not carried out yet."""

    recorded: list[Decision] = field(default_factory=list)
    operations: list[Entry] = field(default_factory=list)
    # source ids of the conversations that `run --only` takes
    conversations: list[str] = field(default_factory=list)


def apply(settings: Settings, migration: Migration, target: str, path: Path, by: str) -> Applied:
    """Check every line of the file, then record the decisions. Raises UsageError, and records nothing, on a problem."""
    if not by.strip():
        raise UsageError("a decision needs a name", where="--by", mend="say who decided: --by NAME")
    stores = settings.stores(migration.name)
    columns_of(settings, migration)
    entries = read(path, cases(settings, migration, target), current(stores), by.strip())
    told = Applied()
    if not entries:
        return told
    with Warehouse.of(stores.warehouse).get_connection() as connection:
        problems: list[str] = []
        resolved = [_resolved(connection, entry, entries, problems) for entry in entries]
        refuse(problems, path)
        told.conversations = _conversations(connection, resolved)
    record(stores, [entry.decision for entry in resolved])
    told.recorded = [entry.decision for entry in resolved]
    told.operations = [entry for entry in resolved if entry.case.object == OPERATION]
    return told


def _resolved(connection: Connection, entry: Entry, entries: Sequence[Entry], problems: list[str]) -> Entry:
    """The entry with its value as staging spells it; what is wrong with it goes to `problems`."""
    decision = entry.decision
    if decision.object == OPERATION:
        return entry
    value, problem = decision.value, None
    if decision.action == "use" and decision.column:
        value, problem = _value(connection, decision)
    elif decision.action == "merge":
        problem = _joinable(connection, decision, entries)
    elif decision.action == "exclude" and decision.object == "contacts":
        number = connection.execute(_REFERRED, {"id": decision.external_id}).fetchall()[0][0]
        if number:
            problem = f"{number} conversation(s) are this contact's; exclude those first, or merge into another"
    if problem:
        problems.append(f"line {entry.line}: {problem}")
    return Entry(entry.line, entry.case, decision.model_copy(update={"value": value}))


def _value(connection: Connection, decision: Decision) -> tuple[str | None, str | None]:
    """The value to store, or why it cannot be used. The reasons never repeat the value: it may be an address."""
    column, value = str(decision.column), str(decision.value)
    if column in _WORDS:
        word = value.lower()
        return word, None if word in _WORDS[column] else f"use one of: {', '.join(_WORDS[column])}"
    if column == "email":
        return _email(connection, decision, value)
    if column not in _NAMED:
        return value, None
    table, natural = _NAMED[column]
    rows = connection.execute(
        f"select distinct external_id from staging.{table}"
        f" where external_id = $value or lower(trim({natural})) = lower(trim($value))",
        {"value": value},
    ).fetchall()
    if len(rows) != 1:
        return value, f"{len(rows)} records of {table} have this id or {natural}; name the external id of one"
    return str(rows[0][0]), None


def _email(connection: Connection, decision: Decision, value: str) -> tuple[str | None, str | None]:
    address = normal_email(value)
    if address is None:
        return value, "this is no e-mail address"
    taken = connection.execute(
        f"select external_id from staging.{decision.object} where email = $address and external_id <> $id",
        {"address": address, "id": decision.external_id},
    ).fetchall()
    if taken:
        mend = f"; use merge into {taken[0][0]}" if decision.object == "contacts" else ""
        return address, f"{taken[0][0]} has this address already{mend}"
    return address, None


def _joinable(connection: Connection, decision: Decision, entries: Sequence[Entry]) -> str | None:
    into = str(decision.value)
    if into == decision.external_id:
        return "a record cannot be merged into itself"
    has_own = decision.object in ("contacts", "inboxes")
    merged = "merged_into" if has_own else "cast(null as varchar)"
    rows = connection.execute(
        f"select {merged} from staging.{decision.object} where external_id = $id", {"id": into}
    ).fetchall()
    if not rows:
        return f"no record of {decision.object} has the id after `merge into`; write its external id"
    if rows[0][0] is not None:
        return "the record after `merge into` is merged into another itself; name that one"
    goes = {entry.decision.external_id for entry in entries if entry.decision.action in ("merge", "exclude")}
    return "the record after `merge into` is merged or excluded by this very file" if into in goes else None


def _conversations(connection: Connection, entries: Sequence[Entry]) -> list[str]:
    """Source ids of the conversations a publish of just these decisions must look at."""
    direct = {entry.case.conversation or "" for entry in entries}
    direct |= {entry.decision.external_id for entry in entries if entry.decision.object == "conversations"}
    rows = connection.execute(
        "select distinct source_id from staging.conversations where external_id = any($ids)", {"ids": sorted(direct)}
    ).fetchall()
    return sorted((str(row[0]) for row in rows), key=lambda id: (len(id), id))
