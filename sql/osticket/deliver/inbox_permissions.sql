-- Grain: one row per agent and department they may work in, with the role they have there.
with access as (
    select
        staff_id,
        dept_id,
        role_id,
        'primary' as access
    from raw.staff
    union
    select
        staff_id,
        dept_id,
        role_id,
        'extended' as access
    from raw.staff_dept_access
),

roles as (
    select
        source_id,
        name,
        json_extract_string(details, '$.permissions') as permissions
    from staging.inventory
    where kind = 'role'
),

final as (
    select
        teammates.external_id as agent,
        teammates.name,
        teammates.is_active,
        inboxes.name as department,
        access.access,
        roles.name as role,
        roles.permissions,
        case
            when not teammates.is_active then 'nothing; the agent left'
            when roles.permissions like '%ticket.delete%' or roles.permissions like '%ticket.transfer%'
                then 'member of this team; a role with full access to conversations'
            when roles.permissions is null then 'not a member; a role that may only read'
            else 'member of this team; a role with limited access'
        end as to_do
    from access
    inner join staging.teammates
        on access.staff_id = teammates.source_id
    left join staging.inboxes
        on access.dept_id = inboxes.source_id and inboxes.source_type = 'department'
    left join roles
        on access.role_id = roles.source_id
)

select * from final
order by agent asc, access desc, department asc
