-- Grain: one row per entry a person has to look at, and why.
with final as (
    select
        exceptions.external_id,
        conversations.number as ticket_number,
        exceptions.reason_code,
        exceptions.sentence as what_is_wrong,
        exceptions.remedy,
        case when exceptions.is_staged then 'migrates as it is' else 'stays behind' end as fate
    from staging.exceptions
    left join staging.conversations
        on exceptions.conversation = conversations.external_id
    where exceptions.object = 'parts'
)

select * from final
order by fate desc, reason_code asc, external_id asc
