"""What a ledger's bytes say about the end of a run: what is left, what waits for a person and why."""

import json
import sqlite3

from hd_assets_tests.proof.machine import Disk
from hd_assets_tests.proof.scratch import scratch

_DONE = ("applied", "conflict", "skipped")


class Books:
    """`left`: what another run would still do. `kinds`: operations by kind. `quarantined`: conversation → why."""

    def __init__(self, disk: Disk) -> None:
        with scratch() as folder:
            path = folder / "ledger.sqlite"
            disk.write(path)
            db = sqlite3.connect(path)
            try:
                self._read(db)
            finally:
                db.close()

    def _read(self, db: sqlite3.Connection) -> None:
        self.kinds = dict(db.execute("select kind, count(*) from operations group by 1").fetchall())
        marks = ", ".join("?" * len(_DONE))
        sql = f"select key, conversation, state, error_code from operations where state not in ({marks})"
        rows = db.execute(sql, _DONE).fetchall()
        waiting = {conversation for _, conversation, state, _ in rows if state == "quarantined" and conversation}
        # behind an operation that waits for a person nothing goes on
        self.left = [f"{key} {state} {code}" for key, conversation, state, code in rows if conversation not in waiting]
        self.refused = sum(state == "refused" for _, _, state, _ in rows)
        due = db.execute("select key, reason from recheck where state = 'due'").fetchall()
        self.left += [f"{key} to be looked up again ({reason})" for key, reason in due]
        self.rechecked = dict(db.execute("select state, count(*) from recheck group by 1").fetchall())
        self.quarantined = {}
        for key, conversation, state, code in rows:
            if state == "quarantined":
                found = db.execute("select reason, detail from evidence where key = ?", (key,)).fetchall()
                told = "; ".join(f"{reason} {json.loads(detail)}" for reason, detail in found)
                self.quarantined[conversation or key] = f"{key}: {code}: {told or 'no evidence'}"
