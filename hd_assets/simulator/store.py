"""The workspace in one SQLite file: documents, parts, files, counters. One transaction per write request."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

from pydantic_core import from_json, to_json

from hd_assets.simulator import later
from hd_assets.simulator.counters import Counters
from hd_assets.simulator.store_schema import KEYS, SCHEMA

Doc: TypeAlias = dict[str, Any]


class Store:
    """Documents by kind and id. Not thread-safe: the simulator holds its lock around every use.

    Counters live in memory and go into the file with the transaction of the write that raised them; what was counted
    outside of one goes along with the next. `seed` decides the secret of a new workspace.
    """

    def __init__(self, path: Path | None, *, seed: int = 0) -> None:
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
        self._lasting = path is not None
        self._db = sqlite3.connect(
            str(path) if path else ":memory:", isolation_level=None, check_same_thread=False, cached_statements=256
        )
        self._execute = self._db.execute
        if self._lasting:
            self._execute("pragma journal_mode=wal")
        self._execute("pragma synchronous=normal")
        self._db.executescript(SCHEMA + later.SCHEMA)
        self._db.create_function("folded", 1, lambda text: text.casefold() if text else "", deterministic=True)
        # set by the simulator for each request: the time, how long what it writes stays unseen by way, how long what
        # it replaces is remembered, and for reads the time they tell the state of
        self.now = 0.0
        self.lags: dict[str, float] = {}
        self.memory_seconds = 0.0
        self.as_of: float | None = None
        self.secret = hashlib.sha256(self.meta("secret", f"secret of {seed}").encode()).digest()
        self.counters = Counters(self._db)
        self.count_up = self.counters.up
        self.later = later.Later(self._db)
        self._has_earlier = self._any_earlier()

    def close(self) -> None:
        if self._lasting and self.counters.unsaved:
            with self.transaction():
                pass
        self._db.close()

    def snapshot(self) -> bytes:
        """The whole store as one SQLite image."""
        self.counters.save()
        return self._db.serialize()

    def restore(self, image: bytes) -> None:
        """Become what a snapshot holds."""
        if self._lasting:
            with sqlite3.connect(":memory:") as source:
                source.deserialize(image)
                source.backup(self._db)
            source.close()
        else:
            self._db.deserialize(image)
        self.secret = hashlib.sha256(self.meta("secret", "").encode()).digest()
        self._read_again()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; committed on a clean exit."""
        self._execute("begin immediate")
        self.counters.begin()
        try:
            yield
            if self._lasting:
                self.counters.save()
        except BaseException:
            self._execute("rollback")
            self.counters.take_back()
            self.later.read()
            self._has_earlier = self._any_earlier()
            raise
        finally:
            self.counters.end()
        self._execute("commit")

    def clear(self) -> None:
        """Forget everything but the workspace's own identity."""
        for table in ("counters", "objects", "keys", "parts", "files", "blobs", "pending", "behind", "earlier"):
            self._execute(f"delete from {table}")
        self._read_again()

    def _read_again(self) -> None:
        self.counters.read()
        self.later.read()
        self._has_earlier = self._any_earlier()

    def _any_earlier(self) -> bool:
        return self._execute("select 1 from earlier limit 1").fetchone() is not None

    # identity and counters

    def meta(self, key: str, default: str) -> str:
        """A lasting setting; `default` is stored on first use."""
        self._execute("insert or ignore into meta values (?, ?)", (key, default))
        row = self._execute("select value from meta where key = ?", (key,)).fetchone()
        return str(row[0])

    def set_meta(self, key: str, value: str) -> None:
        self._execute("insert or replace into meta values (?, ?)", (key, value))

    # documents

    def get(self, kind: str, key: str) -> Doc | None:
        row = self._execute("select doc, visible_at from objects where kind = ? and id = ?", (kind, key)).fetchone()
        if row is None:
            return None
        if self.as_of is not None:
            return self._as_of(kind, key, row[0], row[1])
        doc: Doc = from_json(row[0])
        return doc

    def _as_of(self, kind: str, key: str, now: str, since: float) -> Doc | None:
        """A document as a stale read sees it."""
        moment = self.as_of if self.as_of is not None else self.now
        earlier = self._earlier(kind, "*", moment).get(key, now) if since <= moment else None
        return from_json(earlier) if earlier else None

    def add(self, kind: str, doc: Doc, *, now: float) -> Doc:
        """Insert a document that has an `id`; the lags of the request decide when it shows in searches and lists."""
        self._execute(
            "insert into objects (kind, id, created, visible_at, doc) values (?, ?, ?, ?, ?)",
            (kind, doc["id"], int(doc.get("created_at") or now), now, _dump(doc)),
        )
        for way, lag in self.lags.items():
            self._set_aside(kind, doc["id"], way, self.now + lag, None)
        self._write_keys(kind, doc)
        return doc

    def replace(self, kind: str, doc: Doc) -> Doc:
        """Write a changed document back."""
        if self.lags or self.memory_seconds:
            self._remember(kind, doc["id"])
        self._execute("update objects set doc = ? where kind = ? and id = ?", (_dump(doc), kind, doc["id"]))
        self._write_keys(kind, doc)
        return doc

    def _remember(self, kind: str, key: str) -> None:
        row = self._execute("select doc from objects where kind = ? and id = ?", (kind, key)).fetchone()
        if row is None:
            return
        for way, lag in self.lags.items():
            self._set_aside(kind, key, way, self.now + lag, row[0])
        if self.memory_seconds:
            self._set_aside(kind, key, "*", self.now, row[0])

    def _set_aside(self, kind: str, key: str, way: str, until: float, doc: str | None) -> None:
        self._execute("delete from earlier where until < ?", (self.now - self.memory_seconds,))
        self._execute(
            "insert into earlier (kind, id, way, until, doc) values (?, ?, ?, ?, ?)", (kind, key, way, until, doc)
        )
        self._has_earlier = True

    def _earlier(self, kind: str, way: str, moment: float) -> dict[str, str | None]:
        """What documents looked like at a moment, for those that have changed since; None was not there."""
        if not self._has_earlier:
            return {}
        rows = self._execute(
            "select id, doc from earlier where kind = ? and way in (?, '*') and until > ? order by until desc, n desc",
            (kind, way, moment),
        )
        return dict(rows.fetchall())

    def remove(self, kind: str, key: str) -> None:
        self._execute("delete from objects where kind = ? and id = ?", (kind, key))
        self._execute("delete from keys where kind = ? and id = ?", (kind, key))

    def _write_keys(self, kind: str, doc: Doc) -> None:
        extract = KEYS.get(kind)
        if extract is None:
            return
        wanted = {(name, value) for name, values in extract(doc).items() for value in values}
        rows = self._execute("select name, value from keys where kind = ? and id = ?", (kind, doc["id"]))
        present = set(rows)
        if wanted == present:
            return
        for name, value in sorted(present - wanted):
            self._execute(
                "delete from keys where kind = ? and name = ? and value = ? and id = ?", (kind, name, value, doc["id"])
            )
        for name, value in sorted(wanted - present):
            self._execute("insert or ignore into keys values (?, ?, ?, ?)", (kind, name, value, doc["id"]))

    def find(self, kind: str, name: str, value: str) -> list[Doc]:
        """Documents with that key, oldest first."""
        rows = self._execute(
            "select o.id, o.doc, o.visible_at from keys k join objects o on o.kind = k.kind and o.id = k.id"
            " where k.kind = ? and k.name = ? and k.value = ? order by o.seq",
            (kind, name, value),
        )
        return self._read(kind, rows)

    def _read(self, kind: str, rows: Iterable[tuple[str, str, float]]) -> list[Doc]:
        if self.as_of is None:
            return [from_json(doc) for _, doc, _ in rows]
        read = (self._as_of(kind, key, doc, since) for key, doc, since in rows)
        return [doc for doc in read if doc is not None]

    def has(self, kind: str, name: str, value: str) -> bool:
        found = self._execute(
            "select 1 from keys where kind = ? and name = ? and value = ? limit 1", (kind, name, value)
        ).fetchone()
        return found is not None

    def all(self, kind: str) -> list[Doc]:
        rows = self._execute("select id, doc, visible_at from objects where kind = ? order by seq", (kind,))
        return self._read(kind, rows)

    def scan(
        self,
        kind: str,
        *,
        visible_by: float | None = None,
        way: str = "",
        created: tuple[int, int] | None = None,
        key: tuple[str, Iterable[str]] | None = None,
    ) -> Iterator[tuple[int, Doc]]:
        """(sequence, document), newest first, narrowed by creation span (inclusive) and one key.

        `visible_by`: as things were then, by way of "search" or "list"; None is the plain truth.
        """
        if self.as_of is not None:
            visible_by = self.as_of if visible_by is None else min(visible_by, self.as_of)
        where = ["kind = ?"]
        bound: list[Any] = [kind]
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
        rows = self._execute(f"select seq, id, doc from objects where {' and '.join(where)} order by seq desc", bound)
        earlier = {} if visible_by is None else self._earlier(kind, way, visible_by)
        for seq, name, now in rows:
            doc = earlier.get(name, now) if earlier else now
            if doc:
                yield seq, from_json(doc)

    def matching(self, kind: str, text: str) -> set[str]:
        """Ids of the documents that contain a text somewhere, case ignored."""
        rows = self._execute(
            "select id from objects where kind = ? and instr(folded(doc), ?) > 0", (kind, text.casefold())
        )
        return {row[0] for row in rows}

    def count(self, kind: str) -> int:
        return int(self._execute("select count(*) from objects where kind = ?", (kind,)).fetchone()[0])

    def count_keyed(self, kind: str, name: str, value: str) -> int:
        row = self._execute(
            "select count(*) from keys where kind = ? and name = ? and value = ?", (kind, name, value)
        ).fetchone()
        return int(row[0])

    # parts

    def add_part(self, conversation: str, doc: Doc) -> None:
        self._execute(
            "insert into parts values (?, ?, ?, ?, ?)",
            (int(doc["id"]), conversation, doc["created_at"], doc["part_type"], _dump(doc)),
        )

    def part(self, conversation: str, key: str) -> Doc | None:
        row = self._execute(
            "select doc from parts where id = ? and conversation = ?", (_integer(key), conversation)
        ).fetchone()
        return from_json(row[0]) if row else None

    def replace_part(self, doc: Doc) -> None:
        self._execute("update parts set doc = ? where id = ?", (_dump(doc), int(doc["id"])))

    def parts(self, conversation: str, *, newest: int, by_creation: bool) -> tuple[list[Doc], int]:
        """The newest so many parts in order, and how many there are."""
        if self.as_of is not None:
            return self._parts_as_of(conversation, newest, self.as_of)
        order = "created desc, id desc" if by_creation else "id desc"
        rows = self._execute(
            f"select doc from parts where conversation = ? order by {order} limit ?", (conversation, newest)
        ).fetchall()
        total = len(rows)
        if total == newest:
            counted = self._execute("select count(*) from parts where conversation = ?", (conversation,))
            total = int(counted.fetchone()[0])
        return [from_json(row[0]) for row in reversed(rows)], total

    def _parts_as_of(self, conversation: str, newest: int, moment: float) -> tuple[list[Doc], int]:
        rows = self._execute("select doc from parts where conversation = ? order by id", (conversation,))
        told = [part for part in (from_json(row[0]) for row in rows) if part["updated_at"] <= moment]
        return told[-newest:], len(told)

    def move_parts(self, conversation: str, into: str) -> None:
        self._execute("update parts set conversation = ? where conversation = ?", (into, conversation))
        self._execute("update files set conversation = ? where conversation = ?", (into, conversation))

    def part_counts(self) -> dict[str, int]:
        return dict(self._execute("select type, count(*) from parts group by type").fetchall())

    def remove_conversation(self, key: str) -> None:
        """The conversation with its parts and files."""
        self.remove("conversation", key)
        self._execute("delete from parts where conversation = ?", (key,))
        self._execute("delete from files where conversation = ?", (key,))
        self._execute("delete from blobs where sha256 not in (select sha256 from files)")

    # files

    def add_file(self, conversation: str, name: str, content_type: str, content: bytes) -> Doc:
        sha256 = hashlib.sha256(content).hexdigest()
        self._execute("insert or ignore into blobs values (?, ?)", (sha256, content))
        row = self._execute(
            "insert into files (conversation, sha256, name, content_type, size) values (?, ?, ?, ?, ?) returning id",
            (conversation, sha256, name, content_type, len(content)),
        ).fetchone()
        return {"file": row[0], "name": name, "content_type": content_type, "filesize": len(content)}

    def file(self, key: int) -> tuple[str, str, bytes] | None:
        """(name, content type, bytes)."""
        row = self._execute(
            "select f.name, f.content_type, b.content from files f join blobs b using (sha256) where f.id = ?", (key,)
        ).fetchone()
        return (row[0], row[1], row[2]) if row else None

    def file_count(self) -> int:
        return int(self._execute("select count(*) from files").fetchone()[0])


def _dump(doc: Mapping[str, Any]) -> str:
    return to_json(doc).decode()


def _integer(key: str) -> int:
    return int(key) if key.isascii() and key.isdigit() and len(key) < 19 else -1
