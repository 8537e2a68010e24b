-- Grain: one row per record of a class the installation added.
with final as (
    select
        source_id,
        json_extract_string(details, '$.class') as class,
        name,
        case
            when external_id in (select external_id from staging.custom_objects) then 'custom object'
            else 'this list only'
        end as arrives_as,
        cast(json_extract(details, '$.fields') as varchar) as fields_json
    from staging.inventory
    where starts_with(kind, 'own_')
)

select * from final
order by class, name, source_id
