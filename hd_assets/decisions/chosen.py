"""Which conversations `run --only` means."""

from __future__ import annotations

from collections.abc import Sequence

from hd_assets.decisions.book import current
from hd_assets.errors import UsageError
from hd_assets.mapping import Migration
from hd_assets.settings import Settings
from hd_assets.warehouse import Connection, Warehouse

DECIDED = "decided"
_FIND = """
    select conversations.source_id from staging.conversations
    where external_id = $ref or source_id = $ref or number = $ref
    union
    select conversations.source_id from staging.conversations
    inner join staging.records on records.conversation = conversations.external_id
    where concat_ws('-', $migration, records.source_type, records.source_id) = $ref
"""


def source_ids(settings: Settings, migration: Migration, refs: Sequence[str]) -> tuple[str, ...]:
    """Source ids of the conversations that are named by source id, number, external id of them or of anything in
    them, or by the word `decided`: all those people took a decision about.

    Raises UsageError for one that names none or several; a record that is excluded by now is none. What was never
    staged cannot be looked up and is passed on as it is.
    """
    stores = settings.stores(migration.name)
    if not refs or not stores.warehouse.exists():
        return tuple(refs)
    wanted = list(refs)
    if DECIDED in wanted:
        wanted.remove(DECIDED)
        decided = [decision.external_id for decision in current(stores).values()]
    with Warehouse.of(stores.warehouse).get_connection() as connection:
        if not connection.execute("select 1 from staging.conversations limit 1").fetchone():
            return tuple(refs)
        found = {id for ref in wanted for id in _one(connection, migration, ref)}
        if DECIDED in refs:
            of_decisions = {id for key in decided for id in _found(connection, migration, key)}
            if not of_decisions:
                raise UsageError(
                    "no decision is about a conversation that is staged",
                    where="--only decided",
                    mend=f"`hd-assets exceptions {migration.name}` lists what waits for one",
                )
            found |= of_decisions
    return tuple(sorted(found, key=lambda id: (len(id), id)))


def _one(connection: Connection, migration: Migration, ref: str) -> list[str]:
    found = _found(connection, migration, ref)
    if len(found) == 1:
        return found
    raise UsageError(
        f"{len(found)} conversations are meant by one --only",
        where=f"--only {ref}" if len(ref) < 60 else "--only",
        mend=f"name a source id, a ticket number or an external id such as {migration.name}-…;"
        f" what is new in the source is known after `hd-assets run {migration.name} --until stage`",
    )


def _found(connection: Connection, migration: Migration, ref: str) -> list[str]:
    # a source id beats an equal number of another conversation
    exact = connection.execute(
        "select source_id from staging.conversations where source_id = $ref or external_id = $ref", {"ref": ref}
    ).fetchall()
    rows = exact or connection.execute(_FIND, {"ref": ref, "migration": migration.name}).fetchall()
    return [str(row[0]) for row in rows]
