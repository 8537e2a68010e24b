"""Ids in the destination's shapes."""

from __future__ import annotations

import hashlib

from hd_assets.simulator.wire import Call


def hex_id(call: Call, kind: str) -> str:
    """24 hex digits, as contacts, companies and notes have."""
    number = call.store.count_up(kind)
    place = hashlib.sha256(f"{call.workspace_id}/{kind}".encode()).hexdigest()[:10]
    return f"{call.now & 0xFFFFFFFF:08x}{place}{number & 0xFFFFFF:06x}"


def decimal_id(call: Call, kind: str, start: int) -> str:
    """The next number above `start`, as a string."""
    return str(call.store.count_up(kind, start=start))
