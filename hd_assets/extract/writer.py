"""Writes one extraction into a folder nobody reads yet, in batches of bounded size."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

import polars as pl

from hd_assets.extract.base import Entity, Row, SourceFacts, StoredFile
from hd_assets.extract.files import FileStore

BATCH_ROWS = 20_000
BATCH_CHARACTERS = 32_000_000


@dataclass(frozen=True)
class WrittenEntity:
    """A finished parquet file that still lies in the unfinished folder."""

    entity: Entity
    path: Path
    rows: int
    sha256: str

    @property
    def name(self) -> str:
        return self.entity.name


@dataclass
class _Batches:
    entity: Entity
    waiting: list[Row] = field(default_factory=list)
    characters: int = 0
    rows: int = 0
    parts: list[Path] = field(default_factory=list)
    gone: list[Row] = field(default_factory=list)


class RawWriter:
    """The RawSink of one extraction. Holds at most one batch of rows in memory, whatever the source's size."""

    def __init__(
        self,
        name: str,
        started_at: datetime,
        folder: Path,
        entities: Sequence[Entity],
        files: FileStore,
        earlier_file_bytes: Path | None = None,
        earlier_rows: Callable[[str, tuple[str, ...]], Iterable[tuple[str, ...]]] | None = None,
        unfinished: Path | None = None,
    ) -> None:
        """`earlier_rows` makes it the sink of a delta: columns of an entity's rows that are already there.

        `unfinished` is a folder that outlives this extraction if it breaks off.
        """
        self.name = name
        self.started_at = started_at
        self.known_facts: SourceFacts | None = None
        self.warnings: list[str] = []
        self.files_stored = 0
        self.file_bytes_stored = 0
        self._folder = folder
        self._files = files
        self._batches = {entity.name: _Batches(entity) for entity in entities}
        self._earlier_path = earlier_file_bytes
        self._earlier: dict[str, StoredFile] | None = None
        self._earlier_rows = earlier_rows
        self._unfinished = unfinished
        folder.mkdir(parents=True)

    @property
    def kind(self) -> Literal["full", "delta"]:
        return "full" if self._earlier_rows is None else "delta"

    def known(self, entity: str, columns: tuple[str, ...] | None = None) -> Iterable[tuple[str, ...]]:
        declared = self._batches[entity].entity
        return () if self._earlier_rows is None else self._earlier_rows(entity, columns or declared.key)

    def gone(self, entity: str, keys: Iterable[tuple[str, ...]]) -> None:
        if self._earlier_rows is None:
            raise ValueError(f"{entity}: nothing can be gone from a reading of everything")
        declared = self._batches[entity].entity
        names = declared.key
        for key in keys:
            held = dict(zip(names, key, strict=True))
            self._batches[entity].gone.append(tuple(held.get(column) for column in declared.columns))

    def rows(self, entity: str, rows: Iterable[Row]) -> None:
        batches = self._batches[entity]
        width = len(batches.entity.columns)
        for row in rows:
            if len(row) != width:
                raise ValueError(f"{entity}: a row of {len(row)} values for {width} columns")
            batches.waiting.append(row)
            batches.characters += sum(map(len, filter(None, row)))
            if len(batches.waiting) >= BATCH_ROWS or batches.characters >= BATCH_CHARACTERS:
                self._flush(batches)
        if sum(other.characters for other in self._batches.values()) >= BATCH_CHARACTERS:
            for other in self._batches.values():
                if other.waiting:
                    self._flush(other)

    def file(self, source_key: str, chunks: Iterable[bytes], *, at_least: int = 0) -> StoredFile:
        del source_key  # the extractor writes it into file_bytes; the store knows content only
        stored = self._files.put(chunks, at_least=at_least)
        if stored.complete:
            self.files_stored += 1
            self.file_bytes_stored += stored.size_bytes
        return stored

    def stored_before(self, source_key: str) -> StoredFile | None:
        if self._earlier is None:
            self._earlier = _read_earlier(self._earlier_path)
        stored = self._earlier.get(source_key)
        return stored if stored is not None and self._files.holds(stored) else None

    def facts(self, facts: SourceFacts) -> None:
        self.known_facts = facts
        self.warnings.extend(facts.warnings)

    def warn(self, text: str) -> None:
        self.warnings.append(text)

    def advance(self, done: int, total: int | None, what: str) -> None:
        pass  # for those who watch

    def unfinished(self) -> Path | None:
        if self._unfinished is not None:
            self._unfinished.mkdir(parents=True, exist_ok=True)
        return self._unfinished

    def finish(self) -> list[WrittenEntity]:
        """Flush, join each entity's parts into one file and sync it. Entities without rows get a file, too."""
        return [self._finish(batches) for batches in self._batches.values()]

    def _finish(self, batches: _Batches) -> WrittenEntity:
        if batches.waiting or not (batches.parts or batches.gone):
            self._flush(batches)
        if batches.gone:
            self._write(batches, batches.gone, is_deleted=True)
        path = self._folder / f"{batches.entity.name}.parquet"
        if len(batches.parts) == 1:
            batches.parts[0].replace(path)
        else:
            pl.scan_parquet(batches.parts).sink_parquet(path, compression="zstd")
            for part in batches.parts:
                part.unlink()
        with path.open("rb") as source:
            digest = hashlib.file_digest(source, "sha256").hexdigest()
            os.fsync(source.fileno())
        return WrittenEntity(batches.entity, path, batches.rows, digest)

    def _flush(self, batches: _Batches) -> None:
        self._write(batches, batches.waiting, is_deleted=False)
        batches.rows += len(batches.waiting)
        batches.waiting.clear()
        batches.characters = 0

    def _write(self, batches: _Batches, rows: Sequence[Row], *, is_deleted: bool) -> None:
        columns = batches.entity.columns
        values = zip(*rows, strict=True) if rows else ((),) * len(columns)
        frame = pl.DataFrame(
            [pl.Series(name, list(column), dtype=pl.String) for name, column in zip(columns, values, strict=True)]
        ).with_columns(_extraction=pl.lit(self.name, dtype=pl.String), _deleted=pl.lit(is_deleted))
        path = self._folder / f"{batches.entity.name}.{len(batches.parts):05}.part"
        frame.write_parquet(path, compression="zstd")
        batches.parts.append(path)


def _read_earlier(path: Path | None) -> dict[str, StoredFile]:
    if path is None or not path.is_file():
        return {}
    frame = pl.read_parquet(path, columns=["source_key", "sha256", "size_bytes", "status"])
    stored = frame.filter((pl.col("status") == "stored") & pl.col("source_key").is_not_null())
    return {key: StoredFile(sha256=sha256, size_bytes=int(size)) for key, sha256, size, _ in stored.iter_rows()}
