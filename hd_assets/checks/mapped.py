"""Everything in the source is mapped or left out with a reason; anything else stops the publish."""

from __future__ import annotations

from hd_assets.checks.base import IN_WINDOW, Check, CheckContext, Metadata, Verdict, listed, query_check
from hd_assets.mapping import UNDECIDED, LeftOut
from hd_assets.partitions import Window
from hd_assets.warehouse import Connection


def _objects(connection: Connection, _: Window, context: CheckContext) -> Verdict:
    objects = context.migration.mapping.objects
    rows = connection.execute("select object, count(*) from staging.records group by object order by object").fetchall()
    absent = {name: count for name, count in rows if name not in objects}
    dropped = {name: count for name, count in rows if isinstance(objects.get(name), LeftOut)}
    metadata: Metadata = {"objects": len(rows), "scope": "whole table"}
    if not absent and not dropped:
        return Verdict(True, f"{len(rows)} objects with records, each in the mapping", metadata)
    told = [f"{name} with {count} record(s) stands nowhere" for name, count in absent.items()]
    told += [f"{name} is left out but has {count} record(s) to account for" for name, count in dropped.items()]
    return Verdict(False, f"{'; '.join(told)} ({context.migration.path.name}, objects)", metadata | {"ids": listed(
        [*absent, *dropped])})  # fmt: skip


def _tables(connection: Connection, _: Window, context: CheckContext) -> Verdict:
    total = connection.execute("select count(*) from raw.source_column").fetchall()[0][0]
    rows = connection.execute(_UNMAPPED).fetchall()
    metadata: Metadata = {"columns": total, "unmapped": len(rows), "scope": "whole table"}
    if not total:
        return Verdict(False, "the extraction brought no inventory of the source's columns", metadata)
    if not rows:
        return Verdict(True, f"{total} columns of the source, each used or left out with a reason", metadata)
    told = ", ".join(f"{name} ({count} rows)" for name, count in rows)
    where = f"{context.migration.path.name}, tables"
    return Verdict(False, f"{len(rows)} not mapped and not left out ({where}): {told}", metadata | {"names": told})


# A table left out as a whole takes its columns with it; a table that stands nowhere is one finding, not one a column.
_UNMAPPED = """
    with absent as (
        select source.table_name, max(source.row_count) as row_count from raw.source_column as source
        anti join mapping.source_table on source.table_name = source_table.table_name
        group by source.table_name
    )
    select table_name as name, row_count from absent
    union all
    select concat(source.table_name, '.', source.column_name), source.row_count
    from raw.source_column as source
    inner join mapping.source_table on source.table_name = source_table.table_name
    anti join mapping.source_column
        on source.table_name = source_column.table_name and source.column_name = source_column.column_name
    where source_table.left_out is null
    order by all
"""


def _states(connection: Connection, window: Window, context: CheckContext) -> Verdict:
    rows = connection.execute(
        f"select source_status, count(*) from staging.conversations where state is null and {IN_WINDOW}"
        " group by source_status order by source_status",
        dict(window.parameters),
    ).fetchall()
    count = sum(rows_with for _, rows_with in rows)
    metadata: Metadata = {"defects": count, "scope": "window"}
    if not rows:
        return Verdict(True, "every status has a target", metadata)
    seen = ", ".join(f"{value!r} in {rows_with} row(s)" for value, rows_with in rows)
    mend = f"{context.migration.path.name}, values: status"
    return Verdict(False, f"no target for status: {seen} (mappings: {mend})", metadata)


def _unassigned(connection: Connection, _: Window, context: CheckContext) -> Verdict:
    wanted = context.migration.mapping.unassigned_tickets
    if wanted in ("keep", UNDECIDED):
        return Verdict(True, "tickets without an agent stay where they are", {"scope": "whole table"})
    names = [name for (name,) in connection.execute("select name from staging.inboxes order by name").fetchall()]
    if wanted in names:
        return Verdict(True, "tickets without an agent go to an inbox that exists", {"scope": "whole table"})
    mend = f"{context.migration.path.name}, unassigned_tickets"
    known = ", ".join(map(repr, names[:_MOST_FIELDS])) or "none"
    return Verdict(
        False, f"no inbox is called {wanted!r} (mappings: {mend}); inboxes: {known}", {"scope": "whole table"}
    )


