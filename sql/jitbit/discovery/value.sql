-- Grain: one row per value of Jitbit that the mapping decides by name.
with statuses as (
    select
        coalesce(
            nullif(trim(status.name), ''), nullif(trim(ticket.status_name), ''), concat('status ', ticket.status_id)
        ) as value,
        ticket.status_id,
        coalesce(flag(status.stops_time), flag(ticket.status_stops_time), false) as stops_time,
        ticket.resolved_date
    from raw.ticket
    left join raw.status
        on ticket.status_id = status.status_id
),

held as (
    select
        'status' as vocabulary,
        value,
        min(status_id) as source_id,
        -- 1, 2 and 3 are the product's own; another one that stops the clock and does not resolve is waiting
        case
            when min(status_id) = '1' then 'open'
            when min(status_id) = '2' then 'in_progress'
            when min(status_id) = '3' then 'closed'
            when count(*) = count(nullif(trim(resolved_date), '')) then 'resolved'
            when bool_or(stops_time) then 'waiting'
        end as meaning,
        count(*) as rows
    from statuses
    group by value
    union all
    select
        'priority' as vocabulary,
        priority as value,
        priority as source_id,
        cast(null as varchar) as meaning,
        count(*) as rows
    from raw.ticket
    group by priority
    union all
    select
        'origin' as vocabulary,
        coalesce(
            [
                'WebApp', 'Email', 'Widget', 'API', 'Scheduler', 'MobileApp', 'Phone', 'LiveChat', 'InPerson'
            ][try_cast(origin as integer) + 1],
            origin
        ) as value,
        cast(null as varchar) as source_id,
        cast(null as varchar) as meaning,
        count(*) as rows
    from raw.ticket
    group by all
    union all
    select
        'category' as vocabulary,
        trim(category.name) as value,
        category.category_id as source_id,
        cast(null as varchar) as meaning,
        count(ticket.ticket_id) as rows
    from raw.category
    left join raw.ticket
        on category.category_id = ticket.category_id
    group by trim(category.name), category.category_id
    union all
    select
        'tag' as vocabulary,
        trim(tag.name) as value,
        tag.tag_id as source_id,
        cast(null as varchar) as meaning,
        count(ticket_tag.ticket_id) as rows
    from raw.tag
    left join raw.ticket_tag
        on tag.tag_id = ticket_tag.tag_id
    group by trim(tag.name), tag.tag_id
),

final as (
    select
        vocabulary,
        value,
        source_id,
        meaning,
        true as is_active,
        cast(null as bigint) as position,
        rows
    from held
    where coalesce(value, '') <> ''
)

select * from final
