"""Attachment bytes from a copy of the file share of an on-premise installation.

How the product names the files there was never seen. So several ways are tried in turn, the mapping may name others,
and a file that no way finds without doubt is told as missing rather than guessed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hd_assets.errors import SourceError, UsageError
from hd_assets.extract.base import BytesUnavailableError, RawSink, Row

PATTERNS = (
    "{file_id}",
    "{file_id}_{file_name}",
    "{file_id}{extension}",
    "{file_hash}",
    "{file_hash}{extension}",
    "{ticket_id}/{file_name}",
    "{ticket_id}/{file_id}_{file_name}",
)
ANYWHERE = "anywhere"
"""Not a pattern: the only file of that name and size, wherever it lies."""
_FIELDS = frozenset({"file_id", "file_name", "file_hash", "ticket_id", "comment_id", "extension"})
_NO_SHARE = "lies on the file share, and JITBIT_FILES is not set"
_BLOCK = 1 << 20


@dataclass(frozen=True)
class Wanted:
    """One file as the database tells it. `size` 0: unknown. `is_elsewhere`: it lies in a cloud drive."""

    file_id: str
    file_name: str
    size: int
    names: Mapping[str, str]
    is_elsewhere: bool = False

    @classmethod
    def of(cls, columns: tuple[str, ...], row: Row) -> Wanted:
        held = dict(zip(columns, row, strict=True))
        name, size = held.get("file_name") or "", held.get("file_size") or ""
        names = {field: held.get(field) or "" for field in _FIELDS - {"extension"}}
        names["extension"] = Path(name).suffix
        elsewhere = bool(held.get("google_drive_url") or held.get("dropbox_url"))
        return cls(held["file_id"] or "", name, int(size) if size.isdecimal() else 0, names, elsewhere)

    @property
    def source_key(self) -> str:
        """Changes whenever the bytes can have changed."""
        return f"share:{self.file_id}:{self.names['file_hash']}:{self.size}"


@dataclass(frozen=True)
class Answer:
    """`state`: found, missing, ambiguous, or size_differs with the path of the file that is not it."""

    state: str
    path: Path | None = None
    way: str | None = None
    detail: str | None = None


@dataclass
class ShareReport:
    """What a dry run says: ids by state, and how many files each way found."""

    ids: dict[str, list[str]] = field(default_factory=dict)
    ways: Counter[str] = field(default_factory=Counter)

    def add(self, wanted: Wanted, answer: Answer) -> None:
        self.ids.setdefault(answer.state, []).append(wanted.file_id)
        if answer.way:
            self.ways[answer.way] += 1

    def lines(self) -> Iterator[str]:
        """One sentence a state, ids and counts only."""
        if found := self.ids.get("found"):
            shown = ", ".join(f"{way} ({count})" for way, count in self.ways.most_common())
            yield f"{len(found)} files are on the share, found by {shown}"
        for state, told in (
            ("missing", "are not on the share"),
            ("ambiguous", "have several candidates on the share"),
            ("size_differs", "lie on the share with another size"),
        ):
            if ids := self.ids.get(state):
                yield f"{len(ids)} files {told}: file {', '.join(ids[:10])}{', …' if len(ids) > 10 else ''}"


class Share:
    """A folder. Nothing outside of it is ever opened, whatever the names in the database say."""

    def __init__(self, folder: Path, patterns: Iterable[str] = (*PATTERNS, ANYWHERE)) -> None:
        """SourceError when the folder is not there, UsageError for a pattern with an unknown field."""
        self.folder, self.patterns = folder, tuple(patterns)
        if not folder.is_dir():
            raise SourceError(
                "the folder of attachments does not exist",
                where=f"JITBIT_FILES={folder}",
                mend="give a copy of the folder that AttachmentsPath in appsettings.json names",
            )
        for pattern in self.patterns:
            named = set(re.findall(r"\{(\w+)\}", pattern))
            if pattern != ANYWHERE and not (named and named <= _FIELDS):
                known = ", ".join(sorted(f"{{{name}}}" for name in _FIELDS))
                raise UsageError(
                    f"the pattern {pattern!r} cannot be used",
                    where="source option file_patterns",
                    mend=f"use {known}, or the word {ANYWHERE}",
                )
        self._by_name: dict[tuple[str, int], list[Path]] | None = None

    def find(self, wanted: Wanted) -> Answer:
        """Where its bytes lie. The size decides: a file of another size is not the one."""
        other: Answer | None = None
        for pattern in self.patterns:
            answer = self._anywhere(wanted) if pattern == ANYWHERE else self._at(pattern, wanted)
            if answer is None:
                continue
            if answer.state == "found":
                return answer
            other = other or answer
        return other or Answer("missing", detail="no file on the share bears one of its names")

    def _at(self, pattern: str, wanted: Wanted) -> Answer | None:
        needed = re.findall(r"\{(\w+)\}", pattern)
        if any(not wanted.names.get(name) and name != "extension" for name in needed):
            return None
        safe = {name: re.sub(r'[\\/:*?"<>|]', "_", value) for name, value in wanted.names.items()}
        path = self.folder / re.sub(r"\{(\w+)\}", lambda match: safe.get(match[1], ""), pattern)
        if ".." in path.parts or not path.is_file():
            return None
        if not path.resolve().is_relative_to(self.folder.resolve()):
            return None
        size = path.stat().st_size
        if wanted.size and size != wanted.size:
            return Answer("size_differs", path, detail=f"{size} bytes lie there, the table says {wanted.size}")
        return Answer("found", path, pattern)

    def _anywhere(self, wanted: Wanted) -> Answer | None:
        if not wanted.size:
            return None
        found = self._index().get((wanted.file_name, wanted.size), [])
        if len(found) > 1:
            return Answer("ambiguous", detail=f"{len(found)} files have its name and size")
        return Answer("found", found[0], ANYWHERE) if found else None

    def _index(self) -> dict[tuple[str, int], list[Path]]:
        if self._by_name is None:
            self._by_name = {}
            for path in sorted(self.folder.rglob("*")):
                if path.is_file() and not path.is_symlink():
                    self._by_name.setdefault((path.name, path.stat().st_size), []).append(path)
        return self._by_name


def dry_run(share: Share, wanted: Iterable[Wanted]) -> ShareReport:
    """Look for every file and open none."""
    report = ShareReport()
    for file in wanted:
        if not file.is_elsewhere:
            report.add(file, share.find(file))
    return report


def store(
    share: Share | None,
    wanted: Sequence[Wanted],
    into: RawSink,
    in_table: Callable[[Wanted], bytes | None] = lambda _: None,
) -> None:
    """Store the bytes of every file, and say in `file_bytes` what became of each.

    `in_table` gives bytes that lie in the database itself, as those of very old installations may (a guess).
    """
    report = ShareReport()
    unasked = 0
    for number, file in enumerate(wanted):
        into.advance(number, len(wanted), "files")
        if file.is_elsewhere:
            told = _failed(file, "missing", "only an address in a cloud drive is known")
            into.rows("file_bytes", [told])
            continue
        if (stored := into.stored_before(file.source_key)) is not None:
            told = (file.file_id, stored.sha256, str(stored.size_bytes), "stored", None, file.source_key)
            into.rows("file_bytes", [told])
            continue
        answer = share.find(file) if share else Answer("missing", detail=_NO_SHARE)
        if answer.state != "found" and (held := in_table(file)):
            into.rows("file_bytes", [_kept(file, iter((held,)), into)])
            continue
        if share:
            report.add(file, answer)
        unasked += share is None
        into.rows("file_bytes", [_stored(file, answer, into)])
    for line in report.lines():
        into.warn(line)
    if unasked:
        into.warn(f"{unasked} files lie on the file share; set JITBIT_FILES to a copy of it")


def _stored(file: Wanted, answer: Answer, into: RawSink) -> Row:
    if answer.path is None:
        return _failed(file, "missing", str(answer.detail))
    if answer.state == "size_differs":
        is_short = answer.path.stat().st_size < file.size
        return _failed(file, "short" if is_short else "missing", str(answer.detail))
    return _kept(file, _blocks(answer.path), into)


def _kept(file: Wanted, chunks: Iterator[bytes], into: RawSink) -> Row:
    try:
        stored = into.file(file.source_key, chunks, at_least=file.size)
    except BytesUnavailableError as error:
        return _failed(file, "missing", str(error))
    if not stored.complete:
        return _failed(file, "short", f"{stored.size_bytes} of {file.size} bytes are there")
    return (file.file_id, stored.sha256, str(stored.size_bytes), "stored", None, file.source_key)


def _failed(file: Wanted, status: str, detail: str) -> Row:
    return (file.file_id, None, None, status, detail, file.source_key)


def _blocks(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as source:
            while block := source.read(_BLOCK):
                yield block
    except OSError as error:
        raise BytesUnavailableError(f"the file on the share cannot be read ({error.strerror})") from None
