"""The helpdesk being invented: who works there, who asks, where rows and files go."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from html import escape
from random import Random

from hd_assets.samples.osticket.catalogue import Catalogue
from hd_assets.samples.osticket.dump import Dump
from hd_assets.samples.osticket.files import FileStore
from hd_assets.samples.osticket.options import SampleOptions
from hd_assets.samples.text import Writing

EVENTS = (
    *("created", "closed", "reopened", "assigned", "released", "transferred", "referred", "overdue", "edited"),
    *("viewed", "error", "collab", "resent", "deleted", "merged", "unlinked", "linked", "login", "logout"),
    *("message", "note"),
)


@dataclass(frozen=True)
class Agent:
    """Somebody who answers. `id` 0: deleted since, only the name is left in texts."""

    id: int
    username: str
    first: str
    last: str
    email: str
    department: int = 1
    active: bool = True

    @property
    def name(self) -> str:
        """As shown on replies."""
        return f"{self.first} {self.last}"


@dataclass(frozen=True)
class Customer:
    """Somebody who asks; `organization` 0 = none."""

    id: int
    name: str
    email: str
    language: str
    organization: int = 0


@dataclass
class Desk:
    """Shared by all parts of the generator; `customers` and `agents` fill during the set-up."""

    dump: Dump
    files: FileStore
    options: SampleOptions
    catalogue: Catalogue
    seed: int
    agents: list[Agent] = field(default_factory=list)
    gone_agent: Agent = field(default_factory=lambda: Agent(0, "", "", "", ""))
    customers: list[Customer] = field(default_factory=list)
    gone_customer_ids: list[int] = field(default_factory=list)
    oddities: dict[str, list[int]] = field(default_factory=dict)
    injected: dict[str, list[int]] = field(default_factory=dict)
    number_counts: dict[str, int] = field(default_factory=dict)

    @property
    def as_of(self) -> datetime:
        """When the dump was taken."""
        return self.options.as_of

    def rng(self, *what: object) -> Random:
        """Chance for one record, so that changing one leaves the others as they are."""
        return Random(f"{self.seed} {' '.join(map(str, what))}")

    def number(self, pattern: str) -> str:
        """The next ticket number of a format such as `TW-######`."""
        self.number_counts[pattern] = count = self.number_counts.get(pattern, 0) + 1
        width = pattern.count("#")
        return pattern.replace("#" * width, f"{count:0{width}d}")

    def odd(self, kind: str, identifier: int) -> None:
        """Remember where a strange but healthy record is."""
        self.oddities.setdefault(kind, []).append(identifier)

    def broken(self, kind: str, identifier: int) -> None:
        """Remember where a damaged record is."""
        self.injected.setdefault(kind, []).append(identifier)

    def zone_name(self, instant: datetime) -> str:
        """The abbreviation osTicket appends to dates in answers, such as UTC or CEST."""
        return self.dump.local(instant).strftime("%Z")


def html_body(writing: Writing) -> str:
    """Paragraphs as the editor stores them."""
    return "".join(f"<p>{escaped(text).replace(chr(10), '<br />')}</p>" for text in writing.paragraphs)


def text_body(writing: Writing) -> str:
    """A plain-text entry: still HTML-escaped, as osTicket does since 1.10."""
    return escaped(writing.plain)


def escaped(text: str) -> str:
    """`&`, `<`, `>` escaped, quotes left alone."""
    return escape(text, quote=False)


def to_json(value: object) -> str:
    """Compact JSON with non-ASCII letters escaped, as PHP writes it."""
    return json.dumps(value, separators=(",", ":"))
