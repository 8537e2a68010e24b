"""What a generator says about what it wrote."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class SampleReport:
    """`variables` are the environment variables a migration of this sample needs.

    `counts` are rows by table or object, `injected` the ids of damaged records by kind (empty when none was asked
    for), `secrets` the texts that stand in every credential slot of the sample and must never leave it.
    """

    source: str
    directory: Path
    variables: dict[str, str]
    counts: dict[str, int]
    time_zone: str = "UTC"
    injected: dict[str, tuple[int, ...]] = field(default_factory=dict)
    oddities: dict[str, tuple[int, ...]] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()
