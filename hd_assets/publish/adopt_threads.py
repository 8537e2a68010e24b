"""Conversations of a workspace, recognised by the id written on them, or by contact, time and words before that."""

from __future__ import annotations

import html
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from hd_assets.links.found import links_in_openings
from hd_assets.links.sent import as_sent
from hd_assets.links.urls import replaced
from hd_assets.model import Attachment
from hd_assets.partitions import EVERYTHING
from hd_assets.publish import payloads
from hd_assets.publish.adopt_read import Adopting, attempt_of
from hd_assets.publish.context import PublishContext
from hd_assets.publish.creation import Creation, opening_signature
from hd_assets.publish.desired import LATE_PARTS, REPLIES, Desired, key_of
from hd_assets.publish.led import led_in
from hd_assets.publish.ledger import Statement, record_identity
from hd_assets.publish.ledger_read import Operation
from hd_assets.publish.outcomes import RefusedError
from hd_assets.publish.payloads import STAND_IN
from hd_assets.publish.plan import wanted_threads
from hd_assets.publish.pool import run_jobs
from hd_assets.publish.progress import Meter
from hd_assets.publish.replies import part_signature
from hd_assets.publish.resolve import MissingReferenceError
from hd_assets.publish.staged import Thread as Staged
from hd_assets.publish.staged import count_threads, threads
from hd_assets.publish.thread_handlers import thread_handlers
from hd_assets.publish.threads_read import (
    Thread,
    content_in,
    content_of,
    identity_in,
    identity_of,
    list_conversations,
    read_thread,
)
from hd_assets.publish.work import AmbiguousError, Attempt, Work

Doc = dict[str, Any]
_TABLES = (
    "create table found (intercom_id text primary key, mark text, signature text not null)",
    "create index found_mark on found (mark)",
    "create index found_signature on found (signature)",
    "create table wanted (external_id text primary key, signature text not null)",
    "create index wanted_signature on wanted (signature)",
    "create table matched (external_id text primary key, intercom_id text not null)",
)
_SHOWN = 20
_AT_ONCE = 1000
# stands for a link to one of our records, wherever it was led
_BLANK = "link"
# what the destination notes by itself when a state or an assignment is set
_EVENTS = {"assign_team": "assignment", "assign_admin": "assignment", "state": "close", "snooze": "snoozed"}


def adopt_conversations(adopting: Adopting, folder: Path) -> None:
    """List all conversations once, match them with staging, then read each matched one with its parts.

    Between the passes only ids and digests are kept, in a file in `folder`.
    """
    path = folder / "seen.sqlite"
    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(path, isolation_level=None)) as seen:
        for statement in ("pragma journal_mode = off", "pragma synchronous = off", *_TABLES):
            seen.execute(statement)
        _list(adopting, seen)
        _match_by_mark(adopting, seen)
        _match_by_opening(adopting, seen)
        _read_matched(adopting, seen)
    path.unlink()


def _list(adopting: Adopting, seen: sqlite3.Connection) -> None:
    context, work, links = adopting.context, adopting.work(), _Links(adopting.context)
    for doc in list_conversations(context.client):
        mark = (doc.get("custom_attributes") or {}).get(context.rules.source_id_attribute)
        row = (str(doc["id"]), str(mark) if mark else None, opening_signature(work, links.blanked(doc)))
        seen.execute("insert or replace into found values (?, ?, ?)", row)
    for intercom_id, mark in seen.execute("select intercom_id, mark from found where mark is not null").fetchall():
        if context.books.operation(key_of("conversation", mark)) is None:
            adopting.findings.add_strange("conversations", intercom_id)


class _Links:
    """Openings whose words differ only in whether a link of ours was led to its new place, as the same words."""

    def __init__(self, context: PublishContext) -> None:
        with context.warehouse.get_connection() as connection:
            self._ours = links_in_openings(connection)
        self._places = context.places

    def blanked(self, doc: Doc) -> Doc:
        source = doc.get("source") or {}
        return {**doc, "source": {**source, "body": self.bare(source.get("body") or "")}}

    def bare(self, text: str) -> str:
        return replaced(text, self._blank)

    def _blank(self, address: str) -> str | None:
        bare = html.unescape(address)
        return _BLANK if bare in self._ours or self._places.is_ours(bare) else None


