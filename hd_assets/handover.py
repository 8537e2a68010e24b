"""What a customer keeps: documents, certificate, id map and the agreements, in one folder with its checksums."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Mapping as Environment
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from hd_assets.approvals import approvals
from hd_assets.deliver.redact import copy_without_personal_data
from hd_assets.deliver.sheets import write_csv
from hd_assets.errors import BlockedError, HdError, UsageError
from hd_assets.links.addresses import KINDS, places
from hd_assets.mapping import Migration
from hd_assets.publish.ledger import read_only
from hd_assets.publish.ledger_read import LedgerReader
from hd_assets.settings import Settings, secret
from hd_assets.warehouse import Connection, Warehouse

ID_MAP = ("object", "source_type", "source_id", "number", "external_id", "intercom_id", "address", "outcome")
# a document of the run that wrote all of them; other files are taken from the newest run that wrote them
_MAIN = "configuration_guide.md"
_BESIDE = ("certificate.json", "certificate.md")
_ROWS = {
    "conversations": """
        select source_type, source_id, number, external_id, external_id, 'migrated' from staging.conversations
        union all
        select left_out.source_type, left_out.source_id,
            nullif(regexp_extract(parts.body_text, '^\\S+ (\\S+) was merged', 1), ''),
            concat_ws('-', $migration, left_out.source_type, left_out.source_id),
            left_out."into", left_out.outcome
        from staging.left_out
        left join staging.parts
            on left_out.source_id = parts.source_id and left_out.source_type = parts.source_type
            and parts.origin = 'merged'
        where left_out.object = 'conversations'
        order by 4
    """,
    **{
        object: f"""
        select source_type, source_id, cast(null as varchar), external_id, {stands}, 'migrated' from staging.{object}
        union all
        select source_type, source_id, null, concat_ws('-', $migration, source_type, source_id), "into", outcome
        from staging.left_out where object = '{object}'
        order by 4
        """
        for object, stands in {
            "contacts": "coalesce(merged_into, external_id)", "companies": "external_id", "articles": "external_id",
        }.items()
    },
}  # fmt: skip
_SECRET = re.compile(r"(TOKEN|PASSWORD|SECRET|KEY|URL)(_FILE)?$")


@dataclass(frozen=True)
class Handed:
    """The folder and what lies in it, relative to it; `ids`: rows of the id map."""

    folder: Path
    files: tuple[str, ...]
    ids: int


def handover(
    settings: Settings,
    migration: Migration,
    target: str,
    into: Path,
    *,
    personal: bool = True,
    environment: Environment[str, str] | None = None,
) -> Handed:
    """Write the folder, whole or not at all. `personal` False leaves out names, addresses, texts and who agreed.

    Raises UsageError when the folder holds something, BlockedError when documents or certificate are missing, or when
    a credential stands in what would be handed over.
    """
    if into.exists() and (not into.is_dir() or any(into.iterdir())):
        raise UsageError("the folder is not empty", where=str(into), mend="name a new folder, or empty this one")
    stores = settings.stores(migration.name)
    source = _documents(stores.deliverables, migration, target)
    certificate = _certificate(stores.deliverables, migration, target)
    made = into.with_name(f".{into.name}.{os.getpid()}")
    try:
        documents = made / "documents"
        documents.mkdir(parents=True)
        if personal:
            shutil.copytree(source, documents, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".*"))
        else:
            copy_without_personal_data(source, documents)
        for name in _BESIDE:
            # documents lead to it beside them; it may be of a later read-back than they
            for folder in (made, documents):
                shutil.copyfile(certificate / name, folder / name)
        ids = _write_ids(settings, migration, target, made / "id_map.csv")
        _agreements(settings, migration, made, personal)
        (made / "README.md").write_text(_readme(migration, target, source, ids, personal), encoding="utf-8")
        files = sorted(path for path in made.rglob("*") if path.is_file())
        _no_secret(files, made, os.environ if environment is None else environment, migration)
        sums = "".join(f"{_digest(path)}  {path.relative_to(made).as_posix()}\n" for path in files)
        (made / "SHA256SUMS").write_text(sums, encoding="utf-8")
        if into.exists():
            into.rmdir()
        made.replace(into)
    finally:
        shutil.rmtree(made, ignore_errors=True)
    names = sorted(path.relative_to(into).as_posix() for path in into.rglob("*") if path.is_file())
    return Handed(into, tuple(names), ids)


def _documents(deliverables: Path, migration: Migration, target: str) -> Path:
    for path in _newest_first(deliverables, _MAIN):
        if _is_about(path.parent, target):
            return path.parent
    raise BlockedError(
        f"no documents of target {target} are written yet",
        where=str(deliverables),
        mend=f"`hd-assets deliver {migration.name} --target {target}` writes them",
    )


def _certificate(deliverables: Path, migration: Migration, target: str) -> Path:
    for path in _newest_first(deliverables, "certificate.json"):
        if f'"target": "{target}"' in path.read_text(encoding="utf-8"):
            return path.parent
    raise BlockedError(
        f"there is no certificate of target {target}",
        where=str(deliverables),
        mend=f"`hd-assets reconcile {migration.name} --target {target}` reads everything back and writes it",
    )


def _newest_first(deliverables: Path, name: str) -> list[Path]:
    return sorted(deliverables.glob(f"*/{name}"), key=lambda path: path.parent.name, reverse=True)


def _is_about(folder: Path, target: str) -> bool:
    """Pages that depend on a target name it below their title."""
    told = {
        match[1]
        for page in folder.glob("*.md")
        for match in re.finditer(r", target (\w+)$", page.read_text(encoding="utf-8")[:500], re.MULTILINE)
    }
    return not told or target in told


def _write_ids(settings: Settings, migration: Migration, target: str, path: Path) -> int:
    ledger = settings.stores(migration.name).ledger(target)
    if not ledger.exists():
        raise BlockedError(
            f"nothing was sent to target {target}",
            where=str(ledger),
            mend="publish to it first, or name another target",
        )
    books = read_only(ledger)
    try:
        with Warehouse.of(settings.stores(migration.name).warehouse).get_connection() as connection:
            return write_csv(path, ID_MAP, _ids(connection, books, settings, migration, target))
    finally:
        books.close()


def _ids(
    connection: Connection, books: LedgerReader, settings: Settings, migration: Migration, target: str
) -> Iterator[Sequence[Any]]:
    where = places(settings, migration, target, books)
    for object, query in _ROWS.items():
        known = books.identities(KINDS[object])
        for source_type, source_id, number, external_id, stands, outcome in connection.execute(
            query, {"migration": migration.name} if "$migration" in query else None
        ).fetchall():
            identity = known.get(stands) if stands else None
            key = identity.intercom_id if identity else None
            address = where.url(object, key) if key else None
            told = "merged" if stands and stands != external_id else outcome if key or not stands else "not sent"
            yield object, source_type, source_id, number, external_id, key, address, told


def _agreements(settings: Settings, migration: Migration, made: Path, personal: bool) -> None:
    stores = settings.stores(migration.name)
    columns = ("what", "at", "digest", "target", *(("by",) if personal else ()))
    rows = [[getattr(entry, column) for column in columns] for entry in approvals(stores)]
    write_csv(made / "approvals.csv", columns, rows)
    if personal:
        # names people, and may hold remarks about them
        shutil.copyfile(migration.path, made / migration.path.name)
        for name, path in migration.overrides.items():
            (made / "sql" / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, made / "sql" / f"{name}.sql")


def _no_secret(files: Iterable[Path], made: Path, environment: Environment[str, str], migration: Migration) -> None:
    secrets = {value.encode() for value in _secrets(environment, migration) if len(value) >= 6}
    holding = sorted(
        path.relative_to(made).as_posix()
        for path in files
        if any(value in content for content in [path.read_bytes()] for value in secrets)
    )
    if holding:
        raise BlockedError(
            f"a credential of this environment stands in {', '.join(holding[:5])}; nothing was handed over",
            where=str(made.parent),
            mend="take it out of the mapping or the source record it stands in, and write the documents anew",
        )


def _secrets(environment: Environment[str, str], migration: Migration) -> Iterator[str]:
    """Values of credentials this environment knows: tokens of the targets, passwords of sources."""
    source = f"{migration.mapping.source.upper()}_"
    names = {aim.token for aim in migration.mapping.targets.values()}
    names |= {name.removesuffix("_FILE") for name in environment if name.startswith(source) and _SECRET.search(name)}
    for name in sorted(names):
        try:
            value = secret(environment, name)
        except HdError:
            continue
        if not value:
            continue
        if "://" not in value:
            yield value
        elif password := urlsplit(value).password:
            yield from {password, unquote(password)}


def _readme(migration: Migration, target: str, source: Path, ids: int, personal: bool) -> str:
    variant = "" if personal else "This variant holds no names, addresses or texts of people.\n\n"
    own = f"| `{migration.path.name}` | the mapping as it was used; `sql/`: what it overrides |\n" if personal else ""
    return (
        f"# Handover of {migration.name}, target {target}\n\n{variant}"
        "| file | what it is |\n| --- | --- |\n"
        "| `certificate.md`, `certificate.json` | what was read back and compared |\n"
        f"| `id_map.csv` | {ids} records: number and id in the old system → id and address in Intercom |\n"
        f"| `documents/` | all documents of run {source.name}; begin with `index.md` |\n"
        "| `approvals.csv` | what was agreed to, when, and the digest of it |\n"
        f"{own}"
        "| `SHA256SUMS` | checksums: `sha256sum -c SHA256SUMS` |\n"
    )


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
