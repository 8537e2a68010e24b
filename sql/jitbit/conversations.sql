-- Grain: one row per Jitbit ticket with home window in the given months.
with options as (
    select
        max(value) filter (where name = 'migration') as migration,
        max(value) filter (where name = 'time_zone') as time_zone,
        coalesce(max(value) filter (where name = 'target_kind'), 'conversation') as target_kind,
        coalesce(try_cast(max(value) filter (where name = 'snooze_days') as integer), 3) as snooze_days,
        coalesce(max(value) filter (where name = 'bodies'), 'marker') as bodies,
        rtrim(max(value) filter (where name = 'helpdesk_url'), '/') as helpdesk_url
    from mapping.option
),

windows as (
    select
        conversation,
        source_id,
        home_window,
        dated_at,
        basis
    from staging.windows
    where home_window >= $window_start and home_window < $window_end
),

tickets as (
    select
        windows.conversation,
        windows.home_window,
        windows.dated_at,
        windows.basis,
        ticket.ticket_id as id,
        nullif(trim(ticket.subject), '') as title,
        ticket.body,
        coalesce(nullif(ticket.user_id, ''), '0') as user_id,
        nullif(nullif(ticket.company_id, ''), '0') as ticket_company_id,
        nullif(nullif(ticket.category_id, ''), '0') as category_id,
        nullif(trim(ticket.category_name), '') as category_name,
        nullif(nullif(ticket.assigned_to_user_id, ''), '0') as agent_id,
        nullif(trim(ticket.technician), '') as technician,
        ticket.status_id,
        nullif(trim(ticket.status_name), '') as written_status,
        ticket.priority,
        -- Channels are told by their word, or by their place in this list.
        coalesce(
            [
                'WebApp', 'Email', 'Widget', 'API', 'Scheduler', 'MobileApp', 'Phone', 'LiveChat', 'InPerson'
            ][try_cast(ticket.origin as integer) + 1],
            nullif(trim(ticket.origin), '')
        ) as origin,
        ticket.issue_date,
        nullif(nullif(ticket.time_spent_seconds, ''), '0') as time_spent_seconds,
        nullif(nullif(ticket.rating, ''), '0') as rating,
        nullif(nullif(ticket.times_reopened, ''), '0') as times_reopened,
        case when flag(ticket.is_in_kb) then 'true' end as is_in_kb,
        nullif(trim(ticket.on_behalf_user_name), '') as on_behalf_of,
        -- guess: pages of tickets are /Ticket/<id>; an address the source tells goes before
        coalesce(
            nullif(trim(ticket.url), ''), concat(nullif(options.helpdesk_url, ''), '/Ticket/', ticket.ticket_id)
        ) as url,
        moment(ticket.start_date, options.time_zone) as started_at,
        moment(ticket.due_date, options.time_zone) as due_at,
        moment(ticket.last_updated, options.time_zone) as updated_at,
        moment(ticket.resolved_date, options.time_zone) as resolved_at,
        coalesce(windows.dated_at, cast(windows.home_window as timestamp)) as opened_at,
        try_strptime(left(ticket._extraction, 15), '%Y%m%dT%H%M%S') as extracted_at
    from raw.ticket
    cross join options
    inner join windows
        on ticket.ticket_id = windows.source_id
),

statuses as (
    select
        status_id,
        nullif(trim(name), '') as name
    from raw.status
),

contacts as (
    select
        source_id,
        coalesce(merged_into, external_id) as survivor,
        companies
    from staging.contacts
),

-- Who wrote a comment: an agent, else a customer. Names beside an id count only where nobody has the id any more.

agents as (
    select
        source_id as id,
        external_id as teammate
    from staging.teammates
),

persons as (
    select
        user_id as id,
        coalesce(
            nullif(trim(concat_ws(' ', nullif(trim(first_name), ''), nullif(trim(last_name), ''))), ''),
            nullif(trim(username), ''),
            nullif(trim(email), '')
        ) as name
    from raw.user
),

left_out as (
    select source_id
    from staging.left_out
    where object = 'parts' and source_type = 'comment'
),

