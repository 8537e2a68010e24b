"""Who may write to a workspace: its identity is pinned, and a mark in it names the one ledger that leads.

The mark is the description of the conversation attribute `<migration>_source_id`, which the migration owns. It is
advanced before the first write of every step and again after its last one, each time under a number nobody else can
have. The ledger knows which mark it has left, so that every other copy of it can be told from it:

- a ledger that was lost, belongs to another machine, or was forked, finds a mark it has never written;
- so does a copy from the middle of a step that then ended cleanly, because the end has a mark of its own;
- a copy from the middle of a step that was killed finds the mark it knows. A mark of a step that did not end
  therefore calls for a search of the workspace for records this ledger does not know to have sent.
"""

from __future__ import annotations

import threading
from typing import Any

from hd_assets.errors import BlockedError, UnreachableError
from hd_assets.publish.context import SIMULATOR, PublishContext
from hd_assets.publish.fence_mark import ENDED, Mark, marker_text
from hd_assets.publish.fence_search import ours_in_workspace, unknown_to_ledger
from hd_assets.publish.ledger import Ledger
from hd_assets.publish.outcomes import RefusedError, StoppedError, TokenRefusedError, UnknownError

Doc = dict[str, Any]
_MOST_TRIES = 8


class Fence:
    """Checks the workspace once per step; before the step's first write and after its last the mark is advanced."""

    def __init__(self, context: PublishContext) -> None:
        self._context = context
        self._lock = threading.Lock()
        self._marker: Doc | None = None
        self._archived = False
        self._checked = self._advanced = False

    def check(self) -> None:
        """Reads only. Raises BlockedError for another workspace, or one that another ledger leads."""
        with self._lock:
            if not self._checked:
                self._check_workspace()
                self._read()
                self._await_pending()
                self._check_mark()
                self._checked = True

    def ensure(self) -> None:
        """Before a write: check, then advance the mark once."""
        if self._advanced:
            return
        self.check()
        with self._lock:
            if not self._advanced:
                self._advance(Mark.new(self._context.books.ledger_id, self._context.ledger.run_no))
                self._advanced = True

    def end(self) -> None:
        """After the last write of a step that ended well: leave the mark that only the newest ledger knows.

        Raises BlockedError when somebody else advanced the mark meanwhile. A mark that cannot be written now stays
        open; then the next step searches the workspace as after a kill.
        """
        with self._lock:
            if not self._advanced:
                return
            context = self._context
            try:
                self._read()
                found, own = self._mark(), context.books.meta("marker")
                if found is not None and found.words == own:
                    self._advance(Mark.new(context.books.ledger_id, context.ledger.run_no, ENDED), tries=1)
            except (UnknownError, UnreachableError, StoppedError, TokenRefusedError):
                return
            finally:
                self._advanced = self._checked = False
                context.ledger.note_requests(context.client.take_counts())
            if found is None or found.words != own:
                raise BlockedError(
                    "another copy of this ledger published to the workspace at the same time",
                    where=self._where,
                    mend="stop the other publisher; `hd-assets reconcile` shows what was written twice, and"
                    f" {self._adopt}",
                )

    def check_workspace(self) -> None:
        """Reads only. Raises BlockedError for another workspace, and where the mark could not be written."""
        with self._lock:
            self._check_workspace()
            self._read()
            if self._marker is None and self._archived:
                raise self._archived_error()

    def take_over(self) -> None:
        """Let this ledger lead from now on, whichever led before. For `adopt`."""
        self.check_workspace()
        with self._lock:
            context = self._context
            self._advance(Mark.new(context.books.ledger_id, context.ledger.run_no, ENDED))

    @property
    def marker_created_at(self) -> int | None:
        """When the migration made its mark, Unix seconds; what the workspace held before is not the migration's."""
        with self._lock:
            self._read()
            created = (self._marker or {}).get("created_at")
        return int(created) if created else None

    @property
    def _where(self) -> str:
        return f"conversation attribute {self._context.rules.source_id_attribute} of target {self._context.target}"

    @property
    def _adopt(self) -> str:
        return f"`hd-assets adopt {self._context.migration.name}` rebuilds the ledger from the workspace"

    # the workspace

    def _check_workspace(self) -> None:
        context, aim = self._context, self._context.aim
        app = self._context.client.one("/me", holds=("app",))["app"]
        found, region = str(app.get("id_code") or ""), str(app.get("region") or "").lower()
        where = f"target {context.target} at {context.client.base_url}"
        known = context.books.meta("workspace_id")
        for expected in (aim.workspace, known):
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

    # the mark

    def _read(self) -> None:
        name = self._context.rules.source_id_attribute
        # no mark is not the same as an answer that says nothing
        client = self._context.client
        listed = client.one("/conversations/attributes", holds=("data",), include_archived="true")["data"]
        same = [doc for doc in listed if doc.get("name") == name]
        live = [doc for doc in same if not doc.get("archived")]
        if len(live) > 1:
            ids = ", ".join(str(doc.get("id")) for doc in live)
            raise BlockedError(
                f"the workspace has {len(live)} conversation attributes named {name!r} (ids {ids})",
                where=f"target {self._context.target}",
                mend="archive the one whose description names no ledger; no values can be written while both live",
            )
        self._marker, self._archived = (live[0] if live else None), len(same) > len(live)

    def _mark(self) -> Mark | None:
        return Mark.read((self._marker or {}).get("description"))

    def _await_pending(self) -> None:
        """A mark that was under way when the process died may still arrive; wait until it cannot any more.

        The horizon counts from here: all that is known is that its last byte left before.
        """
        context, pending = self._context, self._context.books.meta("marker_next")
        if not pending or not isinstance(context.books, Ledger):
            return
        found = self._mark()
        if found is not None and found.words == pending:
            return
        ready = context.clock.now() + context.horizon
        while context.clock.now() < ready:
            if context.stopping:
                raise StoppedError("fence")
            context.clock.sleep(min(1.0, ready - context.clock.now()))
        self._read()

    def _check_mark(self) -> None:
        context, books = self._context, self._context.books
        stood, pending = Mark.read(books.meta("marker")), Mark.read(books.meta("marker_next"))
        last = int(books.rows("select coalesce(max(run_no), 0) from runs")[0][0])
        sent = books.rows("select count(*) from operations where object <> 'workspace' and state = 'applied'")[0][0]
        if self._marker is None:
            self._check_unmarked(known=stood is not None or sent > 0, sent=sent)
            return
        found = self._mark()
        if found is None:
            wanted = f"write `{marker_text(context.migration.name, stood)}` into it again, or " if stood else ""
            raise BlockedError(
                "the description of the migration's attribute was changed and names no ledger any more",
                where=self._where,
                mend=f"{wanted}{self._adopt}",
            )
        if found.ledger_id != books.ledger_id:
            raise BlockedError(
                "another ledger leads this migration in the workspace",
                where=self._where,
                mend=f"publish from the machine that holds that ledger, or {self._adopt}",
            )
        # versions before the mark had a phase noted nothing in the ledger
        old_version = stood is None and pending is None and found.is_old_version and found.run_no <= last
        if found not in (stood, pending) and not old_version:
            raise self._other_copy(found, stood, last)
        if not found.ended and isinstance(books, Ledger):
            evidence = unknown_to_ledger(context)
            if evidence is not None:
                raise BlockedError(
                    f"the last run was cut off, and after what this ledger knows the workspace got {evidence}",
                    where=self._where,
                    mend=f"this ledger is a copy from the middle of it; put the newest one back, or {self._adopt}",
                )

    def _check_unmarked(self, *, known: bool, sent: int) -> None:
        if self._archived:
            raise self._archived_error()
        if known:
            raise BlockedError(
                f"the ledger knows {sent} sent operations, but the workspace bears no mark of this migration",
                where=self._where,
                mend="the workspace was emptied, is another one, or the attribute was renamed; give it its name back,"
                f" or move the ledger away to start anew, or {self._adopt}",
            )
        found = ours_in_workspace(self._context)
        if found is not None:
            raise BlockedError(
                f"the ledger is empty, but the workspace already holds {found} of this migration",
                where=self._where,
                mend=f"put the ledger back that sent it, or {self._adopt}",
            )

    def _archived_error(self) -> BlockedError:
        return BlockedError(
            "the migration's attribute is archived in the workspace, and with it the mark of the leading ledger",
            where=self._where,
            mend="restore it in the workspace's settings for conversation data, then start again",
        )

    def _other_copy(self, found: Mark, stood: Mark | None, last: int) -> BlockedError:
        if stood is not None and (found.run_no, found.ended) < (stood.run_no, stood.ended):
            return BlockedError(
                f"the workspace is at run {found.run_no}, this ledger at run {stood.run_no}:"
                " the workspace was put back to an earlier state, or another copy of the ledger was used since",
                where=self._where,
                mend=self._adopt,
            )
        # the run under way is not one the ledger has seen
        here = stood.run_no if stood is not None else last
        end = "the end of " if found.ended and found.run_no == here else ""
        return BlockedError(
            f"the workspace has seen {end}run {found.run_no} of this ledger, here the last was {here}",
            where=self._where,
            mend=f"this ledger is an old copy or a fork; put the newest one back, or {self._adopt}",
        )

    # writing it

    def _advance(self, mark: Mark, *, tries: int = _MOST_TRIES) -> None:
        context = self._context
        text = marker_text(context.migration.name, mark)
        noted = [_meta("marker_next", mark.words), _meta("marker_next_at", repr(context.clock.now()))]
        standing = self._mark()
        if standing is not None and standing.ledger_id == mark.ledger_id and not standing.is_old_version:
            # it may be one that was under way when a process died: nothing else would remember it, should the new
            # mark never arrive
            noted.append(_meta("marker", standing.words))
        context.ledger.write(noted)
        if self._marker is not None:
            self._write("PUT", f"/conversations/attributes/{self._marker['id']}", {"description": text}, mark, tries)
        else:
            body = {"name": context.rules.source_id_attribute, "data_type": "string", "description": text}
            self._write("POST", "/conversations/attributes", body, mark, tries)
        context.ledger.write(
            [_meta("marker", mark.words), _meta("marker_next", ""), _meta("marker_at", repr(context.clock.now()))]
        )

    def _write(self, method: str, path: str, body: Doc, mark: Mark, tries: int) -> None:
        """Until the mark stands; a lost answer is looked up, twice and H apart, before a new one is made."""
        context = self._context
        for attempt in range(1, tries + 1):
            try:
                self._marker = context.client.send(method, path, body).data
                return
            except UnknownError:
                if self._stands(mark):
                    return
                if attempt == tries:
                    break
                context.clock.sleep(context.horizon)
                if self._stands(mark):
                    return
            except RefusedError as fault:
                raise BlockedError(
                    f"the workspace refused the migration's mark ({fault.label})",
                    where=f"{method} {path}",
                    mend="give the token the permission to write conversation attributes",
                ) from fault
        raise UnreachableError(
            f"the mark could not be written in {tries} attempts",
            where=f"{method} {path} at {context.client.base_url}",
            mend="the server answers with errors; look at its state, then start the same command again",
        )

    def _stands(self, mark: Mark) -> bool:
        self._read()
        return self._mark() == mark


def _meta(name: str, value: str) -> tuple[str, tuple[str, str]]:
    return "insert or replace into meta values (?, ?)", (name, value)
