"""One conversation held against the target: its own fields, every part in order, every file by its bytes."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from hd_assets.links.urls import web_addresses
from hd_assets.mapping import DataType
from hd_assets.model import Attachment
from hd_assets.reconcile.expect import ExpectedPart, ExpectedThread
from hd_assets.reconcile.found import FoundFile, FoundPart, FoundThread, ticket_values
from hd_assets.reconcile.normal import Compared, Difference, Sheet, extra, missing, text_of, word

# Address → (sha256, size); None when the target does not serve it.
Download = Callable[[str], tuple[str, int] | None]


def compare_thread(
    expected: ExpectedThread,
    found: FoundThread,
    types: Mapping[str, DataType],
    *,
    source_id_attribute: str,
    now: float,
    download: Download,
    references: Mapping[str, Sequence[str]] | None = None,
) -> list[Compared]:
    """The conversation first, then its parts and files. `now`: a snooze that has run out shows as open."""
    row, window = expected.row, expected.row.home_window
    sheet = Sheet("conversations", row.external_id, found.id, window)
    sheet.same("title", word(row.title), word(found.title))
    sheet.same("created_at", expected.opening_at, found.created_at)
    if found.opening is not None:
        sheet.same("opening_author", expected.opening_author, found.opening.author_id)
        sheet.same("opening_text", expected.opening_text, text_of(found.opening.html))
        _links(sheet, "opening_links", expected.opening_links, found.opening)
    sheet.holds("contacts", _known(sheet, "contacts", expected.contacts), found.contacts)
    sheet.same("company", expected.company, found.company)
    sheet.same("assignee", expected.admin, found.admin)
    sheet.same("team", expected.team, found.team)
    sheet.holds("tags", _known(sheet, "tags", expected.tags), found.tags)
    _state(sheet, expected, found, now)
    values = {**row.custom_attributes, source_id_attribute: row.external_id}
    is_shown = bool(found.attributes) or found.ticket is None
    if is_shown:
        sheet.attributes(values, found.attributes, types)
        for name, instances in (references or {}).items():
            there = found.attributes.get(name)
            sheet.holds(name, instances, [str(entry) for entry in there] if isinstance(there, list) else [])
    # a ticket shows its own attributes, and nowhere what its conversation refers to
    results = [replace(sheet.done(), by_ledger=bool(references) and not is_shown)]
    if expected.ticket_state is not None:
        results.append(_ticket(expected, found, types, values))
    results += _parts(expected.parts, found, window, download)
    return results


def _links(sheet: Sheet, name: str, expected: frozenset[str], there: FoundPart) -> None:
    """Where a link leads is not in the visible text."""
    if expected:
        leads = {html.unescape(address) for address in web_addresses(there.html)}
        sheet.same(name, sorted(expected), sorted(expected & leads))


def _known(sheet: Sheet, name: str, ids: Iterable[str | None]) -> list[str]:
    """Ids the ledger knows; one it does not know is a difference by itself."""
    wanted = list(ids)
    if None in wanted:
        sheet.differences.append(Difference(name, "missing", "known to the ledger", None))
    return [entry for entry in wanted if entry is not None]


def _state(sheet: Sheet, expected: ExpectedThread, found: FoundThread, now: float) -> None:
    state = expected.state
    if state == "snoozed" and expected.snoozed_until is not None:
        if expected.snoozed_until <= now:
            state = "open"
        else:
            sheet.same("snoozed_until", expected.snoozed_until, found.snoozed_until)
    sheet.same("state", state, found.state)


def _ticket(
    expected: ExpectedThread, found: FoundThread, types: Mapping[str, DataType], values: Mapping[str, Any]
) -> Compared:
    """`values`: what the conversation bears. A ticket takes those whose names the mapping declares."""
    row = expected.row
    if found.ticket is None:
        return missing("tickets", row.external_id, found.id, row.home_window)
    sheet = Sheet("tickets", row.external_id, found.id, row.home_window)
    state, kind = found.ticket.get("ticket_state"), found.ticket.get("ticket_type")
    sheet.same("state", expected.ticket_state, state.get("category") if isinstance(state, dict) else state)
    category = found.ticket.get("category") or (kind.get("category") if isinstance(kind, dict) else None)
    sheet.same("type", "Customer", category)
    there = ticket_values(found.ticket)
    sheet.same("title", word(row.title), word(there.get("_default_title_")))
    sheet.attributes({name: value for name, value in values.items() if name in types}, there, types)
    return sheet.done()


def _parts(
    expected: Sequence[ExpectedPart], found: FoundThread, window: date, download: Download
) -> Iterator[Compared]:
    pairs, foreign = align(expected, found.parts)
    shown = {index for index, match in enumerate(pairs) if match is not None}
    first_shown = min(shown, default=len(expected))
    last_place = -1
    for index, (part, place) in enumerate(zip(expected, pairs, strict=True)):
        if place is None:
            if not found.shows_all and index < first_shown and part.is_settled:
                yield Compared("parts", part.external_id, part.intercom_id, 0, (), window, by_ledger=True)
                for file in part.files:
                    yield Compared("attachments", file.external_id, None, 0, (), window, by_ledger=True)
                continue
            yield missing("parts", part.external_id, part.intercom_id, window)
            for file in part.files:
                yield missing("attachments", file.external_id, None, window)
            continue
        there = found.parts[place]
        sheet = Sheet("parts", part.external_id, there.id, window)
        sheet.same("kind", part.kind, there.kind)
        sheet.same("author", (part.by, part.author_id), (there.by, there.author_id))
        sheet.same("created_at", part.at, there.at)
        sheet.same("text", part.text, text_of(there.html))
        _links(sheet, "links", part.links, there)
        sheet.same("files", len(part.files), len(there.files))
        sheet.fields += 1
        if place < last_place:
            sheet.differences.append(Difference("order", "order", index, place))
        last_place = max(last_place, place)
        yield sheet.done()
        yield from _files(part.files, there, window, download)
    for place in foreign:
        yield extra("parts", f"{found.id}/{found.parts[place].id}", found.parts[place].id, window)


def align(expected: Sequence[ExpectedPart], found: Sequence[FoundPart]) -> tuple[list[int | None], list[int]]:
    """For each expected part the place of the found one, and the places nobody expects.

    First by the id the ledger holds, then by time and kind, which are unique inside one conversation of ours, last by
    kind and text, so that a wrong time shows as a wrong time and not as one part missing and another too many.
    """
    free = dict.fromkeys(range(len(found)))
    pairs: list[int | None] = [None] * len(expected)
    ids = {part.id: place for place, part in enumerate(found)}
    texts: dict[int, str] = {}

    def take(index: int, place: int) -> None:
        pairs[index] = place
        del free[place]

    for index, part in enumerate(expected):
        place = ids.get(part.intercom_id or "")
        if place in free:
            take(index, ids[part.intercom_id or ""])
    by_time = {(found[place].at, found[place].kind): place for place in reversed(list(free))}
    for index, part in enumerate(expected):
        place = by_time.get((part.at, part.kind))
        if pairs[index] is None and place is not None and place in free:
            take(index, place)
    for index, part in enumerate(expected):
        if pairs[index] is not None:
            continue
        for place in free:
            if found[place].kind == part.kind:
                text = texts.setdefault(place, text_of(found[place].html))
                if text == part.text:
                    take(index, place)
                    break
    return pairs, list(free)


def _files(expected: Sequence[Attachment], there: FoundPart, window: date, download: Download) -> Iterator[Compared]:
    free = list(there.files)
    for file in expected:
        match = _matching(file, free)
        if match is None:
            yield missing("attachments", file.external_id, None, window)
            continue
        free.remove(match)
        sheet = Sheet("attachments", file.external_id, there.id, window)
        sheet.same("name", file.filename, match.name)
        sheet.same("size", file.size_bytes, match.size)
        got = download(match.url)
        sheet.same("sha256", file.sha256, got[0] if got else None)
        sheet.same("bytes", file.size_bytes, got[1] if got else None)
        yield sheet.done()
    for number, _ in enumerate(free):
        yield extra("attachments", f"{there.id}/file-{number}", there.id, window)


def _matching(file: Attachment, free: Sequence[FoundFile]) -> FoundFile | None:
    for wanted in ((file.filename, file.size_bytes), (file.filename, None), (None, file.size_bytes)):
        for candidate in free:
            if wanted[0] in (None, candidate.name) and wanted[1] in (None, candidate.size):
                return candidate
    return free[0] if free else None
