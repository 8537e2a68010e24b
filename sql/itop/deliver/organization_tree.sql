-- Grain: one row per organization of iTop.
with people as (
    select
        unnest(companies) as company,
        count(*) as contacts
    from staging.contacts
    where merged_into is null
    group by unnest(companies)
),

talks as (
    select
        company,
        count(*) as conversations
    from staging.conversations
    group by company
),

doubled as (
    select source_id
    from staging.exceptions
    where object = 'companies' and reason_code = 'code_used_twice'
),

final as (
    select
        companies.external_id as company_id,
        companies.name,
        companies.parent as parent_company_id,
        parents.name as parent,
        json_extract_string(companies.custom_attributes, '$.itop_organization_code') as code,
        json_extract_string(companies.custom_attributes, '$.itop_organization_status') as status,
        coalesce(people.contacts, 0) as contacts,
        coalesce(talks.conversations, 0) as conversations,
        case
            when doubled.source_id is not null then 'code used twice'
            when json_extract_string(companies.custom_attributes, '$.itop_organization_code') is null then 'no code'
        end as look_at
    from staging.companies
    left join staging.companies as parents
        on companies.parent = parents.external_id
    left join people
        on companies.external_id = people.company
    left join talks
        on companies.external_id = talks.company
    left join doubled
        on companies.source_id = doubled.source_id
)

select * from final
order by coalesce(parent, name), parent is not null, name, company_id
