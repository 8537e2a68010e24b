-- Grain: one row per trigger, action, saved query, audit rule, agreement or change of iTop; none migrates as behaviour.
-- Told by what they are about: recipients can be addresses of people.
with records as (
    select
        class,
        id,
        root,
        coalesce(name, id) as name,
        fields
    from raw.record
),

final as (
    select
        case root
            when 'Trigger' then 'trigger'
            when 'Action' then 'action'
            when 'Query' then 'saved query'
            when 'AuditRule' then 'audit rule'
            when 'SLA' then 'SLA'
            when 'SLT' then 'SLA target'
        end as kind,
        id as source_id,
        name,
        coalesce(json_extract_string(fields, '$.status'), 'enabled') in ('enabled', 'test') as is_active,
        concat_ws(
            ', ',
            class,
            'on ' || nullif(json_extract_string(fields, '$.target_class'), ''),
            'state ' || nullif(json_extract_string(fields, '$.state'), ''),
            'metric ' || nullif(json_extract_string(fields, '$.metric'), ''),
            nullif(
                concat_ws(
                    ' ', json_extract_string(fields, '$.value'), json_extract_string(fields, '$.unit')
                ),
                ''
            )
        ) as summary
    from records
    where root in ('Trigger', 'Action', 'Query', 'AuditRule', 'SLA', 'SLT')
)

select * from final
