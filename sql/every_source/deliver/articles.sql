-- Grain: one row per article of the knowledge base.
with files as (
    select
        owner,
        count(*) as files
    from staging.attachments
    where conversation is null
    group by owner
),

final as (
    select
        articles.external_id,
        articles.title,
        array_to_string(articles.collection_path, ' / ') as collection,
        articles.source_state,
        articles.state as arrives_as,
        articles.word_count,
        coalesce(files.files, 0) as files,
        articles.old_url,
        array_to_string(articles.flags, ', ') as look_at,
        'read it, then publish it' as to_do
    from staging.articles
    left join files
        on articles.external_id = files.owner
)

select * from final
order by collection, title, external_id
