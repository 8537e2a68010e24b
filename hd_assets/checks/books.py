"""The books: every source record has exactly one fate, every key is unique, every month is covered."""

from __future__ import annotations

from datetime import date

from hd_assets.checks.base import Check, CheckContext, Metadata, Verdict, listed, query_check
from hd_assets.model import STAGING_MODELS, StagedRow
from hd_assets.partitions import Window, next_month
from hd_assets.warehouse import Connection

ACCOUNTED = ("companies", "contacts", "teammates", "inboxes", "tags", "conversations", "parts", "attachments",
             "articles", "custom_objects", "history")  # fmt: skip
BOOKS = {"windows", "records", "left_out", "exceptions"}
# What the migration inserts into a thread belongs to an entry that is accounted for itself.
_NOT_COUNTED = {"parts": "origin <> 'entry'"}
# Rows that may lack a source record by design: the migration's own tag, people whose words outlived their record.
_OF_OUR_OWN = {"tags": "kind = 'migrated'", "contacts": "list_contains(flags, 'deleted_in_source')"}
_MODELS: dict[str, type[StagedRow]] = {model.table: model for model in STAGING_MODELS}


def totals_equation(object: str) -> Check:
    """records = staged + merged + excluded + exceptions left behind, record by record, in the window."""

    def run(connection: Connection, window: Window, context: CheckContext) -> Verdict:
        parameters = {"object": object, "first": context.migration.mapping.first_day, **window.parameters}
        rows = connection.execute(_fates(object), parameters).fetchall()
        sums = {name: sum(row[i] for row in rows) for i, name in enumerate(_COUNTED, start=1)}
        wrong: list[tuple[str, str]] = []
        for row in rows:
            for position, problem in enumerate(_PROBLEMS, start=1 + len(_COUNTED)):
                if row[position]:
                    wrong.append((str(row[0]), problem))
        equation = (
            f"{sums['records']} records = {sums['staged']} staged + {sums['merged']} merged"
            f" + {sums['excluded']} excluded + {sums['exceptions']} exceptions"
        )
        metadata: Metadata = {**sums, "scope": "window" if _MODELS[object].windowed else "whole table"}
        if not wrong:
            return Verdict(True, equation, metadata)
        told = []
        for problem in _PROBLEMS:
            ids = [id for id, kind in wrong if kind == problem]
            if ids:
                metadata[problem] = len(ids)
                told.append(f"{len(ids)} {problem}: {listed(ids)}")
        return Verdict(False, f"{equation} does not hold record by record; {'; '.join(told)}", metadata)

    description = "Every source record is staged, merged, excluded or an exception: exactly one of them."
    return Check("totals_equation", object, description, run)


_COUNTED = ("records", "staged", "merged", "excluded", "exceptions")
_PROBLEMS = ("without a fate", "with several fates", "without a source record", "listed twice")


def _fates(object: str) -> str:
    """One row per (source_type, source_id): how often recorded, staged, merged, excluded, left as exception."""
    model = _MODELS[object]
    sourced = "source_type, source_id" if "source_type" in model.model_fields else _ID_PARTS
    home = "home_window" if model.windowed else "cast(null as date)"
    in_window = "home >= $window_start and home < $window_end" if model.windowed else "$window_start < $window_end"
    return f"""
        with everything as (
            select {sourced}, {home} as home_window, cast(null as varchar) as conversation, 'staged' as fate,
                {_OF_OUR_OWN.get(object, "false")} as is_ours
            from staging.{object}
            where not ({_NOT_COUNTED.get(object, "false")})
            union all
            select source_type, source_id, null, conversation, outcome, false
            from staging.left_out where object = $object
            union all
            select distinct source_type, source_id, null::date, conversation, 'exceptions', false
            from staging.exceptions where object = $object and not is_staged
            union all
            select source_type, source_id, null, conversation, 'records', false
            from staging.records where object = $object
        ),
        counted as (
            select
                everything.source_type,
                everything.source_id,
                -- A record's conversation decides; without one, where it was staged; else the first month.
                coalesce(
                    max(windows.home_window) filter (where fate = 'records'), max(everything.home_window),
                    max(windows.home_window), $first
                ) as home,
                count(*) filter (where fate = 'records') as records,
                count(*) filter (where fate = 'staged') as staged,
                count(*) filter (where fate = 'merged') as merged,
                count(*) filter (where fate = 'excluded') as excluded,
                count(*) filter (where fate = 'exceptions') as exceptions,
                bool_or(is_ours) as is_ours
            from everything
            left join staging.windows on everything.conversation = windows.conversation
            group by everything.source_type, everything.source_id
        )
        select
            concat(source_type, ' ', source_id) as id,
            records,
            case when records = 0 and is_ours then 0 else staged end as staged,
            merged,
            excluded,
            exceptions,
            staged + merged + excluded + exceptions = 0,
            staged + merged + excluded + exceptions > 1,
            records = 0 and not is_ours,
            records > 1
        from counted
        where {in_window}
    """


