"""A local iTop: `webservices/rest.php`, document downloads and the CSV export over a store of rows."""

from __future__ import annotations

import base64
import csv
import io
import json
import random
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email import policy
from email.parser import BytesParser
from typing import Any
from urllib.parse import parse_qs

from hd_assets.standin.itop.catalogue import ADMIN_ONLY, UNRESTRICTED
from hd_assets.standin.itop.oql import OqlError, Query, run
from hd_assets.standin.itop.store import Row, Store
from hd_assets.standin.serving import Reply

LOGIN_PAGE = (
    b"<!DOCTYPE html><html><head><title>iTop login</title></head><body><form>Identify yourself</form></body></html>"
)
_FATAL = b"<br />\n<b>Fatal error</b>:  Allowed memory size of 134217728 bytes exhausted<br />"
_OPERATIONS = ("core/create", "core/update", "core/apply_stimulus", "core/get", "core/delete", "core/get_related",
               "core/check_credentials")  # fmt: skip
_VERSIONS = {"1.0", "1.1", "1.2", "1.3", "1.4"}


class _Refused(Exception):  # noqa: N818 - an answer, not a failure of ours
    def __init__(self, code: int, message: str, *, bare: bool = True) -> None:
        super().__init__(message)
        self.code, self.message, self.bare = code, message, bare


