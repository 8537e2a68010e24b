"""One damaged helpdesk, moved once by `demo`; tests that change something work on a copy."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from hd_assets.cli.run import STAGES
from hd_assets.extract.retry import RetryBudget
from hd_assets.mapping import load
from hd_assets.provisioning import readiness
from hd_assets.samples.osticket import SampleOptions, write
from hd_assets.settings import Settings
from hd_assets_tests.cli.desk import TOKEN, Answer, CommandLine, first_month, free_port, mappings, workspace
from hd_assets_tests.mariadb import mariadb  # noqa: F401 - a fixture
from hd_assets_tests.once import made_once

TICKETS = 34


@dataclass(frozen=True)
class Moved:
    """The published home and what the command said that made it; nobody may change it."""

    hd: CommandLine
    answer: Answer
    figures: dict[str, Any]

    @property
    def source(self) -> dict[str, str]:
        folder = self.hd.home / "demo" / "osticket"
        return {"OSTICKET_DUMP": str(folder / "osticket.sql"), "OSTICKET_FILES": str(folder / "attachments")}


@pytest.fixture(scope="session")
def moved(tmp_path_factory) -> Moved:
    return made_once(tmp_path_factory, "moved-by-demo", _move)


def _move(folder: Path) -> Moved:
    """Everything `demo` does, on a sample of two months in which each kind of damage occurs."""
    options = SampleOptions(first_month=f"{first_month():%Y-%m}", months=2, damage=True)
    # a secret in every slot of a good run; the demo's workspace takes any token
    hd = CommandLine(
        folder / "home",
        mappings(folder / "mappings"),
        f"http://127.0.0.1:{free_port()}",
        {"INTERCOM_TOKEN": TOKEN, "HD_SIMULATOR_TOKEN": TOKEN},
    )
    with mock.patch("hd_assets.samples.registry.generator", return_value=partial(write, options=options)):
        answer = hd("demo", "--tickets", str(TICKETS), "--no-ui", "--json", "-")
    assert answer.code == 0, answer.text
    return Moved(hd, answer, json.loads(answer.out))


@pytest.fixture
def hd(moved, tmp_path) -> Iterator[CommandLine]:
    """A copy of the published home with its own copy of the workspace, which takes only our token."""
    with _copied(moved, tmp_path, moved.hd.home / "demo" / "workspace.sqlite") as copy:
        yield copy


@pytest.fixture
def unsent(moved, tmp_path, monkeypatch) -> Iterator[CommandLine]:
    """A copy of the staged home before anything was sent: no ledger, and a workspace with admins and teams.

    `run --until publish` begins with publishing there: that extraction and staging come first is seen elsewhere.
    """
    monkeypatch.setitem(STAGES, "publish", ("publish",))
    with _copied(moved, tmp_path, None) as copy:
        shutil.rmtree(copy.store / "simulator")
        settings = Settings.from_environment({"HD_HOME": str(copy.home), "HD_MAPPINGS": str(copy.mappings)})
        copy.simulator.provision(**readiness(settings, load(copy.mappings, "osticket")))
        yield copy


@contextmanager
def _copied(moved: Moved, folder: Path, state: Path | None) -> Iterator[CommandLine]:
    for name in ("osticket", "dagster"):
        shutil.copytree(moved.hd.home / name, folder / "home" / name)
    shutil.copytree(moved.hd.mappings, folder / "mappings")
    if state is not None:
        shutil.copy(state, folder / "workspace.sqlite")
    with workspace(folder / "workspace.sqlite") as (simulator, url):
        variables = {"INTERCOM_TOKEN": TOKEN, **moved.source}
        yield CommandLine(folder / "home", folder / "mappings", url, variables, simulator)


@pytest.fixture
def empty(tmp_path) -> Iterator[CommandLine]:
    """A fresh home, a fresh workspace that takes only our token, and no source."""
    with workspace() as (simulator, url):
        yield CommandLine(tmp_path / "home", mappings(tmp_path / "mappings"), url, {"INTERCOM_TOKEN": TOKEN}, simulator)


@pytest.fixture(scope="session")
def bare(moved, tmp_path_factory) -> Iterator[CommandLine]:
    """A home without data, shared by runs that must leave it so."""
    folder = tmp_path_factory.mktemp("bare")
    shutil.copytree(moved.hd.home / "dagster", folder / "home" / "dagster")
    shutil.copytree(moved.hd.mappings, folder / "mappings")
    with workspace() as (simulator, url):
        yield CommandLine(folder / "home", folder / "mappings", url, {"INTERCOM_TOKEN": TOKEN}, simulator)


@pytest.fixture
def patient(monkeypatch):
    """Pauses between attempts are not slept."""
    monkeypatch.setattr("hd_assets.extract.raw.RetryBudget", partial(RetryBudget, sleep=lambda seconds: None))
    monkeypatch.setattr("hd_assets.publish.client.MOST_ATTEMPTS", 2)
    monkeypatch.setattr("hd_assets.warehouse.LOCK_BUDGET_SECONDS", 0.3)
