"""Links to the old system in messages: which of them were sent as links to the record's new place.

A message cannot be changed once it was sent, so the request stays symbolic with the old addresses, and the ledger notes
beside the intent what they led to. The note is JSON, keyed digest of a link → address that was sent in its place: an
old address may bear a person's name or e-mail.
"""

from __future__ import annotations

import html
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

from hd_assets.links.urls import replaced
from hd_assets.publish.payloads import Request
from hd_assets.publish.sent import sent_digest


@dataclass(frozen=True)
class OldLink:
    """A link as the body has it, and the staged record it leads to: object and external id."""

    link: str
    object: str
    target: str


def noted(addresses: Mapping[str, str], key: str) -> str | None:
    """The ledger's note of link → address; None when nothing was led anywhere. `key` is the ledger's `digest_key`."""
    found = {link_digest(key, link): address for link, address in addresses.items()}
    return json.dumps(found, sort_keys=True) if found else None


def addresses_of(note: str | None) -> dict[str, str]:
    """Digest of a link → address it was sent with."""
    return json.loads(note) if note else {}


def link_digest(key: str, link: str) -> str:
    return sent_digest(key, "link", link)


def as_sent(request: Request, note: str | None, key: str) -> Request:
    """The request of a message with the addresses of the note in place of the old ones."""
    if note is None:
        return request
    known, body = addresses_of(note), dict(request.body)
    # a reply is HTML, the opening of a conversation is not
    is_html = "message_type" in body

    def new(link: str) -> str | None:
        address = known.get(link_digest(key, link))
        return html.escape(address) if address is not None and is_html else address

    words = body.get("body")
    if isinstance(words, str):
        body["body"] = replaced(words, new)
    elif isinstance(words, dict) and "$authored" in words:
        authored = words["$authored"]
        body["body"] = {"$authored": {**authored, "html": replaced(authored["html"], new)}}
    return replace(request, body=body)
