"""What is left of a ledger after a power cut, and what a full or locked disk does to it."""

import os
import shutil
import sqlite3
import struct
import tempfile
from pathlib import Path

import pytest

from hd_assets.errors import BlockedError
from hd_assets.publish.ledger import Ledger, record_identity
from hd_assets_tests.publish.desk import desk, rows

PAGE = 4096
FRAME = PAGE + 24
WAL_HEADER = 32


def entries(path):
    with Ledger(path, "desk", "test") as ledger:
        return {int(key) for key in ledger.identities("contact")}


@pytest.fixture
def running(tmp_path):
    """A ledger in use: main file, log and index as they lie on disk, and the log's size after each commit."""
    path = tmp_path / "running" / "ledger.sqlite"
    ledger = Ledger(path, "desk", "test")
    ledger.begin_run()
    ends = []
    for number in range(6):
        ledger.write([record_identity("contact", str(number), f"i{number}", "created", 1)])
        ends.append(path.with_name("ledger.sqlite-wal").stat().st_size)
    left = tmp_path / "left"
    left.mkdir()
    for name in ("ledger.sqlite", "ledger.sqlite-wal", "ledger.sqlite-shm"):
        shutil.copy(path.with_name(name), left / name)
    ledger.close()
    return left, ends


def after_power_cut(left, folder, wal, *, index=False):
    folder.mkdir()
    shutil.copy(left / "ledger.sqlite", folder / "ledger.sqlite")
    (folder / "ledger.sqlite-wal").write_bytes(wal)
    if index:
        shutil.copy(left / "ledger.sqlite-shm", folder / "ledger.sqlite-shm")
    return folder / "ledger.sqlite"


def test_a_log_cut_off_at_any_place_loses_only_what_was_not_yet_durable(running, tmp_path):
    left, ends = running
    whole = (left / "ledger.sqlite-wal").read_bytes()
    assert len(whole) == ends[-1]
    assert len(set(ends)) == len(ends)
    for cut in range(ends[-3], ends[-1] + 1, 64):
        durable = {number for number, end in enumerate(ends) if end <= cut}
        path = after_power_cut(left, tmp_path / str(cut), whole[:cut], index=cut % 128 == 0)
        assert entries(path) == durable


@pytest.mark.parametrize("tail", ["zeros", "garbage", "an older log"])
def test_a_tail_that_never_reached_the_disk_is_not_believed(running, tmp_path, tail):
    left, ends = running
    whole = (left / "ledger.sqlite-wal").read_bytes()
    lost = ends[-1] - ends[-2]
    rubbish = {"zeros": bytes(lost), "garbage": os.urandom(lost), "an older log": whole[ends[-4] : ends[-4] + lost]}
    path = after_power_cut(left, tmp_path / "cut", whole[: ends[-2]] + rubbish[tail])
    assert entries(path) == set(range(5))


def test_a_frame_with_one_changed_bit_ends_the_log_there(running, tmp_path):
    left, ends = running
    wal = bytearray((left / "ledger.sqlite-wal").read_bytes())
    wal[ends[-2] + 24 + 100] ^= 1
    assert entries(after_power_cut(left, tmp_path / "cut", bytes(wal))) == set(range(5))


def test_a_ledger_without_its_log_index_is_whole(running, tmp_path):
    left, _ = running
    path = after_power_cut(left, tmp_path / "cut", (left / "ledger.sqlite-wal").read_bytes())
    assert entries(path) == set(range(6))


def test_a_ledger_whose_log_was_taken_away_is_refused_as_an_old_copy(tmp_path):
    path = tmp_path / "ledger.sqlite"
    ledger = Ledger(path, "desk", "test")
    ledger.write([record_identity("contact", "1", "i1", "created", 1)])
    shutil.copy(path, tmp_path / "main only")
    ledger.close()
    for file in tmp_path.glob("ledger.sqlite-*"):
        file.unlink()
    shutil.move(tmp_path / "main only", path)
    with pytest.raises(BlockedError, match="old copy") as refusal:
        Ledger(path, "desk", "test")
    assert "-wal" in refusal.value.mend
    assert "hd-assets adopt" in refusal.value.mend


