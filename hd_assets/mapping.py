"""The mapping of a migration: what the customer signs, parsed once and loaded into the warehouse's `mapping` schema."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from hd_assets.errors import MappingError
from hd_assets.warehouse import Connection, append

DataType = Literal["string", "text", "integer", "decimal", "boolean", "datetime", "date", "list"]
AttributeObject = Literal["conversation", "contact", "company"]
NAME = re.compile(r"[a-z][a-z0-9_]*")


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Person(_Strict):
    name: str
    email: str


class Target(_Strict):
    """A workspace a run writes to. `token` names the environment variable that holds the access token."""

    workspace: str | None = Field(None, description="Workspace id_code; pinned at the first publish when null.")
    region: Literal["us", "eu", "au"] = "us"
    token: str = "INTERCOM_TOKEN"  # noqa: S105 - the name of a variable, never its value
    base_url: str | None = Field(None, description="Only for a private gateway; derived from the region when null.")


class Attribute(_Strict):
    """A custom attribute the target must have. Types: ours, translated per Intercom object when created."""

    type: DataType
    description: str = ""
    options: list[str] = Field(default_factory=list, description="Labels of a list attribute.")

    @model_validator(mode="after")
    def _list_has_options(self) -> Attribute:
        if self.type == "list" and len(self.options) < 2:
            raise ValueError("a list attribute needs at least two options; use type string otherwise")
        return self


class LeftOut(_Strict):
    """A field or value that does not migrate, with the reason that goes into the inventory."""

    left_out: str = Field(min_length=3)


class CustomField(_Strict):
    attribute: str


class SourceTable(_Strict):
    """One table (class, sheet) of the source: the object it feeds, the columns used, the columns left out and why."""

    to: str | None = None
    uses: list[str] = Field(default_factory=list)
    left_out: str | dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _mapped_or_left_out(self) -> SourceTable:
        if self.to is None and not isinstance(self.left_out, str):
            raise ValueError("say which object the table feeds (to:) or why it does not migrate (left_out: reason)")
        return self


class ObjectMapping(_Strict):
    source: list[str] = Field(alias="from", description="Source tables or classes that feed the object.")
    fidelity: str = Field(description="As promised to the customer: 1:1, 1:many, lossy, inventory, none.")
    note: str = ""


Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_WEEK: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class PublishingHours(_Strict):
    """When writing is allowed, by the wall clock; outside a run waits and goes on by itself.

    Applies to test and production. The simulator is nobody's workplace, so runs against it do not wait unless
    `apply_to_simulator` says so. Reading (plan, checks, read-back) is allowed at any time.
    """

    begin: str = Field(alias="from", description="HH:MM; a window may pass midnight.")
    end: str = Field(alias="to", description="HH:MM, not included; 24:00 is midnight.")
    days: list[Weekday] = Field(
        default=list(_WEEK), min_length=1, description="Days on which a window begins; all when left out."
    )
    time_zone: str | None = Field(None, description="IANA zone; the migration's own when null.")
    apply_to_simulator: bool = False

    @field_validator("begin", "end", mode="before")
    @classmethod
    def _as_text(cls, value: Any) -> Any:
        # YAML 1.1 reads an unquoted 22:00 as 22 × 60; less than 60 was never written with a colon
        return f"{value // 60:02}:{value % 60:02}" if isinstance(value, int) and value >= 60 else value

    @field_validator("begin", "end")
    @classmethod
    def _is_a_time(cls, value: str) -> str:
        if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d|24:00", value):
            raise ValueError(f"{value!r} is not a time of day such as 06:00")
        return value

    @field_validator("time_zone")
    @classmethod
    def _zone_exists(cls, zone: str | None) -> str | None:
        return zone if zone is None else _known_zone(zone)

    @model_validator(mode="after")
    def _has_a_length(self) -> PublishingHours:
        if self.begin_minute == self.end_minute:
            raise ValueError("from and to are the same time; leave hours out to publish at any time")
        return self

    @property
    def begin_minute(self) -> int:
        """Minutes since midnight."""
        return _minute(self.begin)

    @property
    def end_minute(self) -> int:
        """Minutes since midnight; 0 when the window ends with the day."""
        return _minute(self.end)


def _minute(time: str) -> int:
    hours, minutes = time.split(":")
    return (int(hours) * 60 + int(minutes)) % 1440


def _known_zone(zone: str) -> str:
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError) as fault:
        raise ValueError(f"{zone!r} is not an IANA time zone such as Europe/Berlin or UTC") from fault
    return zone


class Publishing(_Strict):
    horizon_seconds: float = Field(300, gt=0, description="H: a request takes effect at most this long after sending.")
    simulator_horizon_seconds: float = Field(2, gt=0, description="H on loopback.")
    search_lag_seconds: float = Field(300, ge=0, description="A new record is missing from searches so long at most.")
    simulator_search_lag_seconds: float = Field(1, ge=0, description="The same on loopback.")
    headroom: float = Field(0.2, ge=0, lt=1, description="Share of the rate limit left to the workspace's other apps.")
    requests_per_minute: int | None = Field(None, gt=0, description="Own ceiling below the workspace's limit.")
    patience_seconds: float = Field(1800, gt=0, description="A run waits so long for a server that stops answering.")
    simulator_patience_seconds: float = Field(60, gt=0, description="The same on loopback.")
    hours: PublishingHours | None = Field(None, description="When writing is allowed; at any time when null.")
    workers: int = Field(16, ge=1, le=128, description="Conversations in flight.")
    attachment_limit_bytes: int = Field(10_485_760, gt=0, description="A larger file is not sent but listed.")


Value = str | int | float | bool | LeftOut


class Mapping(_Strict):
    """One file `mappings/<migration>.yaml`. Everything in the source stands here, mapped or left out with a reason."""

    source: str = Field(description="Source package: the folder below hd_assets/extract and sql.")
    description: str = ""
    time_zone: str = Field(description="IANA zone of the source's stored times.")
    first_month: Annotated[str, Field(pattern=r"^\d{4}-(0[1-9]|1[0-2])$")]
    owners: list[str] = Field(default_factory=list, description="Dagster owners: an e-mail or team:<name>.")
    migration_admin: Person = Field(description="Teammate that stands for the system and for unmatched agents.")
    source_options: dict[str, Any] = Field(default_factory=dict, description="Passed to the extractor.")
    targets: dict[Literal["simulator", "test", "production"], Target]
    options: dict[str, str | int | bool | None] = Field(default_factory=dict, description="Choices the SQL reads.")
    publish: Publishing = Publishing()
    exceptions_limit: int | None = Field(None, ge=0, description="A run ends with exit code 1 above so many.")
    objects: dict[str, ObjectMapping | LeftOut]
    attributes: dict[AttributeObject, dict[str, Attribute]] = Field(default_factory=dict)
    custom_fields: dict[str, dict[str, CustomField | LeftOut]] = Field(default_factory=dict)
    values: dict[str, dict[str, Value]] = Field(default_factory=dict)
    tables: dict[str, SourceTable] = Field(default_factory=dict)

    @field_validator("time_zone")
    @classmethod
    def _zone_exists(cls, zone: str) -> str:
        return _known_zone(zone)

    @field_validator("source")
    @classmethod
    def _source_is_a_name(cls, source: str) -> str:
        if not NAME.fullmatch(source):
            raise ValueError("a source is a lower-case word: letters, digits, underscore")
        return source

    @model_validator(mode="after")
    def _custom_fields_name_known_attributes(self) -> Mapping:
        known = {name for names in self.attributes.values() for name in names}
        for group, fields in self.custom_fields.items():
            for field, target in fields.items():
                if isinstance(target, CustomField) and target.attribute not in known:
                    raise ValueError(f"custom_fields.{group}.{field}: attribute {target.attribute!r} is not declared")
        return self

    @property
    def first_day(self) -> date:
        return date.fromisoformat(f"{self.first_month}-01")

    def option(self, name: str, default: str | int | bool | None = None) -> str | int | bool | None:
        return self.options.get(name, default)


class Migration(_Strict):
    """A loaded mapping under its name, with its digest and SQL overrides."""

    name: str
    mapping: Mapping
    path: Path
    digest: str = Field(description="sha256 over what the mapping file says and the overriding SQL files.")
    overrides: dict[str, Path] = Field(default_factory=dict, description="Object → overriding SQL file.")

    def sql_files(self, shipped: Path) -> dict[str, Path]:
        """Object → SQL file of this migration: the shipped one of its source unless overridden."""
        files = {path.stem: path for path in sorted((shipped / self.mapping.source).glob("*.sql"))}
        return files | self.overrides


def migration_names(folder: Path) -> list[str]:
    return sorted(path.stem for path in folder.glob("*.yaml"))


def load(folder: Path, name: str) -> Migration:
    """Parse `<folder>/<name>.yaml`. Raises MappingError listing every problem with its place in the file."""
    path = folder / f"{name}.yaml"
    if not NAME.fullmatch(name):
        raise MappingError(
            f"{name!r} is no migration name",
            where="the command line or the file's name",
            mend="use a lower-case word: letters, digits, underscore; it begins every external id",
        )
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as fault:
        known = ", ".join(migration_names(folder)) or "none"
        raise MappingError(
            f"there is no migration {name!r}",
            where=str(path),
            mend=f"use one of the mappings in that folder ({known}), or set HD_MAPPINGS to another folder",
        ) from fault
    try:
        parsed = yaml.load(text, Loader=_UniqueKeys)  # noqa: S506 - a SafeLoader that also refuses doubled keys
    except yaml.YAMLError as fault:
        raise MappingError(f"the mapping is not YAML: {fault}", where=str(path), mend="correct that line") from fault
    try:
        mapping = Mapping.model_validate(parsed)
    except ValidationError as fault:
        problems = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'top level'}: {e['msg']}" for e in fault.errors())
        raise MappingError(
            f"{fault.error_count()} problem(s) in the mapping: {problems}",
            where=str(path),
            mend="correct the named keys; `hd-assets mapping check` reads the file again",
        ) from fault
    overrides = {sql.stem: sql for sql in sorted((folder / name / "sql").glob("*.sql"))}
    digest = _digest(mapping, overrides)
    return Migration(name=name, mapping=_with_own_mark(mapping, name), path=path, digest=digest, overrides=overrides)


def _with_own_mark(mapping: Mapping, name: str) -> Mapping:
    """Declare `<migration>_source_id`, by which a migration knows its conversations, so that nobody has to write it."""
    mark = Attribute(type="string", description="External id in the source; marks what the migration owns")
    declared = dict(mapping.attributes.get("conversation", {}))
    declared.setdefault(f"{name}_source_id", mark)
    return mapping.model_copy(update={"attributes": {**mapping.attributes, "conversation": declared}})


def _digest(mapping: Mapping, overrides: dict[str, Path]) -> str:
    # only what the file says: a key the product learns later must not undo a confirmation nobody has changed
    seed = json.dumps(mapping.model_dump(mode="json", by_alias=True, exclude_unset=True), sort_keys=True)
    digest = hashlib.sha256(seed.encode())
    for name, path in sorted(overrides.items()):
        digest.update(f"\0{name}\0".encode() + path.read_bytes())
    return digest.hexdigest()


class _UniqueKeys(yaml.SafeLoader):
    """YAML keeps the last of two equal keys, which would drop a signed decision in silence.

    Plain scalars that YAML 1.1 reads as booleans ("No", "On") stay text when they are keys: they are source values.
    """

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in seen:
                    raise yaml.constructor.ConstructorError(
                        None, None, f"the key {key.value!r} stands twice", key.start_mark
                    )
                seen.add(key.value)
                key.tag = "tag:yaml.org,2002:str"
        return super().construct_mapping(node, deep=deep)


TABLES = {
    "option": "name varchar, value varchar",
    "value": "field varchar, source_value varchar, target_value varchar, left_out varchar",
    "attribute": "object varchar, name varchar, data_type varchar, description varchar, options varchar[]",
    "custom_field": "object varchar, field varchar, attribute varchar, left_out varchar",
    "source_table": "table_name varchar, object varchar, left_out varchar",
    "source_column": "table_name varchar, column_name varchar, is_used boolean, left_out varchar",
}


def write_tables(connection: Connection, migration: Migration) -> dict[str, int]:
    """Replace the tables of schema `mapping`; returns table → rows. `mapping.option` also carries top-level keys."""
    counts = {}
    for table, columns in TABLES.items():
        rows = list(_rows(migration, table))
        connection.execute(f"create or replace table mapping.{table} ({columns})")
        append(connection, f"mapping.{table}", rows)
        counts[table] = len(rows)
    return counts


def _rows(migration: Migration, table: str) -> Iterator[tuple[Any, ...]]:
    mapping = migration.mapping
    if table == "option":
        fixed: dict[str, Any] = {
            "migration": migration.name,
            "time_zone": mapping.time_zone,
            "first_day": mapping.first_day.isoformat(),
            "attachment_limit_bytes": mapping.publish.attachment_limit_bytes,
        }
        for name, value in (mapping.options | fixed).items():
            yield name, _text(value)
    elif table == "value":
        for field, values in mapping.values.items():
            for source_value, target in values.items():
                if isinstance(target, LeftOut):
                    yield field, source_value, None, target.left_out
                else:
                    yield field, source_value, _text(target), None
    elif table == "attribute":
        for kind, attributes in mapping.attributes.items():
            for name, attribute in attributes.items():
                yield kind, name, attribute.type, attribute.description, attribute.options
    elif table == "custom_field":
        for group, fields in mapping.custom_fields.items():
            for field, choice in fields.items():
                if isinstance(choice, LeftOut):
                    yield group, field, None, choice.left_out
                else:
                    yield group, field, choice.attribute, None
    elif table == "source_table":
        for name, entry in mapping.tables.items():
            yield name, entry.to, entry.left_out if isinstance(entry.left_out, str) else None
    elif table == "source_column":
        for name, entry in mapping.tables.items():
            for column in entry.uses:
                yield name, column, True, None
            if isinstance(entry.left_out, dict):
                for column, reason in entry.left_out.items():
                    yield name, column, False, reason


def _text(value: Any) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value is None else str(value)
