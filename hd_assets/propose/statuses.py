"""Statuses: what the source itself says of one, and what its name says in any of nine languages."""

from __future__ import annotations

from dataclasses import dataclass

from hd_assets.propose.base import Known
from hd_assets.propose.found import FoundValue
from hd_assets.propose.words import StatusWord, is_negated, status_word

_ENDED = frozenset({"resolved", "closed", "archived", "deleted"})
# kind of word → how sure of state and ticket state where the source agrees that such a ticket is open
_SURE = {
    "open": (0.97, 0.95),
    "in_progress": (0.95, 0.9),
    "waiting_on_customer": (0.88, 0.93),
    "waiting_on_others": (0.85, 0.8),
    "on_hold": (0.8, 0.7),
}


@dataclass(frozen=True)
class StatusDraft:
    """Conversation state and ticket state, how sure of each, and why."""

    state: str
    ticket_state: str
    sure: float
    sure_of_ticket: float
    why: str


def known_status(known: Known) -> StatusDraft:
    """The draft for a status of the product's own life cycle: its meaning is a fact, whatever its name says."""
    return StatusDraft(known.state, known.ticket_state, 0.97, 0.97, "a status of the product's own life cycle")


def status_draft(value: FoundValue, missing: str | None) -> StatusDraft:
    """The draft for one status."""
    if value.value == missing:
        why = "no status to go by; a ticket with a closing time is closed whatever stands here"
        return StatusDraft("open", "submitted", 0.85, 0.85, why)
    word = None if is_negated(value.value) else status_word(value.value)
    if value.meaning in _ENDED:
        return _ended(value, word)
    if value.meaning in (None, "mixed"):
        return _by_name(word)
    return _still_open(value, word)


def _ended(value: FoundValue, word: StatusWord | None) -> StatusDraft:
    said = f"the source itself calls it {value.meaning}"
    if word is not None and word.state != "closed":
        return StatusDraft("closed", "resolved", 0.55, 0.55, f"{said}, but its name says {word.words}")
    if word is None:
        return StatusDraft("closed", "resolved", 0.93, 0.9, f"{said}; its name tells nothing more")
    return StatusDraft("closed", "resolved", 0.97, 0.96, f"{said}, and so does its name ({word.words})")


def _still_open(value: FoundValue, word: StatusWord | None) -> StatusDraft:
    said = f"the source itself calls it {value.meaning}"
    if value.meaning in ("waiting", "on_hold", "in_progress") and word is None:
        ticket = "waiting_on_customer" if value.meaning == "waiting" else "in_progress"
        return StatusDraft("open", ticket, 0.85, 0.7, said)
    if word is None:
        return StatusDraft("open", "in_progress", 0.85, 0.45, f"{said}; its name is not known, so work is under way")
    if word.state == "closed":
        return StatusDraft("open", "in_progress", 0.5, 0.4, f"{said}, but its name says {word.words}")
    sure, sure_of_ticket = _SURE[word.kind]
    hidden = "" if sure > HIDDEN_BELOW else "; snoozed would hide it from the agents"
    return StatusDraft("open", word.ticket_state, sure, sure_of_ticket, f"{said}, its name says {word.words}{hidden}")


HIDDEN_BELOW = 0.9


def _by_name(word: StatusWord | None) -> StatusDraft:
    if word is None:
        return StatusDraft("open", "submitted", 0.3, 0.3, "neither source nor name tell; open hides nothing")
    why = f"its name says {word.words}; the source does not tell"
    return StatusDraft(word.state, word.ticket_state, 0.8, 0.7, why)
