"""Which documents a migration's people receive: facts beside the SQL that fills them, for every source and for one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from hd_assets.errors import HdError
from hd_assets.mapping import EVERY_SOURCE
from hd_assets.staging.runner import inputs, read

FILE = "documents.yaml"
SCHEMA = "deliver"
FOLDER = "deliver"
_NOTHING: Mapping[str, Path] = MappingProxyType({})
_Model = TypeVar("_Model", bound="_Strict")


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SheetSpec(_Strict):
    """A table of a document, filled by `<sheet>.sql` and written as `<sheet>.csv`, with `as_json` as JSON too."""

    title: str = ""
    text: str = ""
    figures: list[str] = Field(default_factory=list, description="Columns by which the rows are counted.")
    sums: list[str] = Field(default_factory=list, description="Columns of numbers that are added up.")
    links: dict[str, str] = Field(default_factory=dict, description="Column of numbers → sheet with the rows behind.")
    personal: list[str] = Field(default_factory=list, description="Columns that tell of people; left out on request.")
    page: list[str] = Field(default_factory=list, description="Columns shown on the page; all when empty.")
    group: str | None = Field(None, description="Column whose values divide the page into sections.")
    shown: int = Field(30, ge=0, description="Rows shown on the page, in each section.")
    as_json: bool = Field(False, description="Also written as `<sheet>.json`, columns `*_json` as objects.")

    @model_validator(mode="after")
    def _nobody_is_counted_by_name(self) -> SheetSpec:
        told = {*self.figures, *self.sums, *self.links, *([self.group] if self.group else [])} & set(self.personal)
        if told:
            raise ValueError(f"{', '.join(sorted(told))}: a page cannot count by a column that tells of people")
        return self


class DocumentSpec(_Strict):
    """A page `<document>.md` and the CSV files of its sheets, in the order of the page."""

    title: str
    text: str = ""
    sheets: dict[str, SheetSpec] = Field(min_length=1)


class SwitchOff(_Strict):
    """Something in the workspace that would act on migrated conversations."""

    item: str
    why: str
    before: str
    after: str


class Phase(_Strict):
    title: str
    objects: list[str]


class Facts(_Strict):
    """What was promised to the customer of a source in numbers and dates."""

    hypercare_days: int = Field(7, gt=0)
    hypercare_counts: str = Field("calendar", pattern="calendar|business")
    sample_conversations: int = Field(150, gt=0)
    sample_threads: int = Field(50, gt=0)
    phases: list[Phase] = Field(default_factory=list, description="Load order, as the customer's document has it.")


class _File(_Strict):
    documents: dict[str, DocumentSpec] = Field(default_factory=dict)
    facts: dict[str, Any] = Field(default_factory=dict)
    switch_off: list[SwitchOff] = Field(default_factory=list)


@dataclass(frozen=True)
class Sheet:
    """One query. `reads`: (schema, table) of everything it reads."""

    name: str
    spec: SheetSpec
    path: Path
    sql: str
    reads: frozenset[tuple[str, str]]


@dataclass(frozen=True)
class Document:
    name: str
    spec: DocumentSpec
    sheets: tuple[Sheet, ...]

    @property
    def reads(self) -> frozenset[tuple[str, str]]:
        return frozenset(read for sheet in self.sheets for read in sheet.reads)

    @property
    def is_about_target(self) -> bool:
        """Whether it tells what is in one workspace; the others are the same for all."""
        return any(schema in ("publish", "reconcile") for schema, _ in self.reads)


@dataclass(frozen=True)
class Catalogue:
    """What a source's people receive. Sheets may read one another; `needed` gives them in an order that works."""

    documents: Mapping[str, Document]
    facts: Facts
    switch_off: tuple[SwitchOff, ...] = field(default=())

    def needed(self, names: Iterable[str]) -> list[Sheet]:
        """The sheets of these documents and all they read, each after those it reads."""
        sheets = {sheet.name: sheet for document in self.documents.values() for sheet in document.sheets}
        waiting = [sheet.name for name in names for sheet in self.documents[name].sheets]
        needs: dict[str, set[str]] = {}
        while waiting:
            name = waiting.pop()
            if name not in needs:
                needs[name] = {table for schema, table in sheets[name].reads if schema == SCHEMA and table in sheets}
                waiting += needs[name]
        try:
            return [sheets[name] for name in TopologicalSorter(needs).static_order()]
        except CycleError as fault:
            raise HdError(
                f"the sheets need each other: {' → '.join(fault.args[1])}",
                where=str(sheets[fault.args[1][0]].path.parent),
                mend="let one of them read staging instead",
            ) from fault


def catalogue(sql: Path, source: str, overriding: Mapping[str, Path] = _NOTHING) -> Catalogue:
    """Documents of every source and of this one; where both have one of a name, the source's own counts.

    A sheet's SQL is looked for among those of the migration (`overriding`: sheet → file), then beside the source's
    other ones. HdError for a file that is missing or wrong.
    """
    common, own = _read(sql, EVERY_SOURCE), _read(sql, source)
    specs = common.documents | own.documents
    documents = {name: _document(sql, source, name, spec, overriding) for name, spec in specs.items()}
    sheets = {sheet for spec in specs.values() for sheet in spec.sheets}
    if strange := sorted(set(overriding) - sheets):
        raise HdError(
            f"SQL that fills no sheet of a document: {', '.join(f'{sheet}.sql' for sheet in strange)}",
            where=str(overriding[strange[0]]),
            mend=f"name the file after one of: {', '.join(sorted(sheets))}",
        )
    facts = _parsed(Facts, common.facts | own.facts, sql / source / FOLDER / FILE)
    return Catalogue(documents, facts, (*common.switch_off, *own.switch_off))


def _document(sql: Path, source: str, name: str, spec: DocumentSpec, overriding: Mapping[str, Path]) -> Document:
    sheets = []
    for sheet, of_sheet in spec.sheets.items():
        places = [sql / folder / FOLDER / f"{sheet}.sql" for folder in (source, EVERY_SOURCE)]
        path = overriding.get(sheet) or next((place for place in places if place.is_file()), None)
        if path is None:
            raise HdError(
                f"no SQL fills {sheet}.csv of the document {name}",
                where=str(places[0]),
                mend="write that query, or take the sheet out of documents.yaml",
            )
        text = read(path)
        sheets.append(Sheet(sheet, of_sheet, path, text, frozenset(inputs(text))))
    return Document(name, spec, tuple(sheets))


def _read(sql: Path, folder: str) -> _File:
    path = sql / folder / FOLDER / FILE
    if not path.exists():
        return _File()
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except yaml.YAMLError as fault:
        raise HdError(f"the list of documents is not YAML: {fault}", where=str(path), mend="correct it") from fault
    return _parsed(_File, document, path)


def _parsed(model: type[_Model], document: Any, path: Path) -> _Model:
    try:
        return model.model_validate(document)
    except ValidationError as fault:
        told = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in fault.errors())
        raise HdError(f"the list of documents is wrong: {told}", where=str(path), mend="correct these keys") from fault
