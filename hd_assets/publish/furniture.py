"""Operations for what the workspace must have: attributes, tags, ticket type, collections."""

from __future__ import annotations

import hashlib

from hd_assets.mapping import Migration
from hd_assets.publish import payloads
from hd_assets.publish.desired import Desired, desired
from hd_assets.publish.staged import Furniture

DEFAULT_TICKET_TYPE = "Migrated ticket"


def ticket_type_name(migration: Migration) -> str:
    return str(migration.mapping.option("ticket_type") or DEFAULT_TICKET_TYPE)


def of_furniture(migration: Migration, needed: Furniture) -> list[Desired]:
    """In an order in which everything exists before it is referred to."""
    attributes = migration.mapping.attributes
    found: list[Desired] = []
    for holder in ("contact", "company"):
        for name, attribute in attributes.get(holder, {}).items():
            request = payloads.people_attribute(name, holder, attribute)
            found.append(_entry(f"{holder}_attribute", name, request, len(found)))
    for name, attribute in attributes.get("conversation", {}).items():
        if name != f"{migration.name}_source_id":
            request = payloads.conversation_attribute(name, attribute)
            found.append(_entry("conversation_attribute", name, request, len(found)))
    if needed.needs_tickets:
        name = ticket_type_name(migration)
        found.append(_entry("ticket_type", payloads.STAND_IN, payloads.ticket_type(name), len(found)))
        for name, attribute in attributes.get("conversation", {}).items():
            request = payloads.ticket_attribute(name, attribute)
            found.append(_entry("ticket_attribute", name, request, len(found)))
    found += [
        _entry("tag", tag.external_id, payloads.tag(tag.name), len(found) + n) for n, tag in enumerate(needed.tags)
    ]
    for path in needed.collections:
        found.append(_entry("collection", payloads.collection_id(path), payloads.collection(path), len(found)))
    return found


def _entry(kind: str, external_id: str, request: payloads.Request, position: int) -> Desired:
    # the mapping is the source here, and the request is made of nothing else
    digest = hashlib.md5(request.digest.encode(), usedforsecurity=False).hexdigest()
    return desired(kind, "workspace", external_id, request, digest, position)
