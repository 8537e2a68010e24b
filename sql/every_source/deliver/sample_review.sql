-- Grain: one row per conversation a person compares with the source: some of each sort and year, always the same ones.
with facts as (
    select
        max(value) filter (where name = 'sample_conversations') as conversations,
        max(value) filter (where name = 'sample_threads') as threads
    from deliver.fact
),

messages as (
    select
        conversation,
        count(*) filter (where origin = 'entry' and kind = 'comment') as messages,
        count(*) filter (where origin = 'entry' and kind = 'note') as notes,
        count(*) filter (where origin <> 'entry') as inserted,
        bool_or(origin = 'merged') as has_merged,
        bool_or(len(flags) > 0) as is_odd
    from staging.parts
    group by conversation
),

files as (
    select
        conversation,
        count(*) as files
    from staging.attachments
    where conversation is not null
    group by conversation
),

sorted as (
    select
        conversations.*,
        coalesce(messages.messages, 0) as messages,
        coalesce(messages.notes, 0) as notes,
        coalesce(files.files, 0) as files,
        concat_ws(
            ', ',
            conversations.source_status,
            case when messages.notes > 0 then 'notes' end,
            case when files.files > 0 then 'files' end,
            case when messages.has_merged then 'merged' end,
            case when messages.is_odd or len(conversations.flags) > 0 then 'odd' end,
            case when messages.messages > 10 then 'long' end
        ) as sort
    from staging.conversations
    left join messages
        on conversations.external_id = messages.conversation
    left join files
        on conversations.external_id = files.conversation
),

-- the digest is as good as chance, and the same in every run
turns as (
    select
        *,
        row_number() over (
            partition by sort, year(home_window) order by md5(external_id) asc, external_id asc
        ) as turn
    from sorted
),

ranked as (
    select
        *,
        row_number() over (order by turn asc, md5(external_id) asc, external_id asc) as place
    from turns
),

tickets as (
    select
        external_id,
        intercom_id
    from publish.identities
    where kind = 'conversation'
),

final as (
    select
        ranked.number,
        ranked.external_id,
        tickets.intercom_id,
        ranked.place <= cast(facts.threads as bigint) as thread_sample,
        ranked.sort,
        ranked.created_at,
        ranked.title,
        coalesce(contacts.email, contacts.name) as requester,
        companies.name as company,
        coalesce(teammates.name, '') as assignee,
        inboxes.name as inbox,
        ranked.state,
        ranked.messages,
        ranked.notes,
        ranked.files,
        '' as title_verdict,
        '' as thread_verdict,
        '' as company_verdict,
        '' as assignment_verdict,
        '' as remark
    from ranked
    cross join facts
    left join staging.contacts
        on ranked.contact = contacts.external_id
    left join staging.companies
        on ranked.company = companies.external_id
    left join staging.teammates
        on ranked.assignee = teammates.external_id
    left join staging.inboxes
        on ranked.inbox = inboxes.external_id
    left join tickets
        on ranked.external_id = tickets.external_id
    where ranked.place <= cast(facts.conversations as bigint)
)

select * from final
order by created_at, external_id
