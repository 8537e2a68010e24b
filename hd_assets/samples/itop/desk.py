"""The installation being invented: rows by class, as the web service would give them with all fields."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

PASSWORD = "sample-password-of-nobody"  # noqa: S105 - opens nothing but the local stand-in
START = datetime(2024, 1, 3, 8)
DAYS = 700
ADMIN = "1"

Fields = dict[str, Any]


class Desk:
    """Rows get ids class by class; rows of one root share their ids, as in iTop."""

    def __init__(self, tickets: int, seed: int) -> None:
        self.tickets, self.seed = tickets, seed
        self.rows: dict[str, dict[int, Fields]] = {}
        self.organizations: list[str] = []
        self.callers: list[Fields] = []
        self.agents: list[Fields] = []
        self.teams: list[str] = []
        self.services: list[Fields] = []
        self.items: list[tuple[str, str]] = []
        self._ids: Counter[str] = Counter()

    def rng(self, *parts: object) -> Random:
        """A generator of its own for each purpose, so that one more draw here moves nothing there."""
        return Random(f"{self.seed}:{':'.join(map(str, parts))}")

    def add(self, name: str, root: str | None = None, /, **fields: Any) -> str:
        """Add a row and return its id. `root`: the class whose id space it shares."""
        self._ids[root or name] += 1
        id = self._ids[root or name]
        kind = {"finalclass": name} if root else {}
        self.rows.setdefault(name, {})[id] = {**fields, **kind, "friendlyname": fields.get("friendlyname", "")}
        return str(id)

    def changed(self, name: str, id: str, at: datetime, attcode: str, before: str, after: str, by: str) -> None:
        told = {"date": stamp(at), "userinfo": by, "user_id": ADMIN, "objclass": name, "objkey": id}
        self.add(
            "CMDBChangeOpSetAttributeScalar", "CMDBChangeOp", **told, attcode=attcode, oldvalue=before, newvalue=after
        )

    def created(self, name: str, id: str, at: datetime, by: str) -> None:
        told = {"date": stamp(at), "userinfo": by, "user_id": ADMIN, "objclass": name, "objkey": id}
        self.add("CMDBChangeOpCreate", "CMDBChangeOp", **told)

    def save(self, directory: Path) -> dict[str, int]:
        """Write one answer a class; returns class → rows."""
        directory.mkdir(parents=True, exist_ok=True)
        for name, rows in self.rows.items():
            objects = {
                f"{name}::{id}": {"code": 0, "message": "", "class": name, "key": str(id), "fields": fields}
                for id, fields in rows.items()
            }
            answer = {"code": 0, "message": f"Found: {len(rows)}", "objects": objects}
            (directory / f"{name}.json").write_text(json.dumps(answer, ensure_ascii=False), encoding="utf-8")
        accounts = {"passwords": {"reader": PASSWORD}, "tokens": {}}
        (directory / "accounts.json").write_text(json.dumps(accounts), encoding="utf-8")
        return {name: len(rows) for name, rows in sorted(self.rows.items())}


def stamp(moment: datetime) -> str:
    return moment.isoformat(" ", "seconds")


def later(rng: Random, moment: datetime, hours: float) -> datetime:
    return (moment + timedelta(hours=rng.uniform(0.2, hours))).replace(microsecond=0)
