"""Small files that open in the programs their names promise; same arguments, same bytes."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from random import Random


def png(rng: Random, width: int = 48, height: int = 32) -> bytes:
    """A picture of coloured stripes."""
    colours = [bytes(rng.randrange(256) for _ in range(3)) for _ in range(6)]
    rows = b"".join(b"\0" + colours[y * len(colours) // height] * width for y in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = (b"IHDR", head), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(_png_chunk(kind, data) for kind, data in chunks)


def _png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def pdf(line: str) -> bytes:
    """One page with one line of ASCII text."""
    safe = line.encode("ascii", "replace").replace(b"(", b"[").replace(b")", b"]").replace(b"\\", b"/")
    stream = b"BT /F1 16 Tf 60 760 Td (" + safe + b") Tj ET"
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    )
    out, offsets = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)


def log(rng: Random, lines: int) -> bytes:
    """A device log."""
    words = ("link up", "link down", "retry", "heartbeat ok", "queue full", "config saved")
    rows = (f"{n:05d} unit-{rng.randrange(900):03d} {rng.choice(words)}" for n in range(lines))
    return ("\n".join(rows) + "\n").encode()


def csv(rng: Random, rows: int) -> bytes:
    """A table with a header and non-ASCII text."""
    lines = ["position;article;amount"]
    lines += [f"{n};Dichtung Größe {rng.randrange(3, 40)};{rng.randrange(1, 90)}" for n in range(1, rows + 1)]
    return ("\r\n".join(lines) + "\r\n").encode()


def filler(size: int, block: int = 65_536) -> Iterator[bytes]:
    """Exactly `size` bytes of numbered lines, in blocks, for files too big to hold."""
    written = 0
    while written < size:
        line = b"%010d filler line of a large sample file\n" % written
        piece = (line * (block // len(line) + 1))[: min(block, size - written)]
        written += len(piece)
        yield piece
