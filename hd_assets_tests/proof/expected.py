"""What the destination has to hold for each record of the frozen source, worked out from the promises alone."""

import html
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hd_assets_tests.proof.links import addresses, shown_by
from hd_assets_tests.proof.source import SOURCE_ID, TYPES, Case, Message, Organisation, Person, Source, unix

Doc = dict[str, Any]
Agent = Callable[[int | None], tuple[str | None, bool]]
_TAG = re.compile(r"<[^>]*>")


@dataclass(frozen=True)
class Part:
    """`files`: (name, content type, bytes) in order. `leads`: keys of our records its links lead to, or addresses."""

    kind: str
    at: int
    author: str | None
    words: tuple[str, ...]
    files: tuple[tuple[str, str, bytes], ...]
    leads: tuple[str, ...] = ()


@dataclass(frozen=True)
class Expected:
    """`opening`: (author, time, words, where its links lead)."""

    opening: tuple
    parts: list[Part]
    contacts: list[str | None]
    state: str
    values: Doc
    ticket_state: str | None
    ticket_values: Doc


def words_of(markup: str | None) -> tuple[str, ...]:
    """Visible words. A destination may show markup as text, so what is escaped is unfolded until nothing changes."""
    text = markup or ""
    while True:
        plain = html.unescape(_TAG.sub(" ", text))
        if plain == text:
            return tuple(plain.split())
        text = plain


def said(markup: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Visible words and where links lead, with the keys of our records in place of the addresses of their old pages."""
    leads = tuple(shown_by(address) or address for address in addresses(markup))
    for address in sorted(addresses(markup), key=len, reverse=True):
        markup = markup.replace(address, shown_by(address) or address)
    return words_of(markup), leads


def article_words(markup: str | None) -> tuple[str, ...]:
    return words_of(markup)


def value_of(kind: str, value: Any, holder: str) -> Any:
    """As the destination stores it: moments as Unix seconds, days as text where a thread carries them."""
    if kind == "datetime" or (kind == "date" and holder != "conversation"):
        return unix(value.replace("Z", "") if "T" in value else f"{value}T00:00:00")
    return float(value) if kind == "decimal" else value


def values_of(holder: str, values: Doc) -> Doc:
    types = TYPES[holder]
    return {name: value_of(types[name], value, holder) for name, value in values.items() if value is not None}


def expected_company(org: Organisation) -> Doc:
    return {
        "company_id": org.key,
        "name": org.name,
        "website": org.website,
        "remote_created_at": org.created,
        "custom_attributes": values_of("company", org.values),
    }


def expected_contact(person: Person, was: Doc | None, *, kept: bool) -> Doc:
    """`kept`: it belongs to another source, which keeps its own fields."""
    prior = was["custom_attributes"] if was else {}
    values = {**prior, **values_of("contact", person.values)}
    if kept and was:
        fields = {name: was[name] for name in ("external_id", "email", "name", "phone", "signed_up_at", "role")}
    else:
        fields = {
            "external_id": person.key,
            "email": person.email,
            "name": person.name,
            "phone": person.phone,
            "signed_up_at": person.signed_up,
            "role": "user",
        }
    return {**fields, "custom_attributes": values, "archived": False}


def definitions(source: Source) -> dict[str, set[tuple]]:
    """What has to exist once, by kind."""
    collections = {article.path[:depth] for article in source.articles for depth in range(1, len(article.path) + 1)}
    tickets = any(case.ticket_state for case in source.cases)
    return {
        "tag": {(name,) for name in source.tags.values()},
        "data_attribute": {(holder, name) for holder in ("contact", "company") for name in TYPES[holder]},
        "conversation_attribute": {(name,) for name in TYPES["conversation"]},
        "ticket_type": {("Migrated ticket",)} if tickets else set(),
        "collection": collections,
    }


def expected_case(case: Case, source: Source, contact: Callable[[int], str | None], agent: Agent) -> Expected:
    values = {**values_of("conversation", case.values), SOURCE_ID: case.key}
    writers = [message.author for message in case.messages if message.by == "contact" and message.author]
    people = dict.fromkeys(source.person(number).number for number in (case.requester, *case.participants, *writers))
    closed = case.state == "closed"
    ticket_state = None
    if case.ticket_state is not None:
        ticket_state = "resolved" if closed else case.ticket_state
    return Expected(
        opening=(contact(case.requester), case.at, *said(html.escape(case.text))),
        parts=[_part(message, contact, agent) for message in case.messages],
        contacts=[contact(number) for number in people],
        # a ticket cannot be snoozed before it is one, and afterwards it waits for the customer
        state="open" if ticket_state and not closed else case.state,
        values=values,
        ticket_state=ticket_state,
        ticket_values={**values, "_default_title_": case.title} if ticket_state else {},
    )


def _part(message: Message, contact: Callable[[int], str | None], agent: Agent) -> Part:
    words, leads = said(message.html)
    if message.by == "contact" and message.author is not None:
        author = contact(message.author)
    else:
        author, speaks = agent(message.author)
        if message.by == "agent" and not speaks:
            # somebody else lends the voice, so the text says whose words they are
            words = words_of(html.escape(message.name)) + words
    files = tuple((file.name, file.kind, file.content) for file in message.files)
    return Part("note" if message.note else "comment", message.at, author, words, files, leads)
