-- Grain: one row per body and comment of a Jitbit ticket, and per ticket with long texts, links or files of its own;
-- home window in the given months.
with options as (
    select
        max(value) filter (where name = 'migration') as migration,
        max(value) filter (where name = 'time_zone') as time_zone,
        coalesce(max(value) filter (where name = 'bodies'), 'marker') as bodies
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
        disposition,
        source_id
    from staging.attachments
    where home_window >= $window_start and home_window < $window_end and conversation is not null
),

-- Why a file stays behind, by its id: what lies in a cloud drive has an address there.
unsent_reasons as (
    select
        attachments.owner,
        cast(
            json_group_object(
                attachments.source_id,
                concat(
                    'it lies in a cloud drive: ',
                    coalesce(nullif(trim(attachment.google_drive_url), ''), nullif(trim(attachment.dropbox_url), ''))
                )
            ) as varchar
        ) as reasons
    from attachments
    inner join raw.attachment
        on attachments.source_id = attachment.file_id
    where attachments.disposition = 'manual'
    group by attachments.owner
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

-- All together --------------------------------------------------------------------------------------------------------

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

everything as (
    select
        messages.conversation,
        messages.external_id,
        messages.source_type,
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
        messages.sequence,
        cast(null as varchar) as unsent_note,
        unsent_reasons.reasons as unsent_reasons,
        messages.flags
    from messages
    left join unsent_reasons
        on messages.external_id = unsent_reasons.owner
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
        cast(null as varchar) as unsent_note,
        unsent_reasons.reasons as unsent_reasons,
        cast([] as varchar[]) as flags
    from notes
    left join unsent_reasons
        on notes.conversation = unsent_reasons.owner
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
