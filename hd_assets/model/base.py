"""What all staged rows share, and how their types become DuckDB columns."""

from __future__ import annotations

import functools
import json
import types
import typing
from datetime import UTC, date, datetime
from typing import Annotated, Any, ClassVar

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

AttributeValue = str | int | float | bool | None


def _utc(value: Any) -> Any:
    """DuckDB's TIMESTAMP carries no zone; every staged time is UTC by contract."""
    if isinstance(value, datetime) and value.tzinfo is None:
        return value.replace(tzinfo=UTC)
    return value


def _json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else ({} if value is None else value)


def _list(value: Any) -> Any:
    return [] if value is None else value


UtcTime = Annotated[AwareDatetime, BeforeValidator(_utc)]
Attributes = Annotated[dict[str, AttributeValue], BeforeValidator(_json)]
Details = Annotated[dict[str, Any], BeforeValidator(_json)]
Texts = Annotated[list[str], BeforeValidator(_list)]


class StagedRow(BaseModel):
    """One row of `staging.<table>`; `table` names it, the docstring's first line states the grain."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    table: ClassVar[str]
    key: ClassVar[tuple[str, ...]] = ("external_id",)
    windowed: ClassVar[bool] = False
    # only on the way to another table, which stands for it wherever records are counted, compared or traced
    is_step: ClassVar[bool] = False


class SourcedRow(StagedRow):
    """A staged row that comes from one source record."""

    external_id: str = Field(description="`<migration>-<type>-<id>`; also Intercom's external_id or company_id.")
    source_type: str = Field(description="The source's singular table or class word.")
    source_id: str = Field(description="Key of the record in the source, as text.")
    source_digest: str = Field(description="md5 of the source values this row was made from; rules do not move it.")


_DUCKDB_TYPES: dict[Any, str] = {
    str: "varchar",
    int: "bigint",
    float: "double",
    bool: "boolean",
    AwareDatetime: "timestamp",
    date: "date",
    list: "varchar[]",
    dict: "varchar",
}


def duckdb_columns(model: type[StagedRow]) -> dict[str, str]:
    """Column name → DuckDB type of the model's staging table, in declared order."""
    hints = typing.get_type_hints(model)
    return {name: _duckdb_type(hints[name]) for name in model.model_fields}


@functools.cache
def create_table(model: type[StagedRow]) -> str:
    """DDL of the model's staging table. Not-null follows the model, so a lost value fails the insert, loudly."""
    required = {name for name, field in model.model_fields.items() if not _optional(field.annotation)}
    columns = []
    for name, kind in duckdb_columns(model).items():
        null = " not null" if name in required else ""
        columns.append(f'    "{name}" {kind}{null}')
    return f"create table if not exists staging.{model.table} (\n" + ",\n".join(columns) + "\n)"


def _optional(annotation: Any) -> bool:
    origin = typing.get_origin(annotation)
    return origin in (typing.Union, types.UnionType) and type(None) in typing.get_args(annotation)


def _duckdb_type(annotation: Any) -> str:
    origin = typing.get_origin(annotation)
    if origin is Annotated:
        return _duckdb_type(typing.get_args(annotation)[0])
    if origin in (typing.Union, types.UnionType):
        inner = [part for part in typing.get_args(annotation) if part is not type(None)]
        return _duckdb_type(inner[0])
    if origin is typing.Literal:
        return "varchar"
    if origin in (list, dict):
        return _DUCKDB_TYPES[origin]
    return _DUCKDB_TYPES[annotation]
