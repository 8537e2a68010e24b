"""Names of attributes: the source, then the label in plain letters."""

from __future__ import annotations

import re
from collections.abc import Collection

from anyascii import anyascii

LONGEST = 60
"""Letters of a name. The target takes more, but people have to read it in a narrow panel."""


def snake(label: str) -> str:
    """A label in lower-case ASCII letters, digits and underscores; empty when nothing of it can be written so."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z][a-z])", " ", re.sub(r"\b[Nn][°º]|№", "No ", label))
    return re.sub(r"[^a-z0-9]+", "_", anyascii(spaced).lower().replace("'", "")).strip("_")


def attribute_name(prefix: str, words: Collection[str | None], taken: Collection[str]) -> str:
    """`<prefix>_<first of the words that can be written>`, short enough and not taken yet."""
    plain = next((name for name in map(snake, filter(None, words)) if name), "field")
    plain = plain.removeprefix(f"{prefix}_") or plain
    name = _short(f"{prefix}_{plain}", LONGEST)
    number = 1
    while name in taken:
        number += 1
        name = f"{_short(f'{prefix}_{plain}', LONGEST - 1 - len(str(number)))}_{number}"
    return name


def _short(name: str, length: int) -> str:
    if len(name) <= length:
        return name
    cut = name[: length + 1]
    return cut[: cut.rindex("_")] if "_" in cut[length // 2 :] else name[:length].rstrip("_")
