"""Bytes of attachments: rows of `file_chunk` (backend D) or the filesystem plugin's folder (backend F)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

from hd_assets.extract.base import BytesUnavailableError, RawSink, Row, StoredFile
from hd_assets.extract.osticket.entities import CHUNKS
from hd_assets.extract.osticket.reader import Session

_BLOCK = 1 << 20
_KEY = re.compile(r"[A-Za-z0-9_.=-]+")
DATABASE, FOLDER = "D", "F"


@dataclass(frozen=True)
class FileRow:
    """What a row of `file` says: id, backend letter, size in bytes, key."""

    file_id: str
    backend: str | None
    size: int
    key: str

    @property
    def source_key(self) -> str:
        """Changes whenever the bytes can have changed."""
        return f"{self.file_id}:{self.key}:{self.size}"


@dataclass
class FileRows:
    """All rows of `file`, kept small; a help desk has tens of thousands."""

    rows: dict[str, FileRow] = field(default_factory=dict)

    def add(self, file_id: str, backend: str | None, size: str | None, key: str | None) -> None:
        number = int(size) if size and size.isdecimal() else 0
        self.rows[file_id] = FileRow(file_id, backend, number, key or "")


class FileBytesReader:
    """Stores every file's bytes once and says of each file what became of it."""

    def __init__(self, session: Session, prefix: str, folder: Path | None, into: RawSink) -> None:
        self._session = session
        self._table = f"{prefix}{CHUNKS}"
        self._folder = folder
        self._into = into
        self._names: dict[str, frozenset[str]] = {}

    def read(self, files: FileRows) -> None:
        """Deliver one `file_bytes` row for each file. A file that cannot be had never ends the run."""
        outcomes: dict[str, Row] = {}
        for row in files.rows.values():
            if (stored := self._into.stored_before(row.source_key)) is not None:
                outcomes[row.file_id] = _stored(row, stored)
        waiting = {row.file_id: row for row in files.rows.values() if row.file_id not in outcomes}
        outcomes.update(self._from_chunks({key: row for key, row in waiting.items() if row.backend == DATABASE}))
        for row in waiting.values():
            if row.backend == FOLDER:
                outcomes[row.file_id] = self._from_folder(row)
            elif row.backend != DATABASE:
                detail = f"storage backend {row.backend or '(none)'} is neither the database nor a folder"
                outcomes[row.file_id] = _failed(row, "unknown_backend", detail)
        self._into.rows("file_bytes", (outcomes[file_id] for file_id in files.rows))
        self._report(list(outcomes.values()), files)

    def _from_chunks(self, wanted: dict[str, FileRow]) -> dict[str, Row]:
        outcomes: dict[str, Row] = {}
        if wanted and self._table in self._session.tables:
            chunks = self._session.chunks(self._table, wanted.keys())
            for file_id, parts in groupby(chunks, key=lambda chunk: chunk[0]):
                outcomes[file_id] = self._store(wanted[file_id], (data for _, data in parts))
        for file_id, row in wanted.items():
            if file_id not in outcomes:
                no_bytes = row.size == 0
                outcomes[file_id] = (
                    self._store(row, iter(())) if no_bytes else _failed(row, "missing", "no file_chunk rows")
                )
        return outcomes

    def _from_folder(self, row: FileRow) -> Row:
        if self._folder is None:
            return _failed(row, "missing", "lies in the filesystem plugin's folder, and OSTICKET_FILES is not set")
        if not _KEY.fullmatch(row.key) or row.key.startswith("."):
            return _failed(row, "missing", "its key cannot be a file name")
        if row.key not in self._listing(row.key[0]):
            return _failed(row, "missing", "the folder has no file with its key")
        try:
            return self._store(row, _blocks(self._folder / row.key[0] / row.key))
        except BytesUnavailableError as error:
            return _failed(row, "missing", str(error))

    def _listing(self, first: str) -> frozenset[str]:
        """Exact names, because keys differ by case only and some file systems do not see that."""
        if first not in self._names:
            folder = self._folder / first if self._folder else None
            try:
                names = frozenset(path.name for path in folder.iterdir()) if folder else frozenset()
            except OSError:
                names = frozenset()
            self._names[first] = names
        return self._names[first]

    def _store(self, row: FileRow, chunks: Iterator[bytes]) -> Row:
        stored = self._into.file(row.source_key, chunks, at_least=row.size)
        if not stored.complete:
            found = f"{stored.size_bytes} of {row.size} bytes found"
            return (row.file_id, None, str(stored.size_bytes), "short", found, row.source_key)
        return _stored(row, stored)

    def _report(self, outcomes: list[Row], files: FileRows) -> None:
        for status in ("missing", "short", "unknown_backend"):
            ids = [str(row[0]) for row in outcomes if row[3] == status]
            if ids:
                shown = ", ".join(ids[:10]) + (", …" if len(ids) > 10 else "")
                self._into.warn(f"the bytes of {len(ids)} files are {status.replace('_', ' ')}: file {shown}")
        if self._folder is None and (count := sum(row.backend == FOLDER for row in files.rows.values())):
            self._into.warn(f"{count} files lie in the filesystem plugin's folder; set OSTICKET_FILES to a copy of it")


def _stored(row: FileRow, stored: StoredFile) -> Row:
    detail = None if stored.size_bytes == row.size else f"{stored.size_bytes} bytes found, the table says {row.size}"
    return (row.file_id, stored.sha256, str(stored.size_bytes), "stored", detail, row.source_key)


def _failed(row: FileRow, status: str, detail: str) -> Row:
    return (row.file_id, None, None, status, detail, row.source_key)


def _blocks(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as source:
            while block := source.read(_BLOCK):
                yield block
    except OSError as error:
        raise BytesUnavailableError(f"the file in the folder cannot be read ({error.strerror})") from None
