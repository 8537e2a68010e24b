-- Grain: one row per iTop FAQ and one per known error, all as drafts: iTop does not say who may read them.
with options as (
    select
        max(value) filter (where name = 'migration') as migration,
        max(value) filter (where name = 'time_zone') as time_zone,
        coalesce(try_cast(max(value) filter (where name = 'short_article_words') as integer), 100) as short_words,
        coalesce(try_cast(max(value) filter (where name = 'long_article_words') as integer), 500) as long_words
    from mapping.option
),

-- The history is the only place that names an author or a time.
creations as (
    select
        change_op.objclass,
        change_op.objkey,
        min_by(teammates.external_id, change_op.date) as author,
        min(utc(change_op.date, options.time_zone)) as created_at
    from raw.change_op
    cross join options
    left join staging.teammates
        on change_op.user_id = teammates.source_id
    where change_op.class = 'CMDBChangeOpCreate'
    group by change_op.objclass, change_op.objkey
),

updates as (
    select
        change_op.objclass,
        change_op.objkey,
        max(utc(change_op.date, options.time_zone)) as updated_at
    from raw.change_op
    cross join options
    group by change_op.objclass, change_op.objkey
),

categories as (
    select
        id,
        nullif(trim(name), '') as name
    from raw.faq_category
),

-- One heading a field; an empty field leaves no heading.
known_errors as (
    select
        id,
        name,
        concat(
            case when trim(symptom) <> '' then concat('<h2>Symptom</h2>', symptom) end,
            case when trim(root_cause) <> '' then concat('<h2>Root cause</h2>', text_html(root_cause)) end,
            case when trim(workaround) <> '' then concat('<h2>Workaround</h2>', workaround) end,
            case when trim(solution) <> '' then concat('<h2>Solution</h2>', text_html(solution)) end
        ) as body,
        error_code,
        md5(
            concat_ws(
                '|', id, name, symptom, root_cause, workaround, solution, error_code, domain, vendor, model, version
            )
        ) as source_digest
    from raw.known_error
),

texts as (
    select
        'faq' as source_type,
        'FAQ' as objclass,
        faq.id,
        nullif(trim(faq.title), '') as title,
        nullif(trim(faq.summary), '') as description,
        coalesce(faq.description, '') as body,
        coalesce(categories.name, nullif(trim(faq.category_name), '')) as collection,
        'FAQ' as fallback,
        md5(
            concat_ws(
                '|', faq.id, faq.title, faq.summary, faq.description, faq.category_id, categories.name, faq.error_code,
                faq.key_words
            )
        ) as source_digest
    from raw.faq
    left join categories
        on faq.category_id = categories.id
    union all
    select
        'known_error' as source_type,
        'KnownError' as objclass,
        id,
        nullif(trim(name), '') as title,
        nullif(trim(error_code), '') as description,
        body,
        'Known errors' as collection,
        'Known errors' as fallback,
        source_digest
    from known_errors
),

final as (
    select
        concat(options.migration, '-', texts.source_type, '-', texts.id) as external_id,
        texts.source_type,
        texts.id as source_id,
        texts.source_digest,
        [coalesce(texts.collection, texts.fallback)] as collection_path,
        left(coalesce(texts.title, concat('Article ', texts.id)), 255) as title,
        left(texts.description, 140) as description,
        coalesce(article_html(texts.body), '') as body_html,
        creations.author,
        'draft' as state,
        'not stated' as source_state,
        cast(null as varchar) as old_url,
        coalesce(word_count(texts.body), 0) as word_count,
        creations.created_at,
        updates.updated_at,
        list_sort(
            list_distinct(
                [
                    'review_before_ai',
                    case when coalesce(word_count(texts.body), 0) < options.short_words then 'under_100_words' end,
                    case when coalesce(word_count(texts.body), 0) > options.long_words then 'over_500_words' end,
                    case when trim(texts.body) = '' then 'empty' end,
                    case when texts.collection is null then 'no_category' end,
                    case when texts.source_type = 'known_error' then 'internal_in_source' end
                ]
            )
        ) as flags
    from texts
    cross join options
    left join creations
        on texts.objclass = creations.objclass and texts.id = creations.objkey
    left join updates
        on texts.objclass = updates.objclass and texts.id = updates.objkey
)

select * from final
