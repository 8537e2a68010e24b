-- Grain: one row per description and log entry of an iTop ticket, and per part the migration inserts.
-- Home window in the given months.
with options as (
    select
        max(value) filter (where name = 'migration') as migration,
        max(value) filter (where name = 'time_zone') as time_zone,
        coalesce(max(value) filter (where name = 'opening_rich'), 'auto') as opening_rich,
        coalesce(max(value) filter (where name = 'history_note'), 'true') as history_note,
        max(value) filter (where name = 'attachment_limit_bytes') as limit_bytes
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
        filename,
        size_bytes,
        sha256,
        disposition,
        source_id,
        source_digest
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

-- Parts that belong to an entry: rich form and files of the opening, files beyond ten, files that were not sent -------

sent_files as (
    select
        carrier,
        owner,
        string_agg(filename, ', ' order by position) as filenames
    from attachments
    where carrier is not null
    group by carrier, owner
),

opening_rich as (
    select
        messages.conversation,
        messages.external_id as belongs_to,
        concat(options.migration, '-opening_rich-', messages.id) as external_id,
        messages.id as source_id,
        case
            when messages.is_rich or options.opening_rich = 'always' then messages.body_html
            else text_html(concat('Files of the first message: ', sent_files.filenames))
        end as body_html,
        case
            when messages.is_rich or options.opening_rich = 'always' then messages.body_text
            else concat('Files of the first message: ', sent_files.filenames)
        end as body_text
    from messages
    cross join options
    left join sent_files
        on concat(options.migration, '-opening_rich-', messages.id) = sent_files.carrier
    where
        messages.is_opening
        and (
            sent_files.carrier is not null
            or options.opening_rich = 'always'
            or (options.opening_rich = 'auto' and messages.is_rich)
        )
),

spills as (
    select
        sent_files.carrier as external_id,
        sent_files.owner,
        concat('Further files: ', sent_files.filenames) as body_text,
        coalesce(try_cast(regexp_extract(sent_files.carrier, '_([0-9]+)$', 1) as bigint), 0) as number
    from sent_files
    cross join options
    where starts_with(sent_files.carrier, concat(options.migration, '-spill-'))
),

unsent_files as (
    select
        attachments.conversation,
        attachments.owner,
        concat(
            options.migration, '-unsent_files-',
            replace(replace(attachments.owner, concat(options.migration, '-'), ''), '-', '_')
        ) as external_id,
        concat(
            'Files that were not sent:',
            string_agg(
                concat(
                    e'\n• ', attachments.filename, ' (', attachments.size_bytes, ' bytes): ',
                    case attachments.disposition
                        when 'oversize' then concat('larger than the limit of ', options.limit_bytes, ' bytes')
                        else if(attachments.sha256 is null, 'its content is missing in the source', 'it is empty')
                    end
                ),
                '' order by attachments.position, attachments.source_id
            )
        ) as body_text,
        md5(
            string_agg(attachments.source_digest, '|' order by attachments.position, attachments.source_id)
        ) as source_digest
    from attachments
    cross join options
    where attachments.disposition in ('oversize', 'missing')
    group by attachments.conversation, attachments.owner, options.migration, options.limit_bytes
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
        owner as conversation,
        1000 as place,
        concat('Files of the ticket: ', string_agg(filenames, ', ' order by carrier)) as line
    from sent_files
    where owner in (select conversations.external_id from conversations)
    group by owner
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

-- History: one note each, the last part -------------------------------------------------------------------------------

history_lines as (
    select
        history.conversation,
        history.external_id,
        history.occurred_at,
        md5(concat_ws('|', history.external_id, history.actor, history.from_value, history.to_value)) as digest,
        concat_ws(
            ' · ',
            strftime(history.occurred_at, '%Y-%m-%d %H:%M:%S UTC'),
            coalesce(history.actor, 'SYSTEM'),
            concat(
                replace(history.kind, '_', ' '),
                case when history.from_value is not null then concat(' from ', history.from_value) else '' end,
                case when history.to_value is not null then concat(': ', history.to_value) else '' end
            )
        ) as line
    from staging.history
    where history.home_window >= $window_start and history.home_window < $window_end
),

history_notes as (
    select
        history_lines.conversation,
        max(history_lines.occurred_at) as created_at,
        concat(
            e'History of the ticket\n',
            string_agg(
                history_lines.line, e'\n'
                order by history_lines.occurred_at, length(history_lines.external_id), history_lines.external_id
            )
        ) as body_text,
        md5(string_agg(history_lines.digest, '|' order by history_lines.external_id)) as source_digest
    from history_lines
    cross join options
    where options.history_note = 'true'
    group by history_lines.conversation
),

-- All parts in their order --------------------------------------------------------------------------------------------
-- stage: 0 the opening and what belongs to it, 1 the thread, 2 the history note. step: the entry, then what follows it.

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

owners as (
    select
        conversation,
        external_id as owner,
        external_id,
        id as source_id,
        source_type,
        source_digest,
        kind,
        author_kind,
        author,
        author_name,
        is_internal,
        created_at,
        case when is_opening then 0 else 1 end as stage,
        sequence,
        true as is_entry
    from messages
    union all
    select
        conversation,
        conversation as owner,
        external_id,
        source_id,
        source_type,
        source_digest,
        'note' as kind,
        'system' as author_kind,
        cast(null as varchar) as author,
        'Migration' as author_name,
        true as is_internal,
        created_at,
        0 as stage,
        9000000000000000 as sequence,
        false as is_entry
    from notes
    where origin = 'long_fields'
),

all_parts as (
    select
        conversation,
        external_id,
        source_type,
        id as source_id,
        source_digest,
        'entry' as origin,
        cast(null as varchar) as belongs_to,
        is_opening,
        kind,
        author_kind,
        author,
        author_name,
        body_html,
        body_text,
        is_internal,
        created_at,
        flags,
        case when is_opening then 0 else 1 end as stage,
        sequence,
        external_id as anchor,
        0 as step
    from messages
    union all
    select
        opening_rich.conversation,
        opening_rich.external_id,
        owners.source_type,
        opening_rich.source_id,
        owners.source_digest,
        'opening_rich' as origin,
        opening_rich.belongs_to,
        false as is_opening,
        owners.kind,
        owners.author_kind,
        owners.author,
        owners.author_name,
        opening_rich.body_html,
        opening_rich.body_text,
        owners.is_internal,
        owners.created_at,
        cast([] as varchar[]) as flags,
        owners.stage,
        owners.sequence,
        owners.external_id as anchor,
        1 as step
    from opening_rich
    inner join owners
        on opening_rich.belongs_to = owners.external_id
    union all
    select
        owners.conversation,
        spills.external_id,
        owners.source_type,
        owners.source_id,
        owners.source_digest,
        'spill' as origin,
        case when owners.is_entry then owners.external_id end as belongs_to,
        false as is_opening,
        owners.kind,
        owners.author_kind,
        owners.author,
        owners.author_name,
        text_html(spills.body_text) as body_html,
        spills.body_text,
        owners.is_internal,
        owners.created_at,
        cast([] as varchar[]) as flags,
        owners.stage,
        owners.sequence,
        owners.external_id as anchor,
        10 + spills.number as step
    from spills
    inner join owners
        on spills.owner = owners.owner
    union all
    select
        owners.conversation,
        unsent_files.external_id,
        owners.source_type,
        owners.source_id,
        unsent_files.source_digest,
        'unsent_files' as origin,
        case when owners.is_entry then owners.external_id end as belongs_to,
        false as is_opening,
        'note' as kind,
        'system' as author_kind,
        cast(null as varchar) as author,
        'Migration' as author_name,
        text_html(unsent_files.body_text) as body_html,
        unsent_files.body_text,
        true as is_internal,
        owners.created_at,
        cast([] as varchar[]) as flags,
        owners.stage,
        owners.sequence,
        owners.external_id as anchor,
        1000000 as step
    from unsent_files
    inner join owners
        on unsent_files.owner = owners.owner
    union all
    select
        conversation,
        external_id,
        source_type,
        source_id,
        source_digest,
        origin,
        cast(null as varchar) as belongs_to,
        false as is_opening,
        'note' as kind,
        'system' as author_kind,
        cast(null as varchar) as author,
        'Migration' as author_name,
        text_html(body_text) as body_html,
        body_text,
        true as is_internal,
        created_at,
        cast([] as varchar[]) as flags,
        case when origin = 'long_fields' then 0 else 1 end as stage,
        9000000000000000 as sequence,
        external_id as anchor,
        0 as step
    from notes
    union all
    select
        history_notes.conversation,
        concat(options.migration, '-history-', conversations.source_id) as external_id,
        'ticket' as source_type,
        conversations.source_id,
        history_notes.source_digest,
        'history' as origin,
        cast(null as varchar) as belongs_to,
        false as is_opening,
        'note' as kind,
        'system' as author_kind,
        cast(null as varchar) as author,
        'Migration' as author_name,
        text_html(history_notes.body_text) as body_html,
        history_notes.body_text,
        true as is_internal,
        history_notes.created_at,
        cast([] as varchar[]) as flags,
        2 as stage,
        9000000000000000 as sequence,
        concat(options.migration, '-history-', conversations.source_id) as anchor,
        0 as step
    from history_notes
    cross join options
    inner join conversations
        on history_notes.conversation = conversations.external_id
),

placed as (
    select
        all_parts.conversation,
        all_parts.external_id,
        all_parts.source_type,
        all_parts.source_id,
        all_parts.source_digest,
        all_parts.origin,
        all_parts.belongs_to,
        all_parts.is_opening,
        all_parts.kind,
        all_parts.author_kind,
        all_parts.author,
        all_parts.author_name,
        all_parts.body_html,
        all_parts.body_text,
        all_parts.is_internal,
        all_parts.created_at,
        all_parts.flags,
        conversations.home_window,
        epoch(date_trunc('second', conversations.opening_at)) as opened,
        conversations.opening_part is null as is_generated,
        epoch(date_trunc('second', all_parts.created_at)) as created_second,
        row_number() over (
            partition by all_parts.conversation
            order by
                all_parts.stage asc, all_parts.created_at asc, all_parts.sequence asc, all_parts.anchor asc,
                all_parts.step asc, all_parts.external_id asc
        ) - 1 as position
    from all_parts
    inner join conversations
        on all_parts.conversation = conversations.external_id
),

final as (
    select
        placed.external_id,
        placed.source_type,
        placed.source_id,
        placed.source_digest,
        placed.home_window,
        placed.conversation,
        placed.position,
        placed.origin,
        placed.belongs_to,
        placed.is_opening,
        placed.kind,
        placed.author_kind,
        placed.author,
        placed.author_name,
        placed.body_html,
        placed.body_text,
        placed.is_internal,
        cast(placed.created_at as timestamp) as created_at,
        -- max(created_at, previous + 1 s) for the whole thread at once; a generated opening counts as position -1.
        make_timestamp(
            cast(
                1000000 * (
                    placed.position + greatest(
                        placed.opened + case when placed.is_generated then 1 else 0 end,
                        max(placed.created_second - placed.position) over (
                            partition by placed.conversation
                            order by placed.position asc
                            rows between unbounded preceding and current row
                        )
                    )
                ) as bigint
            )
        ) as sent_at,
        placed.flags
    from placed
)

select * from final
