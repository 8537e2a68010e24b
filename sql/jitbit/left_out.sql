-- Grain: one row per Jitbit record that is merged into another or excluded, with the reason.
with options as (
    select
        max(value) filter (where name = 'migration') as migration,
        max(value) filter (where name = 'time_zone') as time_zone,
        -- guess: some versions give HTML without the marker; the mapping may say so
        coalesce(max(value) filter (where name = 'bodies'), 'marker') as bodies
    from mapping.option
),

homes as (
    select
        object,
        source_type,
        source_id,
        conversation
    from staging.records
),

empty_bodies as (
    select ticket_id
    from raw.ticket
    where trim(replace(coalesce(body, ''), '<!--html-->', '')) = ''
),

-- The first comment of a ticket may be its body once more (guess); then time, writer and words are the same.
first_comments as (
    select
        comment.comment_id,
        comment.ticket_id,
        comment.user_id,
        comment.body,
        comment.for_techs_only,
        moment(comment.comment_date, options.time_zone) as written_at
    from raw.comment
    cross join options
    where coalesce(flag(comment.is_system), false) = false
    qualify
        row_number() over (
            partition by comment.ticket_id
            order by
                moment(comment.comment_date, options.time_zone) asc nulls last,
                try_cast(comment.comment_id as bigint) asc,
                comment.comment_id asc
        ) = 1
),

repeated as (
    select first_comments.comment_id
    from first_comments
    cross join options
    inner join raw.ticket
        on first_comments.ticket_id = ticket.ticket_id
    where
        coalesce(flag(first_comments.for_techs_only), true) = false
        and first_comments.user_id is not distinct from ticket.user_id
        and abs(
            date_diff('second', first_comments.written_at, moment(ticket.issue_date, options.time_zone))
        ) <= 2
        and trim(coalesce(ticket.body, '')) <> ''
        and regexp_replace(
            html_text(
                case
                    when options.bodies = 'html' or starts_with(ltrim(first_comments.body), '<!--html-->')
                        then first_comments.body
                    else text_html(first_comments.body)
                end
            ),
            '\s', '', 'g'
        ) = regexp_replace(
            html_text(
                case
                    when options.bodies = 'html' or starts_with(ltrim(ticket.body), '<!--html-->') then ticket.body
                    else text_html(ticket.body)
                end
            ),
            '\s', '', 'g'
        )
),

-- Tags that differ in case or white space are one; so is a tag called like a mark of the migration.
tags as (
    select
        tag_id,
        lower(regexp_replace(trim(name), '\s+', ' ', 'g')) as normal_name
    from raw.tag
),

tag_survivors as (
    select
        tag_id,
        case
            when normal_name = 'migrated' then 'migrated'
            when normal_name = 'parent-ticket-ref' then 'subticket'
            else first_value(tag_id) over (
                partition by normal_name
                order by try_cast(tag_id as bigint) asc, tag_id asc
            )
        end as survivor
    from tags
),

asset_files as (
    select file_id
    from raw.attachment
    where coalesce(asset_id, '') not in ('', '0')
),

final as (
    select
        homes.object,
        homes.source_type,
        homes.source_id,
        'excluded' as outcome,
        'empty_body' as reason_code,
        'The ticket has no text of its own; a generated line opens the conversation.' as sentence,
        cast(null as varchar) as "into",
        homes.conversation
    from homes
    inner join empty_bodies
        on homes.source_id = empty_bodies.ticket_id
    where homes.source_type = 'body'
    union all
    select
        homes.object,
        homes.source_type,
        homes.source_id,
        'merged' as outcome,
        'repeats_body' as reason_code,
        'The first comment is the body of the ticket once more; the opening stands for both.' as sentence,
        replace(homes.conversation, '-ticket-', '-body-') as "into",
        homes.conversation
    from homes
    inner join repeated
        on homes.source_id = repeated.comment_id
    where homes.source_type = 'comment' and homes.object = 'parts' and homes.conversation is not null
    union all
    select
        homes.object,
        homes.source_type,
        homes.source_id,
        'excluded' as outcome,
        case when homes.source_type = 'comment' then 'comment_without_ticket' else 'time_without_ticket' end
            as reason_code,
        'The ticket it belongs to does not exist.' as sentence,
        cast(null as varchar) as "into",
        homes.conversation
    from homes
    where homes.object in ('parts', 'history') and homes.conversation is null
    union all
    select
        homes.object,
        homes.source_type,
        homes.source_id,
        'merged' as outcome,
        'same_tag' as reason_code,
        'The tag differs from another one in case or white space only; both become one.' as sentence,
        concat(options.migration, '-tag-', tag_survivors.survivor) as "into",
        cast(null as varchar) as conversation
    from homes
    cross join options
    inner join tag_survivors
        on homes.source_id = tag_survivors.tag_id
    where homes.object = 'tags' and tag_survivors.survivor <> tag_survivors.tag_id
    union all
    select
        homes.object,
        homes.source_type,
        homes.source_id,
        'excluded' as outcome,
        case when asset_files.file_id is not null then 'file_of_asset' else 'file_without_ticket' end as reason_code,
        case
            when asset_files.file_id is not null then 'A file of an asset; assets go into the inventory.'
            else 'The ticket of the file does not exist.'
        end as sentence,
        cast(null as varchar) as "into",
        homes.conversation
    from homes
    left join asset_files
        on homes.source_id = asset_files.file_id
    inner join raw.attachment
        on homes.source_id = attachment.file_id and coalesce(attachment.article_id, '') in ('', '0')
    where homes.object = 'attachments' and homes.conversation is null
)

select * from final
