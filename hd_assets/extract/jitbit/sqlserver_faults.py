"""From what the SQL Server driver raises to what a person can mend; the driver's own texts hold the user's name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from hd_assets.errors import HdError, SourceError
from hd_assets.extract.retry import LostSnapshotError

_REFUSED = {18452, 18456, 18470, 18486, 18487, 18488}
_NO_DATABASE = {911, 916, 4060, 4064}
_NO_PERMISSION = {229, 230, 297, 300}
_NO_OBJECT = {207, 208}
_NO_SNAPSHOT = {3951, 3952}
_NO_NUMBER = {245, 248, 8114}
_TRANSIENT = {
    0, 64, 233, 596, 701, 802, 844, 845, 1204, 1205, 1222, 3960, 3961, 3966, 4221, 6005, 8645, 8651, 9001, 10053, 10054,
    10060, 10928, 10929, 40197, 40501, 40613, 40143, 49918, 49919, 49920,
}  # fmt: skip
_OF_THE_DRIVER = range(20000, 20100)
_UNSAID = 20018
_DRIVER_FIRST = re.compile(r"DB-Lib error message (\d+)")


@contextmanager
def explained(place: str, table: str | None = None) -> Iterator[None]:
    """Errors of the driver inside become SourceError, or LostSnapshotError where a fresh reading can succeed."""
    import pymssql

    try:
        yield
    except pymssql.Error as error:
        raise _translate(_number(error), place, table) from None


def _number(error: Exception) -> int:
    """The server's number, or the driver's own where the server said nothing.

    The driver keeps the number of an earlier failed login; only the text says whether one belongs to this error.
    """
    held = error.args[0] if error.args else None
    number = held[0] if isinstance(held, tuple) else held
    text = held[-1] if isinstance(held, tuple) else error.args[-1] if error.args else ""
    own = _DRIVER_FIRST.match(text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text))
    if own:
        return int(own[1])
    return number if isinstance(number, int) else 0


def _translate(number: int, place: str, table: str | None) -> HdError:
    where = place + (f", {table}" if table else "")
    if number in _REFUSED:
        return SourceError(
            f"the server refuses the user or the password (number {number})",
            where=place,
            mend="check user and password in JITBIT_SQLSERVER_URL (special characters as %XX), and that the server "
            "allows logins of its own beside those of Windows",
        )
    if number in _NO_DATABASE:
        return SourceError(
            f"the database does not exist or the account may not use it (number {number})",
            where=place,
            mend="check the name of the database in JITBIT_SQLSERVER_URL; CREATE USER … FOR LOGIN … in it",
        )
    if number == _UNSAID:
        return SourceError(
            "the server refuses the user, the password or the database, and does not say which",
            where=place,
            mend="check all three in JITBIT_SQLSERVER_URL",
        )
    if number in _NO_PERMISSION:
        return SourceError(
            f"the account may not read {table or 'a table'} (number {number})",
            where=place,
            mend="run as an administrator: ALTER ROLE db_datareader ADD MEMBER <the reading account>",
        )
    if number in _NO_OBJECT:
        return SourceError(
            f"the table {table} or a column of it is not there any more (number {number})",
            where=place,
            mend="start again when nobody updates the installation",
        )
    if number in _NO_SNAPSHOT:
        return SourceError(
            f"the database does not allow snapshot isolation (number {number})",
            where=place,
            mend="run as an administrator: ALTER DATABASE … SET ALLOW_SNAPSHOT_ISOLATION ON",
        )
    if number in _NO_NUMBER:
        return SourceError(
            f"a key of {table} is no whole number (number {number})",
            where=place,
            mend="name the column that holds the number in the source option `columns`",
        )
    if number in _TRANSIENT or number in _OF_THE_DRIVER:
        return LostSnapshotError(
            f"the database server cannot be reached or ended the connection (number {number})",
            where=where,
            mend="check host, port and firewall, and that the server runs and listens on TCP; then start again",
        )
    return SourceError(
        f"the server refused a reading statement (number {number})",
        where=where,
        mend="look the number up in the server's list of errors; JITBIT_EXPORT can be read instead",
    )
