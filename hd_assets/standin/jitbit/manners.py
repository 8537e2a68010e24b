"""What installations do differently, and what can go wrong in between."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hd_assets.standin.serving import Reply


@dataclass(frozen=True)
class Manners:
    """`without`: calls this version lacks. `calls_per_minute`: more are answered with 429.

    `counted_more`: tickets the count knows and the list does not. `more_keys`: by call, keys its objects have besides.

    Clients disagree on most of these: the largest page (100 or 300), the base of offsets, keys, who carries
    attachments, whether `all` users holds disabled ones, whether the overview of articles holds every one.
    """

    under: str = "/helpdesk"
    page_rows: int = 300
    offset_base: int = 0
    is_order_stable: bool = True
    heeds_days: bool = True
    spelling: str = "Pascal"
    dates: str = "Z"
    without: frozenset[str] = frozenset()
    ticket_has_attachments: bool = True
    attachments_answer: bool = True
    comments_have_attachments: bool = False
    list_tells_children: bool = True
    list_has_custom_fields: bool = True
    all_holds_disabled: bool = False
    articles_shown: int | None = None
    comments_tell_visibility: bool = True
    calls_per_minute: int | None = None
    counted_more: int = 0
    more_keys: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


FAULTS = {
    "error_page": Reply(b"<html><body><h1>500 - Internal server error</h1></body></html>", 500, "text/html"),
    "text_error": Reply(b"Object reference not set to an instance of an object", 400, "text/plain"),
    "login_page": Reply(
        b"<!DOCTYPE html><html><head><title>Login</title></head><body><form>Sign in</form></body></html>",
        200,
        "text/html",
    ),
    "moved": Reply(b"", 302, "text/html", headers={"location": "https://sso.example/login"}),
    "429": Reply(b"Too many requests", 429, "text/plain"),
    "429 for 7 seconds": Reply(b"Too many requests", 429, "text/plain", headers={"retry-after": "7"}),
    "expired": Reply(b"Token expired", 401, "text/plain"),
    "empty": Reply(b"", 200),
    "not_json": Reply(b"[{", 200),
}
