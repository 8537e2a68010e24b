"""A generated sample, read back row by row."""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from hd_assets.extract.formats.mysqldump import DumpFacts, DumpReader
from hd_assets.samples.osticket import SampleOptions, write
from hd_assets.samples.report import SampleReport

Row = dict[str, str | bytes | None]


@dataclass(repr=False)
class Sample:
    """What was written and what a reader finds in it; table names without prefix."""

    report: SampleReport
    facts: DumpFacts
    tables: dict[str, list[Row]]

    def rows(self, table: str) -> list[Row]:
        return self.tables.get(table, [])

    def by(self, table: str, key: str) -> dict[str, Row]:
        return {row[key]: row for row in self.rows(table)}

    @cached_property
    def entries(self) -> dict[str, Row]:
        return self.by("thread_entry", "id")

    @cached_property
    def tickets(self) -> dict[str, Row]:
        return self.by("ticket", "ticket_id")


def make(directory: Path, *, tickets: int = 250, seed: int = 1, options: SampleOptions | None = None) -> Sample:
    options = options or SampleOptions()
    report = write(directory, tickets=tickets, seed=seed, options=options)
    reader = DumpReader(Path(report.variables["OSTICKET_DUMP"]))
    tables: dict[str, list[Row]] = {}
    columns: dict[str, tuple[str, ...]] = {}

    def everything(table):
        columns[table.name] = table.column_names
        return table.column_names

    for batch in reader.batches(everything):
        rows = tables.setdefault(batch.table.removeprefix(options.prefix), [])
        rows.extend(dict(zip(columns[batch.table], row, strict=True)) for row in batch.rows)
    return Sample(report, reader.facts, tables)


def digest(directory: Path) -> str:
    """One digest over names and bytes of all files below a folder."""
    whole = hashlib.sha256()
    for path in sorted(directory.rglob("*")):
        if path.is_file():
            whole.update(str(path.relative_to(directory)).encode() + b"\0" + path.read_bytes())
    return whole.hexdigest()
