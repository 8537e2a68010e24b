"""The frozen source: what a help desk holds, as plain data that knows nothing of the product. The checker reads this.

Times are Unix seconds (UTC). Numbers name records within their kind. `CLOCK` is the moment a migration begins.
"""

import calendar
from dataclasses import dataclass, field
from datetime import datetime

CLOCK = 1_748_779_200  # 2025-06-01 12:00:00
MIGRATION_ADMIN = "migration@desk.example"
SOURCE_ID = "desk_source_id"

# holder → attribute → type; options of a list
TYPES = {
    "conversation": {
        "desk_source_id": "string",
        "number": "string",
        "level": "list",
        "due": "datetime",
        "day": "date",
        "essay": "text",
        "count": "integer",
        "price": "decimal",
        "urgent": "boolean",
    },
    "contact": {"vip": "boolean", "score": "integer", "since": "date", "grade": "list", "seen": "datetime"},
    "company": {"seats": "integer", "renewal": "date", "rate": "decimal", "tier": "list"},
}
# type of custom object → attribute that refers to its instances; a contact can only refer by the type's own name
OBJECTS = {"change_request": "change_request", "problem": "known_problem"}
# the addresses of the workspace's own help centre begin with this one
SPACE = "https://intercom.help/simulator"
LOCALE = "en"
# the old system's address, and where people find what was migrated
OLD = "https://old.desk.example"
INBOX, ARTICLES_AT = "http://simulator.invalid/inbox", f"{SPACE}/articles"
OPTIONS = {"level": ("Low", "High"), "grade": ("Free", "Paid"), "tier": ("Gold", "Silver")}


@dataclass(frozen=True)
class Organisation:
    number: int
    name: str
    website: str | None
    created: int
    values: dict = field(default_factory=dict)

    @property
    def key(self) -> str:
        return f"desk-org-{self.number}"


@dataclass(frozen=True)
class Person:
    """`merged_into`: number of the person that stands for this one."""

    number: int
    name: str
    email: str | None
    phone: str | None = None
    organisations: tuple[int, ...] = ()
    values: dict = field(default_factory=dict)
    signed_up: int | None = None
    merged_into: int | None = None

    @property
    def key(self) -> str:
        return f"desk-user-{self.number}"


@dataclass(frozen=True)
class Agent:
    """`present`: the workspace has a teammate with this address."""

    number: int
    name: str
    email: str
    present: bool = True


@dataclass(frozen=True)
class File:
    name: str
    kind: str
    content: bytes


@dataclass(frozen=True)
class Message:
    """`by`: contact, agent or system; `author` the person's or agent's number. `inserted`: added by the migration."""

    at: int
    by: str
    author: int | None
    name: str
    html: str
    note: bool = False
    files: tuple[File, ...] = ()
    inserted: str | None = None


@dataclass(frozen=True)
class Case:
    """One ticket of the source. `ticket_state`: it becomes a ticket in that state; None: a conversation."""

    number: int
    requester: int
    at: int
    text: str
    title: str
    state: str = "open"
    messages: tuple[Message, ...] = ()
    participants: tuple[int, ...] = ()
    snoozed_until: int | None = None
    ticket_state: str | None = None
    assignee: int | None = None
    team: int | None = None
    organisation: int | None = None
    tags: tuple[int, ...] = ()
    values: dict = field(default_factory=dict)

    @property
    def key(self) -> str:
        return f"desk-ticket-{self.number}"


@dataclass(frozen=True)
class Article:
    number: int
    path: tuple[str, ...]
    title: str
    html: str
    state: str = "draft"
    author: int | None = None
    # where it stood before
    address: str | None = None

    @property
    def key(self) -> str:
        return f"desk-faq-{self.number}"


@dataclass(frozen=True)
class Thing:
    """An instance of a custom object. `people`, `cases`: numbers of those who refer to it."""

    number: int
    kind: str
    people: tuple[int, ...] = ()
    cases: tuple[int, ...] = ()
    values: dict = field(default_factory=dict)
    created: int = CLOCK - 86_400
    updated: int = CLOCK - 3_600

    @property
    def key(self) -> str:
        return f"desk-change-{self.number}"


@dataclass(frozen=True)
class Foreign:
    """What the workspace held before anybody migrated, as requests in their order: (method, path, body, name).

    `{name}` in a path or a value stands for the id of the record made under that name; `as` names the answer's id.
    `adopted_people` are those of ours that were there already, by number; `kept_people` belong to another
    source, so that only our attribute values are added. `adopted_things`: instances of custom objects, likewise.
    """

    requests: tuple[tuple[str, str, dict, str | None], ...] = ()
    adopted_people: frozenset[int] = frozenset()
    kept_people: frozenset[int] = frozenset()
    adopted_things: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Source:
    name: str
    organisations: tuple[Organisation, ...]
    people: tuple[Person, ...]
    agents: tuple[Agent, ...]
    # number → name; the workspace has teams of the same names
    teams: dict[int, str]
    tags: dict[int, str]
    cases: tuple[Case, ...]
    articles: tuple[Article, ...]
    foreign: Foreign = Foreign()
    things: tuple[Thing, ...] = ()

    def person(self, number: int) -> Person:
        """The person, or the one that stands for them."""
        found = next(person for person in self.people if person.number == number)
        return found if found.merged_into is None else self.person(found.merged_into)


def unix(text: str) -> int:
    return calendar.timegm(datetime.fromisoformat(text).timetuple())
