-- Grain: one row per description and log entry of an iTop ticket, per work order and per ticket with long texts or
-- files of its own; home window in the given months.
with options as (
    select
        max(value) filter (where name = 'migration') as migration,
        max(value) filter (where name = 'time_zone') as time_zone
    from mapping.option
),

conversations as (
    select
        external_id,
        source_id,
        home_window,
        opening_part,
        opening_author,
        opening_html,
        opening_text,
        opening_at,
        source_digest
    from staging.conversations
    where home_window >= $window_start and home_window < $window_end
),

tickets as (
    select
        conversations.external_id as conversation,
        conversations.opening_at,
        ticket.id,
        ticket.title,
        ticket.description,
        ticket.start_date,
        coalesce(nullif(ticket.caller_id, ''), '0') as caller_id,
        trim(ticket.caller_id_friendlyname) as caller_name,
        ticket.extra
    from raw.ticket
    inner join conversations
        on ticket.id = conversations.source_id
),

contacts as (
    select
        source_id,
        coalesce(merged_into, external_id) as survivor,
        name
    from staging.contacts
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

-- Who wrote an entry: its account's person; else, by the name that stands in it, the caller, then a contact of the
-- ticket, then the only person of that name. Names alone decide only where they are unique.

accounts as (
    select
        account.id,
        nullif(account.contactid, '0') as person_id,
        teammates.external_id as teammate
    from raw.user as account
    left join staging.teammates
        on account.id = teammates.source_id
),

agents as (
    select
        person_id,
        min_by(teammate, try_cast(id as bigint)) as teammate
    from accounts
    where person_id is not null and teammate is not null
    group by person_id
),

named_persons as (
    select
        trim(friendlyname) as name,
        min(id) as person_id
    from raw.person
    where trim(friendlyname) <> ''
    group by trim(friendlyname)
    having count(*) = 1
),

named_contacts as (
    select
        contact_to_ticket.ticket_id,
        trim(person.friendlyname) as name,
        min(person.id) as person_id
    from raw.contact_to_ticket
    inner join raw.person
        on contact_to_ticket.contact_id = person.id
    group by contact_to_ticket.ticket_id, trim(person.friendlyname)
    having count(distinct person.id) = 1
),

written as (
    select
        tickets.conversation,
        tickets.caller_id,
        concat(log_entry.ticket_id, '_', log_entry.log, '_', log_entry.position) as id,
        log_entry.log <> 'public_log' as is_internal,
        trim(coalesce(log_entry.user_login, '')) as name,
        accounts.teammate as own_teammate,
        coalesce(
            accounts.person_id,
            case when trim(log_entry.user_login) = tickets.caller_name then tickets.caller_id end,
            named_contacts.person_id,
            named_persons.person_id
        ) as person_id
    from raw.log_entry
    inner join tickets
        on log_entry.ticket_id = tickets.id
    left join accounts
        on log_entry.user_id = accounts.id
    left join named_contacts
        on log_entry.ticket_id = named_contacts.ticket_id and trim(log_entry.user_login) = named_contacts.name
    left join named_persons
        on trim(log_entry.user_login) = named_persons.name
),

-- A caller who is an agent, too, speaks as the caller in public and as the agent in internal notes.

authors as (
    select
        written.id,
        written.conversation,
        case
            when not written.is_internal and written.person_id = written.caller_id then 'contact'
            when coalesce(written.own_teammate, agents.teammate) is not null then 'teammate'
            when not written.is_internal and contacts.survivor is not null then 'contact'
            when written.name = '' then 'system'
            else 'teammate'
        end as author_kind,
        case
            when not written.is_internal and written.person_id = written.caller_id then contacts.survivor
            when coalesce(written.own_teammate, agents.teammate) is not null
                then coalesce(written.own_teammate, agents.teammate)
            when not written.is_internal then contacts.survivor
        end as author,
        written.person_id
    from written
    left join agents
        on written.person_id = agents.person_id
    left join contacts
        on written.person_id = contacts.source_id
),

-- A picture pasted into a text is fetched by an address with a secret, which dies with the server: the file travels.

pictures as (
    select
        concat(options.migration, '-ticket-', item_id) as conversation,
        list(
            struct_pack(
                cid := concat('inline_image_', inline_image.id),
                name := coalesce(nullif(trim(inline_image.filename), ''), concat('image-', inline_image.id))
            )
            order by inline_image.id
        ) as names
    from raw.inline_image
    cross join options
    where inline_image.item_class in ('UserRequest', 'Incident')
    group by concat(options.migration, '-ticket-', item_id)
),

-- Entries -------------------------------------------------------------------------------------------------------------

entries as (
    select
        tickets.conversation,
        tickets.opening_at,
        log_entry.ticket_id,
        concat(log_entry.ticket_id, '_', log_entry.log, '_', log_entry.position) as id,
        log_entry.log,
        try_cast(log_entry.position as bigint) as place,
        nullif(trim(log_entry.user_login), '') as written_name,
        log_entry.user_id,
        log_entry.date,
        log_entry.message,
        log_entry.message_html,
        case
            when trim(coalesce(log_entry.message_html, '')) <> ''
                then regexp_replace(
                    regexp_replace(
                        log_entry.message_html,
                        '(?i)<img[^>]*download_inlineimage[^>]*?[?&;]id=([0-9]+)[^>]*>',
                        '<img src="cid:inline_image_\1">',
                        'g'
                    ),
                    '(?i)(download_inlineimage[^"''\s<>]*?)&(?:amp;)?s=[^&"''\s<>]*',
                    '\1',
                    'g'
                )
            else text_html(coalesce(log_entry.message, ''))
        end as body,
        pictures.names,
        utc(log_entry.date, options.time_zone) as own_created_at
    from raw.log_entry
    cross join options
    inner join tickets
        on log_entry.ticket_id = tickets.id
    left join pictures
        on tickets.conversation = pictures.conversation
),

messages as (
    select
        tickets.conversation,
        tickets.id,
        conversations.opening_part as external_id,
        'description' as source_type,
        true as is_opening,
        'comment' as kind,
        'contact' as author_kind,
        conversations.opening_author as author,
        coalesce(nullif(tickets.caller_name, ''), 'Unknown caller') as author_name,
        conversations.opening_html as body_html,
        conversations.opening_text as body_text,
        false as is_internal,
        is_rich(tickets.description) as is_rich,
        conversations.opening_at as created_at,
        cast(-1 as bigint) as sequence,
        md5(concat_ws('|', tickets.id, tickets.caller_id, tickets.description, tickets.start_date)) as source_digest,
        cast([] as varchar[]) as flags
    from tickets
    inner join conversations
        on tickets.conversation = conversations.external_id
    where conversations.opening_part is not null
    union all
    select
        entries.conversation,
        entries.id,
        concat(options.migration, '-log_entry-', entries.id) as external_id,
        'log_entry' as source_type,
        false as is_opening,
        -- Only what is surely public is a comment.
        case when entries.log = 'public_log' then 'comment' else 'note' end as kind,
        authors.author_kind,
        authors.author,
        coalesce(entries.written_name, 'SYSTEM') as author_name,
        coalesce(
            nullif(part_html(coalesce(name_images(entries.body, entries.names), entries.body)), ''), '<p>(empty)</p>'
        ) as body_html,
        coalesce(
            nullif(trim(html_text(coalesce(name_images(entries.body, entries.names), entries.body))), ''), '(empty)'
        ) as body_text,
        entries.log <> 'public_log' as is_internal,
        is_rich(entries.body) as is_rich,
        -- An undated entry takes the time of the newest entry before it, so that it stays at its place in the thread.
        coalesce(
            entries.own_created_at,
            max(entries.own_created_at) over (
                partition by entries.conversation, entries.log
                order by entries.place asc
                rows between unbounded preceding and 1 preceding
            ),
            entries.opening_at
        ) as created_at,
        2 * entries.place + case when entries.log = 'public_log' then 0 else 1 end as sequence,
        md5(
            concat_ws(
                '|', entries.id, entries.date, entries.user_id, entries.written_name, entries.message,
                entries.message_html
            )
        ) as source_digest,
        list_sort(
            list_distinct(
                [
                    case when entries.own_created_at is null then 'undated' end,
                    case when entries.log not in ('public_log', 'private_log') then 'unknown_visibility' end,
                    case when authors.author is null then 'unknown_author' end,
                    case
                        when coalesce(trim(entries.message), trim(entries.message_html), '') = '' then 'empty'
                    end
                ]
            )
        ) as flags
    from entries
    cross join options
    inner join authors
        on entries.id = authors.id
),

-- Texts longer than an attribute holds, values that fit none, and the files of a ticket without a description ---------

items as (
    select
        ticket_id,
        string_agg(functionalci_name, ', ' order by functionalci_name)
        filter (where impact_code = 'manual') as by_hand,
        string_agg(functionalci_name, ', ' order by functionalci_name)
        filter (where impact_code <> 'manual') as computed
    from raw.ci_to_ticket
    group by ticket_id
),

texts as (
    select
        tickets.conversation,
        unnest(
            [
                struct_pack(place := 1, label := 'Impacted configuration items', line := items.by_hand),
                struct_pack(place := 2, label := 'Further items by impact analysis', line := items.computed),
                struct_pack(place := 3, label := 'Pending because', line := ticket.pending_reason),
                struct_pack(
                    place := 4,
                    label := 'Solution',
                    line := case when ticket.resolution_date <> '' then ticket.solution end
                ),
                struct_pack(
                    place := 5,
                    label := 'Comment of the caller on closing',
                    line := case when ticket.status = 'closed' then ticket.user_comment end
                )
            ]
        ) as text
    from tickets
    inner join raw.ticket
        on tickets.id = ticket.id
    left join items
        on tickets.id = items.ticket_id
),

own_fields as (
    select
        tickets.conversation,
        custom_field.field as label,
        json_extract_string(tickets.extra, concat('$."', custom_field.field, '"')) as line,
        attribute.data_type,
        attribute.options as choices
    from tickets
    inner join mapping.custom_field
        on custom_field.object = 'ticket' and custom_field.attribute is not null
    inner join mapping.attribute
        on custom_field.attribute = attribute.name and attribute.object = 'conversation'
),

field_lines as (
    select
        conversation,
        struct_extract(text, 'place') as place,
        concat(struct_extract(text, 'label'), e':\n', struct_extract(text, 'line')) as line
    from texts
    where length(struct_extract(text, 'line')) > 255
    union all
    select
        conversation,
        100 as place,
        concat(label, e':\n', line) as line
    from own_fields
    where
        trim(line) <> ''
        and (
            length(line) > 255
            or case
                when data_type = 'list' then not list_contains(choices, trim(line))
                when data_type in ('string', 'text') then false
                else attribute_value(line, data_type) is null
            end
        )
    union all
    select
        conversation,
        1000 as place,
        concat('Files of the ticket: ', string_agg(filename, ', ' order by carrier, position)) as line
    from attachments
    where owner = conversation and carrier is not null
    group by conversation
    union all
    select
        conversation,
        1001 as place,
        'A file of the ticket was not sent; see the next note.' as line
    from attachments
    where owner = conversation and carrier is null
    group by conversation
),

field_notes as (
    select
        conversation,
        string_agg(line, e'\n\n' order by place, line) as body_text
    from field_lines
    group by conversation
),

-- Work orders: one note each ------------------------------------------------------------------------------------------

work_orders as (
    select
        tickets.conversation,
        record.id,
        coalesce(
            utc(json_extract_string(record.fields, '$.start_date'), options.time_zone), tickets.opening_at
        ) as started_at,
        tickets.opening_at,
        -- `||`, not concat: a line without its value is left away.
        concat_ws(
            e'\n',
            concat('Work order: ', record.name),
            'State: ' || nullif(json_extract_string(record.fields, '$.status'), ''),
            'Team: ' || nullif(json_extract_string(record.fields, '$.team_id_friendlyname'), ''),
            'Agent: ' || nullif(json_extract_string(record.fields, '$.agent_id_friendlyname'), ''),
            'Start: '
            || strftime(
                utc(json_extract_string(record.fields, '$.start_date'), options.time_zone), '%Y-%m-%d %H:%M UTC'
            ),
            'End: '
            || strftime(
                utc(json_extract_string(record.fields, '$.end_date'), options.time_zone), '%Y-%m-%d %H:%M UTC'
            ),
            nullif(html_text(json_extract_string(record.fields, '$.description')), ''),
            nullif(
                array_to_string(
                    list_transform(
                        cast(json_extract(record.fields, '$.log.entries') as json[]),
                        lambda entry: concat(
                            json_extract_string(entry, '$.date'), ' · ', json_extract_string(entry, '$.user_login'),
                            e'\n', json_extract_string(entry, '$.message')
                        )
                    ),
                    e'\n\n'
                ),
                ''
            )
        ) as body_text,
        md5(concat_ws('|', record.id, record.fields)) as source_digest
    from raw.record
    cross join options
    inner join tickets
        on json_extract_string(record.fields, '$.ticket_id') = tickets.id
    where record.root = 'WorkOrder'
),

-- All together --------------------------------------------------------------------------------------------------------

notes as (
    select
        conversation,
        concat(options.migration, '-work_order-', id) as external_id,
        'work_order' as source_type,
        id as source_id,
        source_digest,
        'task' as origin,
        greatest(started_at, opening_at) as created_at,
        body_text
    from work_orders
    cross join options
    union all
    select
        field_notes.conversation,
        concat(options.migration, '-fields-', conversations.source_id) as external_id,
        'ticket' as source_type,
        conversations.source_id,
        conversations.source_digest,
        'long_fields' as origin,
        conversations.opening_at as created_at,
        field_notes.body_text
    from field_notes
    cross join options
    inner join conversations
        on field_notes.conversation = conversations.external_id
),

everything as (
    select
        conversation,
        external_id,
        source_type,
        id as source_id,
        source_digest,
        'entry' as origin,
        is_opening,
        kind,
        author_kind,
        author,
        author_name,
        body_html,
        body_text,
        is_rich,
        is_internal,
        created_at,
        sequence,
        cast(null as varchar) as unsent_note,
        cast(null as varchar) as unsent_reasons,
        flags
    from messages
    union all
    select
        conversation,
        external_id,
        source_type,
        source_id,
        source_digest,
        origin,
        false as is_opening,
        'note' as kind,
        'system' as author_kind,
        cast(null as varchar) as author,
        'Migration' as author_name,
        text_html(body_text) as body_html,
        body_text,
        false as is_rich,
        true as is_internal,
        created_at,
        9000000000000000 as sequence,
        cast(null as varchar) as unsent_note,
        cast(null as varchar) as unsent_reasons,
        cast([] as varchar[]) as flags
    from notes
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
