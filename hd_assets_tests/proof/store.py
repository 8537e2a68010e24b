"""The workspace's own file as plain documents: SQLite and JSON, nothing else."""

import json
import sqlite3
from typing import Any

Doc = dict[str, Any]


class Store:
    """The workspace's own file, read once."""

    def __init__(self, content: bytes) -> None:
        # a snapshot is a line about the server and then the file
        db = sqlite3.connect(":memory:")
        db.deserialize(content.partition(b"\n")[2])
        self.docs: dict[str, dict[str, Doc]] = {}
        for kind, key, text in db.execute("select kind, id, doc from objects order by seq"):
            self.docs.setdefault(kind, {})[key] = json.loads(text)
        self.parts: dict[str, list[Doc]] = {}
        for conversation, text in db.execute("select conversation, doc from parts order by id"):
            self.parts.setdefault(conversation, []).append(json.loads(text))
        sql = "select f.id, f.name, f.content_type, b.content from files f left join blobs b using (sha256)"
        self.files = {row[0]: row[1:] for row in db.execute(sql)}
        self.pending = db.execute("select count(*) from pending").fetchone()[0]
        prefix = "notified:"
        rows = db.execute("select name, value from counters where name like 'notified:%'")
        self.notified = {name.removeprefix(prefix): value for name, value in rows}
        db.close()

    def all(self, kind: str) -> dict[str, Doc]:
        return self.docs.get(kind, {})


def paths_of(store: Store) -> dict[str | None, tuple[str, ...]]:
    docs, found = store.all("collection"), {}
    for key in docs:
        path: list[str] = []
        at: str | None = key
        while at:
            parent = docs.get(at, {"name": "?"})
            path.insert(0, parent["name"])
            at = parent.get("parent_id")
        found[key] = tuple(path)
    return found
