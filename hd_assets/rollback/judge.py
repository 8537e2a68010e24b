"""May a record go? Only what we created and nobody else has touched since."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from hd_assets.publish.desired import REPLIES, key_of
from hd_assets.publish.ledger_read import Operation
from hd_assets.publish.ledger_schema import SENT
from hd_assets.publish.outcomes import RefusedError
from hd_assets.publish.payloads import STAND_IN
from hd_assets.publish.resolve import Concrete
from hd_assets.publish.threads_read import Thread, plain, read_thread
from hd_assets.rollback.scene import GONE, Scene
from hd_assets.rollback.selection import DEFINITIONS, OBJECT_OF, Record

Doc = dict[str, Any]
# The two clocks may differ by so much.
CLOCK_SKEW_SECONDS = 300


@dataclass(frozen=True)
class Verdict:
    """`fate` remove, gone or kept. `foreign`: kept for something of others, which --force overrides."""

    fate: str
    reason: str = ""
    foreign: bool = False
    doc: Doc | None = None


REMOVE = Verdict("remove")


def foreign(reason: str) -> Verdict:
    return Verdict("kept", reason, foreign=True)


def judge(scene: Scene, record: Record, sent: Mapping[str, Concrete]) -> Verdict:
    """Reads only. `sent`: key of an operation → what was last sent to the record, as far as staging still knows it."""
    if record.kind == "conversation":
        return _conversation(scene, record, sent)
    if record.kind == "contact":
        return _contact(scene, record)
    if record.kind == "company":
        return _company(scene, record)
    if record.kind == "article":
        return _article(scene, record, sent)
    if record.kind == "collection":
        return _collection(scene, record)
    if record.kind == "tag":
        return _tag(scene, record)
    if record.kind in DEFINITIONS:
        return _definition(scene, record)
    path = path_of(record)
    if path is None:
        return Verdict("kept", "the ledger does not say where it is")
    doc = scene.one(path)
    if doc is None:
        return Verdict("gone")
    return _custom_object(scene, record) if record.kind == "custom_object" else _redirect(scene, record, doc)


def path_of(record: Record) -> str | None:
    """Where the record can be read and deleted."""
    key = record.intercom_id
    if record.kind == "custom_object":
        return f"/custom_object_instances/{record.detail}/{key}" if record.detail else None
    if record.kind == "redirect":
        return f"/help_center/help_centers/{record.detail}/redirects/{key}" if record.detail else None
    folders = {
        "conversation": "conversations",
        "contact": "contacts",
        "company": "companies",
        "article": "articles",
        "collection": "help_center/collections",
        "tag": "tags",
    }
    folder = folders.get(record.kind)
    return f"/{folder}/{key}" if folder else None


# conversations


def _conversation(scene: Scene, record: Record, sent: Mapping[str, Concrete]) -> Verdict:
    try:
        thread = read_thread(scene.context.client, record.intercom_id)
    except RefusedError as fault:
        if fault.status in GONE:
            return Verdict("gone")
        raise
    operations = scene.books.of_conversations([record.external_id]).get(record.external_id, [])
    reason = (
        _foreign_part(scene, thread, operations)
        or _foreign_link(scene, thread, operations)
        or _foreign_state(thread, operations, sent)
    )
    return Verdict("kept", reason, foreign=True, doc=thread.doc) if reason else Verdict("remove", doc=thread.doc)


def _foreign_part(scene: Scene, thread: Thread, operations: list[Operation]) -> str | None:
    """A part is ours by its id or, while its outcome was never learned, by type and time; an event by its author
    and time."""
    replies = [row for row in operations if row.kind in REPLIES]
    ids = {row.intercom_id for row in replies}
    moments = {
        ("comment" if row.kind == "reply" else "note", row.created_at) for row in replies if row.intercom_id is None
    }
    stand_in = scene.books.intercom_id("admin", STAND_IN)
    begun = [row.intended_at for row in operations if row.intended_at is not None]
    ended = [row.outcome_at for row in operations if row.outcome_at is not None]
    first = min(begun, default=0.0) - CLOCK_SKEW_SECONDS
    last = max(ended + begun, default=0.0) + scene.context.horizon + CLOCK_SKEW_SECONDS
    for number, part in enumerate(thread.parts):
        kind, at = part.get("part_type"), part.get("created_at") or 0
        if kind in ("comment", "note", "quick_reply"):
            if str(part.get("id")) in ids or (kind, at) in moments:
                continue
            if thread.is_ticket and number == 0 and at == thread.doc.get("created_at"):
                continue  # a ticket shows its opening as its first part
            return "a reply or note of others"
        author = part.get("author") or {}
        ours = author.get("type") == "bot" or str(author.get("id")) == stand_in
        if not ours:
            return f"a change by others ({kind})"
        if not first <= at <= last:
            return f"a change after the migration ({kind})"
    return None


def _foreign_link(scene: Scene, thread: Thread, operations: list[Operation]) -> str | None:
    doc = thread.doc
    hung = {
        scene.books.intercom_id("tag", row.external_id.partition("/")[2])
        for row in operations
        if row.kind == "conversation_tag"
    }
    tags = {str(tag.get("id")) for tag in (doc.get("tags") or {}).get("tags") or []}
    if tags - hung:
        return "a tag of others"
    people = (doc.get("contacts") or {}).get("contacts") or []
    if any(not scene.is_ours("contact", str(person.get("id"))) for person in people):
        return "a participant of others"
    converted = any(row.kind == "convert" for row in operations)
    if (thread.is_ticket or doc.get("ticket")) and not converted:
        return "others made it a ticket"
    return None


def _foreign_state(thread: Thread, operations: list[Operation], sent: Mapping[str, Concrete]) -> str | None:
    """Held against what was last sent; said only when everything that was sent is known."""
    known = {row.kind: row for row in operations if row.state in SENT}
    whole = all(row.state in SENT and row.key in sent for row in operations if row.kind not in REPLIES)
    if not whole or thread.is_ticket:
        return None
    doc = thread.doc
    for to in ("team", "admin"):
        row = known.get(f"assign_{to}")
        wanted = sent[row.key].body["assignee_id"] if row else "0"
        if str(doc.get(f"{to}_assignee_id") or 0) != wanted:
            return "others assigned it"
    if "convert" in known:
        return None
    states = {"close": ("closed",), "open": ("open",), "snoozed": ("snoozed", "open")}
    row = known.get("state") or known.get("snooze")
    allowed = states[sent[row.key].body["message_type"]] if row else ("open",)
    return None if doc.get("state") in allowed else "others changed its state"


# people


def _contact(scene: Scene, record: Record) -> Verdict:
    doc = scene.one(f"/contacts/{record.intercom_id}")
    return replace(_contact_of(scene, record, doc), doc=doc)


def _contact_of(scene: Scene, record: Record, doc: Doc | None) -> Verdict:
    if doc is not None and str(doc.get("id")) != record.intercom_id:
        return foreign("others merged it into another contact")
    strangers = False
    for key in scene.search("conversations", "contact_ids", record.intercom_id):
        if ("conversation", key) in scene.released:
            continue
        if scene.is_ours("conversation", key):
            return Verdict("kept", "a conversation of ours that stays uses it")
        strangers = True
    if record.origin == "adopted":
        return REMOVE if doc is not None else Verdict("gone")
    if strangers:
        return foreign("a conversation of others uses it")
    if doc is None:
        # archived contacts cannot be read, but be deleted
        return REMOVE
    if doc.get("external_id") not in (None, "", record.external_id):
        return foreign("it bears the id of others")
    if _number(doc, "tags"):
        return foreign("a tag of others")
    if _number(doc, "notes"):
        return foreign("a note of others")
    if set(companies_of(scene, doc)) - set(links_of(scene, record)):
        return foreign("others linked it to a company")
    return REMOVE


def companies_of(scene: Scene, doc: Doc) -> list[str]:
    shown = doc.get("companies") or {}
    if not shown.get("has_more"):
        return [str(entry["id"]) for entry in shown.get("data") or []]
    return [str(entry["id"]) for entry in scene.pages(f"/contacts/{doc['id']}/companies")]


def links_of(scene: Scene, record: Record) -> dict[str, Operation]:
    """Intercom id of a company → the operation that linked the contact to it."""
    rows = scene.books.rows(
        "select key from operations where kind = 'contact_company' and key > ? and key < ?",
        (f"contact_company:{record.external_id}/", f"contact_company:{record.external_id}0"),
    )
    found: dict[str, Operation] = {}
    for row in scene.books.operations(key for (key,) in rows).values():
        company = row.intercom_id or scene.books.intercom_id("company", row.external_id.partition("/")[2])
        if company is not None:
            found[company] = row
    return found


def _number(doc: Doc, name: str) -> int:
    shown = doc.get(name) or {}
    return int(shown.get("total_count") or len(shown.get("data") or shown.get(name) or []))


def _company(scene: Scene, record: Record) -> Verdict:
    doc = scene.one(f"/companies/{record.intercom_id}")
    if doc is None:
        return Verdict("gone")
    strangers = False
    for person in scene.pages(f"/companies/{record.intercom_id}/contacts"):
        key = str(person["id"])
        if ("contact", key) in scene.released:
            continue
        if scene.is_ours("contact", key):
            return Verdict("kept", "a contact of ours that stays belongs to it")
        strangers = True
    if record.key in scene.used or scene.conversations_of(record.external_id):
        return Verdict("kept", "a conversation of ours that stays belongs to it")
    if record.origin == "adopted":
        return REMOVE
    if strangers:
        return foreign("a contact of others belongs to it")
    if (doc.get("tags") or {}).get("tags"):
        return foreign("a tag of others")
    if any(True for _ in scene.pages(f"/companies/{record.intercom_id}/notes")):
        return foreign("a note of others")
    return Verdict("remove", doc=doc)


def _custom_object(scene: Scene, record: Record) -> Verdict:
    """Nothing says which records of others refer to an instance; ours are known by staging or were just read."""
    if record.key in scene.used:
        return Verdict("kept", "a contact or conversation that stays refers to it")
    referring = scene.referring_to(record.external_id)
    if referring:
        return Verdict("kept", f"a {referring[0]} of ours that stays refers to it")
    if referring is None and not scene.selection.judges_all_references:
        return Verdict("kept", "staging does not hold it any more, so nobody knows what refers to it")
    return REMOVE


# knowledge


def _article(scene: Scene, record: Record, sent: Mapping[str, Concrete]) -> Verdict:
    doc = scene.one(f"/articles/{record.intercom_id}")
    if doc is None:
        return Verdict("gone")
    if (doc.get("tags") or {}).get("tags"):
        return foreign("a tag of others")
    key = key_of("article", record.external_id)
    row, request = scene.books.operation(key), sent.get(key)
    if request is not None:
        body = request.body
        edited = doc.get("title") != body["title"] or plain(doc.get("body")) != plain(body.get("body"))
    else:
        written = row.outcome_at if row else None
        edited = written is None or (doc.get("updated_at") or 0) > written + CLOCK_SKEW_SECONDS
    return foreign("others edited it") if edited else REMOVE


def _redirect(scene: Scene, record: Record, doc: Doc) -> Verdict:
    target = str(doc.get("target_type")), str(doc.get("target_id"))
    if record.origin == "adopted" or target in scene.released:
        return REMOVE
    if any((OBJECT_OF.get(target[0]), target[1]) == (left.object, left.intercom_id) for left in scene.report.kept):
        return Verdict("kept", f"the {target[0]} it leads to stays")
    folder = "articles" if target[0] == "article" else "help_center/collections"
    if not scene.is_ours(*target) and scene.one(f"/{folder}/{target[1]}") is not None:
        return foreign("others made it lead elsewhere")
    return REMOVE


def _collection(scene: Scene, record: Record) -> Verdict:
    if scene.one(f"/help_center/collections/{record.intercom_id}") is None:
        return Verdict("gone")
    for kind, path in (("article", "/articles"), ("collection", "/help_center/collections")):
        for doc in scene.listed(path):
            parents = {str(parent) for parent in (doc.get("parent_ids") or [doc.get("parent_id")])}
            if record.intercom_id not in parents or (kind, str(doc["id"])) in scene.released:
                continue
            if scene.is_ours(kind, str(doc["id"])):
                return Verdict("kept", f"{_a(kind)} of ours that stays lies in it")
            if record.origin == "created":
                return foreign(f"{_a(kind)} of others lies in it")
    return REMOVE


def _a(kind: str) -> str:
    return f"an {kind}" if kind[0] in "ae" else f"a {kind}"


def _tag(scene: Scene, record: Record) -> Verdict:
    if scene.one(f"/tags/{record.intercom_id}") is None:
        return Verdict("gone")
    strangers = ""
    searches = (("conversations", "tag_ids", "conversation"), ("contacts", "tag_id", "contact"))
    for what, name, kind in searches:
        for key in scene.search(what, name, record.intercom_id):
            if (kind, key) in scene.released:
                continue
            if scene.is_ours(kind, key):
                return Verdict("kept", f"a {kind} that stays bears it")
            strangers = f"a {kind} of others bears it"
    for path in ("/companies/list", "/articles"):
        docs = scene.companies() if path == "/companies/list" else scene.listed(path)
        for doc in docs:
            if record.intercom_id in {str(tag["id"]) for tag in (doc.get("tags") or {}).get("tags") or []}:
                strangers = f"{'a company' if 'companies' in path else 'an article'} bears it"
    return foreign(strangers) if strangers and record.origin == "created" else REMOVE


# definitions


def _definition(scene: Scene, record: Record) -> Verdict:
    """Archiving hides the values of everything that stays."""
    owners = {"contact_attribute": "contacts", "company_attribute": "companies"}
    owner = owners.get(record.kind, "conversations")
    if any(left.object == owner for left in (*scene.report.kept, *scene.report.failed)):
        return Verdict("kept", f"{owner} that stay have values of it")
    return REMOVE
