"""Web addresses as they stand in texts and in HTML."""

from __future__ import annotations

import re
from collections.abc import Callable

# up to a blank, a quote, a bracket, or the escaped form of one; an address a picture is fetched from is no link
_ADDRESS = re.compile(r"""(?<!src=")https?://(?:(?!&(?:lt|gt|quot|nbsp|#3[49]);)[^\s"'<>])*""", re.IGNORECASE)
_AFTER = ".,;:!?)]"


def web_addresses(text: str) -> list[str]:
    """Every address as the text writes it (in HTML still escaped), each once, without the punctuation that follows."""
    return list(dict.fromkeys(found.rstrip(_AFTER) for found in _ADDRESS.findall(text)))


def replaced(text: str, new: Callable[[str], str | None]) -> str:
    """The text with each whole address replaced by what `new` gives for it; None leaves it."""

    def one(match: re.Match[str]) -> str:
        address = match[0].rstrip(_AFTER)
        found = new(address)
        return match[0] if found is None else found + match[0][len(address) :]

    return _ADDRESS.sub(one, text)
