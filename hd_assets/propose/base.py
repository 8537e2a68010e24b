"""What every installation of a source has in common: `hd_assets/extract/<source>/base.yaml`, read once."""

from __future__ import annotations

import importlib.util
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import Field, ValidationError

from hd_assets.errors import MappingError
from hd_assets.mapping.model import (
    Attribute,
    AttributeObject,
    DataType,
    LeftOut,
    ObjectMapping,
    SourceTable,
    Strict,
)


class BuiltIn(Strict):
    """A built-in field that becomes an attribute of this name."""

    attribute: str
    type: DataType
    description: str = ""


class FieldGroup(Strict):
    """Fields of one kind of form. `left_out`: why its custom fields stay behind; else `object` takes them."""

    object: AttributeObject | None = None
    left_out: str | None = None
    roles: dict[str, BuiltIn | LeftOut] = Field(default_factory=dict)


class Known(Strict):
    """What becomes of a status that every installation of the product has."""

    state: Literal["open", "snoozed", "closed"]
    ticket_state: Literal["submitted", "in_progress", "waiting_on_customer", "resolved"]


class Vocabulary(Strict):
    """How values travel: `state` ones are decided one by one, the others all in the way `reason` tells."""

    rule: Literal["state", "option", "record", "text"]
    reason: Annotated[str, Field(min_length=3)]
    missing: str | None = Field(None, description="The word that stands for no value.")
    known: dict[str, Known] = Field(default_factory=dict, description="Statuses of the product's own life cycle.")


class Base(Strict):
    """Facts of a source for proposals; no installation's own words."""

    product: str
    extraction_approvals: list[Literal["scope", "guide", "mapping"]] = Field(default_factory=list)
    options: dict[str, str | int | bool | None] = Field(default_factory=dict)
    objects: dict[str, ObjectMapping | LeftOut]
    attributes: dict[AttributeObject, dict[str, Attribute]]
    fields: dict[str, FieldGroup]
    vocabularies: dict[str, Vocabulary]
    tables: dict[str, SourceTable] = Field(description="A name may hold * for tables called alike.")

    def table(self, name: str) -> SourceTable | None:
        """What is known of a table, by its name or by the first pattern it fits."""
        if name in self.tables:
            return self.tables[name]
        return next((entry for pattern, entry in self.tables.items() if fnmatchcase(name, pattern)), None)


def read_base(source: str) -> Base:
    """The facts of a source. MappingError when it ships none or they cannot be read."""
    spec = importlib.util.find_spec(f"hd_assets.extract.{source}")
    path = Path(spec.origin).with_name("base.yaml") if spec and spec.origin else None
    if path is None or not path.is_file():
        raise MappingError(
            f"the source {source!r} ships no facts to propose from",
            where=str(path or f"hd_assets/extract/{source}"),
            mend="write the mapping by hand, or ship a base.yaml with the source",
        )
    document: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    try:
        return Base.model_validate(document)
    except ValidationError as fault:
        raise MappingError(
            f"the facts of source {source!r} cannot be read: {fault.errors()[0]['msg']}",
            where=f"{path}: {'.'.join(map(str, fault.errors()[0]['loc']))}",
            mend="correct the named key",
        ) from fault


def left_out_column(entry: SourceTable, column: str) -> str | None:
    """Why a column of a known table stays behind; names may hold *."""
    if isinstance(entry.left_out, str):
        return entry.left_out
    if column in entry.left_out:
        return entry.left_out[column]
    return next((why for pattern, why in entry.left_out.items() if fnmatchcase(column, pattern)), None)
