"""The raw store: immutable parquet files, trusted only through the manifest written last."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import duckdb
from pydantic import BaseModel, ConfigDict, Field

from hd_assets.errors import BlockedError, SourceError
from hd_assets.extract.base import DeltaExtractor, Entity, Extractor, SourceFacts
from hd_assets.extract.files import FileStore
from hd_assets.extract.retry import RetryBudget, with_retries
from hd_assets.extract.writer import RawWriter, WrittenEntity

WINDOW_ALL = "all"
_STAMP = "%Y%m%dT%H%M%S%f"
_MANIFESTS = "_extractions"
_UNFINISHED = ".unfinished-"


class RawFile(BaseModel):
    """One parquet file, its path relative to the store's root."""

    model_config = ConfigDict(frozen=True)

    path: str
    window: str
    rows: int
    sha256: str


class RawEntity(BaseModel):
    model_config = ConfigDict(frozen=True)

    name: str
    key: tuple[str, ...]
    columns: tuple[str, ...]
    rows: int
    files: tuple[RawFile, ...]


class Extraction(BaseModel):
    """The manifest of one extraction; its existence is what makes the files count."""

    model_config = ConfigDict(frozen=True)

    format_version: Literal[1] = 1
    name: str
    kind: Literal["full", "delta"]
    started_at: datetime
    finished_at: datetime
    facts: SourceFacts | None = None
    warnings: tuple[str, ...] = ()
    entities: dict[str, RawEntity] = Field(default_factory=dict)
    files_stored: int = 0
    file_bytes_stored: int = 0

    @property
    def row_counts(self) -> dict[str, int]:
        return {name: entity.rows for name, entity in self.entities.items()}


