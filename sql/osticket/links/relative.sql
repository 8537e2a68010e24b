-- Grain: one row per relative link in an entry or article as osTicket holds it.
-- Asked only where no address is known below which it would lead; then the text stands without the link.
with entries as (
    select
        id,
        unnest(relative_links(body)) as link
    from raw.thread_entry
    where coalesce(format, '') <> 'text'
),

faqs as (
    select
        faq_id,
        unnest(relative_links(answer)) as link
    from raw.faq
),

parts as (
    select * from staging.parts
    where source_type = 'thread_entry' and origin = 'entry'
),

final as (
    select
        case when parts.is_opening then 'conversations' else 'parts' end as object,
        case when parts.is_opening then parts.conversation else parts.external_id end as external_id,
        parts.conversation,
        entries.link
    from entries
    inner join parts
        on entries.id = parts.source_id
    union all
    select
        'articles' as object,
        articles.external_id,
        cast(null as varchar) as conversation,
        faqs.link
    from faqs
    inner join staging.articles
        on faqs.faq_id = articles.source_id and articles.source_type = 'faq'
)

select * from final
