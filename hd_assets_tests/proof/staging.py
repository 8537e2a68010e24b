"""The frozen source as the product's staging holds it: rows, file bytes, and the mapping with its types."""

import html
import json
import re
from datetime import UTC, date, datetime

from hd_assets.model.base import StagedRow
from hd_assets_tests import builders
from hd_assets_tests.builders import MIGRATION
from hd_assets_tests.proof.source import (
    LOCALE,
    MIGRATION_ADMIN,
    OBJECTS,
    OLD,
    OPTIONS,
    SPACE,
    TYPES,
    Case,
    Message,
    Source,
)

HORIZON, SEARCH_LAG = 120, 30
# what the source's folder says of the old system's pages
PAGES = [
    {"path": r"tickets\.php", "parameter": "id", "object": "conversations", "source_type": "ticket"},
    {"path": r"faq\.php", "parameter": "id", "object": "articles", "source_type": "faq"},
]


def mapping(workers: int = 1) -> str:
    """The mapping file; JSON is YAML."""
    attributes = {
        holder: {
            name: {"type": kind} | ({"options": list(OPTIONS[name])} if kind == "list" else {})
            for name, kind in types.items()
        }
        for holder, types in TYPES.items()
    }
    return json.dumps(
        {
            "source": MIGRATION,
            "time_zone": "UTC",
            "first_month": "2023-01",
            "migration_admin": {"name": "Migration", "email": MIGRATION_ADMIN},
            "unassigned_tickets": "keep",
            "unmatched_agents": "block",
            "internal_notes": "note",
            "targets": {"simulator": {}},
            "publish": {
                "workers": workers,
                "simulator_horizon_seconds": HORIZON,
                "simulator_search_lag_seconds": SEARCH_LAG,
            },
            "objects": {"conversations": {"from": ["ticket"], "fidelity": "1:1"}},
            "attributes": attributes,
            "options": {
                "old_addresses": OLD,
                "help_center_url": SPACE,
                "help_center_locale": LOCALE,
                **{f"reference_{kind}": name for kind, name in OBJECTS.items() if kind != name},
            },
        }
    )


def moment(at: int) -> datetime:
    return datetime.fromtimestamp(at, UTC)


def rows(source: Source) -> list[StagedRow]:
    found: list[StagedRow] = [
        builders.company(
            org.number,
            name=org.name,
            website=org.website,
            custom_attributes=org.values,
            created_at=moment(org.created),
        )
        for org in source.organisations
    ]
    for person in source.people:
        into = None if person.merged_into is None else f"{MIGRATION}-user-{person.merged_into}"
        found.append(
            builders.contact(
                person.number,
                name=person.name,
                email=person.email,
                phone=person.phone,
                companies=[f"{MIGRATION}-org-{number}" for number in person.organisations],
                custom_attributes=person.values,
                signed_up_at=None if person.signed_up is None else moment(person.signed_up),
                merged_into=into,
            )
        )
    found += [
        builders.teammate(agent.number, name=agent.name, email=agent.email, is_active=agent.present)
        for agent in source.agents
    ]
    found += [builders.inbox(number, name=name) for number, name in source.teams.items()]
    found += [builders.tag(number, name=name) for number, name in source.tags.items()]
    for article in source.articles:
        author = None if article.author is None else f"{MIGRATION}-staff-{article.author}"
        found.append(
            builders.article(
                article.number,
                collection_path=list(article.path),
                title=article.title,
                body_html=article.html,
                state=article.state,
                author=author,
                old_url=article.address,
            )
        )
    found += [
        builders.custom_object(
            thing.number,
            object_type=thing.kind,
            custom_attributes=thing.values,
            contacts=[f"{MIGRATION}-user-{number}" for number in thing.people],
            conversations=[f"{MIGRATION}-ticket-{number}" for number in thing.cases],
            created_at=moment(thing.created),
            updated_at=moment(thing.updated),
        )
        for thing in source.things
    ]
    for case in source.cases:
        found += thread(case)
    return found


def thread(case: Case) -> list[StagedRow]:
    requester = f"{MIGRATION}-user-{case.requester}"
    head = builders.conversation(
        case.number,
        target_kind="conversation" if case.ticket_state is None else "ticket",
        ticket_state=case.ticket_state,
        contact=requester,
        opening_author=requester,
        participants=[f"{MIGRATION}-user-{number}" for number in case.participants],
        title=case.title,
        opening_text=case.text,
        opening_html=f"<p>{html.escape(case.text)}</p>",
        opening_part=f"{MIGRATION}-entry-{case.number * 1000}",
        opening_at=moment(case.at),
        created_at=moment(case.at),
        state=case.state,
        snoozed_until=None if case.snoozed_until is None else moment(case.snoozed_until),
        assignee=None if case.assignee is None else f"{MIGRATION}-staff-{case.assignee}",
        inbox=None if case.team is None else f"{MIGRATION}-dept-{case.team}",
        company=None if case.organisation is None else f"{MIGRATION}-org-{case.organisation}",
        tags=[f"{MIGRATION}-topic-{number}" for number in case.tags],
        custom_attributes=case.values,
        home_window=date(moment(case.at).year, moment(case.at).month, 1),
    )
    found: list[StagedRow] = [head, builders.part(head, 0, number=case.number * 1000, body_text=case.text)]
    for position, message in enumerate(case.messages, start=1):
        found += _message(head, case, message, position)
    return found


_AUTHORS = {"contact": "user", "agent": "staff"}


def _message(head, case: Case, message: Message, position: int) -> list[StagedRow]:
    number = case.number * 1000 + position
    author = None if message.author is None else f"{MIGRATION}-{_AUTHORS[message.by]}-{message.author}"
    row = builders.part(
        head,
        position,
        number=number,
        sent_at=moment(message.at),
        origin=message.inserted or "entry",
        kind="note" if message.note else "comment",
        is_internal=message.note,
        author_kind={"contact": "contact", "agent": "teammate", "system": "system"}[message.by],
        author=author,
        author_name=message.name,
        body_html=message.html,
        body_text=re.sub("<[^>]*>", " ", message.html),
    )
    found: list[StagedRow] = [row]
    for place, file in enumerate(message.files):
        found.append(
            builders.attachment(
                row,
                number * 100 + place,
                file.content,
                position=place,
                filename=file.name,
                content_type=file.kind,
            )
        )
    return found
