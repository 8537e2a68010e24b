"""The knowledge base: categories, and articles in HTML and in the older square brackets."""

from __future__ import annotations

import json
from datetime import timedelta
from random import Random

from hd_assets.samples import files, people, text
from hd_assets.samples.jitbit.attachments import attach_to_article
from hd_assets.samples.jitbit.desk import ADDRESS, START, Desk, Fields, moment

ARTICLES = 60
_CATEGORIES = (
    ("Getting started", None),
    ("Network", None),
    ("VPN", "Network"),
    ("Printing", None),
    ("For agents", None),
)
_TITLES = (
    "Reset a password",
    "Connect to the VPN",
    "Order a laptop",
    "Print double-sided",
    "Read the monthly invoice",
    "Book a meeting room",
    "Report a broken door",
    "Größe der Anhänge",
)


def write_articles(desk: Desk) -> None:
    """Sixty, fewer in a small helpdesk."""
    ids: dict[str | None, int | None] = {None: None}
    for place, (name, parent) in enumerate(_CATEGORIES):
        ids[name] = desk.id("article_category")
        desk.add(
            "article_category",
            category_id=ids[name],
            name=name,
            parent_id=ids[parent],
            for_techs_only=name == "For agents",
            order_by_number=place,
        )
    for number in range(min(ARTICLES, max(12, desk.tickets // 4))):
        _article(desk, number, desk.rng("article", number))


def _article(desk: Desk, number: int, rng: Random) -> None:
    category = desk.rows["article_category"][number % len(_CATEGORIES)]
    title = _TITLES[number % len(_TITLES)] + ("" if number < len(_TITLES) else f" ({number // len(_TITLES) + 1})")
    at = moment(START + timedelta(days=number * 9, seconds=rng.randrange(20_000)))
    slug = people.slug(title)
    id = desk.id("article", 41)
    author = desk.agents[number % 5]
    row = desk.add(
        "article",
        article_id=id,
        subject=title,
        for_techs_only=category["for_techs_only"] or number % 20 == 11,
        category_id=category["category_id"],
        category_name=category["name"],
        url_id=slug,
        url=f"{ADDRESS}/KB/View/{id}-{slug}",
        date_created=at,
        last_updated=moment(at + timedelta(days=3)),
        user_id=author["user_id"],
        tags=json.dumps(["how-to", "VPN"] if number % 3 == 0 else []),
    )
    if number % 10 == 7:
        row["body"] = "<!--html--><p>Ask the service desk.</p>"
    elif number % 6 == 5:
        row["body"] = _brackets(desk, rng, row)
    else:
        row["body"] = _html(desk, rng, row, number)


def _html(desk: Desk, rng: Random, row: Fields, number: int) -> str:
    long = text.long_paragraph(rng, "en", rng.choice((300, 900, 3200)))
    body = f"<!--html--><h2>Before you begin</h2><p>{long}</p><h3>Steps</h3><ol><li>Open</li><li>Wait</li></ol>"
    if number % 4 == 0:
        picture = attach_to_article(desk, row, "step.png", files.png(rng))
        body += f'<p><img src="{picture["url"]}" alt="step"></p>'
    if number % 9 == 1:
        attach_to_article(desk, row, "checklist.pdf", files.pdf(f"Checklist {number}"))
    if number > 3:
        other = desk.rows["article"][number - 3]
        body += f'<ul><li>See <a href="{other["url"]}">{other["subject"]}</a></li></ul>'
    return body


def _brackets(desk: Desk, rng: Random, row: Fields) -> str:
    picture = attach_to_article(desk, row, "old.png", files.png(rng))
    return (
        f"[b]Note[/b]\n{text.long_paragraph(rng, 'en', 500)}\n[list][*]first[*]second[/list]\n"
        f"[url=https://www.example/page?a=1&b=2]the page[/url] [url]https://www.example/[/url]\n"
        f"[img]{picture['url']}[/img]\n[code]if a < b[/code] [i]end[/i]"
    )