@dataclass
class ItopStandin:
    """`handle` answers one request. `faults` maps the number of a request (from 1) to what happens to it instead.

    Kinds of faults: error_page (500, HTML), login_page (200, HTML), cut (truncated body), empty (200, nothing),
    remarks (of PHP, before the answer).
    `memory_rows`: an answer of more rows dies of the server's memory limit. `requests` keeps what was asked.
    """

    store: Store
    faults: dict[int, str] = field(default_factory=dict)
    memory_rows: int = 100_000
    seed: int = 0
    requests: list[dict[str, Any]] = field(default_factory=list)
    on_request: Callable[[dict[str, Any]], None] | None = None

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)
        self._count = 0
        self._lock = threading.Lock()

    def handle(
        self, method: str, path: str, query: Mapping[str, str], headers: Mapping[str, str], body: bytes
    ) -> Reply:
        with self._lock:
            self._count += 1
            fault = self.faults.get(self._count)
            if fault == "error_page":
                return Reply(b"<html><body><h1>500 Internal Server Error</h1></body></html>", 500, "text/html")
            if fault == "login_page":
                return Reply(LOGIN_PAGE, content_type="text/html")
            if fault == "remarks":
                return Reply(b"<br />\n<b>Warning</b>:  Undefined property in <b>/itop/core.php</b> on line <b>1</b>{}")
            if fault == "empty":
                return Reply(b"")
            form = _form(headers.get("content-type", ""), body) if method == "POST" else dict(query)
            if path.endswith("/webservices/rest.php"):
                reply = self._rest(form, headers)
            elif path.endswith("/pages/ajax.document.php"):
                reply = self._document(query, headers)
            elif path.endswith("/webservices/export-v2.php"):
                reply = self._export(form, headers)
            else:
                reply = Reply(b"<html><body><h1>404 Not Found</h1></body></html>", 404, "text/html")
            return Reply(reply.body, reply.status, reply.content_type, cut=True) if fault == "cut" else reply

    # Accounts

    def _login(self, form: Mapping[str, str], headers: Mapping[str, str]) -> Row | None:
        login, password = form.get("auth_user"), form.get("auth_pwd")
        kind, _, coded = headers.get("authorization", "").partition(" ")
        if login is None and kind.lower() == "basic":
            login, _, password = base64.b64decode(coded).decode().partition(":")
        token = headers.get("auth-token") or form.get("auth_token")
        if token is not None:
            login = self.store.tokens.get(token)
        elif login is None or self.store.passwords.get(login) != password:
            return None
        for row in self.store.rows("User"):
            if row.fields.get("login") == login and row.fields.get("status") == "enabled":
                return row
        return None

    def _account(self, form: Mapping[str, str], headers: Mapping[str, str]) -> Row:
        account = self._login(form, headers)
        if account is None:
            raise _Refused(1, "Error: Invalid login")
        held = profiles(account)
        if "Portal user" in held:
            raise _Refused(1, "Error: Portal user is not allowed")
        if "REST Services User" not in held:
            why = "(The profile REST Services User is required to access the REST web services)"
            raise _Refused(1, f"Error: This user is not authorized to use the web services. {why}")
        return account

    def _allowed(self, account: Row, name: str, row: Row) -> bool:
        limited = {str(link["allowed_org_id"]) for link in account.fields.get("allowed_org_list") or []}
        if not limited or name.startswith(UNRESTRICTED) or "User" in self.store.line(row.name):
            return True
        organization = row.id if row.name == "Organization" else row.fields.get("org_id", row.fields.get("item_org_id"))
        return organization is None or str(organization) in limited

    # REST

    def _rest(self, form: Mapping[str, str], headers: Mapping[str, str]) -> Reply:
        try:
            account = self._account(form, headers)
            answer = self._operation(form, account)
        except _Refused as refused:
            answer = {"code": refused.code, "message": refused.message}
            if not refused.bare:
                answer["objects"] = None
        except _OutOfMemoryError:
            return Reply(_FATAL, 200, "text/html")
        return Reply(json.dumps(answer, ensure_ascii=False, separators=(",", ":")).replace("/", "\\/").encode())

    def _operation(self, form: Mapping[str, str], account: Row) -> dict[str, Any]:
        if "version" not in form:
            raise _Refused(2, "Error: Missing parameter 'version' (e.g. '1.0')")
        if "json_data" not in form:
            raise _Refused(3, "Error: Missing parameter 'json_data'")
        try:
            asked = json.loads(form["json_data"])
        except ValueError:
            raise _Refused(4, "Error: Parameter json_data is not a valid JSON structure") from None
        self.requests.append(asked)
        if self.on_request:
            self.on_request(asked)
        if form["version"] not in _VERSIONS:
            raise _Refused(10, f"Error: There is no service available for version '{form['version']}'")
        verb = asked.get("operation")
        if verb is None:
            raise _Refused(100, "Error: Missing parameter 'operation'")
        if verb == "list_operations":
            known = [{"verb": name, "description": "", "extension": "CoreServices"} for name in _OPERATIONS]
            told = f"Operations: {len(known)}"
            return {"code": 0, "message": told, "version": form["version"], "operations": known}
        if verb == "core/check_credentials":
            right = self.store.passwords.get(asked.get("user", "")) == asked.get("password")
            return {"code": 0, "message": None, "authorized": right}
        if verb == "core/get":
            return self._get(asked, account)
        raise _Refused(11, f"Error: Unknown verb '{verb}' in version '{form['version']}'")

    def _get(self, asked: Mapping[str, Any], account: Row) -> dict[str, Any]:
        name = asked.get("class")
        if not name:
            raise _Refused(100, "Error: Missing parameter 'class'")
        if name not in self.store.classes() and name not in self.store.parents.values():
            raise _Refused(100, f"Error: class: '{name}' is not a valid class'")
        if "key" not in asked:
            raise _Refused(100, "Error: Missing parameter 'key'")
        try:
            found = self._find(name, asked["key"])
        except OqlError as error:
            raise _Refused(100, f"Error: {error}") from None
        wanted = str(asked.get("output_fields", "*"))
        codes = self._codes(found.name, wanted)
        if (found.name == "User" or found.name.startswith(ADMIN_ONLY)) and "Administrator" not in profiles(account):
            why = "The current user does not have enough permissions for reading data of class"
            raise _Refused(1, f"{why} {found.name}", bare=False)
        rows = [row for row in found.rows if self._allowed(account, found.name, row)]
        total = len(rows)
        # sorted by a name that is not unique: namesakes come in any order, so pages overlap and miss rows
        rows.sort(key=lambda row: (str(row.fields.get("friendlyname") or ""), self._chance.random()))
        rows = self._page(rows, asked)
        if len(rows) > self.memory_rows:
            raise _OutOfMemoryError
        objects = {f"{row.name}::{row.id}": self._object(row, codes) for row in rows}
        return {"code": 0, "message": f"Found: {total}", "objects": objects or None}

    def _find(self, name: str, key: Any) -> Query:
        if isinstance(key, dict):
            equal = " AND ".join(f"{code} = '{value}'" for code, value in key.items())
            return run(f"SELECT {name} WHERE {equal}", self.store)
        text = str(key)
        return run(f"SELECT {name} WHERE id = {text}" if text.lstrip("-").isdigit() else text, self.store)

    def _codes(self, name: str, wanted: str) -> list[str] | None:
        """Fields of each row; None: all that the row's own class has."""
        if wanted == "*+":
            return None
        known = self.store.attributes(name)
        if wanted == "*":
            return known
        codes = [code.strip() for code in wanted.split(",")]
        for code in codes:
            if code not in known and code != "id":
                raise _Refused(100, f"Error: output_fields: invalid attribute code '{code}'")
        return codes

    def _page(self, rows: list[Row], asked: Mapping[str, Any]) -> list[Row]:
        limit, page = asked.get("limit"), asked.get("page", 1)
        if not str(page).isdigit() or int(page) < 1:
            told = "The request page number is not valid. It must be an integer greater than 0"
            raise _Refused(13, told, bare=False)
        return rows if not limit else rows[int(limit) * (int(page) - 1) : int(limit) * int(page)]

    def _object(self, row: Row, codes: list[str] | None) -> dict[str, Any]:
        fields = row.fields if codes is None else {code: row.value(code) for code in codes}
        return {"code": 0, "message": "", "class": row.name, "key": str(row.id), "fields": fields}

    # Documents and export

    def _document(self, query: Mapping[str, str], headers: Mapping[str, str]) -> Reply:
        inline = query.get("operation") == "download_inlineimage"
        name = "InlineImage" if inline else query.get("class", "")
        fields = self.store.tables.get(name, {}).get(int(query.get("id", "0")))
        if inline and (fields is None or fields.get("secret") != query.get("s")):
            return Reply(b"", 404, "text/html")
        if not inline and self._login({}, headers) is None:
            return Reply(LOGIN_PAGE, content_type="text/html")
        if fields is None:
            return Reply(b"<html><body>the object does not exist</body></html>", content_type="text/html")
        held = fields["contents"]
        return Reply(base64.b64decode(held["data"]), content_type=held["mimetype"])

    def _export(self, form: Mapping[str, str], headers: Mapping[str, str]) -> Reply:
        """CSV only, without localised words; obsolete rows are hidden, as in the original."""
        try:
            account = self._login(form, headers)
            if account is None:
                return Reply(LOGIN_PAGE, content_type="text/html")
            found = run(form.get("expression", ""), self.store)
            codes = [code.strip() for code in form["fields"].split(",")]
        except (OqlError, KeyError) as error:
            return Reply(f"<html><body><p>ERROR: {error}</p></body></html>".encode(), content_type="text/html")
        rows = [row for row in found.rows if not row.fields.get("obsolescence_flag")]
        out = io.StringIO()
        writer = csv.writer(out, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
        writer.writerow(codes)
        writer.writerows(
            [row.value(code) or "" for code in codes] for row in rows if self._allowed(account, row.name, row)
        )
        return Reply(out.getvalue().encode(), content_type="text/csv; charset=utf-8")


class _OutOfMemoryError(Exception):
    pass


def profiles(account: Row) -> set[str]:
    return {str(link["profile"]) for link in account.fields.get("profile_list") or []}


def _form(content_type: str, body: bytes) -> dict[str, str]:
    if content_type.startswith("multipart/form-data"):
        head = b"Content-Type: " + content_type.encode() + b"\r\n\r\n"
        form = {}
        for part in BytesParser(policy=policy.HTTP).parsebytes(head + body).iter_parts():
            content = part.get_payload(decode=True)
            name = part.get_param("name", header="content-disposition")
            form[str(name)] = content.decode() if isinstance(content, bytes) else ""
        return form
    return {name: values[-1] for name, values in parse_qs(body.decode(), keep_blank_values=True).items()}
