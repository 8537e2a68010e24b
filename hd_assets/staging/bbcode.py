"""BBCode, as old articles of some helpdesks are written in, as HTML."""

from __future__ import annotations

import re

_KNOWN = re.compile(
    r"\[/?(?:b|i|u|s|url|img|list|quote|code|h[1-4]|size|color|center)(?:=[^\]\n]{0,500})?\]|\[\*\]", re.IGNORECASE
)
_CODE = re.compile(r"\[code\](.*?)\[/code\]", re.IGNORECASE | re.DOTALL)
_PAIRS = {"b": "b", "i": "i", "u": "u", "s": "s", "quote": "blockquote", "h1": "h1", "h2": "h2", "h3": "h3", "h4": "h4"}
_UNWRAPPED = re.compile(r"\[/?(?:size|color|center)(?:=[^\]\n]*)?\]", re.IGNORECASE)
_ADDRESS = r"https?://[^\s\"'<>\[\]]+|/[^\s\"'<>\[\]]*|mailto:[^\s\"'<>\[\]]+"
_LINK = re.compile(rf"\[url=[\"']?({_ADDRESS})[\"']?\](.*?)\[/url\]", re.IGNORECASE | re.DOTALL)
_BARE_LINK = re.compile(rf"\[url\]\s*({_ADDRESS})\s*\[/url\]", re.IGNORECASE)
_IMAGE = re.compile(rf"\[img(?:=[^\]]*)?\]\s*({_ADDRESS})\s*\[/img\]", re.IGNORECASE)
_INNERMOST_LIST = re.compile(r"\[list(=[^\]]*)?\]((?:(?!\[list).)*?)\[/list\]", re.IGNORECASE | re.DOTALL)
_BLOCK_ENDS = re.compile(r"(</?(?:ul|ol|li|blockquote|pre|h[1-4])>)\s*\n")


def bbcode_html(source: str) -> str:
    """HTML with the tags of BBCode turned into elements; without any such tag the text comes back as it is.

    Text that already is HTML stays HTML: only the tags in square brackets change. A tag without its partner stays
    visible as it was written. Line ends break lines unless the text has HTML of its own.
    """
    if not _KNOWN.search(source):
        return source
    kept: list[str] = []

    def keep(match: re.Match[str]) -> str:
        kept.append(f"<pre><code>{match[1].strip()}</code></pre>")
        return f"\x00{len(kept) - 1}\x00"

    text = _CODE.sub(keep, source.replace("\x00", "").replace("\r\n", "\n"))
    text = _UNWRAPPED.sub("", text)
    text = _IMAGE.sub(r'<img src="\1">', text)
    text = _BARE_LINK.sub(r'<a href="\1">\1</a>', text)
    text = _LINK.sub(r'<a href="\1">\2</a>', text)
    for tag, element in _PAIRS.items():
        pair = re.compile(rf"\[{tag}(?:=[^\]]*)?\](.*?)\[/{tag}\]", re.IGNORECASE | re.DOTALL)
        while (replaced := pair.sub(rf"<{element}>\1</{element}>", text)) != text:
            text = replaced
    while (replaced := _INNERMOST_LIST.sub(_list, text)) != text:
        text = replaced
    if not re.search(r"<(?:p|br|div)\b", source, re.IGNORECASE):
        text = _BLOCK_ENDS.sub(r"\1", text).replace("\n", "<br>")
    return re.sub("\x00(\\d+)\x00", lambda match: kept[int(match[1])], text)


def _list(match: re.Match[str]) -> str:
    element = "ol" if match[1] else "ul"
    before, *items = re.split(r"\[\*\]", match[2])
    written = "".join(f"<li>{item.strip()}</li>" for item in items)
    return f"{before.strip()}<{element}>{written}</{element}>"
