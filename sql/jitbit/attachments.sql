-- Grain: one row per file of a Jitbit ticket or article; home window in the given months.
with options as (
    select
        max(value) filter (where name = 'migration') as migration,
        cast(max(value) filter (where name = 'first_day') as date) as first_day,
        cast(max(value) filter (where name = 'attachment_limit_bytes') as bigint) as limit_bytes
    from mapping.option
),

-- Files of articles have no conversation; they live in the first window.
homes as (
    select
        records.source_id,
        records.conversation,
        coalesce(windows.home_window, options.first_day) as home_window
    from staging.records
    cross join options
    left join staging.left_out
        on records.source_id = left_out.source_id and left_out.object = 'attachments'
    left join staging.windows
        on records.conversation = windows.conversation
    where records.object = 'attachments' and left_out.source_id is null
),

listed as (
    select
        file_id as id,
        nullif(nullif(ticket_id, ''), '0') as ticket_id,
        nullif(nullif(comment_id, ''), '0') as comment_id,
        nullif(nullif(article_id, ''), '0') as article_id,
        flag(for_techs_only) as is_internal,
        nullif(trim(file_name), '') as filename,
        coalesce(nullif(trim(google_drive_url), ''), nullif(trim(dropbox_url), '')) as cloud_url,
        1 as place
    from raw.attachment
    union all
    select
        coalesce(
            nullif(trim(file_id), ''), concat('article_', article_id, '_', slug(coalesce(file_name, url, 'file')))
        ) as id,
        cast(null as varchar) as ticket_id,
        cast(null as varchar) as comment_id,
        article_id,
        cast(null as boolean) as is_internal,
        nullif(trim(file_name), '') as filename,
        cast(null as varchar) as cloud_url,
        2 as place
    from raw.article_attachment
),

files as (
    select
        id,
        ticket_id,
        comment_id,
        article_id,
        is_internal,
        filename,
        cloud_url
    from listed
    qualify row_number() over (partition by id order by place asc) = 1
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
        files.id,
        files.comment_id,
        files.article_id,
        files.is_internal,
        files.cloud_url,
        homes.conversation,
        homes.home_window,
        safe_filename(coalesce(files.filename, concat('file-', files.id))) as filename,
        coalesce(stored.size_bytes, 0) as size_bytes,
        stored.sha256
    from files
    inner join homes
        on files.id = homes.source_id
    left join stored
        on files.id = stored.file_id
    where homes.home_window >= $window_start and homes.home_window < $window_end
),

comments as (
    select
        comment.comment_id as id,
        coalesce(flag(comment.is_system), false) as is_system,
        coalesce(flag(comment.for_techs_only), true) as is_internal,
        repeated.source_id is not null as repeats_body
    from raw.comment
    left join staging.left_out as repeated
        on comment.comment_id = repeated.source_id and repeated.reason_code = 'repeats_body'
),

-- A pasted picture is told apart by the address in the text that shows it.
shown_texts as (
    select
        concat(options.migration, '-ticket-', ticket_id) as conversation,
        unnest(
            regexp_extract_all(body, '(?i)(?:File/Get|api/attachment)(?:\?id=|/)([0-9]+)', 1)
        ) as id
    from raw.ticket
    cross join options
    where contains(lower(body), '<img')
    union all
    select
        concat(options.migration, '-ticket-', ticket_id) as conversation,
        unnest(
            regexp_extract_all(body, '(?i)(?:File/Get|api/attachment)(?:\?id=|/)([0-9]+)', 1)
        ) as id
    from raw.comment
    cross join options
    where contains(lower(body), '<img')
),

shown as (
    select distinct
        conversation,
        id
    from shown_texts
),

openings as (
    select
        external_id as conversation,
        opening_part
    from staging.conversations
),

owned as (
    select
        described.id,
        described.conversation,
        described.home_window,
        described.filename,
        described.size_bytes,
        described.sha256,
        shown.id is not null as is_inline,
        case
            when described.conversation is null then concat(options.migration, '-article-', described.article_id)
            -- What only technicians may see never hangs on a message that customers see.
            when coalesce(described.is_internal, false) and (comments.id is null or not comments.is_internal)
                then described.conversation
            -- The comment is not there: the file is public only if it says so itself.
            when described.comment_id is not null and comments.id is null and described.is_internal is null
                then described.conversation
            when comments.is_system then described.conversation
            when comments.id is null or comments.repeats_body
                then coalesce(openings.opening_part, described.conversation)
            else concat(options.migration, '-comment-', comments.id)
        end as owner,
        case
            when described.cloud_url is not null and described.sha256 is null then 'manual'
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
    left join comments
        on described.comment_id = comments.id
    left join shown
        on described.conversation = shown.conversation and described.id = shown.id
    left join openings
        on described.conversation = openings.conversation
),

carried as (
    select
        id,
        case
            when disposition <> 'send' then null
            when owner = opening_part then replace(owner, '-body-', '-opening_rich-')
            when owner = conversation then replace(owner, '-ticket-', '-fields-')
            else owner
        end as carrier,
        row_number() over (
            partition by owner, disposition = 'send'
            order by try_cast(id as bigint) asc, id asc
        ) - 1 as place
    from owned
),

-- The source tells no type (guess: the web server told it by the name, too).
types as (
    select
        unnest(
            [
                'png', 'jpg', 'jpeg', 'gif', 'webp', 'svg', 'bmp', 'pdf', 'txt', 'log', 'csv', 'html', 'xml', 'json',
                'zip', 'doc', 'docx', 'xls', 'xlsx', 'ppt', 'pptx', 'eml', 'msg', 'mp4', 'mp3'
            ]
        ) as ending,
        unnest(
            [
                'image/png', 'image/jpeg', 'image/jpeg', 'image/gif', 'image/webp', 'image/svg+xml', 'image/bmp',
                'application/pdf', 'text/plain', 'text/plain', 'text/csv', 'text/html', 'text/xml', 'application/json',
                'application/zip', 'application/msword',
                'application/vnd.openxmlformats-officedocument.wordprocessingml.document', 'application/vnd.ms-excel',
                'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', 'application/vnd.ms-powerpoint',
                'application/vnd.openxmlformats-officedocument.presentationml.presentation', 'message/rfc822',
                'application/vnd.ms-outlook', 'video/mp4', 'audio/mpeg'
            ]
        ) as content_type
),

final as (
    select
        concat(owned.migration, '-attachment-', owned.id) as external_id,
        'attachment' as source_type,
        owned.id as source_id,
        md5(concat_ws('|', owned.id, owned.owner, owned.filename, owned.size_bytes, owned.sha256)) as source_digest,
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
        coalesce(types.content_type, 'application/octet-stream') as content_type,
        owned.size_bytes,
        owned.sha256,
        case when owned.is_inline then concat('file_', owned.id) end as content_id,
        owned.is_inline,
        owned.disposition
    from owned
    inner join carried
        on owned.id = carried.id
    left join types
        on lower(regexp_extract(owned.filename, '\.([A-Za-z0-9]+)$', 1)) = types.ending
)

select * from final
