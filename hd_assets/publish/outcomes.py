"""What can become of a request, as far as the one who sent it can know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from hd_assets.errors import BlockedError, HdError


@dataclass(frozen=True)
class Answer:
    """A 2xx answer with its JSON body."""

    status: int
    data: dict[str, Any]
    request_id: str | None


class RefusedError(Exception):
    """The destination answered that it did not do it. Carries codes and ids, never the destination's wording."""

    def __init__(
        self,
        status: int,
        code: str,
        *,
        field: str | None = None,
        request_id: str | None = None,
        twin: str | None = None,
        twin_archived: bool = False,
    ) -> None:
        super().__init__(f"{status} {code}" + (f" ({field})" if field else ""))
        self.status, self.code, self.field, self.request_id = status, code, field, request_id
        self.twin, self.twin_archived = twin, twin_archived

    @property
    def label(self) -> str:
        return f"{self.code}:{self.field}" if self.field else self.code


class UnknownError(Exception):
    """Nobody can say whether the request took effect."""

    def __init__(self, reason: str, *, status: int | None = None, request_id: str | None = None) -> None:
        super().__init__(reason)
        self.reason, self.status, self.request_id = reason, status, request_id


class TokenRefusedError(BlockedError):
    """401 or 403: every further request would be refused as well."""

    def __init__(self, status: int, code: str, *, where: str, variable: str) -> None:
        super().__init__(
            f"the destination refused the access token ({status} {code})",
            where=where,
            mend=f"put a valid token with all write permissions into {variable} (or the file {variable}_FILE names)",
        )
        self.status, self.code = status, code


class StoppedError(HdError):
    """The run was asked to stop; everything sent is in the ledger and the next run goes on from there."""

    exit_code: ClassVar[int] = 130

    def __init__(self, step: str) -> None:
        super().__init__("stopped on request", where=step, mend="start the same command again; it resumes by itself")
