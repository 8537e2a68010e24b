"""The database of an installation of one's own, read in one transaction that sees one moment where that is allowed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import parse_qsl, unquote, urlsplit

from sqlglot import exp

from hd_assets.errors import UsageError
from hd_assets.extract.base import Row
from hd_assets.extract.jitbit.sqlserver_faults import explained
from hd_assets.extract.jitbit.tables import FoundTable
from hd_assets.extract.jitbit.tables_installation import statements_folder
from hd_assets.extract.jitbit.tables_statement import DIALECT

if TYPE_CHECKING:
    import pymssql

PAGE_ROWS = 1_000
_CONNECT_SECONDS, _READ_SECONDS = 15, 300
_URL_FORM = "mssql://user:password@host:1433/database, special characters in user and password written as %XX"
_ENCRYPTION = ("off", "request", "require")


@dataclass(frozen=True)
class ServerAddress:
    """Where the server is and who reads; user and password never show in a repr."""

    host: str
    port: int
    database: str
    user: str = field(repr=False)
    password: str = field(repr=False)
    encryption: str | None = None

    @property
    def place(self) -> str:
        """For messages: server and database, nobody's name."""
        return f"{self.host}:{self.port}/{self.database}"

    @classmethod
    def parse(cls, url: str) -> ServerAddress:
        """From `mssql://…`, with `?encryption=off|request|require`. UsageError when it cannot be read."""
        try:
            parts = urlsplit(url)
            port = parts.port or 1433
        except ValueError:
            raise _unusable() from None
        told = dict(parse_qsl(parts.query, keep_blank_values=True))
        database = unquote(parts.path.strip("/"))
        encryption = told.pop("encryption", None)
        complete = parts.hostname and parts.username and parts.password and database
        if parts.scheme != "mssql" or not complete or told or encryption not in (None, *_ENCRYPTION):
            raise _unusable()
        return cls(
            parts.hostname or "",
            port,
            database,
            unquote(parts.username or ""),
            unquote(parts.password or ""),
            encryption,
        )


def _unusable() -> UsageError:
    return UsageError(
        "JITBIT_SQLSERVER_URL cannot be used",
        where="JITBIT_SQLSERVER_URL",
        mend=f"write {_URL_FORM}; ?encryption=require insists on TLS",
    )


class SqlServerTables:
    """An open database."""

    def __init__(self, connection: pymssql.Connection, address: ServerAddress, page_rows: int) -> None:
        self._connection, self.place, self.page_rows = connection, address.place, page_rows
        self.warnings: list[str] = []
        self._begin()
        version, database, may_write = self._file("installation")[0]
        self.facts: Mapping[str, str | None] = {"server_version": version, "database": database}
        if may_write == "1":
            self.warnings.append("the account can do more than read; a separate login with db_datareader only is safer")
        self.tables = self._find_tables()

    def select(self, statement: exp.Expression, table: str) -> list[Row]:
        return self._run(statement.sql(DIALECT), table)

    def _begin(self) -> None:
        allowed = self._file("snapshot")
        is_snapshot = bool(allowed) and allowed[0][0] == "1"
        level = "SNAPSHOT" if is_snapshot else "READ COMMITTED"
        if not is_snapshot:
            self.warnings.append(
                "the database does not allow snapshot isolation: what changes while it is read is found by counting, "
                "and the reading starts again; read at a quiet hour"
            )
        with self._connection.cursor() as cursor:
            cursor.execute(f"SET TRANSACTION ISOLATION LEVEL {level}")
            if is_snapshot:
                cursor.execute("BEGIN TRANSACTION")

    def _find_tables(self) -> tuple[FoundTable, ...]:
        columns: dict[tuple[str, str], dict[str, str]] = {}
        for schema, table, column, kind in self._file("columns"):
            columns.setdefault((str(schema), str(table)), {})[str(column)] = str(kind)
        return tuple(FoundTable(schema, table, held) for (schema, table), held in columns.items())

    def _file(self, name: str) -> list[Row]:
        text = (statements_folder() / "server" / f"{name}.sql").read_text(encoding="utf-8")
        return self._run(text, name)

    def _run(self, text: str, table: str) -> list[Row]:
        with explained(self.place, table), self._connection.cursor() as cursor:
            cursor.execute(text)
            rows: Sequence[Sequence[Any]] = cursor.fetchall() or ()
            return [tuple(as_text(value) for value in row) for row in rows]


class SqlServerSource:
    """The server `JITBIT_SQLSERVER_URL` names. Each session is a connection of its own."""

    kind: Literal["live"] = "live"

    def __init__(self, address: ServerAddress, page_rows: int = PAGE_ROWS) -> None:
        self._address, self._page_rows = address, page_rows

    @contextmanager
    def session(self) -> Iterator[SqlServerTables]:
        """UsageError without the driver; UnreachableError (LostSnapshotError where a retry helps), SourceError."""
        address = self._address
        driver = _driver()
        with explained(address.place):
            connection = driver.connect(
                server=address.host,
                port=str(address.port),
                user=address.user,
                password=address.password,
                database=address.database,
                charset="UTF-8",
                autocommit=True,
                login_timeout=_CONNECT_SECONDS,
                timeout=_READ_SECONDS,
                appname="hd-assets",
                encryption=address.encryption,
            )
        try:
            yield SqlServerTables(connection, address, self._page_rows)
        finally:
            connection.close()


def _driver() -> Any:
    try:
        import pymssql
    except ModuleNotFoundError:
        raise UsageError(
            "the driver for SQL Server is not installed",
            where="JITBIT_SQLSERVER_URL",
            mend="run `pip install 'hd-assets[sqlserver]'`",
        ) from None
    return pymssql


def as_text(value: Any) -> str | None:
    """A value as an export would write it: flags as 1 and 0, times to the thousandth or finer, bytes as hex."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, datetime):
        return value.isoformat(" ", "microseconds" if value.microsecond % 1000 else "milliseconds")
    if isinstance(value, date):
        return value.isoformat()
    return value.hex() if isinstance(value, bytes) else str(value)
