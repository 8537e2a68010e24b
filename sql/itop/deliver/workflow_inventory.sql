-- Grain: one row per thing in iTop that acts by itself or waits for an approval.
with final as (
    select
        source_id,
        case kind when 'change' then 'approval' else kind end as kind,
        name,
        coalesce(
            json_extract_string(details, '$.class'), json_extract_string(details, '$.type')
        ) as class,
        json_extract_string(details, '$.status') as status,
        json_extract_string(details, '$.of_class') as of_class,
        coalesce(
            json_extract_string(details, '$.state'), json_extract_string(details, '$.filter'),
            'accepted ' || nullif(json_extract_string(details, '$.accepted'), ''),
            'approved ' || nullif(json_extract_string(details, '$.approved'), '')
        ) as condition,
        coalesce(json_extract_string(details, '$.actions'), json_extract_string(details, '$.subject')) as does,
        coalesce(
            json_extract_string(details, '$.recipients'), json_extract_string(details, '$.fields.oql')
        ) as recipients,
        coalesce(json_extract_string(details, '$.suggestion'), 'decide whether it is needed') as suggestion
    from staging.inventory
    where kind in ('trigger', 'action', 'saved_query', 'audit_rule', 'data_synchronisation', 'change')
)

select * from final
order by kind, name, source_id
