"""HTML of any quality → a flat stream of well-formed tokens, parsed by the rules browsers follow."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urljoin

import nh3

HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
INLINE = {"a", "b", "strong", "i", "em", "u", "code"}
LISTS = {"ul", "ol"}
CELLS = {"td", "th"}
TABLE = CELLS | {"table", "thead", "tbody", "tfoot", "tr", "caption"}
BLOCKS = HEADINGS | LISTS | TABLE | {
    "p", "div", "li", "pre", "blockquote", "hr", "address", "article", "aside", "center", "dd", "details", "dl", "dt",
    "fieldset", "figcaption", "figure", "footer", "form", "header", "legend", "main", "nav", "option", "section",
    "summary",
}  # fmt: skip
KEPT = BLOCKS | INLINE | {"br", "img"}
# What a browser never paints. `noscript` is not here: mail programs run no scripts and show it.
UNSEEN = {"script", "style", "title", "template", "iframe", "noembed", "noframes", "audio", "video", "svg", "math"}
SENDABLE = {"http", "https", "mailto"}
SCHEMES = SENDABLE | {
    "cid", "data", "ftp", "ftps", "sftp", "file", "tel", "sms", "sip", "sips", "callto", "skype", "notes", "smb",
    "ldap", "webcal", "news", "nntp", "ssh", "git", "xmpp", "im", "irc", "geo", "mid", "onenote", "outlook",
    "msteams", "slack", "zoommtg",
}  # fmt: skip
ATTRIBUTES = {"a": {"href"}, "img": {"src", "alt", "title"}}

# what the name of a page ends in; anything else with a dot is taken for a host
_PAGES = {"php", "html", "htm", "asp", "aspx", "jsp", "do", "cgi"}
# of a template, which is filled in when it is sent
_PLACEHOLDER = re.compile(r"[{}]|%7[bd]", re.IGNORECASE)
_UPWARDS = re.compile(r"^(?:\.{1,2}/)+")
_NOSCRIPT = re.compile(r"</?noscript\b[^>]*>", re.IGNORECASE)
_TOKEN = re.compile(r"<(/?)([a-z][a-z0-9]*)([^>]*)>|[^<]+")
_ATTRIBUTE = re.compile(r'([a-z]+)="([^"]*)"')
_SPACE = re.compile(r"[ \t\r\n\f]+")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Token:
    """A start tag, an end tag or, with an empty name, text that is still escaped."""

    name: str
    is_end: bool = False
    text: str = ""
    attributes: str = ""

    def attribute(self, name: str) -> str:
        """Value of an attribute, unescaped; empty if absent."""
        for key, value in _ATTRIBUTE.findall(self.attributes):
            if key == name:
                return html.unescape(value).strip()
        return ""


def normal(source: str) -> str:
    """Well-formed HTML of the elements we know; others are unwrapped, what is never painted is gone."""
    if "noscript" in source.lower():
        source = _NOSCRIPT.sub("", source)
    return nh3.clean(
        _CONTROL.sub("", source),
        tags=KEPT,
        clean_content_tags=UNSEEN,
        attributes=ATTRIBUTES,
        url_schemes=SCHEMES,
        link_rel=None,
    )


def tokens(well_formed: str) -> Iterator[Token]:
    """Tokens of HTML that came out of the sanitiser: it escapes `<` and `>` wherever they are not markup."""
    for match in _TOKEN.finditer(well_formed):
        name = match[2]
        if name is None:
            yield Token("", text=match[0])
        else:
            yield Token(name, is_end=bool(match[1]), attributes=match[3])


def collapse(text: str) -> str:
    """Runs of white space become one space, as a browser paints them; no-break spaces stay."""
    return _SPACE.sub(" ", text)


def scheme_of(url: str) -> str:
    """Lower-case scheme of an absolute URL; empty for a relative one."""
    head, colon, _ = url.partition(":")
    return head.strip().lower() if colon and re.fullmatch(r"[A-Za-z][A-Za-z0-9+.\-]*", head.strip()) else ""


def absolute(url: str, base: str) -> str:
    """The address a link of a page below `base` leads to; as it is without a base, or where it names no page there.

    Which page the text stood on is not known, so that `../` leads to the base like nothing at all.
    """
    if not base or not url or url.startswith("#") or scheme_of(url) or _names_a_host(url) or _PLACEHOLDER.search(url):
        return url
    try:
        return urljoin(f"{base.rstrip('/')}/", _UPWARDS.sub("", url))
    except ValueError:
        return url


def _names_a_host(url: str) -> bool:
    """`www.example.com/page`: somebody forgot the scheme; `//host/page` takes that of the base."""
    first = re.split(r"[/?#]", url, maxsplit=1)[0].lower()
    return "." in first.strip(".") and first.rpartition(".")[2] not in _PAGES


def image_marker(token: Token) -> str:
    """The visible stand-in of a picture that cannot travel inside the text, unescaped."""
    name = collapse(token.attribute("alt") or token.attribute("title")).strip()
    return f"[image: {name}]" if name else "[image]"
