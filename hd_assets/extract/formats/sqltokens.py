"""The SQL text that mysqldump and its kin write, as byte patterns; all possessive, so a match never backtracks."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

SPACE = re.compile(rb"\s*+")
STRING = rb"'[^'\\]*+(?:(?:\\.|'')[^'\\]*+)*+'"
NAME = rb"(?:`(?:[^`]|``)++`|[A-Za-z0-9_$]++)"
QUALIFIED = rb"(?:" + NAME + rb"\s*\.\s*)?" + NAME
VALUE = (
    rb"(?:" + STRING + rb"|NULL|null|0[xX][0-9A-Fa-f]*+|[xXbB]'[0-9A-Fa-f]*+'"
    rb"|[-+]?[0-9.]++(?:[eE][-+]?[0-9]++)?|_[A-Za-z0-9]++\s*+" + STRING + rb"|_[A-Za-z0-9]++\s*+0[xX][0-9A-Fa-f]*+)"
)
ONE_VALUE = re.compile(rb"\s*+(" + VALUE + rb")\s*+", re.DOTALL)
OPEN_VALUE = re.compile(rb"\s*+(?:_[A-Za-z0-9]*+\s*+)?(?:[xXbB]?'.*+|0[xX][0-9A-Fa-f]*+)?", re.DOTALL)
"""A string or hex literal whose end is not in the buffer yet."""

STATEMENT = re.compile(
    rb"(?:[^'\"`;/#-]++|" + STRING + rb'|"[^"\\]*+(?:(?:\\.|"")[^"\\]*+)*+"|`[^`]*+`'
    rb"|/\*(?:[^*]++|\*(?!/))*+\*/|--[ \t][^\n]*+\n|\#[^\n]*+\n|/(?!\*)|-(?!-[ \t]))*+;",
    re.DOTALL,
)
CREATE_TABLE = re.compile(
    rb"CREATE\s+(?:TEMPORARY\s+)?TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?(" + QUALIFIED + rb")\s*\(", re.IGNORECASE
)
INSERT = re.compile(
    rb"(?:INSERT|REPLACE)\s+(?:(?:IGNORE|DELAYED|LOW_PRIORITY|HIGH_PRIORITY)\s+)*(?:INTO\s+)?(" + QUALIFIED + rb")\s*"
    rb"(?:\(((?:\s*" + NAME + rb"\s*,?)+)\)\s*)?VALUES?\s*(?=\()",
    re.IGNORECASE,
)
USE = re.compile(rb"USE\s+(" + NAME + rb")", re.IGNORECASE)
SET_NAMES = re.compile(rb"(?:/\*!\d*\s*)?SET\s+NAMES\s+'?([A-Za-z0-9_]+)", re.IGNORECASE)
COLUMN = re.compile(
    rb"\s*(" + NAME + rb")\s+([A-Za-z]+(?:\s*\((?:'(?:[^'\\]|\\.|'')*'|[^')])*\))?(?:\s+unsigned)?(?:\s+zerofill)?)",
    re.IGNORECASE,
)
ENGINE = re.compile(rb"\)[^)]*?\bENGINE\s*=\s*(\w+)", re.IGNORECASE)
_BODY_TOKEN = re.compile(rb"[^'\"`(),]++|" + STRING + rb'|"[^"]*+"|`[^`]*+`|[(),]', re.DOTALL)
_NOT_A_COLUMN = re.compile(
    rb"\s*(?:PRIMARY\s+KEY|UNIQUE|KEY|INDEX|FULLTEXT|SPATIAL|CONSTRAINT|FOREIGN\s+KEY|CHECK|PERIOD)\b", re.IGNORECASE
)
_BINARY_TYPE = re.compile(r"(?:tiny|medium|long)?blob|(?:var)?binary|bit|geometry|point", re.IGNORECASE)
_QUOTE, _NINE = b"'9"
_ESCAPE = re.compile(rb"\\(.)|''", re.DOTALL)
_MEANING = {b"0": b"\0", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"Z": b"\x1a", b"b": b"\b"}


@cache
def row_pattern(width: int) -> re.Pattern[bytes]:
    """One parenthesised row of `width` values and the comma or semicolon after it; a group a value, then the end."""
    values = rb",".join([rb"\s*+(" + VALUE + rb")\s*+"] * width)
    return re.compile(rb"\s*+\(" + values + rb"\)\s*+([,;])", re.DOTALL)


def plain_name(token: bytes) -> str:
    """The name without back-ticks; of a qualified name the last part."""
    last = re.split(rb"\.(?=(?:[^`]*`[^`]*`)*[^`]*$)", token.strip())[-1].strip()
    if last.startswith(b"`"):
        last = last[1:-1].replace(b"``", b"`")
    return last.decode("utf-8", errors="replace")


def column_names(token: bytes) -> tuple[str, ...]:
    """The names in the column list of an INSERT."""
    return tuple(plain_name(name) for name in re.findall(NAME, token))


def table_columns(statement: bytes, start: int) -> list[tuple[str, str]]:
    """(name, type) of each column of a CREATE TABLE whose body begins at `start`, just after its parenthesis."""
    columns = []
    for definition in _definitions(statement, start):
        if _NOT_A_COLUMN.match(definition):
            continue
        if match := COLUMN.match(definition):
            columns.append((plain_name(match[1]), match[2].decode("utf-8", errors="replace")))
    return columns


def _definitions(statement: bytes, start: int) -> list[bytes]:
    depth, begun, found = 0, start, []
    for token in _BODY_TOKEN.finditer(statement, start):
        text = token[0]
        if text == b"(":
            depth += 1
        elif text == b")":
            depth -= 1
        if (text == b"," and depth == 0) or depth < 0:
            found.append(statement[begun : token.start()])
            begun = token.end()
        if depth < 0:
            break
    return found


def is_binary(data_type: str) -> bool:
    """Whether values of this column type are bytes and not text."""
    return _BINARY_TYPE.match(data_type) is not None


def raw_value(token: bytes) -> bytes | None:
    """The bytes a literal stands for, None for NULL."""
    first = token[:1]
    if first == b"'":
        return _unescaped(token[1:-1])
    if first in b"Nn":
        return None
    if first == b"_":
        return raw_value(token[token.index(b"0x") :] if b"'" not in token else token[token.index(b"'") :])
    if token[:2] in (b"0x", b"0X"):
        return bytes.fromhex(token[2:].decode("ascii"))
    if first in b"xX":
        return bytes.fromhex(token[2:-1].decode("ascii"))
    if first in b"bB":
        bits = token[2:-1]
        return int(bits or b"0", 2).to_bytes((len(bits) + 7) // 8, "big")
    return token


def _unescaped(text: bytes) -> bytes:
    return _ESCAPE.sub(_meaning, text) if b"\\" in text or b"''" in text else text


def _meaning(match: re.Match[bytes]) -> bytes:
    character = match[1]
    return b"'" if character is None else _MEANING.get(character, character)


def text_converter(encoding: str, on_damage: Callable[[], None]) -> Callable[[bytes], str | None]:
    """From a literal to text; bytes that are not valid in the encoding become U+FFFD and are reported one by one."""

    def convert(token: bytes) -> str | None:
        first = token[0]
        if first == _QUOTE:
            value: bytes | None = token[1:-1]
            if b"\\" in token or b"''" in token:
                value = _unescaped(token[1:-1])
        elif first <= _NINE and token[:2] not in (b"0x", b"0X"):
            return token.decode("ascii")
        else:
            value = raw_value(token)
        if value is None:
            return None
        try:
            return value.decode(encoding)
        except UnicodeDecodeError:
            on_damage()
            return value.decode(encoding, errors="replace")

    return convert
