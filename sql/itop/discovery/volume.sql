-- Grain: one row per migration object, word of iTop and UTC month; every row of these tables counts once.
with options as (
    select max(value) filter (where name = 'time_zone') as time_zone
    from mapping.option
),

dated as (
    select
        'companies' as object,
        'organization' as source_type,
        cast(null as varchar) as created
    from raw.organization
    union all
    select
        'contacts' as object,
        'person' as source_type,
        cast(null as varchar) as created
    from raw.person
    union all
    select
        'teammates' as object,
        'user' as source_type,
        cast(null as varchar) as created
    from raw.user
    union all
    select
        'inboxes' as object,
        'team' as source_type,
        cast(null as varchar) as created
    from raw.team
    union all
    select
        'conversations' as object,
        slug(class) as source_type,
        start_date as created
    from raw.ticket
    union all
    select
        'parts' as object,
        case log when 'public_log' then 'public_entry' else 'private_entry' end as source_type,
        date as created
    from raw.log_entry
    union all
    select
        'parts' as object,
        'description' as source_type,
        start_date as created
    from raw.ticket
    union all
    select
        'attachments' as object,
        'attachment' as source_type,
        creation_date as created
    from raw.attachment
    union all
    select
        'attachments' as object,
        'inline_image' as source_type,
        cast(null as varchar) as created
    from raw.inline_image
    union all
    select
        'articles' as object,
        'faq' as source_type,
        cast(null as varchar) as created
    from raw.faq
    union all
    select
        'articles' as object,
        'known_error' as source_type,
        cast(null as varchar) as created
    from raw.known_error
    union all
    select
        'history' as object,
        'change_op' as source_type,
        date as created
    from raw.change_op
    union all
    select
        'inventory' as object,
        slug(class) as source_type,
        cast(null as varchar) as created
    from raw.record
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
        cast(date_trunc('month', utc(moments.created, options.time_zone)) as date) as month,
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
