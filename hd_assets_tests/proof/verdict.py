"""What the checker found."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Verdict:
    """One line for each finding, without order. `held`: of conversations that wait for a person.

    `led`, `left`: links in messages that lead to our records, and to old pages of records that are there.
    """

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    reordered: list[str] = field(default_factory=list)
    altered: list[str] = field(default_factory=list)
    held: list[str] = field(default_factory=list)
    led: int = 0
    left: int = 0

    def count_links(self, led: int, left: int) -> None:
        self.led += led
        self.left += left

    @property
    def lines(self) -> list[str]:
        found = []
        for name in ("lost", "doubled", "reordered", "altered"):
            found += [f"{name}: {line}" for line in getattr(self, name)]
        return found

    @property
    def counts(self) -> dict[str, int]:
        return {name: len(getattr(self, name)) for name in ("lost", "doubled", "reordered", "altered")}

    def bags(self, what: str, wanted: Counter, found: Counter) -> None:
        """Things without a name of their own; the first value of each says which one it is meant to be."""
        missing, extra = list((wanted - found).elements()), list((found - wanted).elements())
        for entry in extra:
            if entry in wanted:
                self.doubled.append(f"{what} {entry[:2]}")
            elif any(other[0] == entry[0] for other in missing):
                missing.remove(next(other for other in missing if other[0] == entry[0]))
                self.altered.append(f"{what} {entry[:2]}")
            else:
                self.altered.append(f"{what} {entry[:2]} is nobody's")
        self.lost += [f"{what} {entry[:2]}" for entry in missing]

    def members(self, what: str, wanted: list, found: list) -> None:
        """A list in which everything stands once, in any order."""
        missing, extra = Counter(wanted) - Counter(found), Counter(found) - Counter(wanted)
        self.lost += [f"{what} {entry}" for entry in missing]
        for entry in extra:
            (self.doubled if entry in wanted else self.altered).append(f"{what} {entry}")

    def same(self, what: str, wanted: dict[str, Any], doc: dict[str, Any]) -> None:
        for name, value in wanted.items():
            if doc.get(name) != value:
                self.altered.append(f"{what}: {name} is {doc.get(name)!r} instead of {value!r}")
