"""Where a migrated record is found in Intercom."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from hd_assets.links.rewrite import article_url
from hd_assets.mapping import Migration
from hd_assets.publish.context import SIMULATOR, aim_of
from hd_assets.publish.ledger_read import LedgerReader
from hd_assets.settings import Settings

_APP = {"us": "https://app.intercom.com", "eu": "https://app.eu.intercom.com", "au": "https://app.au.intercom.com"}
KINDS: Mapping[str, str] = {
    "conversations": "conversation", "articles": "article", "contacts": "contact", "companies": "company",
}  # fmt: skip
"""Object → kind of its records in the ledger."""
_ANY = "any0id"


@dataclass(frozen=True)
class Places:
    """`app`: where teammates work; `help_center`: public address of articles, None where not given."""

    app: str
    workspace: str
    is_simulator: bool
    help_center: str | None

    def in_message(self, object: str, intercom_id: str) -> str | None:
        """Address to which a message may lead; an article needs the help centre's, its editor is not for readers."""
        return None if object == "articles" and not self.help_center else self.url(object, intercom_id)

    def is_ours(self, address: str) -> bool:
        """Whether it is an address that `url` gives, of whatever record."""
        return any(re.fullmatch(re.escape(self.url(object, _ANY)).replace(_ANY, r"\w+"), address) for object in KINDS)

    def url(self, object: str, intercom_id: str) -> str:
        if object == "articles" and self.help_center:
            return article_url(self.help_center, intercom_id)
        if self.is_simulator:
            return (
                f"{self.app}/inbox/{intercom_id}" if object == "conversations" else f"{self.app}/{object}/{intercom_id}"
            )
        return {
            "conversations": f"{self.app}/a/inbox/{self.workspace}/inbox/conversation/{intercom_id}",
            "articles": f"{self.app}/a/apps/{self.workspace}/articles/articles/{intercom_id}/show",
            "contacts": f"{self.app}/a/apps/{self.workspace}/users/{intercom_id}/all-conversations",
            "companies": f"{self.app}/a/apps/{self.workspace}/companies/{intercom_id}/users",
        }[object]


def places(settings: Settings, migration: Migration, target: str, books: LedgerReader) -> Places:
    space = migration.mapping.option("help_center_url")
    help_center = str(space).rstrip("/") if space else None
    if target == SIMULATOR:
        return Places(settings.simulator_url.rstrip("/"), "", is_simulator=True, help_center=help_center)
    region = aim_of(migration, target).region
    app = _APP.get(str(region), _APP["us"])
    return Places(app, books.meta("workspace_id") or "_", is_simulator=False, help_center=help_center)
