"""What a source gives and how it is asked: entities, facts, and the two protocols between extractor and raw store."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

from pydantic import BaseModel, ConfigDict, Field, model_validator

Row = Sequence[str | None]
Kind = Literal["dump", "live", "api", "export"]


class Entity(BaseModel):
    """One raw table: a name in the source's own word, its key, and every column any supported version has.

    A raw file always carries all `columns`, in this order, as text exactly as the source stores the value; a column
    that the installation lacks is NULL. An `optional` entity may be absent from an installation and then has no rows.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    key: tuple[str, ...] = Field(min_length=1)
    columns: tuple[str, ...] = Field(min_length=1)
    optional: bool = False

    @model_validator(mode="after")
    def _key_is_among_columns(self) -> Entity:
        if len(set(self.columns)) != len(self.columns):
            raise ValueError(f"entity {self.name} declares a column twice")
        if missing := set(self.key) - set(self.columns):
            raise ValueError(f"entity {self.name} has key columns it does not declare: {sorted(missing)}")
        return self


class Variable(BaseModel):
    """An environment variable a source reads; `<name>_FILE` may hold the path of a file with the value instead.

    Variables of one `choice` are alternatives: exactly one of them is set. Without a choice it is optional.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[A-Z][A-Z0-9_]*$")
    meaning: str
    choice: str | None = None


class SourceFacts(BaseModel):
    """What the source says about itself; no personal data, no credentials.

    `row_counts` is keyed by the source's full table name and holds only what was cheap to count.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    product: str
    version: str
    kind: Kind
    schema_signature: str | None = None
    prefix: str | None = None
    database: str | None = None
    server_version: str | None = None
    server_time_zone: str | None = None
    charset: str | None = None
    warnings: tuple[str, ...] = ()
    row_counts: dict[str, int] = Field(default_factory=dict)


class StoredFile(BaseModel):
    """Bytes in the content-addressed store. Not `complete`: fewer came than promised, nothing is stored."""

    model_config = ConfigDict(frozen=True)

    sha256: str
    size_bytes: int
    complete: bool = True


class BytesUnavailableError(Exception):
    """Raised by a chunk iterator when the source cannot give the bytes of one file; never ends a run.

    The text says why, without names: "the folder has no such file".
    """


class RawSink(Protocol):
    """Where an extractor puts what it reads. Nothing is visible to readers before the whole extraction is."""

    def rows(self, entity: str, rows: Iterable[Row]) -> None:
        """Append rows, values in the order of the entity's columns. May be called many times for one entity."""

    def file(self, source_key: str, chunks: Iterable[bytes], *, at_least: int = 0) -> StoredFile:
        """Store one file's bytes; `source_key` names them in the source so that a later extraction can skip them.

        `BytesUnavailableError` raised by `chunks` passes through and leaves nothing behind.
        """

    def stored_before(self, source_key: str) -> StoredFile | None:
        """The bytes an earlier extraction stored under this key, when they are still in the store."""

    def known(self, entity: str, columns: tuple[str, ...] | None = None) -> Iterable[tuple[str, ...]]:
        """Keys (or these columns) of the rows that earlier extractions hold, for finding what is gone.

        None while reading everything.
        """

    def gone(self, entity: str, keys: Iterable[tuple[str, ...]]) -> None:
        """Rows of earlier extractions that the source has no longer; only while reading what changed."""

    def facts(self, facts: SourceFacts) -> None:
        """Facts of the snapshot being read; goes into the manifest."""

    def warn(self, text: str) -> None:
        """Something a person should know; ids and counts only."""

    def advance(self, done: int, total: int | None, what: str) -> None:
        """How far the reading is, in its own words, where rows come only at its end; None: nobody knows the total."""


@runtime_checkable
class KeepsUnfinished(Protocol):
    """A sink that keeps something between a reading that broke off and the next one."""

    def unfinished(self) -> Path | None:
        """A folder for whatever lets the next reading go on; emptied once an extraction is published."""


class Extractor(Protocol):
    """A source, opened read-only."""

    @property
    def entities(self) -> tuple[Entity, ...]:
        """Every entity `read` delivers, the three inventory entities below among them."""

    def probe(self) -> SourceFacts:
        """Connect, check version and privileges, write nothing. Raises SourceError, UsageError, UnreachableError."""

    def read(self, into: RawSink) -> None:
        """Read one consistent snapshot of everything, streaming."""


@runtime_checkable
class DeltaExtractor(Extractor, Protocol):
    """A source that can tell what changed."""

    def changed_since(self, since: datetime, into: RawSink) -> None:
        """Deliver every row that changed after `since` (UTC) or may have, whole, and what is gone.

        Rows that did not change may come again; a row that changed may not be left out.
        """


FILE_BYTES = Entity(
    name="file_bytes",
    key=("file_id",),
    columns=("file_id", "sha256", "size_bytes", "status", "detail", "source_key"),
)
"""What became of the bytes of every file the source lists: status stored, missing, short or unknown_backend."""

SOURCE_COLUMN = Entity(
    name="source_column",
    key=("table_name", "column_name"),
    columns=("table_name", "column_name", "data_type", "row_count"),
)
"""Every table and column of the installation, whether read or not; `row_count` is the table's."""

SOURCE_FACT = Entity(name="source_fact", key=("name",), columns=("name", "value"))
"""Product, version, time zone and the like, one row a fact."""

INVENTORY_ENTITIES = (FILE_BYTES, SOURCE_COLUMN, SOURCE_FACT)
