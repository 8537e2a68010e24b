-- Grain: one row per visible osTicket entry, per ticket merged into another, per task and per ticket with long answers
-- or files of fields; home window in the given months.
with options as (
    select
        max(value) filter (where name = 'migration') as migration,
        max(value) filter (where name = 'time_zone') as time_zone,
        coalesce(max(value) filter (where name = 'internal_notes'), 'note') = 'public' as is_notes_public
    from mapping.option
),

conversations as (
    select
        external_id,
        source_id,
        home_window,
        title,
        opening_part,
        opening_at
    from staging.conversations
    where home_window >= $window_start and home_window < $window_end
),

homes as (
    select
        records.object,
        records.source_id,
        records.conversation,
        conversations.opening_at,
        conversations.opening_part,
        conversations.title
    from staging.records
    inner join conversations
        on records.conversation = conversations.external_id
    where records.object in ('conversations', 'parts', 'attachments')
),

left_out as (
    select
        object,
        source_id,
        outcome,
        reason_code
    from staging.left_out
),

contacts as (
    select
        source_id,
        coalesce(merged_into, external_id) as survivor,
        name
    from staging.contacts
),

teammates as (
    select
        source_id,
        external_id,
        name
    from staging.teammates
),

inboxes as (
    select
        source_type,
        source_id,
        name
    from staging.inboxes
),

attachments as (
    select
        conversation,
        owner,
        carrier,
        position,
        filename
    from staging.attachments
    where home_window >= $window_start and home_window < $window_end and conversation is not null
),

-- Entries -------------------------------------------------------------------------------------------------------------

entry_rows as (
    select
        id,
        thread_id,
        staff_id,
        user_id,
        type as entry_type,
        coalesce(try_cast(flags as bigint), 0) as flags,
        poster,
        title,
        coalesce(body, '') as body,
        format,
        created,
        updated
    from raw.thread_entry
    qualify row_number() over (partition by id order by updated desc, created desc, thread_id desc) = 1
),

body_files as (
    select
        attachment.object_id as entry_id,
        min(file_bytes.sha256) as sha256
    from raw.attachment
    inner join left_out
        on attachment.id = left_out.source_id and left_out.reason_code = 'body_of_entry'
    inner join raw.file_bytes
        on attachment.file_id = file_bytes.file_id
    group by attachment.object_id
),

pictures as (
    select
        homes.conversation,
        list(
            struct_pack(cid := file.key, name := coalesce(nullif(attachment.name, ''), file.name))
            order by attachment.id
        ) as names
    from raw.attachment
    inner join homes
        on attachment.object_id = homes.source_id and homes.object = 'parts'
    inner join raw.file
        on attachment.file_id = file.id
    where attachment.type = 'H' and attachment.inline = '1'
    group by homes.conversation
),

-- Visible entries of tickets and of their tasks.

entries as (
    select
        homes.conversation,
        homes.opening_at,
        homes.opening_part,
        homes.title as conversation_title,
        entry_rows.id,
        entry_rows.thread_id,
        entry_rows.staff_id,
        entry_rows.user_id,
        entry_rows.entry_type,
        entry_rows.flags,
        entry_rows.poster,
        html_unescape(nullif(trim(entry_rows.title), '')) as title,
        entry_rows.format,
        entry_rows.created,
        entry_rows.updated,
        entry_rows.body as stored_body,
        coalesce(
            case when trim(entry_rows.body) <> '' then entry_rows.body end, file_text(body_files.sha256), ''
        ) as body,
        pictures.names as picture_names,
        left_out.source_id is not null as is_of_task,
        utc(entry_rows.created, options.time_zone) as own_created_at
    from entry_rows
    cross join options
    inner join homes
        on entry_rows.id = homes.source_id and homes.object = 'parts'
    left join left_out
        on entry_rows.id = left_out.source_id and left_out.object = 'parts'
    left join body_files
        on entry_rows.id = body_files.entry_id
    left join pictures
        on homes.conversation = pictures.conversation
    where coalesce(left_out.reason_code, 'task_entry') = 'task_entry'
),

