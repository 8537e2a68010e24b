"""The operations that would make the target equal to staging, in order. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from hd_assets.links.rewrite import with_moved_links
from hd_assets.links.sent import OldLink
from hd_assets.model import Article, Attachment, Company, Contact, Conversation, CustomObject, Part
from hd_assets.publish import payloads
from hd_assets.publish.attributes import seconds
from hd_assets.publish.ledger_read import Operation
from hd_assets.publish.ledger_schema import SENT
from hd_assets.publish.payloads import Request, Rules

# Places inside a conversation: creation 0, participants from 1, then these.
PARTS, LATE_PARTS, DETAILS, TAGS, ASSIGNMENT, SNOOZE, STATE = (
    1_000_000,
    500_000_000,
    900_000_000,
    910_000_000,
    920_000_000,
    930_000_000,
    940_000_000,
)
# Kinds that can be brought up to date; a sent conversation opening or part cannot be changed any more.
UPDATABLE = frozenset(
    {
        "company",
        "contact",
        "contact_company",
        "participant",
        "details",
        "conversation_tag",
        "assign_team",
        "assign_admin",
        "snooze",
        "state",
        "convert",
        "custom_object",
        "contact_object",
        "article",
        "contact_attribute",
        "company_attribute",
        "conversation_attribute",
        "ticket_attribute",
        "tag",
    }
)
REPLIES = frozenset({"reply", "note"})
MESSAGES = REPLIES | {"conversation"}
TAKEN = (*SENT, "intended", "unknown", "quarantined")
_NO_LINKS: Mapping[str, Sequence[OldLink]] = MappingProxyType({})


@dataclass(frozen=True)
class Desired:
    """One write the plan wants. `created_at` is the backdated time of a part, Unix seconds."""

    key: str
    kind: str
    object: str
    external_id: str
    position: int
    source_digest: str
    request: Request
    payload_digest: str
    conversation: str = ""
    home_window: str | None = None
    created_at: int | None = None
    remark: str | None = None
    # links to the old system in the message; the request and its digest hold the old addresses
    links: tuple[OldLink, ...] = ()


def key_of(kind: str, external_id: str, chunk: int = 0) -> str:
    return f"{kind}:{external_id}:{chunk}"


def desired(
    kind: str, object: str, external_id: str, request: Request, source_digest: str, position: int = 0
) -> Desired:
    key = key_of(kind, external_id)
    return Desired(key, kind, object, external_id, position, source_digest, request, request.digest)


def of_company(row: Company, rules: Rules) -> list[Desired]:
    return [desired("company", "companies", row.external_id, payloads.company(row, rules), row.source_digest)]


def of_contact(row: Contact, rules: Rules) -> list[Desired]:
    """The contact, then its companies. A merged contact is sent as the one that stands for it."""
    if row.merged_into:
        return []
    found = [desired("contact", "contacts", row.external_id, payloads.contact(row, rules), row.source_digest)]
    for number, company in enumerate(dict.fromkeys(row.companies), start=1):
        request = payloads.contact_company(row.external_id, company)
        key = f"{row.external_id}/{company}"
        found.append(desired("contact_company", "contact_companies", key, request, row.source_digest, number))
    return found


def of_custom_object(row: CustomObject) -> list[Desired]:
    return [desired("custom_object", "custom_objects", row.external_id, payloads.custom_object(row), row.source_digest)]


def of_contact_objects(contact: str, objects: Mapping[str, Sequence[str]], rules: Rules) -> list[Desired]:
    """One operation for each list of references of a contact. `objects`: type → external ids."""
    found = []
    for object_type, keys in sorted(objects.items()):
        attribute = rules.reference(object_type)
        request = payloads.contact_objects(contact, attribute, keys)
        # the links are the source here
        digest = hashlib.md5(request.digest.encode(), usedforsecurity=False).hexdigest()
        found.append(desired("contact_object", "contact_objects", f"{contact}/{attribute}", request, digest))
    return found


def of_article(row: Article, rules: Rules) -> list[Desired]:
    """The article, then the redirect from its old address where the help centre can make one."""
    sent = with_moved_links(row, rules.moved_links)
    found = [desired("article", "articles", row.external_id, payloads.article(sent), sent.source_digest)]
    if rules.is_own_address(row.old_url):
        request = payloads.redirect(row, rules)
        found.append(desired("redirect", "redirects", row.external_id, request, row.source_digest, 1))
    return found


def of_conversation(
    row: Conversation,
    parts: Sequence[Part],
    attachments: Sequence[Attachment],
    prior: Sequence[Operation],
    rules: Rules,
    *,
    as_of: float,
    objects: Sequence[tuple[str, str]] = (),
    links: Mapping[str, Sequence[OldLink]] = _NO_LINKS,
) -> list[Desired]:
    """Every operation of one conversation in sending order.

    `prior` are the ledger's operations of it: they fix the snooze, the time of a part that came late, and name the
    tags that have to go. `as_of` in Unix seconds decides whether a snooze is still ahead. `links`: external id of the
    conversation (for its opening) or of a part → links to the old system in it.
    """
    known = {operation.key: operation for operation in prior}
    opening = desired(
        "conversation", "conversations", row.external_id, payloads.conversation(row, rules), row.source_digest
    )
    found = [opening, *_participants(row, parts, rules), *_parts(parts, attachments, known, rules)]
    digest = _linked_digest(row.source_digest, objects)
    request = payloads.details(row, rules, objects)
    found.append(desired("details", "conversations", row.external_id, request, digest, DETAILS))
    found += _tags(row, known)
    found += _assignments(row, known, rules)
    found += _states(row, known, rules, as_of)
    window = row.home_window.isoformat()
    return [
        replace(entry, conversation=row.external_id, home_window=window, links=_links_in(entry, links))
        for entry in found
    ]


def _links_in(entry: Desired, links: Mapping[str, Sequence[OldLink]]) -> tuple[OldLink, ...]:
    return tuple(links.get(entry.external_id, ())) if entry.kind in MESSAGES else ()


def _linked_digest(source_digest: str, objects: Sequence[tuple[str, str]]) -> str:
    """A custom object that refers to the conversation is a change of it, whatever the conversation's own row says."""
    if not objects:
        return source_digest
    seed = "\0".join([source_digest, *(key for _, key in sorted(objects))])
    return hashlib.md5(seed.encode(), usedforsecurity=False).hexdigest()


