-- Grain: one row per company nobody belongs to, per contact without company, and per link that was only guessed.
with used as (
    select
        contact,
        count(*) as conversations
    from staging.conversations
    group by contact
),

memberships as (
    select unnest(companies) as company
    from staging.contacts
),

empty_companies as (
    select
        'company without contacts' as kind,
        companies.external_id,
        companies.name,
        companies.email_domain as domain,
        cast(null as varchar) as company,
        0 as conversations,
        'keep it as an empty company, or leave it out in the mapping' as to_do
    from staging.companies
    anti join memberships
        on companies.external_id = memberships.company
),

lone_contacts as (
    select
        'contact without company' as kind,
        contacts.external_id,
        contacts.name,
        email_domain(contacts.email) as domain,
        cast(null as varchar) as company,
        coalesce(used.conversations, 0) as conversations,
        case
            when list_contains(contacts.flags, 'ambiguous_domain') then 'two companies have this domain; name one'
            when list_contains(contacts.flags, 'deleted_in_source') then 'deleted in the source; leave it alone'
            else 'name a company or leave it without one'
        end as to_do
    from staging.contacts
    left join used
        on contacts.external_id = used.contact
    where list_contains(contacts.flags, 'no_company')
),

guessed as (
    select
        'linked by e-mail domain' as kind,
        contacts.external_id,
        contacts.name,
        email_domain(contacts.email) as domain,
        contacts.companies[1] as company,
        coalesce(used.conversations, 0) as conversations,
        'confirm the company' as to_do
    from staging.contacts
    left join used
        on contacts.external_id = used.contact
    where list_contains(contacts.flags, 'company_by_domain')
),

final as (
    select * from empty_companies
    union all
    select * from lone_contacts
    union all
    select * from guessed
)

select * from final
order by kind, external_id
