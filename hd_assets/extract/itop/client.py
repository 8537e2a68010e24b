"""`core/get` over HTTP: one request, its retries, and what iTop means by its answers."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hd_assets.errors import SourceError
from hd_assets.extract.itop.options import ItopOptions
from hd_assets.extract.retry import LostSnapshotError, RetryBudget

T = TypeVar("T")

_VERSION = "1.4"
_TRANSIENT = {408, 425, 429, 500, 502, 503, 504}
_SHOWN = 240
REFUSED = 1
FAILED = 100


class Found(BaseModel):
    """One object of an answer."""

    model_config = ConfigDict(extra="ignore")

    name: str = Field(alias="class")
    key: str
    fields: dict[str, Any]


class _Answer(BaseModel):
    model_config = ConfigDict(extra="ignore")

    code: int
    message: str | None = None
    objects: dict[str, Found] | None = None


@dataclass(frozen=True)
class Rows:
    """`total` is what the query finds, whatever part of it was asked for."""

    total: int
    objects: list[Found]


class RefusedError(SourceError):
    """iTop answered with an error code; `code` and `message` are its own."""

    def __init__(self, code: int, message: str, what: str, *, where: str, mend: str) -> None:
        super().__init__(what, where=where, mend=mend)
        self.code, self.message = code, message


class ItopClient:
    """Reads only. A request is tried again within its budget after faults that pass; anything else fails at once."""

    def __init__(
        self,
        options: ItopOptions,
        *,
        transport: httpx.BaseTransport | None = None,
        budget: Callable[[], RetryBudget] = lambda: RetryBudget(attempts=6, seconds=180),
    ) -> None:
        self._options, self._budget = options, budget
        headers, auth = {}, None
        if options.login == "basic":
            auth = httpx.BasicAuth(options.user, options.password or "")
        elif options.login == "token":
            headers["Auth-Token"] = options.token or ""
        self._http = httpx.Client(
            transport=transport, headers=headers, auth=auth, timeout=httpx.Timeout(300, connect=20)
        )

    @property
    def base(self) -> str:
        """Where people reach the installation."""
        return self._options.base

    @property
    def place(self) -> str:
        return self._options.endpoint

    def close(self) -> None:
        self._http.close()

    def get(self, name: str, oql: str, fields: tuple[str, ...], limit: int | None = None) -> Rows:
        """Rows of a query with named fields. `limit` is for counting: iTop's own pages lose and repeat rows."""
        asked: dict[str, Any] = {
            "operation": "core/get", "class": name, "key": oql, "output_fields": ",".join(fields)
        }  # fmt: skip
        if limit is not None:
            asked |= {"limit": limit, "page": 1}
        answer = self.call(asked, name)
        count = (answer.message or "").removeprefix("Found: ").split(" ")[0]
        if not count.isdigit():
            raise SourceError(
                "the answer does not say how many rows there are",
                where=f"{self.place}, class {name}",
                mend="check that ITOP_URL leads to iTop 2.7 or newer, with no page in between that rewrites answers",
            )
        return Rows(int(count), list((answer.objects or {}).values()))

    def count(self, name: str, oql: str) -> int:
        return self.get(name, oql, ("id",), limit=1).total

    def call(self, asked: dict[str, Any], about: str) -> _Answer:
        """One operation; RefusedError when iTop answers with an error code."""
        answer = self._retried(lambda: self._answer(asked, about))
        if answer.code:
            raise self._refusal(answer, about)
        return answer

    def document(self, name: str, id: str) -> tuple[dict[str, str], Iterator[bytes]]:
        """File name and type of one attachment, and its bytes. The whole answer of one file is held at a time."""
        rows = self.get(name, f"SELECT {name} WHERE id = {int(id)}", ("contents",))
        held = rows.objects[0].fields.get("contents") if rows.objects else None
        if not isinstance(held, dict):
            return {}, iter(())
        facts = {key: str(held.get(key) or "") for key in ("filename", "mimetype")}
        return facts, _decoded(str(held.get("data") or ""))

    def _retried(self, attempt: Callable[[], T]) -> T:
        budget = self._budget()
        pauses = budget.pauses()
        while True:
            try:
                return attempt()
            except LostSnapshotError:
                pause = next(pauses, None)
                if pause is None:
                    raise
                budget.sleep(pause)

    def _answer(self, asked: dict[str, Any], about: str) -> _Answer:
        form = {"version": _VERSION, "json_data": json.dumps(asked)}
        if self._options.login == "form":
            form |= {"auth_user": self._options.user, "auth_pwd": self._options.password or ""}
        try:
            reply = self._http.post(self.place, data=form)
        except (httpx.TransportError, httpx.DecodingError) as error:
            raise self._passing(f"the server cannot be reached or broke off ({type(error).__name__})", about) from None
        except httpx.InvalidURL:
            raise SourceError("the address is not one", where="ITOP_URL", mend="write https://host/path") from None
        if reply.status_code in _TRANSIENT:
            raise self._passing(f"the web server answers with status {reply.status_code}", about)
        if reply.status_code != 200:
            raise self._strange(f"the web server answers with status {reply.status_code}", reply)
        try:
            return _Answer.model_validate_json(reply.content)
        except ValidationError:
            raise self._not_json(reply, about) from None

    def _not_json(self, reply: httpx.Response, about: str) -> Exception:
        begin = reply.content[:2000].lstrip().lower()
        if b"allowed memory size" in begin or b"maximum execution time" in begin:
            return SourceError(
                "the server ran out of memory or time over one answer",
                where=f"{self.place}, class {about}",
                mend="lower the source option window_rows, or raise PHP's memory_limit and max_execution_time",
            )
        if begin.startswith(b"<br />") and (b"<b>warning</b>" in begin or b"<b>deprecated</b>" in begin):
            return SourceError(
                "remarks of PHP stand before the answer",
                where=f"{self.place}, class {about}",
                mend="set display_errors = Off in the php.ini of the server; remarks belong into its log",
            )
        if begin.startswith((b"<!doctype", b"<html")):
            return self._strange("an HTML page came instead of data, most likely a login page", reply)
        return self._passing("the answer is not complete or not JSON", about)

    def _strange(self, what: str, reply: httpx.Response) -> SourceError:
        moved = f" (it points to {reply.headers['location']})" if "location" in reply.headers else ""
        return SourceError(
            what + moved,
            where=self.place,
            mend="check ITOP_URL, and that no single sign-on or proxy stands before webservices/rest.php",
        )

    def _passing(self, what: str, about: str) -> LostSnapshotError:
        mend = "check host, port and firewall, and that the server runs; then start again"
        return LostSnapshotError(what, where=f"{self.place}, {about}", mend=mend)

    def _refusal(self, answer: _Answer, about: str) -> RefusedError:
        told = " ".join((answer.message or "").split())[:_SHOWN]
        where = f"{self.place}, {about}"
        if answer.code != REFUSED:
            what = f"iTop refuses the question (code {answer.code}): {told}"
            mend = "compare the class and its fields with the installation; a module may have been removed"
            return RefusedError(answer.code, answer.message or "", what, where=where, mend=mend)
        what, mend = self._login_problem(answer.message or "", about)
        return RefusedError(answer.code, answer.message or "", what, where=where, mend=mend)

    def _login_problem(self, message: str, about: str) -> tuple[str, str]:
        """All of these are code 1; the texts tell them apart where they are as in the original."""
        if "REST Services User" in message:
            return (
                "the account may not use the web services",
                "give it the profile `REST Services User` (an Administrator needs it, too)",
            )
        if "Portal user" in message:
            return (
                "the account is one of the customer portal",
                "use an account with Administrator and REST Services User",
            )
        if "permissions" in message:
            return f"the account may not read the class {about}", "give it the profile Administrator for the extraction"
        if self._options.login == "token":
            return (
                "iTop does not accept the token",
                "check ITOP_TOKEN, that the module authent-token is installed and rest-token an allowed login type",
            )
        return (
            "iTop does not accept login and password",
            "check ITOP_USER and ITOP_PASSWORD, that the account is enabled, and that allowed_login_types holds "
            f"`{self._options.login}`",
        )


def _decoded(text: str) -> Iterator[bytes]:
    step = 4 * (1 << 18)
    for place in range(0, len(text), step):
        yield base64.b64decode(text[place : place + step])
