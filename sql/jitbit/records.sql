-- Grain: one row per Jitbit record that a staging table must account for, with the conversation it belongs to.
-- This is the one place where a record finds its conversation; the other files look it up here.
with options as (
    select max(value) filter (where name = 'migration') as migration
    from mapping.option
),

tickets as (
    select
        ticket.ticket_id as id,
        ticket.user_id,
        concat(options.migration, '-ticket-', ticket.ticket_id) as conversation
    from raw.ticket
    cross join options
),

-- Technicians and administrators answer; whoever of them opened a ticket is a contact as well.
users as (
    select
        user_id as id,
        coalesce(flag(is_tech), false) or coalesce(flag(is_admin), false) as is_agent,
        user_id in (select tickets.user_id from tickets) as is_requester
    from raw.user
),

-- Files of articles: their own list, and attachments that name an article; one file is counted once.
article_files as (
    select
        coalesce(
            nullif(trim(file_id), ''), concat('article_', article_id, '_', slug(coalesce(file_name, url, 'file')))
        ) as id
    from raw.article_attachment
    union
    select file_id as id
    from raw.attachment
    where coalesce(article_id, '') not in ('', '0')
),

final as (
    select
        'companies' as object,
        'company' as source_type,
        company_id as source_id,
        cast(null as varchar) as conversation
    from raw.company
    union all
    select
        'contacts' as object,
        'user' as source_type,
        id as source_id,
        cast(null as varchar) as conversation
    from users
    where not is_agent or is_requester
    union all
    select
        'teammates' as object,
        'technician' as source_type,
        id as source_id,
        cast(null as varchar) as conversation
    from users
    where is_agent
    union all
    select
        'inboxes' as object,
        'category' as source_type,
        category_id as source_id,
        cast(null as varchar) as conversation
    from raw.category
    union all
    select
        'tags' as object,
        'tag' as source_type,
        tag_id as source_id,
        cast(null as varchar) as conversation
    from raw.tag
    union all
    select
        'articles' as object,
        'article' as source_type,
        article_id as source_id,
        cast(null as varchar) as conversation
    from raw.article
    union all
    select
        'conversations' as object,
        'ticket' as source_type,
        id as source_id,
        conversation
    from tickets
    union all
    select
        'parts' as object,
        'body' as source_type,
        id as source_id,
        conversation
    from tickets
    union all
    -- Lines the system wrote are history; a comment whose kind is not told is somebody's words.
    select
        case when flag(comment.is_system) then 'history' else 'parts' end as object,
        'comment' as source_type,
        comment.comment_id as source_id,
        tickets.conversation
    from raw.comment
    left join tickets
        on comment.ticket_id = tickets.id
    union all
    select
        'history' as object,
        'time_entry' as source_type,
        time_entry.entry_id as source_id,
        tickets.conversation
    from raw.time_entry
    left join tickets
        on time_entry.ticket_id = tickets.id
    union all
    select
        'attachments' as object,
        'attachment' as source_type,
        attachment.file_id as source_id,
        tickets.conversation
    from raw.attachment
    left join raw.comment
        on attachment.comment_id = comment.comment_id
    left join tickets
        on coalesce(nullif(nullif(attachment.ticket_id, ''), '0'), comment.ticket_id) = tickets.id
    where coalesce(attachment.article_id, '') in ('', '0')
    union all
    select
        'attachments' as object,
        'attachment' as source_type,
        id as source_id,
        cast(null as varchar) as conversation
    from article_files
)

select * from final
