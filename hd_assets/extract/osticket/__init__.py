"""osTicket as a source: a live MySQL or MariaDB database, or a dump of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hd_assets.errors import UsageError
from hd_assets.extract.base import Extractor, Variable
from hd_assets.extract.osticket.dump import DumpRows
from hd_assets.extract.osticket.entities import ENTITIES
from hd_assets.extract.osticket.extractor import OsticketExtractor
from hd_assets.extract.osticket.live import LiveRows
from hd_assets.extract.osticket.options import OsticketOptions

__all__ = ["ENTITIES", "SOURCE", "VARIABLES", "OsticketOptions", "open_extractor", "open_from_environment"]

SOURCE = "osticket"
VARIABLES = (
    Variable(
        name="OSTICKET_URL",
        meaning="the database: mysql://user:password@host:3306/database, for an account that may only read",
        choice="database",
    ),
    Variable(name="OSTICKET_DUMP", meaning="a mysqldump file instead of a server, .sql or .sql.gz", choice="database"),
    Variable(name="OSTICKET_FILES", meaning="a copy of the filesystem plugin's upload folder, where it was used"),
)
_OPTIONS = {"prefix": str, "database": str, "accept_unknown_schema": bool}


def open_extractor(options: OsticketOptions) -> Extractor:
    """The extractor for a server or a dump. Connects to nothing yet."""
    if options.dump is not None:
        return OsticketExtractor(DumpRows(options.dump, options.database), options)
    if options.server is not None:
        return OsticketExtractor(LiveRows(options.server), options)
    raise UsageError("no osTicket source is given", where="options", mend="give a server or a dump")


def open_from_environment(env: Mapping[str, str], source_options: dict[str, Any]) -> Extractor:
    """From variables and the mapping's source options `prefix`, `database`, `accept_unknown_schema`.

    UsageError for any other option or type.
    """
    for name, value in source_options.items():
        if name not in _OPTIONS or not isinstance(value, _OPTIONS[name] | None):
            known = ", ".join(f"{option} ({kind.__name__})" for option, kind in _OPTIONS.items())
            raise UsageError(
                f"the source option {name!r} cannot be used",
                where="source options of the mapping",
                mend=f"known options: {known}",
            )
    chosen = {name: value for name, value in source_options.items() if value is not None}
    return open_extractor(OsticketOptions.from_environment(env, **chosen))
