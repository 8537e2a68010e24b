"""Opening a text file that may be compressed, by its first bytes and not by its name."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zlib
from pathlib import Path
from typing import BinaryIO, cast

from hd_assets.errors import SourceError

_UNPACK_FIRST = {b"\x28\xb5\x2f\xfd": "zstd -d", b"PK\x03\x04": "unzip", b"7z\xbc\xaf": "7z x"}
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_UTF8_MARK = b"\xef\xbb\xbf"


class CompressedFile:
    """Reads plain, gzip, bzip2 or xz files as one stream of bytes; damage becomes a SourceError with the position."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.position = 0
        self._stream = self._open()

    def read(self, size: int) -> bytes:
        """At most `size` bytes, empty only at the end. SourceError when the compressed stream is cut or damaged."""
        try:
            block = self._stream.read(size)
        except EOFError:
            raise self._damaged("the compressed file is cut off") from None
        except (zlib.error, lzma.LZMAError, OSError) as error:
            raise self._damaged(f"the file cannot be read ({type(error).__name__})") from None
        self.position += len(block)
        return block

    def close(self) -> None:
        self._stream.close()

    def _open(self) -> BinaryIO:
        try:
            plain = self.path.open("rb")
        except OSError as error:
            raise SourceError(
                f"the file cannot be opened ({error.strerror})",
                where=str(self.path),
                mend="give the path of an existing, readable file",
            ) from None
        start = plain.read(6)
        plain.seek(0)
        if start.startswith(b"\x1f\x8b"):
            return cast(BinaryIO, _owning(gzip.GzipFile(fileobj=plain), plain))
        if start.startswith(b"BZh"):
            return cast(BinaryIO, _owning(bz2.BZ2File(plain), plain))
        if start.startswith(b"\xfd7zXZ\x00"):
            return cast(BinaryIO, _owning(lzma.LZMAFile(plain), plain))
        try:
            self._refuse(start)
        except SourceError:
            plain.close()
            raise
        if start.startswith(_UTF8_MARK):
            plain.seek(len(_UTF8_MARK))
        return plain

    def _refuse(self, start: bytes) -> None:
        for magic, program in _UNPACK_FIRST.items():
            if start.startswith(magic):
                raise SourceError(
                    "this kind of compressed file cannot be read directly",
                    where=str(self.path),
                    mend=f"unpack it first ({program}), or compress it with gzip",
                )
        if start.startswith(_UTF16):
            raise SourceError(
                "the file is UTF-16 text; a redirected PowerShell command writes that and loses characters",
                where=str(self.path),
                mend="write the dump again with --result-file=FILE in place of >",
            )

    def _damaged(self, what: str) -> SourceError:
        return SourceError(
            what,
            where=f"{self.path}, after {self.position} unpacked bytes",
            mend="copy or write the file again and compare sizes; nothing of it was used",
        )


def _owning(reader: io.BufferedIOBase, plain: BinaryIO) -> io.BufferedIOBase:
    """A BufferedReader over the decompressor whose close() closes the underlying file as well."""

    class _Owning(io.BufferedReader):
        def close(self) -> None:
            super().close()
            plain.close()

    return _Owning(cast(io.RawIOBase, reader), 1 << 20)
