"""Message bodies: what is kept of the HTML that comes in, and what a plain-text reader sees."""

from __future__ import annotations

import functools
import html
import re

import nh3

from hd_assets.simulator.rules import Rules

PART_TAGS = {"p", "br", "b", "strong", "i", "em", "u", "a", "ul", "ol", "li", "h1", "h2", "pre", "code", "img"}
ARTICLE_TAGS = PART_TAGS | {"hr", "table", "thead", "tbody", "tr", "th", "td", "div", "span", "iframe", "blockquote"}
ATTRIBUTES = {"a": {"href"}, "img": {"src", "alt"}}
_TAG = re.compile(r"<[a-zA-Z/!]")
_BLOCK = re.compile(r"<(p|ul|ol|h1|h2|pre)\b")
_IMAGE = re.compile(r"<img\b[^>]*>")
_SOURCE = re.compile(r'src="([^"]*)"')
_RENAMED = (
    (re.compile(r"<(/?)blockquote\b[^>]*>", re.I), r"<\1p>"),
    (re.compile(r"<(/?)h[3-6]\b[^>]*>", re.I), r"<\1h2>"),
)


def paragraphs(text: str) -> str:
    """Plain text as the destination stores it: blank lines part paragraphs, single ones break."""
    escaped = html.escape(text.replace("\r\n", "\n").strip("\n"), quote=False)
    return "".join(f"<p>{block}</p>" for block in re.sub(r"\n(?!\n)", "<br>", escaped).split("\n<br>") if block)


def part_body(body: str, author: str, part_type: str, rules: Rules) -> str:
    """Stored body of a comment (`author` admin or contact) or note."""
    rich = rules.part_html == "all" or part_type == "note" or (rules.part_html == "admins" and author == "admin")
    if not rich or not (_TAG.search(body) or "&" in body):
        return paragraphs(body)
    if len(body) > _REMEMBERED_LENGTH:
        return _cleaned(body, rules.inline_images)
    return _remembered(body, rules.inline_images)


def _cleaned(body: str, inline_images: str) -> str:
    for pattern, replacement in _RENAMED:
        body = pattern.sub(replacement, body)
    cleaned = nh3.clean(
        body, tags=PART_TAGS, attributes=ATTRIBUTES, url_schemes={"http", "https", "mailto"}, link_rel=None
    )
    if inline_images == "strip":
        cleaned = _IMAGE.sub("", cleaned)
    else:
        cleaned = _IMAGE.sub(lambda image: image[0] if "src=" in image[0] else "", cleaned)
    if _BLOCK.search(cleaned):
        return cleaned
    return f"<p>{cleaned}</p>" if cleaned.strip() else ""


# a campaign sends the same few bodies many thousand times
_remembered = functools.lru_cache(maxsize=1024)(_cleaned)
_REMEMBERED_LENGTH = 2_000


def article_body(body: str) -> str:
    """Stored body of an article; paragraphs come back with the class the destination adds."""
    cleaned = nh3.clean(body, tags=ARTICLE_TAGS, attributes={**ATTRIBUTES, "iframe": {"src"}}, link_rel=None)
    return cleaned.replace("<p>", '<p class="no-margin">')


def image_sources(body: str) -> list[str]:
    """Addresses of the images in a body, empty ones included."""
    found = []
    for image in re.findall(r"<img\b[^>]*>", body, re.I):
        source = re.search(r"""src\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+))""", image, re.I)
        found.append(html.unescape(next((group for group in source.groups() if group), "")) if source else "")
    return found


def plain(body: str | None) -> str:
    """Readable text of a stored body."""
    if not body:
        return ""
    spaced = re.sub(r"<br\s*/?>|</(p|h1|h2|li|pre)>", "\n", body)
    return html.unescape(re.sub(r"<[^>]+>", "", spaced)).strip()


def words(body: str | None) -> set[str]:
    """The elements a body is searched by, case ignored."""
    return {word.strip(".,;:!?()[]\"'").casefold() for word in plain(body).split()}
