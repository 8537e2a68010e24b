"""A copy of each confirmed mapping, so that what was changed since can be named."""

from __future__ import annotations

import shutil
from pathlib import Path

from hd_assets.errors import MappingError
from hd_assets.mapping.changes import Change, changes
from hd_assets.mapping.files import Migration, load
from hd_assets.settings import Stores

FOLDER = "confirmed"


def keep(stores: Stores, migration: Migration) -> Path:
    """Copy the mapping file and its SQL overrides to where its digest leads; there whole or not at all."""
    folder = stores.root / FOLDER / migration.digest
    if folder.exists():
        return folder
    unfinished = folder.with_suffix(".part")
    shutil.rmtree(unfinished, ignore_errors=True)
    sql = unfinished / migration.name / "sql"
    sql.mkdir(parents=True)
    shutil.copyfile(migration.path, unfinished / f"{migration.name}.yaml")
    for name, path in migration.overrides.items():
        (sql / name).parent.mkdir(exist_ok=True)
        shutil.copyfile(path, sql / f"{name}.sql")
    unfinished.replace(folder)
    return folder


def kept(stores: Stores, name: str, digest: str) -> Migration | None:
    """The confirmed mapping of this digest; None where no copy is, or none this version can read."""
    folder = stores.root / FOLDER / digest
    if not folder.is_dir():
        return None
    try:
        return load(folder, name)
    except MappingError:
        return None


def changed_since(stores: Stores, migration: Migration, digest: str) -> list[Change] | None:
    """Keys that differ from the mapping confirmed under this digest; None where its copy is gone."""
    before = kept(stores, migration.name, digest)
    return None if before is None else changes(before, migration)


def told(found: list[Change], most: int = 8) -> str:
    """Key paths only: values may name people."""
    more = f" and {len(found) - most} more" if len(found) > most else ""
    return ", ".join(change.line for change in found[:most]) + more
