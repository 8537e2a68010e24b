"""Jitbit Helpdesk: the web API, SQL Server with a file share, or a folder of exported tables with a file share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hd_assets.errors import UsageError
from hd_assets.extract.base import Extractor, Variable
from hd_assets.extract.environment import read_variable
from hd_assets.extract.jitbit.entities import ENTITIES
from hd_assets.extract.jitbit.extractor import JitbitExtractor
from hd_assets.extract.jitbit.options import API_OPTIONS, JitbitApiOptions, from_variables
from hd_assets.extract.jitbit.tables_options import TABLES_OPTIONS, TABLES_VARIABLES, open_database, open_export

__all__ = ["ENTITIES", "SOURCE", "VARIABLES", "JitbitApiOptions", "JitbitExtractor", "open_from_environment"]

SOURCE = "jitbit"
VARIABLES = (
    Variable(
        name="JITBIT_URL",
        meaning="the page where people log in, https://tenant.jitbit.com/helpdesk, for the web API",
        choice="address",
    ),
    Variable(name="JITBIT_USER", meaning="with JITBIT_URL: the login of an administrator; DOMAIN\\user with Windows"),
    Variable(name="JITBIT_PASSWORD", meaning="with JITBIT_USER: its password"),
    Variable(name="JITBIT_TOKEN", meaning="with JITBIT_URL, instead of user and password: the administrator's token"),
    *TABLES_VARIABLES,
)
_WAYS = ("JITBIT_URL", "JITBIT_SQLSERVER_URL", "JITBIT_EXPORT")


def open_from_environment(env: Mapping[str, str], source_options: dict[str, Any]) -> Extractor:
    """By the one way in that is set. One mapping serves all of them, so each takes its own source options only.

    Connects to nothing yet. UsageError for no way or several, an option no way knows, and what a way cannot use.
    """
    known = {**API_OPTIONS, **TABLES_OPTIONS}
    for name, value in source_options.items():
        if name not in known or not _is_a(value, known[name]):
            told = ", ".join(f"{option} ({kind.__name__})" for option, kind in known.items())
            raise UsageError(
                f"the source option {name!r} cannot be used",
                where="source options of the mapping",
                mend=f"known options: {told}",
            )
    ways = [name for name in _WAYS if read_variable(env, name)]
    if len(ways) != 1:
        what = f"{' and '.join(ways)} are set at once" if ways else "no Jitbit is given"
        mend = "set JITBIT_URL for the web API, JITBIT_SQLSERVER_URL for the database, or JITBIT_EXPORT for a folder"
        raise UsageError(what, where="environment", mend=mend)
    options = {name: value for name, value in source_options.items() if value is not None}
    if ways == ["JITBIT_URL"]:
        own = {name: value for name, value in options.items() if name in API_OPTIONS}
        return JitbitExtractor(from_variables(env, **own))
    own = {name: value for name, value in options.items() if name in TABLES_OPTIONS}
    return open_export(env, own) if ways == ["JITBIT_EXPORT"] else open_database(env, own)


def _is_a(value: Any, kind: type) -> bool:
    return value is None or (isinstance(value, kind) and (kind is bool or not isinstance(value, bool)))
