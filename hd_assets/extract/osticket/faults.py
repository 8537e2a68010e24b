"""From what the database driver raises to what a person can mend; the driver's own texts hold the user's name."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager

import pymysql

from hd_assets.errors import HdError, SourceError
from hd_assets.extract.retry import LostSnapshotError

_REFUSED = {1045, 1698, 1251, 1862, 2059, 2061}
_NO_DATABASE = {1044, 1049}
_NO_PRIVILEGE = {1142, 1143, 1227, 1370}
_TLS = {2026}
_TRANSIENT = {
    1040, 1053, 1077, 1079, 1158, 1159, 1160, 1161, 1203, 1205, 1213, 1317, 1412, 1969, 2002, 2003, 2006, 2013, 2055,
    3024, 4031,
}  # fmt: skip


@contextmanager
def explained(place: str, database: str | None = None, table: str | None = None) -> Iterator[None]:
    """Errors of the driver inside become SourceError, or LostSnapshotError where a fresh reading can succeed."""
    try:
        yield
    except pymysql.MySQLError as error:
        raise _translate(error, place, database, table) from None
    except RuntimeError as error:
        if "cryptography" not in str(error):
            raise
        raise SourceError(
            "the server's way of checking passwords needs an encrypted connection",
            where=place,
            mend="add ?ssl=required or ?ssl_ca=FILE to OSTICKET_URL, or connect through ?socket=PATH",
        ) from None


def _translate(error: pymysql.MySQLError, place: str, database: str | None, table: str | None) -> HdError:
    code = error.args[0] if error.args and isinstance(error.args[0], int) else 0
    if code in _TLS or isinstance(getattr(error, "original_exception", None), ssl.SSLError):
        return SourceError(
            f"the encrypted connection cannot be made (code {code})",
            where=place,
            mend="check ssl_ca in OSTICKET_URL and that the server offers TLS under this host name",
        )
    if code in _REFUSED:
        return SourceError(
            f"the server refuses the user or the password (code {code})",
            where=place,
            mend="check user and password in OSTICKET_URL (special characters as %XX) and its allowed host",
        )
    if code in _NO_DATABASE:
        return SourceError(
            f"the database does not exist or the account may not use it (code {code})",
            where=place,
            mend="check the database name in OSTICKET_URL, then GRANT SELECT on its tables to the reading account",
        )
    if code in _NO_PRIVILEGE:
        on = f"`{database}`.`{table}`" if database and table else "the osTicket tables"
        return SourceError(
            f"the account may not read {table or 'a table'} (code {code})",
            where=place,
            mend=f"run as an administrator: GRANT SELECT ON {on} TO <the reading account>",
        )
    if code in _TRANSIENT or code == 0:
        return LostSnapshotError(
            f"the database server cannot be reached or ended the connection (code {code})",
            where=place + (f", table {table}" if table else ""),
            mend="check host, port and firewall, and that the server runs; then start again",
        )
    return SourceError(
        f"the server refused a reading statement (code {code})",
        where=place + (f", table {table}" if table else ""),
        mend="look the code up in the server's error list; a dump can be read instead (OSTICKET_DUMP)",
    )
