"""The book of decisions: one appended line a decision with who and when; the latest of a case counts."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from hd_assets.settings import Stores
from hd_assets.warehouse import Connection, append

Action = Literal["retry", "use", "exclude", "merge", "accept"]
_WORDS = re.compile(r"(retry|accept|exclude)|(use)\s+(\S.*)|(merge)\s+into\s+(\S+)", re.IGNORECASE)


class Decision(BaseModel):
    """One decision. `value`: what `use` puts in, or the external id `merge into` names; `column`: what it fills."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    case: str = Field(description="Id of the row in exceptions.csv.")
    object: str
    source_type: str
    source_id: str
    external_id: str
    reason_code: str
    action: Action
    value: str | None = None
    column: str | None = None
    by: str
    at: AwareDatetime

    @property
    def words(self) -> str:
        return {"use": f"use {self.value}", "merge": f"merge into {self.value}"}.get(self.action, self.action)


def parse(cell: str) -> tuple[Action, str | None] | None:
    """`retry`, `accept`, `exclude`, `use VALUE` or `merge into ID`; None for anything else."""
    found = _WORDS.fullmatch(cell.strip())
    if found is None:
        return None
    bare, use, value, merge, into = found.groups()
    if bare:
        action: Action = {"retry": "retry", "accept": "accept", "exclude": "exclude"}[bare.lower()]  # type: ignore[assignment]
        return action, None
    return ("use", value.strip()) if use else ("merge", into) if merge else None


def record(stores: Stores, decisions: Sequence[Decision]) -> None:
    """Append durably; all of them or, after a crash, those whose lines are whole."""
    path = _path(stores)
    path.parent.mkdir(parents=True, exist_ok=True)
    torn = path.exists() and path.stat().st_size > 0 and not path.read_bytes().endswith(b"\n")
    with path.open("a", encoding="utf-8") as file:
        file.write("\n" if torn else "")
        file.writelines(decision.model_dump_json(exclude_none=True) + "\n" for decision in decisions)
        file.flush()
        os.fsync(file.fileno())


def decisions(stores: Stores) -> Iterator[Decision]:
    """All decisions, oldest first."""
    path = _path(stores)
    if not path.exists():
        return
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            document = json.loads(line)
        except json.JSONDecodeError:
            continue
        yield Decision.model_validate(document)


def current(stores: Stores) -> dict[str, Decision]:
    """Case → its latest decision."""
    return {decision.case: decision for decision in decisions(stores)}


def load(connection: Connection, stores: Stores) -> int:
    """Let table `mapping.decision` hold what is decided now; `retry` takes an earlier decision back."""
    rows = [
        (entry.object, entry.source_type, entry.source_id, entry.external_id, entry.reason_code, entry.action,
         entry.value, entry.column, entry.by, entry.at.replace(tzinfo=None))
        for entry in current(stores).values() if entry.action != "retry"
    ]  # fmt: skip
    connection.execute(_TABLE)
    append(connection, "mapping.decision", rows)
    return len(rows)


_TABLE = """
create or replace table mapping.decision (
    object varchar not null, source_type varchar not null, source_id varchar not null, external_id varchar not null,
    reason_code varchar not null, action varchar not null, value varchar, column_name varchar,
    decided_by varchar not null, decided_at timestamp not null
)
"""


def _path(stores: Stores) -> Path:
    return stores.root / "decisions.jsonl"