class RawStore:
    """Raw rows and attachment bytes of one migration below `root`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.raw = root / "raw"
        self.files = FileStore(root / "files")
        self._broken_off = self.raw / ".broken-off"

    def extractions(self) -> tuple[Extraction, ...]:
        """All finished extractions, oldest first. SourceError when a manifest cannot be read."""
        found = []
        for path in sorted((self.raw / _MANIFESTS).glob("*.json")):
            try:
                found.append(Extraction.model_validate_json(path.read_bytes()))
            except (OSError, ValueError) as error:
                raise SourceError(
                    f"the manifest of an extraction cannot be read ({type(error).__name__})",
                    where=str(path),
                    mend="restore the file from a backup, or move it away and extract again",
                ) from None
        return tuple(found)

    def latest(self) -> Extraction | None:
        """The newest finished extraction."""
        found = self.extractions()
        return found[-1] if found else None

    def trusted(self) -> tuple[Extraction, ...]:
        """The newest full extraction and every delta after it, oldest first."""
        found = self.extractions()
        fulls = [index for index, extraction in enumerate(found) if extraction.kind == "full"]
        return found[fulls[-1] :] if fulls else ()

    def views(self) -> dict[str, str]:
        """For each entity the `select` that shows its current rows; columns as declared plus `_extraction`.

        Newest extraction per key wins; tombstones are dropped; a full extraction hides everything before it.
        SourceError when a file that a manifest lists is gone.
        """
        trusted = self.trusted()
        names = dict.fromkeys(name for extraction in trusted for name in extraction.entities)
        return {name: self._view(name, [e.entities[name] for e in trusted if name in e.entities]) for name in names}

    def _view(self, name: str, versions: Sequence[RawEntity]) -> str:
        paths = []
        for file in (file for version in versions for file in version.files):
            path = (self.root / file.path).absolute()
            if not path.is_file():
                raise SourceError(
                    f"a raw file of {name} is gone although its extraction was finished",
                    where=str(path),
                    mend="restore it from a backup or extract again",
                )
            paths.append("'" + str(path).replace("'", "''") + "'")
        source = f"read_parquet([{', '.join(paths)}], union_by_name = true)"
        newest = versions[-1]
        columns = ", ".join(_quoted(column) for column in (*newest.columns, "_extraction"))
        if len(paths) == 1:
            return f"select {columns} from {source} where not _deleted"
        keys = ", ".join(_quoted(column) for column in newest.key)
        ranked = f"select * from {source} qualify row_number() over (partition by {keys} order by _extraction desc) = 1"
        return f"select {columns} from ({ranked}) where not _deleted"

    def verify(self, extraction: Extraction) -> tuple[str, ...]:
        """Paths of raw files that are gone or changed since they were written; reads them all."""
        files = [file for entity in extraction.entities.values() for file in entity.files]
        return tuple(file.path for file in files if not _same(self.root / file.path, file.sha256))

    @contextmanager
    def begin(
        self,
        entities: Sequence[Entity],
        *,
        delta: bool = False,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> Iterator[RawWriter]:
        """A writer for one extraction, full or a delta. Nothing becomes visible without `publish` of its result.

        BlockedError when another process is extracting into the same store.
        """
        self.raw.mkdir(parents=True, exist_ok=True)
        with self._alone():
            started = self._after_newest(now())
            name = f"{started.strftime(_STAMP)}-{'delta' if delta else 'full'}"
            folder = self.raw / f"{_UNFINISHED}{name}"
            earlier = self._rows if delta else None
            before = self._earlier_file_bytes()
            writer = RawWriter(name, started, folder, entities, self.files, before, earlier, self._broken_off)
            try:
                yield writer
            finally:
                shutil.rmtree(folder, ignore_errors=True)

    def publish(self, writer: RawWriter) -> Extraction:
        """Move the finished files in place and write the manifest; before the manifest none of them counts."""
        written = writer.finish()
        entities = {entity.name: self._place(writer.name, entity) for entity in written}
        extraction = Extraction(
            name=writer.name,
            kind=writer.kind,
            started_at=writer.started_at,
            finished_at=datetime.now(UTC),
            facts=writer.known_facts,
            warnings=tuple(dict.fromkeys(writer.warnings)),
            entities=entities,
            files_stored=writer.files_stored,
            file_bytes_stored=writer.file_bytes_stored,
        )
        if self.files.root.is_dir():
            _sync_folder(self.files.root)
        folder = self.raw / _MANIFESTS
        folder.mkdir(exist_ok=True)
        temporary = folder / f".{writer.name}"
        with temporary.open("w", encoding="utf-8") as out:
            out.write(extraction.model_dump_json(indent=1))
            out.flush()
            os.fsync(out.fileno())
        temporary.replace(folder / f"{writer.name}.json")
        _sync_folder(folder)
        shutil.rmtree(self._broken_off, ignore_errors=True)
        _sync_folder(self.raw)
        return extraction

    def _place(self, name: str, written: WrittenEntity) -> RawEntity:
        folder = self.raw / written.entity.name / WINDOW_ALL
        folder.mkdir(parents=True, exist_ok=True)
        target = folder / f"{name}.parquet"
        written.path.replace(target)
        _sync_folder(folder)
        file = RawFile(
            path=target.relative_to(self.root).as_posix(), window=WINDOW_ALL, rows=written.rows, sha256=written.sha256
        )
        return RawEntity(
            name=written.entity.name,
            key=written.entity.key,
            columns=written.entity.columns,
            rows=written.rows,
            files=(file,),
        )

    def _rows(self, entity: str, columns: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        """Columns of an entity's current rows."""
        view = self.views().get(entity)
        if view is None:
            return
        with duckdb.connect() as connection:
            result = connection.execute(f"select {', '.join(map(_quoted, columns))} from ({view})")
            while rows := result.fetchmany(10_000):
                yield from rows

    def _after_newest(self, moment: datetime) -> datetime:
        """Names must grow even when the clock was set back."""
        newest = self.latest()
        if newest is None:
            return moment
        previous = datetime.strptime(newest.name.split("-")[0], _STAMP).replace(tzinfo=UTC)
        return max(moment, previous + timedelta(microseconds=1))

    def _earlier_file_bytes(self) -> Path | None:
        newest = self.latest()
        if newest is None or "file_bytes" not in newest.entities:
            return None
        return self.root / newest.entities["file_bytes"].files[0].path

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Holds the store's lock and clears what a crashed run left behind."""
        with (self.raw / ".lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise BlockedError(
                    "another process is extracting into this store",
                    where=str(self.raw),
                    mend="wait until it has ended, or stop it",
                ) from None
            for leftover in self.raw.glob(f"{_UNFINISHED}*"):
                shutil.rmtree(leftover, ignore_errors=True)
            self.files.sweep()
            yield


OVERLAP = timedelta(hours=14)
"""So far a delta reaches back behind the last extraction: clocks differ, and zones by at most so much."""


def extract_changes(extractor: Extractor, store: RawStore, budget: RetryBudget | None = None) -> Extraction:
    """Read what changed since the newest extraction; everything where there is none or the source cannot tell."""
    newest = store.latest()
    if newest is None or not isinstance(extractor, DeltaExtractor):
        return extract(extractor, store, budget)
    since = newest.started_at - OVERLAP

    def attempt() -> Extraction:
        with store.begin(extractor.entities, delta=True) as writer:
            extractor.changed_since(since, writer)
            return store.publish(writer)

    return with_retries(attempt, budget or RetryBudget())


def extract(extractor: Extractor, store: RawStore, budget: RetryBudget | None = None) -> Extraction:
    """Read the whole source into a new extraction; a lost connection starts a fresh one within the budget."""

    def attempt() -> Extraction:
        with store.begin(extractor.entities) as writer:
            extractor.read(writer)
            return store.publish(writer)

    return with_retries(attempt, budget or RetryBudget())


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _same(path: Path, sha256: str) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest() == sha256


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
