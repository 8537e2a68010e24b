"""What goes in and out of a handler: the call, the answer, the errors with the destination's envelope."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from pydantic_core import from_json, to_json

from hd_assets.simulator.rules import Rules
from hd_assets.simulator.store import Store

Doc: TypeAlias = dict[str, Any]
MISSING = object()


@dataclass(frozen=True)
class Answer:
    """One HTTP answer. `truncated`: the connection breaks in the middle of the body."""

    status: int
    headers: dict[str, str]
    body: bytes
    truncated: bool = False

    def json(self) -> Any:
        return from_json(self.body)


class DroppedError(Exception):
    """The connection broke and the caller got no answer; `phase` tells when."""

    def __init__(self, phase: Literal["connect", "write", "read", "disconnect", "timeout"]) -> None:
        super().__init__(f"connection lost: {phase}")
        self.phase = phase


class ApiError(Exception):
    """A refusal; becomes an error list."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        field: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.field = status, code, message, field
        self.headers = dict(headers or {})


def invalid(message: str, *, field: str | None = None) -> ApiError:
    return ApiError(400, "parameter_invalid", message, field=field)


def absent(name: str) -> ApiError:
    return ApiError(400, "parameter_not_found", f"{name} not specified", field=name)


def not_found(message: str = "Resource Not Found", code: str = "not_found") -> ApiError:
    return ApiError(404, code, message)


def user_not_found() -> ApiError:
    return not_found("User Not Found")


def encode(document: Any) -> bytes:
    return to_json(document, inf_nan_mode="null")


def json_answer(status: int, document: Any, headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(status, {"content-type": "application/json; charset=utf-8", **(headers or {})}, encode(document))


def error_answer(fault: ApiError, request_id: str, headers: Mapping[str, str] | None = None) -> Answer:
    entry: Doc = {"code": fault.code, "message": fault.message}
    if fault.field:
        entry["field"] = fault.field
    envelope = {"type": "error.list", "request_id": request_id, "errors": [entry]}
    return json_answer(fault.status, envelope, {**fault.headers, **(headers or {})})


@dataclass
class Call:
    """One authenticated request on its way through a handler; `now` is Unix seconds."""

    store: Store
    rules: Rules
    now: int
    workspace_id: str
    base_url: str
    params: dict[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    body: Doc = field(default_factory=dict)

    def param(self, name: str) -> str:
        return self.params[name]

    def text(self, name: str) -> str | None:
        """A string of the body, None when absent or null."""
        value = self.body.get(name)
        if value is not None and not isinstance(value, str):
            raise invalid(f"{name} must be a string", field=name)
        return value

    def required_text(self, name: str) -> str:
        value = self.text(name)
        if not value:
            raise absent(name)
        return value

    def identifier(self, name: str) -> str:
        """A required id; integers are taken too, as the description's own examples send them."""
        value = optional_identifier(self.body, name)
        if value is None:
            raise absent(name)
        return value

    def moment(self, name: str) -> int | None:
        """A Unix-seconds field of the body."""
        value = self.body.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int):
            raise invalid(f"{name} must be a UNIX timestamp", field=name)
        if not 0 <= value < 1 << 40:
            raise invalid(f"{name} is not a valid time", field=name)
        return value

    def past_moment(self, name: str) -> int:
        """Like `moment`, now when absent; the future is refused under the rule for it."""
        value = self.moment(name)
        if value is None:
            return self.now
        if self.rules.future_created_at_refused and value > self.now + 1:
            raise invalid(f"{name} can not be in the future", field=name)
        return value

    def flag(self, name: str, *, default: bool = False) -> bool:
        value = self.body.get(name, default)
        if not isinstance(value, bool):
            raise invalid(f"{name} must be a boolean", field=name)
        return value

    def mapping(self, name: str) -> Doc:
        value = self.body.get(name)
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise invalid(f"{name} must be an object", field=name)
        return value

    def number(self, name: str, default: int, *, most: int, least: int = 1) -> int:
        """A paging number of the query string."""
        raw = self.query.get(name)
        if raw is None:
            return default
        if not (raw.isascii() and raw.isdigit() and len(raw) < 13) or not least <= int(raw) <= most:
            raise invalid(f"{name} must be between {least} and {most}", field=name)
        return int(raw)

    def notify(self, kind: str) -> None:
        """Count a message that a real workspace would have sent to somebody."""
        self.store.count_up(f"notified:{kind}")


def optional_identifier(body: Mapping[str, Any], name: str) -> str | None:
    value = body.get(name)
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise invalid(f"{name} must be an id", field=name)
    return str(value)


Handler: TypeAlias = Callable[[Call], Doc]


@dataclass(frozen=True)
class Route:
    """`template` has `{name}` for one path segment; `since` is the API version that brought it."""

    method: str
    template: str
    handler: Handler
    since: str = "2.7"
    status: int = 200

    @functools.cached_property
    def reads(self) -> bool:
        """Whether it leaves the workspace as it is; searches are POSTs that do."""
        if self.template == "/companies/scroll":
            return False  # it moves on
        return self.method == "GET" or self.template.endswith("/search") or self.template == "/companies/list"