-- Materialized: messages and tasks read it, and rewriting every body twice takes a quarter of the whole time.
bodies as materialized (
    select
        entries.id,
        case
            when trim(entries.body) in ('', '-') then '(empty)'
            when entries.format = 'text' then html_unescape(entries.body)
            else coalesce(
                nullif(trim(html_text(coalesce(name_images(entries.body, entries.picture_names), entries.body))), ''),
                '(empty)'
            )
        end as body_text,
        case
            when trim(entries.body) in ('', '-') then '<p>(empty)</p>'
            when entries.format = 'text' then text_html(html_unescape(entries.body))
            else coalesce(
                nullif(part_html(coalesce(name_images(entries.body, entries.picture_names), entries.body)), ''),
                '<p>(empty)</p>'
            )
        end as body_html
    from entries
),

messages as (
    select
        entries.conversation,
        entries.id,
        concat(options.migration, '-thread_entry-', entries.id) as external_id,
        coalesce(entries.opening_part = concat(options.migration, '-thread_entry-', entries.id), false) as is_opening,
        case
            when entries.entry_type in ('M', 'R') then 'comment'
            -- Somebody signed for it by name; what is of unknown visibility stays internal all the same.
            when options.is_notes_public and entries.entry_type = 'N' then 'comment'
            else 'note'
        end as kind,
        -- A note is internal: it goes out in an agent's name even if a customer's id stands on it.
        case
            when entries.entry_type = 'M' and contacts.survivor is not null then 'contact'
            when teammates.external_id is not null then 'teammate'
            when contacts.survivor is not null and entries.entry_type = 'R' then 'contact'
            when coalesce(entries.staff_id, '0') <> '0' or contacts.survivor is not null then 'teammate'
            when entries.entry_type = 'M' or coalesce(trim(entries.poster), '') = '' then 'system'
            when starts_with(entries.poster, 'SYSTEM') then 'system'
            else 'teammate'
        end as author_kind,
        case
            when entries.entry_type = 'M' and contacts.survivor is not null then contacts.survivor
            when teammates.external_id is not null then teammates.external_id
            when entries.entry_type = 'R' then contacts.survivor
        end as author,
        coalesce(nullif(trim(entries.poster), ''), teammates.name, contacts.name, 'SYSTEM') as author_name,
        case
            when entries.title <> entries.conversation_title
                then concat(
                    '<p><b>',
                    replace(replace(replace(entries.title, '&', '&amp;'), '<', '&lt;'), '>', '&gt;'),
                    '</b></p>',
                    bodies.body_html
                )
            else bodies.body_html
        end as body_html,
        case
            when entries.title <> entries.conversation_title then concat(entries.title, e'\n\n', bodies.body_text)
            else bodies.body_text
        end as body_text,
        entries.entry_type is null
        or not (entries.entry_type in ('M', 'R') or (options.is_notes_public and entries.entry_type = 'N'))
            as is_internal,
        coalesce(entries.format, '') <> 'text' and is_rich(entries.body) as is_rich,
        -- An undated entry takes the time of the newest entry before it, so that it stays at its place in the thread.
        coalesce(
            entries.own_created_at,
            max(entries.own_created_at) over (
                partition by entries.conversation
                order by try_cast(entries.id as bigint) asc, entries.id asc
                rows between unbounded preceding and 1 preceding
            ),
            entries.opening_at
        ) as created_at,
        md5(
            concat_ws(
                '|', entries.id, entries.thread_id, entries.staff_id, entries.user_id, entries.entry_type,
                entries.poster, entries.title, entries.format, entries.body, entries.created, entries.flags
            )
        ) as source_digest,
        list_sort(
            list_distinct(
                [
                    case
                        when coalesce(entries.entry_type, '') not in ('M', 'R', 'N') then 'unknown_visibility'
                    end,
                    case when options.is_notes_public and entries.entry_type = 'N' then 'note_made_public' end,
                    case when entries.own_created_at is null then 'undated' end,
                    case when (entries.flags & 2) > 0 then 'edited' end,
                    case when (entries.flags & 1024) > 0 then 'from_merged_ticket' end,
                    case when octet_length(encode(entries.stored_body)) >= 65500 then 'truncated_in_source' end,
                    case when trim(entries.stored_body) = '' and entries.body <> '' then 'body_from_file' end,
                    case when trim(entries.body) in ('', '-') then 'empty' end,
                    case when contains(entries.body, '????') then 'characters_lost_in_source' end,
                    case when looks_double_encoded(entries.body) then 'double_encoded' end,
                    case
                        when
                            entries.entry_type = 'M' and contacts.survivor is null and teammates.external_id is null
                            then 'unknown_author'
                        when
                            coalesce(entries.staff_id, '0') <> '0' and teammates.external_id is null
                            then 'unknown_author'
                    end
                ]
            )
        ) as flags
    from entries
    cross join options
    inner join bodies
        on entries.id = bodies.id
    left join contacts
        on entries.user_id = contacts.source_id and coalesce(entries.user_id, '0') <> '0'
    left join teammates
        on entries.staff_id = teammates.source_id
    where not entries.is_of_task
),

