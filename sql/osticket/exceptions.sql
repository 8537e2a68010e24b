-- Grain: one row per osTicket record and reason why it cannot migrate as it is.
-- is_staged tells whether it migrates with the substitute its sentence names, or stays behind.
with options as (
    select
        max(value) filter (where name = 'migration') as migration,
        max(value) filter (where name = 'time_zone') as time_zone
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

left_out as (
    select
        object,
        source_id
    from staging.left_out
),

windows as (
    select
        conversation,
        basis
    from staging.windows
),

tickets as (
    select
        ticket_id,
        nullif(ticket_pid, '0') as parent_id,
        coalesce(try_cast(flags as bigint), 0) as flags,
        number,
        coalesce(user_id, '0') as user_id,
        status_id,
        dept_id,
        coalesce(sla_id, '0') as sla_id,
        coalesce(topic_id, '0') as topic_id,
        coalesce(staff_id, '0') as staff_id,
        coalesce(team_id, '0') as team_id,
        created
    from raw.ticket
    qualify row_number() over (partition by ticket_id order by updated desc, created desc, number desc) = 1
),

users as (
    select distinct id
    from raw.user
),

organizations as (
    select distinct id
    from raw.organization
),

statuses as (
    select
        id,
        max(name) as name
    from raw.ticket_status
    group by id
),

inboxes as (
    select
        source_type,
        source_id
    from staging.inboxes
),

teammates as (
    select source_id
    from staging.teammates
),

topics as (
    select source_id
    from staging.tags
    where source_type = 'help_topic'
),

plans as (
    select distinct id
    from raw.sla
),

ticket_threads as (
    select distinct object_id as ticket_id
    from raw.thread
    where object_type in ('T', 'C')
),

subjects as (
    select distinct form_entry.object_id as ticket_id
    from raw.form_entry_values
    inner join raw.form_entry
        on form_entry_values.entry_id = form_entry.id and form_entry.object_type = 'T'
    inner join raw.form_field
        on form_entry_values.field_id = form_field.id and form_field.name = 'subject'
    where trim(coalesce(form_entry_values.value, '')) <> ''
),

ticket_facts as (
    select
        tickets.ticket_id,
        homes.conversation,
        homes.conversation = concat(options.migration, '-ticket-', tickets.ticket_id) as is_conversation,
        windows.basis,
        utc(tickets.created, options.time_zone) as created_at,
        users.id is null as is_without_requester,
        coalesce(statuses.name, '') = '' as is_without_status,
        departments.source_id is null as is_without_department,
        tickets.staff_id <> '0' and teammates.source_id is null as is_without_agent,
        tickets.team_id <> '0' and teams.source_id is null as is_without_team,
        tickets.topic_id <> '0' and topics.source_id is null as is_without_topic,
        tickets.sla_id <> '0' and plans.id is null as is_without_plan,
        subjects.ticket_id is null as is_without_subject,
        coalesce(tickets.number, '') = '' as is_without_number,
        ticket_threads.ticket_id is null as is_without_thread,
        tickets.parent_id is not null and parents.ticket_id is null as is_without_parent
    from tickets
    cross join options
    inner join homes
        on tickets.ticket_id = homes.source_id and homes.source_type = 'ticket'
    left join windows
        on homes.conversation = windows.conversation
    left join users
        on tickets.user_id = users.id
    left join statuses
        on tickets.status_id = statuses.id
    left join inboxes as departments
        on tickets.dept_id = departments.source_id and departments.source_type = 'department'
    left join inboxes as teams
        on tickets.team_id = teams.source_id and teams.source_type = 'team'
    left join teammates
        on tickets.staff_id = teammates.source_id
    left join topics
        on tickets.topic_id = topics.source_id
    left join plans
        on tickets.sla_id = plans.id
    left join subjects
        on tickets.ticket_id = subjects.ticket_id
    left join ticket_threads
        on tickets.ticket_id = ticket_threads.ticket_id
    left join tickets as parents
        on tickets.parent_id = parents.ticket_id
),

-- The reasons of a ticket, one list entry each; a missing reason is a null in the list.
ticket_reasons as (
    select
        ticket_id,
        conversation,
        unnest(
            [
                case when is_without_requester then 'requester_missing' end,
                case when is_without_status then 'status_missing' end,
                case when is_without_department then 'department_missing' end,
                case when is_without_agent then 'agent_missing' end,
                case when is_without_team then 'team_missing' end,
                case when is_without_topic then 'topic_missing' end,
                case when is_without_plan then 'sla_missing' end,
                case when is_without_subject then 'subject_missing' end,
                case when is_without_number then 'number_missing' end,
                case when is_without_thread then 'thread_missing' end,
                case when is_without_parent then 'parent_missing' end,
                case when is_conversation and created_at is null then 'undated' end,
                case when is_conversation and created_at is not null and basis <> 'created_at' then 'future_date' end
            ]
        ) as reason_code
    from ticket_facts
),

entries as (
    select
        id,
        thread_id,
        coalesce(staff_id, '0') as staff_id,
        coalesce(user_id, '0') as user_id,
        type as entry_type,
        poster,
        coalesce(body, '') as body,
        coalesce(try_cast(flags as bigint), 0) as flags,
        created
    from raw.thread_entry
    qualify row_number() over (partition by id order by updated desc, created desc, thread_id desc) = 1
),

threads as (
    select
        id,
        max(object_type) as object_type
    from raw.thread
    group by id
),

merge_marks as (
    select
        thread_entry_merge.thread_entry_id as entry_id,
        max(
            json_extract_string(
                case when json_valid(thread_entry_merge.data) then thread_entry_merge.data end, '$.thread'
            )
        ) as thread_id
    from raw.thread_entry_merge
    group by thread_entry_merge.thread_entry_id
),

-- Pictures a text refers to by a key that no file has.
shown_keys as (
    select
        id as entry_id,
        unnest(regexp_extract_all(body, 'cid:([A-Za-z0-9_-]{20,})', 1)) as content_key
    from entries
    where contains(body, 'cid:')
),

file_keys as (
    select distinct key as content_key
    from raw.file
),

lost_pictures as (
    select distinct shown_keys.entry_id
    from shown_keys
    left join file_keys
        on shown_keys.content_key = file_keys.content_key
    where file_keys.content_key is null
),

moved_bodies as (
    select distinct attachment.object_id as entry_id
    from raw.attachment
    inner join staging.left_out as moved
        on attachment.id = moved.source_id and moved.reason_code = 'body_of_entry'
    inner join raw.file_bytes
        on attachment.file_id = file_bytes.file_id and file_bytes.status <> 'stored'
),

staged_entries as (
    select
        entries.id,
        homes.conversation,
        unnest(
            [
                case when coalesce(entries.entry_type, '') not in ('M', 'R', 'N') then 'unknown_visibility' end,
                case when utc(entries.created, options.time_zone) is null then 'undated' end,
                case
                    when
                        entries.entry_type = 'M' and entries.user_id = '0' and teammates.source_id is null
                        then 'unknown_author'
                    when entries.staff_id <> '0' and teammates.source_id is null then 'unknown_author'
                end,
                case when octet_length(encode(entries.body)) >= 65500 then 'truncated_in_source' end,
                case when looks_double_encoded(entries.body) then 'double_encoded' end,
                case when contains(entries.body, '????') then 'characters_lost_in_source' end,
                case when merge_marks.thread_id is not null and origins.id is null then 'merge_mark_to_nowhere' end,
                case when lost_pictures.entry_id is not null then 'picture_missing' end,
                case when moved_bodies.entry_id is not null then 'body_missing' end
            ]
        ) as reason_code
    from entries
    cross join options
    inner join homes
        on entries.id = homes.source_id and homes.source_type = 'thread_entry' and homes.conversation is not null
    left join left_out
        on entries.id = left_out.source_id and left_out.object = 'parts'
    left join teammates
        on entries.staff_id = teammates.source_id
    left join merge_marks
        on entries.id = merge_marks.entry_id
    left join threads as origins
        on merge_marks.thread_id = origins.id
    left join lost_pictures
        on entries.id = lost_pictures.entry_id
    left join moved_bodies
        on entries.id = moved_bodies.entry_id
    where left_out.source_id is null
),

homeless_entries as (
    select
        homes.source_id as id,
        case
            when threads.id is null then 'thread_missing'
            when threads.object_type = 'A' then 'task_without_ticket'
            when threads.object_type in ('T', 'C') then 'ticket_missing'
            else 'thread_of_unknown_kind'
        end as reason_code
    from homes
    inner join entries
        on homes.source_id = entries.id
    left join threads
        on entries.thread_id = threads.id
    where homes.source_type = 'thread_entry' and homes.conversation is null
),

uses as (
    select
        id,
        type as use_type,
        file_id,
        object_id
    from raw.attachment
    qualify row_number() over (partition by id order by file_id desc, object_id desc, type desc) = 1
),

file_rows as (
    select distinct id
    from raw.file
),

outcomes as (
    select
        file_id,
        max(status) as status,
        max(try_cast(size_bytes as bigint)) as size_bytes
    from raw.file_bytes
    group by file_id
),

file_reasons as (
    select
        uses.id,
        homes.conversation,
        case
            when uses.use_type <> 'F' and homes.conversation is null then 'owner_missing'
            when file_rows.id is null then 'file_row_missing'
            when coalesce(outcomes.status, 'missing') <> 'stored' then 'bytes_missing'
            when outcomes.size_bytes = 0 then 'file_empty'
        end as reason_code
    from uses
    inner join homes
        on uses.id = homes.source_id and homes.source_type = 'attachment'
    left join left_out
        on uses.id = left_out.source_id and left_out.object = 'attachments'
    left join file_rows
        on uses.file_id = file_rows.id
    left join outcomes
        on uses.file_id = outcomes.file_id
    where left_out.source_id is null
),

contact_reasons as (
    select
        contacts.source_id,
        unnest(
            [
                case
                    when
                        list_contains(contacts.flags, 'no_email')
                        and not list_contains(contacts.flags, 'deleted_in_source')
                        then 'no_email'
                end,
                case when list_contains(contacts.flags, 'ambiguous_domain') then 'ambiguous_domain' end
            ]
        ) as reason_code
    from staging.contacts
    union all
    select
        members.id as source_id,
        'organization_missing' as reason_code
    from raw.user as members
    left join organizations
        on members.org_id = organizations.id
    where coalesce(members.org_id, '0') <> '0' and organizations.id is null
),

answered_fields as (
    select
        form_entry_values.field_id,
        form_entry.object_type,
        count(*) as answers
    from raw.form_entry_values
    inner join raw.form_entry
        on form_entry_values.entry_id = form_entry.id
    where
        form_entry.object_type in ('T', 'U', 'O')
        and nullif(trim(form_entry_values.value), '') is not null
    group by form_entry_values.field_id, form_entry.object_type
),

field_reasons as (
    select
        answered_fields.field_id as source_id,
        case answered_fields.object_type
            when 'T' then 'conversations'
            when 'U' then 'contacts'
            else 'companies'
        end as object,
        case when form_field.id is null then 'custom_field_unknown' else 'unmapped_field' end as reason_code
    from answered_fields
    left join raw.form_field
        on answered_fields.field_id = form_field.id
    left join mapping.custom_field
        on
            coalesce(nullif(form_field.name, ''), concat('field_', form_field.id)) = custom_field.field
            and custom_field.object = case answered_fields.object_type
                when 'T' then 'ticket'
                when 'U' then 'user'
                else 'organization'
            end
    where custom_field.field is null
),

unfitting_answers as (
    select
        'conversations' as object,
        source_type,
        source_id,
        external_id as conversation
    from staging.conversations
    where list_contains(flags, 'answer_unfitting')
    union all
    select
        case when left(source_id, 1) = 'U' then 'contacts' else 'companies' end as object,
        source_type,
        source_id,
        cast(null as varchar) as conversation
    from staging.inventory
    where kind = 'long_value' and json_extract_string(details, '$.is_long') = 'false'
),

reasons as (
    select
        object,
        source_type,
        source_id,
        'answer_unfitting' as reason_code,
        conversation,
        true as is_staged
    from unfitting_answers
    union all
    select
        'conversations' as object,
        'ticket' as source_type,
        ticket_id as source_id,
        reason_code,
        conversation,
        true as is_staged
    from ticket_reasons
    union all
    select
        'parts' as object,
        'thread_entry' as source_type,
        id as source_id,
        reason_code,
        conversation,
        true as is_staged
    from staged_entries
    union all
    select
        'parts' as object,
        'thread_entry' as source_type,
        id as source_id,
        reason_code,
        cast(null as varchar) as conversation,
        false as is_staged
    from homeless_entries
    union all
    select
        'attachments' as object,
        'attachment' as source_type,
        id as source_id,
        reason_code,
        conversation,
        reason_code <> 'owner_missing' as is_staged
    from file_reasons
    union all
    select distinct
        'contacts' as object,
        'user' as source_type,
        source_id,
        reason_code,
        cast(null as varchar) as conversation,
        true as is_staged
    from contact_reasons
    union all
    select
        object,
        'form_field' as source_type,
        source_id,
        reason_code,
        cast(null as varchar) as conversation,
        true as is_staged
    from field_reasons
),

-- What a person reads: the sentence says what is wrong and what takes its place, the remedy what to do about it.
sentences as (
    select
        unnest(
            [
                struct_pack(
                    code := 'requester_missing',
                    sentence := 'The ticket''s user does not exist; a contact without e-mail stands for the requester.',
                    remedy := 'Name the right contact, or accept the stand-in.'
                ),
                struct_pack(
                    code := 'status_missing',
                    sentence := 'The ticket''s status does not exist; open or closed follows from its closing time.',
                    remedy := 'Check the state of the ticket.'
                ),
                struct_pack(
                    code := 'department_missing',
                    sentence := 'The ticket''s department does not exist; the conversation has no inbox.',
                    remedy := 'Choose an inbox after the migration.'
                ),
                struct_pack(
                    code := 'agent_missing',
                    sentence := 'The ticket''s agent does not exist; the conversation is not assigned.',
                    remedy := 'Assign it after the migration.'
                ),
                struct_pack(
                    code := 'team_missing',
                    sentence := 'The ticket''s team does not exist; its attribute stays empty.',
                    remedy := 'Nothing needs to be done.'
                ),
                struct_pack(
                    code := 'topic_missing',
                    sentence := 'The ticket''s help topic does not exist; the conversation has no topic tag.',
                    remedy := 'Tag it after the migration.'
                ),
                struct_pack(
                    code := 'sla_missing',
                    sentence := 'The ticket''s SLA plan does not exist; its attributes stay empty.',
                    remedy := 'Nothing needs to be done.'
                ),
                struct_pack(
                    code := 'subject_missing',
                    sentence := 'The ticket has no subject; its help topic or "(no subject)" is the title.',
                    remedy := 'Give it a title after the migration.'
                ),
                struct_pack(
                    code := 'number_missing',
                    sentence := 'The ticket has no number; its id stands for it.',
                    remedy := 'Nothing needs to be done.'
                ),
                struct_pack(
                    code := 'parent_missing',
                    sentence := 'The ticket was merged or linked into one that does not exist; it stands alone.',
                    remedy := 'Nothing needs to be done.'
                ),
                struct_pack(
                    code := 'undated',
                    sentence := 'The record has no creation time; it takes that of its neighbours.',
                    remedy := 'Nothing needs to be done.'
                ),
                struct_pack(
                    code := 'future_date',
                    sentence := 'The ticket was created after the extraction; it takes the time of its first entry.',
                    remedy := 'Check the clock of the source and the time zone of the mapping.'
                ),
                struct_pack(
                    code := 'unknown_visibility',
                    sentence := 'The type of the entry is not known; it becomes an internal note.',
                    remedy := 'Read it and decide whether the customer may see it.'
                ),
                struct_pack(
                    code := 'unknown_author',
                    sentence := 'The author of the entry does not exist; it goes out under the migration''s name.',
                    remedy := 'Nothing needs to be done: the name in the source stands in the text.'
                ),
                struct_pack(
                    code := 'truncated_in_source',
                    sentence := 'The text fills its column to the last byte and was probably cut when it was saved.',
                    remedy := 'Nothing can be done: the rest is not in the source.'
                ),
                struct_pack(
                    code := 'double_encoded',
                    sentence := 'The text looks as if it had been converted twice; it migrates as it is.',
                    remedy := 'Repair it in the source before the migration, if it matters.'
                ),
                struct_pack(
                    code := 'characters_lost_in_source',
                    sentence := 'The text holds runs of question marks where the source could not store characters.',
                    remedy := 'Nothing can be done: they are not in the source.'
                ),
                struct_pack(
                    code := 'merge_mark_to_nowhere',
                    sentence := 'The entry came from a merged ticket of which nothing is left.',
                    remedy := 'Nothing needs to be done.'
                ),
                struct_pack(
                    code := 'picture_missing',
                    sentence := 'The text shows a picture whose file does not exist; a marker stands in its place.',
                    remedy := 'Nothing can be done: it is not in the source.'
                ),
                struct_pack(
                    code := 'body_missing',
                    sentence := 'The long text of the entry lies in a file whose content is missing.',
                    remedy := 'Deliver the folder of the attachments and extract again.'
                ),
                struct_pack(
                    code := 'thread_missing',
                    sentence := 'The thread of the record does not exist.',
                    remedy := 'Decide whether the entry is wanted; nothing tells to which ticket it belongs.'
                ),
                struct_pack(
                    code := 'ticket_missing',
                    sentence := 'The ticket of the entry does not exist.',
                    remedy := 'Decide whether the entry is wanted; its ticket was deleted.'
                ),
                struct_pack(
                    code := 'task_without_ticket',
                    sentence := 'The task of the entry belongs to no ticket; the inventory lists it.',
                    remedy := 'Decide where the task shall go.'
                ),
                struct_pack(
                    code := 'thread_of_unknown_kind',
                    sentence := 'The thread of the entry belongs neither to a ticket nor to a task.',
                    remedy := 'Decide whether the entry is wanted.'
                ),
                struct_pack(
                    code := 'owner_missing',
                    sentence := 'Nothing is left of what the file was attached to.',
                    remedy := 'Decide whether the file is wanted.'
                ),
                struct_pack(
                    code := 'file_row_missing',
                    sentence := 'The file does not exist; a note names it.',
                    remedy := 'Nothing can be done: it is not in the source.'
                ),
                struct_pack(
                    code := 'bytes_missing',
                    sentence := 'The content of the file is missing or short; a note names it.',
                    remedy := 'Deliver the folder of the attachments (OSTICKET_FILES) and extract again.'
                ),
                struct_pack(
                    code := 'file_empty',
                    sentence := 'The file holds no byte, and such a file cannot be sent; a note names it.',
                    remedy := 'Nothing needs to be done: there is nothing in it.'
                ),
                struct_pack(
                    code := 'no_email',
                    sentence := 'The user has no e-mail address; the contact is known by its external id only.',
                    remedy := 'Add the address or phone number after the migration.'
                ),
                struct_pack(
                    code := 'ambiguous_domain',
                    sentence := 'Several organisations claim the user''s e-mail domain; the contact has no company.',
                    remedy := 'Name the right company.'
                ),
                struct_pack(
                    code := 'organization_missing',
                    sentence := 'The user''s organisation does not exist.',
                    remedy := 'Name the right company, or accept none.'
                ),
                struct_pack(
                    code := 'answer_unfitting',
                    sentence := 'An answer does not fit the type of its attribute; a note or the inventory keeps it.',
                    remedy := 'Correct it in the source, or give the attribute another type or option.'
                ),
                struct_pack(
                    code := 'custom_field_unknown',
                    sentence := 'There are answers to a form field that does not exist; tickets keep them in a note.',
                    remedy := 'Nothing needs to be done.'
                ),
                struct_pack(
                    code := 'unmapped_field',
                    sentence := 'The form field is neither mapped nor left out.',
                    remedy := 'Add it to custom_fields of the mapping.'
                )
            ]
        ) as words
),

texts as (
    select
        struct_extract(words, 'code') as reason_code,
        struct_extract(words, 'sentence') as sentence,
        struct_extract(words, 'remedy') as remedy
    from sentences
),

final as (
    select
        reasons.object,
        reasons.source_type,
        reasons.source_id,
        concat(options.migration, '-', reasons.source_type, '-', reasons.source_id) as external_id,
        reasons.reason_code,
        coalesce(texts.sentence, replace(reasons.reason_code, '_', ' ')) as sentence,
        coalesce(texts.remedy, 'Decide what shall happen.') as remedy,
        reasons.conversation,
        reasons.is_staged,
        cast(null as varchar) as decision
    from reasons
    cross join options
    left join texts
        on reasons.reason_code = texts.reason_code
    where reasons.reason_code is not null
)

select * from final
