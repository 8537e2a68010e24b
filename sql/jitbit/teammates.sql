-- Grain: one row per Jitbit technician or administrator, deactivated ones among them.
with options as (
    select max(value) filter (where name = 'migration') as migration
    from mapping.option
),

groups as (
    select
        category_technician.user_id,
        list_sort(list(distinct concat('category ', trim(category.name)))) as groups
    from raw.category_technician
    inner join raw.category
        on category_technician.category_id = category.category_id
    group by category_technician.user_id
),

agents as (
    select
        user_id as id,
        normal_email(email) as email,
        coalesce(
            nullif(trim(concat_ws(' ', nullif(trim(first_name), ''), nullif(trim(last_name), ''))), ''),
            nullif(trim(username), ''),
            concat('Technician ', user_id)
        ) as name,
        coalesce(flag(disabled), false) as is_disabled,
        list_filter(
            [
                case when flag(is_admin) then 'administrator' end,
                case when flag(is_manager) then 'manager' end,
                case when flag(is_tech) then 'technician' end
            ],
            lambda role: role is not null
        ) as roles
    from raw.user
    where coalesce(flag(is_tech), false) or coalesce(flag(is_admin), false)
),

final as (
    select
        concat(options.migration, '-technician-', agents.id) as external_id,
        'technician' as source_type,
        agents.id as source_id,
        md5(
            concat_ws(
                '|', agents.id, agents.email, agents.name, agents.is_disabled, array_to_string(agents.roles, ','),
                array_to_string(groups.groups, ',')
            )
        ) as source_digest,
        agents.email,
        agents.name,
        -- Nobody can be invited without an address; who is deactivated is never invited.
        not agents.is_disabled and agents.email is not null as is_active,
        list_concat(agents.roles, coalesce(groups.groups, cast([] as varchar[]))) as roles
    from agents
    cross join options
    left join groups
        on agents.id = groups.user_id
)

select * from final
