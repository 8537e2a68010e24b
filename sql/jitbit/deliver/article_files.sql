-- Grain: one row per file of an article.
with options as (
    select rtrim(max(value) filter (where name = 'article_files_url'), '/') as files_url
    from mapping.option
),

final as (
    select
        attachments.external_id,
        attachments.owner as article,
        articles.title,
        attachments.filename,
        attachments.content_type,
        attachments.size_bytes,
        attachments.sha256,
        case
            when options.files_url is not null then concat(options.files_url, '/', attachments.source_id)
        end as address,
        case
            when options.files_url is not null then 'the article leads to its address'
            when attachments.sha256 is null then 'its bytes are missing: look for them in a backup'
            else 'upload it into the article by hand'
        end as to_do,
        '' as done_by,
        '' as done_on
    from staging.attachments
    cross join options
    left join staging.articles
        on attachments.owner = articles.external_id
    where attachments.conversation is null
)

select * from final
order by article, filename, external_id
