-- Grain: one row per category of Jitbit's knowledge base, and one per collection without such a category.
with articles as (
    select
        array_to_string(collection_path, ' / ') as collection,
        collection_path[len(collection_path)] as last_name,
        count(*) as articles,
        count(*) filter (where state = 'published') as published,
        cast(sum(word_count) as bigint) as words
    from staging.articles
    group by collection_path
),

categories as (
    select
        category_id,
        trim(name) as category,
        coalesce(flag(for_techs_only), false) as for_technicians
    from raw.article_category
),

final as (
    select
        coalesce(categories.category, articles.last_name) as category,
        coalesce(articles.collection, 'none: the category is empty') as collection,
        coalesce(categories.for_technicians, false) as for_technicians,
        coalesce(articles.articles, 0) as articles,
        coalesce(articles.published, 0) as published,
        coalesce(articles.words, 0) as words
    from articles
    full outer join categories
        on articles.last_name = categories.category
)

select * from final
order by collection, category
