-- Grain: one row per custom field that only some categories have, category and value as it arrives.
with field_options as (
    select
        field_id,
        list(struct_pack(id := option_id, text := text) order by option_id) as options
    from raw.custom_field_option
    group by field_id
),

conditional as (
    select
        replace(source_id, 'ticket_', '') as field_id,
        name as field,
        json_extract_string(details, '$.type') as type,
        json_extract_string(details, '$.categories') as categories,
        json_extract_string(details, '$.attribute') as attribute
    from staging.inventory
    where
        kind = 'custom_field'
        and json_extract_string(details, '$.object') = 'ticket'
        and json_extract_string(details, '$.categories') is not null
),

held as (
    select
        conditional.field_id,
        conditional.field,
        conditional.type,
        conditional.categories,
        conditional.attribute,
        coalesce(category.name, 'no category') as of_category,
        held_values.value as written,
        case
            when conditional.type = 'checkbox' then cast(flag(held_values.value) as varchar)
            else coalesce(chosen_options(held_values.value, field_options.options), trim(held_values.value))
        end as normalised
    from raw.ticket_custom_field_value as held_values
    inner join conditional
        on held_values.field_id = conditional.field_id
    inner join raw.ticket
        on held_values.ticket_id = ticket.ticket_id
    left join raw.category
        on ticket.category_id = category.category_id
    left join field_options
        on held_values.field_id = field_options.field_id
    where trim(held_values.value) <> ''
),

final as (
    select
        held.field,
        held.type,
        held.categories as shown_in,
        held.of_category,
        held.written,
        held.normalised,
        held.attribute,
        attribute.data_type as attribute_type,
        case
            when attribute.name is null then 'left out'
            when attribute.data_type = 'list' and not list_contains(attribute.options, held.normalised)
                then 'no option: stands in a note'
            when
                attribute.data_type not in ('list', 'string', 'text')
                and attribute_value(held.normalised, attribute.data_type) is null
                then 'does not fit: stands in a note'
            else 'as attribute'
        end as arrives,
        count(*) as tickets
    from held
    left join mapping.attribute
        on held.attribute = attribute.name and attribute.object = 'conversation'
    group by all
)

select * from final
order by field, of_category, normalised, written
