"""Articles, canned answers and filters."""

from __future__ import annotations

from datetime import datetime

from hd_assets.samples.files import pdf, png
from hd_assets.samples.osticket.desk import Desk, to_json

_CATEGORIES = (  # public: 0 internal, 1 public, 2 featured; parent is a place in this list plus one
    ("Getting started", 2, 0, "<p>First steps</p>"),
    ("Devices", 1, 0, "<p>All about hardware</p>"),
    ("Sensors", 1, 2, "<p>Battery, range, mounting</p>"),
    ("Internal runbooks", 0, 0, "<p>Agents only</p>"),
    ("Invoices", 1, 0, "<p>Invoices &amp; payments</p>"),
)
_ARTICLES = (  # category, published (0 internal, 1 public, 2 featured), question, answer
    (1, 2, "How do I sign in for the first time?", "<p>Use the link from the <b>welcome mail</b>; it works once.</p>"),
    (3, 1, "How do I mount a sensor?", '<ol><li>Dry place</li><li>Two screws</li></ol><p><img src="cid:{key}" /></p>'),
    (
        3,
        1,
        "What do the lights mean?",
        "<table><tbody><tr><th>Colour</th><th>Meaning</th></tr><tr><td>green</td><td>joined</td></tr></tbody></table>",
    ),
    (2, 1, "Which ports does the gateway need?", "<p>Open <code>tcp/8883</code> and <code>tcp/443</code>.</p>"),
    (4, 1, "Runbook: gateway does not come back", "<p>Public flag, internal category: stays internal.</p>"),
    (4, 0, "Runbook: escalation numbers", "<p>See the board in the office.</p>"),
    (5, 1, "Wie lese ich meine Rechnung?", "<p>Größe × Preis, siehe Seite 2.</p>"),
    (5, 0, "Credit notes (draft)", "<p>To be written.</p>"),
)
_CANNED = (
    (
        "We received your request",
        "<p>Hello %{ticket.name.first},</p><p>we got your request <b>#%{ticket.number}</b>.</p>",
    ),
    ("Please send the log file", "<p>Menu <i>Help &gt; Diagnostics</i>, then attach the file to your answer.</p>"),
    ("Replacement is on its way", "<p>Dear %{ticket.name},</p><p>two working days.</p>"),
    ("Rechnung berichtigt", "<p>Guten Tag %{ticket.name.last},</p><p>die Gutschrift folgt.</p>"),
)


def knowledge(desk: Desk, at: datetime) -> None:
    """Write all of it; one article has a picture in its text, one a file, one canned answer a file."""
    for name, public, parent, description in _CATEGORIES:
        desk.dump.add(
            "faq_category",
            category_pid=parent or None,
            ispublic=public,
            name=name,
            description=description,
            created=at,
            updated=at,
        )
    picture = desk.files.add("mounting.png", "image/png", png(desk.rng("picture")), at)
    for place, (category, published, question, answer) in enumerate(_ARTICLES, start=1):
        shown = answer.replace("{key}", picture.key)
        desk.dump.add(
            "faq",
            category_id=category,
            ispublished=published,
            question=question,
            answer=shown,
            keywords=" ",
            created=at,
            updated=at,
        )
        if "{key}" in answer:
            desk.files.attach("F", place, picture, inline=True)
        desk.dump.add("faq_topic", faq_id=place, topic_id=1 + place % len(desk.catalogue.topics))
    desk.files.attach("F", 4, desk.files.add("ports.pdf", "application/pdf", pdf("tcp 443, 8883"), at))
    for place, (title, response) in enumerate(_CANNED):
        desk.dump.add(
            "canned_response",
            dept_id=4 if place == 3 else 0,
            isenabled=int(place != 2),
            title=title,
            response=response,
            created=at,
            updated=at,
        )
    desk.files.attach("C", 2, desk.files.add("where-is-it.png", "image/png", png(desk.rng("canned")), at))
    _filters(desk, at)


def _filters(desk: Desk, at: datetime) -> None:
    rows: tuple[tuple[str, str, int, tuple[tuple[str, str, str], ...], tuple[tuple[str, object], ...]], ...] = (
        ("SYSTEM BAN LIST", "Email", 1, (("email", "equal", "banned@spam.example"),), (("reject", []),)),
        ("Spam domain", "Any", 1, (("email", "ends", "@spam.example"),), (("reject", []),)),
        (
            "Reboots to Tier 2",
            "Any",
            1,
            (("field.20", "contains", "reboot"), ("email", "dn_contain", "noreply")),
            (("dept", {"dept_id": 5}), ("pri", {"priority": 4})),
        ),
        ("Answer invoices", "Email", 1, (("field.20", "contains", "Invoice"),), (("canned", {"canned_id": 4}),)),
        ("Old fax rule", "Any", 0, (("email", "contains", "fax"),), (("noresp", []),)),
    )
    for place, (name, target, active, rules, actions) in enumerate(rows, start=1):
        desk.dump.add(
            "filter",
            execorder=place if place > 1 else 99,
            isactive=active,
            match_all_rules=int(place == 3),
            stop_onmatch=int(place == 2),
            target=target,
            name=name,
            created=at,
            updated=at,
        )
        for what, how, value in rules:
            desk.dump.add("filter_rule", filter_id=place, what=what, how=how, val=value, updated=at)
        for sort, (kind, configuration) in enumerate(actions):
            desk.dump.add(
                "filter_action",
                filter_id=place,
                sort=sort,
                type=kind,
                configuration=to_json(configuration),
                updated=at,
            )
