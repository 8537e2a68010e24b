"""Beginnings of schedules, made once and copied: nothing done yet, planned, the workspace furnished."""

from dataclasses import dataclass
from pathlib import Path

from hd_assets_tests.proof.bench import Bench
from hd_assets_tests.proof.fixtures import SOURCES
from hd_assets_tests.proof.machine import Disk, Machine
from hd_assets_tests.proof.steps import STEPS
from hd_assets_tests.proof.store import Store
from hd_assets_tests.proof.world import before, world

# how often each, out of twenty
BEGINNINGS = ("nothing", "planned", *["furnished"] * 18)
_STEPS = {"nothing": 0, "planned": 1, "furnished": 2}


@dataclass(frozen=True)
class Beginning:
    image: bytes
    disk: Disk | None


class Templates:
    """Over one frozen source."""

    def __init__(self, source: str, root: Path) -> None:
        self.source = SOURCES[source]()
        self.bench = Bench(self.source, root / "bench")
        self.image = before(self.source)
        self.store = Store(self.image)
        self._root = root
        self._made = {"nothing": Beginning(self.image, None)}

    def beginning(self, name: str) -> Beginning:
        if name not in self._made:
            made = world(self.bench, self.image)
            ended = Machine(made, self._root / name).run(steps=STEPS[: _STEPS[name]])
            if ended.how != "finished":
                raise AssertionError(f"{name}: {ended.fault}")
            self._made[name] = Beginning(made.snapshot(), ended.disk)
        return self._made[name]
