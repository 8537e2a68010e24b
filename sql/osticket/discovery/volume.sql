-- Grain: one row per migration object, word of osTicket and UTC month; every row of these tables counts once.
with options as (
    select max(value) filter (where name = 'time_zone') as time_zone
    from mapping.option
),

child_threads as (
    select distinct object_id as ticket_id
    from raw.thread
    where object_type = 'C'
),

threads as (
    select
        id,
        max(object_type) as object_type
    from raw.thread
    group by id
),

entries as (
    select
        thread_entry.id,
        case
            when (coalesce(try_cast(thread_entry.flags as bigint), 0) & 4) > 0 then 'replaced_entry'
            when threads.object_type = 'A' then 'task_entry'
            when thread_entry.type = 'M' then 'message'
            when thread_entry.type = 'R' then 'response'
            when thread_entry.type = 'N' then 'note'
            else 'other_entry'
        end as source_type,
        thread_entry.created
    from raw.thread_entry
    left join threads
        on thread_entry.thread_id = threads.id
),

entry_times as (
    select
        id,
        max(created) as created
    from entries
    group by id
),

article_times as (
    select
        faq_id,
        max(created) as created
    from raw.faq
    group by faq_id
),

dated as (
    select
        'companies' as object,
        'organization' as source_type,
        created
    from raw.organization
    union all
    select
        'contacts' as object,
        'user' as source_type,
        created
    from raw.user
    union all
    select
        'teammates' as object,
        'staff' as source_type,
        created
    from raw.staff
    union all
    select
        'inboxes' as object,
        'department' as source_type,
        created
    from raw.department
    union all
    select
        'inboxes' as object,
        'team' as source_type,
        created
    from raw.team
    union all
    select
        'tags' as object,
        'help_topic' as source_type,
        created
    from raw.help_topic
    union all
    select
        'conversations' as object,
        case
            when
                child_threads.ticket_id is not null
                and coalesce(nullif(ticket.ticket_pid, ''), '0') <> '0'
                and (coalesce(try_cast(ticket.flags as bigint), 0) & 3) > 0
                then 'merged_ticket'
            else 'ticket'
        end as source_type,
        ticket.created
    from raw.ticket
    left join child_threads
        on ticket.ticket_id = child_threads.ticket_id
    union all
    select
        'parts' as object,
        source_type,
        created
    from entries
    union all
    select
        'parts' as object,
        'task' as source_type,
        created
    from raw.task
    union all
    select
        'attachments' as object,
        case attachment.type
            when 'H' then 'attachment'
            when 'F' then 'article_attachment'
            when 'C' then 'canned_attachment'
            else 'other_attachment'
        end as source_type,
        coalesce(entry_times.created, article_times.created) as created
    from raw.attachment
    left join entry_times
        on attachment.object_id = entry_times.id and attachment.type = 'H'
    left join article_times
        on attachment.object_id = article_times.faq_id and attachment.type = 'F'
    union all
    select
        'articles' as object,
        'faq' as source_type,
        created
    from raw.faq
    union all
    select
        'history' as object,
        'thread_event' as source_type,
        timestamp as created
    from raw.thread_event
),

-- Equal times are read on the clock of the source's zone once.
moments as (
    select
        object,
        source_type,
        created,
        count(*) as rows
    from dated
    group by object, source_type, created
),

months as (
    select
        moments.object,
        moments.source_type,
        cast(date_trunc('month', utc(moments.created, options.time_zone)) as date) as month,
        moments.rows
    from moments
    cross join options
),

final as (
    select
        object,
        source_type,
        month,
        cast(sum(rows) as bigint) as rows
    from months
    group by object, source_type, month
)

select * from final
