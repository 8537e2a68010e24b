-- Grain: one row per agent of the source, with what stands for them in the workspace.
with facts as (
    select max(value) filter (where name = 'stand_in') as stand_in
    from deliver.fact
),

assigned as (
    select
        assignee,
        count(*) as conversations
    from staging.conversations
    where assignee is not null
    group by assignee
),

written as (
    select
        author,
        count(*) as parts
    from staging.parts
    where author_kind = 'teammate' and origin = 'entry'
    group by author
),

looked_up as (
    select count(*) > 0 as is_done
    from publish.identities
    cross join facts
    where kind = 'admin' and external_id = facts.stand_in
),

admins as (
    select
        external_id,
        origin
    from publish.identities
    where kind = 'admin'
),

final as (
    select
        teammates.external_id,
        teammates.name,
        teammates.email,
        teammates.is_active,
        array_to_string(teammates.roles, ', ') as roles,
        coalesce(assigned.conversations, 0) as conversations,
        coalesce(written.parts, 0) as messages,
        case
            when admins.origin = 'matched' then 'in the workspace'
            when not teammates.is_active then 'left'
            when not looked_up.is_done then 'not looked up yet'
            else 'waiting'
        end as status,
        case
            when admins.origin = 'matched' then 'nothing'
            when not teammates.is_active then 'the migration admin stands for them; name who takes over open tickets'
            when teammates.email is null then 'give the agent an address, then invite them'
            else 'invite this address to the workspace and let it be accepted'
        end as to_do
    from staging.teammates
    cross join looked_up
    left join admins
        on teammates.external_id = admins.external_id
    left join assigned
        on teammates.external_id = assigned.assignee
    left join written
        on teammates.external_id = written.author
)

select * from final
order by status, external_id
