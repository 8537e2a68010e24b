-- Grain: one row per line the system wrote under a Jitbit ticket and per time entry, in conversations with home window
-- in the given months.
with options as (
    select
        max(value) filter (where name = 'migration') as migration,
        max(value) filter (where name = 'time_zone') as time_zone
    from mapping.option
),

homes as (
    select
        records.source_type,
        records.source_id,
        records.conversation,
        windows.home_window,
        coalesce(windows.dated_at, cast(windows.home_window as timestamp)) as dated_at
    from staging.records
    inner join staging.windows
        on records.conversation = windows.conversation
    left join staging.left_out
        on
            records.object = left_out.object
            and records.source_type = left_out.source_type
            and records.source_id = left_out.source_id
    where
        records.object = 'history'
        and left_out.source_id is null
        and windows.home_window >= $window_start
        and windows.home_window < $window_end
),

people as (
    select
        user_id as id,
        coalesce(
            nullif(trim(concat_ws(' ', nullif(trim(first_name), ''), nullif(trim(last_name), ''))), ''),
            nullif(trim(username), '')
        ) as name
    from raw.user
),

final as (
    select
        concat(options.migration, '-comment-', comment.comment_id) as external_id,
        homes.home_window,
        homes.conversation,
        'system_line' as kind,
        coalesce(people.name, nullif(trim(comment.user_name), '')) as actor,
        cast(null as varchar) as from_value,
        left(regexp_replace(trim(html_text(coalesce(comment.body, ''))), '\s+', ' ', 'g'), 2000) as to_value,
        coalesce(moment(comment.comment_date, options.time_zone), homes.dated_at) as occurred_at,
        false as is_annulled
    from raw.comment
    cross join options
    inner join homes
        on comment.comment_id = homes.source_id and homes.source_type = 'comment'
    left join people
        on comment.user_id = people.id
    union all
    select
        concat(options.migration, '-time_entry-', time_entry.entry_id) as external_id,
        homes.home_window,
        homes.conversation,
        'time_spent' as kind,
        people.name as actor,
        cast(null as varchar) as from_value,
        concat_ws(': ', concat(time_entry.seconds, ' seconds'), nullif(trim(time_entry.note), '')) as to_value,
        coalesce(moment(time_entry.created, options.time_zone), homes.dated_at) as occurred_at,
        false as is_annulled
    from raw.time_entry
    cross join options
    inner join homes
        on time_entry.entry_id = homes.source_id and homes.source_type = 'time_entry'
    left join people
        on time_entry.user_id = people.id
)

select * from final
