-- Grain: one row per category of the FAQ, and one for known errors.
with articles as (
    select
        source_type,
        collection_path[1] as collection,
        count(*) as articles,
        cast(sum(word_count) as bigint) as words
    from staging.articles
    group by source_type, collection_path[1]
),

categories as (
    select trim(name) as category
    from raw.faq_category
),

final as (
    select
        coalesce(categories.category, articles.collection) as category,
        coalesce(articles.collection, 'none: the category is empty') as collection,
        case articles.source_type when 'known_error' then 'known errors' else 'FAQ' end as kind,
        coalesce(articles.articles, 0) as articles,
        coalesce(articles.words, 0) as words
    from articles
    full outer join categories
        on articles.collection = categories.category and articles.source_type = 'faq'
)

select * from final
order by kind, category
