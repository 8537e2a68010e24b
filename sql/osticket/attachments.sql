-- Grain: one row per use of a file by an entry, a form field, a task or an article; home window in the given months.
with options as (
    select
        max(value) filter (where name = 'migration') as migration,
        cast(max(value) filter (where name = 'first_day') as date) as first_day,
        cast(max(value) filter (where name = 'attachment_limit_bytes') as bigint) as limit_bytes
    from mapping.option
),

left_out as (
    select source_id
    from staging.left_out
    where object = 'attachments'
),

records as (
    select
        records.source_id,
        records.conversation
    from staging.records
    left join left_out
        on records.source_id = left_out.source_id
    where records.object = 'attachments' and left_out.source_id is null
),

-- Files of articles have no conversation; they live in the first window.
homes as (
    select
        records.source_id,
        records.conversation,
        coalesce(windows.home_window, options.first_day) as home_window
    from records
    cross join options
    left join staging.windows
        on records.conversation = windows.conversation
),

uses as (
    select
        id,
        object_id,
        type as use_type,
        file_id,
        nullif(name, '') as name,
        coalesce(inline, '0') = '1' as is_inline
    from raw.attachment
    qualify row_number() over (partition by id order by file_id desc, object_id desc, type desc) = 1
),

files as (
    select
        id,
        nullif(max(name), '') as name,
        nullif(max(type), '') as content_type,
        try_cast(max(size) as bigint) as size_bytes,
        max(key) as content_key
    from raw.file
    group by id
),

stored as (
    select
        file_id,
        max(sha256) filter (where status = 'stored') as sha256,
        try_cast(max(size_bytes) filter (where status = 'stored') as bigint) as size_bytes
    from raw.file_bytes
    group by file_id
),

entries as (
    select
        id,
        thread_id,
        coalesce(body, '') as body,
        (coalesce(try_cast(flags as bigint), 0) & 4) > 0 as is_hidden
    from raw.thread_entry
    qualify row_number() over (partition by id order by updated desc, created desc, thread_id desc) = 1
),

task_threads as (
    select
        id,
        max(object_id) as task_id
    from raw.thread
    where object_type = 'A'
    group by id
),

described as (
    select
        uses.id,
        uses.object_id,
        uses.use_type,
        uses.file_id,
        uses.is_inline,
        homes.conversation,
        homes.home_window,
        coalesce(uses.name, files.name, concat('file-', uses.file_id)) as filename,
        coalesce(files.content_type, 'application/octet-stream') as content_type,
        coalesce(stored.size_bytes, files.size_bytes, 0) as size_bytes,
        stored.sha256,
        files.content_key,
        entries.is_hidden,
        task_threads.task_id
    from uses
    inner join homes
        on uses.id = homes.source_id
    left join files
        on uses.file_id = files.id
    left join stored
        on uses.file_id = stored.file_id
    left join entries
        on uses.object_id = entries.id and uses.use_type = 'H'
    left join task_threads
        on entries.thread_id = task_threads.id
    where
        homes.home_window >= $window_start and homes.home_window < $window_end
        and (homes.conversation is not null or uses.use_type = 'F')
),

entry_homes as (
    select
        records.source_id,
        records.conversation
    from staging.records
    left join staging.left_out
        on records.source_id = left_out.source_id and left_out.object = 'parts' and left_out.outcome = 'excluded'
    where records.object = 'parts' and left_out.source_id is null
),

-- The inline picture of a hidden old version belongs to the visible entry that shows it.
shown_by as (
    select
        described.id,
        arg_min(entries.id, coalesce(try_cast(entries.id as bigint), 0)) as entry_id
    from described
    inner join entry_homes
        on described.conversation = entry_homes.conversation
    inner join entries
        on entry_homes.source_id = entries.id
    where
        described.is_hidden
        and not entries.is_hidden
        and contains(entries.body, concat('cid:', described.content_key))
    group by described.id
),

owned as (
    select
        described.id,
        described.conversation,
        described.home_window,
        described.filename,
        described.content_type,
        described.size_bytes,
        described.sha256,
        described.file_id,
        described.is_inline,
        case when described.is_inline then described.content_key end as content_id,
        case
            when described.use_type = 'F' then concat(options.migration, '-faq-', described.object_id)
            when described.use_type = 'E' then described.conversation
            when described.task_id is not null then concat(options.migration, '-task-', described.task_id)
            else concat(options.migration, '-thread_entry-', coalesce(shown_by.entry_id, described.object_id))
        end as owner,
        case
            -- A file without a byte cannot be sent; the part it came with must arrive all the same.
            when described.sha256 is null or described.size_bytes = 0 then 'missing'
            when described.use_type = 'F' then 'manual'
            when described.size_bytes > options.limit_bytes then 'oversize'
            else 'send'
        end as disposition,
        options.migration
    from described
    cross join options
    left join shown_by
        on described.id = shown_by.id
),

openings as (
    select
        external_id as conversation,
        opening_part
    from staging.conversations
),

carried as (
    select
        owned.id,
        case
            when owned.disposition <> 'send' then null
            when owned.owner = openings.opening_part
                then replace(owned.owner, '-thread_entry-', '-opening_rich-')
            when owned.owner = owned.conversation then replace(owned.owner, '-ticket-', '-fields-')
            else owned.owner
        end as carrier,
        row_number() over (
            partition by owned.owner, owned.disposition = 'send'
            order by try_cast(owned.id as bigint) asc, owned.id asc
        ) - 1 as place
    from owned
    left join openings
        on owned.conversation = openings.conversation
),

final as (
    select
        concat(owned.migration, '-attachment-', owned.id) as external_id,
        'attachment' as source_type,
        owned.id as source_id,
        md5(
            concat_ws(
                '|', owned.id, owned.owner, owned.file_id, owned.filename, owned.content_type, owned.size_bytes,
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
                replace(replace(owned.owner, concat(owned.migration, '-thread_entry-'), ''), '-', '_'),
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
        on owned.id = carried.id
)

select * from final
