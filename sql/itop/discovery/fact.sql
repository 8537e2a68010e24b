-- Grain: one row per fact about the iTop installation; a fact the installation does not tell has no row.
with options as (
    select max(value) filter (where name = 'time_zone') as time_zone
    from mapping.option
),

told as (
    select
        name,
        value
    from raw.source_fact
),

extractions as (
    select
        'extracted_at' as name,
        strftime(try_strptime(left(max(_extraction), 15), '%Y%m%dT%H%M%S'), '%Y-%m-%dT%H:%M:%SZ') as value
    from raw.source_fact
),

ticket_times as (
    select
        min(utc(ticket.start_date, options.time_zone)) as first_created,
        max(utc(ticket.start_date, options.time_zone)) as last_created,
        max(utc(ticket.last_update, options.time_zone)) as last_changed
    from raw.ticket
    cross join options
),

portal_accounts as (
    select distinct userid as user_id
    from raw.user_profile
    where profile = 'Portal user'
),

counted as (
    select
        'agents_active' as name,
        cast(count(*) filter (where account.status = 'enabled') as varchar) as value
    from raw.user as account
    where account.id not in (select portal_accounts.user_id from portal_accounts)
    union all
    select
        'agents_inactive' as name,
        cast(count(*) filter (where account.status is distinct from 'enabled') as varchar) as value
    from raw.user as account
    where account.id not in (select portal_accounts.user_id from portal_accounts)
    union all
    select
        'portal_accounts' as name,
        cast(count(*) as varchar) as value
    from portal_accounts
    union all
    select
        'tickets_without_agent' as name,
        cast(count(*) filter (where coalesce(nullif(agent_id, ''), '0') = '0') as varchar) as value
    from raw.ticket
    union all
    select
        'sla_count' as name,
        cast(count(*) as varchar) as value
    from raw.record
    where root = 'SLA'
    union all
    select
        'change_count' as name,
        cast(count(*) as varchar) as value
    from raw.record
    where root = 'Change'
    union all
    select
        concat('configuration_items:', class) as name,
        cast(count(*) as varchar) as value
    from raw.record
    where root = 'FunctionalCI'
    group by class
),

final as (
    select
        name,
        value
    from told
    union all
    select
        name,
        value
    from extractions
    union all
    select
        'first_record_at' as name,
        strftime(first_created, '%Y-%m-%dT%H:%M:%SZ') as value
    from ticket_times
    where first_created is not null
    union all
    select
        'last_record_at' as name,
        strftime(last_created, '%Y-%m-%dT%H:%M:%SZ') as value
    from ticket_times
    where last_created is not null
    union all
    select
        'last_change_at' as name,
        strftime(last_changed, '%Y-%m-%dT%H:%M:%SZ') as value
    from ticket_times
    where last_changed is not null
    union all
    select
        name,
        value
    from counted
)

select * from final
