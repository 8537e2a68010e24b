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
        windows.dated_at
    from staging.records
    inner join windows
        on records.conversation = windows.conversation
    left join left_out
        on records.source_id = left_out.source_id
    where records.object = 'history' and left_out.source_id is null
),

event_rows as (
    select
        id,
        thread_id,
        event_id,
        data,
        username,
        uid,
        uid_type,
        annulled,
        timestamp as happened
    from raw.thread_event
    qualify row_number() over (partition by id order by timestamp desc, thread_id desc) = 1
),

event_names as (
    select
        id,
        max(name) as name
    from raw.event
    group by id
),

-- Entries of a merged child moved to its parent, its events did not: they name the ticket they are about.
child_threads as (
    select
        id,
        max(json_extract_string(case when json_valid(extra) then extra end, '$.number')) as number
    from raw.thread
    where object_type = 'C'
    group by id
),

agents as (
    select
        source_id,
        name
    from staging.teammates
),

logins as (
    select
        username,
        trim(concat_ws(' ', max(firstname), max(lastname))) as name
    from raw.staff
    group by username
),

customers as (
    select
        source_id,
        name
    from staging.contacts
),

statuses as (
    select
        id,
        max(name) as name
    from raw.ticket_status
    group by id
),

teams as (
    select
        source_type,
        source_id,
        name
    from staging.inboxes
),

events as (
    select
        homes.conversation,
        homes.home_window,
        event_rows.id,
        coalesce(event_names.name, concat('event_', coalesce(event_rows.event_id, '0'))) as event_name,
        -- `data` is cut at 1024 characters, so it need not be JSON any more.
        case when json_valid(event_rows.data) then event_rows.data end as details,
        event_rows.data,
        event_rows.username,
        event_rows.uid,
        event_rows.uid_type,
        coalesce(event_rows.annulled, '0') = '1' as is_annulled,
        coalesce(
            utc(event_rows.happened, options.time_zone),
            max(utc(event_rows.happened, options.time_zone)) over (
                partition by homes.conversation
                order by try_cast(event_rows.id as bigint) asc, event_rows.id asc
                rows between unbounded preceding and 1 preceding
            ),
            homes.dated_at,
            homes.home_window
        ) as occurred_at,
        child_threads.number as child_number,
        options.migration
    from event_rows
    cross join options
    inner join homes
        on event_rows.id = homes.source_id
    left join event_names
        on event_rows.event_id = event_names.id
    left join child_threads
        on event_rows.thread_id = child_threads.id
),

-- The shapes of `data`: {"status": [3, "Closed"]} or {"status": 8}, {"staff": 6} or {"staff": [4, "Name"]}, …
keyed as (
    select
        events.id,
        case
            when json_type(events.details, '$.status') = 'ARRAY' then json_extract_string(events.details, '$.status[0]')
            else json_extract_string(events.details, '$.status')
        end as status_id,
        case
            when json_type(events.details, '$.status') = 'ARRAY' then json_extract_string(events.details, '$.status[1]')
        end as status_name,
        case
            when json_type(events.details, '$.staff') = 'ARRAY' then json_extract_string(events.details, '$.staff[0]')
            else json_extract_string(events.details, '$.staff')
        end as staff_id,
        case
            when json_type(events.details, '$.staff[1]') = 'OBJECT'
                then json_extract_string(events.details, '$.staff[1].name')
            else json_extract_string(events.details, '$.staff[1]')
        end as staff_name,
        case
            when json_type(events.details, '$.team') = 'ARRAY' then json_extract_string(events.details, '$.team[0]')
            else json_extract_string(events.details, '$.team')
        end as team_id,
        json_extract_string(events.details, '$.dept') as department,
        json_extract_string(events.details, '$.owner') as owner_id,
        json_extract_string(events.details, '$.ticket') as other_ticket,
        coalesce(json_extract_string(events.details, '$.claim') = 'true', false) as is_claim,
        json_extract_string(events.details, '$.duedate[0]') as due_before,
        json_extract_string(events.details, '$.duedate[1]') as due_after,
        json_extract_string(events.details, '$.filter') as filter_name,
        json_extract_string(events.details, '$.value') as filter_value,
        json_extract_string(events.details, '$.type') as filter_type,
        array_to_string(json_extract_string(events.details, '$.add.*.name'), ', ') as added,
        array_to_string(json_extract_string(events.details, '$.del.*.name'), ', ') as removed,
        json_extract(events.details, '$.fields') as fields,
        json_exists(events.details, '$.duedate') as is_due_date
    from events
),

final as (
    select
        concat(events.migration, '-thread_event-', events.id) as external_id,
        events.home_window,
        events.conversation,
        case
            when events.event_name = 'edited' and keyed.status_id is not null then 'status_changed'
            when events.event_name = 'edited' and keyed.owner_id is not null then 'owner_changed'
            when events.event_name = 'edited' and keyed.is_due_date then 'due_date_changed'
            when events.event_name = 'edited' and keyed.filter_name is not null then 'filter_applied'
            when events.event_name = 'collab' and keyed.removed <> '' then 'collaborator_removed'
            when events.event_name = 'collab' then 'collaborator_added'
            else events.event_name
        end as kind,
        coalesce(
            case when events.uid_type = 'S' then agents.name end,
            case when events.uid_type = 'U' then customers.name end,
            nullif(logins.name, ''),
            nullif(events.username, '')
        ) as actor,
        coalesce(keyed.due_before, case when keyed.removed <> '' then keyed.removed end) as from_value,
        nullif(
            concat_ws(
                ' ',
                case
                    when events.event_name = 'created' then null
                    when keyed.is_claim then coalesce(claimers.name, nullif(logins.name, ''), events.username)
                    when keyed.staff_id is not null then coalesce(keyed.staff_name, assignees.name, keyed.staff_id)
                    when keyed.team_id is not null then coalesce(assigned_teams.name, keyed.team_id)
                    when keyed.status_id is not null then coalesce(keyed.status_name, statuses.name, keyed.status_id)
                    when keyed.owner_id is not null then coalesce(owners.name, keyed.owner_id)
                    when keyed.is_due_date then keyed.due_after
                    when keyed.other_ticket is not null then keyed.other_ticket
                    when keyed.filter_name is not null
                        then concat(keyed.filter_type, ' ', keyed.filter_value, ' (filter ', keyed.filter_name, ')')
                    when keyed.added <> '' then keyed.added
                    when keyed.department is not null then coalesce(referred.name, keyed.department)
                    when keyed.fields is not null then cast(keyed.fields as varchar)
                    when keyed.removed <> '' then null
                    else nullif(events.data, '')
                end,
                case when events.child_number is not null then concat('(ticket ', events.child_number, ')') end
            ),
            ''
        ) as to_value,
        cast(events.occurred_at as timestamp) as occurred_at,
        events.is_annulled
    from events
    inner join keyed
        on events.id = keyed.id
    left join agents
        on events.uid = agents.source_id
    left join customers
        on events.uid = customers.source_id
    left join logins
        on events.username = logins.username
    left join agents as claimers
        on events.uid = claimers.source_id
    left join agents as assignees
        on keyed.staff_id = assignees.source_id
    left join teams as assigned_teams
        on keyed.team_id = assigned_teams.source_id and assigned_teams.source_type = 'team'
    left join statuses
        on keyed.status_id = statuses.id
    left join customers as owners
        on keyed.owner_id = owners.source_id
    left join teams as referred
        on keyed.department = referred.source_id and referred.source_type = 'department'
)

select * from final
