"""How the web API of a Jitbit is given: variables for address and account, options of the mapping for the rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from hd_assets.errors import UsageError
from hd_assets.extract.environment import read_variable

DEFAULT_RULE_IDS = 60
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True)
class JitbitApiOptions:
    """`bases` are the addresses to try, each ending in `/api`; secrets never show in a repr.

    `calls_per_minute`: 90 is what one public exporter paces itself to (the limit is not published); 0 does not wait.
    `page_rows`: asked for at once; servers give at most 100 or 300. `dates_without_zone`: `utc`, or `local` when such
    dates are in the zone of the mapping (a guess that ought to be `utc`, since all seen end in Z).
    `rule_ids`: the API has no list of rules; ids up to this are asked for one by one. `links`, `subscribers`, `time`:
    one call more a ticket each. `count_must_agree`: fewer tickets than Jitbit itself counts end the reading.
    """

    bases: tuple[str, ...]
    user: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)
    calls_per_minute: int = 90
    page_rows: int = 300
    dates_without_zone: str = "utc"
    rule_ids: int = DEFAULT_RULE_IDS
    count_must_agree: bool = True
    links: bool = True
    subscribers: bool = True
    time: bool = True


API_OPTIONS: dict[str, type] = {
    "calls_per_minute": int, "page_rows": int, "dates_without_zone": str, "rule_ids": int, "count_must_agree": bool,
    "links": bool, "subscribers": bool, "time": bool,
}  # fmt: skip
"""Source options of the mapping for this way in."""


def from_variables(env: Mapping[str, str], **options: Any) -> JitbitApiOptions:
    """From JITBIT_URL and JITBIT_TOKEN, or JITBIT_USER and JITBIT_PASSWORD, each also as `<NAME>_FILE`.

    UsageError when one is missing, both ways in are given, or a value cannot be used.
    """
    url = read_variable(env, "JITBIT_URL")
    user, password = read_variable(env, "JITBIT_USER"), read_variable(env, "JITBIT_PASSWORD")
    token = read_variable(env, "JITBIT_TOKEN")
    if not url:
        mend = "set JITBIT_URL to https://tenant.jitbit.com/helpdesk"
        raise UsageError("the address of the Jitbit is not given", where="environment", mend=mend)
    if bool(password) == bool(token):
        what = "JITBIT_PASSWORD and JITBIT_TOKEN are both set" if password else "no password and no token is given"
        mend = "set JITBIT_USER and JITBIT_PASSWORD, or JITBIT_TOKEN alone"
        raise UsageError(what, where="environment", mend=mend)
    if password and not user:
        mend = "set JITBIT_USER to the login (DOMAIN\\user with Windows accounts), or use JITBIT_TOKEN"
        raise UsageError("the login of the account is not given", where="environment", mend=mend)
    _check(options)
    if "calls_per_minute" not in options and urlsplit(url).hostname in LOOPBACK:
        options["calls_per_minute"] = 0  # a server on this machine is a stand-in, or one nobody else uses
    return JitbitApiOptions(addresses(url), user if password else None, password, token, **options)


def _check(options: Mapping[str, Any]) -> None:
    mend = "calls_per_minute (0: no pace) and rule_ids from 0, page_rows from 1, dates_without_zone utc or local"
    numbers = {"calls_per_minute": 0, "rule_ids": 0, "page_rows": 1}
    for name, least in numbers.items():
        if options.get(name, least) < least:
            raise UsageError(f"{name} cannot be {options[name]}", where=f"source option {name}", mend=mend)
    if options.get("dates_without_zone", "utc") not in ("utc", "local"):
        what = f"dates_without_zone cannot be {options['dates_without_zone']!r}"
        raise UsageError(what, where="source option dates_without_zone", mend=mend)


def addresses(url: str) -> tuple[str, ...]:
    """Where the web API may lie: `/helpdesk/api` with Jitbit's own hosting, else `/api` below the page of the login."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or "@" in parts.netloc:
        mend = "write https://host/helpdesk, the page where people log in, without user, password or anything behind ?"
        raise UsageError("JITBIT_URL cannot be used", where="JITBIT_URL", mend=mend)
    path = parts.path.rstrip("/")
    root = f"{parts.scheme}://{parts.netloc}"
    if path.lower().endswith("/api"):
        return (f"{root}{path}",)
    if path.lower().endswith("/helpdesk"):
        return (f"{root}{path}/api", f"{root}{path[: -len('/helpdesk')]}/api")
    return (f"{root}{path}/helpdesk/api", f"{root}{path}/api")