def _batches(adopting: Adopting) -> Iterator[tuple[list[Staged], dict[str, list[Desired]], dict[str, Operation]]]:
    context = adopting.context
    for batch in threads(context.warehouse, EVERYTHING, None):
        wanted, known = wanted_threads(context, batch)
        grouped: dict[str, list[Desired]] = {}
        for entry in wanted:
            grouped.setdefault(entry.conversation, []).append(entry)
        yield batch, grouped, known


def _match_by_mark(adopting: Adopting, seen: sqlite3.Connection) -> None:
    """One conversation that bears the id is it; several cannot be told apart by us."""
    links = _Links(adopting.context)
    for _, grouped, known in _batches(adopting):
        work = adopting.work()
        work.resolver.prefetch(entries[0].request for entries in grouped.values())
        statements: list[Statement] = []
        for external_id, entries in grouped.items():
            creation = entries[0]
            sql = "select intercom_id from found where mark = ? order by cast(intercom_id as integer)"
            ids = [row[0] for row in seen.execute(sql, (external_id,)).fetchall()]
            if len(ids) > 1:
                statements += adopting.held(creation, "doubled", {"found": ids[:_SHOWN], "number": len(ids)})
            elif ids:
                seen.execute("insert into matched values (?, ?)", (external_id, ids[0]))
            else:
                body = creation.request.body
                bare = replace(creation.request, body={**body, "body": links.bare(body["body"])})
                try:
                    attempt = attempt_of(work, replace(creation, request=bare), known[creation.key])
                    signature = Creation().signature(attempt)
                except MissingReferenceError:
                    # without its contact it cannot have been sent
                    continue
                seen.execute("insert into wanted values (?, ?)", (external_id, signature))
        adopting.context.ledger.write(statements)


def _match_by_opening(adopting: Adopting, seen: sqlite3.Connection) -> None:
    """Conversations that have not got their id yet; only those that were cut off, so there are few."""
    sql = "select distinct signature from wanted where signature in (select signature from found where mark is null)"
    for (signature,) in seen.execute(sql).fetchall():
        staged = "select external_id from wanted where signature = ? order by external_id"
        ours = [row[0] for row in seen.execute(staged, (signature,)).fetchall()]
        there = (
            "select intercom_id from found where signature = ? and mark is null order by cast(intercom_id as integer)"
        )
        free = [row[0] for row in seen.execute(there, (signature,)).fetchall()]
        pairs = _paired(adopting, ours, free)
        if pairs is not None:
            seen.executemany("insert into matched values (?, ?)", pairs)
            continue
        evidence = {"found": free[:_SHOWN], "number": len(free), "lost": len(ours)}
        rows = adopting.context.books.operations(key_of("conversation", external_id) for external_id in ours)
        for row in rows.values():
            adopting.context.ledger.write(list(adopting.held(_shell(row), "twin_not_ours", evidence)))


def _paired(adopting: Adopting, ours: Sequence[str], free: Sequence[str]) -> list[tuple[str, str]] | None:
    """Equal conversations are interchangeable as long as nothing is in them; None when that leaves a doubt."""
    if len(free) > len(ours):
        return None
    if len(ours) == 1:
        return [(ours[0], free[0])]
    for key in free:
        parts = read_thread(adopting.context.client, key).parts
        if any(part.get("part_type") in ("comment", "note") for part in parts):
            return None
    return list(zip(ours, free, strict=False))


def _shell(row: Operation) -> Desired:
    request = payloads.Request("", "", {})
    return Desired(
        *(row.key, row.kind, row.object, row.external_id, row.position, row.source_digest, request, row.payload_digest)
    )


def _read_matched(adopting: Adopting, seen: sqlite3.Connection) -> None:
    context = adopting.context
    meter = Meter(context.progress, "adopt", count_threads(context.warehouse, EVERYTHING, None))
    _note_identities(context, seen)
    for batch, grouped, known in _batches(adopting):
        matched = {}
        for external_id, entries in grouped.items():
            sql = "select intercom_id from matched where external_id = ?"
            found = seen.execute(sql, (external_id,)).fetchone()
            if found is not None:
                matched[external_id] = str(found[0])
                continue
            held = context.books.operation(entries[0].key)
            for entry in entries:
                if held is None or held.state != "quarantined" or entry is not entries[0]:
                    adopting.missing(entry)
        staged = {thread.conversation.external_id: thread for thread in batch}
        jobs = (_Job(adopting, staged[key], grouped[key], known, matched[key]) for key in matched)
        run_jobs(context, jobs, meter, workers=context.migration.mapping.publish.workers)
        meter.add(len(grouped) - len(matched))
    meter.finish()


