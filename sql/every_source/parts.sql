-- Grain: one row per entry of a ticket, per note made of what the ticket holds besides, and per part that belongs to
-- one of them; home window in the given months. The source's own half is its `entries.sql`.
with options as (
    select
        max(value) filter (where name = 'migration') as migration,
        coalesce(max(value) filter (where name = 'opening_rich'), 'auto') as opening_rich,
        coalesce(max(value) filter (where name = 'history_note'), 'true') as history_note,
        max(value) filter (where name = 'attachment_limit_bytes') as limit_bytes
    from mapping.option
),

conversations as (
    select
        external_id,
        source_type,
        source_id,
        home_window,
        opening_part,
        opening_at
    from staging.conversations
    where home_window >= $window_start and home_window < $window_end
),

-- owner: what the attachments name; the ticket itself stands for the note of its fields.
-- stage: 0 the opening and what belongs to it, 1 the thread, 2 the history note.
entries as (
    select
        external_id,
        source_type,
        source_id,
        source_digest,
        conversation,
        origin,
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
        unsent_note,
        unsent_reasons,
        flags,
        case when origin = 'long_fields' then conversation else external_id end as owner,
        case when origin = 'entry' then external_id end as message,
        case when is_opening or origin = 'long_fields' then 0 else 1 end as stage
    from staging.entries
    where home_window >= $window_start and home_window < $window_end and origin <> 'history'
),

attachments as (
    select
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
        entries.external_id as belongs_to,
        concat(options.migration, '-opening_rich-', entries.source_id) as external_id,
        case
            when entries.is_rich or options.opening_rich = 'always' then entries.body_html
            else text_html(concat('Files of the first message: ', sent_files.filenames))
        end as body_html,
        case
            when entries.is_rich or options.opening_rich = 'always' then entries.body_text
            else concat('Files of the first message: ', sent_files.filenames)
        end as body_text
    from entries
    cross join options
    left join sent_files
        on concat(options.migration, '-opening_rich-', entries.source_id) = sent_files.carrier
    where
        entries.is_opening
        and (
            sent_files.carrier is not null
            or options.opening_rich = 'always'
            or (options.opening_rich = 'auto' and entries.is_rich)
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
        attachments.owner,
        concat(
            'Files that were not sent:',
            string_agg(
                concat(
                    e'\n• ', attachments.filename, ' (', attachments.size_bytes, ' bytes): ',
                    coalesce(
                        json_extract_string(entries.unsent_reasons, concat('$."', attachments.source_id, '"')),
                        case
                            when attachments.disposition = 'oversize'
                                then concat('larger than the limit of ', options.limit_bytes, ' bytes')
                            when attachments.disposition = 'manual' then 'a person has to bring it over'
                            when attachments.sha256 is null then 'its content is missing in the source'
                            else 'it is empty'
                        end
                    )
                ),
                '' order by attachments.position, attachments.source_id
            )
        ) as body_text,
        md5(
            string_agg(attachments.source_digest, '|' order by attachments.position, attachments.source_id)
        ) as source_digest
    from attachments
    cross join options
    inner join entries
        on attachments.owner = entries.owner
    where attachments.disposition in ('oversize', 'missing', 'manual')
    group by attachments.owner
),

-- History: one note each, the last part -------------------------------------------------------------------------------

-- The digest made here leaves out whether an event was undone: in most sources none ever is. One where they are tells
-- the digest of the whole note, so that undoing counts as a change of the source.
history_digests as (
    select
        external_id,
        source_digest
    from staging.entries
    where home_window >= $window_start and home_window < $window_end and origin = 'history'
),

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
                case when history.to_value is not null then concat(': ', history.to_value) else '' end,
                case when history.is_annulled then ' (undone later)' else '' end
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
-- step: the entry, then what follows it.

all_parts as (
    select
        conversation,
        external_id,
        source_type,
        source_id,
        source_digest,
        origin,
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
        stage,
        sequence,
        external_id as anchor,
        0 as step
    from entries
    union all
    select
        entries.conversation,
        opening_rich.external_id,
        entries.source_type,
        entries.source_id,
        entries.source_digest,
        'opening_rich' as origin,
        opening_rich.belongs_to,
        false as is_opening,
        entries.kind,
        entries.author_kind,
        entries.author,
        entries.author_name,
        opening_rich.body_html,
        opening_rich.body_text,
        entries.is_internal,
        entries.created_at,
        cast([] as varchar[]) as flags,
        entries.stage,
        entries.sequence,
        entries.external_id as anchor,
        1 as step
    from opening_rich
    inner join entries
        on opening_rich.belongs_to = entries.external_id
    union all
    select
        entries.conversation,
        spills.external_id,
        entries.source_type,
        entries.source_id,
        entries.source_digest,
        'spill' as origin,
        entries.message as belongs_to,
        false as is_opening,
        entries.kind,
        entries.author_kind,
        entries.author,
        entries.author_name,
        text_html(spills.body_text) as body_html,
        spills.body_text,
        entries.is_internal,
        entries.created_at,
        cast([] as varchar[]) as flags,
        entries.stage,
        entries.sequence,
        entries.external_id as anchor,
        10 + spills.number as step
    from spills
    inner join entries
        on spills.owner = entries.owner
    union all
    select
        entries.conversation,
        coalesce(
            entries.unsent_note,
            concat(
                options.migration, '-unsent_files-',
                replace(replace(entries.owner, concat(options.migration, '-'), ''), '-', '_')
            )
        ) as external_id,
        entries.source_type,
        entries.source_id,
        unsent_files.source_digest,
        'unsent_files' as origin,
        entries.message as belongs_to,
        false as is_opening,
        'note' as kind,
        'system' as author_kind,
        cast(null as varchar) as author,
        'Migration' as author_name,
        text_html(unsent_files.body_text) as body_html,
        unsent_files.body_text,
        true as is_internal,
        entries.created_at,
        cast([] as varchar[]) as flags,
        entries.stage,
        entries.sequence,
        entries.external_id as anchor,
        1000000 as step
    from unsent_files
    cross join options
    inner join entries
        on unsent_files.owner = entries.owner
    union all
    select
        history_notes.conversation,
        concat(options.migration, '-history-', conversations.source_id) as external_id,
        conversations.source_type,
        conversations.source_id,
        coalesce(history_digests.source_digest, history_notes.source_digest) as source_digest,
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
    left join history_digests
        on concat(options.migration, '-history-', conversations.source_id) = history_digests.external_id
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