-- Answers to custom fields, of the ticket and of those merged into it -------------------------------------------------

fields as (
    select
        form_field.id,
        coalesce(nullif(form_field.name, ''), concat('field_', form_field.id)) as name,
        coalesce(nullif(form_field.label, ''), nullif(form_field.name, ''), concat('Field ', form_field.id)) as label,
        form_field.type as field_type,
        case when json_valid(form_field.configuration) then form_field.configuration end as settings
    from raw.form_field
),

stored as (
    select
        homes.conversation,
        homes.source_id as ticket_id,
        form_entry.id as entry_id,
        form_entry_values.field_id,
        fields.id is null as is_unknown,
        fields.name,
        coalesce(fields.label, concat('Field ', form_entry_values.field_id)) as label,
        fields.field_type,
        form_entry_values.value,
        case when json_valid(form_entry_values.value) then form_entry_values.value end as selection,
        json_extract_string(fields.settings, '$.choices') as choices,
        coalesce(json_extract_string(fields.settings, '$.html'), 'true') as is_html,
        inboxes.name as department,
        attribute.data_type,
        attribute.options
    from raw.form_entry_values
    inner join raw.form_entry
        on form_entry_values.entry_id = form_entry.id and form_entry.object_type = 'T'
    inner join homes
        on form_entry.object_id = homes.source_id and homes.object = 'conversations'
    left join fields
        on form_entry_values.field_id = fields.id
    left join inboxes
        on
            form_entry_values.value = inboxes.source_id
            and inboxes.source_type = 'department'
            and fields.field_type = 'department'
    left join mapping.custom_field
        on fields.name = custom_field.field and custom_field.object = 'ticket'
    left join mapping.attribute
        on custom_field.attribute = attribute.name and attribute.object = 'conversation'
    where nullif(trim(form_entry_values.value), '') is not null
),

-- What the source holds of the fields, whether or not the mapping wants it: a changed mapping is no changed source.

answer_seeds as (
    select
        ticket_id,
        md5(
            string_agg(
                concat_ws('=', entry_id, field_id, value, case when field_type = 'choices' then choices end),
                '|'
                order by entry_id, field_id, value
            )
        ) as digest
    from stored
    group by ticket_id
),

answers as (
    select
        conversation,
        ticket_id,
        entry_id,
        field_id,
        is_unknown,
        name,
        label,
        field_type,
        data_type,
        options,
        value,
        case
            when field_type in ('thread', 'break', 'info') then null
            when json_type(selection) = 'OBJECT' and (field_type in ('choices', 'files') or field_type like 'list-%')
                then array_to_string(json_extract_string(selection, '$.*'), ', ')
            when field_type = 'files' then null
            when field_type = 'choices'
                then coalesce(
                    nullif(regexp_extract(choices, concat('(?m)^', regexp_escape(value), ':(.*?)\r?$'), 1), ''), value
                )
            when field_type = 'department' then coalesce(department, value)
            when field_type = 'bool' then case value when '1' then 'yes' else 'no' end
            when field_type = 'memo' and is_html = 'true' then html_text(value)
            else value
        end as answer
    from stored
),

long_answers as (
    select
        answers.conversation,
        answers.entry_id,
        answers.field_id,
        case
            when answers.is_unknown
                then concat(answers.label, e' (the field is gone in the source):\n', answers.answer)
            else concat(answers.label, e':\n', answers.answer)
        end as line
    from answers
    cross join options
    where
        answers.conversation = concat(options.migration, '-ticket-', answers.ticket_id)
        and (
            length(answers.answer) > 255
            or answers.is_unknown
            -- What does not fit the type of its attribute.
            or case
                when answers.data_type = 'list' then not list_contains(answers.options, trim(answers.answer))
                when answers.field_type = 'datetime' and answers.value = '0' then false
                when answers.data_type = 'datetime' then iana_timestamp(answers.value) is null
                when answers.data_type in ('date', 'boolean', 'integer', 'decimal')
                    then attribute_value(answers.value, answers.data_type) is null
                else false
            end
        )
),

