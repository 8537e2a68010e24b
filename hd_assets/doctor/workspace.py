"""Is a target the workspace the mapping means, and may the token read what publishing looks at?"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from collections.abc import Mapping as Environment
from contextlib import closing
from typing import Any

import httpx

from hd_assets.doctor.findings import Findings
from hd_assets.errors import HdError
from hd_assets.mapping import UNDECIDED, Migration
from hd_assets.publish.catalog import Catalog, fold
from hd_assets.publish.client import Client
from hd_assets.publish.clock import SystemClock
from hd_assets.publish.context import SIMULATOR, aim_of, base_url_of
from hd_assets.publish.ledger_file import damaged
from hd_assets.publish.outcomes import RefusedError, TokenRefusedError
from hd_assets.publish.rate import RateLimiter
from hd_assets.settings import Settings, secret

_PATIENCE_SECONDS = 10.0
# what a token needs is granted by these words in the workspace's developer settings
_READS: dict[str, str] = {
    "admin": "teammates",
    "team": "teams",
    "contact_attribute": "attributes of contacts",
    "company_attribute": "attributes of companies",
    "conversation_attribute": "attributes of conversations",
    "tag": "tags",
    "ticket_type": "ticket types",
    "ticket_state": "ticket states",
    "collection": "help centre collections",
    "help_center": "help centres",
}
_PAGES = {
    "/contacts": "contacts",
    "/companies": "companies",
    "/conversations": "conversations",
    "/articles": "articles",
}
_NO_SUCH_TYPE = "hd_assets_doctor"


def judge_target(
    settings: Settings,
    migration: Migration,
    target: str,
    environment: Environment[str, str],
    into: Findings,
    *,
    asked_for: bool,
    transport: httpx.BaseTransport | None = None,
) -> None:
    """Try one target. One that was not `asked_for` may be without a token, and its simulator need not run."""
    area = f"target {target}"
    aim = aim_of(migration, target)
    token = secret(environment, aim.token) or ("simulator" if target == SIMULATOR else None)
    if token is None:
        sentence, mend = (
            f"{aim.token} is not set, so the workspace was not tried",
            f"set {aim.token} or {aim.token}_FILE",
        )
        into.wrong(area, sentence, mend) if asked_for else into.open(area, sentence, mend)
        return
    if target != SIMULATOR and aim.region == UNDECIDED and aim.base_url is None:
        into.open(area, "its region is not decided, so the workspace has no address to be tried at")
        return
    clock, publish = SystemClock(), migration.mapping.publish
    limiter = RateLimiter(clock, headroom=publish.headroom, cap=publish.requests_per_minute)
    client = Client(
        base_url_of(settings, migration, target),
        token,
        variable=aim.token,
        limiter=limiter,
        clock=clock,
        stop=threading.Event(),
        transport=transport,
        patience=_PATIENCE_SECONDS,
    )
    try:
        app = client.once("/me").get("app") or {}
        _judge_identity(settings, migration, target, app, into)
        into.fine(area, f"at most {limiter.budget * 6} requests a minute, {publish.headroom:.0%} stay with other apps")
        _judge_reads(area, Catalog(client), client, migration, into)
    except HdError as fault:
        if target == SIMULATOR and not asked_for:
            into.open(area, f"no simulator answers at {settings.simulator_url}", "`hd-assets simulator` starts one")
        else:
            into.fault(area, fault)
    except RefusedError as fault:
        into.wrong(area, f"GET /me was refused: {fault}", "check the token and the region of the target")
    finally:
        client.close()


def _judge_identity(settings: Settings, migration: Migration, target: str, app: dict[str, Any], into: Findings) -> None:
    area, aim = f"target {target}", aim_of(migration, target)
    found, region = str(app.get("id_code") or "?"), str(app.get("region") or "?").lower()
    pinned = _pinned(settings, migration, target)
    wrong = [expected for expected in (aim.workspace, pinned) if expected and expected != found]
    for expected in dict.fromkeys(wrong):
        into.wrong(
            area,
            f"the token belongs to workspace {found}, not to {expected}",
            f"put the token of {expected} into {aim.token}, or correct targets.{target}.workspace",
        )
    if target != SIMULATOR and region not in ("?", aim.region) and aim.region != UNDECIDED:
        into.wrong(
            area, f"it lies in region {region}, the mapping says {aim.region}", f"correct targets.{target}.region"
        )
    elif not wrong:
        how = "as pinned" if pinned or aim.workspace else "to be pinned at the first publish"
        into.fine(area, f"workspace {found} in region {region}, {how}")
    if target != SIMULATOR:
        into.open(area, f"the plan cannot be asked for; the mapping says {aim.plan or UNDECIDED}")


def _pinned(settings: Settings, migration: Migration, target: str) -> str | None:
    """The workspace the ledger has published to, where there is a ledger.

    Opened so that not even SQLite's helper files appear beside it, as they would for any other reader.
    """
    path = settings.stores(migration.name).ledger(target)
    if not path.exists():
        return None
    log = path.with_name(f"{path.name}-wal")
    at_rest = not log.exists() or log.stat().st_size == 0
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro{'&immutable=1' if at_rest else ''}", uri=True)) as books:
            found = books.execute("select value from meta where name = 'workspace_id'").fetchone()
    except sqlite3.DatabaseError as fault:
        raise damaged(path, str(fault)) from fault
    return str(found[0]) if found else None


def _judge_reads(area: str, catalog: Catalog, client: Client, migration: Migration, into: Findings) -> None:
    readable = [name for kind, name in _READS.items() if _may(area, name, _listing(catalog, kind), into)]
    readable += [name for path, name in _PAGES.items() if _may(area, name, _page(client, path), into)]
    if readable:
        into.fine(area, f"the token reads {', '.join(readable)}; that it may write shows only by writing")
    _judge_objects(area, catalog, into)
    admin = migration.mapping.migration_admin.email
    if admin == UNDECIDED or "admin" not in catalog.lists:
        return
    if fold(admin) in {fold(str(doc.get("email") or "")) for doc in catalog.listed("admin")}:
        into.fine(area, "the migration admin is a teammate of the workspace")
    else:
        into.wrong(
            area,
            "the migration admin of the mapping is not a teammate of the workspace",
            f"invite the address of migration_admin (simulator: `hd-assets simulator provision {migration.name}`)",
        )


def _listing(catalog: Catalog, kind: str) -> Callable[[], object]:
    return lambda: catalog.listed(kind)


def _page(client: Client, path: str) -> Callable[[], object]:
    return lambda: client.get(path, per_page=1)


def _may(area: str, name: str, read: Callable[[], object], into: Findings) -> bool:
    try:
        read()
    except TokenRefusedError as fault:
        if fault.status == 401:
            raise
        into.wrong(area, f"the token may not read {name} ({fault.status})", f"grant it the permission to read {name}")
        return False
    except RefusedError as fault:
        into.wrong(area, f"{name} cannot be read ({fault})", "check the workspace's plan and the token's permissions")
        return False
    return True


def _judge_objects(area: str, catalog: Catalog, into: Findings) -> None:
    """Asked for a type nobody has: 404 says that the workspace knows custom objects."""
    try:
        standing = catalog.object_type(_NO_SUCH_TYPE)
    except RefusedError as fault:
        into.open(area, f"whether the workspace knows custom objects cannot be told ({fault})")
        return
    if standing == "forbidden":
        into.open(area, "the token or the plan has no custom objects; it matters only where the mapping uses them")
    else:
        into.fine(area, "custom objects can be used")
