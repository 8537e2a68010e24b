"""Reads from the target; what it does not hold (any more) reads as None."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from hd_assets.errors import UnreachableError
from hd_assets.publish.client import Client
from hd_assets.publish.outcomes import RefusedError

PAGE = 50
_GONE = (404, 410)


class Reader:
    """The target's records by id. Thread-safe; the client's request budget holds for it, too."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def one(self, path: str, *, holds: Sequence[str] = ("id",), **query: Any) -> dict[str, Any] | None:
        """The record under a path; None when the target says that there is none."""
        try:
            return self._client.one(path, holds=holds, **query)
        except RefusedError as fault:
            if fault.status in _GONE:
                return None
            raise self._refused(path, fault) from fault

    def rows(self, path: str, *names: str, **query: Any) -> list[dict[str, Any]]:
        """A list that comes whole; `names`: the keys under which the target may put it."""
        data = self.one(path, holds=names, **query) or {}
        return _rows(data, names)

    def paged(self, path: str, *names: str) -> Iterator[dict[str, Any]]:
        """A list that comes in numbered pages."""
        page = 1
        while True:
            data = self.one(path, holds=names, page=page, per_page=PAGE) or {}
            yield from _rows(data, names)
            pages = data.get("pages")
            last = pages.get("total_pages") if isinstance(pages, dict) else None
            if not isinstance(last, int) or page >= last:
                return
            page += 1

    def file(self, url: str) -> tuple[str, int] | None:
        """sha256 and size of the bytes behind an address the target gave; None when it does not serve them."""
        try:
            return self._client.download(url)
        except (RefusedError, UnreachableError):
            return None

    def _refused(self, path: str, fault: RefusedError) -> UnreachableError:
        return UnreachableError(
            f"the destination refused to show a record ({fault.status} {fault.label})",
            where=f"GET {self._client.base_url}{path}",
            mend="check the token's read permissions, then reconcile again; nothing was changed",
        )


def _rows(data: dict[str, Any], names: tuple[str, ...]) -> list[dict[str, Any]]:
    for name in names:
        found = data.get(name)
        if isinstance(found, list):
            return [row for row in found if isinstance(row, dict)]
    return []
