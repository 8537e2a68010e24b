"""A small helpdesk of the last four months, extracted and staged once; every test works on its own copy."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import dagster as dg
import pytest
import yaml

from hd_assets.assembly.launch import Launched, run_job
from hd_assets.assembly.run_options import RunOptions
from hd_assets.instance import open_instance
from hd_assets.mapping import Migration, load
from hd_assets.partitions import Window, previous_month
from hd_assets.provisioning import readiness
from hd_assets.samples.osticket import SampleOptions, write
from hd_assets.settings import Settings, shipped_folder
from hd_assets.simulator.core import Simulator
from hd_assets.simulator.rules import Rules
from hd_assets.simulator.server import SimulatorServer

MONTHS = 2
# Distinctive, so that it is found wherever it should not be.
SECRET = "s3cr3t-9f1c2b7e-do-not-print"


def first_month() -> date:
    """The sample ends in a month that is over."""
    day = datetime.now(UTC).date().replace(day=1)
    for _ in range(MONTHS + 1):
        day = previous_month(day)
    return day


@dataclass
class World:
    """One migration with its stores and its own simulated workspace."""

    settings: Settings
    migration: Migration
    simulator: Simulator
    instance: dg.DagsterInstance

    def run(self, stage: str, *, execute: bool = False, target: str = "simulator", window: Window | None = None,
            only: tuple[str, ...] = ()) -> Launched:  # fmt: skip
        options = RunOptions(target=target, execute=execute, only=list(only))
        return run_job(self.settings, self.migration, stage, options=options, window=window, instance=self.instance)

    @property
    def writes(self) -> int:
        return self.simulator.summary()["writes"]

    def provision(self) -> None:
        self.simulator.provision(**readiness(self.settings, self.migration))


@pytest.fixture(scope="session")
def mappings(tmp_path_factory) -> Path:
    """The shipped mapping, begun four months ago so that runs have few partitions."""
    folder = tmp_path_factory.mktemp("mappings")
    document = yaml.safe_load((shipped_folder() / "mappings" / "osticket.yaml").read_text(encoding="utf-8"))
    document["first_month"] = f"{first_month():%Y-%m}"
    (folder / "osticket.yaml").write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def staged_home(mappings, tmp_path_factory) -> Path:
    home = tmp_path_factory.mktemp("staged")
    options = SampleOptions(first_month=f"{first_month():%Y-%m}", months=MONTHS)
    report = write(home / "sample", tickets=14, seed=3, options=options)
    settings = settings_of(home, mappings, "http://127.0.0.1:9")
    migration = load(mappings, "osticket")
    with pytest.MonkeyPatch.context() as patch, open_instance(settings) as instance:
        for name, value in report.variables.items():
            patch.setenv(name, value)
        world = World(settings, migration, None, instance)
        for stage in ("discover", "stage"):
            launched = world.run(stage)
            assert launched.success, launched
    return home


@pytest.fixture
def history(staged_home, mappings) -> Iterator[dg.DagsterInstance]:
    """What extracting and staging left in the persistent instance."""
    with open_instance(settings_of(staged_home, mappings, "http://127.0.0.1:9")) as instance:
        yield instance


def settings_of(home: Path, mappings: Path, url: str) -> Settings:
    return Settings.from_environment({"HD_HOME": str(home), "HD_MAPPINGS": str(mappings), "HD_SIMULATOR_URL": url})


@pytest.fixture
def world(staged_home, mappings, tmp_path, monkeypatch) -> Iterator[World]:
    """A staged migration, a workspace that has its admins and teams, and nothing sent."""
    home = tmp_path / "home"
    shutil.copytree(staged_home / "osticket", home / "osticket")
    monkeypatch.setenv("OSTICKET_DUMP", str(staged_home / "sample" / "osticket.sql"))
    monkeypatch.setenv("OSTICKET_FILES", str(staged_home / "sample" / "attachments"))
    with (
        Simulator(tmp_path / "workspace.sqlite", rules=Rules(requests_per_minute=1_000_000)) as simulator,
        SimulatorServer(simulator) as server,
    ):
        settings = settings_of(home, mappings, server.url)
        with open_instance(settings) as instance:
            found = World(settings, load(mappings, "osticket"), simulator, instance)
            found.provision()
            yield found
