"""Codes of the ledger in words."""

from __future__ import annotations

_REASONS = {
    "twin_not_ours": "more conversations of this contact, time and text are there than were sent",
    "part_twice": "the conversation shows the part more than once",
    "part_differs": "a part of this author and time has another text or other files",
    "part_missing": "a later part is there and this one is not",
    "parts_hidden": "so many parts came later that the destination does not show whether it is there",
    "name_twice": "several definitions of the workspace have this name",
    "conflict_without_id": "the destination says the record is there, but not which one it is",
    "two_contacts": "address and external id belong to two different contacts; merge them in the workspace",
    "redirect_taken": "the old address already leads to something else",
    "doubled": "several records of the workspace bear this record's id",
    "unknown": "its answer was lost, and looking it up has not settled it",
}


def reason_in_words(code: str) -> str:
    """Why an operation was quarantined; a code without words stays as it is."""
    kind, _, rest = code.partition("_")
    if code not in _REASONS and kind == "missing":
        return f"the {rest.replace('_', ' ')} it points at is not there"
    if code.startswith("refused_again:"):
        return f"it was sent twice, and the second time refused ({code.partition(':')[2]})"
    return _REASONS.get(code, code)
