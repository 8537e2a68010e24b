-- Grain: one row per field the installation added to a standard class.
with final as (
    select
        source_id,
        name as field,
        json_extract_string(details, '$.object') as object,
        json_extract_string(details, '$.classes') as classes,
        cast(json_extract_string(details, '$.records') as bigint) as records,
        cast(json_extract_string(details, '$.filled') as bigint) as filled,
        coalesce(
            'attribute ' || json_extract_string(details, '$.attribute'),
            'left out: ' || json_extract_string(details, '$.left_out'),
            'undecided'
        ) as goes_to
    from staging.inventory
    where kind = 'custom_field'
)

select * from final
order by object, field
