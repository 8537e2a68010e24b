"""The inbox page: a person reads what arrived, without a script and without any other server."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from urllib.parse import urlencode

from hd_assets.simulator import inbox_html
from hd_assets.simulator.threads import wake
from hd_assets.simulator.wire import Answer, Call, Doc, not_found

_PAGE = 50


def page(call: Call, path: str) -> Answer:
    """`/` is the list, `/inbox/<id>` one thread."""
    if path == "/":
        return inbox_html.answer("Inbox", _list_page(call))
    doc = call.store.get("conversation", path.removeprefix("/inbox/"))
    if doc is None:
        raise not_found()
    return inbox_html.answer(title_of(doc), inbox_html.thread(call, wake(call, doc), title_of(doc)))


def title_of(doc: Doc) -> str:
    """What a conversation is called in the list."""
    wrapped = doc["ticket"]["attributes"].get("_default_title_") if doc["ticket"] else None
    return str(wrapped or doc["title"] or f"Conversation {doc['id']}")


def _matching(call: Call, wanted: str) -> set[str]:
    """Conversations that contain a text, or whose contact does."""
    found = call.store.matching("conversation", wanted)
    people = call.store.matching("contact", wanted)
    if people:
        found |= {doc["id"] for _, doc in call.store.scan("conversation", key=("contact", people))}
    return found


def _list_page(call: Call) -> str:
    wanted = call.query.get("q", "").strip()
    state = call.query.get("state", "")
    found = _matching(call, wanted) if wanted else None
    docs = [
        wake(call, doc)
        for _, doc in call.store.scan("conversation")
        if (found is None or doc["id"] in found) and state in ("", doc["state"])
    ]
    docs.sort(key=lambda doc: (_last_told(doc), int(doc["id"])), reverse=True)
    number = int(call.query["page"]) if call.query.get("page", "").isdecimal() else 1
    last = max(1, -(-len(docs) // _PAGE))
    number = min(max(1, number), last)
    shown = docs[(number - 1) * _PAGE : number * _PAGE]
    rows = "".join(inbox_html.row(call, doc, title_of(doc), _last_told(doc)) for doc in shown)
    empty = '<p class="empty">Nothing here yet.</p>' if not wanted else '<p class="empty">Nothing found.</p>'
    return (
        f"<header><h1>Inbox</h1>{_search_form(wanted, state)}</header>"
        f'<p class="muted">{len(docs):,} conversations, times in UTC</p>'
        f"<main class='list'>{rows or empty}</main>{_pager(number, last, wanted, state)}"
    )


def _last_told(doc: Doc) -> int:
    """When somebody last said something, as the reader sees it; migrated threads keep their old times."""
    told = (doc["statistics"].get(f"last_{who}_reply_at") for who in ("contact", "admin"))
    return max(int(moment) for moment in (doc["created_at"], *told) if moment)


def _search_form(wanted: str, state: str) -> str:
    options = "".join(
        f'<option value="{value}"{" selected" if value == state else ""}>{label}</option>'
        for value, label in (("", "All"), ("open", "Open"), ("snoozed", "Snoozed"), ("closed", "Closed"))
    )
    return (
        f'<form><input type="search" name="q" value="{escape(wanted)}" placeholder="Ticket number, title, contact"'
        f' aria-label="Search"><select name="state" aria-label="State">{options}</select>'
        "<button>Search</button></form>"
    )


def _pager(number: int, last: int, wanted: str, state: str) -> str:
    if last == 1:
        return ""

    def link(to: int, label: str) -> str:
        given = urlencode({"q": wanted, "state": state, "page": to})
        return f'<a href="/?{escape(given)}">{label}</a>' if 1 <= to <= last else f"<span>{label}</span>"

    pieces: Iterable[str] = (
        link(number - 1, "← Newer"),
        f"<span>Page {number} of {last}</span>",
        link(number + 1, "Older →"),
    )
    return f'<nav class="pager">{"".join(pieces)}</nav>'
