-- Grain: one row per osTicket ticket that was not merged into another one, with home window in the given months.
with options as (
    select
        max(value) filter (where name = 'migration') as migration,
        max(value) filter (where name = 'time_zone') as time_zone,
        coalesce(max(value) filter (where name = 'target_kind'), 'ticket') as target_kind,
        coalesce(max(value) filter (where name = 'team_assignment'), 'department') as team_assignment,
        nullif(
            nullif(max(value) filter (where name = 'unassigned_tickets'), 'keep'), 'undecided'
        ) as inbox_of_unassigned,
        coalesce(try_cast(max(value) filter (where name = 'snooze_days') as integer), 30) as snooze_days
    from mapping.option
),

windows as (
    select
        conversation,
        home_window,
        dated_at,
        basis
    from staging.windows
    where home_window >= $window_start and home_window < $window_end
),

homes as (
    select
        records.object,
        records.source_id,
        records.conversation,
        windows.home_window,
        windows.dated_at,
        windows.basis
    from staging.records
    inner join windows
        on records.conversation = windows.conversation
    where records.object in ('conversations', 'parts')
),

ticket_rows as (
    select
        ticket_id,
        nullif(ticket_pid, '0') as parent_id,
        number,
        user_id,
        status_id,
        dept_id,
        sla_id,
        topic_id,
        staff_id,
        team_id,
        flags,
        source,
        isoverdue,
        duedate,
        est_duedate,
        closed,
        lastupdate,
        created,
        updated
    from raw.ticket
    qualify row_number() over (partition by ticket_id order by updated desc, created desc, number desc) = 1
),

tickets as (
    select
        homes.conversation,
        homes.home_window,
        homes.dated_at,
        homes.basis,
        ticket_rows.ticket_id,
        ticket_rows.parent_id,
        coalesce(nullif(ticket_rows.number, ''), ticket_rows.ticket_id) as number,
        concat(options.migration, '-user-', coalesce(ticket_rows.user_id, '0')) as requester,
        ticket_rows.status_id,
        ticket_rows.dept_id,
        ticket_rows.sla_id,
        ticket_rows.topic_id,
        ticket_rows.staff_id,
        ticket_rows.team_id,
        ticket_rows.source,
        ticket_rows.isoverdue,
        utc(coalesce(ticket_rows.duedate, ticket_rows.est_duedate), options.time_zone) as due_at,
        utc(ticket_rows.closed, options.time_zone) as closed_at,
        greatest(
            utc(ticket_rows.updated, options.time_zone), utc(ticket_rows.lastupdate, options.time_zone)
        ) as updated_at,
        ticket_rows.created,
        md5(
            concat_ws(
                '|', ticket_rows.ticket_id, ticket_rows.parent_id, ticket_rows.number, ticket_rows.user_id,
                ticket_rows.status_id, ticket_rows.dept_id, ticket_rows.sla_id, ticket_rows.topic_id,
                ticket_rows.staff_id, ticket_rows.team_id, ticket_rows.flags, ticket_rows.source,
                ticket_rows.isoverdue, ticket_rows.duedate, ticket_rows.est_duedate, ticket_rows.closed,
                ticket_rows.created
            )
        ) as row_digest
    from ticket_rows
    cross join options
    inner join homes
        on
            ticket_rows.ticket_id = homes.source_id
            and homes.object = 'conversations'
            and homes.conversation = concat(options.migration, '-ticket-', ticket_rows.ticket_id)
),

contacts as (
    select
        external_id,
        coalesce(merged_into, external_id) as survivor,
        companies
    from staging.contacts
),

statuses as (
    select
        id,
        nullif(max(name), '') as name
    from raw.ticket_status
    group by id
),

status_targets as (
    select
        source_value,
        max(target_value) filter (where field = 'status') as state,
        max(target_value) filter (where field = 'ticket_state') as ticket_state
    from mapping.value
    where field in ('status', 'ticket_state')
    group by source_value
),

