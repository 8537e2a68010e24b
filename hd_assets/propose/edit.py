"""Adding lines to a mapping file without touching a byte of what stands there.

A YAML library that writes files back would re-wrap long lines and move the comments between two sections behind the
lines that are added; here the parser only tells the places, and text is inserted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml

from hd_assets.errors import MappingError
from hd_assets.mapping.files import parse
from hd_assets.mapping.model import UNDECIDED
from hd_assets.propose.line import Line

_STEP = "  "
_Edit = tuple[int, int, str]
SECTIONS = {
    "options": "Choices the SQL reads.",
    "objects": "What the source's tables become.",
    "attributes": "Attributes the workspace must have; missing ones are created.",
    "custom_fields": "Field of the source → attribute, or left out with a reason.",
    "values": "Value of the source → state of the conversation, state of the ticket.",
    "tables": "Every table of the source: what it feeds and the columns used, or why it stays behind.",
}
"""What stands above a section that the draft begins."""


@dataclass
class _Branch:
    """Keys to add below one key: lines or further branches."""

    keys: dict[str, _Branch | Line] = field(default_factory=dict)


def added(text: str, lines: Iterable[Line]) -> str:
    """The text of a mapping file with the lines in it, each with its confidence and reason behind it.

    Only words `undecided` are replaced; all else that stands in the file stays, to the byte. Raises MappingError when
    the file is written in a way that leaves no place for a line.
    """
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    if not isinstance(root, yaml.MappingNode):
        raise MappingError("the mapping holds no keys", where="its first line", mend="begin it with `hd-assets init`")
    edits: list[_Edit] = []
    tree = _Branch()
    for line in lines:
        _plant(tree, line)
    _edit(text, root, tree, edits, is_root=True)
    result = _applied(text, edits)
    _verify(text, result)
    return result


def decided(text: str, path: Sequence[str], written: str) -> str:
    """The text with one word at a key path, as a person decides it; the mark of a guess goes.

    Raises MappingError where the key holds more than a word.
    """
    read = yaml.safe_load(written)
    value = read if isinstance(read, (str, int, float)) else written
    node: yaml.Node | None = yaml.compose(text, Loader=yaml.SafeLoader)
    for key in path:
        if not isinstance(node, yaml.MappingNode):
            break
        node = next((below for name, below in node.value if name.value == key), None)
    name = ".".join(path)
    if node is None:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        assert isinstance(root, yaml.MappingNode)  # noqa: S101 - a file without keys is no mapping, and was loaded
        tree, edits = _Branch(), list[_Edit]()
        _plant(tree, Line(tuple(path), value, 1.0, "decided"))
        _edit(text, root, tree, edits, is_root=True)
        return _applied(text, edits).replace("   # 100%: decided", "")
    if not isinstance(node, yaml.ScalarNode):
        raise MappingError(f"{name} is no single word", where=name, mend="edit the file for this one")
    stop = _line_end(text, node.end_mark.index)
    comment = re.sub(r"(; |\s*# )look at this, \d+%: .*$", "", text[node.end_mark.index : stop])
    return text[: node.start_mark.index] + _flow(value) + comment + text[stop:]


def _applied(text: str, edits: Sequence[_Edit]) -> str:
    # of several edits at one place the first recorded comes first: inner keys before those of what holds them
    for _, (start, end, new) in sorted(enumerate(edits), key=lambda item: (item[1][0], item[0]), reverse=True):
        text = text[:start] + new + text[end:]
    return text


def _plant(tree: _Branch, line: Line) -> None:
    for key in line.path[:-1]:
        below = tree.keys.setdefault(key, _Branch())
        if isinstance(below, Line):
            raise AssertionError(f"two lines for {line.name}")
        tree = below
    tree.keys[line.path[-1]] = line


def _edit(text: str, node: yaml.MappingNode, tree: _Branch, edits: list[_Edit], *, is_root: bool = False) -> None:
    standing = {key.value: value for key, value in node.value}
    new: dict[str, _Branch | Line] = {}
    for key, below in tree.keys.items():
        value = standing.get(key)
        if value is None:
            new[key] = below
        elif isinstance(below, Line):
            _replace(text, value, below, edits)
        elif isinstance(value, yaml.MappingNode) and value.value:
            _edit(text, value, below, edits)
        else:
            column = node.start_mark.column if not node.flow_style else 0
            _fill(text, key, value, below, _STEP + " " * column, edits)
    if not new:
        return
    if node.flow_style:
        _into_flow(text, node, new, edits)
        return
    at = _line_end(text, _last(text, node))
    indent = " " * node.value[0][0].start_mark.column
    sections = SECTIONS if is_root else {}
    edits.append((at, at, "".join(f"\n{row}" for row in _rows(new, indent, sections))))


def _replace(text: str, value: yaml.Node, line: Line, edits: list[_Edit]) -> None:
    """`undecided` → the draft, its comment joined to one that stands there."""
    start, end = value.start_mark.index, value.end_mark.index
    edits.append((start, end, _flow(line.value)))
    stop = _line_end(text, end)
    edits.append((stop, stop, ("; " if "#" in text[end:stop] else "   # ") + line.comment))


def _fill(text: str, key: str, value: yaml.Node, below: _Branch, indent: str, edits: list[_Edit]) -> None:
    """Children for a key that stands there with nothing in it: null or {}."""
    empty = isinstance(value, yaml.MappingNode) or (isinstance(value, yaml.ScalarNode) and value.tag.endswith(":null"))
    if not empty:
        raise MappingError(f"{key} holds no keys, so none can be added", where=key, mend="make it a map, or delete it")
    start, end = len(text[: value.start_mark.index].rstrip()), value.end_mark.index
    edits.append((start, max(start, end), ""))
    stop = _line_end(text, end)
    edits.append((stop, stop, "".join(f"\n{row}" for row in _rows(below.keys, indent, {}))))


def _into_flow(text: str, node: yaml.MappingNode, new: dict[str, _Branch | Line], edits: list[_Edit]) -> None:
    """Into `{…}`: on lines of their own, so that each can carry its comment."""
    brace = node.end_mark.index - 1
    margin = " " * (node.start_mark.column + 1)
    rows = []
    for key, below in new.items():
        value = _flow(below.value if isinstance(below, Line) else _plain(below))
        comment = f"   # {below.comment}" if isinstance(below, Line) else ""
        rows.append((f"{margin}{_flow(key)}: {value}", comment))
    last = len(rows) - 1
    body = "".join(f"\n{row}{',' if place < last else ''}{comment}" for place, (row, comment) in enumerate(rows))
    comma = "" if text[:brace].rstrip().endswith((",", "{")) else ","
    edits.append((len(text[:brace].rstrip()), brace, f"{comma}{body}\n{margin}"))


def _plain(tree: _Branch) -> dict[str, Any]:
    return {key: below.value if isinstance(below, Line) else _plain(below) for key, below in tree.keys.items()}


def _rows(keys: dict[str, _Branch | Line], indent: str, sections: dict[str, str]) -> list[str]:
    rows: list[str] = []
    for key, below in keys.items():
        if key in sections:
            rows += ["", f"{indent}# {sections[key]}"]
        if isinstance(below, Line):
            rows.append(f"{indent}{_flow(key)}: {_flow(below.value)}   # {below.comment}")
        else:
            rows.append(f"{indent}{_flow(key)}:")
            rows += _rows(below.keys, indent + _STEP, {})
    return rows


def _flow(value: Any) -> str:
    """One line of YAML that reads back as the value."""
    dumped = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=10**9, sort_keys=False)
    return dumped.strip().removesuffix("\n...").strip()


def _last(text: str, node: yaml.Node) -> int:
    """Index behind the last character of a node, not counting comments below it."""
    if isinstance(node, (yaml.MappingNode, yaml.SequenceNode)) and not node.flow_style and node.value:
        last = node.value[-1]
        return _last(text, last[1] if isinstance(node, yaml.MappingNode) else last)
    start, end = int(node.start_mark.index), int(node.end_mark.index)
    return max(start, len(text[:end].rstrip()))


def _line_end(text: str, index: int) -> int:
    found = text.find("\n", index)
    return len(text) if found < 0 else found


def _verify(before: str, after: str) -> None:
    """Whatever was decided must read as before; anything else is a fault of this module."""
    old, new = parse(before), parse(after)
    lost = [".".join(path) for path, value in _leaves(old) if value != UNDECIDED and _at(new, path) != value]
    if lost:
        raise AssertionError(f"the draft would have changed what was decided: {', '.join(lost[:5])}")


def _leaves(node: Any, path: Sequence[str] = ()) -> Iterable[tuple[tuple[str, ...], Any]]:
    if isinstance(node, dict) and node:
        for key, value in node.items():
            yield from _leaves(value, (*path, str(key)))
    elif node not in (None, {}):
        yield tuple(path), node


def _at(node: Any, path: Sequence[str]) -> Any:
    for key in path:
        if not isinstance(node, dict) or key not in node:
            return None
        node = node[key]
    return node
