"""Who agreed to what, when, and to which digest: one appended line a decision, never rewritten."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from pydantic import AwareDatetime, BaseModel, ConfigDict

from hd_assets.errors import BlockedError
from hd_assets.mapping import Migration
from hd_assets.settings import Stores


class Approval(BaseModel):
    """`digest` is that of the thing agreed to; a changed thing needs a new approval."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    what: str
    by: str
    at: AwareDatetime
    digest: str


def approve(stores: Stores, what: str, by: str, digest: str) -> Approval:
    """Append one approval durably."""
    approval = Approval(what=what, by=by, at=datetime.now(UTC), digest=digest)
    path = _path(stores)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(approval.model_dump_json() + "\n")
        file.flush()
        os.fsync(file.fileno())
    return approval


def approvals(stores: Stores) -> Iterator[Approval]:
    """All approvals, oldest first. A line torn by a crash in the middle of its writing was never an approval."""
    path = _path(stores)
    if not path.exists():
        return
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            document = json.loads(line)
        except json.JSONDecodeError:
            continue
        yield Approval.model_validate(document)


def require_confirmed_mapping(stores: Stores, migration: Migration, target: str) -> None:
    """Raise BlockedError unless the mapping as it is now was confirmed. The simulator needs no confirmation."""
    if target == "simulator":
        return
    confirmed = [approval for approval in approvals(stores) if approval.what == "mapping"]
    if any(approval.digest == migration.digest for approval in confirmed):
        return
    what = "the mapping was changed since it was confirmed" if confirmed else "the mapping is not confirmed"
    raise BlockedError(
        f"{what}; nothing was sent to target {target}",
        where=f"{migration.path} (digest {migration.digest[:12]})",
        mend=f"let the customer read it, then run `hd-assets mapping confirm {migration.name} --by NAME`",
    )


def _path(stores: Stores) -> Path:
    return stores.root / "approvals.jsonl"
