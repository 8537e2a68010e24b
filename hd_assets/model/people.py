"""Companies, contacts, teammates and inboxes as staged for Intercom."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from hd_assets.model.base import Attributes, SourcedRow, Texts, UtcTime


class Company(SourcedRow):
    """One row per company of the source."""

    table: ClassVar[str] = "companies"

    name: str
    website: str | None
    email_domain: str | None = Field(description="First e-mail domain, lower case, without leading dot.")
    industry: str | None
    parent: str | None = Field(description="External id of the parent company; sent as attribute.")
    custom_attributes: Attributes
    created_at: UtcTime | None


class Contact(SourcedRow):
    """One row per person who asks for help, including people the source no longer knows but whose words it keeps."""

    table: ClassVar[str] = "contacts"

    email: str | None = Field(description="Lower-cased; null when the source has none.")
    name: str | None
    phone: str | None
    role: Literal["user"]
    companies: Texts = Field(description="External ids of the companies the contact belongs to.")
    custom_attributes: Attributes
    signed_up_at: UtcTime | None
    merged_into: str | None = Field(description="External id of the contact that stands for this one (same e-mail).")
    flags: Texts = Field(description="no_email, duplicate_email, deleted_in_source, company_by_domain, no_company …")


class Teammate(SourcedRow):
    """One row per agent of the source; Intercom's admins are matched by e-mail, never created."""

    table: ClassVar[str] = "teammates"

    email: str | None
    name: str
    is_active: bool
    roles: Texts


class Inbox(SourcedRow):
    """One row per department or team; an Intercom team of the same name is matched, never created."""

    table: ClassVar[str] = "inboxes"

    name: str
    merged_into: str | None
    members: Texts = Field(description="External ids of teammates.")
    routing_email: str | None
