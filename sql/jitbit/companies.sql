-- Grain: one row per Jitbit company.
with options as (
    select
        max(value) filter (where name = 'migration') as migration,
        max(value) filter (where name = 'industry_field') as industry_field
    from mapping.option
),

companies as (
    select
        company_id as id,
        nullif(trim(name), '') as name,
        nullif(trim(email_domain), '') as written_domain,
        email_domain(trim(regexp_split_to_array(trim(email_domain), '[\s,;]+')[1])) as domain,
        nullif(trim(notes), '') as notes
    from raw.company
),

field_options as (
    select
        field_id,
        list(struct_pack(id := option_id, text := text) order by option_id) as options
    from raw.custom_field_option
    group by field_id
),

answers as (
    select
        held.company_id as id,
        trim(coalesce(custom_field.name, held.field_name, concat('Field ', held.field_id))) as field,
        case
            -- 4 is a checkbox; one that is not ticked is told as nothing, or as 0
            when coalesce(custom_field.type, held.type) = '4'
                then coalesce(
                    cast(flag(held.value) as varchar),
                    nullif(trim(held.value), ''),
                    case when held.value = '' then 'false' end
                )
            else coalesce(chosen_options(held.value, field_options.options), nullif(trim(held.value), ''))
        end as value
    from raw.company_custom_field_value as held
    left join raw.custom_field
        on held.field_id = custom_field.field_id
    left join field_options
        on held.field_id = field_options.field_id
),

industries as (
    select
        answers.id,
        max(answers.value) as industry
    from answers
    cross join options
    where answers.field = options.industry_field
    group by answers.id
),

answer_digests as (
    select
        id,
        md5(string_agg(concat_ws('=', field, value), '|' order by field, value)) as digest
    from answers
    group by id
),

facts as (
    select
        id,
        unnest(
            [
                struct_pack(name := 'jitbit_company_id', value := id, data_type := 'string'),
                struct_pack(name := 'email_domain', value := coalesce(domain, written_domain), data_type := 'string'),
                struct_pack(name := 'jitbit_company_notes', value := notes, data_type := 'string')
            ]
        ) as fact
    from companies
),

pairs as (
    select
        id,
        struct_extract(fact, 'name') as name,
        struct_extract(fact, 'value') as value,
        struct_extract(fact, 'data_type') as data_type
    from facts
    union all
    select
        answers.id,
        custom_field.attribute as name,
        answers.value,
        attribute.data_type
    from answers
    inner join mapping.custom_field
        on custom_field.object = 'company' and answers.field = custom_field.field and custom_field.attribute is not null
    inner join mapping.attribute
        on custom_field.attribute = attribute.name and attribute.object = 'company'
),

collected as (
    select
        pairs.id,
        list(
            struct_pack(
                name := pairs.name,
                value := case
                    when pairs.data_type in ('string', 'text') and length(pairs.value) > 255
                        then concat(left(pairs.value, 250), '…')
                    when pairs.data_type = 'list' and not list_contains(attribute.options, trim(pairs.value)) then null
                    else pairs.value
                end,
                data_type := pairs.data_type
            )
            order by pairs.name, pairs.value
        ) as pairs
    from pairs
    inner join mapping.attribute
        on pairs.name = attribute.name and attribute.object = 'company'
    group by pairs.id
),

final as (
    select
        concat(options.migration, '-company-', companies.id) as external_id,
        'company' as source_type,
        companies.id as source_id,
        md5(
            concat_ws(
                '|', companies.id, companies.name, companies.written_domain, companies.notes, answer_digests.digest
            )
        ) as source_digest,
        coalesce(companies.name, concat('Company ', companies.id)) as name,
        'https://' || companies.domain as website,
        companies.domain as email_domain,
        industries.industry,
        cast(null as varchar) as parent,
        coalesce(attributes(collected.pairs), '{}') as custom_attributes,
        cast(null as timestamp) as created_at
    from companies
    cross join options
    left join industries
        on companies.id = industries.id
    left join collected
        on companies.id = collected.id
    left join answer_digests
        on companies.id = answer_digests.id
)

select * from final
