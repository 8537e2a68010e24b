"""What differs between two mappings, key by key."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from hd_assets.mapping.files import Migration


@dataclass(frozen=True)
class Change:
    """One key path. `before` and `after` are the values; they may name people, so messages tell `line` alone."""

    path: str
    kind: Literal["added", "removed", "changed"]
    before: Any = None
    after: Any = None

    @property
    def line(self) -> str:
        return f"{self.path} {self.kind}"


def changes(before: Migration, after: Migration) -> list[Change]:
    """Differences in what the two files say and in their SQL overrides, in order of key path. A map that is gone or
    new as a whole is one change."""
    found = list(_differing("", _said(before), _said(after)))
    for name in sorted(set(before.overrides) | set(after.overrides)):
        old, new = (_sql(migration, name) for migration in (before, after))
        if old != new:
            kind: Literal["added", "removed", "changed"] = (
                "added" if old is None else "removed" if new is None else "changed"
            )
            found.append(Change(f"sql/{name}.sql", kind))
    return found


def _said(migration: Migration) -> dict[str, Any]:
    document: dict[str, Any] = migration.mapping.model_dump(mode="json", by_alias=True, exclude_unset=True)
    return document


def _sql(migration: Migration, name: str) -> bytes | None:
    path = migration.overrides.get(name)
    return None if path is None else path.read_bytes()


def _differing(path: str, before: Any, after: Any) -> Iterator[Change]:
    if before == after:
        return
    if isinstance(before, dict) and isinstance(after, dict):
        for key in [*before, *(key for key in after if key not in before)]:
            below = f"{path}.{key}" if path else str(key)
            if key not in after:
                yield Change(below, "removed", before=before[key])
            elif key not in before:
                yield Change(below, "added", after=after[key])
            else:
                yield from _differing(below, before[key], after[key])
    elif _is_texts(before) and _is_texts(after) and set(before) != set(after):
        yield from (Change(f"{path}: {item!r}", "removed", before=item) for item in before if item not in after)
        yield from (Change(f"{path}: {item!r}", "added", after=item) for item in after if item not in before)
    else:
        yield Change(path, "changed", before, after)


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)
