-- Grain: one row per form field of osTicket: who saw it, who had to fill it, and what of that Intercom can keep.
with fields as (
    select
        source_id,
        name as label,
        details
    from staging.inventory
    where kind = 'custom_field'
),

final as (
    select
        source_id as field_id,
        json_extract_string(details, '$.form') as form,
        json_extract_string(details, '$.name') as field,
        label,
        json_extract_string(details, '$.type') as type,
        cast(json_extract_string(details, '$.answers') as bigint) as answers,
        coalesce(
            json_extract_string(details, '$.attribute'),
            concat('left out: ', json_extract_string(details, '$.left_out')),
            'not decided'
        ) as arrives_as,
        json_extract_string(details, '$.is_enabled') = 'true' as is_enabled,
        json_extract_string(details, '$.customer_sees') = 'true' as customer_sees,
        json_extract_string(details, '$.customer_must_fill') = 'true' as customer_must_fill,
        json_extract_string(details, '$.agent_must_fill') = 'true' as agent_must_fill,
        json_extract_string(details, '$.needed_to_close') = 'true' as needed_to_close,
        concat_ws(
            '; ',
            case
                when json_extract_string(details, '$.attribute') is null then null
                when json_extract_string(details, '$.customer_sees') = 'true'
                    then 'customers saw it; show it on the ticket type, or only teammates will'
                else 'agents only; keep it hidden from customers on the ticket type'
            end,
            case
                when
                    json_extract_string(details, '$.customer_must_fill') = 'true'
                    or json_extract_string(details, '$.agent_must_fill') = 'true'
                    then 'was required; old tickets may lack it, so do not require it before the migration is over'
            end,
            case
                when json_extract_string(details, '$.needed_to_close') = 'true'
                    then 'was needed to close; set this rule on the ticket type after the migration'
            end,
            case
                when json_extract_string(details, '$.is_enabled') = 'false' then 'disabled; only old answers exist'
            end
        ) as note
    from fields
)

select * from final
order by form, try_cast(field_id as bigint), field_id
