"""A damaged helpdesk, staged; its exceptions decided in the CSV by a person, and staged anew."""

import csv
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from hd_assets.checks import CheckContext, evaluate
from hd_assets.decisions import book
from hd_assets.decisions.apply import apply
from hd_assets.decisions.cases import Case, cases
from hd_assets.decisions.sheet import write
from hd_assets.mapping import Migration
from hd_assets.partitions import EVERYTHING
from hd_assets.samples.osticket import SampleOptions
from hd_assets.samples.osticket import write as write_sample
from hd_assets.settings import Settings
from hd_assets.staging.runner import stage_all
from hd_assets.warehouse import Warehouse
from hd_assets_tests.staging.osticket_desk import MAPPINGS, SQL, extracted

BY = "Ada Example"
# users who lose their address beside the one the damage takes
SILENT = ("3", "4")


@dataclass
class Office:
    """`office.decide({case id: words})` fills in the file and applies it; `restage` runs staging as a job does."""

    home: Path
    migration: Migration
    ids: dict[str, str] = field(default_factory=dict)

    @property
    def settings(self) -> Settings:
        return Settings(home=self.home, mappings=MAPPINGS, sql=SQL, simulator_url="http://127.0.0.1:9")

    @property
    def stores(self):
        return self.settings.stores("osticket")

    @property
    def sheet(self) -> Path:
        return self.stores.deliverables / "exceptions.csv"

    @property
    def cases(self) -> list[Case]:
        return cases(self.settings, self.migration, "simulator")

    def decide(self, words: dict[str, str], by: str = BY):
        write(self.sheet, self.cases)
        with self.sheet.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        for row in rows:
            row["decision"] = words.get(row["id"], row["decision"])
        with self.sheet.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        return apply(self.settings, self.migration, "simulator", self.sheet, by)

    def restage(self) -> None:
        with Warehouse.of(self.stores.warehouse).transaction() as connection:
            book.load(connection, self.stores)
            stage_all(connection, self.migration, SQL, EVERYTHING, files=self.stores.files)

    def rows(self, query: str, *bound) -> list[tuple]:
        with Warehouse.of(self.stores.warehouse).get_connection() as connection:
            return connection.execute(query, list(bound)).fetchall()

    def failing(self) -> set[str]:
        with Warehouse.of(self.stores.warehouse).get_connection() as connection:
            found = evaluate(connection, EVERYTHING, CheckContext(self.migration, self.stores.files))
            return {f"{check.label}: {verdict.description}" for check, verdict in found if not verdict.passed}

    def copy(self, folder: Path) -> "Office":
        (folder / "osticket").mkdir(parents=True)
        shutil.copy(self.stores.warehouse, folder / "osticket" / "warehouse.duckdb")
        (folder / "osticket" / "files").symlink_to(self.stores.files)
        return Office(folder, self.migration)


@pytest.fixture(scope="session")
def undecided(tmp_path_factory) -> Office:
    """Nobody may change it."""
    root = tmp_path_factory.mktemp("office")
    write_sample(root / "source", tickets=60, seed=5, options=SampleOptions(months=6, damage=True))
    desk = extracted(root / "osticket", root / "source" / "osticket.sql", root / "source" / "attachments")
    ids = ", ".join(f"'{id}'" for id in SILENT)
    desk.change("user_email", f"update raw.user_email set address = '' where user_id in ({ids})")
    desk.stage()
    return Office(root, desk.migration)


@pytest.fixture
def office(undecided, tmp_path) -> Office:
    return undecided.copy(tmp_path / "home")
