-- Grain: one row per value of osTicket that the mapping decides by name, and one for references that lead nowhere.
with recursive
statuses as (
    select
        id,
        nullif(max(name), '') as name,
        max(state) as state,
        max(try_cast(sort as bigint)) as position
    from raw.ticket_status
    group by id
),

ticket_counts as (
    select
        status_id,
        count(*) as tickets
    from raw.ticket
    group by status_id
),

status_values as (
    select
        'status' as vocabulary,
        coalesce(statuses.name, '(missing)') as value,
        statuses.id as source_id,
        case when statuses.state in ('open', 'closed', 'archived', 'deleted') then statuses.state end as meaning,
        true as is_active,
        statuses.position,
        coalesce(ticket_counts.tickets, 0) as rows
    from statuses
    left join ticket_counts
        on statuses.id = ticket_counts.status_id
    union all
    select
        'status' as vocabulary,
        '(missing)' as value,
        null as source_id,
        null as meaning,
        true as is_active,
        null as position,
        count(*) as rows
    from raw.ticket
    where not exists (
        select 1 from statuses
        where statuses.id = ticket.status_id
    )
),

priority_counts as (
    select
        form_entry_values.value_id,
        count(distinct form_entry.object_id) as tickets
    from raw.form_entry_values
    inner join raw.form_field
        on form_entry_values.field_id = form_field.id and form_field.type = 'priority'
    inner join raw.form_entry
        on form_entry_values.entry_id = form_entry.id and form_entry.object_type = 'T'
    group by form_entry_values.value_id
),

priorities as (
    select
        priority_id,
        max(priority_desc) as name,
        -- 1 is the most urgent
        -max(try_cast(priority_urgency as bigint)) as position,
        max(ispublic) as ispublic
    from raw.ticket_priority
    group by priority_id
),

priority_values as (
    select
        'priority' as vocabulary,
        priorities.name as value,
        priorities.priority_id as source_id,
        null as meaning,
        true as is_active,
        priorities.position,
        coalesce(priority_counts.tickets, 0) as rows
    from priorities
    left join priority_counts
        on priorities.priority_id = priority_counts.value_id
),

topics as (
    select
        topic_id,
        max(topic_pid) as topic_pid,
        max(topic) as topic,
        max(try_cast(flags as bigint)) as flags,
        max(try_cast(sort as bigint)) as position
    from raw.help_topic
    group by topic_id
),

-- From each topic upwards; a parent seen before ends the walk, because damaged data can hold loops.
topic_climb as (
    select
        topic_id,
        topic_pid as next_id,
        coalesce(nullif(topic, ''), concat('topic ', topic_id)) as label,
        [topic_id] as visited
    from topics
    union all
    select
        topic_climb.topic_id,
        topics.topic_pid as next_id,
        concat(topics.topic, ' / ', topic_climb.label) as label,
        list_append(topic_climb.visited, topics.topic_id) as visited
    from topic_climb
    inner join topics
        on topic_climb.next_id = topics.topic_id
    where not list_contains(topic_climb.visited, topics.topic_id)
),

topic_labels as (
    select
        topic_id,
        arg_max(label, len(visited)) as label
    from topic_climb
    group by topic_id
),

topic_counts as (
    select
        topic_id,
        count(*) as tickets
    from raw.ticket
    group by topic_id
),

topic_values as (
    select
        'topic' as vocabulary,
        topic_labels.label as value,
        topics.topic_id as source_id,
        null as meaning,
        (coalesce(topics.flags, 2) & 2) > 0 as is_active,
        topics.position,
        coalesce(topic_counts.tickets, 0) as rows
    from topics
    inner join topic_labels
        on topics.topic_id = topic_labels.topic_id
    left join topic_counts
        on topics.topic_id = topic_counts.topic_id
),

departments as (
    select
        id,
        max(pid) as pid,
        max(name) as name,
        max(try_cast(flags as bigint)) as flags
    from raw.department
    group by id
),

