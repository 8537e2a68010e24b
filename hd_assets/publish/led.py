"""Where links to the old system lead from the moment their message is sent."""

from __future__ import annotations

import html
from collections.abc import Mapping

from hd_assets.links.addresses import KINDS
from hd_assets.links.sent import noted
from hd_assets.links.urls import web_addresses
from hd_assets.publish.context import PublishContext
from hd_assets.publish.desired import Desired


def led_to(context: PublishContext, entry: Desired) -> str | None:
    """The note for the ledger: links of the message whose records are in the workspace by now, and their addresses."""
    if context.migration.mapping.publish.links == "keep":
        return None
    return noted(new_addresses(context, entry), context.books.digest_key)


def new_addresses(context: PublishContext, entry: Desired) -> Mapping[str, str]:
    """Link → where its record stands in the workspace; without those that stand nowhere, or where only we can look."""
    found = {}
    for link in entry.links:
        identity = context.books.identity(KINDS[link.object], link.target)
        address = context.places.in_message(link.object, identity.intercom_id) if identity else None
        if address is not None:
            found[link.link] = address
    return found


def led_in(context: PublishContext, entry: Desired, stored: str | None) -> str | None:
    """The note of a message without one, read from what the workspace shows of it."""
    there = {html.unescape(address) for address in web_addresses(stored or "")}
    shown = {link: address for link, address in new_addresses(context, entry).items() if address in there}
    return noted(shown, context.books.digest_key)
