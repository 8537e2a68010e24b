-- Grain: one row per relative link in a body, comment or article as Jitbit holds it.
-- Asked only where no address is known below which it would lead; then the text stands without the link.
with bodies as (
    select
        ticket_id,
        unnest(relative_links(body)) as link
    from raw.ticket
    where starts_with(ltrim(body), '<!--html-->')
),

comments as (
    select
        comment_id,
        unnest(relative_links(body)) as link
    from raw.comment
    where starts_with(ltrim(body), '<!--html-->')
),

articles as (
    select
        article_id,
        unnest(relative_links(bbcode_html(body))) as link
    from raw.article
),

final as (
    select
        'conversations' as object,
        parts.conversation as external_id,
        parts.conversation,
        bodies.link
    from bodies
    inner join staging.parts
        on bodies.ticket_id = parts.source_id and parts.source_type = 'body' and parts.origin = 'entry'
    union all
    select
        'parts' as object,
        parts.external_id,
        parts.conversation,
        comments.link
    from comments
    inner join staging.parts
        on comments.comment_id = parts.source_id and parts.source_type = 'comment' and parts.origin = 'entry'
    union all
    select
        'articles' as object,
        staged.external_id,
        cast(null as varchar) as conversation,
        articles.link
    from articles
    inner join staging.articles as staged
        on articles.article_id = staged.source_id
)

select * from final
