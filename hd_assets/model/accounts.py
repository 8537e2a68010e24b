"""The books of a migration: which source records there are and what became of those that are not staged."""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Literal

from pydantic import Field

from hd_assets.model.base import StagedRow, UtcTime


class SourceRecord(StagedRow):
    """One row per source record an object must account for."""

    table: ClassVar[str] = "records"
    key: ClassVar[tuple[str, ...]] = ("object", "source_type", "source_id")

    object: str = Field(description="Staging table that must account for the record.")
    source_type: str
    source_id: str
    conversation: str | None = Field(description="External id of the conversation that gives the home window.")


class LeftOut(StagedRow):
    """One row per source record that is merged into another or excluded, with the reason."""

    table: ClassVar[str] = "left_out"
    key: ClassVar[tuple[str, ...]] = ("object", "source_type", "source_id")

    object: str
    source_type: str
    source_id: str
    outcome: Literal["merged", "excluded"]
    reason_code: str
    sentence: str
    into: str | None = Field(description="External id of the record that took it in, when merged.")
    conversation: str | None


class ExceptionRow(StagedRow):
    """One row per source record that cannot migrate as it is and waits for a person."""

    table: ClassVar[str] = "exceptions"
    key: ClassVar[tuple[str, ...]] = ("object", "source_type", "source_id", "reason_code")

    object: str
    source_type: str
    source_id: str
    external_id: str
    reason_code: str
    sentence: str = Field(description="What is wrong, without personal data.")
    remedy: str
    conversation: str | None
    is_staged: bool = Field(description="True: the record migrates with a stated substitute; false: it stays behind.")
    decision: str | None


class HomeWindow(StagedRow):
    """One row per conversation: its home window, fixed at first extraction."""

    table: ClassVar[str] = "windows"
    key: ClassVar[tuple[str, ...]] = ("conversation",)

    conversation: str
    source_id: str
    dated_at: UtcTime | None = Field(description="The time the window was taken from; null: none usable.")
    home_window: date
    basis: Literal["created_at", "earliest_entry", "first_window"]
