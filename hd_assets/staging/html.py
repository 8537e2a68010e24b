"""HTML for parts and articles: what may be sent, and what refers to files."""

from __future__ import annotations

import html
import re

import nh3

from hd_assets.staging.flow import rewrite
from hd_assets.staging.markup import (
    INLINE,
    LISTS,
    SENDABLE,
    UNSEEN,
    Token,
    absolute,
    image_marker,
    normal,
    scheme_of,
    tokens,
)

# Intercom publishes no list for parts; this one is what its own examples use plus what renders as such.
PART_TAGS = INLINE | LISTS | {"p", "br", "li", "h1", "h2", "pre", "blockquote", "img"}
ARTICLE_TAGS = PART_TAGS | {"h3", "h4", "hr", "table", "thead", "tbody", "tr", "th", "td"}
ATTRIBUTES = {"a": {"href"}, "img": {"src", "alt"}}
_SOMEWHERE = "https://old.example"
_CID = re.compile(r"cid:", re.IGNORECASE)


def part_html(source: str, base: str = "") -> str:
    """HTML as a part may carry it. Embedded pictures and those without https become visible markers.

    `base`: address of the old system, below which relative links lead; without one only their text stays.
    """
    return _clean(rewrite(source, base)[0], PART_TAGS)


def relative_links(source: str) -> list[str]:
    """Links that lead nowhere without the address of the page they stood on, each once."""
    links = (token.attribute("href") for token in tokens(normal(source)) if token.name == "a")
    return list(dict.fromkeys(link for link in links if absolute(link, _SOMEWHERE) != link))


def article_html(source: str, base: str = "") -> str:
    """HTML as a help-centre article may carry it: tables stay; pictures that nobody can fetch become markers.

    `base`: as for `part_html`.
    """
    written = []
    for token in tokens(normal(source)):
        if token.name == "img" and scheme_of(token.attribute("src")) != "https":
            written.append(html.escape(image_marker(token), quote=False))
        else:
            written.append(_article_token(token, base))
    return _clean("".join(written), ARTICLE_TAGS)


def html_cids(source: str) -> list[str]:
    """Keys of the embedded pictures (`cid:KEY`), in order, each once."""
    if not _CID.search(source):
        return []
    found = (token.attribute("src") for token in tokens(normal(source)) if token.name == "img")
    return list(dict.fromkeys(url[4:] for url in found if scheme_of(url) == "cid"))


def name_images(source: str, names: dict[str, str]) -> str:
    """HTML whose embedded pictures without a description carry the file name; `names`: Content-ID → file name."""
    if not names or not _CID.search(source):
        return source
    written = []
    for token in tokens(normal(source)):
        url = token.attribute("src") if token.name == "img" else ""
        name = names.get(url[4:]) if scheme_of(url) == "cid" else None
        if name and not token.attribute("alt"):
            written.append(f'<img src="{html.escape(url)}" alt="{html.escape(name)}">')
        else:
            written.append(_markup(token))
    return "".join(written)


def _article_token(token: Token, base: str) -> str:
    if token.name == "a" and not token.is_end and token.attribute("href"):
        return f'<a href="{html.escape(absolute(token.attribute("href"), base))}">'
    deep = token.name in ("h5", "h6")
    return _markup(Token("h4", token.is_end) if deep else Token("p", token.is_end) if token.name == "div" else token)


def _markup(token: Token) -> str:
    if not token.name:
        return token.text
    return f"<{'/' if token.is_end else ''}{token.name}{token.attributes}>"


def _clean(source: str, tags: set[str]) -> str:
    return nh3.clean(
        source,
        tags=tags,
        clean_content_tags=UNSEEN,
        attributes=ATTRIBUTES,
        url_schemes=SENDABLE,
        link_rel=None,
    )