def test_a_backup_from_the_middle_of_a_run_is_refused_where_the_run_went_on(tmp_path):
    path = tmp_path / "ledger.sqlite"
    with Ledger(path, "desk", "test") as ledger:
        ledger.begin_run()
        backup = sqlite3.connect(tmp_path / "backup")
        source = sqlite3.connect(path)
        source.backup(backup)
        source.close()
        backup.close()
        ledger.write([record_identity("contact", "1", "i1", "created", 1)])
    shutil.move(tmp_path / "backup", path)
    with pytest.raises(BlockedError, match="old copy"):
        Ledger(path, "desk", "test")


def test_a_ledger_that_moves_to_another_folder_is_taken_as_it_is(tmp_path):
    with Ledger(tmp_path / "a" / "ledger.sqlite", "desk", "test") as ledger:
        ledger.write([record_identity("contact", "1", "i1", "created", 1)])
    (tmp_path / "b").mkdir()
    shutil.copy(tmp_path / "a" / "ledger.sqlite", tmp_path / "b" / "ledger.sqlite")
    assert entries(tmp_path / "b" / "ledger.sqlite") == {1}


def damage_page(path, page):
    with path.open("r+b") as file:
        file.seek((page - 1) * PAGE)
        file.write(struct.pack(">B", 7) + os.urandom(PAGE - 1))


def test_damage_of_a_run_that_did_not_end_is_found_at_opening(tmp_path):
    path = tmp_path / "ledger.sqlite"
    with Ledger(path, "desk", "test") as ledger:
        ledger.begin_run()
        for start in range(0, 2000, 500):
            names = range(start, start + 500)
            ledger.write([record_identity("contact", str(name), "i", "created", 1) for name in names])
        ledger.run_no = 0  # so that closing does not note the end
    pages = path.stat().st_size // PAGE
    damage_page(path, pages - 1)
    with pytest.raises(BlockedError, match="cannot be read") as refusal:
        Ledger(path, "desk", "test")
    assert str(path) in refusal.value.where
    assert "backup" in refusal.value.mend
    assert "hd-assets adopt" in refusal.value.mend


def test_a_full_disk_stops_the_publisher_and_nothing_is_lost(tmp_path, monkeypatch):
    staged = rows(8)
    made = desk(tmp_path, staged)
    made.plan()
    from hd_assets.publish import ledger as module
    from hd_assets_tests.publish.checker import differences

    connect = module.connect

    def small_disk(path, *, readonly=False):
        connection = connect(path, readonly=readonly)
        if not readonly:
            pages = connection.execute("pragma page_count").fetchone()[0]
            connection.execute(f"pragma max_page_count = {pages}")
        return connection

    monkeypatch.setattr(module, "connect", small_disk)
    with pytest.raises(BlockedError, match=r"cannot be written .*full") as refusal:
        made.publish(planned=False)
    assert refusal.value.exit_code == 3
    stopped = len(made.transport.writes)
    assert 0 < stopped < 100
    with pytest.raises(BlockedError, match="cannot be written"):
        made.publish(planned=False)
    monkeypatch.setattr(module, "connect", connect)
    made.publish()
    assert differences(made, staged) == []


@pytest.fixture
def locked():
    """A folder in which this process may read and not write: the superuser becomes nobody for the time."""
    folder = Path(tempfile.mkdtemp(dir="/tmp"))  # pytest keeps its own folders closed to nobody
    folder.chmod(0o755)
    user = os.geteuid()

    def lock():
        folder.chmod(0o555)
        if user == 0:
            os.seteuid(65534)
        return folder

    yield folder, lock
    os.seteuid(user)
    folder.chmod(0o755)
    shutil.rmtree(folder)


@pytest.mark.parametrize("state", ["empty", "with its lock file", "with a ledger"])
def test_a_folder_that_cannot_be_written_is_told_with_exit_code_3(locked, state):
    folder, lock = locked
    path = folder / "ledger.sqlite"
    if state != "empty":
        Ledger(path, "desk", "test").close()
        path.with_name("ledger.sqlite.lock").chmod(0o666 if state == "with its lock file" else 0o644)
    lock()
    with pytest.raises(BlockedError, match="cannot be written") as refusal:
        Ledger(path, "desk", "test")
    assert refusal.value.exit_code == 3
    assert refusal.value.where == str(path)
