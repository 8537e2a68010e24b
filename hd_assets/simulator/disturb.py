"""How a fault changes an answer that was made: what is left of its body, what its headers claim."""

from __future__ import annotations

import functools
from email.utils import formatdate
from typing import Literal

from pydantic_core import from_json

from hd_assets.simulator.faults import Fault, Kind, Strike
from hd_assets.simulator.wire import Answer, DroppedError, encode

_PAGE = b"<html><head><title>200 OK</title></head><body><h1>Welcome to the proxy</h1></body></html>"

# Faults that keep the request from the workspace, and how the connection breaks.
NEVER_ARRIVES: dict[Kind, Literal["connect", "read", "write", "disconnect"]] = {
    "connect_error": "connect",
    "lost_before": "read",
    "reset_in_body": "write",
    "keepalive_drop": "disconnect",
}


def date(now: float, strike: Strike) -> str:
    """The Date header."""
    off = sum(fault.seconds for fault in strike.beside if fault.kind == "wrong_date") if strike.beside else 0.0
    return _date(int(now + off))


@functools.lru_cache(maxsize=64)
def _date(second: int) -> str:
    return formatdate(second, usegmt=True)


def limit_headers(headers: dict[str, str], now: float, strike: Strike) -> dict[str, str]:
    """The rate-limit headers as the faults would have them."""
    for fault in strike.beside:
        headers = _limit_headers(headers, now, fault)
    return headers


def _limit_headers(headers: dict[str, str], now: float, fault: Fault) -> dict[str, str]:
    match fault.kind:
        case "rate_headers_missing":
            return {}
        case "rate_headers_absurd":
            told = {"limit": "many", "remaining": "-7", "reset": "99999999999999999999"}
        case "rate_headers_past":
            told = {"reset": str(int(now) - 3600)}
        case "rate_headers_ms":
            told = {"reset": f"{headers.get('x-ratelimit-reset', str(int(now)))}000"}
        case "rate_limit_zero":
            told = {"limit": "0", "remaining": "0"}
        case _:
            return headers
    return {**headers, **{f"x-ratelimit-{name}": value for name, value in told.items()}}


def spoiled(answer: Answer, fault: Fault | None) -> Answer:
    """What arrives of the answer; raises DroppedError when nothing does."""
    if fault is None:
        return answer
    if fault.kind == "applied_then_lost":
        raise DroppedError("read")
    if fault.kind == "truncated":
        return Answer(answer.status, answer.headers, answer.body, truncated=True)
    if answer.status >= 300:
        return answer
    if fault.kind == "empty_body":
        return Answer(answer.status, answer.headers, b"")
    if fault.kind == "not_json":
        return Answer(answer.status, {**answer.headers, "content-type": "text/html"}, _PAGE)
    if fault.kind == "no_id":
        kept = {name: value for name, value in from_json(answer.body).items() if name not in _IDS}
        return Answer(answer.status, answer.headers, encode(kept))
    return answer


_IDS = {"id", "conversation_id", "ticket_id", "company_id", "external_id"}
