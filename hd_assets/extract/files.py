"""Attachment bytes, stored once under their own digest; names from the source never touch the file system."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Iterable
from pathlib import Path

from hd_assets.extract.base import StoredFile

_DIGEST = re.compile(r"[0-9a-f]{64}")
_BLOCK = 1 << 20


class FileStore:
    """A folder of files named by the SHA-256 of their content. Safe against a crash at any byte."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, chunks: Iterable[bytes], *, at_least: int = 0) -> StoredFile:
        """Write the chunks to a temporary file while hashing, then rename. Same content is kept once.

        Fewer than `at_least` bytes: nothing is kept and the result is not `complete`.
        Whatever `chunks` raises passes through; nothing is left behind.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        digest = hashlib.sha256()
        size = 0
        handle, name = tempfile.mkstemp(prefix=".incoming-", dir=self.root)
        temporary = Path(name)
        try:
            with os.fdopen(handle, "wb") as out:
                for chunk in chunks:
                    digest.update(chunk)
                    size += len(chunk)
                    out.write(chunk)
                out.flush()
                os.fsync(out.fileno())
            stored = StoredFile(sha256=digest.hexdigest(), size_bytes=size, complete=size >= at_least)
            if stored.complete and not self.holds(stored):
                temporary.replace(self.path(stored.sha256))
            return stored
        finally:
            temporary.unlink(missing_ok=True)

    def path(self, sha256: str) -> Path:
        """Where the bytes of that digest lie, whether present or not. ValueError when it is not a digest."""
        if not _DIGEST.fullmatch(sha256):
            raise ValueError("not a SHA-256 digest in lower-case hex")
        return self.root / sha256

    def holds(self, stored: StoredFile) -> bool:
        """Present with the right size; cheap, does not hash."""
        path = self.path(stored.sha256)
        return path.is_file() and path.stat().st_size == stored.size_bytes

    def verify(self, sha256: str) -> bool:
        """Present and really of that digest; reads the whole file."""
        path = self.path(sha256)
        if not path.is_file():
            return False
        digest = hashlib.sha256()
        with path.open("rb") as source:
            while block := source.read(_BLOCK):
                digest.update(block)
        return digest.hexdigest() == sha256

    def sweep(self) -> None:
        """Remove what a crashed run left half written. Only while no other extraction runs."""
        for leftover in self.root.glob(".incoming-*"):
            leftover.unlink(missing_ok=True)
