"""The workspace in one SQLite file: documents, parts, files, counters. One transaction per write request."""

from __future__ import annotations

import hashlib
import json
import secrets
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

Doc: TypeAlias = dict[str, Any]

SCHEMA = """
create table if not exists meta (key text primary key, value text not null) without rowid;
create table if not exists counters (name text primary key, value integer not null) without rowid;
create table if not exists objects (
  seq integer primary key autoincrement, kind text not null, id text not null,
  created integer not null, visible_at real not null, doc text not null, unique (kind, id));
create index if not exists objects_created on objects (kind, created);
create table if not exists keys (
  kind text not null, name text not null, value text not null, id text not null,
  primary key (kind, name, value, id)) without rowid;
create index if not exists keys_id on keys (kind, id);
create table if not exists parts (
  id integer primary key, conversation text not null, created integer not null, type text not null, doc text not null);
create index if not exists parts_conversation on parts (conversation, id);
create table if not exists files (
  id integer primary key, conversation text not null, sha256 text not null, name text not null,
  content_type text not null, size integer not null);
create index if not exists files_conversation on files (conversation);
create index if not exists files_sha256 on files (sha256);
create table if not exists blobs (sha256 text primary key, content blob not null);
create table if not exists pending (id integer primary key, due real not null, request text not null, body blob);
"""


def fold(value: str) -> str:
    """How names and addresses are compared."""
    return value.strip().casefold()


def _one(value: Any, *, folded: bool = False) -> list[str]:
    if value is None or value == "":
        return []
    return [fold(str(value)) if folded else str(value)]


# What each kind of document can be found by.
KEYS: dict[str, Callable[[Doc], dict[str, list[str]]]] = {
    "admin": lambda d: {"email": _one(d["email"], folded=True)},
    "team": lambda d: {"name": _one(d["name"], folded=True)},
    "company": lambda d: {"company_id": _one(d["company_id"]), "name": _one(d["name"], folded=True)},
    "contact": lambda d: {
        "external_id": _one(d["external_id"]),
        "email": _one(d["email"], folded=True),
        "company": list(d["companies"]),
        "tag": list(d["tags"]),
    },
    "tag": lambda d: {"name": _one(d["name"], folded=True)},
    "data_attribute": lambda d: {
        "name": _one(d["name"], folded=True),
        "live": [] if d["archived"] else ["yes"],
    },
    "conversation_attribute": lambda d: {"name": _one(d["name"])},
    "conversation": lambda d: {"contact": list(d["contacts"]), "ticket": ["yes"] if d["ticket"] else []},
    "article": lambda d: {"parent": _one(d["parent_id"])},
    "redirect": lambda d: {"from": [f"{d['help_center_id']} {d['from_url']}"]},
    "custom_object": lambda d: {"external_id": [f"{d['type']} {d['external_id']}"], "type": [d["type"]]},
    "note": lambda d: {"owner": [d["owner"]]},
}


