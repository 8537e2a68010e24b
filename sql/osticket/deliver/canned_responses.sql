-- Grain: one row per canned response of osTicket.
with final as (
    select
        source_id,
        name as title,
        json_extract_string(details, '$.department') as department,
        json_extract_string(details, '$.is_enabled') = 'true' as is_enabled,
        json_extract_string(details, '$.text') as text,
        json_extract_string(details, '$.variables') as variables,
        json_extract_string(details, '$.files') as files,
        json_extract_string(details, '$.notes') as notes,
        case
            when json_extract_string(details, '$.is_enabled') = 'true' then 'create a macro by hand'
            else 'disabled; leave it or create a macro by hand'
        end as to_do
    from staging.inventory
    where kind = 'canned_response'
)

select * from final
order by title, source_id
