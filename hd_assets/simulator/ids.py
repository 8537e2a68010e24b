"""Ids in the destination's shapes."""

from __future__ import annotations

import hashlib

from hd_assets.simulator.store import Store
from hd_assets.simulator.wire import Call


def hex_id(call: Call, kind: str) -> str:
    """24 hex digits, as contacts, companies and notes have."""
    number = call.store.count_up(kind)
    place = hashlib.sha256(f"{call.workspace_id}/{kind}".encode()).hexdigest()[:10]
    return f"{call.now & 0xFFFFFFFF:08x}{place}{number & 0xFFFFFF:06x}"


def decimal_id(call: Call, kind: str, start: int) -> str:
    """The next number above `start`, as a string."""
    return str(call.store.count_up(kind, start=start))


def uuid_id(store: Store, kind: str) -> str:
    """An id in the shape of a UUID."""
    digest = hashlib.sha256(store.secret + f"{kind}/{store.count_up(kind)}".encode()).hexdigest()
    return as_uuid(digest)


def as_uuid(digest: str) -> str:
    """32 and more hex digits in the shape of a random UUID."""
    return f"{digest[:8]}-{digest[8:12]}-4{digest[13:16]}-a{digest[17:20]}-{digest[20:32]}"
