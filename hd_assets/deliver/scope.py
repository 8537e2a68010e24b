"""The scope document: what discovery found, what was promised for the source, and what everybody has to know."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from hd_assets.deliver.scope_sections import Section, Sheet, SourceScope, Strict, Told
from hd_assets.discover.run import FOLDER
from hd_assets.errors import HdError
from hd_assets.mapping import Migration
from hd_assets.warehouse import Connection

_COMMON = Path(__file__).with_name("scope.yaml")


class Risk(Strict):
    title: str
    text: str


class CommonScope(Strict):
    """`scope.yaml` beside this module: what every scope document repeats."""

    risks: list[Risk]
    objects: dict[str, str]


@dataclass(frozen=True)
class Scope:
    """The whole document; `sheets`: table of discovery → columns and rows for its CSV."""

    title: str
    heading: str
    sections: tuple[Section, ...]
    sheets: dict[str, Sheet] = field(default_factory=dict)


def source_scope(shipped_sql: Path, source: str) -> SourceScope:
    """Raises HdError when the source ships no scope lines or they cannot be read."""
    path = shipped_sql / source / FOLDER / "scope.yaml"
    try:
        return SourceScope.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, yaml.YAMLError) as fault:
        raise HdError(
            f"the scope of source {source!r} cannot be told ({type(fault).__name__})",
            where=str(path),
            mend="ship lines, stays, gates and thresholds there",
        ) from fault


def scope(connection: Connection, migration: Migration, shipped_sql: Path) -> Scope:
    """Read schema `discovery` into the document. Raises HdError when the source's scope lines are missing."""
    facts = source_scope(shipped_sql, migration.mapping.source)
    common = CommonScope.model_validate(yaml.safe_load(_COMMON.read_text(encoding="utf-8")))
    told = Told(connection, migration, common.objects)
    sections = (
        *told.installation(),
        *told.volumes(),
        *told.questions(),
        *told.values(),
        *told.fields(),
        *told.files(),
        *told.languages(),
        *told.automations(),
        *told.integrations(),
        *_promises(facts),
        told.estimate(),
        *told.thresholds(facts),
        Section("Risks with Intercom", tuple(f"{risk.title}. {risk.text}" for risk in common.risks)),
    )
    product = told.facts.get("product", migration.mapping.source)
    extracted = told.facts.get("extracted_at", "")
    heading = f"{product} into Intercom, as the installation was on {extracted[:10]}." if extracted else product
    return Scope(f"Scope of migration {migration.name}", heading, sections, told.sheets)


def _promises(facts: SourceScope) -> Iterator[Section]:
    yield Section(
        "What moves, and how",
        columns=("from", "to", "kind", "rule", "by hand"),
        rows=tuple((line.source, line.to, line.kind, line.rule, line.by_hand) for line in facts.lines),
    )
    yield Section("What stays behind", tuple(facts.stays))
    yield Section("What is agreed on the way", tuple(facts.gates))