field_lines as (
    select
        conversation,
        line,
        coalesce(try_cast(entry_id as bigint), 0) as entry_number,
        coalesce(try_cast(field_id as bigint), 0) as field_number
    from long_answers
    union all
    select
        conversation,
        concat('Files of the form fields: ', string_agg(filename, ', ' order by carrier, position)) as line,
        cast(null as bigint) as entry_number,
        cast(null as bigint) as field_number
    from attachments
    where owner = conversation and carrier is not null
    group by conversation
    union all
    select
        conversation,
        'A file of a form field was not sent; see the next note.' as line,
        cast(null as bigint) as entry_number,
        cast(null as bigint) as field_number
    from attachments
    where owner = conversation and carrier is null
    group by conversation
),

field_notes as (
    select
        field_lines.conversation,
        string_agg(
            field_lines.line, e'\n\n' order by field_lines.entry_number, field_lines.field_number, field_lines.line
        ) as body_text
    from field_lines
    group by field_lines.conversation
),

-- Merged tickets: one note each ---------------------------------------------------------------------------------------

tickets as (
    select
        ticket_id,
        number,
        user_id,
        status_id,
        closed,
        created
    from raw.ticket
    qualify row_number() over (partition by ticket_id order by updated desc, created desc, number desc) = 1
),

statuses as (
    select
        id,
        max(name) as name
    from raw.ticket_status
    group by id
),

merge_events as (
    select
        thread_event.data as details,
        max(thread_event.timestamp) as happened
    from raw.thread_event
    inner join raw.event
        on thread_event.event_id = event.id and event.name = 'merged'
    where json_valid(thread_event.data)
    group by thread_event.data
),

merge_times as (
    select
        json_extract_string(case when json_valid(details) then details end, '$.id') as ticket_id,
        max(happened) as happened
    from merge_events
    group by json_extract_string(case when json_valid(details) then details end, '$.id')
),

ticket_answers as (
    select
        ticket_id,
        max(answer) filter (where name = 'subject') as subject,
        string_agg(concat(label, ': ', answer), e'\n' order by entry_id, field_id)
        filter (where name <> 'subject' and answer is not null) as lines
    from answers
    group by ticket_id
),

merged_children as (
    select
        homes.conversation,
        tickets.ticket_id,
        coalesce(
            utc(merge_times.happened, options.time_zone),
            utc(tickets.closed, options.time_zone),
            utc(tickets.created, options.time_zone),
            homes.opening_at
        ) as created_at,
        concat_ws(
            e'\n',
            concat('Ticket ', coalesce(nullif(tickets.number, ''), tickets.ticket_id), ' was merged into this one.'),
            concat('Subject: ', coalesce(ticket_answers.subject, '(no subject)')),
            concat('Requester: ', coalesce(contacts.name, 'unknown')),
            concat('Status: ', coalesce(statuses.name, 'unknown')),
            'Created: ' || strftime(utc(tickets.created, options.time_zone), '%Y-%m-%d %H:%M UTC'),
            ticket_answers.lines
        ) as body_text,
        md5(
            concat_ws(
                '|', tickets.ticket_id, tickets.number, tickets.user_id, tickets.status_id, tickets.created,
                tickets.closed, contacts.name, statuses.name, answer_seeds.digest
            )
        ) as source_digest
    from homes
    cross join options
    inner join left_out
        on homes.source_id = left_out.source_id and left_out.reason_code = 'merged_ticket'
    inner join tickets
        on homes.source_id = tickets.ticket_id
    left join merge_times
        on tickets.ticket_id = merge_times.ticket_id
    left join ticket_answers
        on tickets.ticket_id = ticket_answers.ticket_id
    left join answer_seeds
        on tickets.ticket_id = answer_seeds.ticket_id
    left join contacts
        on tickets.user_id = contacts.source_id
    left join statuses
        on tickets.status_id = statuses.id
    where homes.object = 'conversations'
),

child_threads as (
    select
        id,
        object_id,
        created,
        json_extract_string(case when json_valid(extra) then extra end, '$.ticket_id') as parent_id,
        json_extract_string(case when json_valid(extra) then extra end, '$.number') as number
    from raw.thread
    where object_type = 'C'
    qualify row_number() over (partition by object_id order by try_cast(id as bigint) asc, id asc) = 1
),

