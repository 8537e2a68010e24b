"""Installations read and discovered as a run does it, and what is proposed for them."""

from __future__ import annotations

import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from hd_assets.discover.run import discover
from hd_assets.mapping import Migration, load
from hd_assets.propose.base import read_base
from hd_assets.propose.draft import draft
from hd_assets.propose.found import read_found
from hd_assets.propose.line import Line
from hd_assets.samples.osticket import SampleOptions, write
from hd_assets_tests.shared import shared_path
from hd_assets_tests.staging.osticket_desk import SQL, Desk, extracted

EXPECTED = Path(__file__).with_name("expected")
BEGUN = """\
source: osticket
time_zone: undecided      # IANA zone
first_month: undecided
migration_admin:
  name: Migration
  email: undecided
unassigned_tickets: undecided
unmatched_agents: undecided
internal_notes: undecided

targets:
  simulator: {}

objects: {}
"""


@dataclass
class Proposed:
    """A desk, the lines drafted for it, and what somebody who knows it would decide."""

    desk: Desk
    lines: list[Line]
    truth: dict[str, Any]

    def judged(self) -> list[tuple[str, str, str, float]]:
        """(key, wanted, proposed, confidence) of every field and value of the truth."""
        by_path = {line.path: line for line in self.lines}
        types = {line.path[2]: line for line in self.lines if line.path[0] == "attributes"}
        rows = []
        for status, wanted in self.truth["statuses"].items():
            for field, want in zip(("status", "ticket_state"), wanted, strict=True):
                line = by_path["values", field, status]
                rows.append((line.name, want, line.value, line.confidence))
        for group, fields in self.truth["fields"].items():
            for field, want in fields.items():
                line = by_path["custom_fields", group, field]
                attribute = line.value.get("attribute")
                proposed = types[attribute].value["type"] if attribute else "left_out"
                rows.append((line.name, want, proposed, line.confidence))
        return rows


def proposed(root: Path, name: str) -> Proposed:
    """`name`: a variant of the sample generator, or northwind for the installation beside the project."""
    dump, files = _northwind(root) if name == "northwind" else _generated(root, int(name))
    desk = extracted(root / "store", dump, files)
    with desk.warehouse.transaction() as connection:
        discover(connection, desk.migration, SQL, files=desk.files)
        found = read_found(connection, "desk")
    lines = draft(found, read_base("osticket"), yaml.safe_load(BEGUN), "desk")
    truth = yaml.safe_load((EXPECTED / f"{name}.yaml").read_text(encoding="utf-8"))
    return Proposed(desk, lines, truth)


def _generated(root: Path, variant: int) -> tuple[Path, Path]:
    write(root / "source", tickets=30, seed=variant, options=SampleOptions(variant=variant, months=2, prefix="own_"))
    return root / "source" / "osticket.sql", root / "source" / "attachments"


def _northwind(root: Path) -> tuple[Path, Path]:
    with tarfile.open(shared_path("data/osticket/osticket-1.18-attachments-fs.tar.gz")) as archive:
        archive.extractall(root, filter="data")
    return shared_path("data/osticket/osticket-1.18.sql.gz"), root / "attachments"


def migration_of(folder: Path, text: str) -> Migration:
    """The migration `desk` of a mapping file."""
    (folder / "desk.yaml").write_text(text, encoding="utf-8")
    return load(folder, "desk")
