-- Grain: one row per osTicket organisation.
with options as (
    select
        max(value) filter (where name = 'migration') as migration,
        max(value) filter (where name = 'time_zone') as time_zone
    from mapping.option
),

organizations as (
    select
        id,
        name,
        manager,
        status,
        domain,
        created,
        updated
    from raw.organization
    qualify row_number() over (partition by id order by updated desc, created desc, name desc) = 1
),

managers as (
    select
        concat('s', staff_id) as manager,
        trim(concat_ws(' ', max(firstname), max(lastname))) as name
    from raw.staff
    group by staff_id
    union all
    select
        concat('t', team_id) as manager,
        max(name) as name
    from raw.team
    group by team_id
),

fields as (
    select
        form_field.id,
        coalesce(nullif(form_field.name, ''), concat('field_', form_field.id)) as name,
        form_field.type as field_type,
        case when json_valid(form_field.configuration) then form_field.configuration end as settings
    from raw.form_field
),

stored as (
    select
        form_entry.object_id,
        form_entry.id as entry_id,
        fields.id as field_id,
        fields.name,
        fields.field_type,
        form_entry_values.value,
        case when json_valid(form_entry_values.value) then form_entry_values.value end as selection,
        json_extract_string(fields.settings, '$.choices') as choices,
        coalesce(json_extract_string(fields.settings, '$.html'), 'true') as is_html,
        attribute.name as attribute,
        attribute.data_type
    from raw.form_entry_values
    inner join raw.form_entry
        on form_entry_values.entry_id = form_entry.id
    inner join fields
        on form_entry_values.field_id = fields.id
    left join mapping.custom_field
        on fields.name = custom_field.field and custom_field.object = 'organization'
    left join mapping.attribute
        on custom_field.attribute = attribute.name and attribute.object = 'company'
    where form_entry.object_type = 'O' and nullif(form_entry_values.value, '') is not null
),

-- What the source holds of the fields, whether or not the mapping wants it: a changed mapping is no changed source.
answer_seeds as (
    select
        object_id,
        string_agg(
            concat_ws('=', entry_id, field_id, value, case when field_type = 'choices' then choices end),
            '|'
            order by entry_id, field_id, value
        ) as seed
    from stored
    group by object_id
),

answers as (
    select
        object_id,
        entry_id,
        field_id,
        name,
        attribute,
        data_type,
        case
            when json_type(selection) = 'OBJECT' and (field_type = 'choices' or field_type like 'list-%')
                then array_to_string(json_extract_string(selection, '$.*'), ', ')
            when field_type = 'choices'
                then coalesce(
                    nullif(regexp_extract(choices, concat('(?m)^', regexp_escape(value), ':(.*?)\r?$'), 1), ''), value
                )
            when field_type = 'datetime' and data_type = 'date' then nullif(left(value, 10), '0')
            when field_type = 'datetime' then strftime(iana_timestamp(value), '%Y-%m-%dT%H:%M:%SZ')
            when field_type = 'memo' and is_html = 'true' then html_text(value)
            else value
        end as answer
    from stored
),

names as (
    select
        object_id,
        max(answer) filter (where name = 'website') as website
    from answers
    group by object_id
),

pairs as (
    select
        object_id,
        attribute as name,
        string_agg(answer, '; ' order by entry_id, field_id) as value,
        data_type
    from answers
    where attribute is not null
    group by object_id, attribute, data_type
    union all
    select
        organizations.id as object_id,
        'osticket_organization_id' as name,
        organizations.id as value,
        'string' as data_type
    from organizations
    union all
    select
        organizations.id as object_id,
        'osticket_account_manager' as name,
        coalesce(managers.name, organizations.manager) as value,
        'string' as data_type
    from organizations
    left join managers
        on organizations.manager = managers.manager
    union all
    select
        organizations.id as object_id,
        'osticket_email_domains' as name,
        organizations.domain as value,
        'string' as data_type
    from organizations
),

collected as (
    select
        pairs.object_id,
        list(
            struct_pack(
                name := pairs.name,
                -- Longer texts stand in full in the inventory, kind long_value.
                value := case
                    when pairs.data_type in ('string', 'text') and length(pairs.value) > 255
                        then concat(left(pairs.value, 250), '…')
                    else pairs.value
                end,
                data_type := pairs.data_type
            )
            order by pairs.name
        ) as pairs
    from pairs
    inner join mapping.attribute
        on pairs.name = attribute.name and attribute.object = 'company'
    group by pairs.object_id
),

final as (
    select
        concat(options.migration, '-organization-', organizations.id) as external_id,
        'organization' as source_type,
        organizations.id as source_id,
        md5(
            concat_ws(
                '|', organizations.id, organizations.name, organizations.manager, organizations.status,
                organizations.domain, organizations.created, managers.name, answer_seeds.seed
            )
        ) as source_digest,
        coalesce(nullif(trim(organizations.name), ''), concat('Organisation ', organizations.id)) as name,
        names.website,
        email_domain(trim(split_part(organizations.domain, ',', 1))) as email_domain,
        cast(null as varchar) as industry,
        cast(null as varchar) as parent,
        coalesce(attributes(collected.pairs), '{}') as custom_attributes,
        utc(organizations.created, options.time_zone) as created_at
    from organizations
    cross join options
    left join names
        on organizations.id = names.object_id
    left join managers
        on organizations.manager = managers.manager
    left join answer_seeds
        on organizations.id = answer_seeds.object_id
    left join collected
        on organizations.id = collected.object_id
)

select * from final
