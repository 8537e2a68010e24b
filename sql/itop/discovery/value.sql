-- Grain: one row per value of iTop that the mapping decides by name.
with held as (
    select
        'status' as vocabulary,
        status as value,
        count(*) as rows
    from raw.ticket
    group by status
    union all
    select
        'priority' as vocabulary,
        priority as value,
        count(*) as rows
    from raw.ticket
    group by priority
    union all
    select
        'urgency' as vocabulary,
        urgency as value,
        count(*) as rows
    from raw.ticket
    group by urgency
    union all
    select
        'impact' as vocabulary,
        impact as value,
        count(*) as rows
    from raw.ticket
    group by impact
    union all
    select
        'origin' as vocabulary,
        origin as value,
        count(*) as rows
    from raw.ticket
    group by origin
    union all
    select
        'service' as vocabulary,
        service_name as value,
        count(*) as rows
    from raw.ticket
    group by service_name
    union all
    select
        'role' as vocabulary,
        profile as value,
        count(distinct userid) as rows
    from raw.user_profile
    group by profile
    union all
    select
        'history' as vocabulary,
        attcode as value,
        count(*) as rows
    from raw.change_op
    group by attcode
),

-- What the words of the standard life cycle mean; words an installation added say nothing about themselves.
meanings as (
    select
        unnest(
            [
                'new', 'assigned', 'pending', 'waiting_for_approval', 'approved', 'escalated_tto', 'escalated_ttr',
                'resolved', 'closed', 'rejected'
            ]
        ) as status,
        unnest(
            [
                'open', 'in_progress', 'waiting', 'open', 'in_progress', 'open', 'in_progress', 'resolved', 'closed',
                'closed'
            ]
        ) as meaning
),

final as (
    select
        held.vocabulary,
        held.value,
        cast(null as varchar) as source_id,
        meanings.meaning,
        true as is_active,
        cast(null as bigint) as position,
        held.rows
    from held
    left join meanings
        on held.vocabulary = 'status' and held.value = meanings.status
    where coalesce(held.value, '') <> ''
)

select * from final
