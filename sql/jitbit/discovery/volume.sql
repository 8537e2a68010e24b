-- Grain: one row per migration object, word of Jitbit and UTC month; every row of these tables counts once.
with options as (
    select max(value) filter (where name = 'time_zone') as time_zone
    from mapping.option
),

users as (
    select
        user_id,
        coalesce(flag(is_tech), false) or coalesce(flag(is_admin), false) as is_agent
    from raw.user
),

dated as (
    select
        'companies' as object,
        'company' as source_type,
        cast(null as varchar) as created
    from raw.company
    union all
    select
        case when is_agent then 'teammates' else 'contacts' end as object,
        case when is_agent then 'technician' else 'user' end as source_type,
        cast(null as varchar) as created
    from users
    union all
    select
        'contacts' as object,
        'technician_who_asked' as source_type,
        cast(null as varchar) as created
    from users
    where is_agent and user_id in (select ticket.user_id from raw.ticket)
    union all
    select
        'inboxes' as object,
        'category' as source_type,
        cast(null as varchar) as created
    from raw.category
    union all
    select
        'tags' as object,
        'tag' as source_type,
        cast(null as varchar) as created
    from raw.tag
    union all
    select
        'conversations' as object,
        'ticket' as source_type,
        issue_date as created
    from raw.ticket
    union all
    select
        'parts' as object,
        'body' as source_type,
        issue_date as created
    from raw.ticket
    union all
    select
        case when flag(is_system) then 'history' else 'parts' end as object,
        case
            when flag(is_system) then 'system_line'
            when coalesce(flag(for_techs_only), true) then 'internal_comment'
            else 'public_comment'
        end as source_type,
        comment_date as created
    from raw.comment
    union all
    select
        'history' as object,
        'time_entry' as source_type,
        created
    from raw.time_entry
    union all
    select
        'attachments' as object,
        'attachment' as source_type,
        comment_date as created
    from raw.attachment
    where coalesce(article_id, '') in ('', '0')
    union all
    select
        'attachments' as object,
        'file_of_article' as source_type,
        cast(null as varchar) as created
    from raw.article_attachment
    union all
    select
        'articles' as object,
        'article' as source_type,
        date_created as created
    from raw.article
    union all
    select
        'inventory' as object,
        'asset' as source_type,
        cast(null as varchar) as created
    from raw.asset
    union all
    select
        'inventory' as object,
        'automation_rule' as source_type,
        cast(null as varchar) as created
    from raw.automation_rule
    union all
    select
        'inventory' as object,
        'canned_response' as source_type,
        cast(null as varchar) as created
    from raw.comment_template
),

-- Equal times are read on the clock of the source's zone once.
moments as (
    select
        object,
        source_type,
        created,
        count(*) as rows
    from dated
    group by object, source_type, created
),

months as (
    select
        moments.object,
        moments.source_type,
        cast(date_trunc('month', moment(moments.created, options.time_zone)) as date) as month,
        moments.rows
    from moments
    cross join options
),

final as (
    select
        object,
        source_type,
        month,
        cast(sum(rows) as bigint) as rows
    from months
    group by object, source_type, month
)

select * from final
