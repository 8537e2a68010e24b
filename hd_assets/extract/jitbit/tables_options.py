"""The two ways in that read tables, from variables and the source options of the mapping."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hd_assets.errors import UsageError
from hd_assets.extract.base import Variable
from hd_assets.extract.environment import read_variable
from hd_assets.extract.jitbit.export import ExportSource
from hd_assets.extract.jitbit.share import ANYWHERE, PATTERNS
from hd_assets.extract.jitbit.sqlserver import ServerAddress
from hd_assets.extract.jitbit.sqlserver_changes import SqlServerExtractor
from hd_assets.extract.jitbit.tables import SPECS
from hd_assets.extract.jitbit.tables_extractor import TablesExtractor
from hd_assets.extract.jitbit.tables_installation import TablesOptions

TABLES_VARIABLES = (
    Variable(
        name="JITBIT_SQLSERVER_URL",
        meaning="the database of an installation of one's own: mssql://user:password@host:1433/database, an account "
        "with db_datareader",
        choice="address",
    ),
    Variable(
        name="JITBIT_EXPORT",
        meaning="a folder of exported tables instead of a server, one <table>.csv each",
        choice="address",
    ),
    Variable(name="JITBIT_FILES", meaning="a copy of the folder of attachments of an installation of one's own"),
)
TABLES_OPTIONS: dict[str, type] = {
    "tables": dict,
    "columns": dict,
    "absent": list,
    "ignored": list,
    "instance": int,
    "file_patterns": list,
}
"""Source options of these ways: raw table → table, raw table → raw column → column, raw tables the installation has
not, tables of something else, the number of one of several helpdesks, and how files are named on the share."""


def open_export(env: Mapping[str, str], options: Mapping[str, Any]) -> TablesExtractor:
    """From JITBIT_EXPORT and JITBIT_FILES. Opens nothing yet. UsageError for options that cannot be used."""
    folder = read_variable(env, "JITBIT_EXPORT")
    if not folder:
        raise UsageError("no folder of exports is given", where="environment", mend="set JITBIT_EXPORT to it")
    return TablesExtractor(ExportSource(Path(folder).expanduser()), tables_options(env, options))


def open_database(env: Mapping[str, str], options: Mapping[str, Any]) -> TablesExtractor:
    """From JITBIT_SQLSERVER_URL and JITBIT_FILES. Connects to nothing yet. UsageError for what cannot be used."""
    url = read_variable(env, "JITBIT_SQLSERVER_URL")
    if not url:
        raise UsageError("no database is given", where="environment", mend="set JITBIT_SQLSERVER_URL")
    return SqlServerExtractor(ServerAddress.parse(url), tables_options(env, options))


def tables_options(env: Mapping[str, str], options: Mapping[str, Any]) -> TablesOptions:
    """UsageError for an option of another type, or one that speaks of a raw table there is not."""
    given = {name: value for name, value in options.items() if value is not None}
    for name, value in given.items():
        if name not in TABLES_OPTIONS or not isinstance(value, TABLES_OPTIONS[name]):
            known = ", ".join(f"{option} ({kind.__name__})" for option, kind in TABLES_OPTIONS.items())
            raise UsageError(
                f"the source option {name!r} cannot be used",
                where="source options of the mapping",
                mend=f"known options: {known}",
            )
    names = {spec.name for spec in SPECS}
    for name in ("tables", "columns", "absent"):
        if unknown := sorted(set(map(str, given.get(name, ()))) - names):
            raise UsageError(
                f"the source option {name!r} speaks of {', '.join(unknown)}",
                where="source options of the mapping",
                mend=f"raw tables are: {', '.join(sorted(names))}",
            )
    files = read_variable(env, "JITBIT_FILES")
    return TablesOptions(
        files=Path(files).expanduser() if files else None,
        file_patterns=tuple(map(str, given.get("file_patterns", (*PATTERNS, ANYWHERE)))),
        tables=given.get("tables", {}),
        columns=given.get("columns", {}),
        absent=frozenset(given.get("absent", ())),
        ignored=frozenset(str(name).lower() for name in given.get("ignored", ())),
        instance=given.get("instance"),
    )
