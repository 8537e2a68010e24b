-- Grain: one row per contact without e-mail address.
with used as (
    select
        contact,
        count(*) as conversations
    from staging.conversations
    group by contact
),

final as (
    select
        contacts.external_id,
        contacts.name,
        contacts.phone,
        contacts.phone is not null as has_phone,
        case
            when list_contains(contacts.flags, 'deleted_in_source') then 'deleted in the source'
            when contacts.phone is not null then 'phone only'
            else 'no address at all'
        end as reason,
        coalesce(used.conversations, 0) as conversations,
        'add an address in Intercom, or leave the contact without one; its conversations migrate either way' as to_do
    from staging.contacts
    left join used
        on contacts.external_id = used.contact
    where contacts.email is null
)

select * from final
order by reason, external_id