def _participants(row: Conversation, parts: Sequence[Part], rules: Rules) -> list[Desired]:
    """Everybody but the opening's author who takes part; a contact can only reply as a participant."""
    writers = [
        part.author
        for part in parts
        if part.author_kind == "contact" and part.kind == "comment" and not part.is_opening and part.author
    ]
    opener = rules.standing_for(row.opening_author)
    people = dict.fromkeys(rules.standing_for(person) for person in (row.contact, *row.participants, *writers))
    people.pop(opener, None)
    return [
        desired(
            "participant",
            "conversations",
            f"{row.external_id}/{person}",
            payloads.participant(row.external_id, person),
            row.source_digest,
            number,
        )
        for number, person in enumerate(people, start=1)
    ]


def _parts(
    parts: Sequence[Part],
    attachments: Sequence[Attachment],
    known: dict[str, Operation],
    rules: Rules,
) -> list[Desired]:
    files: dict[str, list[Attachment]] = {}
    for file in sorted(attachments, key=lambda file: file.position):
        if file.carrier and file.disposition == "send":
            files.setdefault(file.carrier, []).append(file)
    owned: dict[str, list[str]] = {}
    for file in sorted(attachments, key=lambda file: file.external_id):
        owned.setdefault(file.owner, []).append(file.source_digest)
    last_sent = max((o.created_at or 0 for o in known.values() if o.kind in REPLIES and o.state in TAKEN), default=0)
    cursor, found, late = last_sent, [], []
    for part in sorted(parts, key=lambda part: part.position):
        if part.is_opening:
            continue
        before = known.get(_part_key(part))
        sent_at = seconds(part.sent_at) or 0
        if before is not None and before.state in TAKEN:
            was_late = before.remark == "late"
            created_at = before.created_at or sent_at if was_late else sent_at
            found.append(_part(part, files, owned, rules, created_at, late=was_late))
        elif sent_at > last_sent:
            cursor = max(cursor, sent_at)
            found.append(_part(part, files, owned, rules, sent_at, late=False))
        else:
            late.append(part)
    # what is older than the last part sent goes after everything else, and so do its times
    for number, part in enumerate(late, start=1):
        found.append(_part(part, files, owned, rules, cursor + number, late=True))
    return sorted(found, key=lambda entry: entry.position)


