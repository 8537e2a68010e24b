"""Keys at the top of the mapping: what the source tells of them, and what only a person can know."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import available_timezones

from hd_assets.propose.found import Found
from hd_assets.propose.line import Line

_FURTHEST_ZONE = timedelta(hours=14)


def key_lines(found: Found, decided: dict[str, Any]) -> Iterator[Line]:
    """Region, plan and the address of the migration admin are no lines: nothing in the source tells them, and a guess
    would send to another place."""
    yield _zone(found)
    first = _first_month(found)
    if first is not None:
        yield Line(("first_month",), f"{first:%Y-%m}", 0.95, "month of the oldest ticket")
    if "migration_admin" in decided:
        yield Line(("migration_admin", "name"), "Migration", 0.7, "the usual name")
    without = found.facts.get("tickets_without_agent")
    told = f"{without} tickets have no agent; they" if without else "tickets without an agent"
    yield Line(("unassigned_tickets",), "keep", 0.5, f"{told} stay where they are unless an inbox is named")
    yield Line(
        ("unmatched_agents",), "block", 0.5, "an agent without a teammate stops the publish, and nothing is lost"
    )
    yield Line(("internal_notes",), "note", 0.8, "notes are seen by teammates only, whatever the plan")


def _zone(found: Found) -> Line:
    zones = available_timezones()
    for fact, sure, why in (
        ("server_time_zone", 0.85, "zone of the source's server today; older rows may have another"),
        ("time_zone", 0.8, "zone the source names"),
        ("default_timezone", 0.4, "zone in which the source shows times; that it also stores them so is a guess"),
    ):
        zone = found.facts.get(fact)
        if zone in zones:
            return Line(("time_zone",), zone, sure, why)
    return Line(("time_zone",), "UTC", 0.2, "the source does not tell; every time of the migration hangs on it")


def _first_month(found: Found) -> date | None:
    """The oldest ticket's month in whatever zone; of a thread's where a ticket has no date."""
    months = [found.first_months[name] for name in ("conversations",) if name in found.first_months]
    if "conversations" in found.undated and "parts" in found.first_months:
        months.append(found.first_months["parts"])
    first = found.facts.get("first_record_at")
    if first:
        with suppress(ValueError):
            months.append((datetime.fromisoformat(first) - _FURTHEST_ZONE).date())
    return min(months).replace(day=1) if months else None
