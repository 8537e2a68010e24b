"""What words mean, in the languages of help desks; the lists are data in `words/`."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

_FOLDER = Path(__file__).with_name("words")
_COMPOUND = 4


@dataclass(frozen=True)
class StatusWord:
    """Kind of status, its conversation state and its ticket state, and the words that told."""

    kind: str
    state: str
    ticket_state: str
    words: str


def tokens(text: str) -> tuple[str, ...]:
    """Words in lower case without accents; `camelCase` and `snake_case` count as several."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z][a-z])", " ", text)
    plain = "".join(c for c in unicodedata.normalize("NFKD", spaced.casefold()) if not unicodedata.combining(c))
    return tuple(re.findall(r"[^\W_]+", plain.replace("’", "'").replace("'", " ")))


def status_word(name: str) -> StatusWord | None:
    """The kind of status a name speaks of: the longest known words in it; None when it knows none or several equally
    long ones that mean different things."""
    spoken = tokens(name)
    best: list[tuple[int, int, StatusWord]] = []
    for phrase, word in _status_words():
        at = _place(phrase, spoken)
        if at is not None:
            best.append((len(phrase), sum(map(len, phrase)), word))
    if not best:
        return None
    longest = max(size[:2] for size in best)
    kinds = {word.kind: word for *size, word in best if tuple(size) == longest}
    return next(iter(kinds.values())) if len(kinds) == 1 else None


def is_negated(name: str) -> bool:
    """Whether a name says what something is not; its other words then tell the wrong thing."""
    negations = {tokens(word)[0] for words in _read("negations").values() for word in words}
    return bool(negations & set(tokens(name)))


def field_words(*names: str | None) -> frozenset[str]:
    """Meanings of a field's label and name: identifier, quantity, date, flag, phone."""
    found = set()
    for name in filter(None, names):
        spoken = tokens(name)
        for phrase, meaning in _field_words():
            if _place(phrase, spoken) is not None or _is_part(phrase, spoken):
                found.add(meaning)
    return frozenset(found)


def _place(phrase: tuple[str, ...], spoken: tuple[str, ...]) -> int | None:
    for start in range(len(spoken) - len(phrase) + 1):
        if spoken[start : start + len(phrase)] == phrase:
            return start
    return None


def _is_part(phrase: tuple[str, ...], spoken: tuple[str, ...]) -> bool:
    word = phrase[0]
    if len(phrase) > 1 or len(word) < _COMPOUND:
        return False
    # the last part of a compound tells what it is: a Kundennummer is a number, a Nummernschild is none
    return any(one.endswith(word) for one in spoken)


@cache
def _status_words() -> tuple[tuple[tuple[str, ...], StatusWord], ...]:
    return tuple(
        (tokens(word), StatusWord(kind, entry["state"], entry["ticket_state"], word))
        for kind, entry in _read("statuses").items()
        for words in entry["words"].values()
        for word in words
    )


@cache
def _field_words() -> tuple[tuple[tuple[str, ...], str], ...]:
    return tuple(
        (tokens(word), meaning)
        for meaning, entry in _read("fields").items()
        for words in entry["words"].values()
        for word in words
    )


@cache
def _read(name: str) -> dict[str, Any]:
    text = (_FOLDER / f"{name}.yaml").read_text(encoding="utf-8")
    # every scalar stays text: "no" and "on" are words here
    document: dict[str, Any] = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 - builds text, lists and maps only
    return document
