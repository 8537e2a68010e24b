"""What was sent a second time is looked up again after the horizon: of two copies the empty one of ours goes."""

from __future__ import annotations

from hd_assets.publish.job import Work
from hd_assets.publish.ledger_read import Operation
from hd_assets.publish.outcomes import RefusedError, StoppedError
from hd_assets.publish.threads_read import Thread, matching_parts, opening_of, read_thread, search_conversations

_SETTLED = "update recheck set state = ?, detail = ? where key = ?"


def check_twins(work: Work) -> None:
    """Wait until each due look-up may be believed, then settle it. A stop leaves the rest to the next run."""
    context = work.context
    due = context.books.rows("select key, due_at from recheck where state = 'due' order by due_at")
    for key, due_at in due:
        while context.clock.now() < due_at:
            if context.stopping:
                raise StoppedError("twins")
            context.clock.sleep(min(due_at - context.clock.now(), 1.0))
        operation = context.books.operation(key)
        if operation is None or operation.intercom_id is None:
            continue
        state, detail = _settle(work, operation)
        work.tally.add("twins", state)
        context.ledger.write([(_SETTLED, (state, detail, key))])


def _settle(work: Work, operation: Operation) -> tuple[str, str | None]:
    if operation.kind == "conversation":
        return _conversation(work, operation)
    if operation.kind in ("reply", "note"):
        return _part(work, operation)
    return "single", None


def _conversation(work: Work, operation: Operation) -> tuple[str, str | None]:
    """Ours is the one with the parts; a copy that has none of anybody's is deleted, any other is listed."""
    client, books = work.context.client, work.context.books
    ours = read_thread(client, operation.intercom_id or "")
    opening = _opening(ours)
    twins = [
        str(doc["id"])
        for doc in search_conversations(client, opening[1], opening[0] or 0)
        if opening_of(doc) == opening and str(doc["id"]) != operation.intercom_id
    ]
    strangers = [key for key in twins if not any(i.kind == "conversation" for i in books.records_of(key))]
    for key in strangers:
        twin = read_thread(client, key)
        written = [part for part in twin.parts if part.get("part_type") in ("comment", "note")]
        if written or twin.is_ticket or (twin.doc.get("tags") or {}).get("tags"):
            return "kept", key
        try:
            client.send("DELETE", f"/conversations/{key}", None)
        except RefusedError:
            return "kept", key
    return ("removed", ",".join(strangers)) if strangers else ("single", None)


def _opening(thread: Thread) -> tuple[int | None, str, str]:
    if not thread.is_ticket:
        return opening_of(thread.doc)
    first = thread.parts[0] if thread.parts else {}
    return opening_of({"created_at": thread.doc.get("created_at"), "source": first})


def _part(work: Work, operation: Operation) -> tuple[str, str | None]:
    """A part cannot be taken back; a doubled one is listed for a person."""
    conversation = work.context.books.intercom_id("conversation", operation.conversation)
    if conversation is None:
        return "single", None
    thread = read_thread(work.context.client, conversation)
    ours = [part for part in thread.parts if str(part.get("id")) == operation.intercom_id]
    if not ours:
        return "single", None
    author = str((ours[0].get("author") or {}).get("id"))
    body = {"message_type": ours[0]["part_type"], "created_at": ours[0]["created_at"], "admin_id": author}
    twins = [str(part["id"]) for part in matching_parts(thread.parts, body) if str(part["id"]) != operation.intercom_id]
    return ("doubled", ",".join(twins)) if twins else ("single", None)
