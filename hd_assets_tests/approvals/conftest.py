"""One mapping with three targets and a home in which only documents lie."""

from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from hd_assets.approvals import approve, approve_cutover, approve_document, require_approvals
from hd_assets.errors import BlockedError
from hd_assets.mapping import Migration, load
from hd_assets.settings import Stores
from hd_assets_tests.publish.desk import MAPPING

SCOPE = """# Scope

What there is.

| what | rows | first | last |
| --- | ---: | --- | --- |
| tickets | [120](scope_volume.csv) | 2023-01 | 2024-05 |
| status Open | [3](scope_value.csv) | | |
"""


@dataclass
class Table:
    """Where people sign: `table.missing("conversations")` → the approvals a step of production still waits for."""

    folder: Path
    stores: Stores

    @property
    def migration(self) -> Migration:
        return load(self.folder, "desk")

    def map(self, **changes) -> None:
        path = self.folder / "desk.yaml"
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        path.write_text(yaml.safe_dump(document | changes), encoding="utf-8")

    def write(self, file: str, text: str, run: str = "20250601T080000Z-aaaaaaaa") -> Path:
        path = self.stores.deliverables / run / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def sign(self, *what: str) -> None:
        for one in what:
            if one == "mapping":
                approve(self.stores, "mapping", "Ada Example", self.migration.digest)
            elif one == "cutover":
                approve_cutover(self.stores, self.migration, "Ada Example")
            else:
                approve_document(self.stores, self.migration, one, "Ada Example")

    def refusal(self, step: str, target: str = "production", *, is_sample: bool = False) -> BlockedError | None:
        try:
            require_approvals(self.stores, self.migration, target, step, is_sample=is_sample)
        except BlockedError as fault:
            return fault
        return None


@pytest.fixture
def table(tmp_path) -> Table:
    folder = tmp_path / "mappings"
    folder.mkdir()
    document = yaml.safe_load(MAPPING)
    document["targets"]["production"] = document["targets"]["test"] | {"workspace": "real"}
    (folder / "desk.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
    made = Table(folder, Stores(tmp_path / "home" / "desk"))
    made.write("scope.md", SCOPE)
    made.write("configuration_guide.md", "# Guide\n\nCreate the team Billing.\n")
    made.write("sample_review.csv", "ticket,verdict,remark\n1,ok,\n2,,\n")
    return made
