"""The mapping a migration begins with: it parses, decides nothing and blocks every write until it does."""

from __future__ import annotations

from pathlib import Path

from hd_assets.errors import MappingError, UsageError
from hd_assets.mapping import NAME
from hd_assets.mapping.decisions import QUESTIONS
from hd_assets.mapping.schema import SCHEMA_LINE, write_schema

_TOP = ("time_zone", "first_month")
_ADMIN = ("migration_admin.name", "migration_admin.email")
_CHOICES = ("unassigned_tickets", "unmatched_agents", "internal_notes")
_WIDTH = 34


def minimal_mapping(migration: str, source: str) -> str:
    """YAML text with every required key, undecided, and what each of them takes as a comment."""
    lines = [
        SCHEMA_LINE,
        f"# Migration {migration}: what moves from {source} into Intercom, and how. No credentials belong here.",
        f"# Draft everything that is not decided yet:  hd-assets mapping propose {migration}",
        f"source: {source}",
        *(_line(f"{key}: undecided", QUESTIONS[key]) for key in _TOP),
        "migration_admin:",
        *(_line(f"  {key.partition('.')[2]}: undecided", QUESTIONS[key]) for key in _ADMIN),
        *(_line(f"{key}: undecided", QUESTIONS[key]) for key in _CHOICES),
        "",
        "# The simulator needs no decision. `token` names the variable that holds the access token.",
        "targets:",
        "  simulator: {}",
        *_target("test", "INTERCOM_TEST_TOKEN"),
        *_target("production", "INTERCOM_TOKEN"),
        "",
        "# Objects, attributes, custom fields, values and tables are drafted from what discovery finds.",
        "objects: {}",
    ]
    return "\n".join(lines) + "\n"


def begin(folder: Path, migration: str, source: str) -> Path:
    """Write `<folder>/<migration>.yaml`, and beside it the schema for editors.

    MappingError for a bad name, UsageError when the file exists or cannot be written.
    """
    if not NAME.fullmatch(migration):
        raise MappingError(
            f"{migration!r} is no migration name",
            where="the command line",
            mend="use a lower-case word: letters, digits, underscore; it begins every external id",
        )
    path = folder / f"{migration}.yaml"
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(minimal_mapping(migration, source))
        write_schema(folder)
    except FileExistsError:
        raise UsageError(
            f"there is a mapping called {migration} already; nothing was changed",
            where=str(path),
            mend=f"choose another name, or go on with that one: `hd-assets doctor {migration}`",
        ) from None
    except OSError as fault:
        raise UsageError(
            f"the mapping cannot be written ({fault.strerror})",
            where=str(path),
            mend="set HD_MAPPINGS to a folder that can be written",
        ) from None
    return path


def _line(setting: str, meaning: str) -> str:
    return f"{setting:<{_WIDTH}}# {meaning}"


def _target(name: str, token: str) -> list[str]:
    return [
        f"  {name}:",
        _line("    region: undecided", QUESTIONS["region"]),
        _line("    plan: undecided", QUESTIONS["plan"]),
        f"    token: {token}",
    ]
