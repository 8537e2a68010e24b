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
from hd_assets_tests.extract.osticket.small import write_dump
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


@pytest.fixture(scope="session")
def small(tmp_path_factory) -> Found:
    """Three tickets written by hand, for what the samples do not have."""
    root = tmp_path_factory.mktemp("small")
    made = "2024-05-07 10:00:00"
    fields = [
        {"id": 1, "form_id": 1, "name": "region", "type": "choices", "configuration": _choices("e:East\\r\\nw:West")},
        {"id": 2, "form_id": 2, "name": "region", "type": "choices", "configuration": _choices("n:North\\ns:South")},
        {"id": 3, "form_id": 1, "name": "size", "type": "choices", "configuration": _choices("l:Large\\ns:Small")},
        {"id": 4, "form_id": 1, "name": "on_day", "type": "datetime", "configuration": "{}"},
        {"id": 5, "form_id": 1, "name": "at_hour", "type": "datetime", "configuration": "{}"},
        {"id": 6, "form_id": 1, "name": "share", "type": "text", "configuration": '{"validator":"number"}'},
    ]
    answers = [
        (1, 1, '{"e":"East"}'),
        (2, 1, "w"),
        (3, 2, '{"n":"North"}'),
        (1, 3, '{"m":"Medium"}'),
        (1, 4, "2024-05-07 00:00:00 UTC"),
        (1, 5, "2024-05-07 16:30:00 UTC"),
        (1, 6, "1.5"),
        (2, 6, "2"),
    ]
    dump = write_dump(
        root / "small.sql",
        {
            "ticket": [
                {"ticket_id": 1, "status_id": 1, "flags": 0, "created": made, "updated": made, "lastupdate": made},
                {"ticket_id": 2, "status_id": 1, "flags": 0, "created": made, "updated": made, "lastupdate": made},
                {"ticket_id": 3, "status_id": 9, "flags": 0, "created": "0000-00-00 00:00:00"},
            ],
            "ticket_status": [{"id": 1, "name": "Open", "state": "open"}],
            "thread_entry": [
                {"id": number, "thread_id": number, "type": "M", "flags": 0, "body": body, "created": made}
                for number, body in enumerate(
                    (
                        "<p>Guten Tag, die Anlage ist nicht an, und wir haben ein Problem mit der Lampe.</p>",
                        "Hello, the gateway does not answer and we can not see the sensors.",
                        "センサーが動作していません。確認してください。",
                        "ok",
                    ),
                    start=1,
                )
            ],
            "form": [{"id": 1, "type": "T"}, {"id": 2, "type": "G"}],
            "form_field": [{"flags": 13057, "label": field["name"].title(), **field} for field in fields],
            "form_entry": [
                {"id": 1, "form_id": 1, "object_id": 1, "object_type": "T"},
                {"id": 2, "form_id": 1, "object_id": 2, "object_type": "T"},
                {"id": 3, "form_id": 2, "object_id": 3, "object_type": "T"},
            ],
            "form_entry_values": [
                {"entry_id": entry, "field_id": field, "value": value} for entry, field, value in answers
            ],
        },
    )
    return Found(root / "store", {"OSTICKET_DUMP": str(dump)})


def _choices(lines: str) -> str:
    return f'{{"choices":"{lines}"}}'