class Store:
    """Documents by kind and id. Not thread-safe: the simulator holds its lock around every use."""

    def __init__(self, path: Path | None) -> None:
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(
            str(path) if path else ":memory:", isolation_level=None, check_same_thread=False, cached_statements=256
        )
        if path is not None:
            self._db.execute("pragma journal_mode=wal")
        self._db.execute("pragma synchronous=normal")
        self._db.executescript(SCHEMA)
        self._db.create_function("folded", 1, lambda text: text.casefold() if text else "", deterministic=True)
        self.search_delay = 0.0
        self.secret = bytes.fromhex(self.meta("secret", secrets.token_hex(16)))

    def close(self) -> None:
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; committed on a clean exit."""
        self._db.execute("begin immediate")
        try:
            yield
        except BaseException:
            self._db.execute("rollback")
            raise
        self._db.execute("commit")

    def clear(self) -> None:
        """Forget everything but the workspace's own identity."""
        for table in ("counters", "objects", "keys", "parts", "files", "blobs", "pending"):
            self._db.execute(f"delete from {table}")

    # identity and counters

    def meta(self, key: str, default: str) -> str:
        """A lasting setting; `default` is stored on first use."""
        self._db.execute("insert or ignore into meta values (?, ?)", (key, default))
        row = self._db.execute("select value from meta where key = ?", (key,)).fetchone()
        return str(row[0])

    def set_meta(self, key: str, value: str) -> None:
        self._db.execute("insert or replace into meta values (?, ?)", (key, value))

    def count_up(self, name: str, by: int = 1, *, start: int = 0) -> int:
        """Raise a counter and return it; a new one begins at `start + by`."""
        row = self._db.execute(
            "insert into counters values (?, ?) on conflict (name) do update set value = value + ? returning value",
            (name, start + by, by),
        ).fetchone()
        return int(row[0])

    def counters(self, prefix: str) -> dict[str, int]:
        rows = self._db.execute("select name, value from counters where substr(name, 1, ?) = ?", (len(prefix), prefix))
        return {name[len(prefix) :]: value for name, value in rows}

    # documents

    def get(self, kind: str, key: str) -> Doc | None:
        row = self._db.execute("select doc from objects where kind = ? and id = ?", (kind, key)).fetchone()
        return json.loads(row[0]) if row else None

    def add(self, kind: str, doc: Doc, *, now: float) -> Doc:
        """Insert a document that has an `id`; lists and searches see it by `visible_at`."""
        self._db.execute(
            "insert into objects (kind, id, created, visible_at, doc) values (?, ?, ?, ?, ?)",
            (kind, doc["id"], int(doc.get("created_at") or now), now + self.search_delay, _dump(doc)),
        )
        self._write_keys(kind, doc)
        return doc

    def replace(self, kind: str, doc: Doc) -> Doc:
        """Write a changed document back."""
        self._db.execute("update objects set doc = ? where kind = ? and id = ?", (_dump(doc), kind, doc["id"]))
        self._write_keys(kind, doc)
        return doc

    def remove(self, kind: str, key: str) -> None:
        self._db.execute("delete from objects where kind = ? and id = ?", (kind, key))
        self._db.execute("delete from keys where kind = ? and id = ?", (kind, key))

    def _write_keys(self, kind: str, doc: Doc) -> None:
        extract = KEYS.get(kind)
        if extract is None:
            return
        wanted = {(name, value) for name, values in extract(doc).items() for value in values}
        rows = self._db.execute("select name, value from keys where kind = ? and id = ?", (kind, doc["id"]))
        present = {(name, value) for name, value in rows}
        for name, value in present - wanted:
            self._db.execute(
                "delete from keys where kind = ? and name = ? and value = ? and id = ?", (kind, name, value, doc["id"])
            )
        for name, value in wanted - present:
            self._db.execute("insert or ignore into keys values (?, ?, ?, ?)", (kind, name, value, doc["id"]))

    def find(self, kind: str, name: str, value: str) -> list[Doc]:
        """Documents with that key, oldest first."""
        rows = self._db.execute(
            "select o.doc from keys k join objects o on o.kind = k.kind and o.id = k.id"
            " where k.kind = ? and k.name = ? and k.value = ? order by o.seq",
            (kind, name, value),
        )
        return [json.loads(row[0]) for row in rows]

    def has(self, kind: str, name: str, value: str) -> bool:
        found = self._db.execute(
            "select 1 from keys where kind = ? and name = ? and value = ? limit 1", (kind, name, value)
        ).fetchone()
        return found is not None

    def all(self, kind: str) -> list[Doc]:
        rows = self._db.execute("select doc from objects where kind = ? order by seq", (kind,))
        return [json.loads(row[0]) for row in rows]

    def scan(
        self,
        kind: str,
        *,
        visible_by: float | None = None,
        created: tuple[int, int] | None = None,
        key: tuple[str, Iterable[str]] | None = None,
    ) -> Iterator[tuple[int, Doc]]:
        """(sequence, document), newest first, narrowed by visibility, creation span (inclusive), one key."""
        where, values = ["kind = ?"], [kind]
        bound: list[Any] = list(values)
        if visible_by is not None:
            where.append("visible_at <= ?")
            bound.append(visible_by)
        if created is not None:
            where.append("created between ? and ?")
            bound.extend(created)
        if key is not None:
            wanted = list(key[1])
            marks = ", ".join("?" * len(wanted))
            where.append(f"id in (select id from keys where kind = ? and name = ? and value in ({marks}))")
            bound.extend([kind, key[0], *wanted])
        rows = self._db.execute(f"select seq, doc from objects where {' and '.join(where)} order by seq desc", bound)
        for seq, doc in rows:
            yield seq, json.loads(doc)

    def matching(self, kind: str, text: str) -> set[str]:
        """Ids of the documents that contain a text somewhere, case ignored."""
        rows = self._db.execute(
            "select id from objects where kind = ? and instr(folded(doc), ?) > 0", (kind, text.casefold())
        )
        return {row[0] for row in rows}

    def count(self, kind: str) -> int:
        return int(self._db.execute("select count(*) from objects where kind = ?", (kind,)).fetchone()[0])

    def count_keyed(self, kind: str, name: str, value: str) -> int:
        row = self._db.execute(
            "select count(*) from keys where kind = ? and name = ? and value = ?", (kind, name, value)
        ).fetchone()
        return int(row[0])

    # parts

    def add_part(self, conversation: str, doc: Doc) -> None:
        self._db.execute(
            "insert into parts values (?, ?, ?, ?, ?)",
            (int(doc["id"]), conversation, doc["created_at"], doc["part_type"], _dump(doc)),
        )

    def part(self, conversation: str, key: str) -> Doc | None:
        row = self._db.execute(
            "select doc from parts where id = ? and conversation = ?", (_integer(key), conversation)
        ).fetchone()
        return json.loads(row[0]) if row else None

    def replace_part(self, doc: Doc) -> None:
        self._db.execute("update parts set doc = ? where id = ?", (_dump(doc), int(doc["id"])))

    def parts(self, conversation: str, *, newest: int, by_creation: bool) -> tuple[list[Doc], int]:
        """The newest so many parts in order, and how many there are."""
        order = "created desc, id desc" if by_creation else "id desc"
        rows = self._db.execute(
            f"select doc from parts where conversation = ? order by {order} limit ?", (conversation, newest)
        ).fetchall()
        total = len(rows)
        if total == newest:
            counted = self._db.execute("select count(*) from parts where conversation = ?", (conversation,))
            total = int(counted.fetchone()[0])
        return [json.loads(row[0]) for row in reversed(rows)], total

    def move_parts(self, conversation: str, into: str) -> None:
        self._db.execute("update parts set conversation = ? where conversation = ?", (into, conversation))
        self._db.execute("update files set conversation = ? where conversation = ?", (into, conversation))

    def part_counts(self) -> dict[str, int]:
        return dict(self._db.execute("select type, count(*) from parts group by type").fetchall())

    def remove_conversation(self, key: str) -> None:
        """The conversation with its parts and files."""
        self.remove("conversation", key)
        self._db.execute("delete from parts where conversation = ?", (key,))
        self._db.execute("delete from files where conversation = ?", (key,))
        self._db.execute("delete from blobs where sha256 not in (select sha256 from files)")

    # files

    def add_file(self, conversation: str, name: str, content_type: str, content: bytes) -> Doc:
        sha256 = hashlib.sha256(content).hexdigest()
        self._db.execute("insert or ignore into blobs values (?, ?)", (sha256, content))
        row = self._db.execute(
            "insert into files (conversation, sha256, name, content_type, size) values (?, ?, ?, ?, ?) returning id",
            (conversation, sha256, name, content_type, len(content)),
        ).fetchone()
        return {"file": row[0], "name": name, "content_type": content_type, "filesize": len(content)}

    def file(self, key: int) -> tuple[str, str, bytes] | None:
        """(name, content type, bytes)."""
        row = self._db.execute(
            "select f.name, f.content_type, b.content from files f join blobs b using (sha256) where f.id = ?", (key,)
        ).fetchone()
        return (row[0], row[1], row[2]) if row else None

    def file_count(self) -> int:
        return int(self._db.execute("select count(*) from files").fetchone()[0])

    # requests that take effect later

    def postpone(self, due: float, request: Mapping[str, Any], body: bytes) -> None:
        self._db.execute("insert into pending (due, request, body) values (?, ?, ?)", (due, _dump(request), body))

    def due(self, now: float) -> list[tuple[int, float, Doc, bytes]]:
        rows = self._db.execute("select id, due, request, body from pending where due <= ? order by due, id", (now,))
        return [(key, due, json.loads(request), body) for key, due, request, body in rows]

    def drop_pending(self, key: int) -> None:
        self._db.execute("delete from pending where id = ?", (key,))


def _dump(doc: Mapping[str, Any]) -> str:
    return json.dumps(doc, ensure_ascii=False, separators=(",", ":"))


def _integer(key: str) -> int:
    return int(key) if key.isascii() and key.isdigit() and len(key) < 19 else -1