written as (
    select
        tickets.conversation,
        tickets.user_id as requester_id,
        comment.comment_id as id,
        comment.body,
        comment.comment_date,
        comment.user_id,
        -- Only what is surely public is a comment.
        coalesce(flag(comment.for_techs_only), true) as is_internal,
        flag(comment.for_techs_only) is null as is_unknown,
        coalesce(
            persons.name,
            nullif(
                trim(
                    concat_ws(' ', nullif(trim(comment.first_name), ''), nullif(trim(comment.last_name), ''))
                ),
                ''
            ),
            nullif(trim(comment.user_name), '')
        ) as name
    from raw.comment
    inner join tickets
        on comment.ticket_id = tickets.id
    left join left_out
        on comment.comment_id = left_out.source_id
    left join persons
        on comment.user_id = persons.id
    where coalesce(flag(comment.is_system), false) = false and left_out.source_id is null
),

-- An agent who opened the ticket speaks as its requester in public and as the agent in internal notes.
authors as (
    select
        written.id,
        written.conversation,
        case
            when not written.is_internal and written.user_id = written.requester_id then 'contact'
            when agents.teammate is not null then 'teammate'
            when not written.is_internal and contacts.survivor is not null then 'contact'
            when written.name is null and coalesce(written.user_id, '0') in ('', '0') then 'system'
            else 'teammate'
        end as author_kind,
        case
            when not written.is_internal and written.user_id = written.requester_id then contacts.survivor
            when agents.teammate is not null then agents.teammate
            when not written.is_internal then contacts.survivor
        end as author
    from written
    left join agents
        on written.user_id = agents.id
    left join contacts
        on written.user_id = contacts.source_id
),

first_entries as (
    select
        written.conversation,
        min(moment(written.comment_date, options.time_zone)) as entry_at,
        count(*) as entries
    from written
    cross join options
    group by written.conversation
),

subscribed as (
    select
        tickets.conversation,
        contacts.survivor as contact
    from raw.subscriber
    inner join tickets
        on subscriber.ticket_id = tickets.id
    inner join contacts
        on subscriber.user_id = contacts.source_id
    left join agents
        on subscriber.user_id = agents.id
    where agents.id is null
),

others as (
    select
        conversation,
        author as contact
    from authors
    where author_kind = 'contact' and author is not null
    union
    select
        conversation,
        contact
    from subscribed
),

requesters as (
    select
        tickets.conversation,
        contacts.survivor as contact,
        contacts.companies
    from tickets
    inner join contacts
        on tickets.user_id = contacts.source_id
),

participants as (
    select
        others.conversation,
        list(others.contact order by others.contact) as participants
    from others
    inner join requesters
        on others.conversation = requesters.conversation
    where others.contact <> requesters.contact
    group by others.conversation
),

files as (
    select
        records.conversation,
        attachment.file_id as source_id,
        safe_filename(coalesce(nullif(trim(attachment.file_name), ''), concat('file-', attachment.file_id))) as filename
    from raw.attachment
    inner join staging.records
        on attachment.file_id = records.source_id and records.source_type = 'attachment'
    where coalesce(attachment.article_id, '') in ('', '0')
),

pictures as (
    select
        conversation,
        list(struct_pack(cid := concat('file_', source_id), name := filename) order by source_id) as names
    from files
    group by conversation
),

descriptions as (
    select
        tickets.conversation,
        regexp_replace(
            case
                when options.bodies = 'html' or starts_with(ltrim(tickets.body), '<!--html-->') then tickets.body
                else text_html(tickets.body)
            end,
            '(?i)<img[^>]*(?:File/Get|api/attachment)(?:\?id=|/)([0-9]+)[^>]*>',
            '<img src="cid:file_\1">',
            'g'
        ) as body,
        pictures.names
    from tickets
    cross join options
    left join pictures
        on tickets.conversation = pictures.conversation
    where trim(replace(coalesce(tickets.body, ''), '<!--html-->', '')) <> ''
),

openings as (
    select
        conversation,
        coalesce(nullif(trim(html_text(coalesce(name_images(body, names), body))), ''), '(empty)') as body_text,
        coalesce(nullif(part_html(coalesce(name_images(body, names), body)), ''), '<p>(empty)</p>') as body_html
    from descriptions
),

field_options as (
    select
        field_id,
        list(struct_pack(id := option_id, text := text) order by option_id) as options
    from raw.custom_field_option
    group by field_id
),

