-- Grain: one row per target of an SLA of iTop, and one for an SLA without targets.
with agreements as (
    select
        source_id,
        name as sla,
        details,
        array_to_string(
            list_sort(list_distinct(json_extract_string(details, '$.agreements[*].customer'))), ', '
        ) as customers
    from staging.inventory
    where kind = 'sla'
),

targets as (
    select
        source_id,
        unnest(cast(json_extract(details, '$.targets') as json[])) as target
    from agreements
),

final as (
    select
        agreements.source_id,
        agreements.sla,
        json_extract_string(targets.target, '$.target') as target,
        case json_extract_string(targets.target, '$.metric')
            when 'tto' then 'time to own (first response)'
            when 'ttr' then 'time to resolve'
            else json_extract_string(targets.target, '$.metric')
        end as metric,
        json_extract_string(targets.target, '$.priority') as priority,
        json_extract_string(targets.target, '$.request_type') as request_type,
        json_extract_string(targets.target, '$.value') as value,
        json_extract_string(targets.target, '$.unit') as unit,
        agreements.customers
    from agreements
    left join targets
        on agreements.source_id = targets.source_id
)

select * from final
order by sla, priority, target
