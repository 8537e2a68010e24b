-- Grain: one row per placeholder of Jitbit's canned responses that occurs, with what stands for it in a macro.
with known as (
    select
        unnest(
            [
                'FirstName', 'LastName', 'From', 'FromEmail', 'Company', 'Technician', 'TechnicianFirstName',
                'TechnicianEmail'
            ]
        ) as placeholder,
        -- guess: words of Intercom's composer; look at one macro before copying all
        unnest(
            [
                '{{first_name}}', '{{last_name}}', '{{name}}', '{{email}}', '{{company.name}}', '{{teammate.name}}',
                '{{teammate.first_name}}', '{{teammate.email}}'
            ]
        ) as becomes
),

found as (
    select
        name,
        unnest(string_split(json_extract_string(details, '$.placeholders'), ', ')) as placeholder
    from staging.inventory
    where kind = 'canned_response' and json_extract_string(details, '$.placeholders') <> ''
),

final as (
    select
        concat('#', found.placeholder, '#') as placeholder,
        known.becomes,
        known.becomes is not null as is_known,
        count(*) as responses,
        string_agg(found.name, ', ' order by found.name) as in_responses,
        case when known.becomes is null then 'write it anew by hand' else 'put in' end as to_do
    from found
    left join known
        on lower(found.placeholder) = lower(known.placeholder)
    group by found.placeholder, known.becomes
)

select * from final
order by is_known, placeholder
