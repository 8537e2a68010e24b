-- Grain: one row per change of iTop.
with final as (
    select
        source_id,
        split_part(name, ' ', 1) as ref,
        trim(substr(name, length(split_part(name, ' ', 1)) + 1)) as title,
        json_extract_string(details, '$.type') as type,
        json_extract_string(details, '$.status') as status,
        json_extract_string(details, '$.organization') as organization,
        json_extract_string(details, '$.requested_by') as requested_by,
        json_extract_string(details, '$.planned_from') as planned_from,
        json_extract_string(details, '$.planned_to') as planned_to,
        json_extract_string(details, '$.accepted') as accepted,
        json_extract_string(details, '$.approved') as approved,
        json_extract_string(details, '$.rollback_plan') as rollback_plan,
        case
            when external_id in (select external_id from staging.custom_objects) then 'custom object'
            else 'this list only'
        end as arrives_as,
        cast(json_extract(details, '$.fields') as varchar) as fields_json
    from staging.inventory
    where kind = 'change'
)

select * from final
order by ref, source_id
