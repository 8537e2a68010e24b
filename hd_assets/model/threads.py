"""Conversations with their parts, attachments, tags and history as staged for Intercom."""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Literal

from pydantic import Field

from hd_assets.model.base import Attributes, SourcedRow, StagedRow, Texts, UtcTime


class Tag(SourcedRow):
    """One row per tag the target must have."""

    table: ClassVar[str] = "tags"

    name: str
    source_label: str
    kind: str = Field(description="What the tag stands for: topic, migrated …")


class Conversation(SourcedRow):
    """One row per ticket of the source that becomes a conversation or an Intercom ticket."""

    table: ClassVar[str] = "conversations"
    windowed: ClassVar[bool] = True

    home_window: date = Field(description="First day of the UTC month the conversation belongs to, for good.")
    target_kind: Literal["conversation", "ticket"]
    number: str = Field(description="The number people quote.")
    contact: str = Field(description="External id of the requester.")
    opening_author: str = Field(description="External id of the contact the opening is sent from.")
    participants: Texts = Field(description="External ids of further contacts, without `contact` and `opening_author`.")
    title: str
    opening_text: str = Field(description="Plain text of the opening.")
    opening_html: str | None = Field(description="HTML of the opening entry; null when the line is generated.")
    opening_part: str | None = Field(description="External id of the part that is the opening; null when generated.")
    opening_at: UtcTime = Field(description="created_at of the conversation in Intercom, second precision.")
    state: Literal["open", "snoozed", "closed"] | None = Field(description="null: the source status has no target.")
    snoozed_until: UtcTime | None
    source_status: str
    ticket_state: str | None = Field(description="submitted, in_progress, waiting_on_customer or resolved.")
    assignee: str | None = Field(description="External id of a teammate.")
    inbox: str | None = Field(description="External id of an inbox: the one team Intercom can assign.")
    company: str | None
    tags: Texts = Field(description="External ids of tags.")
    custom_attributes: Attributes
    parent: str | None = Field(description="External id of the conversation this one is linked below.")
    created_at: UtcTime
    updated_at: UtcTime | None
    closed_at: UtcTime | None
    flags: Texts = Field(description="undated, future_date, generated_opening, no_entries …")


class Entry(SourcedRow):
    """One row per text a ticket holds, before the thread is put in order and given its files.

    A step on the way to `parts`, which is alike for all sources: what the source knows ends here. `entry` is the
    source's own message, every other origin a note made of what the ticket holds besides. A row of origin `history`
    is no text: it gives its digest to the note that is made of `staging.history`, in a source where that needs more
    than the events' own columns.
    """

    table: ClassVar[str] = "entries"
    windowed: ClassVar[bool] = True
    is_step: ClassVar[bool] = True

    home_window: date
    conversation: str
    origin: Literal["entry", "long_fields", "merged", "task", "history"]
    is_opening: bool = Field(description="Sent as the conversation's first message; stands before everything else.")
    kind: Literal["comment", "note"]
    author_kind: Literal["contact", "teammate", "system"]
    author: str | None = Field(description="External id of contact or teammate; null for system and for the unknown.")
    author_name: str = Field(description="Name as the source shows it; `Migration` for notes.")
    body_html: str = Field(description="Sanitised HTML.")
    body_text: str
    is_rich: bool = Field(description="The body holds what plain text cannot carry.")
    is_internal: bool = Field(description="Internal in the source, or of unknown visibility (then flagged).")
    created_at: UtcTime = Field(description="Time in the source.")
    sequence: int = Field(description="Order among texts of the same time.")
    unsent_note: str | None = Field(
        description="External id of the note that lists its files that were not sent; null: named after the text."
    )
    unsent_reasons: str | None = Field(
        description="JSON, source id of a file → why it was not sent; of those whose disposition does not say it."
    )
    flags: Texts


class Part(SourcedRow):
    """One row per entry of a thread, plus the parts the migration inserts.

    `origin` tells them apart: `entry` is the source's own message (the opening among them), everything else is
    inserted and has an external id of its own kind, so that it counts as part of the message it belongs to.
    """

    table: ClassVar[str] = "parts"
    windowed: ClassVar[bool] = True

    home_window: date
    conversation: str
    position: int = Field(description="0-based order inside the conversation, gapless.")
    origin: Literal["entry", "opening_rich", "spill", "unsent_files", "long_fields", "merged", "task", "history"]
    belongs_to: str | None = Field(description="External id of the entry an inserted part belongs to.")
    is_opening: bool = Field(description="Sent as the conversation's first message; every other part is a reply.")
    kind: Literal["comment", "note"]
    author_kind: Literal["contact", "teammate", "system"]
    author: str | None = Field(description="External id of contact or teammate; null for system and for the unknown.")
    author_name: str = Field(description="Name as the source shows it.")
    body_html: str = Field(description="Sanitised HTML as sent; for the opening: of the source entry.")
    body_text: str
    is_internal: bool = Field(description="Internal in the source, or of unknown visibility (then flagged).")
    created_at: UtcTime = Field(description="Time in the source.")
    sent_at: UtcTime = Field(description="max(created_at, previous sent_at + 1 s), second precision.")
    flags: Texts


class Attachment(SourcedRow):
    """One row per use of a file by an entry, an article or a field."""

    table: ClassVar[str] = "attachments"
    windowed: ClassVar[bool] = True

    home_window: date
    conversation: str | None = Field(description="Null for files of articles.")
    owner: str = Field(description="External id of the entry, conversation or article the source hangs the file on.")
    carrier: str | None = Field(description="External id of the part that carries it to Intercom; null if not sent.")
    position: int = Field(description="0-based order among the files of its carrier (or owner, if not sent).")
    filename: str
    content_type: str
    size_bytes: int
    sha256: str | None = Field(description="Null when the bytes are missing.")
    content_id: str | None = Field(description="Key by which the body refers to the file.")
    is_inline: bool
    disposition: Literal["send", "oversize", "missing", "manual"]


class History(StagedRow):
    """One row per recorded change of a conversation: assignment, status, transfer, merge …"""

    table: ClassVar[str] = "history"
    windowed: ClassVar[bool] = True

    external_id: str
    home_window: date
    conversation: str
    kind: str
    actor: str | None = Field(description="Name or login of who did it, as the source has it.")
    from_value: str | None
    to_value: str | None
    occurred_at: UtcTime
    is_annulled: bool
