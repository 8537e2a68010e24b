-- Grain: one row per subticket of Jitbit.
with final as (
    select
        conversations.number,
        json_extract_string(conversations.custom_attributes, '$.jitbit_parent_ticket_id') as parent_number,
        conversations.external_id,
        conversations.parent as parent_external_id,
        conversations.state,
        case
            when conversations.parent is null then 'the parent does not exist'
            else 'linked by tag, attribute and a note at the parent'
        end as linked
    from staging.conversations
    where json_extract_string(conversations.custom_attributes, '$.jitbit_parent_ticket_id') is not null
)

select * from final
order by try_cast(parent_number as bigint), try_cast(number as bigint), external_id
