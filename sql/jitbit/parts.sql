-- Grain: one row per body and comment of a Jitbit ticket, and per part the migration inserts.
-- Home window in the given months.
with options as (
    select
        max(value) filter (where name = 'migration') as migration,
        max(value) filter (where name = 'time_zone') as time_zone,
        coalesce(max(value) filter (where name = 'opening_rich'), 'auto') as opening_rich,
        coalesce(max(value) filter (where name = 'history_note'), 'true') as history_note,
        coalesce(max(value) filter (where name = 'bodies'), 'marker') as bodies,
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
        ticket.ticket_id as id,
        nullif(trim(ticket.subject), '') as title,
        ticket.body,
        coalesce(nullif(ticket.user_id, ''), '0') as user_id
    from raw.ticket
    inner join conversations
        on ticket.ticket_id = conversations.source_id
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

cloud_files as (
    select
        file_id,
        coalesce(nullif(trim(google_drive_url), ''), nullif(trim(dropbox_url), '')) as url
    from raw.attachment
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

pictures as (
    select
        conversation,
        list(struct_pack(cid := concat('file_', source_id), name := filename) order by source_id) as names
    from attachments
    group by conversation
),

-- Entries -------------------------------------------------------------------------------------------------------------

entries as (
    select
        written.conversation,
        tickets.opening_at,
        written.id,
        try_cast(written.id as bigint) as place,
        written.name as written_name,
        written.user_id,
        written.body as written_body,
        written.is_internal,
        written.is_unknown,
        regexp_replace(
            case
                when options.bodies = 'html' or starts_with(ltrim(written.body), '<!--html-->') then written.body
                else text_html(coalesce(written.body, ''))
            end,
            '(?i)<img[^>]*(?:File/Get|api/attachment)(?:\?id=|/)([0-9]+)[^>]*>',
            '<img src="cid:file_\1">',
            'g'
        ) as body,
        pictures.names,
        moment(written.comment_date, options.time_zone) as own_created_at
    from written
    cross join options
    inner join tickets
        on written.conversation = tickets.conversation
    left join pictures
        on tickets.conversation = pictures.conversation
),

messages as (
    select
        tickets.conversation,
        tickets.id,
        conversations.opening_part as external_id,
        'body' as source_type,
        true as is_opening,
        'comment' as kind,
        'contact' as author_kind,
        conversations.opening_author as author,
        coalesce(contacts.name, 'Unknown user') as author_name,
        conversations.opening_html as body_html,
        conversations.opening_text as body_text,
        false as is_internal,
        (options.bodies = 'html' or starts_with(ltrim(tickets.body), '<!--html-->')) and is_rich(tickets.body)
            as is_rich,
        conversations.opening_at as created_at,
        cast(-1 as bigint) as sequence,
        md5(concat_ws('|', tickets.id, tickets.user_id, tickets.body, conversations.opening_at)) as source_digest,
        cast([] as varchar[]) as flags
    from tickets
    cross join options
    inner join conversations
        on tickets.conversation = conversations.external_id
    left join contacts
        on tickets.user_id = contacts.source_id
    where conversations.opening_part is not null
    union all
    select
        entries.conversation,
        entries.id,
        concat(options.migration, '-comment-', entries.id) as external_id,
        'comment' as source_type,
        false as is_opening,
        case when entries.is_internal then 'note' else 'comment' end as kind,
        authors.author_kind,
        authors.author,
        coalesce(entries.written_name, contacts.name, 'SYSTEM') as author_name,
        coalesce(
            nullif(part_html(coalesce(name_images(entries.body, entries.names), entries.body)), ''), '<p>(empty)</p>'
        ) as body_html,
        coalesce(
            nullif(trim(html_text(coalesce(name_images(entries.body, entries.names), entries.body))), ''), '(empty)'
        ) as body_text,
        entries.is_internal,
        is_rich(entries.body) as is_rich,
        -- An undated comment takes the time of the newest one before it, so that it stays at its place in the thread.
        coalesce(
            entries.own_created_at,
            max(entries.own_created_at) over (
                partition by entries.conversation
                order by entries.place asc
                rows between unbounded preceding and 1 preceding
            ),
            entries.opening_at
        ) as created_at,
        entries.place as sequence,
        md5(
            concat_ws(
                '|', entries.id, entries.own_created_at, entries.user_id, entries.written_name, entries.written_body,
                entries.is_internal
            )
        ) as source_digest,
        list_sort(
            list_filter(
                [
                    case when entries.own_created_at is null then 'undated' end,
                    case when entries.is_unknown then 'unknown_visibility' end,
                    case when authors.author is null and contacts.survivor is null then 'unknown_author' end,
                    case when trim(replace(coalesce(entries.written_body, ''), '<!--html-->', '')) = '' then 'empty' end
                ],
                lambda word: word is not null
            )
        ) as flags
    from entries
    cross join options
    inner join authors
        on entries.id = authors.id
    left join contacts
        on entries.user_id = contacts.source_id
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
                        when 'manual' then concat('it lies in a cloud drive: ', cloud_files.url)
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
    left join cloud_files
        on attachments.source_id = cloud_files.file_id
    where attachments.disposition in ('oversize', 'missing', 'manual')
    group by attachments.conversation, attachments.owner, options.migration, options.limit_bytes
),

-- Texts longer than an attribute holds, values that fit none, tickets that belong together, files of no message -------

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

texts as (
    select
        tickets.conversation,
        unnest(
            [
                struct_pack(
                    place := 1,
                    label := 'Subject',
                    line := case when length(tickets.title) > 255 then tickets.title end
                ),
                struct_pack(place := 2, label := 'Subtickets', line := children.lines),
                struct_pack(place := 3, label := 'Linked tickets', line := linked.lines)
            ]
        ) as text
    from tickets
    left join children
        on tickets.id = children.id
    left join linked
        on tickets.id = linked.id
),

own_fields as (
    select
        answers.conversation,
        answers.field as label,
        answers.value as line,
        attribute.data_type,
        attribute.options as choices
    from answers
    inner join mapping.custom_field
        on custom_field.object = 'ticket' and answers.field = custom_field.field and custom_field.attribute is not null
    inner join mapping.attribute
        on custom_field.attribute = attribute.name and attribute.object = 'conversation'
),

field_lines as (
    select
        conversation,
        struct_extract(text, 'place') as place,
        concat(struct_extract(text, 'label'), e':\n', struct_extract(text, 'line')) as line
    from texts
    where struct_extract(text, 'line') is not null
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
