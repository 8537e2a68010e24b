"""Counts what arrived, by the words alone: shares no code and no id with any of the programs."""

import re
from collections import Counter
from dataclasses import dataclass
from html import unescape

from hd_assets_tests.acceptance.reading import Workspace


@dataclass(frozen=True)
class Arrived:
    """`lost`: not there once; `doubled`: copies beyond the first; `strange`: texts that nobody wrote."""

    conversations_lost: int
    conversations_doubled: int
    parts_lost: int
    parts_doubled: int
    strange: int

    @property
    def is_exact(self) -> bool:
        return self == Arrived(0, 0, 0, 0, 0)


def arrived(url: str, threads: dict[str, list[str]]) -> Arrived:
    """Hold a workspace against what should be there: text of the opening → texts of its replies, all different."""
    space = Workspace(url)
    try:
        listed = space.conversations()
        openings = Counter(words(doc["source"]["body"]) for doc in listed)
        parts: Counter[str] = Counter()
        if any(threads.values()):
            for doc in listed:
                shown = space.messages(space.get(f"/conversations/{doc['id']}"))[1]
                parts.update(words(part.html) for part in shown)
    finally:
        space.close()
    replies = [text for thread in threads.values() for text in thread]
    lost, doubled, strange = _held(openings, list(threads))
    parts_lost, parts_doubled, strange_parts = _held(parts, replies)
    return Arrived(lost, doubled, parts_lost, parts_doubled, strange + strange_parts)


def _held(found: Counter[str], wanted: list[str]) -> tuple[int, int, int]:
    lost = sum(found[text] == 0 for text in wanted)
    doubled = sum(max(0, found[text] - 1) for text in wanted)
    known = set(wanted)
    return lost, doubled, sum(count for text, count in found.items() if text not in known)


def words(body: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", body)).split())
