"""Articles, custom objects and the written inventory."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from hd_assets.model.base import Attributes, Details, SourcedRow, Texts, UtcTime


class Article(SourcedRow):
    """One row per knowledge-base article."""

    table: ClassVar[str] = "articles"

    collection_path: Texts = Field(description="Names of the collections from the top down.")
    title: str
    description: str | None
    body_html: str
    author: str | None = Field(description="External id of a teammate; null: the migration admin.")
    state: Literal["draft", "published"]
    source_state: str = Field(description="Visibility word of the source.")
    old_url: str | None
    word_count: int
    created_at: UtcTime | None
    updated_at: UtcTime | None
    flags: Texts


class CustomObject(SourcedRow):
    """One row per record that becomes an instance of a custom object."""

    table: ClassVar[str] = "custom_objects"

    object_type: str
    custom_attributes: Attributes
    conversations: Texts
    contacts: Texts
    created_at: UtcTime | None
    updated_at: UtcTime | None


class InventoryRow(SourcedRow):
    """One row per source record that is written down for people instead of migrated."""

    table: ClassVar[str] = "inventory"

    kind: str = Field(description="canned_response, filter, sla, email_template, quick_note, referral …")
    name: str
    details: Details
