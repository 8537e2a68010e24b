"""An osTicket database on a MySQL or MariaDB server, read inside one read-only snapshot."""

from __future__ import annotations

import re
import ssl
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any, Literal

import pymysql
from pymysql.converters import encoders
from pymysql.cursors import SSCursor

from hd_assets.errors import SourceError
from hd_assets.extract.osticket.faults import explained
from hd_assets.extract.osticket.options import ServerAddress
from hd_assets.extract.osticket.reader import Batch, Select, ServerFacts, SourceTable, Value

CONNECT_SECONDS = 10
READ_SECONDS = 300
PAGE_ROWS = 20_000
FETCH_ROWS = 500
_SNAPSHOT = (
    "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
    "SET SESSION TRANSACTION READ ONLY",
    "SET time_zone = '+00:00'",  # TIMESTAMP columns then read as in a dump
    f"SET SESSION net_write_timeout = {READ_SECONDS}",
    "START TRANSACTION WITH CONSISTENT SNAPSHOT",
)
_READING = frozenset(
    {
        "SELECT",
        "USAGE",
        "SHOW VIEW",
        "SHOW DATABASES",
        "PROCESS",
        "LOCK TABLES",
        "REPLICATION CLIENT",
        "BINLOG MONITOR",
        "SLAVE MONITOR",
        "SHOW_ROUTINE",
    }
)
_GRANT = re.compile(r"GRANT (.+?) ON ", re.IGNORECASE)
_INTEGER = re.compile(r"(?:tiny|small|medium|big)?int\b", re.IGNORECASE)


class LiveRows:
    """The RowReader of a server. Each session is a fresh connection and snapshot."""

    kind: Literal["live"] = "live"

    def __init__(self, address: ServerAddress) -> None:
        self._address = address

    @contextmanager
    def session(self) -> Iterator[LiveSession]:
        """Raises UnreachableError (LostSnapshotError when a retry can help) and SourceError, never with secrets."""
        with explained(self._address.place):
            connection = self._connect()
            try:
                yield LiveSession(connection, self._address)
            finally:
                connection.close()

    def _connect(self) -> pymysql.connections.Connection[Any]:
        address = self._address
        return pymysql.connect(
            host=address.host,
            port=address.port,
            unix_socket=address.socket,
            user=address.user,
            password=address.password.encode(),  # the driver would take Latin-1 for text
            database=address.database,
            charset="utf8mb4",
            conv=dict[Any, Any](encoders),  # no decoders: every value arrives as the text the server prints
            cursorclass=SSCursor,
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            autocommit=True,
            ssl=_tls(address),
            ssl_disabled=not address.tls,
        )


