"""The book of approvals: one appended line a decision, never rewritten."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from hd_assets.errors import UsageError
from hd_assets.settings import Stores


class Approval(BaseModel):
    """`digest` is that of the thing agreed to; a changed thing needs a new approval."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    what: str
    by: str
    at: AwareDatetime
    digest: str
    file: str | None = Field(None, description="The document agreed to, below the deliverables; else an absolute path.")
    mapping: str | None = Field(None, description="Digest of the mapping at the time of a document's approval.")
    target: str | None = Field(None, description="The workspace an approval is limited to.")


def approve(
    stores: Stores,
    what: str,
    by: str,
    digest: str,
    *,
    file: str | None = None,
    mapping: str | None = None,
    target: str | None = None,
) -> Approval:
    """Append one approval durably. Raises UsageError when nobody is named."""
    if not by.strip():
        raise UsageError("an approval needs a name", where="--by", mend="say who agreed: --by NAME")
    approval = Approval(
        what=what, by=by.strip(), at=datetime.now(UTC), digest=digest, file=file, mapping=mapping, target=target
    )
    path = _path(stores)
    path.parent.mkdir(parents=True, exist_ok=True)
    # a line torn by a crash must not swallow the one that follows it
    torn = path.exists() and not path.read_bytes().endswith(b"\n") and path.stat().st_size > 0
    with path.open("a", encoding="utf-8") as file_:
        file_.write(("\n" if torn else "") + approval.model_dump_json(exclude_none=True) + "\n")
        file_.flush()
        os.fsync(file_.fileno())
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


def _path(stores: Stores) -> Path:
    return stores.root / "approvals.jsonl"
