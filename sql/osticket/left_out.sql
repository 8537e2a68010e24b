-- Grain: one row per osTicket record that is merged into another one or excluded, with the reason.
with options as (
    select
        max(value) filter (where name = 'migration') as migration,
        coalesce(max(value) filter (where name = 'internal_notes'), 'note') = 'leave_out' as is_without_notes
    from mapping.option
),

homes as (
    select
        object,
        source_type,
        source_id,
        conversation
    from staging.records
),

entries as (
    select
        id,
        thread_id,
        -- Unknown visibility counts as internal.
        coalesce(type, '') not in ('M', 'R') as is_internal,
        (coalesce(try_cast(flags as bigint), 0) & 4) > 0 as is_hidden,
        coalesce(body, '') as body
    from raw.thread_entry
    qualify row_number() over (partition by id order by updated desc, created desc, thread_id desc) = 1
),

threads as (
    select
        id,
        max(object_type) as object_type,
        max(object_id) as object_id
    from raw.thread
    group by id
),

placed_entries as (
    select
        entries.id,
        entries.is_hidden,
        -- The note of a task tells what was said in it, whatever becomes of other notes.
        options.is_without_notes and entries.is_internal and coalesce(threads.object_type, '') <> 'A' as is_left_note,
        entries.body,
        threads.object_type,
        threads.object_id,
        homes.conversation
    from entries
    cross join options
    inner join homes
        on entries.id = homes.source_id and homes.source_type = 'thread_entry'
    left join threads
        on entries.thread_id = threads.id
),

left_out_entries as (
    select
        'parts' as object,
        'thread_entry' as source_type,
        placed_entries.id as source_id,
        case when placed_entries.is_hidden or placed_entries.is_left_note then 'excluded' else 'merged' end as outcome,
        case
            when placed_entries.is_hidden then 'superseded'
            when placed_entries.is_left_note then 'internal_note'
            else 'task_entry'
        end as reason_code,
        case
            when placed_entries.is_hidden then 'An earlier version of an entry that was edited later.'
            when placed_entries.is_left_note then 'An internal note; the mapping leaves them out (internal_notes).'
            else 'An entry of a task; the task is one note in its ticket''s conversation.'
        end as sentence,
        case
            when not placed_entries.is_hidden and not placed_entries.is_left_note
                then concat(options.migration, '-task-', placed_entries.object_id)
        end as "into",
        placed_entries.conversation
    from placed_entries
    cross join options
    where
        placed_entries.conversation is not null
        and (placed_entries.is_hidden or placed_entries.is_left_note or placed_entries.object_type = 'A')
),

left_out_tickets as (
    select
        homes.object,
        homes.source_type,
        homes.source_id,
        'merged' as outcome,
        'merged_ticket' as reason_code,
        'Merged into another ticket, whose conversation tells about it in a note.' as sentence,
        homes.conversation as "into",
        homes.conversation
    from homes
    cross join options
    where
        homes.source_type = 'ticket'
        and homes.conversation <> concat(options.migration, '-ticket-', homes.source_id)
),

attachments as (
    select
        id,
        object_id,
        file_id,
        type as use_type,
        coalesce(inline, '0') = '1' as is_inline
    from raw.attachment
    qualify row_number() over (partition by id order by file_id desc, object_id desc, type desc) = 1
),

files as (
    select
        id,
        max(key) as content_key,
        max(name) as name
    from raw.file
    group by id
),

placed_attachments as (
    select
        attachments.id,
        attachments.use_type,
        attachments.object_id,
        attachments.is_inline,
        files.content_key,
        files.name,
        homes.conversation,
        placed_entries.body,
        placed_entries.is_hidden,
        coalesce(placed_entries.is_left_note, false) as is_of_left_note
    from attachments
    inner join homes
        on attachments.id = homes.source_id and homes.source_type = 'attachment'
    left join files
        on attachments.file_id = files.id
    left join placed_entries
        on attachments.object_id = placed_entries.id and attachments.use_type = 'H'
),

-- Inline pictures stay on the hidden old version of an entry; the visible one still refers to them by key.
still_shown as (
    select distinct placed_attachments.id
    from placed_attachments
    inner join placed_entries
        on placed_attachments.conversation = placed_entries.conversation
    where
        placed_attachments.is_hidden
        and not placed_entries.is_hidden
        and not placed_entries.is_left_note
        and placed_attachments.content_key is not null
        and contains(placed_entries.body, concat('cid:', placed_attachments.content_key))
),

