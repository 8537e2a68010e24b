"""Files on parts: taken as base64 or by address, given back under addresses that expire."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote, urlsplit

from hd_assets.simulator.store import Store
from hd_assets.simulator.wire import Answer, ApiError, Call, Doc, invalid

_SHOWN_INLINE = re.compile(r"image/(png|jpeg|gif|webp)$")


def take_files(call: Call, conversation: str) -> list[Doc]:
    """Store what a body brings along in `attachment_files`, else `attachment_urls`."""
    files, urls = call.body.get("attachment_files") or [], call.body.get("attachment_urls") or []
    for name, entries in (("attachment_files", files), ("attachment_urls", urls)):
        if not isinstance(entries, list):
            raise invalid(f"{name} must be an array", field=name)
        if len(entries) > call.rules.attachments_per_part:
            raise invalid(f"{name} can have at most {call.rules.attachments_per_part} entries", field=name)
    if files:
        return [_take_file(call, conversation, entry) for entry in files]
    return [_take_url(call, entry) for entry in urls]


def _take_file(call: Call, conversation: str, entry: Any) -> Doc:
    if not isinstance(entry, dict) or not all(isinstance(entry.get(k), str) for k in ("content_type", "data", "name")):
        raise invalid("attachment_files entries need content_type, data and name", field="attachment_files")
    try:
        content = base64.b64decode(entry["data"], validate=True)
    except (binascii.Error, ValueError) as fault:
        raise invalid("attachment data is not base64", field="attachment_files") from fault
    if not entry["name"] or (not content and call.rules.empty_file_refused):
        raise invalid("attachment is empty or has no name", field="attachment_files")
    if len(content) > call.rules.attachment_limit_bytes:
        raise invalid("attachment is too large", field="attachment_files")
    return call.store.add_file(conversation, entry["name"], entry["content_type"], content)


def _take_url(call: Call, url: Any) -> Doc:
    """An address the destination would fetch; the simulator fetches nothing and keeps the address."""
    if not isinstance(url, str) or re.search(call.rules.unreachable_image, url):
        raise invalid("attachment could not be fetched", field="attachment_urls")
    name = unquote(urlsplit(url).path.rsplit("/", 1)[-1]) or "file"
    return {"url": url, "name": name, "content_type": "application/octet-stream", "filesize": 0}


def attachment_view(call: Call, stored: Sequence[Doc]) -> list[Doc]:
    """Attachments as an answer shows them, with fresh addresses."""
    return [
        {
            "type": "upload",
            "name": file["name"],
            "url": file.get("url") or call.base_url + file_path(call.store, file["file"], expires=_expiry(call)),
            "content_type": file["content_type"],
            "filesize": file["filesize"],
        }
        for file in stored
    ]


def _expiry(call: Call) -> int:
    return call.now + call.rules.file_url_seconds


def file_path(store: Store, key: int, *, expires: int) -> str:
    return f"/_files/{key}.{expires}.{_signature(store, key, expires)}"


def _signature(store: Store, key: int, expires: int) -> str:
    return hmac.new(store.secret, f"{key}.{expires}".encode(), hashlib.sha256).hexdigest()[:24]


def serve_file(store: Store, token: str, now: float) -> Answer:
    """The bytes behind an address from an answer; 403 once it has expired."""
    key, _, rest = token.partition(".")
    expires, _, signature = rest.partition(".")
    if not (key.isdecimal() and expires.isdecimal() and len(key) < 19 and len(expires) < 19):
        raise ApiError(404, "not_found", "No such file")
    if not hmac.compare_digest(signature.encode(), _signature(store, int(key), int(expires)).encode()):
        raise ApiError(404, "not_found", "No such file")
    if now > int(expires):
        raise ApiError(403, "forbidden", "The address has expired")
    found = store.file(int(key))
    if found is None:
        raise ApiError(404, "not_found", "No such file")
    name, content_type, content = found
    shown = bool(_SHOWN_INLINE.match(content_type))
    plain_name = re.sub(r"[^\w. -]", "_", name, flags=re.A)
    return Answer(
        200,
        {
            # a file from a ticket never runs as a page of this server
            "content-type": content_type if shown else "application/octet-stream",
            "content-disposition": f'{"inline" if shown else "attachment"}; filename="{plain_name}"',
            "x-content-type-options": "nosniff",
            "content-security-policy": "default-src 'none'; sandbox",
        },
        content,
    )
