-- Grain: one row per asset of Jitbit.
with final as (
    select
        source_id,
        name as model,
        json_extract_string(details, '$.type') as type,
        json_extract_string(details, '$.manufacturer') as manufacturer,
        json_extract_string(details, '$.supplier') as supplier,
        json_extract_string(details, '$.serial_number') as serial_number,
        json_extract_string(details, '$.location') as location,
        try_cast(json_extract_string(details, '$.quantity') as bigint) as quantity,
        json_extract_string(details, '$.company') as company,
        json_extract_string(details, '$.users') as users,
        json_extract_string(details, '$.tickets') as tickets,
        cast(json_extract_string(details, '$.ticket_count') as bigint) as ticket_count,
        json_extract_string(details, '$.is_disabled') = 'true' as is_disabled,
        json_extract_string(details, '$.comments') as comments,
        cast(json_extract(details, '$.fields') as varchar) as fields_json
    from staging.inventory
    where kind = 'asset'
)

select * from final
order by type, model, try_cast(source_id as bigint), source_id
