"""Ledgers of older versions: migrated in one piece, or not at all."""

import sqlite3
from pathlib import Path

import pytest

from hd_assets.publish import ledger_migrations
from hd_assets.publish.ledger import Ledger, read_only
from hd_assets.publish.ledger_schema import SCHEMA_VERSION

LEDGERS = Path(__file__).parent / "ledgers"
OLDER = range(1, SCHEMA_VERSION)


def lay(path, version):
    """A ledger as that version of the program left it."""
    connection = sqlite3.connect(path)
    connection.executescript((LEDGERS / f"v{version}.sql").read_text())
    connection.execute("pragma journal_mode = wal")
    connection.close()
    return path


def tables(path):
    """Table → its columns; a column added later stands last, so their order tells nothing."""
    connection = sqlite3.connect(path)
    names = [row[0] for row in connection.execute("select name from sqlite_master where type in ('table', 'index')")]
    found = {name: {tuple(row[1:]) for row in connection.execute(f"pragma table_xinfo({name})")} for name in names}
    connection.close()
    return found


def states(reader):
    return {(row.key, row.state, row.intercom_id, row.remark) for row in reader.iterate()}


@pytest.mark.parametrize("version", range(1, SCHEMA_VERSION + 1))
def test_there_is_a_ledger_of_each_version_with_every_state(tmp_path, version):
    path = lay(tmp_path / "ledger.sqlite", version)
    connection = sqlite3.connect(path)
    assert connection.execute("select value from meta where name = 'schema_version'").fetchone() == (str(version),)
    found = {row[0] for row in connection.execute("select distinct state from operations")}
    connection.close()
    every = {"planned", "intended", "applied", "refused", "unknown", "quarantined", "conflict", "skipped"}
    assert found == every


@pytest.mark.parametrize("version", OLDER)
def test_a_migrated_ledger_has_the_tables_of_a_new_one_and_keeps_every_operation(tmp_path, version):
    path = lay(tmp_path / "ledger.sqlite", version)
    before = read_only(path)
    known = states(before)
    before.close()
    with Ledger(path, "desk", "simulator") as ledger:
        assert states(ledger) == known
        assert ledger.meta("schema_version") == str(SCHEMA_VERSION)
    Ledger(tmp_path / "new.sqlite", "desk", "simulator").close()
    assert tables(path) == tables(tmp_path / "new.sqlite")


def test_twins_that_were_due_are_looked_up_again(tmp_path):
    path = lay(tmp_path / "ledger.sqlite", 1)
    connection = sqlite3.connect(path)
    twins = connection.execute("select key, due_at, state from twins").fetchall()
    connection.close()
    with Ledger(path, "desk", "simulator") as ledger:
        assert ledger.rows("select key, due_at, state from recheck") == twins
        assert ledger.rows("select distinct reason from recheck") == [("resent",)]
    assert "due" in {state for _, _, state in twins}


@pytest.mark.parametrize("version", OLDER)
def test_the_older_file_is_copied_whole_before_it_is_changed(tmp_path, version):
    path = lay(tmp_path / "ledger.sqlite", version)
    older = tables(path)
    with Ledger(path, "desk", "simulator") as ledger:
        copy = ledger.older_copy
    assert copy == tmp_path / f"ledger.sqlite.v{version}.bak"
    assert tables(copy) == older
    with Ledger(path, "desk", "simulator") as ledger:
        assert ledger.older_copy is None


@pytest.mark.parametrize("version", OLDER)
def test_a_reader_understands_an_older_ledger_and_leaves_it_alone(tmp_path, version):
    path = lay(tmp_path / "ledger.sqlite", version)
    older = path.read_bytes()
    reader = read_only(path)
    assert {row.sent_links for row in reader.iterate()} == {None}
    for table in ("runs", "recheck", "evidence", "decisions", "undo"):
        reader.rows(f"select * from {table}")
    assert reader.rows("select distinct purpose from runs") == [("publish",)]
    assert reader.rows("select count(*) from recheck")[0][0] > 0
    reader.close()
    assert path.read_bytes() == older


class Died(BaseException):
    """The process ended here."""


class Dying:
    """A connection that dies before its statement number `at`."""

    def __init__(self, connection, at):
        self.connection, self.left = connection, at

    def execute(self, sql, *parameters):
        if self.left == 0:
            raise Died
        self.left -= 1
        return self.connection.execute(sql, *parameters)

    def __getattr__(self, name):
        return getattr(self.connection, name)


@pytest.mark.parametrize("version", OLDER)
def test_a_migration_cut_off_anywhere_leaves_the_older_version_or_the_newer(tmp_path, version):
    whole = lay(tmp_path / "whole.sqlite", version)
    known, older, cuts, seen = None, tables(whole), 0, set()
    reader = read_only(whole)
    known = states(reader)
    reader.close()
    while True:
        folder = tmp_path / str(cuts)
        folder.mkdir()
        path = lay(folder / "ledger.sqlite", version)
        connection = sqlite3.connect(path, isolation_level=None)
        try:
            ledger_migrations.bring_up_to_date(Dying(connection, cuts), path)
        except Died:
            # what a new process finds: main file and log as they lie there
            left = folder / "left"
            left.mkdir()
            for file in folder.glob("ledger.sqlite*"):
                (left / file.name).write_bytes(file.read_bytes())
            connection.close()
            now = tables(left / "ledger.sqlite")
            seen.add(now == older)
            with Ledger(left / "ledger.sqlite", "desk", "simulator") as ledger:
                assert states(ledger) == known
                assert ledger.meta("schema_version") == str(SCHEMA_VERSION)
            cuts += 1
        else:
            connection.close()
            break
    assert cuts > len(ledger_migrations.STEPS[version])
    assert seen == {True}
