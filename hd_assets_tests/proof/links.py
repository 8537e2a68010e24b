"""Where links in messages lead, told by the workspace's own store: to a page of the old system, or to a record of ours.

A link to a record that was there when the message was first sent leads to it. Whether it was known to be there by then
cannot be seen in the store, so that the old page is right as well; anything else is not.
"""

import re

from hd_assets_tests.proof.source import ARTICLES_AT, INBOX, OLD, SOURCE_ID
from hd_assets_tests.proof.store import Doc, Store

_ADDRESS = re.compile(r"""https?://[^\s"'<>&)]+""")
_KINDS = {"tickets": "desk-ticket", "faq": "desk-faq"}
_OLD = re.compile(rf"{re.escape(OLD)}/({'|'.join(_KINDS)})\.php\?id=(\d+)")
_AFTER = ".,;:!?"


def shown_by(page: str) -> str | None:
    """Key of the record that a page of the old system shows."""
    found = _OLD.fullmatch(page)
    return f"{_KINDS[found[1]]}-{found[2]}" if found else None


class Leads:
    """`articles`: id of an article → key; an article bears no key of ours."""

    def __init__(self, store: Store, articles: dict[str, str]) -> None:
        self._keys = {f"{ARTICLES_AT}/{key}": name for key, name in articles.items()}
        for key, doc in store.all("conversation").items():
            if doc["custom_attributes"].get(SOURCE_ID):
                self.claim(key, doc["custom_attributes"][SOURCE_ID])

    def claim(self, conversation: str, key: str) -> None:
        self._keys[f"{INBOX}/{conversation}"] = key

    def of(self, body: str) -> tuple[str, ...]:
        """Key or address of each link, in order."""
        return tuple(self._named(address) for address in addresses(body))

    def named(self, body: str) -> str:
        """The body with keys in place of addresses that lead to our records, old and new ones alike."""

        def one(match: re.Match[str]) -> str:
            address = match[0].rstrip(_AFTER)
            return self._named(address) + match[0][len(address) :]

        return _ADDRESS.sub(one, body)

    def led(self, body: str) -> tuple[int, int]:
        """How many links lead to our records, and how many to old pages of records that are there."""
        found = addresses(body)
        known = set(self._keys.values())
        return sum(address in self._keys for address in found), sum(shown_by(address) in known for address in found)

    def _named(self, address: str) -> str:
        return shown_by(address) or self._keys.get(address) or address


def addresses(body: str) -> list[str]:
    return [found.rstrip(_AFTER) for found in _ADDRESS.findall(body)]


def one_word(store: Store) -> dict[str, str]:
    """All articles under one key, for comparing two workspaces."""
    return dict.fromkeys(store.all("article"), "desk-faq-1")


def body_of(doc: Doc) -> str:
    return doc["body"] or ""
