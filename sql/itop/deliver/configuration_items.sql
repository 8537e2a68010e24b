-- Grain: one row per configuration item of iTop.
with final as (
    select
        source_id,
        name,
        json_extract_string(details, '$.class') as class,
        json_extract_string(details, '$.organization') as organization,
        json_extract_string(details, '$.status') as status,
        json_extract_string(details, '$.criticality') as criticality,
        cast(json_extract_string(details, '$.migrated_tickets') as bigint) as migrated_tickets,
        json_extract_string(details, '$.tickets') as tickets,
        case
            when external_id in (select external_id from staging.custom_objects) then 'custom object'
            else 'this list only'
        end as arrives_as,
        cast(json_extract(details, '$.fields') as varchar) as fields_json
    from staging.inventory
    where kind = 'configuration_item'
)

select * from final
order by class, name, source_id
