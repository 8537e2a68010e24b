"""Ledgers of older versions: brought up to date by the writer, read as they are by readers."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path

from hd_assets.errors import BlockedError
from hd_assets.publish.ledger_schema import SCHEMA_VERSION, TABLES

# version → the statements that make the next version of it. They spell the tables out as they were to become then: a
# later change of TABLES must not change what an older step does.
STEPS: Mapping[int, Sequence[str]] = {
    1: (
        "alter table runs add column run_id text",
        "alter table runs add column tool_version text",
        "alter table runs add column rules_version integer",
        "alter table runs add column purpose text not null default 'publish'",
        "alter table operations add column sent_digest text",
        "create index operations_sent on operations (sent_digest) where kind = 'conversation'",
        "create table evidence (key text not null, at real not null, reason text not null, detail text,"
        " primary key (key, at)) without rowid",
        "create table decisions (key text not null, at real not null, decided_by text not null, why text not null,"
        " outcome text not null, intercom_id text, primary key (key, at)) without rowid",
        "create table undo (key text primary key, run_no integer, target_kind text not null, external_id text not null,"
        " intercom_id text, action text not null, position integer not null, state text not null, intended_at real,"
        " sent_at real, outcome_at real, status integer, error_code text, detail text) without rowid",
        "create table recheck (key text primary key, due_at real not null, reason text not null, state text not null,"
        " detail text) without rowid",
        "insert into recheck select key, due_at, 'resent', state, detail from twins",
        "drop table twins",
    ),
    2: ("alter table operations add column sent_links text",),
}

# version → temporary views that show its tables in today's shape
_VIEWS: Mapping[int, Sequence[str]] = {
    1: (
        "create temp view runs as select *, null as run_id, null as tool_version, null as rules_version,"
        " 'publish' as purpose from main.runs",
        "create temp view operations as select *, null as sent_digest, null as sent_links from main.operations",
        "create temp view evidence as select '' as key, 0.0 as at, '' as reason, null as detail where false",
        "create temp view decisions as select '' as key, 0.0 as at, '' as decided_by, '' as why, '' as outcome,"
        " null as intercom_id where false",
        "create temp view undo as select '' as key, null as run_no, '' as target_kind, '' as external_id,"
        " null as intercom_id, '' as action, 0 as position, '' as state, null as intended_at, null as sent_at,"
        " null as outcome_at, null as status, null as error_code, null as detail where false",
        "create temp view recheck as select key, due_at, 'resent' as reason, state, detail from main.twins",
    ),
    2: ("create temp view operations as select *, null as sent_links from main.operations",),
}


def version_of(connection: sqlite3.Connection) -> int | None:
    """Schema version of the file; None when it is new."""
    if not connection.execute("select 1 from sqlite_master where type = 'table' and name = 'meta'").fetchone():
        return None
    found = connection.execute("select value from meta where name = 'schema_version'").fetchone()
    return int(found[0]) if found else None


def known_version(connection: sqlite3.Connection, path: Path) -> int | None:
    """The same. Raises BlockedError for a version that this program does not know."""
    version = version_of(connection)
    if version is not None and version > SCHEMA_VERSION:
        raise BlockedError(
            f"the ledger was written by a newer version (schema {version}, known {SCHEMA_VERSION})",
            where=str(path),
            mend="install the newer version again",
        )
    return version


def bring_up_to_date(connection: sqlite3.Connection, path: Path) -> Path | None:
    """Create the tables, or migrate those of an older version in one transaction.

    Answers the copy of the older file that was made before, None when nothing was migrated. A process that dies in
    the middle leaves the older version or the newer, because the tables and the version change in one commit.
    """
    version, copy = known_version(connection, path), None
    if version is not None and version < SCHEMA_VERSION:
        copy = backup(connection, path, version)
    connection.execute("begin immediate")
    try:
        for older in range(version, SCHEMA_VERSION) if version is not None else ():
            for statement in STEPS[older]:
                connection.execute(statement)
        for statement in TABLES.split(";"):
            if statement.strip():
                connection.execute(statement)
        if copy is not None:
            connection.execute("update meta set value = ? where name = 'schema_version'", (str(SCHEMA_VERSION),))
        connection.execute("commit")
    except BaseException:
        if connection.in_transaction:
            connection.execute("rollback")
        raise
    return copy


def backup(connection: sqlite3.Connection, path: Path, version: int) -> Path:
    """A whole copy `<ledger>.v<version>.bak` with everything that stands in the write-ahead log."""
    copy = path.with_name(f"{path.name}.v{version}.bak")
    unfinished = copy.with_name(f"{copy.name}.part")
    unfinished.unlink(missing_ok=True)
    target = sqlite3.connect(unfinished)
    try:
        connection.backup(target)
        # a copy that is one file: no log beside it that could be forgotten
        target.execute("pragma journal_mode = delete")
    finally:
        target.close()
    _to_disk(unfinished)
    unfinished.replace(copy)
    _to_disk(copy.parent)
    return copy


def _to_disk(path: Path) -> None:
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def show_as_current(connection: sqlite3.Connection, path: Path) -> None:
    """Let a reader see an older ledger in today's shape without changing the file."""
    version = known_version(connection, path)
    if version is not None and version < SCHEMA_VERSION:
        for statement in _VIEWS[version]:
            connection.execute(statement)
