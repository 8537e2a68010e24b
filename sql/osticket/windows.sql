-- Grain: one row per conversation: every osTicket ticket that was not merged into another one.
with options as (
    select
        max(value) filter (where name = 'migration') as migration,
        max(value) filter (where name = 'time_zone') as time_zone,
        cast(max(value) filter (where name = 'first_day') as date) as first_day
    from mapping.option
),

tickets as (
    select
        ticket_id,
        created,
        try_strptime(left(_extraction, 15), '%Y%m%dT%H%M%S') as extracted_at
    from raw.ticket
    qualify row_number() over (partition by ticket_id order by updated desc, created desc, number desc) = 1
),

homes as (
    select
        source_id,
        conversation
    from staging.records
    where object = 'conversations' and source_type = 'ticket'
),

dated as (
    select
        homes.conversation,
        tickets.ticket_id,
        utc(tickets.created, options.time_zone) as created_at,
        -- A day of grace: the source's clock and zone need not agree with ours.
        coalesce(tickets.extracted_at + interval 1 day, timestamp '9999-01-01') as latest,
        options.first_day,
        options.time_zone
    from tickets
    cross join options
    inner join homes
        on tickets.ticket_id = homes.source_id
    where homes.conversation = concat(options.migration, '-ticket-', tickets.ticket_id)
),

undated as (
    select conversation
    from dated
    where created_at is null or created_at > latest
),

entry_homes as (
    select
        records.source_id,
        records.conversation
    from staging.records
    inner join undated
        on records.conversation = undated.conversation
    where records.object = 'parts'
),

first_entries as (
    select
        entry_homes.conversation,
        min(thread_entry.created) as created
    from raw.thread_entry
    inner join entry_homes
        on thread_entry.id = entry_homes.source_id
    where thread_entry.created not like '0000%'
    group by entry_homes.conversation
),

judged as (
    select
        dated.conversation,
        dated.ticket_id,
        dated.first_day,
        dated.latest,
        case when dated.created_at <= dated.latest then dated.created_at end as created_at,
        utc(first_entries.created, dated.time_zone) as entry_at
    from dated
    left join first_entries
        on dated.conversation = first_entries.conversation
),

final as (
    select
        conversation,
        ticket_id as source_id,
        coalesce(created_at, case when entry_at <= latest then entry_at end) as dated_at,
        cast(
            coalesce(
                date_trunc('month', coalesce(created_at, case when entry_at <= latest then entry_at end)), first_day
            ) as date
        ) as home_window,
        case
            when created_at is not null then 'created_at'
            when entry_at <= latest then 'earliest_entry'
            else 'first_window'
        end as basis
    from judged
)

select * from final
