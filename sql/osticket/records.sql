-- Grain: one row per osTicket record that a staging table must account for, with the conversation it belongs to.
-- This is the one place where a record finds its conversation; the other files look it up here.
with options as (
    select max(value) filter (where name = 'migration') as migration
    from mapping.option
),

tickets as (
    select
        ticket_id,
        nullif(ticket_pid, '0') as parent_id,
        coalesce(try_cast(flags as bigint), 0) as flags
    from raw.ticket
    qualify row_number() over (partition by ticket_id order by updated desc, created desc, number desc) = 1
),

threads as (
    select
        id,
        object_id,
        object_type,
        json_extract_string(case when json_valid(extra) then extra end, '$.ticket_id') as merged_into_id
    from raw.thread
    qualify row_number() over (partition by id order by created desc, object_id desc) = 1
),

child_threads as (
    select distinct object_id as ticket_id
    from threads
    where object_type = 'C'
),

-- A merged child hands its entries over: flag 1 (combined) or 2 (separate), a parent, and a thread of type C.
children as (
    select
        tickets.ticket_id,
        tickets.parent_id
    from tickets
    inner join child_threads
        on tickets.ticket_id = child_threads.ticket_id
    where tickets.parent_id is not null and (tickets.flags & 3) > 0
),

-- Two steps up and no further: a longer chain or a loop is damage, and then the child keeps its own conversation.
merged as (
    select
        children.ticket_id,
        case
            when parents.ticket_id is null then null
            when upper_children.ticket_id is null then parents.ticket_id
            when top_children.ticket_id is null then tops.ticket_id
        end as root_id
    from children
    left join tickets as parents
        on children.parent_id = parents.ticket_id
    left join children as upper_children
        on parents.ticket_id = upper_children.ticket_id
    left join tickets as tops
        on upper_children.parent_id = tops.ticket_id
    left join children as top_children
        on tops.ticket_id = top_children.ticket_id
),

ticket_homes as (
    select
        tickets.ticket_id,
        concat(options.migration, '-ticket-', coalesce(merged.root_id, tickets.ticket_id)) as conversation
    from tickets
    cross join options
    left join merged
        on tickets.ticket_id = merged.ticket_id
),

tasks as (
    select
        id,
        case when object_type = 'T' then object_id end as ticket_id
    from raw.task
    qualify row_number() over (partition by id order by updated desc, created desc, number desc) = 1
),

-- The thread of a merged child whose ticket was deleted is the only trace of it; `extra` still names the parent.
thread_homes as (
    select
        threads.id as thread_id,
        case
            when threads.object_type in ('T', 'C') then coalesce(own.conversation, remembered.conversation)
            when threads.object_type = 'A' then task_tickets.conversation
        end as conversation
    from threads
    left join ticket_homes as own
        on threads.object_id = own.ticket_id and threads.object_type in ('T', 'C')
    left join ticket_homes as remembered
        on threads.merged_into_id = remembered.ticket_id and threads.object_type = 'C'
    left join tasks
        on threads.object_id = tasks.id and threads.object_type = 'A'
    left join ticket_homes as task_tickets
        on tasks.ticket_id = task_tickets.ticket_id
),

entries as (
    select
        id,
        thread_id
    from raw.thread_entry
    qualify row_number() over (partition by id order by updated desc, created desc, thread_id desc) = 1
),

entry_homes as (
    select
        entries.id as entry_id,
        thread_homes.conversation
    from entries
    left join thread_homes
        on entries.thread_id = thread_homes.thread_id
),

-- For a file of a form field, attachment.object_id is a checksum; the answer itself names the file.
file_answers as (
    select
        form_entry.object_id,
        form_entry.object_type,
        unnest(
            json_keys(case when json_valid(form_entry_values.value) then form_entry_values.value end)
        ) as file_id
    from raw.form_entry_values
    inner join raw.form_field
        on form_entry_values.field_id = form_field.id and form_field.type = 'files'
    inner join raw.form_entry
        on form_entry_values.entry_id = form_entry.id
),

field_file_homes as (
    select
        file_answers.file_id,
        min(coalesce(ticket_homes.conversation, task_tickets.conversation)) as conversation
    from file_answers
    left join ticket_homes
        on file_answers.object_id = ticket_homes.ticket_id and file_answers.object_type = 'T'
    left join tasks
        on file_answers.object_id = tasks.id and file_answers.object_type = 'A'
    left join ticket_homes as task_tickets
        on tasks.ticket_id = task_tickets.ticket_id
    group by file_answers.file_id
),

attachments as (
    select
        id,
        object_id,
        type as use_type,
        file_id
    from raw.attachment
    qualify row_number() over (partition by id order by file_id desc, object_id desc, type desc) = 1
),

attachment_homes as (
    select
        attachments.id as attachment_id,
        coalesce(entry_homes.conversation, field_file_homes.conversation) as conversation
    from attachments
    left join entry_homes
        on attachments.object_id = entry_homes.entry_id and attachments.use_type = 'H'
    left join field_file_homes
        on attachments.file_id = field_file_homes.file_id and attachments.use_type = 'E'
),

events as (
    select
        id,
        thread_id
    from raw.thread_event
    qualify row_number() over (partition by id order by timestamp desc, thread_id desc) = 1
),

final as (
    select distinct
        'companies' as object,
        'organization' as source_type,
        id as source_id,
        cast(null as varchar) as conversation
    from raw.organization
    union all
    select distinct
        'contacts' as object,
        'user' as source_type,
        id as source_id,
        cast(null as varchar) as conversation
    from raw.user
    union all
    select distinct
        'teammates' as object,
        'staff' as source_type,
        staff_id as source_id,
        cast(null as varchar) as conversation
    from raw.staff
    union all
    select distinct
        'inboxes' as object,
        'department' as source_type,
        id as source_id,
        cast(null as varchar) as conversation
    from raw.department
    union all
    select distinct
        'inboxes' as object,
        'team' as source_type,
        team_id as source_id,
        cast(null as varchar) as conversation
    from raw.team
    union all
    select distinct
        'tags' as object,
        'help_topic' as source_type,
        topic_id as source_id,
        cast(null as varchar) as conversation
    from raw.help_topic
    union all
    select distinct
        'articles' as object,
        'faq' as source_type,
        faq_id as source_id,
        cast(null as varchar) as conversation
    from raw.faq
    union all
    select
        'conversations' as object,
        'ticket' as source_type,
        ticket_id as source_id,
        conversation
    from ticket_homes
    union all
    select
        'parts' as object,
        'thread_entry' as source_type,
        entry_id as source_id,
        conversation
    from entry_homes
    union all
    select
        'attachments' as object,
        'attachment' as source_type,
        attachment_id as source_id,
        conversation
    from attachment_homes
    union all
    select
        'history' as object,
        'thread_event' as source_type,
        events.id as source_id,
        thread_homes.conversation
    from events
    left join thread_homes
        on events.thread_id = thread_homes.thread_id
)

select * from final
