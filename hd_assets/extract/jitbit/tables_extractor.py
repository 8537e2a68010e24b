"""A Jitbit that is read as tables: a folder of exports, or the database of an installation of one's own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from hd_assets.extract.base import Entity, RawSink, Row, SourceFacts, StoredFile
from hd_assets.extract.jitbit.entities import ENTITIES
from hd_assets.extract.jitbit.share import Share, Wanted, dry_run
from hd_assets.extract.jitbit.tables import SPECS
from hd_assets.extract.jitbit.tables_installation import Installation, TablesOptions, TablesSource
from hd_assets.extract.jitbit.tables_reading import FILES, TablesReading, noting_files

PRODUCT = "Jitbit Helpdesk"


class TablesExtractor:
    """Each session is one opening of the source; the proof that nothing was missed is part of reading."""

    def __init__(self, source: TablesSource, options: TablesOptions) -> None:
        self._source, self._options = source, options

    @property
    def entities(self) -> tuple[Entity, ...]:
        return ENTITIES

    def probe(self) -> SourceFacts:
        """Tables, their rows, some rows of each, and a dry run over the file share, which opens no file of it."""
        share = self.share()
        with self.opened() as installation:
            reading = TablesReading(installation, _Nowhere(), share)
            reading.try_every_statement()
            warnings = list(_warnings(installation))
            if share is not None:
                warnings += dry_run(share, _files(reading)).lines()
            return self._facts(installation, _counts(reading, installation), warnings)

    def read(self, into: RawSink) -> None:
        with self.opened() as installation:
            reading = TablesReading(installation, into, self.share())
            reading.everything()
            self.conclude(reading, installation, into)

    def conclude(self, reading: TablesReading, installation: Installation, into: RawSink) -> None:
        """What a reading says of the source once it is through."""
        counts = _counts(reading, installation)
        told = {f"rows_of_table:{label}": str(rows) for label, rows in counts.items()}
        told |= {f"rows_in_several_tables:{name}": str(rows) for name, rows in reading.shared.items()}
        reading.inventory({"product": PRODUCT, **installation.session.facts, **told})
        into.facts(self._facts(installation, counts, list(_warnings(installation))))

    @contextmanager
    def opened(self) -> Iterator[Installation]:
        with self._source.session() as session:
            yield Installation(session, self._options).find()

    def share(self) -> Share | None:
        return Share(self._options.files, self._options.file_patterns) if self._options.files else None

    def _facts(self, installation: Installation, counts: dict[str, int], warnings: list[str]) -> SourceFacts:
        told = installation.session.facts
        return SourceFacts(
            product=PRODUCT,
            version="unknown",  # no table is known that tells it
            kind=self._source.kind,
            database=told.get("database"),
            server_version=told.get("server_version"),
            warnings=tuple(dict.fromkeys(warnings)),
            row_counts=counts,
        )


def _warnings(installation: Installation) -> Iterator[str]:
    yield from installation.session.warnings
    yield from installation.warnings


def _counts(reading: TablesReading, installation: Installation) -> dict[str, int]:
    read = {variant.table.label: variant.table for bound in installation.bound.values() for variant in bound}
    counted = {label: reading.rows_of(table) for label, table in read.items()}
    return {label: rows for label, rows in counted.items() if rows is not None}


def _files(reading: TablesReading) -> Iterator[Wanted]:
    for spec in SPECS:
        if spec.name in FILES:
            wanted: list[Wanted] = []
            for _ in noting_files(reading.rows(spec), spec, wanted):
                yield wanted.pop()


class _Nowhere:
    """A sink for looking without keeping."""

    def rows(self, entity: str, rows: Iterable[Row]) -> None:
        del entity, rows

    def file(self, source_key: str, chunks: Iterable[bytes], *, at_least: int = 0) -> StoredFile:
        raise NotImplementedError(source_key)

    def stored_before(self, source_key: str) -> StoredFile | None:
        raise NotImplementedError(source_key)

    def known(self, entity: str, columns: tuple[str, ...] | None = None) -> Iterable[tuple[str, ...]]:
        del entity, columns
        return ()

    def gone(self, entity: str, keys: Iterable[tuple[str, ...]]) -> None:
        del entity, keys

    def facts(self, facts: SourceFacts) -> None:
        del facts

    def advance(self, done: int, total: int | None, what: str) -> None:
        pass

    def warn(self, text: str) -> None:
        del text
