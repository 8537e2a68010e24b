"""Pages by cursor, newest record first; a cursor stays valid while records are added."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from hd_assets.simulator.wire import Call, Doc, invalid


def cursor_page(
    found: Iterable[tuple[int, Doc]],
    pagination: dict[str, Any],
    view: Callable[[Doc], Doc],
    *,
    default: int,
    most: int,
) -> tuple[list[Doc], int, Doc]:
    """(shown, total count, `pages`) of (sequence, document) pairs sorted newest first."""
    per_page = pagination.get("per_page", default)
    if isinstance(per_page, str) and per_page.isdigit():
        per_page = int(per_page)
    if isinstance(per_page, bool) or not isinstance(per_page, int) or not 1 <= per_page <= most:
        raise invalid(f"per_page must be between 1 and {most}", field="per_page")
    before, page = _read_cursor(pagination.get("starting_after"))
    everything = list(found)
    rest = [(seq, doc) for seq, doc in everything if before is None or seq < before]
    shown = rest[:per_page]
    pages: Doc = {
        "type": "pages",
        "page": page,
        "per_page": per_page,
        "total_pages": max(1, -(-len(everything) // per_page)),
    }
    if len(rest) > per_page:
        pages["next"] = {"per_page": per_page, "starting_after": _write_cursor(shown[-1][0], page + 1)}
    return [view(doc) for _, doc in shown], len(everything), pages


def _write_cursor(seq: int, page: int) -> str:
    return base64.urlsafe_b64encode(json.dumps([seq, page]).encode()).decode()


def _read_cursor(cursor: Any) -> tuple[int | None, int]:
    if cursor in (None, ""):
        return None, 1
    try:
        seq, page = json.loads(base64.urlsafe_b64decode(str(cursor)))
        return int(seq), int(page)
    except (binascii.Error, ValueError, TypeError) as fault:
        raise invalid("starting_after is not a cursor", field="starting_after") from fault


def numbered_page(
    call: Call, docs: Sequence[Doc], *, path: str, most: int = 60, default: int = 50
) -> tuple[list[Doc], Doc]:
    """(shown, `pages`) for page and per_page of the query; `next` is an address or null."""
    per_page, page = call.number("per_page", default, most=most), call.number("page", 1, most=1_000_000)
    shown = list(docs[(page - 1) * per_page : page * per_page])
    more = page * per_page < len(docs)
    following = f"{call.base_url}{path}?per_page={per_page}&page={page + 1}" if more else None
    total_pages = max(1, -(-len(docs) // per_page))
    return shown, {"type": "pages", "page": page, "next": following, "per_page": per_page, "total_pages": total_pages}