def _part_key(part: Part) -> str:
    return key_of("reply" if part.kind == "comment" else "note", part.external_id)


def _part(
    part: Part,
    files: Mapping[str, Sequence[Attachment]],
    owned: Mapping[str, Sequence[str]],
    rules: Rules,
    created_at: int,
    *,
    late: bool,
) -> Desired:
    carried = files.get(part.external_id, ())
    request = payloads.part(part, carried, rules, created_at=created_at, late=late)
    kind = "reply" if part.kind == "comment" else "note"
    position = (LATE_PARTS if late else PARTS) + part.position
    entry = desired(kind, "parts", part.external_id, request, _digest(part, owned), position)
    return replace(entry, created_at=created_at, remark="late" if late else None)


def _taken(operation: Operation | None) -> bool:
    """Whether the target may bear it: it was sent, perhaps under way, perhaps to be brought up to date."""
    return operation is not None and (operation.state in TAKEN or operation.applied_at is not None)


def _digest(part: Part, owned: Mapping[str, Sequence[str]]) -> str:
    """Of the part's source and of all files the source hangs on it, because a limit decides which of them are sent."""
    owner = part.conversation if part.origin == "long_fields" else part.belongs_to or part.external_id
    seed = "\0".join([part.source_digest, *owned.get(owner, ())])
    return hashlib.md5(seed.encode(), usedforsecurity=False).hexdigest()


def _tags(row: Conversation, known: dict[str, Operation]) -> list[Desired]:
    found = []
    wanted = list(dict.fromkeys(row.tags))
    for number, tag in enumerate(wanted):
        request = payloads.conversation_tag(row.external_id, tag)
        found.append(
            desired(
                "conversation_tag",
                "conversations",
                f"{row.external_id}/{tag}",
                request,
                row.source_digest,
                TAGS + number,
            )
        )
    for operation in known.values():
        tag = operation.external_id.partition("/")[2]
        if operation.kind == "conversation_tag" and tag not in wanted and _taken(operation):
            request = payloads.conversation_untag(row.external_id, tag)
            found.append(
                desired(
                    "conversation_tag",
                    "conversations",
                    operation.external_id,
                    request,
                    row.source_digest,
                    operation.position,
                )
            )
    return found


def _assignments(row: Conversation, known: dict[str, Operation], rules: Rules) -> list[Desired]:
    found = []
    inbox = rules.standing_for(row.inbox) if row.inbox else None
    for number, (to, assignee) in enumerate((("team", inbox), ("admin", row.assignee))):
        kind = f"assign_{to}"
        before = known.get(key_of(kind, row.external_id))
        # "nobody" clears team and teammate at once, so it is only said where both are gone
        if assignee is None and not (_taken(before) and not (inbox or row.assignee)):
            continue
        request = payloads.assign(row.external_id, to, assignee)
        found.append(desired(kind, "conversations", row.external_id, request, row.source_digest, ASSIGNMENT + number))
    return found


def _states(row: Conversation, known: dict[str, Operation], rules: Rules, as_of: float) -> list[Desired]:
    found = []
    until = seconds(row.snoozed_until)
    fixed = key_of("snooze", row.external_id) in known
    # a ticket says by its own state that it waits for the customer
    waits = row.state == "snoozed" and row.target_kind == "conversation"
    if waits and until is not None and (fixed or until > as_of):
        request = payloads.snooze(row.external_id, until)
        found.append(desired("snooze", "conversations", row.external_id, request, row.source_digest, SNOOZE))
    if row.target_kind == "ticket":
        request = payloads.convert(row, rules)
        found.append(desired("convert", "conversations", row.external_id, request, row.source_digest, STATE))
        return found
    before = known.get(key_of("state", row.external_id))
    if row.state == "closed":
        request = payloads.close(row.external_id)
    elif row.state == "open" and _taken(before):
        request = payloads.reopen(row.external_id)
    else:
        return found
    found.append(desired("state", "conversations", row.external_id, request, row.source_digest, STATE))
    return found
