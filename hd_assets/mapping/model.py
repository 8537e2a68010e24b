"""What a mapping file may say: every key, its type, its meaning."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

DataType = Literal["string", "text", "integer", "decimal", "boolean", "datetime", "date", "list"]
ApprovalKind = Literal["scope", "guide", "mapping", "sample", "phase", "cutover"]
AttributeObject = Literal["conversation", "contact", "company"]
NAME = re.compile(r"[a-z][a-z0-9_]*")

UNDECIDED = "undecided"
"""Stands for a decision still to be made: the mapping parses, the source can be looked at, nothing is published."""

EARLIEST = date(2010, 1, 1)


class Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Person(Strict):
    name: str
    email: str = Field(description="Address of a teammate of the workspace.")


class PublicNotes(Strict):
    """Internal notes become messages that customers can read. Whoever wants that signs for it by name."""

    public: str = Field(min_length=3, description="Who agreed that customers will read every internal note.")


Region = Literal["us", "eu", "au", "undecided"]
Plan = Literal["essential", "advanced", "expert", "undecided"]


class Target(Strict):
    """A workspace a run writes to. `token` names the environment variable that holds the access token."""

    workspace: str | None = Field(None, description="Workspace id_code; pinned at the first publish when null.")
    region: Region = Field("us", description="Where the workspace lies; to be named for every target but simulator.")
    plan: Plan | None = Field(None, description="Plan of the workspace; to be named for every target but simulator.")
    token: str = "INTERCOM_TOKEN"  # noqa: S105 - the name of a variable, never its value
    base_url: str | None = Field(None, description="Only for a private gateway; derived from the region when null.")


class Attribute(Strict):
    """A custom attribute the target must have. Types: ours, translated per Intercom object when created."""

    type: DataType
    description: str = ""
    options: list[str] = Field(default_factory=list, description="Labels of a list attribute.")

    @model_validator(mode="after")
    def _list_has_options(self) -> Attribute:
        if self.type == "list" and len(self.options) < 2:
            raise ValueError("a list attribute needs at least two options; use type string otherwise")
        return self


class LeftOut(Strict):
    """A field or value that does not migrate, with the reason that goes into the inventory."""

    left_out: str = Field(min_length=3)


class CustomField(Strict):
    attribute: str


class SourceTable(Strict):
    """One table (class, sheet) of the source: the object it feeds, the columns used, the columns left out and why."""

    to: str | None = None
    uses: list[str] = Field(default_factory=list)
    left_out: str | dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _mapped_or_left_out(self) -> SourceTable:
        if self.to is None and not isinstance(self.left_out, str):
            raise ValueError("say which object the table feeds (to:) or why it does not migrate (left_out: reason)")
        return self


class ObjectMapping(Strict):
    source: list[str] = Field(alias="from", description="Source tables or classes that feed the object.")
    fidelity: str = Field(description="As promised to the customer: 1:1, 1:many, lossy, inventory, none.")
    note: str = ""


Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_WEEK: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class PublishingHours(Strict):
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


class Publishing(Strict):
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
    links: Literal["rewrite", "keep"] = Field(
        "rewrite", description="Links to the old system in messages: led to what is in the workspace by then, or kept."
    )
    attachment_limit_bytes: int = Field(10_485_760, gt=0, description="A larger file is not sent but listed.")


Value = str | int | float | bool | LeftOut


class Mapping(Strict):
    """One file `mappings/<migration>.yaml`. Everything in the source stands here, mapped or left out with a reason."""

    source: str = Field(description="Source package: the folder below hd_assets/extract and sql.")
    description: str = ""
    time_zone: str = Field(description="IANA zone of the source's stored times.")
    first_month: Annotated[str, Field(pattern=rf"^(\d{{4}}-(0[1-9]|1[0-2])|{UNDECIDED})$")] = Field(
        description="Month of the oldest ticket."
    )
    owners: list[str] = Field(default_factory=list, description="Dagster owners: an e-mail or team:<name>.")
    migration_admin: Person = Field(description="Teammate that stands for the system and for unmatched agents.")
    unassigned_tickets: str = Field(
        min_length=1,
        description="Tickets without an agent: keep leaves them as they are; else the inbox they go to, by its name.",
    )
    unmatched_agents: Literal["block", "migration_admin", "undecided"] = Field(
        description="Active agents without a teammate: block the publish, or let the migration admin stand for them."
    )
    internal_notes: Literal["note", "leave_out", "upgrade", "undecided"] | PublicNotes = Field(
        description="Internal notes: as notes; left out and counted; as notes once the plan is no longer essential; or"
        " public, signed by name."
    )
    source_options: dict[str, Any] = Field(default_factory=dict, description="Passed to the extractor.")
    targets: dict[Literal["simulator", "test", "production"], Target]
    options: dict[str, str | int | bool | None] = Field(default_factory=dict, description="Choices the SQL reads.")
    publish: Publishing = Publishing()
    approvals: list[ApprovalKind] = Field(
        default=["scope", "guide", "mapping", "sample", "cutover"],
        description="What production waits for; the mapping always. phase: row counts of companies, contacts, links.",
    )
    extraction_approvals: list[Literal["scope", "guide", "mapping"]] = Field(
        default_factory=list,
        description="What a run for production waits for before it reads the source; other targets read at once, since"
        " their runs write the documents.",
    )
    exceptions_limit: int | None = Field(None, ge=0, description="A run ends with exit code 1 above so many.")
    objects: dict[str, ObjectMapping | LeftOut]
    attributes: dict[AttributeObject, dict[str, Attribute]] = Field(default_factory=dict)
    custom_fields: dict[str, dict[str, CustomField | LeftOut]] = Field(default_factory=dict)
    values: dict[str, dict[str, Value]] = Field(default_factory=dict)
    tables: dict[str, SourceTable] = Field(default_factory=dict)

    @field_validator("time_zone")
    @classmethod
    def _zone_exists(cls, zone: str) -> str:
        return zone if zone == UNDECIDED else _known_zone(zone)

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

    @model_validator(mode="after")
    def _workspaces_are_described(self) -> Mapping:
        for name, target in self.targets.items():
            missing = {"region", "plan"} - target.model_fields_set
            if name != "simulator" and missing:
                raise ValueError(
                    f"targets.{name}: {' and '.join(sorted(missing))} must be named, if only as {UNDECIDED}"
                )
        return self

    @property
    def first_day(self) -> date:
        """First day of the first partition; early enough for anything while undecided."""
        return EARLIEST if self.first_month == UNDECIDED else date.fromisoformat(f"{self.first_month}-01")

    @property
    def zone(self) -> str:
        """IANA zone of the source's stored times; UTC while undecided, which blocks publishing."""
        return "UTC" if self.time_zone == UNDECIDED else self.time_zone

    def option(self, name: str, default: str | int | bool | None = None) -> str | int | bool | None:
        return self.options.get(name, default)
