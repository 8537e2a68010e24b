"""Purge: what would go, and its going. Stopped anywhere, the same command goes on."""

from __future__ import annotations

import json
import os
import shutil
from collections import Counter
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from hd_assets.errors import HdError, UsageError
from hd_assets.mapping import NAME
from hd_assets.publish.ledger import read_only
from hd_assets.publish.ledger_file import Hold
from hd_assets.settings import Settings
from hd_assets.warehouse import Warehouse

# folders below $HD_HOME that are no migration's
RESERVED = frozenset({"dagster", "demo", "receipts", "simulator"})
RECEIPTS = "receipts"


@dataclass
class Found:
    """What lies on this machine. `shared`: states of simulated workspaces that other migrations use, too."""

    name: str
    paths: list[Path] = field(default_factory=list)
    files: int = 0
    bytes: int = 0
    # target → object → records that were sent to it
    sent: dict[str, dict[str, int]] = field(default_factory=dict)
    shared: list[Path] = field(default_factory=list)
    others: list[str] = field(default_factory=list)


def look(settings: Settings, name: str, *, with_simulator: bool = False) -> Found:
    """Nothing is changed. Raises UsageError for a name that cannot be a migration's.

    The mapping is not needed: it may be gone already. `with_simulator` takes shared simulated workspaces, too.
    """
    if not NAME.fullmatch(name) or name in RESERVED:
        raise UsageError(
            f"{name!r} is no migration",
            where=str(settings.home),
            mend=f"name a folder of that home: {', '.join(migrations(settings)) or 'there is none'}",
        )
    found = Found(name, others=[other for other in migrations(settings) if other != name])
    own = [settings.home / name, settings.home / "demo" / name]
    spaces = [settings.home / "demo" / "workspace.sqlite", settings.home / "simulator"]
    used = any(settings.stores(other).ledger("simulator").exists() for other in found.others)
    for space in spaces:
        if space.exists():
            (own if with_simulator or not used else found.shared).append(space)
    own += [path for path in (settings.home / "demo").glob("workspace.sqlite-*") if own.count(spaces[0])]
    found.paths = [path for path in own if path.exists()]
    for path in found.paths:
        files = [path] if path.is_file() else [inside for inside in path.rglob("*") if inside.is_file()]
        found.files += len(files)
        found.bytes += sum(inside.lstat().st_size for inside in files)
    for ledger in sorted((settings.home / name).glob("*/ledger.sqlite")):
        found.sent[ledger.parent.name] = _sent(ledger)
    return found


def migrations(settings: Settings) -> list[str]:
    """Migrations that have a folder of their own on this machine."""
    folders = settings.home.iterdir() if settings.home.is_dir() else iter(())
    return sorted(path.name for path in folders if path.is_dir() and path.name not in RESERVED and path.name[0] != ".")


def purge(settings: Settings, found: Found, by: str | None) -> tuple[Path, Counter[str]]:
    """Delete what was found and what Dagster remembers; answers the receipt and what went of the history.

    Raises BlockedError or UnreachableError while a run or a shell holds a store: nothing is deleted then.
    """
    from hd_assets.purge.history import forget

    begun = datetime.now(UTC)
    with ExitStack() as held:
        for target in found.sent:
            held.enter_context(closing(Hold(settings.stores(found.name).ledger(target))))
        warehouse = settings.stores(found.name).warehouse
        if warehouse.exists():
            with Warehouse.of(warehouse).get_connection():
                pass
        history = forget(settings, found.name)
        for path in found.paths:
            _remove(path)
    demo = settings.home / "demo"
    if demo.is_dir() and not any(path.is_dir() for path in demo.iterdir()):
        shutil.rmtree(demo)
    receipt = settings.home / RECEIPTS / f"purge-{found.name}-{begun:%Y%m%dT%H%M%SZ}.json"
    _write(receipt, _receipt(found, history, begun, by))
    return receipt, history


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _receipt(found: Found, history: Counter[str], begun: datetime, by: str | None) -> dict[str, object]:
    """Counts and names of folders only: a receipt is kept for years."""
    return {
        "what": "purge",
        "migration": found.name,
        "begun_at": begun.isoformat(timespec="seconds"),
        "ended_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "by": by,
        "tool_version": version("hd-assets"),
        "folders": [path.name for path in found.paths],
        "files": found.files,
        "bytes": found.bytes,
        "history": dict(sorted(history.items())),
        "records_sent_before": found.sent,
        "kept": {
            "shared_simulator": [path.name for path in found.shared],
            "elsewhere": "the mapping, the source, the Intercom workspaces, backups and copies of documents",
        },
    }


def _write(path: Path, document: dict[str, object]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as file:
        json.dump(document, file, indent=1, ensure_ascii=False)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())


def _sent(ledger: Path) -> dict[str, int]:
    try:
        books = read_only(ledger)
    except HdError:
        # a damaged ledger must not keep anybody from deleting it
        return {}
    try:
        rows = books.rows("select kind, count(*) from identities where origin = 'created' group by kind order by kind")
        return {str(kind): int(number) for kind, number in rows}
    finally:
        books.close()
