-- Grain: one row per SLA of iTop.
with final as (
    select
        source_id,
        name as sla,
        json_array_length(details, '$.targets') as targets,
        array_to_string(
            list_sort(list_distinct(json_extract_string(details, '$.agreements[*].customer'))), ', '
        ) as customers,
        cast(details as varchar) as configuration_json
    from staging.inventory
    where kind = 'sla'
)

select * from final
order by sla, source_id
