"""Rewrites any HTML into the few elements a part may hold, losing no visible text.

Paragraphs, lists, quotations and preformatted text are rebuilt instead of filtered: a filter alone would glue the
words of neighbouring cells and blocks together.
"""

from __future__ import annotations

import html

from hd_assets.staging.markup import (
    BLOCKS,
    CELLS,
    HEADINGS,
    INLINE,
    LISTS,
    SENDABLE,
    Token,
    absolute,
    collapse,
    image_marker,
    normal,
    scheme_of,
    tokens,
)

CELL_SEPARATOR = " | "
CONTAINERS = LISTS | {"li", "blockquote", "pre", "h1", "h2"}
_LEAVES = {"h1", "h2", "pre"}


def rewrite(source: str, base: str = "") -> tuple[str, bool]:
    """HTML of a part, and whether it holds what plain text cannot carry (pictures, rows of several cells).

    `base`: address of the old system, below which relative links lead; without one only their text stays.
    """
    flow = Flow(base)
    for token in tokens(normal(source)):
        flow.take(token)
    return flow.finish(), flow.is_rich


class Flow:
    """Writes paragraphs, lists, quotations and line breaks lazily, so that empty ones never appear.

    Closing a paragraph waits for the next text: a further cell of the same table row continues the line.
    """

    def __init__(self, base: str = "") -> None:
        self.is_rich = False
        self._base = base
        self._out: list[str] = []
        self._containers: list[str] = []
        self._inline: list[str] = []  # start tags open in the source
        self._written = 0  # how many of them are open in the output
        self._links: list[str] = []
        self._in_paragraph = False
        self._has_line = False  # text stands on the current line
        self._has_content = [False]  # per container: whether anything was written into it
        self._breaks = 0
        self._pending_block = False
        self._pending_space = False
        self._pending_cell = False
        self._rows: list[bool] = []  # per open table: whether the current row has text
        self._entered: list[int] = []  # per open source container: its depth in the output, 0 if it was not written

    def take(self, token: Token) -> None:
        name = token.name
        if not name:
            self._text(token.text)
        elif name in INLINE:
            self._inline_end(name) if token.is_end else self._inline_start(token)
        elif name == "br":
            self._break()
        elif name == "img":
            self._image(token)
        elif name in BLOCKS:
            self._block(name, token.is_end)

    def finish(self) -> str:
        self._close_paragraph()
        while self._containers:
            self._pop()
        return "".join(self._out)

    # Text

    def _text(self, escaped: str) -> None:
        if self._top == "pre":
            self._write_pre(escaped)
            return
        text = collapse(escaped)
        if text == " " or not text:
            self._pending_space = self._pending_space or bool(text)
            return
        if text[0] == " ":
            self._pending_space = True
        self._put(text.strip(" "))
        self._pending_space = text[-1] == " "

    def _put(self, markup: str) -> None:
        """Write inline markup that is visible, after whatever was waiting for it."""
        self._open_flow()
        self._out.append(markup)
        self._has_line = True
        self._has_content[-1] = True
        if self._rows:
            self._rows[-1] = True

    def _write_pre(self, escaped: str) -> None:
        is_first = not self._has_content[-1]
        if self._pending_block and not is_first:
            escaped = "\n" + escaped
        self._pending_block = False
        # A parser swallows the first line break of a `pre`; ours would be text.
        escaped = escaped.lstrip("\n") if is_first else escaped
        if not escaped:
            return
        self._open_inline()
        self._out.append(escaped)
        self._has_content[-1] = True

    def _open_flow(self) -> None:
        if self._pending_cell:
            self._continue_row()
        if self._pending_block:
            self._end_line()
        if self._top in LISTS:
            self._push("li")
        if self._top in (None, "blockquote") and not self._in_paragraph:
            self._out.append("<p>")
            self._in_paragraph = True
            self._has_line = False
            self._breaks = 0
        if self._breaks and (self._has_line or self._top == "pre"):
            self._out.append("<br>" * self._breaks)
            self._has_line = False
        self._breaks = 0
        if self._pending_space and self._has_line:
            self._out.append(" ")
        self._pending_space = False
        self._open_inline()

    def _continue_row(self) -> None:
        self.is_rich = True
        self._pending_cell = self._pending_space = False
        self._pending_block = not self._has_line
        if self._has_line:
            self._breaks = 0
            self._out.append(CELL_SEPARATOR)

    def _end_line(self) -> None:
        """A block boundary: a new paragraph where paragraphs are allowed, else a line break."""
        self._pending_block = False
        if self._in_paragraph:
            self._close_paragraph()
        elif self._top in ("li", "h1", "h2") and self._has_line:
            self._close_inline()
            self._breaks = max(self._breaks, 1)
        self._pending_space = False

    def _break(self) -> None:
        if self._top == "pre":
            self._write_pre("\n")
            return
        if self._pending_cell or self._pending_block:
            return
        self._breaks += 1
        self._pending_space = False

    # Blocks

    @property
    def _top(self) -> str | None:
        return self._containers[-1] if self._containers else None

    def _block(self, name: str, is_end: bool) -> None:
        if name in HEADINGS and name != "h1":
            name = "h2"
        if name in CELLS:
            self._cell(is_end)
        elif name == "tr":
            self._row()
        elif name == "table":
            self._table(is_end)
        elif name in ("thead", "tbody", "tfoot"):
            return  # their rows follow one another like any
        elif name not in CONTAINERS:
            self._boundary()
        elif is_end:
            self._leave()
        else:
            self._enter(name)

    def _boundary(self) -> None:
        if not self._pending_cell:
            self._pending_block = True
            self._pending_space = False

    def _cell(self, is_end: bool) -> None:
        if is_end or not self._rows:
            return
        if self._rows[-1] and self._top != "pre":
            self._pending_cell = True
            self._pending_block = False
            self._pending_space = False
        else:
            self._pending_block = self._pending_block or self._top == "pre"

    def _row(self) -> None:
        if self._rows:
            self._rows[-1] = False
        self._pending_cell = False
        if self._in_paragraph and not self._pending_block and self._has_line:
            self._breaks = max(self._breaks, 1)
            self._pending_space = False
        else:
            self._pending_block = True

    def _table(self, is_end: bool) -> None:
        self._pending_cell = False
        self._pending_block = True
        if not is_end:
            self._rows.append(False)
        elif self._rows:
            self._rows.pop()
            if self._rows:
                self._rows[-1] = True

    def _enter(self, name: str) -> None:
        self.is_rich = self.is_rich or self._pending_cell
        self._pending_cell = False  # a list or quotation cannot continue a line
        if name == "li":
            self._enter_item()
            return
        if self._top in LISTS:
            self._push("li")
        if self._top == "li" and name not in LISTS:
            # Items hold text and lists; a quotation inside one becomes a line of it.
            self._boundary()
            self._entered.append(0)
            return
        self._close_paragraph()
        while self._top in _LEAVES:
            self._pop()
        self._push(name)
        self._entered.append(len(self._containers))

    def _enter_item(self) -> None:
        if self._top == "li":  # opened for text that stood in the list itself
            self._pop()
        if self._top in LISTS:
            self._push("li")
            self._entered.append(len(self._containers))
        else:
            self._boundary()
            self._entered.append(0)

    def _leave(self) -> None:
        depth = self._entered.pop() if self._entered else 0
        if depth and len(self._containers) >= depth:
            self._close_paragraph()
            while len(self._containers) >= depth:
                self._pop()
        self._boundary()

    def _push(self, name: str) -> None:
        self._close_inline()
        self._containers.append(name)
        self._has_content.append(False)
        self._out.append(f"<{name}>")
        self._has_line = False
        self._breaks = 0
        self._pending_block = self._pending_space = False

    def _pop(self) -> str:
        self._close_inline()
        name = self._containers.pop()
        if self._has_content.pop():
            self._out.append(f"</{name}>")
            self._has_content[-1] = True
        else:
            self._out.pop()  # the container's own start tag: nothing was written after it
        self._has_line = False
        self._breaks = 0
        self._pending_space = False
        return name

    def _close_paragraph(self) -> None:
        self._close_inline()
        if self._in_paragraph:
            self._out.append("</p>")
            self._in_paragraph = False
        self._has_line = False
        self._breaks = 0
        self._pending_block = self._pending_space = False

    # Inline elements

    def _inline_start(self, token: Token) -> None:
        name = token.name
        if name != "a":
            self._inline.append(f"<{name}>")
            return
        url = absolute(token.attribute("href"), self._base)
        if self._links or scheme_of(url) not in SENDABLE:
            self._inline.append("")
        else:
            self._inline.append(f'<a href="{html.escape(url)}">')
        self._links.append(url)

    def _inline_end(self, name: str) -> None:
        if not self._inline:
            return
        if name == "a" and self._links:
            url = self._links.pop()
            scheme = scheme_of(url)
            if scheme and scheme not in SENDABLE | {"cid", "data"} and not self._links:
                self._text(f" ({html.escape(url, quote=False)})")
        if self._written == len(self._inline):
            self._written -= 1
            self._close_tag(self._inline[-1])
        self._inline.pop()

    def _open_inline(self) -> None:
        for tag in self._inline[self._written :]:
            self._out.append(tag)
        self._written = len(self._inline)

    def _close_inline(self) -> None:
        for tag in reversed(self._inline[: self._written]):
            self._close_tag(tag)
        self._written = 0

    def _close_tag(self, tag: str) -> None:
        if tag:
            self._out.append(f"</{tag[1:].split()[0].rstrip('>')}>")

    def _image(self, token: Token) -> None:
        self.is_rich = True
        url = token.attribute("src")
        scheme = scheme_of(url)
        marker = html.escape(image_marker(token), quote=False)
        if self._top == "pre":
            self._write_pre(marker)
        elif scheme == "https":
            alt = token.attribute("alt")
            described = f' alt="{html.escape(alt)}"' if alt else ""
            self._put(f'<img src="{html.escape(url)}"{described}>')
        elif scheme == "http" and not self._links:
            self._put(f'<a href="{html.escape(url)}">{marker}</a>')
        else:
            self._put(marker)
