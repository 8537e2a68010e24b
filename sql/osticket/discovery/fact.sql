-- Grain: one row per fact about the osTicket installation; a fact the installation does not tell has no row.
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

settings as (
    select
        key as name,
        max(value) as value
    from raw.config
    where
        namespace = 'core'
        and key in (
            'default_storage_bk', 'enable_html_thread', 'reply_separator', 'secondary_langs', 'strip_quoted_reply',
            'ticket_number_format'
        )
    group by key
),

ticket_times as (
    select
        min(nullif(created, '')) filter (where created not like '0000%') as first_created,
        max(nullif(created, '')) filter (where created not like '0000%') as last_created,
        max(greatest(created, updated, lastupdate)) filter (where updated not like '0000%') as last_changed
    from raw.ticket
),

ages as (
    select
        'first_record_at' as name,
        utc(ticket_times.first_created, options.time_zone) as happened_at
    from ticket_times
    cross join options
    union all
    select
        'last_record_at' as name,
        utc(ticket_times.last_created, options.time_zone) as happened_at
    from ticket_times
    cross join options
    union all
    select
        'last_change_at' as name,
        utc(ticket_times.last_changed, options.time_zone) as happened_at
    from ticket_times
    cross join options
),

counted as (
    select
        'agents_active' as name,
        cast(count(*) filter (where isactive = '1') as varchar) as value
    from raw.staff
    union all
    select
        'agents_inactive' as name,
        cast(count(*) filter (where isactive is distinct from '1') as varchar) as value
    from raw.staff
    union all
    select
        'tickets_without_agent' as name,
        cast(count(*) filter (where coalesce(nullif(staff_id, ''), '0') = '0') as varchar) as value
    from raw.ticket
    union all
    select
        'tickets_unassigned' as name,
        cast(
            count(*) filter (
                where coalesce(nullif(staff_id, ''), '0') = '0' and coalesce(nullif(team_id, ''), '0') = '0'
            ) as varchar
        ) as value
    from raw.ticket
    union all
    select
        'portal_accounts' as name,
        cast(count(*) as varchar) as value
    from raw.user_account
),

final as (
    select
        name,
        value
    from told
    where nullif(value, '') is not null
    union all
    select
        name,
        value
    from extractions
    where value is not null
    union all
    select
        name,
        value
    from settings
    where nullif(value, '') is not null and name not in (select told.name from told)
    union all
    select
        name,
        strftime(happened_at, '%Y-%m-%dT%H:%M:%SZ') as value
    from ages
    where happened_at is not null
    union all
    select
        name,
        value
    from counted
)

select * from final
