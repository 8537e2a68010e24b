"""Everything that waits for a person, one case each: exceptions of staging, agents, and operations of a target."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import yaml

from hd_assets.decisions.book import Decision, current
from hd_assets.errors import MappingError
from hd_assets.mapping import Migration
from hd_assets.publish.decide import latest_evidence
from hd_assets.publish.ledger import read_only
from hd_assets.publish.ledger_read import Operation
from hd_assets.settings import Settings, Stores
from hd_assets.warehouse import Connection, Warehouse

UNMATCHED = "unmatched_agents"
OPERATION = "operation"
# objects a record of which can be joined with another of the same object
JOINABLE = frozenset({"contacts", "companies", "tags", "inboxes"})
USABLE = frozenset(
    {
        ("contacts", "email"), ("contacts", "companies"), ("conversations", "contact"), ("conversations", "inbox"),
        ("conversations", "assignee"), ("conversations", "title"), ("conversations", "number"),
        ("conversations", "state"), ("parts", "kind"), ("teammates", "email"),
    }
)  # fmt: skip
"""(object, column) that `use VALUE` can fill."""


@dataclass(frozen=True)
class Case:
    """`allowed`: the decisions that make sense here. `column`: what `use VALUE` fills; None: nothing."""

    id: str
    object: str
    source_type: str
    source_id: str
    external_id: str
    reason_code: str
    sentence: str
    remedy: str
    fate: str
    conversation: str | None
    allowed: tuple[str, ...]
    column: str | None = None
    decision: Decision | None = None


def cases(settings: Settings, migration: Migration, target: str) -> list[Case]:
    """Open cases and those a person lives with (`accept`), in a fixed order; nothing is contacted."""
    stores = settings.stores(migration.name)
    decided = current(stores)
    found: list[Case] = []
    if stores.warehouse.exists():
        with Warehouse.of(stores.warehouse).get_connection() as connection:
            found += _exceptions(connection, columns_of(settings, migration))
            found += _agents(connection, stores, target)
    found += _operations(stores, migration, target)
    return [_with(case, decided.get(case.id)) for case in found]


def columns_of(settings: Settings, migration: Migration) -> dict[str, str]:
    """Reason code → column, as the source's folder says. Raises MappingError for a column that cannot be filled."""
    path = settings.sql / migration.mapping.source / "decisions.yaml"
    if not path.exists():
        return {}
    columns = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    unknown = sorted({str(column) for column in columns.values()} - {column for _, column in USABLE})
    if unknown:
        raise MappingError(
            f"no decision can fill {', '.join(unknown)}", where=str(path), mend="name columns a decision may fill"
        )
    return {str(reason): str(column) for reason, column in columns.items()}


def _exceptions(connection: Connection, columns: dict[str, str]) -> Iterator[Case]:
    rows = connection.execute(
        """
        select exceptions.object, source_type, source_id, external_id, reason_code, sentence, remedy,
            exceptions.conversation, is_staged, (exceptions.object, source_type, source_id) in
                (select (object, source_type, source_id) from staging.records) as is_record,
            external_id in (select external_id from staging.parts where is_opening) as is_opening
        from staging.exceptions order by exceptions.object, source_type, source_id, reason_code
        """
    ).fetchall()
    for row in rows:
        object, source_type, source_id, external_id, reason, sentence, remedy, conversation, staged, record, first = row
        column = columns.get(reason) if staged and (object, columns.get(reason)) in USABLE else None
        allowed = ["retry"]
        allowed += ["accept"] if staged else []
        allowed += ["use VALUE"] if column else []
        # without its first message a conversation would begin with nothing: exclude the conversation
        allowed += ["exclude"] if record and not first else []
        allowed += ["merge into ID"] if object in JOINABLE and record and staged else []
        fate = "migrates with a substitute" if staged else "stays behind"
        yield Case(
            f"{object}/{external_id}/{reason}", object, source_type, source_id, external_id, reason, sentence, remedy,
            fate, conversation, tuple(allowed), column,
        )  # fmt: skip


def _agents(connection: Connection, stores: Stores, target: str) -> Iterator[Case]:
    """Agents the workspace did not know when it was last verified."""
    if not stores.ledger(target).exists():
        return
    books = read_only(stores.ledger(target))
    try:
        told = books.meta(UNMATCHED)
    finally:
        books.close()
    rows = connection.execute(
        "select source_type, source_id, external_id from staging.teammates"
        " where external_id = any($ids) and is_active order by external_id",
        {"ids": json.loads(told) if told else []},
    ).fetchall()
    for source_type, source_id, external_id in rows:
        yield Case(
            f"teammates/{external_id}/unmatched_agent", "teammates", source_type, source_id, external_id,
            "unmatched_agent", "No teammate of the workspace has this agent's e-mail address.",
            "Invite the agent and retry, name the teammate's address (use), or let the migration admin stand for"
            " them (accept).", "held until somebody decides", None, ("retry", "use VALUE", "accept"), "email",
        )  # fmt: skip


def _operations(stores: Stores, migration: Migration, target: str) -> Iterator[Case]:
    if not stores.ledger(target).exists():
        return
    books = read_only(stores.ledger(target))
    try:
        rows = list(books.iterate("state in ('conflict', 'quarantined', 'refused')"))
        reasons = {row.key: latest_evidence(books, row)[0] for row in rows if row.state == "quarantined"}
    finally:
        books.close()
    for row in sorted(rows, key=lambda row: (row.state, row.key)):
        yield _operation(row, migration, target, reasons.get(row.key, ""))


def _operation(row: Operation, migration: Migration, target: str, reason: str) -> Case:
    if row.state == "conflict":
        code = f"conflict_{row.remark or 'changed'}"
        gone = row.remark == "vanished"
        sentence = f"The source has {'lost' if gone else 'changed'} it since it was sent; Intercom keeps what was sent."
        remedy, fate, allowed = "Look at both, change Intercom by hand if needed, then accept.", "sent", ["accept"]
    elif row.state == "quarantined":
        code, sentence, fate = "quarantined", f"What became of it is not known: {reason}.", "held"
        remedy = (
            f"`hd-assets resolve {migration.name} --target {target}` shows the evidence. It took effect: use and the"
            " Intercom id. It did not: retry."
        )
        allowed = ["retry", "use VALUE"]
    else:
        code, sentence, fate = "refused", f"Intercom refused it ({row.error_code or row.status}).", "not sent"
        remedy, allowed = "Mend the cause; the next run tries again.", ["retry", "accept"]
    # what was accepted is this change, not the next one
    mark = f"@{row.seen_digest[:8]}" if row.state == "conflict" else ""
    source_type, _, source_id = row.external_id.removeprefix(f"{migration.name}-").partition("-")
    return Case(
        f"{OPERATION}/{target}/{row.key}{mark}", OPERATION, source_type, source_id, row.external_id, code, sentence,
        remedy, fate, row.conversation or None, tuple(allowed),
    )  # fmt: skip


def _with(case: Case, decision: Decision | None) -> Case:
    return replace(case, decision=decision) if decision else case


def key_of(case: Case) -> str:
    """Key of the operation a case is about."""
    return case.id.split("/", 2)[2]


def default_file(stores: Stores) -> Path:
    return stores.deliverables / "exceptions.csv"