# Type and id out of `<migration>-<type>-<id>`, for tables that hold the external id only.
_ID_PARTS = (
    "split_part(external_id, '-', 2) as source_type,"
    " array_to_string(string_split(external_id, '-')[3:], '-') as source_id"
)


def _windows_cover_all(connection: Connection, _: Window, context: CheckContext) -> Verdict:
    first = context.migration.mapping.first_day
    end = next_month(date(context.as_of.year, context.as_of.month, 1))
    rows = connection.execute(_COVERAGE, {"first": first, "end": end}).fetchall()
    total = connection.execute("select count(*) from staging.windows").fetchall()[0][0]
    months = connection.execute("select count(distinct home_window) from staging.windows").fetchall()[0][0]
    metadata: Metadata = {"conversations": total, "months": months, "scope": "whole table"}
    if not rows:
        return Verdict(True, f"{total} conversations in {months} months, none outside them", metadata)
    kinds: dict[str, list[str]] = {}
    for id, kind in rows:
        kinds.setdefault(kind, []).append(id)
    metadata |= {kind: len(ids) for kind, ids in kinds.items()}
    told = "; ".join(f"{len(ids)} {kind}: {listed(ids)}" for kind, ids in sorted(kinds.items()))
    return Verdict(False, f"the months from {first:%Y-%m} to now do not cover everything; {told}", metadata)


_COVERAGE = """
    select conversation, 'before the first month' from staging.windows where home_window < $first
    union all
    select conversation, 'after the current month' from staging.windows where home_window >= $end
    union all
    select conversation, 'not at the beginning of a month' from staging.windows where day(home_window) <> 1
    union all
    select distinct records.conversation, 'without a home window'
    from staging.records
    anti join staging.windows on records.conversation = windows.conversation
    where records.conversation is not null
    union all
    select external_id, 'staged in another month than their own'
    from (
        select external_id, external_id as conversation, home_window from staging.conversations
        union all select external_id, conversation, home_window from staging.entries
        union all select external_id, conversation, home_window from staging.parts
        union all select external_id, conversation, home_window from staging.attachments where conversation is not null
        union all select external_id, conversation, home_window from staging.history
    ) as staged
    left join staging.windows on staged.conversation = windows.conversation
    where windows.home_window is distinct from staged.home_window
"""


def keys_unique(model: type[StagedRow]) -> Check:
    keys = ", ".join(f'"{name}"' for name in model.key)
    shown = "concat_ws(' ', " + keys + ")"
    return query_check(
        "keys_unique",
        model.table,
        "A key occurs once in the whole table, over all months.",
        f"select {shown}, 'doubled' from staging.{model.table} group by {keys} having count(*) > 1",
        good="every key occurs once",
        bad="keys occur more than once",
    )


CHECKS: tuple[Check, ...] = (
    *(totals_equation(object) for object in ACCOUNTED),
    Check(
        "windows_cover_all",
        "conversations",
        "Every conversation lies in a month between the first one and now, and its rows lie in the same month.",
        _windows_cover_all,
    ),
    *(keys_unique(model) for model in STAGING_MODELS),
)
