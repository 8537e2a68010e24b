"""Visible text of HTML, and plain text as HTML."""

from __future__ import annotations

import html
import re

import nh3

from hd_assets.staging.flow import rewrite
from hd_assets.staging.markup import BLOCKS, UNSEEN, Token, collapse, image_marker, normal, tokens

_EDGES = re.compile(r"<[^>]*>")
_BLANK = re.compile(r"\s+")
# Zero-width characters, soft hyphen, direction marks: nobody sees them, mail programs add and remove them.
_INVISIBLE = re.compile("[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_LINE_END = re.compile(r"[ \t]+\n")
_INDENT = re.compile(r"(?<=\n) +|^ +| {2,}")
_WORD = re.compile(r"\w+(?:['’\-]\w+)*")


def html_text(source: str, base: str = "") -> str:
    """Readable text of HTML: links as `label (url)`, lists with `- ` or numbers, quotations with `> `,
    table rows as lines with ` | `, pictures as `[image: alt]`. `base`: as for `part_html`."""
    return _render(rewrite(source, base)[0])


def part_text(part: str) -> str:
    """`html_text` of what `part_html` returned, in a third of the time; of other HTML it would be wrong."""
    return _render(part)


def visible_text(source: str) -> str:
    """Every visible character of HTML, white space collapsed; for comparing, not for reading."""
    plain = nh3.clean(normal(source), tags=BLOCKS | {"br"}, clean_content_tags=UNSEEN, attributes={}, link_rel=None)
    return _squeeze(html.unescape(_EDGES.sub(" ", plain)))


def visible_plain(text: str) -> str:
    """The same normal form for text that is not HTML."""
    return _squeeze(_CONTROL.sub("", text))


def text_html(text: str) -> str:
    """Plain text as paragraphs; single line breaks become `<br>`, indentation is kept by no-break spaces."""
    lines = _LINE_END.sub("\n", _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n")) + "\n").strip("\n")
    if not lines.strip():
        return ""
    escaped = _INDENT.sub(lambda run: "\u00a0" * len(run[0]), html.escape(lines, quote=False).expandtabs(4))
    paragraphs = [paragraph.strip("\n") for paragraph in re.split(r"\n[ \u00a0]*\n+", escaped)]
    written = "".join(f"<p>{paragraph.replace(chr(10), '<br>')}</p>" for paragraph in paragraphs if paragraph.strip())
    return written.replace("\u00a0", "&nbsp;")


def html_unescape(text: str) -> str:
    """Character references resolved exactly once."""
    return html.unescape(text)


def is_rich(source: str) -> bool:
    """Whether HTML holds what plain text cannot carry: pictures, or table rows with several filled cells."""
    lower = source.lower()
    return ("<img" in lower or "<td" in lower or "<th" in lower) and rewrite(source)[1]


def word_count(source: str) -> int:
    return len(_WORD.findall(visible_text(source)))


def _squeeze(text: str) -> str:
    return _BLANK.sub(" ", _INVISIBLE.sub("", text)).strip()


def _render(part: str) -> str:
    writer = _Writer()
    for token in tokens(part):
        writer.take(token)
    return "\n".join(writer.lines()).strip("\n")


class _Writer:
    """Text of a part's HTML, line by line. The input is what `rewrite` produced and nothing else."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._line = ""
        self._lists: list[int | None] = []  # next number of an open `ol`, None of an `ul`
        self._quotes = 0
        self._bullet = ""
        self._link: tuple[str, int] | None = None
        self._in_pre = False
        self._wants_gap = False
        self._gap_quotes = 0  # quotation depth of the blank line: the shallower of its neighbours

    def lines(self) -> list[str]:
        self._end_line()
        return self._lines

    def take(self, token: Token) -> None:
        name = token.name
        if not name:
            self._write(html.unescape(token.text if self._in_pre else collapse(token.text)))
        elif name == "br":
            self._new_line()
        elif name == "img":
            self._write(image_marker(token))
        elif name == "a":
            self._anchor(token)
        elif name in ("ul", "ol"):
            self._list(name, token.is_end)
        elif name == "li":
            self._end_line()
            if not token.is_end:
                self._bullet = self._next_bullet()
        elif name in ("p", "h1", "h2", "blockquote", "pre"):
            self._block(name, token.is_end)

    def _block(self, name: str, is_end: bool) -> None:
        self._end_line()
        self._gap_quotes = min(self._gap_quotes, self._quotes) if self._wants_gap else self._quotes
        self._wants_gap = bool(self._lines)
        if name == "blockquote":
            self._quotes += -1 if is_end else 1
            self._gap_quotes = min(self._gap_quotes, self._quotes)
        if name == "pre":
            self._in_pre = not is_end

    def _list(self, name: str, is_end: bool) -> None:
        self._end_line()
        if len(self._lists) == is_end:
            self._gap_quotes = self._quotes
            self._wants_gap = bool(self._lines)
        if is_end:
            self._lists = self._lists[:-1]
        else:
            self._lists.append(1 if name == "ol" else None)

    def _next_bullet(self) -> str:
        if not self._lists or self._lists[-1] is None:
            return "- "
        number = self._lists[-1]
        self._lists[-1] = number + 1
        return f"{number}. "

    def _anchor(self, token: Token) -> None:
        if not token.is_end:
            self._link = (token.attribute("href"), len(self._line))
            return
        if self._link is None:
            return
        url, start = self._link
        self._link = None
        label = self._line[start:].strip() if start <= len(self._line) else ""
        if url and not _says(label, url):
            self._write(f" ({url})" if label else url)

    def _write(self, text: str) -> None:
        first, *more = text.split("\n") if self._in_pre else [text]
        self._line += first
        for line in more:
            self._new_line()
            self._line += line

    def _new_line(self) -> None:
        self._flush()

    def _end_line(self) -> None:
        if self._line.strip():
            self._flush()
        self._line = ""

    def _flush(self) -> None:
        quote = "> " * self._quotes
        if self._wants_gap:
            self._lines.append(("> " * min(self._gap_quotes, self._quotes)).rstrip())
            self._wants_gap = False
        indent = "  " * (len(self._lists) - 1) + (self._bullet or ("  " if self._lists else "")) if self._lists else ""
        self._bullet = ""
        text = self._line.rstrip() if self._in_pre else self._line.strip(" ")
        self._lines.append((quote + indent + text).rstrip())
        if self._link is not None:
            self._link = (self._link[0], 0)
        self._line = ""


def _says(label: str, url: str) -> bool:
    """Whether the label already shows the address."""
    bare = url.removeprefix("mailto:").removeprefix("https://").removeprefix("http://").rstrip("/").lower()
    return bare in label.lower() or label.lower().removeprefix("www.").rstrip("/") == bare.removeprefix("www.")
