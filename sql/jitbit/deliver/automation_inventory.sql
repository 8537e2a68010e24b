-- Grain: one row per thing in Jitbit that acts by itself: rules, addresses of categories, routing by category.
with rules as (
    select
        'automation rule' as kind,
        source_id,
        name,
        coalesce(json_extract_string(details, '$.is_active'), 'not told') as is_active,
        coalesce(
            json_extract_string(details, '$.definition.trigger'), json_extract_string(details, '$.definition.Trigger')
        ) as trigger,
        coalesce(
            cast(json_extract(details, '$.definition') as varchar), json_extract_string(details, '$.text')
        ) as definition
    from staging.inventory
    where kind = 'automation_rule'
),

routings as (
    select
        'routing by category' as kind,
        source_id,
        name,
        'true' as is_active,
        concat('a ticket of category ', name) as trigger,
        concat(json_extract_string(details, '$.technicians'), ' technicians see and take it') as definition
    from staging.inventory
    where kind = 'category' and cast(json_extract_string(details, '$.technicians') as bigint) > 0
),

mailboxes as (
    select
        'address of a category' as kind,
        source_id,
        name,
        'true' as is_active,
        'a mail arrives' as trigger,
        concat('opens a ticket in ', name) as definition
    from staging.inventory
    where kind = 'category' and json_extract_string(details, '$.address') is not null
),

statuses as (
    select
        'status that stops the clock' as kind,
        source_id,
        name,
        'true' as is_active,
        concat('a ticket is set to ', name) as trigger,
        'the time of the technician is not counted' as definition
    from staging.inventory
    where
        kind = 'status'
        and json_extract_string(details, '$.stops_time') = 'true'
        and json_extract_string(details, '$.is_custom') = 'true'
),

all_rows as (
    select * from rules
    union all
    select * from routings
    union all
    select * from mailboxes
    union all
    select * from statuses
),

final as (
    select
        kind,
        source_id,
        name,
        is_active,
        trigger,
        definition,
        case
            when kind = 'routing by category' then 'team inbox of the guide with an assignment rule'
            when kind = 'address of a category' then 'forward the address to Intercom; route by recipient'
            when kind = 'status that stops the clock' then 'office hours and snooze; see the equivalence matrix'
            when is_active = 'false' then 'off in Jitbit: drop it'
            when regexp_matches(lower(coalesce(trigger, definition, '')), 'new|created')
                then 'workflow on a new conversation'
            when regexp_matches(lower(coalesce(trigger, definition, '')), 'schedule|idle|hours|days')
                then 'workflow on inactivity or on a time'
            when regexp_matches(lower(coalesce(trigger, definition, '')), 'update|reply|comment|changed')
                then 'workflow on a reply or on a changed attribute'
            else 'read it and decide whether it is needed'
        end as recommended
    from all_rows
)

select * from final
order by kind, name, source_id
