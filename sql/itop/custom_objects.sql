-- Grain: one row per change, configuration item or record of an own class that the mapping wants as a custom object.
with options as (
    select
        max(value) filter (where name = 'migration') as migration,
        max(value) filter (where name = 'time_zone') as time_zone
    from mapping.option
),

chosen as (
    select
        source_type,
        source_id
    from staging.records
    where object = 'custom_objects'
),

conversations as (
    select
        ci_to_ticket.functionalci_id,
        list_sort(list(distinct concat(options.migration, '-ticket-', ticket.id))) as conversations
    from raw.ci_to_ticket
    cross join options
    inner join raw.ticket
        on ci_to_ticket.ticket_id = ticket.id
    group by ci_to_ticket.functionalci_id
),

-- Only scalar values: case logs and tag sets stay in the inventory, which holds every field.
fields as (
    select
        record.class,
        record.id,
        unnest(json_keys(record.fields)) as name,
        record.fields
    from raw.record
    inner join chosen
        on slug(record.class) = chosen.source_type and record.id = chosen.source_id
),

collected as (
    select
        class,
        id,
        list(
            struct_pack(
                name := slug(name),
                value := left(json_extract_string(fields, concat('$."', name, '"')), 255),
                data_type := 'string'
            )
            order by name
        ) as pairs
    from fields
    where json_type(fields, concat('$."', name, '"')) not in ('OBJECT', 'ARRAY', 'NULL')
    group by class, id
),

final as (
    select
        concat(options.migration, '-', chosen.source_type, '-', record.id) as external_id,
        chosen.source_type,
        record.id as source_id,
        md5(concat_ws('|', record.class, record.id, record.fields)) as source_digest,
        record.class as object_type,
        coalesce(attributes(collected.pairs), '{}') as custom_attributes,
        case
            when record.root = 'FunctionalCI' then coalesce(conversations.conversations, cast([] as varchar[]))
            else cast([] as varchar[])
        end as conversations,
        cast([] as varchar[]) as contacts,
        utc(json_extract_string(record.fields, '$.creation_date'), options.time_zone) as created_at,
        utc(json_extract_string(record.fields, '$.last_update'), options.time_zone) as updated_at
    from raw.record
    cross join options
    inner join chosen
        on slug(record.class) = chosen.source_type and record.id = chosen.source_id
    left join collected
        on record.class = collected.class and record.id = collected.id
    left join conversations
        on record.id = conversations.functionalci_id
)

select * from final
