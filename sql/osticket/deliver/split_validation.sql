-- Grain: one row per osTicket thread, and one for all entries without thread: how its entries were split into parts.
with entries as (
    select distinct
        id,
        thread_id,
        type,
        format,
        (coalesce(try_cast(flags as bigint), 0) & 4) > 0 as is_superseded
    from raw.thread_entry
),

parts as (
    select
        source_id,
        count(*) as times,
        count(*) filter (where kind = 'comment') as comments,
        count(*) filter (where kind = 'note') as notes,
        bool_or(list_contains(flags, 'note_made_public')) as is_made_public
    from staging.parts
    where source_type = 'thread_entry' and origin = 'entry'
    group by source_id
),

left_out as (
    select
        source_id,
        max(outcome) as outcome
    from staging.left_out
    where object = 'parts' and source_type = 'thread_entry'
    group by source_id
),

exceptions as (
    select
        source_id,
        bool_and(is_staged) as is_staged
    from staging.exceptions
    where object = 'parts' and source_type = 'thread_entry'
    group by source_id
),

threads as (
    select
        thread.id,
        max(thread.object_type) as object_type,
        max(coalesce(ticket.number, task.number, json_extract_string(
            case when json_valid(thread.extra) then thread.extra end, '$.number'
        ))) as number,
        max(ticket.created) as created
    from raw.thread
    left join raw.ticket
        on thread.object_id = ticket.ticket_id and thread.object_type = 'T'
    left join raw.task
        on thread.object_id = task.id and thread.object_type = 'A'
    group by thread.id
),

counted as (
    select
        threads.id as thread_id,
        case threads.object_type
            when 'T' then 'ticket'
            when 'A' then 'task'
            when 'C' then 'merged ticket'
            else 'nothing'
        end as thread_of,
        threads.number,
        left(threads.created, 4) as year,
        coalesce(string_agg(distinct entries.format, ', ' order by entries.format), '') as formats,
        count(entries.id) as entries,
        count(*) filter (where entries.type in ('M', 'R')) as public_in_source,
        count(*) filter (where entries.type = 'N') as internal_in_source,
        coalesce(sum(parts.comments), 0) as sent_as_comments,
        coalesce(sum(parts.notes), 0) as sent_as_notes,
        count(*) filter (where left_out.outcome = 'excluded') as superseded_or_excluded,
        count(*) filter (where left_out.outcome = 'merged') as merged_into_another_part,
        count(*) filter (where not exceptions.is_staged) as exceptions,
        count(*) filter (
            where entries.id is not null
            and coalesce(parts.times, 0)
            + case when left_out.outcome is null then 0 else 1 end
            + case when exceptions.is_staged is distinct from false then 0 else 1 end <> 1
        ) as not_accounted_once,
        count(*) filter (where parts.is_made_public) as made_public_by_the_mapping,
        count(*) filter (
            where entries.type = 'N' and parts.comments > 0 and not parts.is_made_public
        ) as internal_made_public,
        count(*) filter (where exceptions.is_staged) as odd_entries
    from entries
    full join threads
        on entries.thread_id = threads.id
    left join parts
        on entries.id = parts.source_id
    left join left_out
        on entries.id = left_out.source_id
    left join exceptions
        on entries.id = exceptions.source_id
    group by threads.id, threads.object_type, threads.number, threads.created
),

final as (
    select
        *,
        case
            when not_accounted_once > 0 or internal_made_public > 0 then 'wrong'
            when exceptions > 0 or odd_entries > 0 then 'look at'
            else 'complete'
        end as verdict
    from counted
)

select * from final
order by verdict desc, try_cast(thread_id as bigint) asc, thread_id asc
