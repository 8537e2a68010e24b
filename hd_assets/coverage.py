"""What a source was promised, row by row of its field mapping: where the mapping decides it, what carries it out, and
which test shows it. A source without that account is refused."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from hd_assets.errors import HdError

FILE = "coverage.yaml"


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CoverageRow(_Strict):
    """One row of the promise. At least one asset or document carries it out; mapping entry and test are never missing.

    `mapping` holds paths of keys such as `values.status`; `assets` stage and name such as `publish/conversations`;
    `documents` stems of files; `tests` file and function such as `hd_assets_tests/x/test_y.py::test_z`.
    """

    row: int = Field(gt=0)
    source: str
    target: str
    mapping: list[str] = Field(min_length=1)
    assets: list[str] = Field(default_factory=list)
    documents: list[str] = Field(default_factory=list)
    tests: list[str] = Field(min_length=1)

    @model_validator(mode="after")
    def _is_carried_out(self) -> CoverageRow:
        if not self.assets and not self.documents:
            raise ValueError("name the asset or the document that carries the row out")
        return self


class Coverage(_Strict):
    """The rows in order, from 1 on, and the documents promised beyond them."""

    rows: list[CoverageRow] = Field(min_length=1)
    documents: dict[str, list[str]] = Field(min_length=1, description="Promised document → stems of what keeps it.")

    @model_validator(mode="after")
    def _rows_are_gapless(self) -> Coverage:
        numbers = [row.row for row in self.rows]
        if numbers != list(range(1, len(numbers) + 1)):
            raise ValueError(f"rows are numbered 1 to {len(numbers)} without gap, not {numbers}")
        return self


def coverage_of(sql: Path, source: str) -> Coverage:
    """The account of a source, from `<sql>/<source>/coverage.yaml`. HdError when it is missing or says too little."""
    path = sql / source / FILE
    try:
        return Coverage.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        what = f"the source {source} does not say how it keeps what its field mapping promises"
    except yaml.YAMLError as fault:
        what = f"the account of the source {source} is not YAML: {fault}"
    except ValidationError as fault:
        told = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'top level'}: {e['msg']}" for e in fault.errors())
        what = f"the account of the source {source} says too little: {told}"
    raise HdError(what, where=str(path), mend="give each row its mapping entry, its asset or document, and its test")


def gaps(coverage: Coverage, mapping: dict[str, Any], assets: Collection[str], documents: Collection[str]) -> list[str]:
    """What the account names and is not there, one sentence each. `mapping` is the parsed file."""
    return list(_gaps(coverage, mapping, assets, documents))


def _gaps(
    coverage: Coverage, mapping: dict[str, Any], assets: Collection[str], documents: Collection[str]
) -> Iterator[str]:
    for row in coverage.rows:
        for path in row.mapping:
            if not _stands(mapping, path):
                yield f"row {row.row}: the mapping has no entry {path}"
        yield from (f"row {row.row}: there is no asset {name}" for name in row.assets if name not in assets)
        yield from (f"row {row.row}: there is no document {name}" for name in row.documents if name not in documents)
    for promised, names in coverage.documents.items():
        yield from (f"{promised}: there is no document {name}" for name in names or [promised] if name not in documents)


def _stands(mapping: Any, path: str) -> bool:
    for word in path.split("."):
        if not isinstance(mapping, dict) or word not in mapping:
            return False
        mapping = mapping[word]
    return True