inboxes as (
    select
        source_type,
        source_id,
        coalesce(merged_into, external_id) as external_id,
        name,
        source_digest
    from staging.inboxes
),

-- Where tickets without an agent go, if the mapping names an inbox.
fallback as (
    select min(inboxes.external_id) as inbox
    from inboxes
    inner join options
        on inboxes.name = options.inbox_of_unassigned
),

teammates as (
    select
        source_id,
        external_id
    from staging.teammates
),

topics as (
    select
        source_id,
        external_id,
        source_label,
        source_digest
    from staging.tags
    where kind = 'topic'
),

plans as (
    select
        id,
        max(name) as name,
        max(grace_period) as grace_period
    from raw.sla
    group by id
),

-- Thread --------------------------------------------------------------------------------------------------------------

left_out as (
    select source_id
    from staging.left_out
    where object = 'parts'
),

entry_rows as (
    select
        id,
        user_id,
        type as entry_type,
        title,
        body,
        format,
        created
    from raw.thread_entry
    qualify row_number() over (partition by id order by updated desc, created desc, thread_id desc) = 1
),

entries as (
    select
        homes.conversation,
        entry_rows.id,
        entry_rows.entry_type,
        entry_rows.title,
        entry_rows.body,
        entry_rows.format,
        case
            when entry_rows.entry_type = 'M' and coalesce(entry_rows.user_id, '0') <> '0'
                then concat(options.migration, '-user-', entry_rows.user_id)
        end as author,
        entry_rows.created,
        utc(entry_rows.created, options.time_zone) as created_at
    from entry_rows
    cross join options
    inner join homes
        on entry_rows.id = homes.source_id and homes.object = 'parts'
    left join left_out
        on entry_rows.id = left_out.source_id
    where left_out.source_id is null
),

-- An undated entry takes the time of the newest entry before it, so that it stays at its place in the thread.
dated_entries as (
    select
        entries.conversation,
        entries.id,
        entries.entry_type,
        entries.title,
        entries.body,
        entries.format,
        entries.author,
        entries.created,
        coalesce(
            entries.created_at,
            max(entries.created_at) over (
                partition by entries.conversation
                order by try_cast(entries.id as bigint) asc, entries.id asc
                rows between unbounded preceding and 1 preceding
            ),
            tickets.dated_at,
            tickets.home_window
        ) as created_at
    from entries
    inner join tickets
        on entries.conversation = tickets.conversation
),

first_entries as (
    select
        conversation,
        id,
        entry_type,
        title,
        body,
        format,
        author,
        md5(concat_ws('|', id, author, title, format, body, created)) as source_digest,
        created_at
    from dated_entries
    qualify
        row_number() over (partition by conversation order by created_at asc, try_cast(id as bigint) asc, id asc) = 1
),

