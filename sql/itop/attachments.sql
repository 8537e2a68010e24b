-- Grain: one row per attachment or pasted picture of an iTop ticket or article; home window in the given months.
with options as (
    select
        max(value) filter (where name = 'migration') as migration,
        max(value) filter (where name = 'time_zone') as time_zone,
        cast(max(value) filter (where name = 'first_day') as date) as first_day,
        cast(max(value) filter (where name = 'attachment_limit_bytes') as bigint) as limit_bytes,
        coalesce(try_cast(max(value) filter (where name = 'file_near_minutes') as integer), 10) as near_minutes
    from mapping.option
),

left_out as (
    select
        source_type,
        source_id
    from staging.left_out
    where object = 'attachments'
),

-- Files of articles have no conversation; they live in the first window.
homes as (
    select
        records.source_type,
        records.source_id,
        records.conversation,
        coalesce(windows.home_window, options.first_day) as home_window
    from staging.records
    cross join options
    left join left_out
        on records.source_type = left_out.source_type and records.source_id = left_out.source_id
    left join staging.windows
        on records.conversation = windows.conversation
    where records.object = 'attachments' and left_out.source_id is null
),

files as (
    select
        'attachment' as source_type,
        attachment.id,
        attachment.item_class,
        attachment.item_id,
        attachment.user_id,
        nullif(attachment.contact_id, '0') as contact_id,
        utc(attachment.creation_date, options.time_zone) as created_at,
        nullif(trim(attachment.filename), '') as filename,
        nullif(trim(attachment.mimetype), '') as content_type
    from raw.attachment
    cross join options
    union all
    select
        'inline_image' as source_type,
        id,
        item_class,
        item_id,
        cast(null as varchar) as user_id,
        cast(null as varchar) as contact_id,
        cast(null as timestamp) as created_at,
        nullif(trim(filename), '') as filename,
        nullif(trim(mimetype), '') as content_type
    from raw.inline_image
),

stored as (
    select
        file_id,
        max(sha256) filter (where status = 'stored') as sha256,
        try_cast(max(size_bytes) filter (where status = 'stored') as bigint) as size_bytes
    from raw.file_bytes
    group by file_id
),

described as (
    select
        files.source_type,
        files.id,
        files.item_class,
        files.item_id,
        files.user_id,
        files.contact_id,
        files.created_at,
        homes.conversation,
        homes.home_window,
        coalesce(files.filename, concat('file-', files.id)) as filename,
        coalesce(files.content_type, 'application/octet-stream') as content_type,
        coalesce(stored.size_bytes, 0) as size_bytes,
        stored.sha256
    from files
    inner join homes
        on files.source_type = homes.source_type and files.id = homes.source_id
    left join stored
        on concat(files.source_type, '_', files.id) = stored.file_id
    where homes.home_window >= $window_start and homes.home_window < $window_end
),

entries as (
    select
        log_entry.ticket_id,
        concat(log_entry.ticket_id, '_', log_entry.log, '_', log_entry.position) as id,
        log_entry.user_id,
        log_entry.message_html,
        utc(log_entry.date, options.time_zone) as created_at
    from raw.log_entry
    cross join options
),

-- iTop hangs a file on the ticket, not on an entry: an entry that the same account wrote within some minutes is its
-- place. Without one it goes with the first message.
near_entries as (
    select
        described.source_type,
        described.id,
        min_by(entries.id, abs(date_diff('second', entries.created_at, described.created_at))) as entry_id
    from described
    cross join options
    inner join entries
        on
            described.item_id = entries.ticket_id
            and described.user_id = entries.user_id
            and described.user_id <> '0'
            and abs(date_diff('second', entries.created_at, described.created_at)) <= 60 * options.near_minutes
    where described.source_type = 'attachment' and described.conversation is not null
    group by described.source_type, described.id
),

-- A pasted picture belongs to the first text that shows it.
shown_by as (
    select
        described.id,
        min_by(entries.id, entries.created_at) as entry_id
    from described
    inner join entries
        on described.item_id = entries.ticket_id
    where
        described.source_type = 'inline_image'
        and regexp_matches(
            entries.message_html, concat('download_inlineimage[^"'']*?[?&;]id=', described.id, '(?:[^0-9]|$)')
        )
    group by described.id
),

described_by as (
    select described.id
    from described
    inner join raw.ticket
        on described.item_id = ticket.id
    where
        described.source_type = 'inline_image'
        and regexp_matches(
            ticket.description, concat('download_inlineimage[^"'']*?[?&;]id=', described.id, '(?:[^0-9]|$)')
        )
),

openings as (
    select
        external_id as conversation,
        opening_part
    from staging.conversations
),

owned as (
    select
        described.source_type,
        described.id,
        described.conversation,
        described.home_window,
        described.filename,
        described.content_type,
        described.size_bytes,
        described.sha256,
        described.source_type = 'inline_image' as is_inline,
        case when described.source_type = 'inline_image' then concat('inline_image_', described.id) end as content_id,
        case
            when described.conversation is null
                then concat(
                    options.migration, case described.item_class when 'FAQ' then '-faq-' else '-known_error-' end,
                    described.item_id
                )
            when near_entries.entry_id is not null
                then concat(options.migration, '-log_entry-', near_entries.entry_id)
            when described_by.id is null and shown_by.entry_id is not null
                then concat(options.migration, '-log_entry-', shown_by.entry_id)
            else coalesce(openings.opening_part, described.conversation)
        end as owner,
        case
            -- A file without a byte cannot be sent; the part it came with must arrive all the same.
            when described.sha256 is null or described.size_bytes = 0 then 'missing'
            when described.conversation is null then 'manual'
            when described.size_bytes > options.limit_bytes then 'oversize'
            else 'send'
        end as disposition,
        openings.opening_part,
        options.migration
    from described
    cross join options
    left join near_entries
        on described.source_type = near_entries.source_type and described.id = near_entries.id
    left join shown_by
        on described.id = shown_by.id and described.source_type = 'inline_image'
    left join described_by
        on described.id = described_by.id and described.source_type = 'inline_image'
    left join openings
        on described.conversation = openings.conversation
),

carried as (
    select
        source_type,
        id,
        case
            when disposition <> 'send' then null
            when owner = opening_part then replace(owner, '-description-', '-opening_rich-')
            when owner = conversation then replace(owner, '-ticket-', '-fields-')
            else owner
        end as carrier,
        row_number() over (
            partition by owner, disposition = 'send'
            order by source_type asc, try_cast(id as bigint) asc, id asc
        ) - 1 as place
    from owned
),

final as (
    select
        concat(owned.migration, '-', owned.source_type, '-', owned.id) as external_id,
        owned.source_type,
        owned.id as source_id,
        md5(
            concat_ws(
                '|', owned.source_type, owned.id, owned.owner, owned.filename, owned.content_type, owned.size_bytes,
                owned.sha256
            )
        ) as source_digest,
        owned.home_window,
        owned.conversation,
        owned.owner,
        -- A part takes ten files; the others travel with parts of their own right behind it.
        case
            when carried.carrier is null or carried.place < 10 then carried.carrier
            else concat(
                owned.migration, '-spill-',
                replace(replace(owned.owner, concat(owned.migration, '-'), ''), '-', '_'),
                '_', carried.place // 10
            )
        end as carrier,
        case when carried.carrier is null then carried.place else carried.place % 10 end as position,
        owned.filename,
        owned.content_type,
        owned.size_bytes,
        owned.sha256,
        owned.content_id,
        owned.is_inline,
        owned.disposition
    from owned
    inner join carried
        on owned.source_type = carried.source_type and owned.id = carried.id
)

select * from final
