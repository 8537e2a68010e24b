-- Grain: one row per status of Jitbit.
with options as (
    select coalesce(max(value) filter (where name = 'snooze_days'), '3') as snooze_days
    from mapping.option
),

final as (
    select
        inventory.source_id,
        inventory.name as status,
        case
            when json_extract_string(inventory.details, '$.is_custom') = 'true' then 'custom' else 'built in'
        end as kind,
        json_extract_string(inventory.details, '$.stops_time') = 'true' as stops_time,
        cast(json_extract_string(inventory.details, '$.tickets') as bigint) as tickets,
        coalesce(json_extract_string(inventory.details, '$.state'), 'undecided') as state,
        json_extract_string(inventory.details, '$.ticket_state') as ticket_state,
        case json_extract_string(inventory.details, '$.state')
            when 'open' then 'somebody works on it'
            when 'snoozed'
                then concat('waits; comes back ', options.snooze_days, ' days after its last change or the migration')
            when 'closed' then 'over; a reply of the customer opens it again'
            else 'not decided yet'
        end as meaning,
        coalesce(
            json_extract_string(inventory.details, '$.rule'),
            case json_extract_string(inventory.details, '$.state')
                when 'open' then 'none needed'
                when 'snoozed'
                    then concat(
                        'snooze: ', options.snooze_days,
                        ' days from the change; trigger: a teammate sets the conversation aside; back on any reply'
                    )
                when 'closed' then 'none needed'
                else 'decide the state first'
            end
        ) as recommended_rule
    from staging.inventory
    cross join options
    where inventory.kind = 'status'
)

select * from final
order by kind desc, status asc, source_id asc
