-- Grain: one row per conversation: every iTop user request and incident.
with options as (
    select
        max(value) filter (where name = 'migration') as migration,
        max(value) filter (where name = 'time_zone') as time_zone,
        cast(max(value) filter (where name = 'first_day') as date) as first_day
    from mapping.option
),

tickets as (
    select
        ticket.id,
        utc(ticket.start_date, options.time_zone) as created_at,
        -- A day of grace: the source's clock and zone need not agree with ours.
        coalesce(
            try_strptime(left(ticket._extraction, 15), '%Y%m%dT%H%M%S') + interval 1 day, timestamp '9999-01-01'
        ) as latest,
        options.migration,
        options.time_zone,
        options.first_day
    from raw.ticket
    cross join options
),

first_entries as (
    select
        log_entry.ticket_id,
        min(utc(log_entry.date, tickets.time_zone)) as entry_at
    from raw.log_entry
    inner join tickets
        on log_entry.ticket_id = tickets.id
    group by log_entry.ticket_id
),

judged as (
    select
        concat(tickets.migration, '-ticket-', tickets.id) as conversation,
        tickets.id,
        tickets.first_day,
        case when tickets.created_at <= tickets.latest then tickets.created_at end as created_at,
        case when first_entries.entry_at <= tickets.latest then first_entries.entry_at end as entry_at
    from tickets
    left join first_entries
        on tickets.id = first_entries.ticket_id
),

final as (
    select
        conversation,
        id as source_id,
        coalesce(created_at, entry_at) as dated_at,
        cast(coalesce(date_trunc('month', coalesce(created_at, entry_at)), first_day) as date) as home_window,
        case
            when created_at is not null then 'created_at'
            when entry_at is not null then 'earliest_entry'
            else 'first_window'
        end as basis
    from judged
)

select * from final
