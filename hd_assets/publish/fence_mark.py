"""The mark of the leading ledger, as it stands in a workspace and in the ledger itself."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass

OPEN, ENDED = "open", "ended"
_MARK = re.compile(r"ledger ([0-9a-f]{32}) run (\d+)(?: (open|ended) ([0-9a-f]{8}))?")


@dataclass(frozen=True)
class Mark:
    """`phase` is open while a step writes and ended after it; `token` makes the mark unlike any other one.

    Both are empty in marks of versions that had neither.
    """

    ledger_id: str
    run_no: int
    phase: str
    token: str

    @classmethod
    def new(cls, ledger_id: str, run_no: int, phase: str = OPEN) -> Mark:
        return cls(ledger_id, run_no, phase, secrets.token_hex(4))

    @classmethod
    def read(cls, text: str | None) -> Mark | None:
        found = _MARK.search(text or "")
        return cls(found[1], int(found[2]), found[3] or "", found[4] or "") if found else None

    @property
    def ended(self) -> bool:
        return self.phase == ENDED

    @property
    def is_old_version(self) -> bool:
        return not self.phase

    @property
    def words(self) -> str:
        return f"ledger {self.ledger_id} run {self.run_no}" + (f" {self.phase} {self.token}" if self.phase else "")


def marker_text(migration: str, mark: Mark) -> str:
    """The attribute's description, which people read in the workspace's settings."""
    return f"Id of the record in the migration {migration}. Do not edit: {mark.words}"
