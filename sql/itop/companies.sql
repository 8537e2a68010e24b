-- Grain: one row per iTop organization.
with options as (
    select max(value) filter (where name = 'migration') as migration
    from mapping.option
),

organizations as (
    select
        id,
        nullif(trim(name), '') as name,
        nullif(trim(code), '') as code,
        status,
        nullif(parent_id, '0') as parent_id,
        nullif(trim(overview), '') as overview,
        extra
    from raw.organization
),

own_fields as (
    select
        organizations.id,
        custom_field.attribute as name,
        json_extract_string(organizations.extra, concat('$."', custom_field.field, '"')) as value,
        attribute.data_type
    from organizations
    inner join mapping.custom_field
        on custom_field.object = 'organization' and custom_field.attribute is not null
    inner join mapping.attribute
        on custom_field.attribute = attribute.name and attribute.object = 'company'
),

facts as (
    select
        organizations.id,
        unnest(
            [
                struct_pack(name := 'itop_organization_id', value := organizations.id, data_type := 'string'),
                struct_pack(name := 'itop_organization_code', value := organizations.code, data_type := 'string'),
                struct_pack(name := 'itop_organization_status', value := organizations.status, data_type := 'string'),
                struct_pack(name := 'itop_parent_organization', value := parents.name, data_type := 'string'),
                struct_pack(name := 'itop_overview', value := organizations.overview, data_type := 'string')
            ]
        ) as fact
    from organizations
    left join organizations as parents
        on organizations.parent_id = parents.id
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
        id,
        name,
        value,
        data_type
    from own_fields
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
                    else pairs.value
                end,
                data_type := pairs.data_type
            )
            order by pairs.name
        ) as pairs
    from pairs
    inner join mapping.attribute
        on pairs.name = attribute.name and attribute.object = 'company'
    group by pairs.id
),

final as (
    select
        concat(options.migration, '-organization-', organizations.id) as external_id,
        'organization' as source_type,
        organizations.id as source_id,
        md5(
            concat_ws(
                '|', organizations.id, organizations.name, organizations.code, organizations.status,
                organizations.parent_id, parents.name, organizations.overview, organizations.extra
            )
        ) as source_digest,
        coalesce(organizations.name, concat('Organization ', organizations.id)) as name,
        cast(null as varchar) as website,
        cast(null as varchar) as email_domain,
        cast(null as varchar) as industry,
        case
            when parents.id is not null then concat(options.migration, '-organization-', parents.id)
        end as parent,
        coalesce(attributes(collected.pairs), '{}') as custom_attributes,
        cast(null as timestamp) as created_at
    from organizations
    cross join options
    left join organizations as parents
        on organizations.parent_id = parents.id
    left join collected
        on organizations.id = collected.id
)

select * from final