class LiveSession:
    """One connection inside a snapshot. Tables without transactions are not part of it; the extractor warns."""

    def __init__(self, connection: pymysql.connections.Connection[Any], address: ServerAddress) -> None:
        self._connection = connection
        self._address = address
        version, charset, zone, system_zone = self._all(
            "SELECT VERSION(), @@character_set_database, @@global.time_zone, @@system_time_zone"
        )[0]
        for statement in _SNAPSHOT:
            self._run(statement)
        self.server = ServerFacts(
            place=address.place,
            version=version,
            charset=charset,
            database=address.database,
            time_zone=system_zone if zone == "SYSTEM" else zone,
        )
        self.tables = self._find_tables()
        self._keys = self._find_keys()
        self.warnings: Sequence[str] = tuple(self._privilege_warnings())

    def read(self, select: Select) -> Iterator[Batch]:
        for table in self.tables.values():
            columns = select(table)
            if columns is None:
                continue
            with explained(self.server.place, self._address.database, table.name):
                rows = 0
                for batch in self._table(table, columns):
                    rows += len(batch)
                    yield Batch(table.name, batch)
                self._prove_complete(table, rows)

    def chunks(self, table: str, wanted: Collection[str]) -> Iterator[tuple[str, bytes]]:
        with explained(self.server.place, self._address.database, table):
            for file_id in wanted:
                query = f"SELECT filedata FROM {_quoted(table)} WHERE file_id = {int(file_id)} ORDER BY chunk_id"
                for rows in self._stream(query, fetch=1):
                    for (data,) in rows:
                        yield file_id, data if isinstance(data, bytes) else (data or "").encode()

    def count(self) -> None:
        for table in self.tables.values():
            if table.rows is None:
                table.rows = self._count(table.name)

    def missing(self, table: str, column: str | None) -> str:
        database, name = _quoted(self._address.database), _quoted(table)
        what = f"SELECT ({_quoted(column)})" if column else "SELECT"
        return f"run as an administrator: GRANT {what} ON {database}.{name} TO <the reading account>; if it exists"

    def _table(self, table: SourceTable, columns: Sequence[str]) -> Iterator[Sequence[tuple[Value, ...]]]:
        """By ranges of the primary key, so that no statement runs for long; else in one stream."""
        key = self._keys.get(table.name, ())
        types = dict(table.columns)
        names = ", ".join(_quoted(column) for column in columns)
        query = f"SELECT {names} FROM {_quoted(table.name)}"
        if not key or not all(column in columns and _INTEGER.match(types[column]) for column in key):
            yield from self._stream(query)
            return
        places = [list(columns).index(column) for column in key]
        order = ", ".join(_quoted(column) for column in key)
        last: list[int] | None = None
        while True:
            after = f" WHERE {_beyond(key, last)}" if last is not None else ""
            rows = 0
            for batch in self._stream(f"{query}{after} ORDER BY {order} LIMIT {PAGE_ROWS}"):
                rows += len(batch)
                last = [int(str(batch[-1][place])) for place in places]
                yield batch
            if rows < PAGE_ROWS:
                return

    def _prove_complete(self, table: SourceTable, rows: int) -> None:
        table.rows = self._count(table.name)
        if rows != table.rows:
            raise SourceError(
                f"{rows} rows of {table.name} were read, {table.rows} are there",
                where=self.server.place,
                mend="the table changed while it was read: read at a quiet hour, or from a dump",
            )

    def _count(self, table: str) -> int:
        with explained(self.server.place, self._address.database, table):
            return int(self._all(f"SELECT COUNT(*) FROM {_quoted(table)}")[0][0])

    def _find_tables(self) -> dict[str, SourceTable]:
        engines = self._all(
            "SELECT table_name, engine FROM information_schema.tables "
            "WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE' ORDER BY table_name"
        )
        columns: dict[str, list[tuple[str, str]]] = {}
        for table, column, column_type in self._all(
            "SELECT table_name, column_name, column_type FROM information_schema.columns "
            "WHERE table_schema = DATABASE() ORDER BY table_name, ordinal_position"
        ):
            columns.setdefault(table, []).append((column, _str(column_type)))
        return {name: SourceTable(name, tuple(columns.get(name, ())), engine) for name, engine in engines}

    def _find_keys(self) -> dict[str, tuple[str, ...]]:
        keys: dict[str, tuple[str, ...]] = {}
        for table, column in self._all(
            "SELECT table_name, column_name FROM information_schema.statistics "
            "WHERE table_schema = DATABASE() AND index_name = 'PRIMARY' ORDER BY table_name, seq_in_index"
        ):
            keys[table] = (*keys.get(table, ()), column)
        return keys

    def _privilege_warnings(self) -> Iterator[str]:
        found: set[str] = set()
        for (grant,) in self._all("SHOW GRANTS"):
            if match := _GRANT.match(grant):
                names = re.sub(r"\([^)]*\)", "", match[1]).upper().split(",")
                found.update(name.strip() for name in names)
        if writing := sorted(found - _READING):
            yield (
                f"the account can do more than read ({', '.join(writing)}); the session is read-only, "
                "but a separate account with SELECT only is safer"
            )

    def _run(self, statement: str) -> None:
        with closing(self._connection.cursor()) as cursor:
            cursor.execute(statement)

    def _all(self, query: str) -> list[tuple[Any, ...]]:
        return [row for batch in self._stream(query) for row in batch]

    def _stream(self, query: str, fetch: int = FETCH_ROWS) -> Iterator[Sequence[tuple[Any, ...]]]:
        with closing(self._connection.cursor()) as cursor:
            cursor.execute(query)
            while rows := cursor.fetchmany(fetch):
                yield rows


def _beyond(key: Sequence[str], last: Sequence[int]) -> str:
    """The rows after a key, written so that the server can use the index."""
    column, value = _quoted(key[0]), last[0]
    if len(key) == 1:
        return f"{column} > {value}"
    return f"{column} >= {value} AND ({column} > {value} OR ({_beyond(key[1:], last[1:])}))"


def _tls(address: ServerAddress) -> ssl.SSLContext | None:
    if not address.tls:
        return None
    try:
        context = ssl.create_default_context(cafile=address.ssl_ca)
        if address.ssl_cert:
            context.load_cert_chain(address.ssl_cert, address.ssl_key)
    except OSError as error:
        raise SourceError(
            f"the TLS certificate files cannot be used ({type(error).__name__})",
            where="ssl_ca, ssl_cert, ssl_key of OSTICKET_URL",
            mend="give paths of readable PEM files",
        ) from None
    return context


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def _str(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
