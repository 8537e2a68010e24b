"""The rows of a stand-in: one table per concrete class, read from answers of `core/get` with all fields."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from hd_assets.standin.itop.catalogue import CLASSES, PARENTS, WITHOUT_ROWS

Fields = dict[str, Any]


@dataclass(frozen=True)
class Row:
    """One object: its concrete class, its id and all its fields but the id."""

    name: str
    id: int
    fields: Fields

    def value(self, code: str) -> Any:
        return str(self.id) if code == "id" else self.fields.get(code)


@dataclass
class Store:
    """`tables`: concrete class → id → fields. `passwords` by login, `tokens` → login."""

    tables: dict[str, dict[int, Fields]] = field(default_factory=dict)
    passwords: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    parents: dict[str, str] = field(default_factory=lambda: dict(PARENTS))

    @classmethod
    def load(cls, folder: Path) -> Store:
        """From a folder of answers `*.json` or `*.json.gz`; an object that several answers hold gets all their fields.

        A file `accounts.json` holds `{"passwords": {login: password}, "tokens": {token: login}}`.
        """
        store = cls()
        for path in sorted(folder.iterdir()):
            if path.name == "accounts.json":
                accounts = json.loads(path.read_text(encoding="utf-8"))
                store.passwords, store.tokens = accounts.get("passwords", {}), accounts.get("tokens", {})
            elif path.name.endswith((".json", ".json.gz")) and not path.name.startswith("_"):
                store._take(
                    json.loads(gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes())
                )
        return store

    def _take(self, answer: Any) -> None:
        objects = answer.get("objects") if isinstance(answer, dict) else None
        for row in (objects or {}).values() if isinstance(objects, dict) else ():
            fields = {code: value for code, value in row["fields"].items() if code != "id"}
            known = self.tables.setdefault(row["class"], {}).setdefault(int(row["key"]), {})
            known.update({code: value for code, value in fields.items() if code not in known})

    def classes(self) -> tuple[str, ...]:
        return (*CLASSES, *(name for name in self.tables if name not in CLASSES))

    def concrete(self, name: str) -> list[str]:
        """Classes with rows of their own that are the class or below it."""
        return [child for child in self.tables if name in self.line(child)]

    def line(self, name: str) -> list[str]:
        """The class and its ancestors, upwards."""
        found = [name]
        while found[-1] in self.parents:
            found.append(self.parents[found[-1]])
        return found

    def rows(self, name: str) -> Iterator[Row]:
        for concrete in self.concrete(name):
            for id, fields in self.tables[concrete].items():
                yield Row(concrete, id, fields)

    def attributes(self, name: str) -> list[str]:
        """Attribute codes of a class, in the order of its first row; of a parent those that all children share."""
        shared: list[str] | None = None
        for concrete in self.concrete(name):
            codes = dict.fromkeys(code for fields in self.tables[concrete].values() for code in fields)
            shared = list(codes) if shared is None else [code for code in shared if code in codes]
        return shared or list(WITHOUT_ROWS.get(name, ("friendlyname",)))

    # What somebody does in iTop while nobody looks: rows change, and the history tells.

    def create(self, name: str, id: int, fields: Fields, at: datetime, user: str = "1") -> None:
        self.tables.setdefault(name, {})[id] = dict(fields)
        self._note("CMDBChangeOpCreate", at, user, objclass=name, objkey=str(id))

    def update(self, name: str, id: int, at: datetime, user: str = "1", /, **fields: Any) -> None:
        """Ticket writes move `last_update`; each changed field leaves a row of history."""
        row = self.tables[name][id]
        for code, value in fields.items():
            told = {"objclass": name, "objkey": str(id), "attcode": code}
            self._note("CMDBChangeOpSetAttributeScalar", at, user, oldvalue=row.get(code), newvalue=value, **told)
        row.update(fields)
        if "Ticket" in self.line(name):
            row["last_update"] = at.isoformat(" ", "seconds")

    def say(self, id: int, log: str, entry: Mapping[str, Any], *, name: str = "UserRequest") -> None:
        row = self.tables[name][id]
        row[log] = {"entries": [*row[log]["entries"], dict(entry)]}
        row["last_update"] = entry["date"]

    def delete(self, name: str, id: int, at: datetime, user: str = "1") -> None:
        row = self.tables[name].pop(id)
        for kind in self.concrete("CMDBChangeOp"):  # the history of a thing goes with it
            ops = self.tables[kind]
            self.tables[kind] = {
                key: op
                for key, op in ops.items()
                if kind == "CMDBChangeOpDelete" or (op.get("objclass"), op.get("objkey")) != (name, str(id))
            }
        told = {"objclass": self.line(name)[-1], "objkey": str(id), "fclass": name}
        self._note("CMDBChangeOpDelete", at, user, fname=row.get("friendlyname", ""), **told)

    def _note(self, name: str, at: datetime, user: str, **fields: Any) -> None:
        newest = max((row.id for row in self.rows("CMDBChangeOp")), default=0)
        told = {"change": str(newest + 1), "date": at.isoformat(" ", "seconds"), "userinfo": "web", "user_id": user}
        self.tables.setdefault(name, {})[newest + 1] = {**told, **fields, "finalclass": name, "friendlyname": ""}
