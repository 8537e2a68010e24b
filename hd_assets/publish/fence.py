"""Who may write to a workspace: its identity is pinned, and a marker in it names the one ledger that leads.

The marker is the description of the conversation attribute `<migration>_source_id`, which the migration owns.
"""

from __future__ import annotations

import re
import threading
from typing import Any

from hd_assets.errors import BlockedError, UnreachableError
from hd_assets.publish.context import SIMULATOR, PublishContext
from hd_assets.publish.ledger import Ledger
from hd_assets.publish.outcomes import RefusedError, UnknownError

Doc = dict[str, Any]
_MOST_TRIES = 8
_MARKER = re.compile(r"ledger ([0-9a-f]{32}) run (\d+)")


def marker_text(migration: str, ledger_id: str, run_no: int) -> str:
    return f"Id of the record in the migration {migration}. Do not edit: ledger {ledger_id} run {run_no}"


class Fence:
    """Checks the workspace once per step; before the step's first write the marker is advanced to its run."""

    def __init__(self, context: PublishContext) -> None:
        self._context = context
        self._lock = threading.Lock()
        self._marker: Doc | None = None
        self._checked = self._advanced = False

    def check(self) -> None:
        """Reads only. Raises BlockedError for another workspace, or one that another ledger leads."""
        with self._lock:
            if not self._checked:
                self._check_workspace()
                self._marker = self._read()
                self._check_marker()
                self._checked = True

    def ensure(self) -> None:
        """Before a write: check, then advance the marker once."""
        if self._advanced:
            return
        self.check()
        with self._lock:
            if not self._advanced:
                self._advance()
                self._advanced = True

    def _check_workspace(self) -> None:
        context, aim = self._context, self._context.aim
        app = context.client.get("/me").data.get("app") or {}
        found, region = str(app.get("id_code") or ""), str(app.get("region") or "").lower()
        where = f"target {context.target} at {context.client.base_url}"
        pinned = aim.workspace or context.books.meta("workspace_id")
        known = context.books.meta("workspace_id")
        for expected in (pinned, known):
            if expected and expected != found:
                raise BlockedError(
                    f"the access token belongs to workspace {found!r}, not to {expected!r}",
                    where=where,
                    mend=f"put the token of workspace {expected!r} into {aim.token}, or correct the mapping's target",
                )
        if context.target != SIMULATOR and region and region != aim.region:
            raise BlockedError(
                f"the workspace lies in region {region!r}, the mapping says {aim.region!r}",
                where=where,
                mend="correct the region of the target in the mapping",
            )
        if known is None and isinstance(context.books, Ledger):
            context.ledger.set_meta("workspace_id", found)
            context.ledger.set_meta("region", region)

    def _read(self) -> Doc | None:
        name = self._context.rules.source_id_attribute
        listed = self._context.client.get("/conversations/attributes").data.get("data") or []
        found = [doc for doc in listed if doc.get("name") == name and not doc.get("archived")]
        if len(found) > 1:
            raise BlockedError(
                f"the workspace has {len(found)} conversation attributes named {name!r}",
                where=f"target {self._context.target}",
                mend="archive the empty one in the workspace's settings; values cannot be written while both live",
            )
        return found[0] if found else None

    def _check_marker(self) -> None:
        context, books = self._context, self._context.books
        where = f"conversation attribute {context.rules.source_id_attribute} of target {context.target}"
        adopt = f"`hd-assets adopt {context.migration.name}` rebuilds the ledger from the workspace"
        if self._marker is None:
            sent = books.rows("select count(*) from operations where object <> 'workspace' and state = 'applied'")[0][0]
            if sent:
                raise BlockedError(
                    f"the ledger knows {sent} sent operations, but the workspace bears no mark of this migration",
                    where=where,
                    mend=f"the workspace was emptied or is another one; move the ledger away to start anew, or {adopt}",
                )
            return
        mark = _MARKER.search(str(self._marker.get("description") or ""))
        if mark is None or mark[1] != books.ledger_id:
            raise BlockedError(
                "another ledger leads this migration in the workspace",
                where=where,
                mend=f"publish from the machine that holds that ledger, or {adopt}",
            )
        if int(mark[2]) >= context.run_no:
            raise BlockedError(
                f"the workspace has seen run {mark[2]} of this ledger, here the last was {context.run_no - 1}",
                where=where,
                mend=f"this ledger is an old copy; put the newest one back, or {adopt}",
            )

    def _advance(self) -> None:
        context = self._context
        text = marker_text(context.migration.name, context.books.ledger_id, context.ledger.run_no)
        if self._marker is not None:
            if self._marker.get("description") != text:
                self._write("PUT", f"/conversations/attributes/{self._marker['id']}", {"description": text}, text)
            return
        body = {"name": context.rules.source_id_attribute, "data_type": "string", "description": text}
        self._write("POST", "/conversations/attributes", body, text)

    def _write(self, method: str, path: str, body: Doc, text: str) -> None:
        """Until the marker stands; a lost answer is looked up, twice and H apart, before a new one is made."""
        context = self._context
        for _ in range(_MOST_TRIES):
            try:
                self._marker = context.client.send(method, path, body).data
                return
            except UnknownError:
                if self._stands(text):
                    return
                context.clock.sleep(context.horizon)
                if self._stands(text):
                    return
            except RefusedError as fault:
                raise BlockedError(
                    f"the workspace refused the migration's marker ({fault.label})",
                    where=f"{method} {path}",
                    mend="give the token the permission to write conversation attributes",
                ) from fault

        raise UnreachableError(
            f"the marker could not be written in {_MOST_TRIES} attempts",
            where=f"{method} {path} at {context.client.base_url}",
            mend="the server answers with errors; look at its state, then start the same command again",
        )

    def _stands(self, text: str) -> bool:
        self._marker = self._read()
        return self._marker is not None and self._marker.get("description") == text