body_files as (
    select
        attachment.object_id as entry_id,
        min(file_bytes.sha256) as sha256
    from raw.attachment
    inner join staging.left_out as moved
        on attachment.id = moved.source_id and moved.reason_code = 'body_of_entry'
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

openings as (
    select
        first_entries.conversation,
        first_entries.id,
        contacts.survivor as author,
        first_entries.created_at,
        md5(concat_ws('|', first_entries.source_digest, body_files.sha256)) as source_digest,
        html_unescape(nullif(trim(first_entries.title), '')) as title,
        first_entries.format,
        coalesce(
            case when trim(first_entries.body) <> '' then first_entries.body end, file_text(body_files.sha256), ''
        ) as body,
        pictures.names as picture_names
    from first_entries
    inner join contacts
        on first_entries.author = contacts.external_id
    left join body_files
        on first_entries.id = body_files.entry_id
    left join pictures
        on first_entries.conversation = pictures.conversation
),

opening_bodies as (
    select
        conversation,
        title,
        case
            when trim(body) in ('', '-') then '(empty)'
            when format = 'text' then html_unescape(body)
            else coalesce(nullif(trim(html_text(coalesce(name_images(body, picture_names), body))), ''), '(empty)')
        end as body_text,
        case
            when trim(body) in ('', '-') then '<p>(empty)</p>'
            when format = 'text' then text_html(html_unescape(body))
            else coalesce(
                nullif(part_html(coalesce(name_images(body, picture_names), body)), ''), '<p>(empty)</p>'
            )
        end as body_html
    from openings
),

writers as (
    select distinct
        dated_entries.conversation,
        contacts.survivor as contact
    from dated_entries
    inner join contacts
        on dated_entries.author = contacts.external_id
),

collaborators as (
    select distinct
        homes.conversation,
        contacts.survivor as contact
    from raw.thread_collaborator
    cross join options
    inner join raw.thread
        on thread_collaborator.thread_id = thread.id and thread.object_type = 'T'
    inner join homes
        on thread.object_id = homes.source_id and homes.object = 'conversations'
    inner join contacts
        on concat(options.migration, '-user-', thread_collaborator.user_id) = contacts.external_id
    where (coalesce(try_cast(thread_collaborator.flags as bigint), 1) & 1) > 0
),

requesters as (
    select
        tickets.conversation,
        contacts.survivor as contact,
        contacts.companies[1] as company,
        coalesce(openings.author, contacts.survivor) as opening_author
    from tickets
    inner join contacts
        on tickets.requester = contacts.external_id
    left join openings
        on tickets.conversation = openings.conversation
),

others as (
    select
        conversation,
        contact
    from writers
    union
    select
        conversation,
        contact
    from collaborators
),

participants as (
    select
        others.conversation,
        list(others.contact order by others.contact) as participants
    from others
    inner join requesters
        on others.conversation = requesters.conversation
    where others.contact <> requesters.contact and others.contact <> requesters.opening_author
    group by others.conversation
),

-- Custom fields -------------------------------------------------------------------------------------------------------

fields as (
    select
        form_field.id,
        coalesce(nullif(form_field.name, ''), concat('field_', form_field.id)) as name,
        form_field.type as field_type,
        case when json_valid(form_field.configuration) then form_field.configuration end as settings
    from raw.form_field
),

departments as (
    select
        source_id,
        name
    from inboxes
    where source_type = 'department'
),

stored as (
    select
        tickets.conversation,
        form_entry.id as entry_id,
        fields.id as field_id,
        fields.name,
        fields.field_type,
        form_entry_values.value,
        case when json_valid(form_entry_values.value) then form_entry_values.value end as selection,
        json_extract_string(fields.settings, '$.choices') as choices,
        coalesce(json_extract_string(fields.settings, '$.html'), 'true') as is_html,
        departments.name as department,
        ticket_priority.priority_desc as priority,
        attribute.name as attribute,
        attribute.data_type
    from raw.form_entry_values
    inner join raw.form_entry
        on form_entry_values.entry_id = form_entry.id and form_entry.object_type = 'T'
    inner join tickets
        on form_entry.object_id = tickets.ticket_id
    inner join fields
        on form_entry_values.field_id = fields.id
    left join departments
        on form_entry_values.value = departments.source_id and fields.field_type = 'department'
    left join raw.ticket_priority
        on form_entry_values.value_id = ticket_priority.priority_id and fields.field_type = 'priority'
    left join mapping.custom_field
        on fields.name = custom_field.field and custom_field.object = 'ticket'
    left join mapping.attribute
        on custom_field.attribute = attribute.name and attribute.object = 'conversation'
    where nullif(form_entry_values.value, '') is not null
),

-- What the source holds of the fields, whether or not the mapping wants it: a changed mapping is no changed source.
answer_seeds as (
    select
        conversation,
        string_agg(
            concat_ws(
                '=', entry_id, field_id, value, case when field_type = 'choices' then choices end, department, priority
            ),
            '|'
            order by entry_id, field_id, value
        ) as seed
    from stored
    group by conversation
),

answers as (
    select
        conversation,
        entry_id,
        field_id,
        name,
        attribute,
        data_type,
        case
            when field_type in ('thread', 'break', 'info') then null
            when json_type(selection) = 'OBJECT' and (field_type in ('choices', 'files') or field_type like 'list-%')
                then array_to_string(json_extract_string(selection, '$.*'), ', ')
            when field_type = 'files' then null
            when field_type = 'choices'
                then coalesce(
                    nullif(regexp_extract(choices, concat('(?m)^', regexp_escape(value), ':(.*?)\r?$'), 1), ''), value
                )
            when field_type = 'priority' then coalesce(priority, value)
            when field_type = 'department' then coalesce(department, value)
            when field_type = 'datetime' and data_type = 'date' then nullif(left(value, 10), '0')
            when field_type = 'datetime' then strftime(iana_timestamp(value), '%Y-%m-%dT%H:%M:%SZ')
            when field_type = 'memo' and is_html = 'true' then html_text(value)
            else value
        end as answer
    from stored
),

subjects as (
    select
        conversation,
        trim(arg_min(answer, entry_id)) as subject
    from answers
    where name = 'subject' and trim(answer) <> ''
    group by conversation
),

-- Links: a child that keeps its own thread names its parent, a parent its children ------------------------------------

links as (
    select
        tickets.conversation,
        parents.number as linked_number,
        concat(options.migration, '-ticket-', parents.ticket_id) as parent
    from tickets
    cross join options
    inner join ticket_rows as parents
        on tickets.parent_id = parents.ticket_id
    where tickets.ticket_id <> parents.ticket_id
    union all
    select
        tickets.conversation,
        children.number as linked_number,
        cast(null as varchar) as parent
    from tickets
    cross join options
    inner join ticket_rows as children
        on tickets.ticket_id = children.parent_id
    inner join staging.records
        on
            children.ticket_id = records.source_id
            and records.object = 'conversations'
            and records.conversation = concat(options.migration, '-ticket-', children.ticket_id)
    where tickets.ticket_id <> children.ticket_id
),

linked as (
    select
        conversation,
        string_agg(distinct linked_number, ', ' order by linked_number) as numbers,
        max(parent) as parent
    from links
    group by conversation
),

-- Everything a conversation says about itself, before it becomes attributes -------------------------------------------

described as (
    select
        tickets.conversation,
        concat(options.migration, '_source_id') as source_id_name,
        tickets.ticket_id,
        tickets.home_window,
        tickets.basis,
        tickets.number,
        tickets.created,
        md5(
            concat_ws(
                '|', tickets.row_digest, statuses.name, departments.source_digest, teams.source_digest,
                topics.source_digest, plans.name, plans.grace_period, linked.numbers
            )
        ) as row_digest,
        tickets.requester,
        tickets.status_id,
        tickets.source,
        tickets.isoverdue,
        tickets.due_at,
        tickets.closed_at,
        tickets.updated_at,
        coalesce(tickets.dated_at, tickets.home_window) as created_at,
        coalesce(subjects.subject, topics.source_label, '(no subject)') as subject,
        subjects.subject is null as is_without_subject,
        coalesce(statuses.name, '(missing)') as status,
        -- A status that does not exist is damage, not a decision to ask for: the closing time tells the state.
        case
            when statuses.name is null and tickets.closed_at is not null then 'closed'
            else status_targets.state
        end as state,
        case
            when statuses.name is null and tickets.closed_at is not null then 'resolved'
            else status_targets.ticket_state
        end as ticket_state,
        departments.name as department,
        teams.name as team,
        topics.external_id as topic,
        topics.source_label as topic_label,
        plans.name as plan_name,
        plans.grace_period,
        teammates.external_id as assignee,
        linked.numbers as linked_numbers,
        linked.parent,
        departments.external_id as department_inbox,
        teams.external_id as team_inbox
    from tickets
    cross join options
    left join subjects
        on tickets.conversation = subjects.conversation
    left join statuses
        on tickets.status_id = statuses.id
    left join status_targets
        on coalesce(statuses.name, '(missing)') = status_targets.source_value
    left join inboxes as departments
        on tickets.dept_id = departments.source_id and departments.source_type = 'department'
    left join inboxes as teams
        on tickets.team_id = teams.source_id and teams.source_type = 'team'
    left join topics
        on tickets.topic_id = topics.source_id
    left join plans
        on tickets.sla_id = plans.id
    left join teammates
        on tickets.staff_id = teammates.source_id
    left join linked
        on tickets.conversation = linked.conversation
),

facts as (
    select
        conversation,
        unnest(
            [
                struct_pack(name := 'migrated_from', value := 'osTicket', data_type := 'string'),
                struct_pack(name := source_id_name, value := conversation, data_type := 'string'),
                struct_pack(name := 'osticket_ticket_id', value := ticket_id, data_type := 'string'),
                struct_pack(name := 'osticket_number', value := number, data_type := 'string'),
                struct_pack(name := 'osticket_status', value := status, data_type := 'string'),
                struct_pack(name := 'osticket_department', value := department, data_type := 'string'),
                struct_pack(name := 'osticket_help_topic', value := topic_label, data_type := 'string'),
                struct_pack(name := 'osticket_team', value := team, data_type := 'string'),
                struct_pack(name := 'osticket_channel', value := source, data_type := 'string'),
                struct_pack(
                    name := 'osticket_created_at',
                    value := strftime(created_at, '%Y-%m-%dT%H:%M:%SZ'),
                    data_type := 'datetime'
                ),
                struct_pack(
                    name := 'osticket_closed_at',
                    value := strftime(closed_at, '%Y-%m-%dT%H:%M:%SZ'),
                    data_type := 'datetime'
                ),
                struct_pack(name := 'osticket_linked_to', value := linked_numbers, data_type := 'string'),
                struct_pack(name := 'sla_plan_name', value := plan_name, data_type := 'string'),
                struct_pack(name := 'sla_grace_hours', value := grace_period, data_type := 'integer'),
                struct_pack(
                    name := 'is_overdue',
                    value := case when isoverdue = '1' then 'true' else 'false' end,
                    data_type := 'boolean'
                ),
                struct_pack(
                    name := 'due_at', value := strftime(due_at, '%Y-%m-%dT%H:%M:%SZ'), data_type := 'datetime'
                )
            ]
        ) as fact
    from described
),

pairs as (
    select
        conversation,
        struct_extract(fact, 'name') as name,
        struct_extract(fact, 'value') as value,
        struct_extract(fact, 'data_type') as data_type
    from facts
    union all
    select
        conversation,
        attribute as name,
        string_agg(answer, '; ' order by entry_id, field_id) as value,
        data_type
    from answers
    where attribute is not null
    group by conversation, attribute, data_type
),

judged as (
    select
        pairs.conversation,
        pairs.name,
        pairs.value,
        pairs.data_type,
        -- An answer that does not fit its attribute stands in a note, see parts.sql.
        trim(pairs.value) <> ''
        and case
            when pairs.data_type = 'list' then not list_contains(attribute.options, trim(pairs.value))
            when pairs.data_type in ('string', 'text') then false
            else attribute_value(pairs.value, pairs.data_type) is null
        end as is_unfitting
    from pairs
    -- An attribute the mapping does not declare is not wanted; the mark of what the migration owns always is.
    left join mapping.attribute
        on pairs.name = attribute.name and attribute.object = 'conversation'
    where attribute.name is not null or pairs.value = pairs.conversation
),

collected as (
    select
        judged.conversation,
        list(
            struct_pack(
                name := judged.name,
                -- Longer texts stand in full in a note, see parts.sql.
                value := case
                    when judged.is_unfitting then null
                    when judged.data_type in ('string', 'text') and length(judged.value) > 255
                        then concat(left(judged.value, 250), '…')
                    else judged.value
                end,
                data_type := judged.data_type
            )
            order by judged.name
        ) as pairs,
        bool_or(judged.is_unfitting) as has_unfitting
    from judged
    group by judged.conversation
),

final as (
    select
        described.conversation as external_id,
        'ticket' as source_type,
        described.ticket_id as source_id,
        md5(
            concat_ws(
                '|', described.row_digest, answer_seeds.seed, openings.source_digest, requesters.company,
                requesters.opening_author, array_to_string(participants.participants, ',')
            )
        ) as source_digest,
        described.home_window,
        options.target_kind,
        described.number,
        requesters.contact,
        requesters.opening_author,
        coalesce(participants.participants, cast([] as varchar[])) as participants,
        case
            when length(described.subject) > 255 then concat(left(described.subject, 250), '…')
            else described.subject
        end as title,
        case
            when openings.id is null then concat('Ticket ', described.number, ' · ', described.subject)
            when openings.title <> described.subject then concat(openings.title, e'\n\n', opening_bodies.body_text)
            else opening_bodies.body_text
        end as opening_text,
        case
            when openings.title <> described.subject
                then concat(
                    '<p><b>',
                    replace(replace(replace(openings.title, '&', '&amp;'), '<', '&lt;'), '>', '&gt;'),
                    '</b></p>',
                    opening_bodies.body_html
                )
            else opening_bodies.body_html
        end as opening_html,
        case
            when openings.id is not null then concat(options.migration, '-thread_entry-', openings.id)
        end as opening_part,
        -- A generated line stands before the first entry: moving an earlier note behind it would break the order.
        date_trunc(
            'second',
            case
                when openings.id is not null then openings.created_at
                else least(described.created_at, coalesce(first_entries.created_at, described.created_at))
            end
        ) as opening_at,
        described.state,
        case
            when described.state = 'snoozed'
                then coalesce(
                    described.due_at,
                    coalesce(described.updated_at, described.created_at) + to_days(options.snooze_days)
                )
        end as snoozed_until,
        described.status as source_status,
        described.ticket_state,
        described.assignee,
        case
            when described.assignee is null and fallback.inbox is not null then fallback.inbox
            when options.team_assignment = 'team' then coalesce(described.team_inbox, described.department_inbox)
            else described.department_inbox
        end as inbox,
        requesters.company,
        list_concat(
            case when described.topic is not null then [described.topic] else cast([] as varchar[]) end,
            [concat(options.migration, '-tag-migrated')]
        ) as tags,
        attributes(collected.pairs) as custom_attributes,
        described.parent,
        cast(described.created_at as timestamp) as created_at,
        described.updated_at,
        described.closed_at,
        list_sort(
            list_distinct(
                [
                    case
                        when described.basis <> 'created_at' and utc(described.created, options.time_zone) is null
                            then 'undated'
                        when described.basis <> 'created_at' then 'future_date'
                    end,
                    case when openings.id is null then 'generated_opening' end,
                    case when first_entries.id is null then 'no_entries' end,
                    case when described.is_without_subject then 'no_subject' end,
                    case when collected.has_unfitting then 'answer_unfitting' end
                ]
            )
        ) as flags
    from described
    cross join options
    cross join fallback
    inner join requesters
        on described.conversation = requesters.conversation
    left join first_entries
        on described.conversation = first_entries.conversation
    left join openings
        on described.conversation = openings.conversation
    left join opening_bodies
        on described.conversation = opening_bodies.conversation
    left join participants
        on described.conversation = participants.conversation
    left join answer_seeds
        on described.conversation = answer_seeds.conversation
    left join collected
        on described.conversation = collected.conversation
)

select * from final
