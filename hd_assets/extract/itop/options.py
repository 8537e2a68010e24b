"""How an iTop source is given: variables for address and account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from hd_assets.errors import UsageError
from hd_assets.extract.environment import read_variable

_ENDPOINT = "/webservices/rest.php"


@dataclass(frozen=True)
class ItopOptions:
    """`login` says how the account is given: basic (header), form (fields) or token; secrets never show in a repr.

    `user` is always known: whether the account is limited to some organizations can only be asked by its login.
    """

    base: str
    user: str = field(repr=False)
    password: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)
    login: str = "basic"
    window_rows: int = 500

    @property
    def endpoint(self) -> str:
        return f"{self.base}{_ENDPOINT}"


def from_variables(env: Mapping[str, str], *, login: str | None = None, window_rows: int = 500) -> ItopOptions:
    """From ITOP_URL, ITOP_USER and ITOP_PASSWORD or ITOP_TOKEN, each also as `<NAME>_FILE`.

    UsageError when one is missing, both ways in are given, or the address cannot be used.
    """
    url = read_variable(env, "ITOP_URL")
    user, password = read_variable(env, "ITOP_USER"), read_variable(env, "ITOP_PASSWORD")
    token = read_variable(env, "ITOP_TOKEN")
    if not url:
        raise UsageError("no iTop source is given", where="environment", mend="set ITOP_URL to https://host/path")
    if bool(password) == bool(token):
        what = "ITOP_PASSWORD and ITOP_TOKEN are both set" if password else "no password and no token is given"
        raise UsageError(what, where="environment", mend="set ITOP_USER, and one of ITOP_PASSWORD and ITOP_TOKEN")
    if not user:
        mend = "set ITOP_USER to the login of the account; with a token, too: only by it can the account be checked"
        raise UsageError("the login of the account is not given", where="environment", mend=mend)
    chosen = login or ("token" if token else "basic")
    if chosen not in ("basic", "form", "token") or (chosen == "token") != bool(token):
        mend = "leave it out, or use basic or form with a password, token with ITOP_TOKEN"
        raise UsageError(f"the login {chosen!r} cannot be used", where="source option login", mend=mend)
    return ItopOptions(_base(url), user, password, token, chosen, window_rows)


def _base(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or "@" in parts.netloc:
        mend = "write https://host/path, the page where people log in, without user, password or anything behind ?"
        raise UsageError("ITOP_URL cannot be used", where="ITOP_URL", mend=mend)
    path = parts.path.rstrip("/")
    for ending in (_ENDPOINT, "/pages/UI.php", "/index.php"):
        path = path.removesuffix(ending)
    return f"{parts.scheme}://{parts.netloc}{path}"
