"""Three frozen sources: `small` for the many schedules, `wide` for some of them, `large` for the sweep.

`wide` and `large` have every kind the publisher has.
"""

import dataclasses

from hd_assets_tests.proof.source import (
    CLOCK,
    OBJECTS,
    OLD,
    SPACE,
    Agent,
    Article,
    Case,
    File,
    Foreign,
    Message,
    Organisation,
    Person,
    Source,
    Thing,
    unix,
)

EPOCH = unix("2024-01-10T09:00:00")
MINUTE, HOUR, DAY = 60, 3600, 86_400
USER = {"role": "user"}

AGENTS = (
    Agent(1, "Ada Agent", "agent1@desk.example"),
    Agent(2, "Bo <Gone> & Away", "gone@desk.example", present=False),
    Agent(3, "Cy Third", "agent3@desk.example"),
)
# pages of the old system, to be followed by the number of what they show
CASE_PAGE, FAQ_PAGE = "tickets.php?id", "faq.php?id"
CASE = f"{OLD}/{CASE_PAGE}"
BINARY = File("two.bin", "application/octet-stream", bytes(range(256)))
TEAMS = {1: "Team North", 2: "Team South"}


def text_file(name: str, content: str) -> File:
    return File(name, "text/plain", content.encode())


def words(number: int) -> str:
    """Bodies of all shapes: markup, entities, a link, lists, other scripts."""
    shapes = (
        f"<p>Words of <b>entry</b> {number} &amp; more</p>",
        f"<p>Entry {number}</p><p>second paragraph, 2 &lt; 3</p>",
        f'<p>See <a href="https://desk.example/e/{number}">the page {number}</a></p>',
        f"<ul><li>one of {number}</li><li>two</li></ul>",
        f"<p>Überprüfung №{number} «да» 🙂</p>",
    )
    return shapes[number % len(shapes)]


def said(at: int, person: int, number: int, *files: File) -> Message:
    return Message(at, "contact", person, f"Person {person}", words(number), files=files)


def answered(at: int, agent: int | None, number: int, *files: File, note: bool = False) -> Message:
    name = next((known.name for known in AGENTS if known.number == agent), "Nobody Known")
    return Message(at, "agent", agent, name, words(number), note=note, files=files)


def told(at: int, number: int, inserted: str = "history") -> Message:
    """A note of the migration itself."""
    return Message(at, "system", None, "Migration", f"<p>History of {number}</p>", note=True, inserted=inserted)


def leading(message: Message, *pages: str) -> Message:
    """The message with links to pages of the old system, the first of them to be read, too."""
    links = "".join(
        f'<p>See <a href="{OLD}/{page}">{"there" if at else f"{OLD}/{page}"}</a>.</p>' for at, page in enumerate(pages)
    )
    return dataclasses.replace(message, html=message.html + links)


def values(number: int) -> dict:
    return {
        "number": f"N{number:05}",
        "level": "High" if number % 2 else "Low",
        "due": "2024-02-01T08:00:00Z",
        "day": "2024-03-31",
        "essay": f"An essay about {number}. " * 3,
        "count": number,
        "price": number + 0.5,
        "urgent": number % 3 == 0,
    }


def person(number: int, **more: object) -> Person:
    known: dict = {
        "name": f"Person {number}",
        "email": f"person{number}@company.example",
        "phone": f"+4930{number:06}",
        "values": {"vip": number % 2 == 0, "score": number, "since": "2020-02-29", "grade": "Paid"},
        "signed_up": EPOCH - DAY,
    }
    return Person(number, **(known | more))


def organisation(number: int) -> Organisation:
    given = {"seats": 10 + number, "renewal": "2025-03-01", "rate": 0.25 * number, "tier": "Gold"}
    return Organisation(number, f"Company {number}", f"https://company{number}.example", EPOCH - 2 * DAY, given)


FOREIGN = Foreign(
    requests=(
        ("POST", "/companies", {"company_id": "other-1", "name": "Elsewhere"}, "elsewhere"),
        ("POST", "/contacts", {**USER, "email": "person5@company.example", "name": "Was Here"}, "five"),
        ("POST", "/contacts/{five}/companies", {"id": "{elsewhere}"}, None),
        (
            "POST",
            "/contacts",
            {**USER, "email": "stranger@other.example", "external_id": "other-9"},
            "stranger",
        ),
        ("POST", "/tags", {"name": "theirs"}, "theirs"),
        ("POST", "/contacts", {**USER, "email": "person6@company.example", "name": "Archived"}, "six"),
        ("POST", "/contacts/{six}/archive", {}, None),
        (
            "POST",
            "/contacts",
            {**USER, "email": "person7@company.example", "external_id": "other-7", "name": "Of another source"},
            "seven",
        ),
        # the words of one of our openings, a minute apart: nobody's twin
        (
            "POST",
            "/conversations",
            {
                "from": {"type": "user", "id": "{five}"},
                "body": "Opening of case 3",
                "created_at": EPOCH + 3 * HOUR + 60,
            },
            "foreign",
        ),
        (
            "POST",
            "/conversations/{foreign}/reply",
            {
                "message_type": "comment",
                "type": "admin",
                "admin_id": "{admin}",
                "body": "<p>Their answer</p>",
                "skip_notifications": True,
            },
            None,
        ),
        ("POST", "/conversations/{foreign}/tags", {"id": "{theirs}", "admin_id": "{admin}"}, None),
    ),
    adopted_people=frozenset({5, 6}),
    kept_people=frozenset({7}),
)

