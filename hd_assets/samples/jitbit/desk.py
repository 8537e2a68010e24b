"""The helpdesk being invented: rows of the raw tables with typed values, and the bytes of its files.

Values are int, bool, str, None, and datetime in UTC. The two forms in which a source writes them as text are made here.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, Literal
from zoneinfo import ZoneInfo

from hd_assets.extract.base import INVENTORY_ENTITIES
from hd_assets.extract.jitbit.entities import ENTITIES
from hd_assets.samples.jitbit.schema import ONLY_DATABASE, TABLES

Fields = dict[str, Any]
Form = Literal["api", "database"]

ADDRESS = "https://desk.example/helpdesk"
READER = "agent0"
PASSWORD = "sample-password-of-nobody"  # noqa: S105 - opens nothing but the local stand-ins
TOKEN = "sample-token-of-nobody"  # noqa: S105
ZONE = "Europe/Berlin"
"""The zone of the dates the database stores."""
START = datetime(2024, 1, 3, 8, tzinfo=UTC)
DAYS = 700
ORIGINS = ("WebApp", "Email", "Widget", "API", "Scheduler", "MobileApp", "Phone", "LiveChat", "InPerson")
COLUMNS = {
    entity.name: entity.columns
    for entity in ENTITIES
    if entity.name not in {inventory.name for inventory in INVENTORY_ENTITIES} | {"table_conflict"}
}
_STEPS = (0, 3, 7)  # the database's datetime knows only these thousandths


class Desk:
    """Rows by raw table in the order of their making, ids counted table by table."""

    def __init__(self, tickets: int = 500, seed: int = 1) -> None:
        self.tickets, self.seed = tickets, seed
        self.rows: dict[str, list[Fields]] = {name: [] for name in COLUMNS}
        self.files: dict[int, bytes] = {}
        """Bytes by file id; a file that lies nowhere has none."""
        self.agents: list[Fields] = []
        """Users who answer, in a desk being made; two of them are disabled."""
        self.customers: list[Fields] = []
        self._ids: Counter[str] = Counter()

    def rng(self, *parts: object) -> Random:
        """A generator of its own for each purpose, so that one more draw here moves nothing there."""
        return Random(f"{self.seed}:{':'.join(map(str, parts))}")

    def id(self, name: str, start: int = 1) -> int:
        self._ids[name] += 1
        return start - 1 + self._ids[name]

    def add(self, name: str, /, **values: Any) -> Fields:
        """Add a row; columns not named are None. KeyError for a column the raw table lacks."""
        row: Fields = dict.fromkeys(COLUMNS[name])
        for column, value in values.items():
            if column not in row:
                raise KeyError(f"{name}.{column}")
            row[column] = value
        self.rows[name].append(row)
        return row

    def raw(self, form: Form) -> dict[str, list[tuple[str | None, ...]]]:
        """Every raw table as an extraction would hold it: columns of the entity, values as text."""
        return {
            name: [self._line(name, row, form) for row in rows] if form == "api" or name in TABLES else []
            for name, rows in self.rows.items()
        }

    def _line(self, name: str, row: Fields, form: Form) -> tuple[str | None, ...]:
        told = api_row(name, row) if form == "api" else database_row(name, row)
        return tuple(text(told.get(column), form) for column in COLUMNS[name])

    def save(self, directory: Path) -> None:
        """One JSON file with the typed rows, times ending in `Z`. The bytes are not part of it."""
        plain = {
            name: [{column: _plain(value) for column, value in row.items()} for row in rows]
            for name, rows in self.rows.items()
        }
        head = {"tickets": self.tickets, "seed": self.seed}
        (directory / "desk.json").write_text(json.dumps({**head, "rows": plain}, ensure_ascii=False), encoding="utf-8")


def load(directory: Path) -> Desk:
    """The desk of `desk.json`, its bytes from the folder of files beside it."""
    held = json.loads((directory / "desk.json").read_text(encoding="utf-8"))
    desk = Desk(held["tickets"], held["seed"])
    desk.rows = {
        name: [{column: _moment(column, value) for column, value in row.items()} for row in rows]
        for name, rows in held["rows"].items()
    }
    share = directory / "share"
    for row in listed_files(desk):
        path = share / share_name(row)
        if path.is_file():
            desk.files[row["file_id"]] = path.read_bytes()
    return desk


def listed_files(desk: Desk) -> list[Fields]:
    """Rows that stand for a file, of tickets and of articles."""
    return [*desk.rows["attachment"], *desk.rows["article_attachment"]]


def share_name(row: Mapping[str, Any]) -> str:
    """How a file is called in the folder of the share: a guess, nothing public tells it."""
    return f"{row['file_id']}_{row['file_name'].replace('/', '_')}"


def api_row(name: str, row: Fields) -> Fields:
    """What the web API tells of a row: all but what it never gives."""
    return {column: value for column, value in row.items() if f"{name}.{column}" not in ONLY_DATABASE}


def database_row(name: str, row: Fields) -> Fields:
    """What the database's own table holds: ids without the names beside them, codes for words."""
    told = {column: row[column] for column in TABLES[name].columns.values()}
    if name == "ticket":
        told["origin"] = ORIGINS.index(row["origin"])
    if name.endswith("custom_field_value"):
        if row["option_id"] is not None:
            told["value"] = str(row["option_id"])  # a guess: drop-downs are written by option id
        elif row["type"] == "4":
            told["value"] = "1" if row["value"] == "✓" else "0"
    return told


def text(value: Any, form: Form) -> str | None:
    """A typed value as the source writes it."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower() if form == "api" else str(int(value))
    if isinstance(value, datetime):
        if form == "api":
            return str(_plain(value))
        return value.astimezone(ZoneInfo(ZONE)).replace(tzinfo=None).isoformat(" ", "milliseconds")
    return str(value)


def moment(at: datetime) -> datetime:
    """The same time as the database can hold it: in its steps, and not in an hour its zone has twice or never."""
    at = at.replace(microsecond=at.microsecond // 10_000 * 10_000 + _STEPS[at.microsecond % 3] * 1000)
    local = at.astimezone(ZoneInfo(ZONE))
    if local.utcoffset() != local.replace(fold=1 - local.fold).utcoffset():
        return at + timedelta(hours=2)
    return at


def later(rng: Random, at: datetime, hours: float) -> datetime:
    return moment(at + timedelta(seconds=rng.uniform(400, hours * 3600)))


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"
    return value


_MOMENTS = frozenset(
    [
        "issue_date",
        "start_date",
        "resolved_date",
        "due_date",
        "last_updated",
        "comment_date",
        "created",
        "last_seen",
        "date_created",
    ]
)


def _moment(column: str, value: Any) -> Any:
    return datetime.fromisoformat(value) if column in _MOMENTS and isinstance(value, str) else value
