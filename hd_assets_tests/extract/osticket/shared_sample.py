"""Reading the sample installation into a store, and comparing what two readings gave."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from hd_assets.extract.raw import Extraction, RawStore, extract
from hd_assets.extract.registry import open_extractor
from hd_assets_tests.shared import shared_path

DUMP = "data/osticket/osticket-1.18.sql.gz"


@cache
def truth() -> dict[str, Any]:
    return json.loads(shared_path("data/osticket/truth.json").read_text(encoding="utf-8"))


def unpack_files(folder: Path) -> Path:
    with tarfile.open(shared_path("data/osticket/osticket-1.18-attachments-fs.tar.gz")) as archive:
        archive.extractall(folder, filter="data")
    return folder / "attachments"


def read_into(root: Path, env: Mapping[str, str], **options: object) -> tuple[RawStore, Extraction]:
    store = RawStore(root)
    return store, extract(open_extractor("osticket", env, options), store)


def rows(store: RawStore, entity: str, columns: str = "* exclude (_extraction)") -> list[tuple[Any, ...]]:
    view = store.views()[entity]
    with duckdb.connect() as connection:
        return connection.execute(f"select {columns} from ({view}) order by all").fetchall()


def tally(store: RawStore, entity: str, column: str) -> dict[str, int]:
    view = store.views()[entity]
    with duckdb.connect() as connection:
        return dict(connection.execute(f"select {column}, count(*) from ({view}) group by all").fetchall())