# instances and an address that were there already, and a list of references that is not ours alone
FURTHER = dataclasses.replace(
    FOREIGN,
    requests=(
        *FOREIGN.requests,
        (
            "POST",
            "/conversations/attributes",
            {
                "name": OBJECTS["problem"],
                "data_type": "relationship",
                "reference": {"type": "many", "object_type_id": "problem"},
            },
            None,
        ),
        (
            "POST",
            "/custom_object_instances/change_request",
            {"external_id": "desk-change-2", "custom_attributes": {"risk": "high", "owner": "them"}},
            None,
        ),
        (
            "POST",
            "/custom_object_instances/change_request",
            {"external_id": "other-1", "custom_attributes": {"risk": "high"}},
            "change",
        ),
        ("PUT", "/contacts/{five}", {"custom_attributes": {"change_request": ["{change}"]}}, None),
        ("POST", "/articles", {"title": "Theirs", "author_id": "{admin}"}, "article"),
        (
            "POST",
            "/help_center/help_centers/3001/redirects",
            {"from_url": f"{SPACE}/theirs", "locale": "en", "target_type": "article", "target_id": "{article}"},
            None,
        ),
    ),
    adopted_things=frozenset({2}),
)
# a person who stands for another one, one who was there, one of another source; conversations and a ticket
THINGS = (
    Thing(1, "change_request", people=(1, 4), cases=(1, 2), values={"risk": "low", "count": 3, "urgent": True}),
    Thing(2, "change_request", people=(5,), cases=(1,), values={"risk": "low"}),
    Thing(3, "change_request", people=(5, 3)),
    Thing(4, "problem", cases=(1, 3), values={"cause": "Überlast & more"}),
    Thing(5, "problem"),
)


def case(number: int, requester: int = 1, **more: object) -> Case:
    known: dict = {
        "at": EPOCH + number * HOUR,
        "text": f"Opening of case {number}",
        "title": f"Question {number}",
        "values": values(number),
    }
    return Case(number, requester, **(known | more))


def _small_cases() -> tuple[Case, ...]:
    def at(number: int, step: int) -> int:
        return EPOCH + number * HOUR + step * MINUTE

    equal: dict = {"requester": 1, "at": EPOCH, "text": f"Same words\n\nwith a second paragraph\n{CASE}=1"}
    return (
        case(
            1,
            state="closed",
            tags=(1, 2),
            assignee=1,
            organisation=1,
            messages=(
                answered(at(1, 1), 1, 11, text_file("seen.txt", "seen by all")),
                # what comes later, what came before, an article
                leading(said(at(1, 2), 3, 12), f"{CASE_PAGE}=21", f"{CASE_PAGE}=6"),
                answered(at(1, 3), 2, 13, text_file("internal.txt", "internal"), note=True),
                leading(said(at(1, 4), 1, 14, text_file("one.txt", "1"), BINARY), f"{FAQ_PAGE}=1"),
            ),
        ),
        case(
            2,
            requester=4,
            ticket_state="resolved",
            state="closed",
            team=1,
            assignee=2,
            participants=(2,),
            text=f"Opening of case 2, more in ({CASE}=7).",
            messages=(leading(answered(at(2, 1), 2, 21), f"{CASE_PAGE}=1"), told(at(2, 1) + 1, 22)),
        ),
        case(
            3,
            requester=5,
            state="snoozed",
            snoozed_until=CLOCK + 30 * DAY,
            team=2,
            tags=(1,),
            messages=(said(at(3, 1), 5, 31), answered(at(3, 2), None, 32)),
        ),
        case(
            21,
            requester=2,
            assignee=1,
            tags=(2,),
            messages=(
                answered(at(21, 1), 1, 211),
                # a page of nothing we have; the conversation itself
                leading(
                    answered(at(21, 2), 1, 212, note=True), f"{CASE_PAGE}=3", f"{CASE_PAGE}=999", f"{CASE_PAGE}=21"
                ),
                told(at(21, 3), 213),
            ),
        ),
        Case(6, title="Twin one", state="closed", values=values(6), messages=(answered(EPOCH + 60, 1, 61),), **equal),
        Case(7, title="Twin two", values=values(7), messages=(answered(EPOCH + 60, 1, 71),), **equal),
    )