answers as (
    select
        tickets.conversation,
        trim(coalesce(custom_field.name, held.field_name, concat('Field ', held.field_id))) as field,
        case
            -- 4 is a checkbox; one that is not ticked is told as nothing, or as 0
            when coalesce(custom_field.type, held.type) = '4'
                then coalesce(
                    cast(flag(held.value) as varchar),
                    nullif(trim(held.value), ''),
                    case when held.value = '' then 'false' end
                )
            else coalesce(chosen_options(held.value, field_options.options), nullif(trim(held.value), ''))
        end as value
    from raw.ticket_custom_field_value as held
    inner join tickets
        on held.ticket_id = tickets.id
    left join raw.custom_field
        on held.field_id = custom_field.field_id
    left join field_options
        on held.field_id = field_options.field_id
),

answer_digests as (
    select
        conversation,
        md5(string_agg(concat_ws('=', field, value), '|' order by field, value)) as digest
    from answers
    group by conversation
),

-- A ticket hangs below one other; where the source tells several, below the oldest.
parents as (
    select
        child_id as id,
        min_by(parent_id, try_cast(parent_id as bigint)) as parent_id
    from raw.subticket
    where parent_id <> child_id and coalesce(parent_id, '') not in ('', '0')
    group by child_id
),

links as (
    select
        ticket_id as id,
        linked_id
    from raw.linked_ticket
    union
    select
        linked_id as id,
        ticket_id as linked_id
    from raw.linked_ticket
),

linked as (
    select
        links.id,
        string_agg(links.linked_id, ', ' order by try_cast(links.linked_id as bigint), links.linked_id) as numbers,
        string_agg(
            concat('• ', links.linked_id, coalesce(' · ' || ticket.subject, '')),
            e'\n'
            order by try_cast(links.linked_id as bigint), links.linked_id
        ) as lines
    from links
    left join raw.ticket
        on links.linked_id = ticket.ticket_id
    where links.id <> links.linked_id
    group by links.id
),

children as (
    select
        subticket.parent_id as id,
        string_agg(
            concat('• ', subticket.child_id, coalesce(' · ' || ticket.subject, '')),
            e'\n'
            order by try_cast(subticket.child_id as bigint), subticket.child_id
        ) as lines
    from raw.subticket
    left join raw.ticket
        on subticket.child_id = ticket.ticket_id
    where subticket.parent_id <> subticket.child_id
    group by subticket.parent_id
),

tag_choices as (
    select
        tag.tag_id,
        coalesce(left_out."into", concat(options.migration, '-tag-', tag.tag_id)) as tag
    from raw.tag
    cross join options
    left join staging.left_out
        on tag.tag_id = left_out.source_id and left_out.object = 'tags'
),