left_out_attachments as (
    select
        'attachments' as object,
        'attachment' as source_type,
        placed_attachments.id as source_id,
        case
            when placed_attachments.is_of_left_note then 'excluded'
            when placed_attachments.use_type = 'H' and not placed_attachments.is_hidden then 'merged'
            else 'excluded'
        end as outcome,
        case placed_attachments.use_type
            when 'H'
                then case
                    when placed_attachments.is_hidden then 'superseded'
                    when placed_attachments.is_of_left_note then 'file_of_internal_note'
                    else 'body_of_entry'
                end
            when 'C' then 'file_of_canned_response'
            when 'T' then 'file_of_template'
            when 'P' then 'file_of_page'
            when 'D' then 'file_of_draft'
            else 'file_of_unknown_use'
        end as reason_code,
        case placed_attachments.use_type
            when 'H'
                then case
                    when placed_attachments.is_hidden then 'A file of an earlier version of an entry, used no more.'
                    when placed_attachments.is_of_left_note then 'A file of an internal note that is left out.'
                    else 'The long text of an entry, which osTicket keeps in a file.'
                end
            when 'C' then 'Canned responses are rebuilt by hand; the inventory names them.'
            when 'T' then 'A picture of an e-mail template or page; these are not migrated.'
            when 'P' then 'A picture of a page of the customer portal; these are not migrated.'
            when 'D' then 'A file of a text that nobody sent.'
            else 'A use of a file that this version of osTicket does not know.'
        end as sentence,
        case
            when
                placed_attachments.use_type = 'H'
                and not placed_attachments.is_hidden
                and not placed_attachments.is_of_left_note
                then concat(options.migration, '-thread_entry-', placed_attachments.object_id)
        end as "into",
        placed_attachments.conversation
    from placed_attachments
    cross join options
    left join still_shown
        on placed_attachments.id = still_shown.id
    where
        (placed_attachments.use_type = 'H' and placed_attachments.is_hidden and still_shown.id is null)
        or (placed_attachments.is_of_left_note and not placed_attachments.is_hidden)
        or (
            placed_attachments.use_type = 'H'
            and not placed_attachments.is_hidden
            and placed_attachments.conversation is not null
            and placed_attachments.is_inline
            and trim(placed_attachments.body) = ''
            and regexp_full_match(placed_attachments.name, '[0-9a-f]{32}\.txt')
        )
        or coalesce(placed_attachments.use_type, '') not in ('H', 'E', 'F')
),

event_names as (
    select
        id,
        max(name) as name
    from raw.event
    group by id
),

events as (
    select
        id,
        thread_id,
        event_id
    from raw.thread_event
    qualify row_number() over (partition by id order by timestamp desc, thread_id desc) = 1
),

left_out_events as (
    select
        homes.object,
        homes.source_type,
        homes.source_id,
        case
            when homes.conversation is not null and threads.object_type = 'A' then 'merged'
            else 'excluded'
        end as outcome,
        case
            when homes.conversation is null then 'event_of_nothing'
            when threads.object_type = 'A' then 'task_event'
            else concat('event_', event_names.name)
        end as reason_code,
        case
            when homes.conversation is null then 'A change of a ticket or task that was deleted since.'
            when threads.object_type = 'A' then 'A change of a task; the note of the task carries its outcome.'
            else 'Events of this kind say who looked or logged in, or repeat an entry of the thread.'
        end as sentence,
        case
            when homes.conversation is not null and threads.object_type = 'A'
                then concat(options.migration, '-task-', threads.object_id)
        end as "into",
        homes.conversation
    from events
    cross join options
    inner join homes
        on events.id = homes.source_id and homes.source_type = 'thread_event'
    left join threads
        on events.thread_id = threads.id
    left join event_names
        on events.event_id = event_names.id
    where
        homes.conversation is null
        or threads.object_type = 'A'
        or coalesce(event_names.name, '') in ('viewed', 'login', 'logout', 'message', 'note')
),

final as (
    select
        object,
        source_type,
        source_id,
        outcome,
        reason_code,
        sentence,
        "into",
        conversation
    from left_out_tickets
    union all
    select
        object,
        source_type,
        source_id,
        outcome,
        reason_code,
        sentence,
        "into",
        conversation
    from left_out_entries
    union all
    select
        object,
        source_type,
        source_id,
        outcome,
        reason_code,
        sentence,
        "into",
        conversation
    from left_out_attachments
    union all
    select
        object,
        source_type,
        source_id,
        outcome,
        reason_code,
        sentence,
        "into",
        conversation
    from left_out_events
)

select * from final
