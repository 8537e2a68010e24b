-- Grain: one row per conversation: every Jitbit ticket.
with options as (
    select
        max(value) filter (where name = 'migration') as migration,
        max(value) filter (where name = 'time_zone') as time_zone,
        cast(max(value) filter (where name = 'first_day') as date) as first_day
    from mapping.option
),

tickets as (
    select
        ticket.ticket_id as id,
        moment(ticket.issue_date, options.time_zone) as created_at,
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

first_comments as (
    select
        comment.ticket_id,
        min(moment(comment.comment_date, tickets.time_zone)) as comment_at
    from raw.comment
    inner join tickets
        on comment.ticket_id = tickets.id
    group by comment.ticket_id
),

judged as (
    select
        concat(tickets.migration, '-ticket-', tickets.id) as conversation,
        tickets.id,
        tickets.first_day,
        case when tickets.created_at <= tickets.latest then tickets.created_at end as created_at,
        case when first_comments.comment_at <= tickets.latest then first_comments.comment_at end as comment_at
    from tickets
    left join first_comments
        on tickets.id = first_comments.ticket_id
),

final as (
    select
        conversation,
        id as source_id,
        coalesce(created_at, comment_at) as dated_at,
        cast(coalesce(date_trunc('month', coalesce(created_at, comment_at)), first_day) as date) as home_window,
        case
            when created_at is not null then 'created_at'
            when comment_at is not null then 'earliest_entry'
            else 'first_window'
        end as basis
    from judged
)

select * from final
