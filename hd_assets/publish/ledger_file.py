"""The ledger's files: who holds them, whether they are the newest, what is wrong with them."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from pathlib import Path

from hd_assets.errors import BlockedError, HdError

ADOPT = "`hd-assets adopt` rebuilds a lost ledger from the workspace"
# Primary result codes that tell of the disk or the folder, not of the file's content.
_OF_THE_DISK = frozenset(
    {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM}
)
_OF_THE_CONTENT = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


class Hold:
    """The exclusive OS lock on a ledger, for as long as this object is open.

    The lock file also tells how far the ledger beside it has come: `<pid> <ledger id> <commits>`. It is written after
    each commit and not forced to the disk, so it may lag behind the ledger but never be ahead of it, unless somebody
    has put an older copy in the ledger's place or taken its write-ahead log away.
    """

    def __init__(self, path: Path) -> None:
        """Raises BlockedError when another process holds the ledger or the folder cannot be written."""
        self._path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as fault:
            raise unwritable(path, fault.strerror or "no access") from fault
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as fault:
            holder = (self._words() or ["unknown"])[0]
            os.close(self._file)
            raise BlockedError(
                f"process {holder} is publishing to this target",
                where=str(path),
                mend="wait for that run to end, or stop it; two publishers on one ledger could double records",
            ) from fault

    def _words(self) -> list[str]:
        return os.pread(self._file, 200, 0).decode("ascii", "replace").split()

    def require_newest(self, ledger_id: str, commits: int) -> None:
        """Raises BlockedError when the lock file saw commits of this ledger that the ledger itself has lost."""
        words = self._words()
        seen = int(words[2]) if len(words) == 3 and words[1] == ledger_id and words[2].isdecimal() else 0
        if seen > commits:
            raise BlockedError(
                f"this ledger is an old copy: it was written {seen} times here, the file shows {commits}",
                where=str(self._path),
                mend=f"put the newest ledger back together with its -wal file; {ADOPT}",
            )

    def note(self, ledger_id: str, commits: int) -> None:
        # padded, so that a shorter text leaves nothing of a longer one behind
        os.pwrite(self._file, f"{os.getpid()} {ledger_id} {commits:020d}\n".ljust(100).encode("ascii"), 0)

    def close(self) -> None:
        os.close(self._file)


def explained(path: Path, fault: sqlite3.Error) -> HdError | None:
    """The failure in words a person can act on; None when the statement itself was wrong."""
    code = getattr(fault, "sqlite_errorcode", 0) & 0xFF
    if code in _OF_THE_DISK:
        return unwritable(path, str(fault))
    return damaged(path, str(fault)) if code in _OF_THE_CONTENT else None


def unwritable(path: Path, reason: str) -> BlockedError:
    return BlockedError(
        f"the ledger cannot be written ({reason}); nothing is sent that cannot be noted",
        where=str(path),
        mend="make room on the disk or give write permission for the folder, then start the same command again",
    )


def damaged(path: Path, reason: str) -> BlockedError:
    return BlockedError(
        f"the ledger cannot be read: {reason}",
        where=str(path),
        mend=f"put the newest backup of the file back; {ADOPT}",
    )
