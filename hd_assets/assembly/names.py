"""How assets, groups, pools and jobs of a migration are called."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypedDict

import dagster as dg

from hd_assets.mapping import Migration

Stage = Literal["raw", "staging", "publish", "audit"]
SIMULATOR = "simulator"


class Traits(TypedDict):
    group_name: str
    tags: dict[str, str]
    kinds: set[str]
    owners: list[str]


@dataclass(frozen=True)
class Names:
    """Names of one migration. Everything in the UI is found by them, so they never change once released."""

    migration: str
    source: str
    owners: tuple[str, ...] = ()

    @classmethod
    def of(cls, migration: Migration) -> Names:
        return cls(migration.name, migration.mapping.source, tuple(migration.mapping.owners))

    @property
    def mapping(self) -> dg.AssetKey:
        return dg.AssetKey([self.migration, "mapping"])

    @property
    def pool(self) -> str:
        """One pool for all: a run holds the migration's warehouse and its ledger at once."""
        return f"migration_{self.migration}"

    @property
    def warehouse(self) -> str:
        return f"{self.migration}_warehouse"

    def key(self, stage: Stage, name: str) -> dg.AssetKey:
        return dg.AssetKey([self.migration, stage, name])

    def keys(self, stage: Stage, names: Iterable[str]) -> list[dg.AssetKey]:
        return [self.key(stage, name) for name in names]

    def group(self, stage: Stage) -> str:
        return f"{self.migration}_{stage}"

    def job(self, stage: str, target: str = SIMULATOR) -> str:
        """`<migration>_<stage>`; jobs that write to another target than the simulator say so in their name."""
        return f"{self.migration}_{stage}" if target == SIMULATOR else f"{self.migration}_{stage}_{target}"

    def op(self, stage: Stage, name: str) -> str:
        return f"{self.migration}__{stage}__{name}"

    def traits(self, stage: Stage, *kinds: str) -> Traits:
        """Group, tags, kinds and owners of an asset, as keyword arguments of `dg.AssetSpec`."""
        return Traits(
            group_name=self.group(stage),
            tags={"stage": stage, "source": self.source},
            kinds=set(kinds),
            owners=list(self.owners),
        )
