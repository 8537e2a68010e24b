"""What a person still has to decide before anything may be sent."""

from __future__ import annotations

from hd_assets.errors import BlockedError
from hd_assets.mapping.files import Migration
from hd_assets.mapping.model import UNDECIDED, Mapping

QUESTIONS = {
    "time_zone": "IANA zone of the source's stored times, such as Europe/Berlin",
    "first_month": "month of the oldest ticket, YYYY-MM",
    "migration_admin.name": "name of the teammate who stands for the system",
    "migration_admin.email": "address of a teammate of the workspace",
    "unassigned_tickets": "keep, or the name of an inbox",
    "unmatched_agents": "block, or migration_admin",
    "internal_notes": "note, leave_out, upgrade, or {public: NAME}",
    "region": "us, eu or au",
    "plan": "essential, advanced or expert",
}
"""Key → what it takes; region and plan belong to a target."""


def undecided(mapping: Mapping, target: str | None = None) -> list[str]:
    """Key paths that still say `undecided`: of the whole mapping, and of one target or of all."""
    values: dict[str, object] = {
        "time_zone": mapping.time_zone,
        "first_month": mapping.first_month,
        "migration_admin.name": mapping.migration_admin.name,
        "migration_admin.email": mapping.migration_admin.email,
        "unassigned_tickets": mapping.unassigned_tickets,
        "unmatched_agents": mapping.unmatched_agents,
        "internal_notes": mapping.internal_notes,
    }
    for name, aim in mapping.targets.items():
        if target is None or str(name) == target:
            values |= {f"targets.{name}.region": aim.region, f"targets.{name}.plan": aim.plan}
    return [path for path, value in values.items() if value == UNDECIDED]


def require_decided(migration: Migration, target: str) -> None:
    """Raise BlockedError naming every key that is still undecided and matters to this target."""
    paths = undecided(migration.mapping, target)
    if not paths:
        return
    raise BlockedError(
        f"{len(paths)} decision(s) are missing, so nothing is sent: {', '.join(paths)}",
        where=str(migration.path),
        mend="; ".join(f"{path}: {question(path)}" for path in paths),
    )


def question(path: str) -> str:
    """What an undecided key takes."""
    return QUESTIONS[path if path in QUESTIONS else path.rsplit(".", 1)[1]]