_VALUES = f"""
    with lists as (
        select object, name, options from mapping.attribute where data_type = 'list'
    ),
    held as (
        select 'conversation' as object, external_id, custom_attributes from staging.conversations where {IN_WINDOW}
        union all select 'contact', external_id, custom_attributes from staging.contacts
        union all select 'company', external_id, custom_attributes from staging.companies
    ),
    picked as (
        select
            held.external_id,
            lists.name,
            lists.options,
            json_extract_string(held.custom_attributes, concat('$."', lists.name, '"')) as value
        from held
        inner join lists on held.object = lists.object
    )
    select external_id, concat('value is no option of ', name) from picked
    where value is not null and not list_contains(options, value)
    union all
    select conversations.external_id, concat('status ', conversations.source_status, ' stands nowhere')
    from staging.conversations
    anti join (select source_value from mapping.value where field = 'status') as known
        on conversations.source_status = known.source_value
    where {IN_WINDOW} and exists (from mapping.value where field = 'status')
"""

# A field is named as the mapping names it, and as people see it: whoever has to decide knows one of the two.
_FIELDS = """
    with fields as (
        select
            source_type,
            source_id,
            concat(coalesce(nullif(json_extract_string(details, '$.name'), ''), name), ' (', name, ')') as field
        from staging.inventory
        where kind = 'custom_field'
    )
    select coalesce(fields.field, exceptions.external_id), concat('of ', exceptions.object)
    from staging.exceptions
    left join fields using (source_type, source_id)
    where starts_with(exceptions.reason_code, 'unmapped_') and exceptions.decision is null
    union all
    select external_id, concat('unmapped ', kind) from staging.inventory
    where json_extract_string(details, '$.unmapped') = 'true'
    order by all
"""


def _fields(connection: Connection, _: Window, context: CheckContext) -> Verdict:
    rows = connection.execute(_FIELDS).fetchall()
    metadata: Metadata = {"defects": len(rows), "scope": "whole table"}
    if not rows:
        return Verdict(True, "every field is mapped or left out", metadata)
    named = ", ".join(f"{field} {kind}" for field, kind in rows[:_MOST_FIELDS])
    more = f" and {len(rows) - _MOST_FIELDS} more" if len(rows) > _MOST_FIELDS else ""
    mend = f"{context.migration.path.name}, custom_fields"
    return Verdict(False, f"{len(rows)} fields are not mapped: {named}{more} (mappings: {mend})", metadata)


_MOST_FIELDS = 40

CHECKS: tuple[Check, ...] = (
    Check(
        "every_object_mapped",
        "records",
        "Every object with records stands in the mapping.",
        _objects,
        frozenset({"records"}),
    ),
    Check(
        "every_table_and_column_mapped",
        "records",
        "Every column of every table of the source is used or left out with a reason.",
        _tables,
        frozenset(),
    ),
    Check(
        "states_are_mapped",
        "conversations",
        "Every status of the source has a target state.",
        _states,
        frozenset({"conversations"}),
    ),
    Check(
        "unassigned_tickets_mapped",
        "inboxes",
        "The inbox for tickets without an agent exists.",
        _unassigned,
        frozenset({"inboxes"}),
    ),
    query_check(
        "every_value_mapped",
        "conversations",
        "Every list value is an option of its attribute, every status stands in the mapping.",
        _VALUES,
        good="every value has a target",
        bad="values have no target",
        windowed=True,
    ),
    Check(
        "every_custom_field_mapped",
        "exceptions",
        "No field of the source is without an attribute or a reason.",
        _fields,
        frozenset({"exceptions", "inventory"}),
    ),
)
