"""What can become of a request, as far as the one who sent it can know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import httpx

from hd_assets.errors import BlockedError, HdError

# done     the answer says that it took effect
# not_sent it certainly took no effect and may be sent again
# refused  the destination says that it did nothing; sending it again would not help
# stop     refused, and every further request would be as well
# by_kind  refused because of another record: each kind knows what that means
# unknown  nobody can say; it has to be looked up
Verdict = Literal["done", "not_sent", "refused", "stop", "by_kind", "unknown"]

# Whatever is not named here leaves the outcome open: 408, 425, 5xx, redirects, statuses nobody has seen yet.
STATUSES: dict[int, Verdict] = {
    400: "refused",
    401: "stop",
    403: "stop",
    404: "refused",
    405: "refused",
    409: "by_kind",
    410: "by_kind",
    413: "refused",
    422: "refused",
    429: "not_sent",
}
# The request never left: there was no connection to send it over. Every other fault may have come after the last byte.
NEVER_LEFT: tuple[type[httpx.RequestError], ...] = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


def verdict_of_status(status: int) -> Verdict:
    """What a complete answer with this status says about the request."""
    return "done" if 200 <= status < 300 else STATUSES.get(status, "unknown")


def verdict_of_fault(fault: httpx.RequestError) -> Verdict:
    """What it says about the request that no complete answer came."""
    return "not_sent" if isinstance(fault, NEVER_LEFT) else "unknown"


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
        survivor: str | None = None,
    ) -> None:
        super().__init__(f"{status} {code}" + (f" ({field})" if field else ""))
        self.status, self.code, self.field, self.request_id = status, code, field, request_id
        # 409: the record in the way; 410: the record that took this one in
        self.twin, self.twin_archived, self.survivor = twin, twin_archived, survivor

    @property
    def label(self) -> str:
        return f"{self.code}:{self.field}" if self.field else self.code


class UnknownError(Exception):
    """Nobody can say whether the request took effect."""

    def __init__(
        self,
        reason: str,
        *,
        status: int | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(reason)
        self.reason, self.status, self.request_id = reason, status, request_id
        # seconds the destination asks to be left alone
        self.retry_after = retry_after


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
