"""Finding the installation in a database: prefix, version, settings, and what of the tables can be read."""

from __future__ import annotations

from dataclasses import dataclass

from hd_assets.errors import SourceError, UsageError
from hd_assets.extract.osticket.entities import TABLES, Table
from hd_assets.extract.osticket.reader import Session, SourceTable
from hd_assets.extract.osticket.signatures import version_line

_SETTING_COLUMNS = ("namespace", "key", "value")
_MARKS = ("thread_entry", "ticket_thread")
_SIBLINGS = ("config", "ticket", "user", "staff")


@dataclass(frozen=True)
class Installation:
    """One osTicket: `settings` holds its `core` settings, in memory only; `tables` all its tables by short name."""

    prefix: str
    version: str
    signature: str | None
    settings: dict[str, str]
    tables: dict[str, SourceTable]


def find_installation(session: Session, *, prefix: str | None, accept_unknown: bool) -> Installation:
    """Survey the database. SourceError when no or no readable installation is there, UsageError when several are."""
    settings: dict[str, dict[str, str]] = {}
    for batch in session.read(_settings_only):
        core = settings.setdefault(batch.table, {})
        core.update({str(key): str(value) for namespace, key, value in batch.rows if namespace == "core"})
    found = detect_prefixes(session.tables)
    chosen = _choose(found, prefix, session.server.place)
    core = settings.get(f"{chosen}config", {})
    if f"{chosen}config" not in session.tables:
        _missing_table(session, f"{chosen}config")
    signature = core.get("schema_signature")
    version = version_line(signature, where=session.server.place, accept_unknown=accept_unknown)
    others = tuple(other for other in found if other != chosen and other.startswith(chosen))
    tables = {
        name.removeprefix(chosen): table
        for name, table in session.tables.items()
        if name.startswith(chosen) and not (others and name.startswith(others))
    }
    for table in TABLES:
        _check(session, chosen, table, tables)
    return Installation(chosen, version, signature, core, tables)


def detect_prefixes(tables: dict[str, SourceTable]) -> tuple[str, ...]:
    """Prefixes of all osTicket installations among the tables, sorted."""
    found = set()
    for name in tables:
        for mark in _MARKS:
            prefix = name.removesuffix(mark)
            if name.endswith(mark) and any(prefix + sibling in tables for sibling in _SIBLINGS):
                found.add(prefix)
    return tuple(sorted(found))


def _settings_only(table: SourceTable) -> tuple[str, ...] | None:
    is_settings = table.name.endswith("config") and table.column_names.issuperset(_SETTING_COLUMNS)
    return _SETTING_COLUMNS if is_settings else None


def _choose(found: tuple[str, ...], wanted: str | None, place: str) -> str:
    if wanted is not None:
        if wanted in found:
            return wanted
        shown = ", ".join(repr(prefix) for prefix in found) or "none"
        raise UsageError(
            f"no osTicket tables have the prefix {wanted!r}; found: {shown}",
            where=place,
            mend="correct the option `prefix`, or leave it out when the database holds one installation",
        )
    if not found:
        raise SourceError(
            "no osTicket tables are there (none is called <prefix>thread_entry)",
            where=place,
            mend="check the name of the database and that the account may SELECT from the osTicket tables",
        )
    if len(found) > 1:
        raise UsageError(
            f"the database holds {len(found)} osTicket installations, with the prefixes "
            + " and ".join(repr(prefix) for prefix in found),
            where=place,
            mend="set the source option `prefix` in the mapping to the one that moves",
        )
    return found[0]


def _check(session: Session, prefix: str, table: Table, tables: dict[str, SourceTable]) -> None:
    present = tables.get(table.entity.name)
    if present is None:
        if not table.entity.optional:
            _missing_table(session, prefix + table.entity.name)
        return
    if lacking := sorted(table.needed - present.column_names):
        raise SourceError(
            f"the table {present.name} lacks the column {', '.join(lacking)}",
            where=session.server.place,
            mend=session.missing(present.name, lacking[0]),
        )


def _missing_table(session: Session, name: str) -> None:
    raise SourceError(f"the table {name} cannot be seen", where=session.server.place, mend=session.missing(name, None))