deleted_children as (
    select
        homes.conversation,
        child_threads.object_id as ticket_id,
        coalesce(
            utc(merge_times.happened, options.time_zone),
            utc(child_threads.created, options.time_zone),
            homes.opening_at
        ) as created_at,
        concat(
            'Ticket ', coalesce(child_threads.number, child_threads.object_id),
            ' was merged into this one. The ticket itself was deleted in the source; only its entries are left.'
        ) as body_text,
        md5(concat_ws('|', child_threads.object_id, child_threads.number, child_threads.created)) as source_digest
    from child_threads
    cross join options
    inner join homes
        on child_threads.parent_id = homes.source_id and homes.object = 'conversations'
    left join tickets
        on child_threads.object_id = tickets.ticket_id
    left join merge_times
        on child_threads.object_id = merge_times.ticket_id
    where tickets.ticket_id is null
),

-- Tasks: one note each, with everything said in them ------------------------------------------------------------------

task_titles as (
    select
        form_entry.object_id as task_id,
        min(form_entry_values.value) as title
    from raw.form_entry_values
    inner join raw.form_entry
        on form_entry_values.entry_id = form_entry.id and form_entry.object_type = 'A'
    inner join fields
        on form_entry_values.field_id = fields.id and fields.name = 'title'
    group by form_entry.object_id
),

task_threads as (
    select
        id,
        max(object_id) as task_id
    from raw.thread
    where object_type = 'A'
    group by id
),

task_entries as (
    select
        task_threads.task_id,
        string_agg(
            concat(
                e'\n\n', coalesce(strftime(entries.own_created_at, '%Y-%m-%d %H:%M UTC'), 'undated'), ' · ',
                coalesce(nullif(trim(entries.poster), ''), 'SYSTEM'),
                case when entries.entry_type = 'N' then ' (internal note)' else '' end,
                case when entries.title is not null then concat(e'\n', entries.title) else '' end,
                e'\n', bodies.body_text
            ),
            '' order by entries.created, try_cast(entries.id as bigint), entries.id
        ) as lines,
        md5(
            string_agg(concat(entries.id, entries.body), '|' order by try_cast(entries.id as bigint), entries.id)
        ) as digest
    from entries
    inner join bodies
        on entries.id = bodies.id
    inner join task_threads
        on entries.thread_id = task_threads.id
    where entries.is_of_task
    group by task_threads.task_id
),

task_rows as (
    select
        id,
        object_id,
        object_type,
        number,
        dept_id,
        staff_id,
        team_id,
        coalesce(try_cast(flags as bigint), 0) as flags,
        duedate,
        closed,
        created
    from raw.task
    qualify row_number() over (partition by id order by updated desc, created desc, number desc) = 1
),

task_notes as (
    select
        homes.conversation,
        task_rows.id,
        coalesce(utc(task_rows.created, options.time_zone), homes.opening_at) as created_at,
        concat(
            -- `||`, not concat: a line without its value is left away.
            concat_ws(
                e'\n',
                concat('Task ', task_rows.number, ': ', coalesce(nullif(trim(task_titles.title), ''), '(no title)')),
                concat('State: ', case when (task_rows.flags & 1) > 0 then 'open' else 'completed' end),
                'Department: ' || departments.name,
                'Assigned to: ' || teammates.name,
                'Team: ' || teams.name,
                'Due: ' || strftime(utc(task_rows.duedate, options.time_zone), '%Y-%m-%d %H:%M UTC'),
                'Closed: ' || strftime(utc(task_rows.closed, options.time_zone), '%Y-%m-%d %H:%M UTC')
            ),
            task_entries.lines
        ) as body_text,
        md5(
            concat_ws(
                '|', task_rows.id, task_rows.number, task_rows.dept_id, task_rows.staff_id, task_rows.team_id,
                task_rows.flags, task_rows.duedate, task_rows.closed, task_rows.created, task_titles.title,
                task_entries.digest
            )
        ) as source_digest
    from task_rows
    cross join options
    inner join homes
        on task_rows.object_id = homes.source_id and task_rows.object_type = 'T' and homes.object = 'conversations'
    left join task_titles
        on task_rows.id = task_titles.task_id
    left join task_entries
        on task_rows.id = task_entries.task_id
    left join inboxes as departments
        on task_rows.dept_id = departments.source_id and departments.source_type = 'department'
    left join inboxes as teams
        on task_rows.team_id = teams.source_id and teams.source_type = 'team'
    left join teammates
        on task_rows.staff_id = teammates.source_id
),

