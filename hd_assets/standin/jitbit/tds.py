"""A local server that speaks the protocol of SQL Server and answers from DuckDB.

Real drivers log in and read, without encryption. It is no SQL Server: statements are translated, so nothing is said
about that server's own parser, collations or permissions.
"""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import sqlglot
from sqlglot import exp

from hd_assets.standin.jitbit import tds_wire as wire

_LOGIN_FAILED, _NO_DATABASE, _NO_OBJECT, _NO_PERMISSION, _NO_NUMBER, _WRONG = 18456, 4060, 208, 229, 8114, 102
_WITHOUT_ROWS = re.compile(r"\s*(set|use|begin|commit|rollback|if)\b", re.IGNORECASE)
_KINDS = {
    "BOOLEAN": "flag",
    "DOUBLE": "float",
    "FLOAT": "float",
    "DATE": "date",
    "TIMESTAMP": "moment",
    "BLOB": "binary",
    "BIGINT": "integer",
    "INTEGER": "integer",
    "SMALLINT": "integer",
    "TINYINT": "integer",
    "HUGEINT": "integer",
}


@dataclass
class Faults:
    """What goes wrong. `forbidden`: tables the account may not read. `cut_after`: replies until the line is cut once.

    `is_snapshot` is the database's setting, `may_write` the account's; neither is a fault.
    """

    refuses_login: bool = False
    forbidden: frozenset[str] = frozenset()
    cut_after: int | None = None
    is_snapshot: bool = True
    may_write: bool = False


@dataclass
class SqlServerStandin:
    """`script`: tables in DuckDB's words, all of them in the schema `dbo`."""

    script: str
    user: str = "reader"
    password: str = "sample-password-of-nobody"  # noqa: S105 - opens nothing but this stand-in
    database: str = "JitbitHelpDesk"
    faults: Faults = field(default_factory=Faults)
    batches: list[str] = field(default_factory=list)
    """Every statement that came."""

    def __post_init__(self) -> None:
        self.store = duckdb.connect()
        self.lock = threading.Lock()
        for statement in (
            "create schema dbo",
            "use memory.dbo",
            self.script,
            "create schema sys",
            # a view, for tables stand in the inventory
            f"create view sys.databases as select '{self.database}' as name, "
            f"{int(self.faults.is_snapshot)} as snapshot_isolation_state",
            f"create macro memory.main.db_name() as '{self.database}'",
        ):
            self.store.execute(statement)
        self.store.execute("create macro memory.main.serverproperty(name) as '15.0.2000.5'")
        may_write = int(self.faults.may_write)
        self.store.execute(f"create macro memory.main.has_perms_by_name(a, b, c) as {may_write}")

    def answer(self, text: str) -> bytes:
        """The reply to one batch of statements."""
        self.batches.append(text)
        if _WITHOUT_ROWS.match(text):
            return wire.done()
        statements = [statement for statement in sqlglot.parse(text, dialect="tsql") if statement is not None]
        out = b""
        for place, statement in enumerate(statements, start=1):
            more = place < len(statements)
            try:
                out += self._rows(statement, more)
            except _RefusedError as refused:
                return out + wire.failed(refused.number, str(refused))
        return out

    def _rows(self, statement: exp.Expr, more: bool) -> bytes:
        for table in statement.find_all(exp.Table):
            if table.name.lower() in {name.lower() for name in self.faults.forbidden}:
                text = f"The SELECT permission was denied on the object '{table.name}'."
                raise _RefusedError(_NO_PERMISSION, text)
        try:
            with self.lock:
                found = self.store.execute(statement.sql("duckdb"))
                names = [column[0] for column in found.description or ()]
                kinds = [_KINDS.get(str(column[1]).upper(), "text") for column in found.description or ()]
                rows: list[tuple[Any, ...]] = found.fetchall()
        except duckdb.ConversionException:
            raise _RefusedError(_NO_NUMBER, "Error converting data type nvarchar to bigint.") from None
        except duckdb.CatalogException:
            raise _RefusedError(_NO_OBJECT, "Invalid object name.") from None
        except duckdb.Error as error:
            raise _RefusedError(_WRONG, type(error).__name__) from None
        told = [wire.columns(names, kinds), *(wire.row(row, kinds) for row in rows)]
        return b"".join(told) + wire.done(len(rows), more=more)


class _RefusedError(Exception):
    def __init__(self, number: int, text: str) -> None:
        super().__init__(text)
        self.number = number


class _Line:
    """One client."""

    def __init__(self, standin: SqlServerStandin, line: socket.socket) -> None:
        self._standin, self._line = standin, line

    def serve(self) -> None:
        try:
            with self._line:
                while self._next():
                    pass
        except (EOFError, OSError):
            return

    def _next(self) -> bool:
        """False when the line ends."""
        kind, content = wire.read_message(self._line.recv)
        if kind == wire.PRELOGIN:
            return self._send(wire.prelogin_reply())
        if kind == wire.ATTENTION:
            return self._send(wire.done(attended=True))
        if kind == wire.LOGIN:
            return self._login(content)
        if kind != wire.BATCH:
            return self._send(wire.failed(_WRONG, "only batches are answered"))
        faults = self._standin.faults
        if faults.cut_after is not None:
            faults.cut_after -= 1
            if faults.cut_after < 0:
                faults.cut_after = None
                return False
        return self._send(self._standin.answer(wire.batch_text(content)))

    def _login(self, content: bytes) -> bool:
        standin = self._standin
        user, password, database = wire.login_names(content)
        if standin.faults.refuses_login or (user, password) != (standin.user, standin.password):
            self._send(wire.failed(_LOGIN_FAILED, f"Login failed for user '{user}'."))
            return False
        if database.lower() not in ("", standin.database.lower()):
            self._send(wire.failed(_NO_DATABASE, "Cannot open the database requested by the login.", severity=11))
            return False
        return self._send(wire.login_reply(standin.database) + wire.done())

    def _send(self, content: bytes) -> bool:
        self._line.sendall(wire.packets(content))
        return True


@contextmanager
def serving_tables(standin: SqlServerStandin, port: int = 0) -> Iterator[str]:
    """Serve on the loopback interface; gives the address with user and password. Port 0 takes a free one."""
    listener = socket.create_server(("127.0.0.1", port))
    threads: list[threading.Thread] = []

    def accept() -> None:
        while True:
            try:
                line, _ = listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=_Line(standin, line).serve, name="tds", daemon=True)
            thread.start()
            threads.append(thread)

    waiting = threading.Thread(target=accept, name="tds-listener", daemon=True)
    waiting.start()
    try:
        host, port = listener.getsockname()[:2]
        yield f"mssql://{standin.user}:{standin.password}@{host}:{port}/{standin.database}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        waiting.join(5)
        for thread in threads:
            thread.join(5)
        standin.store.close()


def standin_of(directory: Path, faults: Faults | None = None) -> SqlServerStandin:
    """The database of a written sample."""
    return SqlServerStandin((directory / "database.sql").read_bytes().decode(), faults=faults or Faults())
