"""The bytes of TDS 7.4 that a reading client needs: packets, the answer to a login, columns, rows, errors.

Source: the published protocol description [MS-TDS], as far as the drivers in use were seen to rely on it.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from typing import Any

BATCH, LOGIN, ATTENTION, PRELOGIN = 0x01, 0x10, 0x06, 0x12
_REPLY = 0x04
_PACKET = 4096
_HEADER = 8
_DONE, _ERROR, _LOGIN_ACK, _CHANGE, _COLUMNS, _ROW = 0xFD, 0xAA, 0xAD, 0xE3, 0x81, 0xD1
_COLLATION = b"\x09\x04\xd0\x00\x34"  # Latin1_General_CI_AS
_MORE, _COUNTED, _ATTENDED = 0x01, 0x10, 0x20


def read_message(receive: Callable[[int], bytes]) -> tuple[int, bytes]:
    """Type and content of the next message, its packets joined. EOFError when the client is gone."""
    content = b""
    while True:
        kind, status, length = struct.unpack(">BBH", _exactly(receive, _HEADER)[:4])
        content += _exactly(receive, length - _HEADER)
        if status & 0x01:
            return kind, content


def _exactly(receive: Callable[[int], bytes], count: int) -> bytes:
    held = b""
    while len(held) < count:
        got = receive(count - len(held))
        if not got:
            raise EOFError
        held += got
    return held


def packets(content: bytes) -> bytes:
    """A reply cut into packets, the last one marked."""
    size = _PACKET - _HEADER
    pieces = [content[start : start + size] for start in range(0, len(content), size)] or [b""]
    out = b""
    for number, piece in enumerate(pieces, start=1):
        last = number == len(pieces)
        out += struct.pack(">BBHHBB", _REPLY, int(last), len(piece) + _HEADER, 0, number % 256, 0) + piece
    return out


def prelogin_reply() -> bytes:
    """Version, and that there is no encryption."""
    options = ((0, b"\x0f\x00\x07\xd0\x00\x00"), (1, b"\x02"), (2, b"\x00"), (3, b""), (4, b"\x00"))
    offset = 5 * len(options) + 1
    head, data = b"", b""
    for token, value in options:
        head += struct.pack(">BHH", token, offset + len(data), len(value))
        data += value
    return head + b"\xff" + data


def login_names(content: bytes) -> tuple[str, str, str]:
    """User, password and database of a login."""

    def at(place: int) -> bytes:
        offset, length = struct.unpack_from("<HH", content, place)
        return content[offset : offset + 2 * length]

    secret = bytes(((byte ^ 0xA5) << 4 & 0xF0) | ((byte ^ 0xA5) >> 4) for byte in at(44))
    return at(40).decode("utf-16-le"), secret.decode("utf-16-le"), at(68).decode("utf-16-le")


def batch_text(content: bytes) -> str:
    """The statement of a batch, behind its headers."""
    return content[struct.unpack_from("<I", content)[0] :].decode("utf-16-le")


def login_reply(database: str) -> bytes:
    change = bytes([1]) + _short(database) + _short("master")
    collation = b"\x07\x05" + _COLLATION + b"\x00"
    program = "Stand-in".encode("utf-16-le")
    ack = b"\x01" + b"\x74\x00\x00\x04" + bytes([len(program) // 2]) + program + b"\x0f\x00\x07\xd0"
    size = bytes([4]) + _short(str(_PACKET)) + _short(str(_PACKET))
    tokens = (_CHANGE, change), (_CHANGE, collation), (_LOGIN_ACK, ack), (_CHANGE, size)
    return b"".join(_token(token, body) for token, body in tokens)


def done(rows: int | None = None, *, more: bool = False, attended: bool = False) -> bytes:
    status = (_MORE if more else 0) | (_COUNTED if rows is not None else 0) | (_ATTENDED if attended else 0)
    return struct.pack("<BHHQ", _DONE, status, 0, rows or 0)


def failed(number: int, text: str, *, severity: int = 14) -> bytes:
    """An error of the server, and the end of the batch."""
    told = text.encode("utf-16-le")
    body = struct.pack("<IBBH", number, 1, severity, len(told) // 2) + told + _short("STANDIN") + _short("")
    return _token(_ERROR, body + struct.pack("<I", 1)) + struct.pack("<BHHQ", _DONE, 0x02, 0, 0)


def columns(names: Sequence[str], kinds: Sequence[str]) -> bytes:
    out = struct.pack("<BH", _COLUMNS, len(names))
    for name, kind in zip(names, kinds, strict=True):
        out += struct.pack("<IH", 0, 0x09) + _KINDS[kind][0] + _short(name)
    return out


def row(values: Sequence[Any], kinds: Sequence[str]) -> bytes:
    return bytes([_ROW]) + b"".join(_KINDS[kind][1](value) for value, kind in zip(values, kinds, strict=True))


def _short(text: str) -> bytes:
    told = text.encode("utf-16-le")
    return bytes([len(told) // 2]) + told


def _token(token: int, body: bytes) -> bytes:
    return struct.pack("<BH", token, len(body)) + body


def _text(value: Any) -> bytes:
    return b"\xff" * 8 if value is None else _long(str(value).encode("utf-16-le"))


def _binary(value: Any) -> bytes:
    return b"\xff" * 8 if value is None else _long(bytes(value))


def _long(held: bytes) -> bytes:
    chunk = struct.pack("<I", len(held)) + held if held else b""
    return struct.pack("<Q", len(held)) + chunk + struct.pack("<I", 0)


def _fixed(form: str) -> Callable[[Any], bytes]:
    def told(value: Any) -> bytes:
        return b"\x00" if value is None else bytes([struct.calcsize(form)]) + struct.pack(form, value)

    return told


def _days(value: date) -> bytes:
    return (value.toordinal() - 1).to_bytes(3, "little")


def _date(value: Any) -> bytes:
    return b"\x00" if value is None else b"\x03" + _days(value)


def _moment(value: Any) -> bytes:
    """datetime2(7): tenths of microseconds since midnight, then days since the year 1."""
    if value is None:
        return b"\x00"
    held: datetime = value
    since = datetime.combine(date.min, held.time()) - datetime.combine(date.min, time())
    ticks = (since.seconds * 1_000_000 + since.microseconds) * 10
    return b"\x08" + ticks.to_bytes(5, "little") + _days(held.date())


_KINDS: dict[str, tuple[bytes, Callable[[Any], bytes]]] = {
    "integer": (b"\x26\x08", _fixed("<q")),
    "flag": (b"\x68\x01", _fixed("<?")),
    "float": (b"\x6d\x08", _fixed("<d")),
    "date": (b"\x28", _date),
    "moment": (b"\x2a\x07", _moment),
    "binary": (b"\xa5\xff\xff", _binary),
    "text": (b"\xe7\xff\xff" + _COLLATION, _text),
}
