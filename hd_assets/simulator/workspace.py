"""What a customer's admin makes by hand and the API only reads: teammates, teams, custom-object types."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from hd_assets.simulator.store import Store
from hd_assets.simulator.store_schema import fold
from hd_assets.simulator.wire import ApiError, Call, Doc, Route, absent, invalid, not_found


def admin_view(doc: Doc) -> Doc:
    return {
        "type": "admin",
        "id": doc["id"],
        "name": doc["name"],
        "email": doc["email"],
        "job_title": "",
        "away_mode_enabled": doc.get("away", False),
        "away_mode_reassign": doc.get("reassign", False),
        "has_inbox_seat": doc["has_inbox_seat"],
        "team_ids": doc["team_ids"],
    }


def get_me(call: Call) -> Doc:
    admins = call.store.all("admin")
    # a token always belongs to somebody, also before anybody was provisioned
    owner = admins[0] if admins else {"id": "1", "name": "Simulator", "email": "admin@simulator.example"}
    app = {
        "type": "app",
        "id_code": call.workspace_id,
        "name": "Simulator",
        "region": call.rules.region,
        "timezone": call.rules.timezone,
        "created_at": 1_700_000_000,
        "identity_verification": False,
    }
    shown = admin_view({"has_inbox_seat": True, "team_ids": [], **owner})
    return {**shown, "email_verified": True, "app": app}


def list_admins(call: Call) -> Doc:
    return {"type": "admin.list", "admins": [admin_view(doc) for doc in call.store.all("admin")]}


def get_admin(call: Call) -> Doc:
    return admin_view(require_admin(call, call.param("id"), code="admin_not_found"))


def set_away(call: Call) -> Doc:
    """The one thing the API changes about a teammate."""
    doc = call.store.get("admin", call.param("id"))
    if doc is None:
        raise not_found("Admin for admin_id not found", code="admin_not_found")
    for name in ("away_mode_enabled", "away_mode_reassign"):
        if name not in call.body:
            raise absent(name)
    if call.body.get("away_status_reason_id") is not None:
        raise invalid("Away status reason is deleted", field="away_status_reason_id")
    doc.update(away=call.flag("away_mode_enabled"), reassign=call.flag("away_mode_reassign"))
    return admin_view(call.store.replace("admin", doc))


def require_admin(call: Call, key: str, *, code: str = "not_found") -> Doc:
    doc = call.store.get("admin", key)
    if doc is None:
        raise not_found("Admin not found", code=code)
    return doc


def list_teams(call: Call) -> Doc:
    return {"type": "team.list", "teams": [_team_view(doc) for doc in call.store.all("team")]}


def get_team(call: Call) -> Doc:
    doc = call.store.get("team", call.param("id"))
    if doc is None:
        raise not_found("Team not found", code="team_not_found")
    return _team_view(doc)


def _team_view(doc: Doc) -> Doc:
    return {"type": "team", "id": doc["id"], "name": doc["name"], "admin_ids": doc["admin_ids"]}


# by hand, through the controls


def _provision_admin(store: Store, entry: Mapping[str, Any], now: int) -> Doc:
    name, email = _text(entry, "name"), _text(entry, "email")
    known = store.find("admin", "email", fold(email))
    if known:
        return store.replace("admin", {**known[0], "name": name})
    doc = {
        "id": str(store.count_up("admin", start=991_267_000)),
        "name": name,
        "email": email,
        "has_inbox_seat": bool(entry.get("has_inbox_seat", True)),
        "team_ids": [],
    }
    return store.add("admin", doc, now=now)


def _provision_team(store: Store, entry: Mapping[str, Any], now: int) -> Doc:
    name = _text(entry, "name")
    members = []
    for email in entry.get("admin_emails") or []:
        found = store.find("admin", "email", fold(str(email)))
        if not found:
            raise invalid(f"team '{name}' names a teammate who does not exist", field="admin_emails")
        members.append(int(found[0]["id"]))
    known = store.find("team", "name", fold(name))
    if known:
        doc = known[0]
        doc["admin_ids"] = sorted({*doc["admin_ids"], *members})
        store.replace("team", doc)
    else:
        doc = {"id": str(store.count_up("team", start=5_017_000)), "name": name, "admin_ids": sorted(set(members))}
        store.add("team", doc, now=now)
    for member in members:
        admin = store.get("admin", str(member))
        if admin and int(doc["id"]) not in admin["team_ids"]:
            store.replace("admin", {**admin, "team_ids": [*admin["team_ids"], int(doc["id"])]})
    return doc


def _provision_object_type(store: Store, entry: Any, now: int) -> Doc:
    """An identifier, or `{"identifier", "attributes": [names]}`; without attributes any name is taken."""
    given = {"identifier": entry} if isinstance(entry, str) else entry
    doc = {"id": _text(given, "identifier"), "attributes": given.get("attributes")}
    if store.get("custom_object_type", str(doc["id"])) is None:
        return store.add("custom_object_type", doc, now=now)
    return store.replace("custom_object_type", doc)


def _text(entry: Mapping[str, Any], name: str) -> str:
    value = entry.get(name) if isinstance(entry, Mapping) else None
    if not isinstance(value, str) or not value.strip():
        raise ApiError(400, "parameter_invalid", f"{name} must be a text", field=name)
    return value.strip()


def provision(
    store: Store,
    admins: Iterable[Mapping[str, Any]],
    teams: Iterable[Mapping[str, Any]],
    custom_object_types: Iterable[Any],
    now: int,
) -> Doc:
    """Make what is missing; known by e-mail, name or identifier. Answers ids by those."""
    return {
        "admins": {_text(entry, "email"): _provision_admin(store, entry, now)["id"] for entry in admins},
        "teams": {_text(entry, "name"): _provision_team(store, entry, now)["id"] for entry in teams},
        "custom_object_types": [_provision_object_type(store, entry, now)["id"] for entry in custom_object_types],
    }


ROUTES = (
    Route("GET", "/me", get_me),
    Route("GET", "/admins", list_admins),
    Route("GET", "/admins/{id}", get_admin),
    Route("PUT", "/admins/{id}/away", set_away),
    Route("GET", "/teams", list_teams),
    Route("GET", "/teams/{id}", get_team),
)
