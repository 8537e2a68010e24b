-- Grain: one row per thing that has to be set up anew in Intercom, since it does not migrate as behaviour.
with final as (
    select
        'service levels' as area,
        name as item,
        'Jitbit has no SLA records; the due date of a ticket stands in the attribute jitbit_due_at' as was,
        'SLA of the team inbox' as set_up
    from staging.inventory
    where kind = 'category' and json_extract_string(details, '$.merged_into') is null
    union all
    select
        'status' as area,
        name as item,
        concat('state ', coalesce(json_extract_string(details, '$.state'), 'undecided')) as was,
        coalesce(json_extract_string(details, '$.rule'), 'see the equivalence matrix') as set_up
    from staging.inventory
    where kind = 'status' and json_extract_string(details, '$.is_custom') = 'true'
    union all
    select
        'automation' as area,
        name as item,
        'rule' as was,
        'see the automation inventory' as set_up
    from staging.inventory
    where kind = 'automation_rule' and coalesce(json_extract_string(details, '$.is_active'), 'true') = 'true'
    union all
    select
        'addresses' as area,
        name as item,
        'mail of the category' as was,
        'forward the address to Intercom' as set_up
    from staging.inventory
    where kind = 'category' and json_extract_string(details, '$.address') is not null
)

select * from final
order by area, item
