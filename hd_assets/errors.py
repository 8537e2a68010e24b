"""Failures a migration engineer can mend without reading the code."""

from __future__ import annotations

from typing import ClassVar


class HdError(Exception):
    """Base of every expected failure; anything else that escapes is a bug.

    `exit_code` is what the command line returns: 1 differences, 2 usage, 3 blocked, 4 unreachable.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, what: str, *, where: str, mend: str) -> None:
        super().__init__(f"{what}\n  where: {where}\n  mend:  {mend}")
        self.what = what
        self.where = where
        self.mend = mend


class UsageError(HdError):
    """A command, setting or file cannot be used as given."""

    exit_code = 2


class MappingError(HdError):
    """A mapping file is wrong, or a value or field has no agreed target. Permanent: a rerun cannot help."""

    exit_code = 2


class SourceError(HdError):
    """The source answered, but it is not what we can read: wrong version, damaged dump, missing privilege."""

    exit_code = 2


class BlockedError(HdError):
    """A check, an approval or a safety rule stands before the step. Nothing was written."""

    exit_code = 3


class UnreachableError(HdError):
    """A server or file lock could not be reached within its time budget."""

    exit_code = 4