department_climb as (
    select
        id,
        pid as next_id,
        coalesce(nullif(name, ''), concat('Department ', id)) as label,
        [id] as visited
    from departments
    union all
    select
        department_climb.id,
        departments.pid as next_id,
        concat(departments.name, ' / ', department_climb.label) as label,
        list_append(department_climb.visited, departments.id) as visited
    from department_climb
    inner join departments
        on department_climb.next_id = departments.id
    where not list_contains(department_climb.visited, departments.id)
),

department_labels as (
    select
        id,
        arg_max(label, len(visited)) as label
    from department_climb
    group by id
),

department_counts as (
    select
        dept_id,
        count(*) as tickets
    from raw.ticket
    group by dept_id
),

department_values as (
    select
        'department' as vocabulary,
        department_labels.label as value,
        departments.id as source_id,
        null as meaning,
        (coalesce(departments.flags, 4) & 12) = 4 as is_active,
        null as position,
        coalesce(department_counts.tickets, 0) as rows
    from departments
    inner join department_labels
        on departments.id = department_labels.id
    left join department_counts
        on departments.id = department_counts.dept_id
),

team_counts as (
    select
        team_id,
        count(*) as tickets
    from raw.ticket
    group by team_id
),

team_values as (
    select
        'team' as vocabulary,
        coalesce(nullif(max(team.name), ''), concat('Team ', team.team_id)) as value,
        team.team_id as source_id,
        null as meaning,
        (coalesce(max(try_cast(team.flags as bigint)), 1) & 1) > 0 as is_active,
        null as position,
        coalesce(max(team_counts.tickets), 0) as rows
    from raw.team
    left join team_counts
        on team.team_id = team_counts.team_id
    group by team.team_id
),

plan_counts as (
    select
        sla_id,
        count(*) as tickets
    from raw.ticket
    group by sla_id
),

plan_values as (
    select
        'sla' as vocabulary,
        coalesce(nullif(max(sla.name), ''), concat('SLA ', sla.id)) as value,
        sla.id as source_id,
        null as meaning,
        (coalesce(max(try_cast(sla.flags as bigint)), 1) & 1) > 0 as is_active,
        max(try_cast(sla.grace_period as bigint)) as position,
        coalesce(max(plan_counts.tickets), 0) as rows
    from raw.sla
    left join plan_counts
        on sla.id = plan_counts.sla_id
    group by sla.id
),

source_values as (
    select
        'source' as vocabulary,
        coalesce(nullif(source, ''), '(missing)') as value,
        null as source_id,
        null as meaning,
        true as is_active,
        null as position,
        count(*) as rows
    from raw.ticket
    group by coalesce(nullif(source, ''), '(missing)')
),

final as (
    select
        vocabulary,
        value,
        source_id,
        meaning,
        is_active,
        cast(position as bigint) as position,
        cast(rows as bigint) as rows
    from status_values
    union all
    select
        vocabulary,
        value,
        source_id,
        meaning,
        is_active,
        cast(position as bigint) as position,
        cast(rows as bigint) as rows
    from priority_values
    union all
    select
        vocabulary,
        value,
        source_id,
        meaning,
        is_active,
        cast(position as bigint) as position,
        cast(rows as bigint) as rows
    from topic_values
    union all
    select
        vocabulary,
        value,
        source_id,
        meaning,
        is_active,
        cast(position as bigint) as position,
        cast(rows as bigint) as rows
    from department_values
    union all
    select
        vocabulary,
        value,
        source_id,
        meaning,
        is_active,
        cast(position as bigint) as position,
        cast(rows as bigint) as rows
    from team_values
    union all
    select
        vocabulary,
        value,
        source_id,
        meaning,
        is_active,
        cast(position as bigint) as position,
        cast(rows as bigint) as rows
    from plan_values
    union all
    select
        vocabulary,
        value,
        source_id,
        meaning,
        is_active,
        cast(position as bigint) as position,
        cast(rows as bigint) as rows
    from source_values
)

select * from final
