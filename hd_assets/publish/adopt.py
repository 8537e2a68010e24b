"""A lost ledger rebuilt from the workspace: which record is there, what was sent of it, and what is left to send.

Contacts and companies are known by the ids the migration gave them, definitions by name, conversations by the
attribute that holds their source id, parts by time, author and text. Everything is read; the only write is the mark
that hands the workspace to the rebuilt ledger, and only on request.

Who made a record cannot be read from it. What was created after the migration made its first mark and bears the
migration's id counts as created by it, anything else as adopted, which a rollback leaves standing. An old ledger that
can still be read tells more: its origins and the values that adopted records held before are taken over.
Where the workspace shows something other than staging, what was sent once counts as sent: a read-back lists the
differences, and nobody's change is overwritten.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Mapping as Environment
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hd_assets.errors import BlockedError, HdError
from hd_assets.mapping import Migration
from hd_assets.partitions import EVERYTHING
from hd_assets.publish.adopt_read import Adopting, Findings
from hd_assets.publish.adopt_records import adopt_definitions, adopt_records
from hd_assets.publish.adopt_threads import adopt_conversations
from hd_assets.publish.context import PublishContext, open_context
from hd_assets.publish.ledger import Statement, read_only
from hd_assets.publish.ledger_file import Hold
from hd_assets.publish.plan import plan
from hd_assets.settings import Settings
from hd_assets.warehouse import Warehouse, scalar


def adopt(
    settings: Settings,
    migration: Migration,
    target: str,
    *,
    environment: Environment[str, str],
    execute: bool = False,
    **more: Any,
) -> Findings:
    """Rebuild the ledger of a target and tell what was found; keep it, and lead the workspace, only with `execute`.

    `more` goes to `open_context`. The ledger there was stays beside the new one under another name. Raises
    BlockedError while another process publishes, without staged data, and where the fence would refuse the workspace.
    """
    path = settings.stores(migration.name).ledger(target)
    _require_staged(settings, migration)
    hold = Hold(path)
    draft = path.parent / "adopting"
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    try:
        new = draft / path.name
        with open_context(
            settings, migration, target, environment=environment, step="adopt", ledger=new, **more
        ) as context:
            findings = _rebuilt(context, draft, path)
            if execute:
                context.fence.take_over()
        if execute:
            _put_in_place(new, path)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
        hold.close()
    return findings


def _require_staged(settings: Settings, migration: Migration) -> None:
    stores = settings.stores(migration.name)
    staged = 0
    if stores.warehouse.exists():
        with Warehouse.of(stores.warehouse).get_connection() as connection:
            try:
                staged = int(scalar(connection, "select count(*) from staging.conversations"))
            except Exception as fault:
                raise _nothing_staged(migration) from fault
    if not staged:
        raise _nothing_staged(migration)


def _nothing_staged(migration: Migration) -> BlockedError:
    return BlockedError(
        "nothing is staged: what stands in the workspace can only be recognised beside the source's records",
        where=f"migration {migration.name}",
        mend=f"`hd-assets run {migration.name} --until stage` first, for all months that were published",
    )


def _rebuilt(context: PublishContext, folder: Path, old: Path) -> Findings:
    context.ledger.begin_run(purpose="adopt")
    _refuse_another_workspace(context, old)
    context.fence.check_workspace()
    adopting = Adopting(context, context.fence.marker_created_at)
    plan(context, EVERYTHING)
    adopt_definitions(adopting)
    adopt_records(adopting)
    adopt_conversations(adopting, folder)
    _inherit(context, old)
    return adopting.findings


def _refuse_another_workspace(context: PublishContext, old: Path) -> None:
    """The old ledger, where it can be read, says which workspace this target is."""
    known = _asked(old, "select value from meta where name = 'workspace_id'")
    if known:
        context.ledger.set_meta("workspace_id", str(known[0][0]))


def _inherit(context: PublishContext, old: Path) -> None:
    """What only the old ledger can tell: who made a record, and what adopted ones held before."""
    statements: list[Statement] = []
    for kind, intercom_id, taken_at, document in _asked(
        old, "select kind, intercom_id, taken_at, document from prior_values"
    ):
        sql = "insert or replace into prior_values values (?, ?, ?, ?)"
        statements.append((sql, (kind, intercom_id, taken_at, document)))
    for kind, external_id, intercom_id, origin in _asked(
        old, "select kind, external_id, intercom_id, origin from identities where origin in ('created', 'adopted')"
    ):
        bound = (origin, kind, external_id, intercom_id)
        same = "kind = ? and external_id = ?"
        statements += [
            (f"update identities set origin = ? where {same} and intercom_id = ?", bound),
            (f"update operations set origin = ? where {same} and intercom_id = ?", bound),
        ]
        if len(statements) > 1000:
            context.ledger.write(statements)
            statements = []
    context.ledger.write(statements)


def _asked(path: Path, sql: str) -> Sequence[tuple[Any, ...]]:
    """Nothing from a ledger that is not there or cannot be read."""
    try:
        books = read_only(path)
    except (HdError, OSError):
        return []
    try:
        return books.rows(sql)
    except sqlite3.Error:
        return []
    finally:
        books.close()


def _put_in_place(new: Path, path: Path) -> None:
    """The old ledger keeps its name with a time; a crash in between leaves a workspace that refuses the old one."""
    stamp = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    for suffix in ("-wal", "-shm", ""):
        beside = path.with_name(path.name + suffix)
        if beside.exists():
            beside.replace(path.with_name(f"{path.stem}.before-adopt-{stamp}{path.suffix}{suffix}"))
    new.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
