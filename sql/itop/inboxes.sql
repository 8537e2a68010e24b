-- Grain: one row per iTop team.
with options as (
    select max(value) filter (where name = 'migration') as migration
    from mapping.option
),

teams as (
    select
        id,
        coalesce(nullif(trim(name), ''), concat('Team ', id)) as name,
        normal_email(email) as routing_email,
        md5(concat_ws('|', id, name, status, email)) as source_digest
    from raw.team
),

agents as (
    select
        account.contactid as person_id,
        teammates.external_id
    from raw.user as account
    inner join staging.teammates
        on account.id = teammates.source_id
    where coalesce(account.contactid, '0') <> '0'
),

members as (
    select
        person_to_team.team_id,
        list_sort(list(distinct agents.external_id)) as members
    from raw.person_to_team
    inner join agents
        on person_to_team.person_id = agents.person_id
    group by person_to_team.team_id
),

-- values: inbox_merge names inboxes that shall become one, e.g. `Tier 2: Customer Support`.
merge_choices as (
    select
        value.source_value,
        min(concat(options.migration, '-team-', teams.id)) as target
    from mapping.value
    cross join options
    inner join teams
        on value.target_value = teams.name
    where value.field = 'inbox_merge'
    group by value.source_value
),

final as (
    select
        concat(options.migration, '-team-', teams.id) as external_id,
        'team' as source_type,
        teams.id as source_id,
        teams.source_digest,
        teams.name,
        merge_choices.target as merged_into,
        coalesce(members.members, cast([] as varchar[])) as members,
        teams.routing_email
    from teams
    cross join options
    left join members
        on teams.id = members.team_id
    left join merge_choices
        on teams.name = merge_choices.source_value
)

select * from final
