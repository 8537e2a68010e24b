"""A window over a stream of bytes that knows its line and grows only as far as a match needs."""

from __future__ import annotations

import re
from typing import Protocol

FIRST_READ = 4 << 20


class ByteSource(Protocol):
    def read(self, size: int) -> bytes: ...


class TextBuffer:
    """The unread rest of the stream begins at the current place; what lies before it is forgotten on the next read.

    Each read at least doubles the unread rest, so that a match which needs a megabyte does not rescan it a thousand
    times.
    """

    def __init__(self, source: ByteSource) -> None:
        self._source = source
        self._data = b""
        self._place = 0
        self._forgotten = 0
        self._lines = 1
        self.at_end = False

    @property
    def byte_position(self) -> int:
        return self._forgotten + self._place

    @property
    def line_number(self) -> int:
        return self._lines + self._data.count(b"\n", 0, self._place)

    def window(self) -> tuple[bytes, int]:
        """The buffered bytes and the current place in them."""
        return self._data, self._place

    def advance(self, count: int) -> None:
        self._place += count

    def advance_to(self, place: int) -> None:
        """Move to a place in the current window."""
        self._place = place

    def grow(self) -> bool:
        """Read more; places in the window shift. False at the end of the stream."""
        if self.at_end:
            return False
        rest = self._data[self._place :]
        block = self._source.read(max(FIRST_READ, len(rest)))
        if not block:
            self.at_end = True
            return False
        self._lines += self._data.count(b"\n", 0, self._place)
        self._forgotten += self._place
        self._data = rest + block
        self._place = 0
        return True

    def peek(self, size: int) -> bytes:
        while len(self._data) - self._place < size and self.grow():
            pass
        return self._data[self._place : self._place + size]

    def skip(self, pattern: re.Pattern[bytes]) -> bool:
        """Move over what the pattern matches, however long. False when the stream ends there."""
        while True:
            match = pattern.match(self._data, self._place)
            self._place = match.end() if match else self._place
            if self._place < len(self._data):
                return True
            if not self.grow():
                return False

    def match(self, pattern: re.Pattern[bytes], longest: int = 0) -> re.Match[bytes] | None:
        """A match at the current place, reading on while fewer than `longest` bytes are buffered."""
        while True:
            match = pattern.match(self._data, self._place)
            if match or len(self._data) - self._place >= longest or not self.grow():
                return match

    def take(self, pattern: re.Pattern[bytes]) -> bytes | None:
        """The bytes the pattern matches, reading to the end of the stream if need be; moves behind them."""
        while True:
            match = pattern.match(self._data, self._place)
            if match:
                self._place = match.end()
                return match[0]
            if not self.grow():
                return None

    def find(self, needle: bytes) -> int | None:
        """Place of the next occurrence in the window, reading on as needed."""
        while (found := self._data.find(needle, self._place)) < 0:
            if not self.grow():
                return None
        return found

    def line(self) -> bytes:
        """The rest of the current line without its end; moves behind it. A very long line is cut at the first read."""
        end = self.find(b"\n")
        if end is None:
            rest = self._data[self._place :]
            self._place = len(self._data)
            return rest
        found = self._data[self._place : end]
        self._place = end + 1
        return found
