-- Grain: one row per osTicket FAQ.
with recursive
options as (
    select
        max(value) filter (where name = 'migration') as migration,
        max(value) filter (where name = 'time_zone') as time_zone
    from mapping.option
),

base_urls as (
    select max(rtrim(value, '/')) as base_url
    from raw.config
    where namespace = 'core' and key = 'helpdesk_url' and value like 'http%'
),

faqs as (
    select
        faq_id,
        category_id,
        coalesce(ispublished, '0') as ispublished,
        question,
        answer,
        keywords,
        created,
        updated
    from raw.faq
    qualify row_number() over (partition by faq_id order by updated desc, created desc, question desc) = 1
),

categories as (
    select
        category_id,
        category_pid,
        name,
        coalesce(ispublic, '0') as ispublic
    from raw.faq_category
    qualify row_number() over (partition by category_id order by updated desc, created desc, name desc) = 1
),

-- From each category upwards; a parent seen before ends the walk, because damaged data can hold loops.
climb as (
    select
        category_id,
        category_pid as next_id,
        [coalesce(nullif(name, ''), concat('Category ', category_id))] as names,
        ispublic = '0' as is_internal,
        [category_id] as visited,
        1 as steps
    from categories
    union all
    select
        climb.category_id,
        categories.category_pid as next_id,
        list_prepend(categories.name, climb.names) as names,
        climb.is_internal or categories.ispublic = '0' as is_internal,
        list_append(climb.visited, categories.category_id) as visited,
        climb.steps + 1 as steps
    from climb
    inner join categories
        on climb.next_id = categories.category_id
    where not list_contains(climb.visited, categories.category_id)
),

collections as (
    select
        category_id,
        arg_max(names, steps) as names,
        bool_or(is_internal) as is_internal
    from climb
    group by category_id
),

files as (
    select
        attachment.object_id as faq_id,
        list(
            struct_pack(cid := file.key, name := coalesce(nullif(attachment.name, ''), file.name))
            order by attachment.id
        ) as names
    from raw.attachment
    inner join raw.file
        on attachment.file_id = file.id
    where attachment.type = 'F'
    group by attachment.object_id
),

final as (
    select
        concat(options.migration, '-faq-', faqs.faq_id) as external_id,
        'faq' as source_type,
        faqs.faq_id as source_id,
        md5(
            concat_ws(
                '|', faqs.faq_id, faqs.category_id, faqs.ispublished, faqs.question, faqs.answer, faqs.keywords,
                array_to_string(collections.names, '/')
            )
        ) as source_digest,
        coalesce(collections.names, cast([] as varchar[])) as collection_path,
        coalesce(nullif(trim(faqs.question), ''), concat('Article ', faqs.faq_id)) as title,
        nullif(trim(faqs.keywords), '') as description,
        coalesce(
            article_html(coalesce(name_images(faqs.answer, files.names), faqs.answer)), ''
        ) as body_html,
        cast(null as varchar) as author,
        'draft' as state,
        -- Public only where the category and all above it are, too.
        case
            when faqs.ispublished = '0' or collections.is_internal then 'internal'
            when faqs.ispublished = '2' then 'featured'
            else 'public'
        end as source_state,
        case
            when base_urls.base_url is not null then concat(base_urls.base_url, '/kb/faq.php?id=', faqs.faq_id)
        end as old_url,
        coalesce(word_count(faqs.answer), 0) as word_count,
        utc(faqs.created, options.time_zone) as created_at,
        utc(faqs.updated, options.time_zone) as updated_at,
        list_sort(
            list_distinct(
                [
                    case when faqs.ispublished = '0' or collections.is_internal then 'internal' end,
                    case when coalesce(trim(faqs.answer), '') = '' then 'empty' end,
                    case when files.faq_id is not null then 'files_by_hand' end,
                    case when collections.category_id is null then 'no_category' end
                ]
            )
        ) as flags
    from faqs
    cross join options
    cross join base_urls
    left join collections
        on faqs.category_id = collections.category_id
    left join files
        on faqs.faq_id = files.faq_id
)

select * from final
