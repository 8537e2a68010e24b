-- Grain: one row per recorded change of a ticket, in conversations with home window in the given months.
with options as (
    select
        max(value) filter (where name = 'migration') as migration,
        max(value) filter (where name = 'time_zone') as time_zone
    from mapping.option
),

windows as (
    select
        conversation,
        home_window,
        dated_at
    from staging.windows
    where home_window >= $window_start and home_window < $window_end
),

left_out as (
    select source_id
    from staging.left_out
    where object = 'history'
),

homes as (
    select
        records.source_id,
        records.conversation,
        windows.home_window,
        coalesce(windows.dated_at, cast(windows.home_window as timestamp)) as dated_at
    from staging.records
    inner join windows
        on records.conversation = windows.conversation
    left join left_out
        on records.source_id = left_out.source_id
    where records.object = 'history' and left_out.source_id is null
),

-- Attributes whose changes are worth telling; the mapping may name others.
told_changes as (
    select
        source_value as attcode,
        target_value as word
    from mapping.value
    where field = 'history'
    union all
    select
        unnest(
            [
                'status', 'agent_id', 'team_id', 'caller_id', 'org_id', 'priority', 'service_id',
                'servicesubcategory_id', 'title'
            ]
        ) as attcode,
        unnest(
            [
                'status_changed', 'assigned', 'team_changed', 'caller_changed', 'organization_changed',
                'priority_changed', 'service_changed', 'subcategory_changed', 'title_changed'
            ]
        ) as word
    where not exists (
        select 1 from mapping.value
        where field = 'history'
    )
),

-- Which attributes hold the key of what, so that a change shows names instead of numbers.
names as (
    select
        'agent_id' as attcode,
        id,
        friendlyname as name
    from raw.person
    union all
    select
        'caller_id' as attcode,
        id,
        friendlyname as name
    from raw.person
    union all
    select
        'team_id' as attcode,
        id,
        name
    from raw.team
    union all
    select
        'org_id' as attcode,
        id,
        name
    from raw.organization
    union all
    select
        case root when 'Service' then 'service_id' else 'servicesubcategory_id' end as attcode,
        id,
        name
    from raw.record
    where root in ('Service', 'ServiceSubcategory')
),

final as (
    select
        concat(options.migration, '-change_op-', change_op.id) as external_id,
        homes.home_window,
        homes.conversation,
        case
            when change_op.class = 'CMDBChangeOpCreate' then 'created'
            else coalesce(told_changes.word, change_op.attcode)
        end as kind,
        nullif(trim(change_op.userinfo), '') as actor,
        coalesce(before.name, nullif(nullif(change_op.oldvalue, ''), '0')) as from_value,
        coalesce(after.name, nullif(nullif(change_op.newvalue, ''), '0')) as to_value,
        cast(coalesce(utc(change_op.date, options.time_zone), homes.dated_at) as timestamp) as occurred_at,
        false as is_annulled
    from raw.change_op
    cross join options
    inner join homes
        on change_op.id = homes.source_id
    left join told_changes
        on change_op.attcode = told_changes.attcode
    left join names as before
        on change_op.attcode = before.attcode and change_op.oldvalue = before.id
    left join names as after
        on change_op.attcode = after.attcode and change_op.newvalue = after.id
)

select * from final
