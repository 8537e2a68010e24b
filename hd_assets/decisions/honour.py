"""Staging honours decisions: after the SQL of an object has run, its rows become what people decided.

It works on the staging tables alone, so that no source's SQL has to know of decisions. What changes by a decision
gets another source digest, because it is a change to send and not a drift of the rules.
"""

from __future__ import annotations

from typing import Any

from hd_assets.model import STAGING_MODELS, duckdb_columns
from hd_assets.warehouse import Connection

DECIDED = "decided"
SENTENCE = "A person decided to leave it out."
JOINED = "A person decided to join it with another record."
# table → columns that name a record of the object, single or as list
_REFERENCES = {
    "companies": {"contacts": ("companies",), "conversations": ("company",), "companies": ("parent",)},
    "tags": {"conversations": ("tags",)},
    "inboxes": {"conversations": ("inbox",)},
    "conversations": {"conversations": ("parent",)},
}
# objects whose rows stay when they are joined with another, and say so themselves
_SAYS_SO = ("contacts", "inboxes")
_COLUMNS = {model.table: duckdb_columns(model) for model in STAGING_MODELS}


def honour(connection: Connection, object: str) -> None:
    """Apply what is decided to the staged rows of one object, over all months; nothing when nothing is decided."""
    known = connection.execute(
        "select 1 from duckdb_tables() where schema_name = 'mapping' and table_name = 'decision'"
    ).fetchone()
    if known is None or not connection.execute("select 1 from mapping.decision limit 1").fetchone():
        return
    if object == "left_out":
        _leave_out(connection)
    elif object == "exceptions":
        _settle(connection)
    elif object not in ("records", "windows"):
        _drop(connection, object)
        _redirect(connection, object)
        _use(connection, object)
        if object == "teammates":
            _stand_in(connection)
        if object == "parts":
            _follow_contacts(connection)
            _close_ranks(connection)


def _leave_out(connection: Connection) -> None:
    """Enter what is excluded, with everything that belongs to an excluded conversation, and what is joined."""
    connection.execute(
        "update staging.left_out set outcome = 'excluded', reason_code = $code, sentence = $sentence, \"into\" = null"
        f" where conversation in ({_GONE})",
        {"code": DECIDED, "sentence": SENTENCE},
    )
    connection.execute(
        f"""
        insert into staging.left_out by name
        select records.object, records.source_type, records.source_id, 'excluded' as outcome, $code as reason_code,
            $sentence as sentence, cast(null as varchar) as "into", records.conversation
        from staging.records
        where (
            (object, source_type, source_id) in (
                select (object, source_type, source_id) from mapping.decision where action = 'exclude'
            )
            or conversation in ({_GONE})
        ) and (object, source_type, source_id) not in (select (object, source_type, source_id) from staging.left_out)
        """,
        {"code": DECIDED, "sentence": SENTENCE},
    )
    connection.execute(
        """
        insert into staging.left_out by name
        select records.object, records.source_type, records.source_id, 'merged' as outcome, $code as reason_code,
            $sentence as sentence, decision.value as "into", records.conversation
        from staging.records
        inner join mapping.decision using (object, source_type, source_id)
        where decision.action = 'merge' and not list_contains($kept, object)
            and (object, source_type, source_id) not in (select (object, source_type, source_id) from staging.left_out)
        """,
        {"code": DECIDED, "sentence": JOINED, "kept": list(_SAYS_SO)},
    )


def _settle(connection: Connection) -> None:
    """An exception that was decided is none any more, unless the decision is to live with it."""
    connection.execute(
        "delete from staging.exceptions where (object, source_type, source_id) in"
        " (select (object, source_type, source_id) from staging.left_out where reason_code = $code)",
        {"code": DECIDED},
    )
    connection.execute(
        "delete from staging.exceptions where is_staged and (object, source_type, source_id, reason_code) in"
        " (select (object, source_type, source_id, reason_code) from mapping.decision where action in ('use', 'merge'))"
    )
    connection.execute(
        "update staging.exceptions set decision = 'accept' where (object, source_type, source_id, reason_code) in"
        " (select (object, source_type, source_id, reason_code) from mapping.decision where action = 'accept')"
    )


def _drop(connection: Connection, object: str) -> None:
    columns = _COLUMNS[object]
    if object == "attachments":
        # files of an excluded entry go with it; only their own table knows whose they are
        owned = f"owner in ({_excluded('parts')})"
        connection.execute(
            f"""
            insert into staging.left_out by name
            select 'attachments' as object, source_type, source_id, 'excluded' as outcome, $code as reason_code,
                $sentence as sentence, cast(null as varchar) as "into", conversation
            from staging.attachments
            where {owned} and ('attachments', source_type, source_id) not in
                (select (object, source_type, source_id) from staging.left_out)
            """,
            {"code": DECIDED, "sentence": SENTENCE},
        )
        connection.execute(f"delete from staging.attachments where {owned}")
    if "conversation" in columns:
        connection.execute(f"delete from staging.{object} where conversation in ({_GONE})")
    if object == "parts":
        connection.execute(f"delete from staging.parts where belongs_to in ({_excluded('parts')})")
    if "source_type" in columns:
        connection.execute(
            f"delete from staging.{object} where (source_type, source_id) in"
            " (select (source_type, source_id) from staging.left_out where object = $object and reason_code = $code)",
            {"object": object, "code": DECIDED},
        )


