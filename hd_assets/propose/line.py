"""One decision of a draft."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

LOOK = 0.6
"""Below it a person should look."""

HIGH = 0.9
"""From it on a line is meant to be right."""


@dataclass(frozen=True)
class Line:
    """A key path of the mapping, its value, how sure (0 to 1) and why. `carried` lines have no key of their own: they
    tell what the rules of the source do with a value."""

    path: tuple[str, ...]
    value: Any
    confidence: float
    reason: str
    carried: bool = False

    @property
    def name(self) -> str:
        return ".".join(self.path)

    @property
    def needs_a_look(self) -> bool:
        return self.confidence < LOOK

    @property
    def comment(self) -> str:
        """What stands behind the line in the file."""
        return f"{'look at this, ' if self.needs_a_look else ''}{self.confidence:.0%}: {' '.join(self.reason.split())}"
