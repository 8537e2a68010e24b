-- Grain: one row per osTicket department and one per osTicket team.
with recursive
options as (
    select max(value) filter (where name = 'migration') as migration
    from mapping.option
),

departments as (
    select
        id,
        pid,
        name,
        email_id,
        flags
    from raw.department
    qualify row_number() over (partition by id order by updated desc, created desc, name desc) = 1
),

teams as (
    select
        team_id,
        name,
        flags,
        lead_id
    from raw.team
    qualify row_number() over (partition by team_id order by updated desc, created desc, name desc) = 1
),

-- From each department upwards; a parent seen before ends the walk, because damaged data can hold loops.
climb as (
    select
        id,
        pid as next_id,
        coalesce(nullif(name, ''), concat('Department ', id)) as label,
        [id] as visited,
        1 as steps
    from departments
    union all
    select
        climb.id,
        departments.pid as next_id,
        concat(departments.name, ' / ', climb.label) as label,
        list_append(climb.visited, departments.id) as visited,
        climb.steps + 1 as steps
    from climb
    inner join departments
        on climb.next_id = departments.id
    where not list_contains(climb.visited, departments.id)
),

labels as (
    select
        id,
        arg_max(label, steps) as label
    from climb
    group by id
),

teammates as (
    select
        source_id,
        external_id
    from staging.teammates
),

memberships as (
    select
        'department' as source_type,
        dept_id as source_id,
        staff_id
    from raw.staff
    union all
    select
        'department' as source_type,
        dept_id as source_id,
        staff_id
    from raw.staff_dept_access
    union all
    select
        'team' as source_type,
        team_id as source_id,
        staff_id
    from raw.team_member
    union all
    select
        'team' as source_type,
        team_id as source_id,
        lead_id as staff_id
    from raw.team
),

members as (
    select
        memberships.source_type,
        memberships.source_id,
        list_sort(list(distinct teammates.external_id)) as members
    from memberships
    inner join teammates
        on memberships.staff_id = teammates.source_id
    group by memberships.source_type, memberships.source_id
),

addresses as (
    select
        email_id,
        normal_email(max(email)) as address
    from raw.email
    group by email_id
),

places as (
    select
        'department' as source_type,
        departments.id as source_id,
        labels.label as name,
        addresses.address as routing_email,
        md5(
            concat_ws('|', departments.id, departments.pid, departments.name, departments.flags, addresses.address)
        ) as source_digest
    from departments
    inner join labels
        on departments.id = labels.id
    left join addresses
        on departments.email_id = addresses.email_id
    union all
    select
        'team' as source_type,
        team_id as source_id,
        coalesce(nullif(name, ''), concat('Team ', team_id)) as name,
        cast(null as varchar) as routing_email,
        md5(concat_ws('|', team_id, name, flags, lead_id)) as source_digest
    from teams
),

-- values: inbox_merge names inboxes that shall become one, e.g. `Tier 2: Customer Support`.
merge_choices as (
    select
        value.source_value,
        min(concat(options.migration, '-', places.source_type, '-', places.source_id)) as target
    from mapping.value
    cross join options
    inner join places
        on value.target_value = places.name
    where value.field = 'inbox_merge'
    group by value.source_value
),

final as (
    select
        concat(options.migration, '-', places.source_type, '-', places.source_id) as external_id,
        places.source_type,
        places.source_id,
        places.source_digest,
        places.name,
        merge_choices.target as merged_into,
        coalesce(members.members, cast([] as varchar[])) as members,
        places.routing_email
    from places
    cross join options
    left join members
        on places.source_type = members.source_type and places.source_id = members.source_id
    left join merge_choices
        on places.name = merge_choices.source_value
)

select * from final