def _redirect(connection: Connection, object: str) -> None:
    """Let references follow joined records, and drop those to excluded ones."""
    if object in _SAYS_SO:
        for external_id, into in _decided(connection, object, "merge"):
            _set(connection, object, "merged_into", into, f"external_id = {_text(external_id)}")
    for referred, tables in _REFERENCES.items():
        columns = tables.get(object, ())
        moves: list[tuple[str, str | None]] = []
        if referred not in _SAYS_SO:
            moves += _decided(connection, referred, "merge")
        moves += [(key, None) for key, _ in _decided(connection, referred, "exclude")]
        for old, new in moves:
            for column in columns:
                _move(connection, object, column, old, new)


def _move(connection: Connection, object: str, column: str, key: str, into: str | None) -> None:
    new, old = _text(into) if into is not None else "cast(null as varchar)", _text(key)
    if not _COLUMNS[object][column].endswith("[]"):
        # nothing becomes its own parent
        value = f"case when {column} = {old} then nullif({new}, external_id) else {column} end"
        holds = f"{column} = {old}"
    else:
        replaced = f"list_transform({column}, lambda entry: case when entry = {old} then {new} else entry end)"
        value = f"list_distinct(list_filter({replaced}, lambda entry: entry is not null))"
        holds = f"list_contains({column}, {old})"
    connection.execute(
        f"update staging.{object} set {column} = {value}, source_digest = md5(concat(source_digest, {old}, {new}))"
        f" where {holds}"
    )


def _use(connection: Connection, object: str) -> None:
    rows = connection.execute(
        "select external_id, column_name, value, reason_code from mapping.decision where action = 'use'"
        " and object = $object and column_name is not null order by decided_at, external_id",
        {"object": object},
    ).fetchall()
    for external_id, column, value, reason_code in rows:
        where = f"external_id = {_text(external_id)}"
        if (object, column) == ("conversations", "contact"):
            _remember_contact(connection, external_id)
            connection.execute(
                "update staging.conversations set opening_author = case when opening_author = contact then"
                f" {_text(value)} else opening_author end,"
                f" participants = list_filter(participants, lambda entry: entry <> {_text(value)}) where {where}"
            )
        new: Any = [value] if _COLUMNS[object][column].endswith("[]") else value
        _set(connection, object, column, new, where)
        if "flags" in _COLUMNS[object]:
            connection.execute(
                f"update staging.{object} set flags = list_filter(flags, lambda entry: entry <> {_text(reason_code)})"
                f" where {where}"
            )
        if (object, column) == ("parts", "kind"):
            connection.execute(f"update staging.parts set is_internal = (kind = 'note') where {where}")


def _stand_in(connection: Connection) -> None:
    """Somebody lives with an agent who is not in the workspace: the migration admin stands for them."""
    connection.execute(
        "update staging.teammates set is_active = false where external_id in (select external_id from mapping.decision"
        " where action = 'accept' and reason_code = 'unmatched_agent')"
    )


def _set(connection: Connection, object: str, column: str, value: Any, where: str) -> None:
    connection.execute(
        f"update staging.{object} set {column} = $value,"
        " source_digest = md5(concat(source_digest, '|', cast($value as varchar)))"
        f" where {where} and {column} is distinct from $value",
        {"value": value},
    )


def _remember_contact(connection: Connection, conversation: str) -> None:
    """Parts are staged later, and what the stand-in wrote shall be the named contact's, too."""
    connection.execute(
        "create table if not exists mapping.stand_in (conversation varchar primary key, contact varchar not null)"
    )
    connection.execute(
        "insert or replace into mapping.stand_in select external_id, contact from staging.conversations"
        f" where external_id = {_text(conversation)} and contact not in (select value from mapping.decision"
        f" where external_id = {_text(conversation)} and column_name = 'contact')"
    )


def _follow_contacts(connection: Connection) -> None:
    known = connection.execute(
        "select 1 from duckdb_tables() where schema_name = 'mapping' and table_name = 'stand_in'"
    ).fetchone()
    if known is not None:
        connection.execute(
            "update staging.parts set author = decision.value,"
            " source_digest = md5(concat(source_digest, '|', decision.value))"
            " from mapping.stand_in, mapping.decision where parts.conversation = stand_in.conversation"
            " and parts.author = stand_in.contact and decision.external_id = stand_in.conversation"
            " and decision.action = 'use' and decision.column_name = 'contact'"
        )


def _close_ranks(connection: Connection) -> None:
    """Positions inside a conversation stay gapless when an entry of it was excluded."""
    connection.execute(
        "update staging.parts set position = placed.place from (select external_id, row_number() over"
        " (partition by conversation order by position, external_id) - 1 as place from staging.parts) as placed"
        " where parts.external_id = placed.external_id and parts.position <> placed.place"
    )


def _decided(connection: Connection, object: str, action: str) -> list[tuple[str, str]]:
    return connection.execute(
        "select distinct external_id, value from mapping.decision where object = $object and action = $action"
        " order by external_id",
        {"object": object, "action": action},
    ).fetchall()


def _excluded(object: str) -> str:
    return f"select external_id from mapping.decision where object = '{object}' and action = 'exclude'"


_GONE = _excluded("conversations")


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