def small() -> Source:
    """More than sixty requests of fifteen kinds once the workspace is furnished, a hundred from the beginning."""
    people = (
        person(1, organisations=(1, 2)),
        person(2, email=None, organisations=(1,)),
        person(3),
        person(4, merged_into=3, email=None),
        person(5, organisations=(2,)),
    )
    return Source(
        "small",
        (organisation(1), organisation(2)),
        people,
        AGENTS[:2],
        TEAMS,
        {1: "billing", 2: "migrated"},
        _small_cases(),
        (Article(1, ("Guides",), "How to begin", "<p>Do it &amp; wait.</p>"),),
        FOREIGN,
    )


def wide() -> Source:
    """`small` with custom objects and old addresses."""
    articles = (
        Article(1, ("Guides",), "How to begin", "<p>Do it &amp; wait.</p>", address=f"{SPACE}/old/1"),
        Article(2, ("Guides",), "How to begin", "<p>Other words.</p>", address="https://kb.desk.example/2"),
        Article(3, (), "Loose", "<p>In no collection.</p>", address=f"{SPACE}/old/3?a=b"),
    )
    return dataclasses.replace(small(), name="wide", articles=articles, things=THINGS, foreign=FURTHER)


def _large_cases() -> tuple[Case, ...]:
    found = list(_small_cases())
    at = EPOCH + 4 * HOUR
    files = tuple(text_file(f"page {n}.txt", f"page {n} of many") for n in range(1, 14))
    found.append(
        case(
            4,
            requester=6,
            ticket_state="in_progress",
            team=1,
            tags=(3,),
            messages=(
                answered(at + 60, 3, 41, *files[:10]),
                Message(at + 61, "agent", 3, "Cy Third", "<p>More files</p>", files=files[10:], inserted="spill"),
                said(at + 120, 6, 42),
            ),
        )
    )
    at = EPOCH + 5 * HOUR
    found.append(case(5, requester=5, participants=(2, 3), messages=(said(at + 5, 2, 51), said(at + 6, 3, 52))))
    at = EPOCH + 8 * HOUR
    long = [(said, 7) if n % 3 else (answered, 1 + n % 3) for n in range(1, 61)]
    messages = tuple(write(at + 60 * n, who, 800 + n) for n, (write, who) in enumerate(long, start=1))
    found.append(case(8, requester=7, state="closed", assignee=3, messages=messages, tags=(1, 2, 3)))
    states = ("submitted", "in_progress", "waiting_on_customer", "resolved")
    for number in range(9, 21):
        at = EPOCH + number * HOUR
        state = states[number % 4] if number % 2 else None
        closed = state == "resolved" or (state is None and number % 4 == 0)
        found.append(
            case(
                number,
                requester=1 + number % 7,
                at=at,
                state="closed" if closed else "open",
                ticket_state=state,
                assignee=(None, 1, 2, 3)[number % 4],
                team=(None, 1, 2)[number % 3],
                organisation=(None, 1)[number % 2],
                tags=tuple(range(1, 1 + number % 3)),
                messages=(
                    answered(at + 60, 1, number * 10 + 1, text_file(f"{number}.txt", f"content {number}")),
                    said(at + 61, 1 + number % 7, number * 10 + 2),
                    answered(at + 62, 3, number * 10 + 3, note=True),
                    told(at + 63, number),
                ),
            )
        )
    return tuple(found)


def large() -> Source:
    """More than three hundred requests, every kind the publisher has."""
    people = (
        person(1, organisations=(1, 2)),
        person(2, email=None, organisations=(1,)),
        person(3, organisations=tuple(range(1, 13))),
        person(4, merged_into=3, email=None),
        person(5, organisations=(2,)),
        person(6),
        person(7, organisations=(3,)),
    )
    articles = (
        Article(1, ("Guides",), "How to begin", "<p>Do it &amp; wait.</p>", address=f"{SPACE}/old/1"),
        Article(2, ("Guides", "Deep"), "How to begin", "<p>The same title, other words.</p>", "published", 1),
        Article(3, (), "Loose", "<h1>Loose</h1><p>In no collection.</p>", author=2, address=f"{SPACE}/old/3?a=b"),
        Article(4, (), "Moved", "<p>Stood elsewhere.</p>", address="https://kb.desk.example/4"),
    )
    return Source(
        "large",
        tuple(organisation(number) for number in range(1, 13)),
        people,
        AGENTS,
        TEAMS,
        {1: "billing", 2: "migrated", 3: "Überfällig"},
        _large_cases(),
        articles,
        FURTHER,
        (*THINGS, Thing(6, "change_request", people=(7,), cases=tuple(range(8, 15)))),
    )


SOURCES = {"small": small, "wide": wide, "large": large}