def _note_identities(context: PublishContext, seen: sqlite3.Connection) -> None:
    """All of them before the first message is read: a message may lead to any other conversation."""
    rows, run_no = seen.execute("select external_id, intercom_id from matched"), context.ledger.run_no
    while some := rows.fetchmany(_AT_ONCE):
        context.ledger.write(
            [record_identity("conversation", key, str(found), "created", run_no) for key, found in some]
        )


class _Job:
    """One matched conversation: what of its operations the workspace shows."""

    def __init__(
        self,
        adopting: Adopting,
        staged: Staged,
        entries: Sequence[Desired],
        known: dict[str, Operation],
        intercom_id: str,
    ) -> None:
        self._adopting, self._staged, self._entries, self._known = adopting, staged, entries, known
        self._key = intercom_id
        # a memory of its own: each conversation is read once, and forgotten afterwards
        self._work: Work = adopting.work()

    def advance(self) -> float | None:
        self._work.resolver.prefetch(entry.request for entry in self._entries)
        thread = read_thread(self._work.context.client, self._key)
        statements: list[Statement] = []
        creation = self._entries[0]
        links = self._links(creation, _opening_body(thread))
        attempt = attempt_of(self._work, creation, self._known[creation.key], sent_links=links)
        signature = Creation().signature(attempt)
        statements += self._adopting.applied(creation, intercom_id=self._key, sent_digest=signature, sent_links=links)
        statements += self._parts(thread)
        for entry in self._entries[1:]:
            if entry.kind not in REPLIES:
                statements += self._change(thread, entry)
        self._adopting.context.ledger.write(statements)
        return None

    # parts

    def _parts(self, thread: Thread) -> Iterator[Statement]:
        """Parts are sent one after the other, so one that is missing before another one was taken away by somebody."""
        entries = [entry for entry in self._entries if entry.kind in REPLIES]
        shown = {str(part.get("id")): part for part in thread.parts}
        verdicts = [self._part(entry, shown) for entry in entries]
        last = max((at for at, (_, part, doubt) in enumerate(verdicts) if part or doubt), default=-1)
        first = next((at for at, (_, part, _) in enumerate(verdicts) if part), len(verdicts))
        for at, (entry, part, doubt) in enumerate(verdicts):
            if part is not None:
                digest, links = part_signature(self._work, part), self._links(entry, part.get("body"))
                yield from self._adopting.applied(
                    entry, intercom_id=str(part["id"]), sent_digest=digest, sent_links=links
                )
            elif doubt is not None:
                yield from self._adopting.held(entry, str(doubt), doubt.evidence)
            elif not thread.shows_all and at < first and first < len(verdicts):
                # older than what the destination shows, and what came after it is there
                yield from self._adopting.applied(entry)
            elif not thread.shows_all and first == len(verdicts):
                evidence = {"conversation": self._key, "shown": len(thread.parts)}
                yield from self._adopting.held(entry, "parts_hidden", evidence)
            elif at < last:
                yield from self._adopting.held(entry, "part_missing", {"conversation": self._key})
            else:
                self._adopting.missing(entry)

    def _part(self, entry: Desired, shown: dict[str, Doc]) -> tuple[Desired, Doc | None, AmbiguousError | None]:
        """The entry as it was sent, and the stored part it is, which is then taken out of `shown`."""
        try:
            done = thread_handlers()[entry.kind].look(self._attempt(entry, shown))
        except AmbiguousError as fault:
            return (entry, None, None) if str(fault) == "parts_hidden" else (entry, None, fault)
        except MissingReferenceError:
            return entry, None, None
        if done is not None and done.intercom_id in shown:
            return entry, shown.pop(done.intercom_id), None
        return self._late(entry, shown)

    def _attempt(self, entry: Desired, shown: dict[str, Doc]) -> Attempt:
        """As it would have been sent, its links led where those of the stored part of its time and author lead."""
        attempt = attempt_of(self._work, entry, self._known[entry.key])
        if not entry.links:
            return attempt
        wanted = identity_in(attempt.concrete(with_files=False).body)
        stored = next((part for part in shown.values() if identity_of(part) == wanted), {})
        links = self._links(entry, stored.get("body"))
        return attempt_of(self._work, entry, self._known[entry.key], sent_links=links)

    def _links(self, entry: Desired, stored: str | None) -> str | None:
        return led_in(self._work.context, entry, stored) if entry.links else None

    def _late(self, entry: Desired, shown: dict[str, Doc]) -> tuple[Desired, Doc | None, AmbiguousError | None]:
        """A part that came after younger ones bears a time of its own and says in its text when it was written."""
        row = next((part for part in self._staged.parts if part.external_id == entry.external_id), None)
        if row is None:
            return entry, None, None
        files = [file for file in self._staged.attachments if _carried(file, entry)]
        files.sort(key=lambda file: file.position)
        for key, part in shown.items():
            created_at = part.get("created_at")
            if part.get("part_type") != ("comment" if entry.kind == "reply" else "note") or not created_at:
                continue
            request = payloads.part(row, files, self._work.context.rules, created_at=created_at, late=True)
            sent = as_sent(request, self._links(entry, part.get("body")), self._work.context.books.digest_key)
            body = self._work.resolver.concrete(sent, with_files=False).body
            author = str(body.get("admin_id") or body.get("intercom_user_id"))
            if identity_of(part)[2] == author and content_of(part) == content_in(body):
                late = replace(
                    entry,
                    request=request,
                    payload_digest=request.digest,
                    created_at=created_at,
                    remark="late",
                    position=LATE_PARTS + row.position,
                )
                return late, shown.pop(key), None
        return entry, None, None

    # everything else

    def _change(self, thread: Thread, entry: Desired) -> Iterator[Statement]:
        """Applied when the conversation shows it, or shows that it was done and changed by somebody since.

        A ticket that hides the conversation it was has got everything that goes before the conversion.
        """
        try:
            done = thread_handlers()[entry.kind].look(attempt_of(self._work, entry, self._known[entry.key]))
        except (MissingReferenceError, RefusedError):
            done = None
        if done is not None:
            yield from self._adopting.applied(entry, intercom_id=done.intercom_id, statements=done.statements)
        elif entry.kind == "convert" and (thread.is_ticket or thread.doc.get("ticket")):
            yield from self._adopting.applied(entry, intercom_id=self._key, statements=[self._ticket(thread, entry)])
        elif (
            thread.is_ticket or (entry.kind == "details" and self._bears_mark(thread)) or self._was_done(thread, entry)
        ):
            yield from self._adopting.applied(entry)
        else:
            self._adopting.missing(entry)

    def _ticket(self, thread: Thread, entry: Desired) -> Statement:
        ticket = thread.doc if thread.is_ticket else thread.doc["ticket"]
        run_no = self._adopting.context.ledger.run_no
        return record_identity(
            "ticket", entry.external_id, self._key, "created", run_no, str(ticket.get("ticket_id") or "")
        )

    def _bears_mark(self, thread: Thread) -> bool:
        """Title, attributes and company go in the request that writes the id."""
        values = thread.doc.get("custom_attributes") or {}
        return values.get(self._work.context.rules.source_id_attribute) == self._staged.conversation.external_id

    def _was_done(self, thread: Thread, entry: Desired) -> bool:
        if entry.kind == "details":
            return self._bears_mark(thread)
        event = _EVENTS.get(entry.kind)
        if event is None:
            return False
        admin = self._work.resolver.id("admin", STAND_IN)
        ours = [part for part in thread.parts if part.get("part_type") == event and identity_of(part)[2] == admin]
        if event != "assignment":
            return bool(ours)
        body = self._work.resolver.concrete(entry.request).body
        return any(
            str((part.get("assigned_to") or {}).get("id")) == body["assignee_id"]
            and (part.get("assigned_to") or {}).get("type") == body["type"]
            for part in ours
        )


def _opening_body(thread: Thread) -> str | None:
    """A ticket shows the message that began the conversation as its first part."""
    first: Doc = (thread.parts[0] if thread.parts else {}) if thread.is_ticket else thread.doc.get("source") or {}
    return first.get("body")


def _carried(file: Attachment, entry: Desired) -> bool:
    return file.carrier == entry.external_id and file.disposition == "send"
