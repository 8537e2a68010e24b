"""Companies, contacts and articles held against the target, one record at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hd_assets.mapping import DataType
from hd_assets.model import Article, Company, Contact
from hd_assets.publish.ledger_read import Identity
from hd_assets.reconcile.expect import MIGRATION_ADMIN, Directory
from hd_assets.reconcile.normal import Compared, Sheet, digits, missing, text_of, unix, word
from hd_assets.reconcile.objects import References, compare_references
from hd_assets.reconcile.read import Reader

Types = Mapping[str, DataType]


@dataclass(frozen=True)
class Target:
    """What comparing a record needs besides the record."""

    reader: Reader
    people: Directory
    company_types: Types
    contact_types: Types
    references: References = field(default_factory=dict)


def company(row: Company, identity: Identity | None, target: Target) -> Compared:
    found = target.reader.one(f"/companies/{identity.intercom_id}") if identity else None
    if identity is None or found is None:
        return missing("companies", row.external_id, identity.intercom_id if identity else None)
    sheet = Sheet("companies", row.external_id, identity.intercom_id)
    sheet.same("company_id", row.external_id, found.get("company_id"))
    sheet.same("name", word(row.name), word(found.get("name")))
    for name, value in (("website", row.website), ("industry", row.industry)):
        # what an adopted company held of its own is left alone
        if word(value) or identity.origin == "created":
            sheet.same(name, word(value), word(found.get(name)))
    if row.created_at:
        sheet.same("created_at", unix(row.created_at), found.get("remote_created_at"))
    values = dict(row.custom_attributes)
    if row.parent and "parent_company_id" in target.company_types:
        values.setdefault("parent_company_id", row.parent)
    sheet.attributes(values, _values(found), target.company_types)
    return sheet.done()


def contact(row: Contact, identity: Identity | None, target: Target) -> Compared:
    """A contact of another source keeps what it held; only address, companies and our attributes are compared."""
    found = target.reader.one(f"/contacts/{identity.intercom_id}") if identity else None
    if identity is None or found is None:
        return missing("contacts", row.external_id, identity.intercom_id if identity else None)
    sheet = Sheet("contacts", row.external_id, identity.intercom_id)
    is_ours = identity.origin == "created" or found.get("external_id") == row.external_id
    sheet.same("email", word(row.email), (word(found.get("email")) or "").lower() or None)
    if is_ours:
        sheet.same("external_id", row.external_id, found.get("external_id"))
        sheet.same("role", row.role, found.get("role"))
        wanted_fields = (
            ("name", word(row.name), word(found.get("name"))),
            ("phone", digits(row.phone), digits(found.get("phone"))),
            ("signed_up_at", unix(row.signed_up_at), found.get("signed_up_at")),
        )
        for name, expected, there in wanted_fields:
            # emptied fields are cleared where the contact is ours alone
            if expected is not None or identity.origin == "created":
                sheet.same(name, expected, there)
    values = _values(found)
    # attributes nobody asked us to set may hold what an adopted contact had before
    types = (
        target.contact_types if is_ours else {n: target.contact_types.get(n, "string") for n in row.custom_attributes}
    )
    sheet.attributes(row.custom_attributes, values, types)
    compare_references(
        sheet, target.references.get(row.external_id, {}), values, target.people.ids.get("custom_object", {})
    )
    wanted = [target.people.id("company", entry) for entry in row.companies]
    linked = [
        str(entry.get("id")) for entry in target.reader.paged(f"/contacts/{found['id']}/companies", "data", "companies")
    ]
    sheet.holds("companies", [entry or "unknown to the ledger" for entry in wanted], linked)
    return sheet.done()


def article(row: Article, identity: Identity | None, collection: str | None, target: Target) -> Compared:
    """`collection`: Intercom id of the collection that holds it."""
    found = target.reader.one(f"/articles/{identity.intercom_id}") if identity else None
    if identity is None or found is None:
        return missing("articles", row.external_id, identity.intercom_id if identity else None)
    sheet = Sheet("articles", row.external_id, identity.intercom_id)
    sheet.same("title", word(row.title), word(found.get("title")))
    sheet.same("description", word(row.description), word(found.get("description")))
    sheet.same("body", text_of(row.body_html), text_of(found.get("body")))
    sheet.same("state", row.state, found.get("state"))
    author = target.people.id("admin", row.author or MIGRATION_ADMIN)
    sheet.same("author", author, str(found.get("author_id")))
    sheet.same("collection", collection, str(found["parent_id"]) if found.get("parent_id") else None)
    return sheet.done()


def _values(found: Mapping[str, Any]) -> Mapping[str, Any]:
    values = found.get("custom_attributes")
    return values if isinstance(values, dict) else {}
