"""Markup of the inbox page. Everything a ticket brought along is escaped or sanitised."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from html import escape
from typing import Any

import nh3

from hd_assets.simulator.files import attachment_view
from hd_assets.simulator.inbox_style import STYLE
from hd_assets.simulator.text import ATTRIBUTES, PART_TAGS
from hd_assets.simulator.views import Names
from hd_assets.simulator.wire import Answer, Call, Doc

_SHOWN = {"comment", "note"}
_EVENTS = {
    "close": "closed the conversation",
    "open": "opened the conversation",
    "snoozed": "snoozed the conversation",
    "assignment": "assigned the conversation",
    "title_updated": "The title was changed",
    "conversation_attribute_updated_by_admin": "Attributes were changed",
    "participant_added": "added a participant",
    "participant_removed": "removed a participant",
    "ticket_state_updated_by_admin": "The ticket state was changed",
}
# The last second of the year 9999, the end of what can be told as a date.
_LAST_SECOND = 253_402_300_799
_HEADERS = {
    "content-type": "text/html; charset=utf-8",
    # pictures only from this server: an address in an old mail must not be called when somebody reads it
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; form-action 'self'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}


def answer(title: str, content: str) -> Answer:
    document = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body>{content}</body></html>"
    )
    return Answer(200, dict(_HEADERS), document.encode())


def _time(moment: int | None) -> str:
    if moment is None:
        return "—"
    told = datetime.fromtimestamp(moment, UTC)
    return f'<time datetime="{told.isoformat()}">{told:%Y-%m-%d %H:%M}</time>'


def _badge(doc: Doc) -> str:
    return f'<span class="badge {doc["state"]}">{doc["state"]}</span>'


def _person(call: Call, doc: Doc) -> str:
    author = Names(call).author({"type": "user", "id": doc["contacts"][0]})
    return escape(author["name"] or author.get("email") or "Unknown contact")


def row(call: Call, doc: Doc, title: str, last_told: int) -> str:
    """One line of the list."""
    numbers = [str(value) for name, value in doc["custom_attributes"].items() if "number" in name.casefold()]
    ticket = f'<span class="badge ticket">ticket {escape(doc["ticket"]["ticket_id"])}</span>' if doc["ticket"] else ""
    number = "".join(f'<span class="number">#{escape(value)}</span>' for value in numbers)
    return (
        f'<a class="row" href="/inbox/{escape(doc["id"])}"><span class="title">{number}{escape(title)}</span>'
        f'<span class="who">{_person(call, doc)}</span><span class="marks">{ticket}{_badge(doc)}</span>'
        f'<span class="when">{_time(last_told)}</span></a>'
    )


def thread(call: Call, doc: Doc, title: str) -> str:
    """One conversation: opening, parts, and the facts beside them."""
    names = Names(call)
    parts, total = call.store.parts(
        doc["id"], newest=call.rules.parts_shown, by_creation=call.rules.parts_order == "created"
    )
    opening = {**doc, "part_type": "comment"}
    hidden = total - len(parts)
    more = f'<p class="event">{hidden} older parts are not shown</p>' if hidden else ""
    told = "".join(_part(call, names, part) for part in parts)
    return (
        f'<header><a class="back" href="/">← Inbox</a><h1>{escape(title)}</h1>{_badge(doc)}</header>'
        f'<div class="columns"><main class="thread">{_message(call, names, opening, opening=True)}{more}{told}</main>'
        f"<aside>{_facts(call, doc)}</aside></div>"
    )


def _part(call: Call, names: Names, part: Doc) -> str:
    if part["part_type"] in _SHOWN or part["body"]:
        return _message(call, names, part)
    what = _EVENTS.get(part["part_type"], part["part_type"].replace("_", " "))
    author = names.author(part["author"])
    who = "" if author["type"] == "bot" else f"{escape(author['name'] or 'Somebody')} "
    target = part["assigned_to"]
    to = ""
    if target and target["id"]:
        found = call.store.get(target["type"], target["id"])
        to = f" to {escape(found['name'])}" if found else ""
    return f'<p class="event">{who}{escape(what)}{to} · {_time(part["created_at"])}</p>'


def _message(call: Call, names: Names, part: Doc, *, opening: bool = False) -> str:
    author = names.author(part["author"])
    kind = "note" if part["part_type"] == "note" else "admin" if author["type"] == "admin" else "contact"
    label = {"note": "internal note", "admin": "teammate", "contact": "contact"}[kind]
    name = escape(author["name"] or author.get("email") or "Unknown")
    body = '<p class="muted">redacted</p>' if part["redacted"] else _body(part["body"])
    files = "".join(_file(file) for file in attachment_view(call, part["attachments"]))
    files = f'<div class="files">{files}</div>' if files else ""
    first = " opening" if opening else ""
    return (
        f'<article class="message {kind}{first}"><div class="by"><b>{name}</b> <span class="label">{label}</span>'
        f"{_time(part['created_at'])}</div><div class='body'>{body}</div>{files}</article>"
    )


def _body(body: str | None) -> str:
    return nh3.clean(body or "", tags=PART_TAGS, attributes=ATTRIBUTES, link_rel="noopener noreferrer nofollow")


def _file(file: Doc) -> str:
    name, address = escape(file["name"]), escape(_relative(file["url"]))
    size = f"{file['filesize']:,} bytes"
    if file["content_type"] in ("image/png", "image/jpeg", "image/gif", "image/webp"):
        return f'<a class="file" href="{address}"><img src="{address}" alt="{name}" loading="lazy">{name} · {size}</a>'
    return f'<a class="file" href="{address}">{name} · {size}</a>'


def _relative(url: str) -> str:
    start = url.find("/_files/")
    return url[start:] if start > 0 else url


def _facts(call: Call, doc: Doc) -> str:
    return "".join(
        f"<section><h2>{heading}</h2>{content}</section>"
        for heading, content in (
            ("Conversation", _state(call, doc)),
            ("Ticket", _ticket(call, doc)),
            ("People", _people(call, doc)),
            ("Company", _company(call, doc)),
            ("Tags", _tags(call, doc)),
            ("Attributes", _table(doc["custom_attributes"], _moments(call))),
        )
        if content
    )


def _moments(call: Call) -> set[str]:
    """Names of the attributes whose values are Unix seconds."""
    attributes = call.store.all("conversation_attribute")
    return {entry["name"] for entry in attributes if entry["data_type"] == "datetime"}


def _table(values: Doc, moments: Collection[str] = ()) -> str:
    shown = {name: _date(value) if name in moments else _value(value) for name, value in values.items()}
    lines = "".join(f"<dt>{escape(name)}</dt><dd>{value}</dd>" for name, value in shown.items())
    return f"<dl>{lines}</dl>" if lines else ""


def _date(value: Any) -> str:
    """A time attribute; what is no time is shown as it is."""
    whole = isinstance(value, int | float) and not isinstance(value, bool)
    return _time(int(value)) if whole and abs(value) < _LAST_SECOND else _value(value)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return escape(", ".join(str(entry) for entry in value) if isinstance(value, list) else str(value))


def _name(call: Call, kind: str, key: str | None) -> str:
    found = call.store.get(kind, key) if key else None
    return str(found["name"]) if found else "—"


def _state(call: Call, doc: Doc) -> str:
    facts: Doc = {
        "Id": doc["id"],
        "State": doc["state"],
        "Teammate": _name(call, "admin", doc["admin_assignee_id"]),
        "Team": _name(call, "team", doc["team_assignee_id"]),
    }
    snoozed = f"<dt>Until</dt><dd>{_time(doc['snoozed_until'])}</dd>" if doc["snoozed_until"] else ""
    times = f"<dt>Created</dt><dd>{_time(doc['created_at'])}</dd><dt>Updated</dt><dd>{_time(doc['updated_at'])}</dd>"
    return _table(facts).removesuffix("</dl>") + snoozed + times + "</dl>"


def _ticket(call: Call, doc: Doc) -> str:
    if not doc["ticket"]:
        return ""
    ticket = doc["ticket"]
    state = call.store.get("ticket_state", ticket["state_id"])
    kind = call.store.get("ticket_type", ticket["type_id"])
    labels = {
        option["id"]: option["label"]
        for attribute in (kind["attributes"] if kind else [])
        for option in (attribute["input_options"] or {}).get("list_options", [])
    }
    kinds = kind["attributes"] if kind else []
    moments = {_plain_name(entry["name"]) for entry in kinds if entry["data_type"] == "datetime"}
    return _table(
        {
            "Number": ticket["ticket_id"],
            "Type": kind["name"] if kind else "—",
            "State": state["internal_label"] if state else "—",
            **{_plain_name(name): labels.get(str(value), value) for name, value in ticket["attributes"].items()},
        },
        moments,
    )


def _plain_name(name: str) -> str:
    return name.strip("_").replace("default_", "")


def _people(call: Call, doc: Doc) -> str:
    lines = []
    for key in doc["contacts"]:
        contact = call.store.get("contact", key)
        if contact is None:
            lines.append("<li>deleted contact</li>")
            continue
        mail = f'<br><span class="muted">{escape(contact["email"])}</span>' if contact["email"] else ""
        lines.append(f"<li>{escape(contact['name'] or contact['external_id'] or key)}{mail}</li>")
    return f"<ul>{''.join(lines)}</ul>"


def _company(call: Call, doc: Doc) -> str:
    keys = [doc["company_id"]] if doc["company_id"] else []
    contact = call.store.get("contact", doc["contacts"][0])
    keys += [key for key in (contact["companies"] if contact else []) if key not in keys]
    lines = "".join(f"<li>{escape(_name(call, 'company', key))}</li>" for key in keys)
    return f"<ul>{lines}</ul>" if lines else ""


def _tags(call: Call, doc: Doc) -> str:
    return "".join(f'<span class="tag">{escape(_name(call, "tag", entry["id"]))}</span>' for entry in doc["tags"])
