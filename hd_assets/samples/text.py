"""Believable helpdesk writing in several languages: what people ask, what agents answer.

`phrases.py` holds the words; here they are put together. Texts are plain; the generators wrap them in whatever
markup their source uses.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from hd_assets.samples.phrases import LANGUAGES, NOTES, PLACES, Phrases


@dataclass(frozen=True)
class Writing:
    """Paragraphs of one message, `subject` only where a conversation starts."""

    paragraphs: tuple[str, ...]
    subject: str = ""

    @property
    def plain(self) -> str:
        """The paragraphs with empty lines between them."""
        return "\n\n".join(self.paragraphs)


def languages() -> tuple[str, ...]:
    """Language codes there are phrases for."""
    return tuple(LANGUAGES)


def opening(rng: Random, language: str, sender: str) -> Writing:
    """A first message with greeting, problem and signature."""
    phrases = _phrases(language)
    subject, problem = rng.choice(phrases.problems)
    filled = _fill(rng, subject + "\n" + problem).split("\n")
    middle = filled[1:]
    if rng.random() < 0.5:
        middle.append(_fill(rng, rng.choice(phrases.details)))
    return Writing((phrases.greeting, *middle, f"{phrases.closing}\n{sender}"), filled[0])


def reply(rng: Random, language: str, recipient: str, agent: str) -> Writing:
    """An agent's answer."""
    phrases = _phrases(language)
    body = [_fill(rng, text) for text in rng.sample(phrases.replies, rng.choice((1, 1, 2)))]
    return Writing((phrases.greeting.rstrip(",،:。 ") + f" – {recipient}", *body, agent))


def follow_up(rng: Random, language: str, sender: str) -> Writing:
    """A further message of the requester."""
    return Writing((_fill(rng, rng.choice(_phrases(language).follow_ups)), sender))


def thanks(rng: Random, language: str, sender: str) -> Writing:
    """The last message before a request is closed."""
    return Writing((rng.choice(_phrases(language).thanks), sender))


def note(rng: Random) -> Writing:
    """What agents write to each other, always in English."""
    return Writing((_fill(rng, rng.choice(NOTES)),))


def long_paragraph(rng: Random, language: str, characters: int) -> str:
    """A text of at least so many characters, as people paste it."""
    phrases = _phrases(language)
    parts: list[str] = []
    size = 0
    while size < characters:
        parts.append(_fill(rng, rng.choice(phrases.details)))
        size += len(parts[-1]) + 1
    return " ".join(parts)


def _phrases(language: str) -> Phrases:
    return LANGUAGES.get(language, LANGUAGES["en"])


def _fill(rng: Random, text: str) -> str:
    if "{" not in text:
        return text
    return text.format(
        place=rng.choice(PLACES),
        unit=f"{rng.choice('ABCDEFGH')}-{rng.randrange(100, 999)}",
        number=rng.randrange(2, 60),
        day=rng.randrange(1, 28),
        invoice=f"{rng.randrange(2019, 2026)}-{rng.randrange(1000, 9999)}",
    )
