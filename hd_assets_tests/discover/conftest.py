"""Installations extracted and discovered with the mapping a migration begins with, where nothing is decided."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from hd_assets.discover.begin import begin
from hd_assets.discover.run import discover
from hd_assets.discover.tables import TABLES
from hd_assets.extract.raw import RawStore, extract
from hd_assets.extract.registry import open_extractor
from hd_assets.mapping import load, write_tables
from hd_assets.samples.osticket import SampleOptions, write
from hd_assets.settings import shipped_folder
from hd_assets.warehouse import Warehouse
from hd_assets_tests.shared import shared_path

SQL = shipped_folder() / "sql"


class Found:
    """What discovery found, by table, as dictionaries."""

    def __init__(self, root: Path, env: Mapping[str, str]) -> None:
        self.root = root
        (root / "mappings").mkdir(parents=True)
        begin(root / "mappings", "desk", "osticket")
        self.migration = load(root / "mappings", "desk")
        self.warehouse = Warehouse.of(root / "warehouse.duckdb")
        store = RawStore(root)
        extract(open_extractor("osticket", env, {}), store)
        with self.warehouse.transaction() as connection:
            for name, query in store.views().items():
                connection.execute(f'create or replace view raw."{name}" as {query}')
            write_tables(connection, self.migration)
            self.counts = discover(connection, self.migration, SQL, files=root / "files")

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with self.warehouse.get_connection() as connection:
            return connection.execute(query).fetchall()

    def read(self) -> dict[str, list[dict[str, Any]]]:
        """Every table as it is now; opening the warehouse costs more than reading them all."""
        with self.warehouse.get_connection() as connection:
            found = {}
            for name in TABLES:
                cursor = connection.execute(f'select * from discovery."{name}" order by all')
                columns = [column[0] for column in cursor.description]
                found[name] = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
            return found

    @cached_property
    def tables(self) -> dict[str, list[dict[str, Any]]]:
        return self.read()

    def table(self, name: str) -> list[dict[str, Any]]:
        return self.tables[name]


@pytest.fixture(scope="session")
def truth() -> dict[str, Any]:
    return json.loads(shared_path("data/osticket/truth.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def real(tmp_path_factory) -> Found:
    """The real installation beside the project."""
    dump = shared_path("data/osticket/osticket-1.18.sql.gz")
    root = tmp_path_factory.mktemp("real")
    with tarfile.open(shared_path("data/osticket/osticket-1.18-attachments-fs.tar.gz")) as archive:
        archive.extractall(root, filter="data")
    return Found(root / "store", {"OSTICKET_DUMP": str(dump), "OSTICKET_FILES": str(root / "attachments")})


@pytest.fixture(scope="session")
def damaged(tmp_path_factory) -> Found:
    """An installation of another version, prefix and zone, with every kind of damage the samples know."""
    root = tmp_path_factory.mktemp("damaged")
    options = SampleOptions(prefix="acme_", time_zone="Europe/Berlin", variant=2, months=4, damage=True)
    report = write(root / "source", tickets=40, seed=5, options=options)
    return Found(root / "store", report.variables)
