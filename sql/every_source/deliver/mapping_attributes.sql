-- Grain: one row per custom attribute the workspace gets.
with final as (
    select
        object as belongs_to,
        name,
        data_type as type,
        array_to_string(options, ', ') as options,
        description
    from mapping.attribute
)

select * from final
order by belongs_to, name