tagged as (
    select
        tickets.conversation,
        list(distinct tag_choices.tag) as tags,
        string_agg(ticket_tag.tag_id, ',' order by ticket_tag.tag_id) as tag_ids
    from raw.ticket_tag
    inner join tickets
        on ticket_tag.ticket_id = tickets.id
    inner join tag_choices
        on ticket_tag.tag_id = tag_choices.tag_id
    group by tickets.conversation
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

-- The codes of the product (evidenced); the mapping may give them other words.
standard_priorities as (
    select
        unnest(['-1', '0', '1', '2']) as source_value,
        unnest(['Low', 'Normal', 'High', 'Critical']) as target_value
),

priorities as (
    select
        source_value,
        target_value
    from mapping.value
    where field = 'priority'
    union all
    select
        source_value,
        target_value
    from standard_priorities
    where not exists (
        select 1 from mapping.value
        where field = 'priority'
    )
),

inboxes as (
    select
        source_id,
        coalesce(merged_into, external_id) as inbox,
        name
    from staging.inboxes
),

categories as (
    select
        category.category_id,
        nullif(trim(category.name), '') as name,
        nullif(trim(coalesce(section.name, category.section_name)), '') as section_name
    from raw.category
    left join raw.section
        on category.section_id = section.section_id
),

described as (
    select
        tickets.conversation,
        tickets.home_window,
        tickets.basis,
        tickets.id,
        tickets.title,
        tickets.user_id,
        tickets.category_id,
        tickets.agent_id,
        tickets.origin,
        tickets.issue_date,
        tickets.time_spent_seconds,
        tickets.rating,
        tickets.times_reopened,
        tickets.is_in_kb,
        tickets.on_behalf_of,
        tickets.url,
        tickets.started_at,
        tickets.due_at,
        tickets.updated_at,
        tickets.resolved_at,
        tickets.opened_at,
        tickets.extracted_at,
        concat(options.migration, '_source_id') as source_id_name,
        -- A status without a name is told by its number, and stops the publish until the mapping knows it.
        coalesce(statuses.name, tickets.written_status, concat('status ', tickets.status_id)) as source_status,
        coalesce(priorities.target_value, tickets.priority) as priority_label,
        agents.teammate as assignee,
        coalesce(agent_names.name, tickets.technician) as agent_name,
        inboxes.inbox,
        coalesce(categories.name, tickets.category_name) as category_name,
        categories.section_name,
        companies.external_id as company,
        parents.parent_id,
        case when parent_tickets.ticket_id is not null then concat(options.migration, '-ticket-', parents.parent_id) end
            as parent,
        linked.numbers as linked_numbers,
        children.lines as children_lines,
        -- What the source says of the ticket, without a word of the mapping.
        md5(
            concat_ws(
                '|', tickets.id, tickets.title, tickets.body, tickets.user_id, tickets.category_id, tickets.agent_id,
                tickets.status_id, coalesce(statuses.name, tickets.written_status), tickets.priority, tickets.origin,
                moment(tickets.issue_date, options.time_zone), tickets.started_at, tickets.due_at,
                tickets.resolved_at, tickets.time_spent_seconds, tickets.rating, tickets.times_reopened,
                tickets.is_in_kb, tickets.on_behalf_of, coalesce(agent_names.name, tickets.technician),
                coalesce(categories.name, tickets.category_name), categories.section_name, companies.source_id,
                parents.parent_id, linked.numbers, children.lines
            )
        ) as row_digest
    from tickets
    cross join options
    left join statuses
        on tickets.status_id = statuses.status_id
    left join priorities
        on tickets.priority = priorities.source_value
    left join agents
        on tickets.agent_id = agents.id
    left join persons as agent_names
        on tickets.agent_id = agent_names.id
    left join inboxes
        on tickets.category_id = inboxes.source_id
    left join categories
        on tickets.category_id = categories.category_id
    left join raw.user as requester
        on tickets.user_id = requester.user_id
    -- The company is the requester's; a ticket names one only where the web service adds it.
    left join staging.companies
        on
            case
                when requester.user_id is null then tickets.ticket_company_id
                else nullif(nullif(requester.company_id, ''), '0')
            end = companies.source_id
    left join parents
        on tickets.id = parents.id
    left join raw.ticket as parent_tickets
        on parents.parent_id = parent_tickets.ticket_id
    left join linked
        on tickets.id = linked.id
    left join children
        on tickets.id = children.id
),

facts as (
    select
        conversation,
        unnest(
            [
                struct_pack(name := 'migrated_from', value := 'Jitbit', data_type := 'string'),
                struct_pack(name := source_id_name, value := conversation, data_type := 'string'),
                struct_pack(name := 'jitbit_ticket_id', value := id, data_type := 'string'),
                struct_pack(name := 'jitbit_status', value := source_status, data_type := 'string'),
                struct_pack(name := 'jitbit_priority', value := priority_label, data_type := 'list'),
                struct_pack(name := 'jitbit_category', value := category_name, data_type := 'string'),
                struct_pack(name := 'jitbit_section', value := section_name, data_type := 'string'),
                struct_pack(name := 'jitbit_url', value := url, data_type := 'string'),
                struct_pack(name := 'jitbit_origin', value := origin, data_type := 'string'),
                struct_pack(name := 'jitbit_technician', value := agent_name, data_type := 'string'),
                struct_pack(name := 'jitbit_parent_ticket_id', value := parent_id, data_type := 'string'),
                struct_pack(name := 'jitbit_linked_tickets', value := linked_numbers, data_type := 'string'),
                struct_pack(name := 'jitbit_on_behalf_of', value := on_behalf_of, data_type := 'string'),
                struct_pack(name := 'jitbit_is_in_kb', value := is_in_kb, data_type := 'boolean'),
                struct_pack(name := 'jitbit_rating', value := rating, data_type := 'integer'),
                struct_pack(name := 'jitbit_times_reopened', value := times_reopened, data_type := 'integer'),
                struct_pack(name := 'jitbit_time_spent_seconds', value := time_spent_seconds, data_type := 'integer'),
                struct_pack(
                    name := 'jitbit_created_at',
                    value := strftime(opened_at, '%Y-%m-%dT%H:%M:%SZ'),
                    data_type := 'datetime'
                ),
                struct_pack(
                    name := 'jitbit_started_at',
                    value := strftime(started_at, '%Y-%m-%dT%H:%M:%SZ'),
                    data_type := 'datetime'
                ),
                struct_pack(
                    name := 'jitbit_due_at',
                    value := strftime(due_at, '%Y-%m-%dT%H:%M:%SZ'),
                    data_type := 'datetime'
                ),
                struct_pack(
                    name := 'jitbit_resolved_at',
                    value := strftime(resolved_at, '%Y-%m-%dT%H:%M:%SZ'),
                    data_type := 'datetime'
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
        answers.conversation,
        custom_field.attribute as name,
        answers.value,
        attribute.data_type
    from answers
    inner join mapping.custom_field
        on custom_field.object = 'ticket' and answers.field = custom_field.field and custom_field.attribute is not null
    inner join mapping.attribute
        on custom_field.attribute = attribute.name and attribute.object = 'conversation'
),

judged as (
    select
        pairs.conversation,
        pairs.name,
        pairs.value,
        pairs.data_type,
        -- A value that does not fit its attribute stands in a note, see parts.sql.
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
        conversation,
        list(
            struct_pack(
                name := name,
                -- Longer texts stand in full in a note, see parts.sql.
                value := case
                    when is_unfitting then null
                    when data_type in ('string', 'text') and length(value) > 255 then concat(left(value, 250), '…')
                    else value
                end,
                data_type := data_type
            )
            order by name, value
        ) as pairs,
        coalesce(bool_or(is_unfitting), false) as has_unfitting
    from judged
    group by conversation
),

final as (
    select
        described.conversation as external_id,
        'ticket' as source_type,
        described.id as source_id,
        md5(
            concat_ws('|', described.row_digest, answer_digests.digest, tagged.tag_ids)
        ) as source_digest,
        described.home_window,
        options.target_kind,
        described.id as number,
        requesters.contact,
        requesters.contact as opening_author,
        coalesce(participants.participants, cast([] as varchar[])) as participants,
        case
            when length(described.title) > 255 then concat(left(described.title, 250), '…')
            else coalesce(described.title, '(no subject)')
        end as title,
        coalesce(
            openings.body_text, concat('Ticket ', described.id, ' · ', coalesce(described.title, '(no subject)'))
        ) as opening_text,
        openings.body_html as opening_html,
        case
            when openings.conversation is not null then concat(options.migration, '-body-', described.id)
        end as opening_part,
        -- A comment from before the ticket (moved or back-dated) must not stand behind a later opening.
        least(described.opened_at, coalesce(first_entries.entry_at, described.opened_at)) as opening_at,
        status_targets.state,
        -- Counted from the extraction where the ticket is older, so that old ones stay asleep, too.
        case
            when status_targets.state = 'snoozed'
                then date_trunc(
                    'day', greatest(coalesce(described.updated_at, described.opened_at), described.extracted_at)
                )
                + to_days(options.snooze_days)
        end as snoozed_until,
        described.source_status,
        status_targets.ticket_state,
        described.assignee,
        described.inbox,
        described.company,
        list_sort(
            list_distinct(
                list_concat(
                    [concat(options.migration, '-tag-migrated')],
                    case
                        when described.parent_id is not null then [concat(options.migration, '-tag-subticket')]
                        else cast([] as varchar[])
                    end,
                    coalesce(tagged.tags, cast([] as varchar[]))
                )
            )
        ) as tags,
        attributes(collected.pairs) as custom_attributes,
        described.parent,
        described.opened_at as created_at,
        described.updated_at,
        case when status_targets.state = 'closed' then described.resolved_at end as closed_at,
        list_sort(
            list_filter(
                [
                    case
                        when described.basis <> 'created_at' and moment(described.issue_date, options.time_zone) is null
                            then 'undated'
                        when described.basis <> 'created_at' then 'future_date'
                    end,
                    case when openings.conversation is null then 'generated_opening' end,
                    case when first_entries.entries is null then 'no_entries' end,
                    case when described.title is null then 'no_subject' end,
                    case when described.inbox is null then 'no_category' end,
                    case when collected.has_unfitting then 'answer_unfitting' end
                ],
                lambda word: word is not null
            )
        ) as flags
    from described
    cross join options
    inner join requesters
        on described.conversation = requesters.conversation
    left join openings
        on described.conversation = openings.conversation
    left join first_entries
        on described.conversation = first_entries.conversation
    left join participants
        on described.conversation = participants.conversation
    left join collected
        on described.conversation = collected.conversation
    left join answer_digests
        on described.conversation = answer_digests.conversation
    left join tagged
        on described.conversation = tagged.conversation
    left join status_targets
        on described.source_status = status_targets.source_value
)

select * from final