-- History: its digest, since an event that is undone later is a change of the source --------------------------------

history_digests as (
    select
        conversation,
        md5(
            string_agg(
                md5(concat_ws('|', external_id, actor, from_value, to_value, is_annulled)), '|' order by external_id
            )
        ) as source_digest,
        max(occurred_at) as created_at
    from staging.history
    where home_window >= $window_start and home_window < $window_end
    group by conversation
),

-- All together --------------------------------------------------------------------------------------------------------

notes as (
    select
        conversation,
        concat(options.migration, '-merged-', ticket_id) as external_id,
        'ticket' as source_type,
        ticket_id as source_id,
        source_digest,
        'merged' as origin,
        created_at,
        body_text
    from merged_children
    cross join options
    union all
    select
        conversation,
        concat(options.migration, '-merged-', ticket_id) as external_id,
        'ticket' as source_type,
        ticket_id as source_id,
        source_digest,
        'merged' as origin,
        created_at,
        body_text
    from deleted_children
    cross join options
    union all
    select
        conversation,
        concat(options.migration, '-task-', id) as external_id,
        'task' as source_type,
        id as source_id,
        source_digest,
        'task' as origin,
        created_at,
        body_text
    from task_notes
    cross join options
    union all
    select
        field_notes.conversation,
        concat(options.migration, '-fields-', conversations.source_id) as external_id,
        'ticket' as source_type,
        conversations.source_id,
        coalesce(answer_seeds.digest, md5('')) as source_digest,
        'long_fields' as origin,
        conversations.opening_at as created_at,
        field_notes.body_text
    from field_notes
    cross join options
    inner join conversations
        on field_notes.conversation = conversations.external_id
    left join answer_seeds
        on conversations.source_id = answer_seeds.ticket_id
    union all
    select
        history_digests.conversation,
        concat(options.migration, '-history-', conversations.source_id) as external_id,
        'ticket' as source_type,
        conversations.source_id,
        history_digests.source_digest,
        'history' as origin,
        history_digests.created_at,
        '' as body_text
    from history_digests
    cross join options
    inner join conversations
        on history_digests.conversation = conversations.external_id
),

everything as (
    select
        messages.conversation,
        messages.external_id,
        'thread_entry' as source_type,
        messages.id as source_id,
        messages.source_digest,
        'entry' as origin,
        messages.is_opening,
        messages.kind,
        messages.author_kind,
        messages.author,
        messages.author_name,
        messages.body_html,
        messages.body_text,
        messages.is_rich,
        messages.is_internal,
        messages.created_at,
        coalesce(try_cast(messages.id as bigint), 0) as sequence,
        concat(options.migration, '-unsent_files-', messages.id) as unsent_note,
        cast(null as varchar) as unsent_reasons,
        messages.flags
    from messages
    cross join options
    union all
    select
        notes.conversation,
        notes.external_id,
        notes.source_type,
        notes.source_id,
        notes.source_digest,
        notes.origin,
        false as is_opening,
        'note' as kind,
        'system' as author_kind,
        cast(null as varchar) as author,
        'Migration' as author_name,
        text_html(notes.body_text) as body_html,
        notes.body_text,
        false as is_rich,
        true as is_internal,
        notes.created_at,
        9000000000000000 as sequence,
        concat(
            options.migration, '-unsent_files-',
            replace(if(notes.origin = 'long_fields', notes.conversation, notes.external_id), '-', '_')
        ) as unsent_note,
        cast(null as varchar) as unsent_reasons,
        cast([] as varchar[]) as flags
    from notes
    cross join options
),

final as (
    select
        everything.external_id,
        everything.source_type,
        everything.source_id,
        everything.source_digest,
        conversations.home_window,
        everything.conversation,
        everything.origin,
        everything.is_opening,
        everything.kind,
        everything.author_kind,
        everything.author,
        everything.author_name,
        everything.body_html,
        everything.body_text,
        coalesce(everything.is_rich, false) as is_rich,
        everything.is_internal,
        cast(everything.created_at as timestamp) as created_at,
        everything.sequence,
        everything.unsent_note,
        everything.unsent_reasons,
        everything.flags
    from everything
    inner join conversations
        on everything.conversation = conversations.external_id
)

select * from final
