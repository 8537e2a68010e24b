-- Grain: one row per osTicket agent.
with options as (
    select max(value) filter (where name = 'migration') as migration
    from mapping.option
),

staff as (
    select
        staff_id,
        dept_id,
        role_id,
        username,
        firstname,
        lastname,
        email,
        isactive,
        isadmin
    from raw.staff
    qualify row_number() over (partition by staff_id order by updated desc, username desc) = 1
),

role_names as (
    select
        id,
        max(name) as name
    from raw.role
    group by id
),

departments as (
    select
        id,
        max(name) as name
    from raw.department
    group by id
),

grants as (
    select
        staff_id,
        dept_id,
        role_id
    from staff
    union all
    select
        staff_id,
        dept_id,
        role_id
    from raw.staff_dept_access
),

agent_roles as (
    select
        grants.staff_id,
        list(distinct concat_ws(' in ', role_names.name, departments.name)) as roles
    from grants
    left join role_names
        on grants.role_id = role_names.id
    left join departments
        on grants.dept_id = departments.id
    where coalesce(role_names.name, departments.name) is not null
    group by grants.staff_id
),

final as (
    select
        concat(options.migration, '-staff-', staff.staff_id) as external_id,
        'staff' as source_type,
        staff.staff_id as source_id,
        md5(
            concat_ws(
                '|', staff.staff_id, staff.firstname, staff.lastname, staff.email, staff.isactive, staff.isadmin,
                staff.dept_id, staff.role_id
            )
        ) as source_digest,
        normal_email(staff.email) as email,
        coalesce(
            nullif(trim(concat_ws(' ', staff.firstname, staff.lastname)), ''),
            nullif(staff.username, ''),
            concat('Agent ', staff.staff_id)
        ) as name,
        coalesce(staff.isactive, '0') = '1' as is_active,
        list_sort(
            list_concat(
                coalesce(agent_roles.roles, cast([] as varchar[])),
                case when staff.isadmin = '1' then ['administrator'] else cast([] as varchar[]) end
            )
        ) as roles
    from staff
    cross join options
    left join agent_roles
        on staff.staff_id = agent_roles.staff_id
)

select * from final
