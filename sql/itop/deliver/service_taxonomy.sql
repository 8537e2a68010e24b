-- Grain: one row per service family, service and subcategory of iTop.
with final as (
    select
        source_id,
        case json_extract_string(details, '$.level')
            when 'ServiceFamily' then '1 family'
            when 'Service' then '2 service'
            else '3 subcategory'
        end as level,
        name,
        json_extract_string(details, '$.status') as status,
        json_extract_string(details, '$.request_type') as request_type,
        coalesce(cast(json_extract_string(details, '$.tickets') as bigint), 0) as tickets
    from staging.inventory
    where kind = 'service'
)

select * from final
order by level, name, source_id
