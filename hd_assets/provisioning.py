"""What a workspace's admin must make by hand before a migration: admins and teams, read from staging."""

from __future__ import annotations

from typing import Any

import httpx

from hd_assets.errors import UnreachableError, UsageError
from hd_assets.mapping import Migration
from hd_assets.settings import Settings
from hd_assets.warehouse import Warehouse

_ADMINS = "select name, email from staging.teammates where is_active and email is not null order by external_id"
_TEAMS = """
select inboxes.name, list(teammates.email order by teammates.email) filter (where teammates.email is not null)
from staging.inboxes
left join staging.teammates
    on list_contains(inboxes.members, teammates.external_id) and teammates.is_active
where inboxes.merged_into is null
group by inboxes.name
order by inboxes.name
"""


def readiness(settings: Settings, migration: Migration) -> dict[str, Any]:
    """Admins (the migration admin among them), teams with their members' addresses, custom-object types.

    Raises UsageError when nothing is staged yet.
    """
    stores = settings.stores(migration.name)
    admin = migration.mapping.migration_admin
    if not stores.warehouse.exists():
        raise UsageError(
            "nothing is staged yet, so the teammates and inboxes are not known",
            where=str(stores.warehouse),
            mend=f"run `hd-assets run {migration.name} --until stage` first",
        )
    with Warehouse.of(stores.warehouse).get_connection() as connection:
        people = connection.execute(_ADMINS).fetchall()
        teams = connection.execute(_TEAMS).fetchall()
        types = connection.execute("select distinct object_type from staging.custom_objects order by 1").fetchall()
    admins = {admin.email.lower(): admin.name} | {email: name for name, email in people}
    return {
        "admins": [{"name": name, "email": email} for email, name in admins.items()],
        "teams": [{"name": name, "admin_emails": members or []} for name, members in teams],
        "custom_object_types": [name for (name,) in types],
    }


def provision(settings: Settings, wanted: dict[str, Any]) -> None:
    """Let the simulator make what `readiness` lists. Raises UnreachableError when it does not do so."""
    try:
        # a proxy of the environment leads away from the loopback interface
        with httpx.Client(trust_env=False, timeout=30) as client:
            client.post(f"{settings.simulator_url}/_simulator/provision", json=wanted).raise_for_status()
    except (httpx.HTTPError, httpx.InvalidURL) as fault:
        raise UnreachableError(
            f"the simulator does not answer ({type(fault).__name__})",
            where=settings.simulator_url,
            mend="start it with `hd-assets simulator`, or correct HD_SIMULATOR_URL",
        ) from fault
