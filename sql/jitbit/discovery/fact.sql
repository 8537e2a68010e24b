-- Grain: one row per fact about the Jitbit installation; a fact the installation does not tell has no row.
with options as (
    select max(value) filter (where name = 'time_zone') as time_zone
    from mapping.option
),

extractions as (
    select
        'extracted_at' as name,
        strftime(try_strptime(left(max(_extraction), 15), '%Y%m%dT%H%M%S'), '%Y-%m-%dT%H:%M:%SZ') as value
    from raw.source_fact
),

ticket_times as (
    select
        min(moment(ticket.issue_date, options.time_zone)) as first_created,
        max(moment(ticket.issue_date, options.time_zone)) as last_created,
        max(moment(ticket.last_updated, options.time_zone)) as last_changed
    from raw.ticket
    cross join options
),

agents as (
    select coalesce(flag(disabled), false) as is_disabled
    from raw.user
    where coalesce(flag(is_tech), false) or coalesce(flag(is_admin), false)
),

texts as (
    select body
    from raw.ticket
    union all
    select body
    from raw.comment
),

counted as (
    select
        'agents_active' as name,
        cast(count(*) filter (where not is_disabled) as varchar) as value
    from agents
    union all
    select
        'agents_inactive' as name,
        cast(count(*) filter (where is_disabled) as varchar) as value
    from agents
    union all
    select
        'tickets_without_agent' as name,
        cast(count(*) filter (where coalesce(nullif(assigned_to_user_id, ''), '0') = '0') as varchar) as value
    from raw.ticket
    union all
    select
        'subtickets' as name,
        cast(count(distinct child_id) as varchar) as value
    from raw.subticket
    union all
    select
        'assets' as name,
        cast(count(*) as varchar) as value
    from raw.asset
    union all
    select
        'custom_statuses' as name,
        cast(count(*) filter (where status_id not in ('1', '2', '3')) as varchar) as value
    from raw.status
    union all
    -- Each of these becomes a note: the source does not say who may read it.
    select
        'comments_of_unknown_visibility' as name,
        cast(count(*) as varchar) as value
    from raw.comment
    where flag(for_techs_only) is null and coalesce(flag(is_system), false) = false
    having count(*) > 0
    union all
    -- Where there are many, the option `bodies: html` reads them as they look.
    select
        'texts_that_look_like_html_without_its_mark' as name,
        cast(count(*) as varchar) as value
    from texts
    where
        not starts_with(ltrim(body), '<!--html-->')
        and regexp_matches(body, '(?i)</(p|div|span|table|ul|ol|a|b|strong)>|<br ?/?>')
    having count(*) > 0
    union all
    select
        concat('counted_by_the_source:', name) as name,
        value
    from raw.statistic
    union all
    select
        concat('rows_two_tables_tell_differently:', entity) as name,
        cast(count(distinct row_key) as varchar) as value
    from raw.table_conflict
    group by entity
),

final as (
    select
        name,
        value
    from raw.source_fact
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
