-- Grain: one row per technician of Jitbit who is deactivated.
with facts as (
    select max(value) filter (where name = 'migration_admin_name') as stand_in
    from deliver.fact
),

assigned as (
    select
        assignee,
        count(*) as conversations,
        count(*) filter (where state <> 'closed') as still_open
    from staging.conversations
    where assignee is not null
    group by assignee
),

written as (
    select
        author,
        count(*) as messages
    from staging.parts
    where author_kind = 'teammate' and origin = 'entry'
    group by author
),

final as (
    select
        teammates.external_id,
        teammates.name,
        teammates.email,
        coalesce(assigned.conversations, 0) as conversations,
        coalesce(assigned.still_open, 0) as still_open,
        coalesce(written.messages, 0) as messages,
        facts.stand_in as fallback_assignee,
        case
            when assigned.still_open > 0 then 'name who takes the open ones over; never invited'
            else 'nothing; never invited'
        end as to_do
    from staging.teammates
    cross join facts
    inner join raw.user as users
        on teammates.source_id = users.user_id and flag(users.disabled)
    left join assigned
        on teammates.external_id = assigned.assignee
    left join written
        on teammates.external_id = written.author
)

select * from final
order by external_id
