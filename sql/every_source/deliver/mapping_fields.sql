-- Grain: one row per field a customer defined: its attribute, or why it stays behind.
with attributes as (
    select
        name,
        max(data_type) as type,
        max(array_to_string(options, ', ')) as options,
        max(description) as label,
        string_agg(object, ', ' order by object) as holders
    from mapping.attribute
    group by name
),

final as (
    select
        custom_field.object as belongs_to,
        custom_field.field,
        custom_field.attribute,
        attributes.holders as attribute_of,
        attributes.type,
        attributes.options,
        attributes.label,
        custom_field.left_out as reason
    from mapping.custom_field
    left join attributes
        on custom_field.attribute = attributes.name
)

select * from final
order by belongs_to, field
