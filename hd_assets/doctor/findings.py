"""What a test found: fine, open, wrong or unreachable."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

from hd_assets.errors import BlockedError, HdError, UnreachableError

Standing = Literal["fine", "open", "wrong", "unreachable"]


@dataclass(frozen=True)
class Finding:
    """One line of the diagnosis. `open`: not decided or not tried, which is no fault. No secrets, nobody's name."""

    area: str
    standing: Standing
    sentence: str
    mend: str = ""


@dataclass
class Findings:
    """Collects the findings of one area after another."""

    found: list[Finding] = field(default_factory=list)

    def fine(self, area: str, sentence: str) -> None:
        self.found.append(Finding(area, "fine", sentence))

    def open(self, area: str, sentence: str, mend: str = "") -> None:
        self.found.append(Finding(area, "open", sentence, mend))

    def wrong(self, area: str, sentence: str, mend: str) -> None:
        self.found.append(Finding(area, "wrong", sentence, mend))

    def fault(self, area: str, fault: HdError) -> None:
        standing: Standing = "unreachable" if fault.exit_code == UnreachableError.exit_code else "wrong"
        self.found.append(Finding(area, standing, f"{fault.what} ({fault.where})", fault.mend))

    @contextmanager
    def catching(self, area: str) -> Iterator[None]:
        """An expected failure ends this test, not the diagnosis."""
        try:
            yield
        except HdError as fault:
            self.fault(area, fault)


def exit_code(findings: Iterable[Finding]) -> int:
    """0 when nothing is wrong, 4 when something cannot be reached, else 3."""
    standings = {finding.standing for finding in findings}
    if "unreachable" in standings:
        return UnreachableError.exit_code
    return BlockedError.exit_code if "wrong" in standings else 0
