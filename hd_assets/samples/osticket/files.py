"""Files as osTicket keeps them: a row, and the bytes in chunk rows or in the filesystem plugin's folder."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from hd_assets.samples.osticket.dump import Dump

CHUNK_BYTES = 512_000

Owner = Literal["H", "F", "C", "T", "E"]


@dataclass(frozen=True)
class StoredFile:
    """A row of `file`; `key` is what `cid:` references in texts point to."""

    id: int
    key: str
    name: str
    size: int


class FileStore:
    """Adds files, database first, from `switch` on in `<folder>/<first character of key>/<key>`."""

    def __init__(self, dump: Dump, folder: Path, switch: datetime, seed: int) -> None:
        self._dump = dump
        self._folder = folder
        self._switch = switch
        self._seed = seed

    def add(
        self,
        name: str,
        mime: str,
        content: bytes,
        created: datetime,
        *,
        backend: str = "",
        write_bytes: bool = True,
    ) -> StoredFile:
        """Store one file. `backend` overrides the choice by date, `write_bytes=False` forgets the bytes."""
        blocks = (content[at : at + CHUNK_BYTES] for at in range(0, max(len(content), 1), CHUNK_BYTES))
        signature = _letters(content)
        return self._add(name, mime, len(content), blocks if write_bytes else (), signature, created, backend)

    def add_stream(self, name: str, mime: str, size: int, blocks: Iterable[bytes], created: datetime) -> StoredFile:
        """Store a file too big to hold; every block at most `CHUNK_BYTES`, together `size` bytes."""
        return self._add(name, mime, size, blocks, _letters(f"{name} {size}".encode()), created, "")

    def attach(
        self, owner: Owner, object_id: int, file: StoredFile, *, inline: bool = False, name: str | None = None
    ) -> None:
        """Hang a file on an entry, article or answer; `name` only where this use has another one."""
        self._dump.add("attachment", object_id=object_id, type=owner, file_id=file.id, name=name, inline=int(inline))

    def _add(
        self, name: str, mime: str, size: int, blocks: Iterable[bytes], signature: str, created: datetime, backend: str
    ) -> StoredFile:
        number = self._dump.new_id("file")
        key = _letters(f"{self._seed} {number} {signature}".encode())
        chosen = backend or ("F" if created >= self._switch else "D")
        self._dump.add(
            "file",
            id=number,
            bk=chosen,
            type=mime,
            size=size,
            key=key,
            signature=signature,
            name=name,
            created=created,
        )
        if chosen == "F":
            self._to_folder(key, blocks)
        else:
            for place, block in enumerate(blocks):
                self._dump.add("file_chunk", file_id=number, chunk_id=place, filedata=block)
        return StoredFile(number, key, name, size)

    def _to_folder(self, key: str, blocks: Iterable[bytes]) -> None:
        folder = self._folder / key[0]
        written = None
        for block in blocks:
            if written is None:
                folder.mkdir(parents=True, exist_ok=True)
                written = (folder / key).open("wb")
            written.write(block)
        if written is not None:
            written.close()


def _letters(data: bytes) -> str:
    """32 characters of letters, digits, `-` and `_`, as osTicket's keys."""
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest())[:32].decode()
