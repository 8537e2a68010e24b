-- Grain: one row per Jitbit article.
with recursive
options as (
    select
        max(value) filter (where name = 'migration') as migration,
        max(value) filter (where name = 'time_zone') as time_zone,
        rtrim(max(value) filter (where name = 'helpdesk_url'), '/') as helpdesk_url,
        rtrim(max(value) filter (where name = 'article_files_url'), '/') as files_url,
        coalesce(max(value) filter (where name = 'article_state'), 'draft') as article_state,
        coalesce(try_cast(max(value) filter (where name = 'short_article_words') as integer), 50) as short_words
    from mapping.option
),

categories as (
    select
        category_id as id,
        nullif(nullif(parent_id, ''), '0') as parent_id,
        coalesce(nullif(trim(name), ''), concat('Category ', category_id)) as name,
        coalesce(flag(for_techs_only), false) as is_internal
    from raw.article_category
),

-- From each category upwards; a parent seen before ends the walk, because damaged data can hold loops.
climb as (
    select
        id,
        parent_id as next_id,
        [name] as names,
        is_internal,
        [id] as visited,
        1 as steps
    from categories
    union all
    select
        climb.id,
        categories.parent_id as next_id,
        list_prepend(categories.name, climb.names) as names,
        climb.is_internal or categories.is_internal as is_internal,
        list_append(climb.visited, categories.id) as visited,
        climb.steps + 1 as steps
    from climb
    inner join categories
        on climb.next_id = categories.id
    where not list_contains(climb.visited, categories.id)
),

collections as (
    select
        id,
        arg_max(names, steps) as names,
        bool_or(is_internal) as is_internal
    from climb
    group by id
),

files as (
    select
        source_id as id,
        replace(owner, concat(options.migration, '-article-'), '') as article_id,
        filename
    from staging.attachments
    cross join options
    where conversation is null and starts_with(owner, concat(options.migration, '-article-'))
),

-- Where the mapping names a public address of the files, pictures and links lead there: <address>/<id of the file>.
texts as (
    select
        article.article_id as id,
        nullif(trim(article.subject), '') as title,
        article.body as written_body,
        article.category_id,
        nullif(trim(article.category_name), '') as category_name,
        flag(article.for_techs_only) as is_internal,
        nullif(trim(article.url_id), '') as url_id,
        nullif(trim(article.url), '') as url,
        article.tags,
        moment(article.date_created, options.time_zone) as created_at,
        moment(article.last_updated, options.time_zone) as updated_at,
        regexp_replace(
            bbcode_html(replace(coalesce(article.body, ''), '<!--html-->', '')),
            '(?i)(src|href)="[^"]*?(?:File/Get|api/attachment)(?:\?id=|/)([0-9]+)[^"]*"',
            case
                when options.files_url is not null then concat('\1="', options.files_url, '/\2"')
                else '\1="cid:file_\2"'
            end,
            'g'
        ) as body
    from raw.article
    cross join options
),

shown as (
    select
        texts.id,
        count(files.id) as files,
        list(struct_pack(cid := concat('file_', files.id), name := files.filename) order by files.id)
        filter (where files.id is not null) as names,
        string_agg(
            concat('<li><a href="', options.files_url, '/', files.id, '">', text_html(files.filename), '</a></li>'),
            ''
            order by files.id
        ) filter (
            where files.id is not null and not contains(texts.body, concat(options.files_url, '/', files.id, '"'))
        ) as further
    from texts
    cross join options
    left join files
        on texts.id = files.article_id
    group by texts.id
),

written as (
    select
        texts.id,
        shown.files,
        case
            when options.files_url is not null and shown.further is not null
                then concat(texts.body, '<h3>Files</h3><ul>', shown.further, '</ul>')
            else coalesce(name_images(texts.body, shown.names), texts.body)
        end as body
    from texts
    cross join options
    inner join shown
        on texts.id = shown.id
),

judged as (
    select
        texts.id,
        -- An article whose visibility is not told is not shown to customers.
        coalesce(texts.is_internal, true) or coalesce(collections.is_internal, false) as is_internal,
        coalesce(collections.names, [coalesce(texts.category_name, 'Knowledge base')]) as collection_path,
        collections.names is null and texts.category_name is null as has_no_category,
        written.files > 0 and options.files_url is null as needs_files,
        trim(replace(coalesce(texts.written_body, ''), '<!--html-->', '')) = '' as is_empty,
        coalesce(word_count(written.body), 0) as word_count,
        coalesce(article_html(written.body), '') as body_html
    from texts
    cross join options
    inner join written
        on texts.id = written.id
    left join collections
        on texts.category_id = collections.id
),

final as (
    select
        concat(options.migration, '-article-', texts.id) as external_id,
        'article' as source_type,
        texts.id as source_id,
        md5(
            concat_ws(
                '|', texts.id, texts.title, texts.written_body, array_to_string(judged.collection_path, '/'),
                texts.is_internal, texts.url_id, texts.created_at, texts.updated_at
            )
        ) as source_digest,
        judged.collection_path,
        left(coalesce(texts.title, concat('Article ', texts.id)), 255) as title,
        left(
            nullif(array_to_string(json_extract_string(nullif(texts.tags, ''), '$[*]'), ', '), ''), 140
        ) as description,
        judged.body_html,
        -- Authors do not carry over: the configured admin stands for them.
        cast(null as varchar) as author,
        case
            when
                options.article_state = 'published'
                and not judged.is_internal
                and not judged.needs_files
                and not judged.is_empty
                then 'published'
            else 'draft'
        end as state,
        case when judged.is_internal then 'for technicians' else 'public' end as source_state,
        -- guess: pages of articles are /KB/View/<id>-<words>; an address the source tells goes before
        coalesce(
            texts.url,
            case
                when options.helpdesk_url is not null
                    then concat(options.helpdesk_url, '/KB/View/', texts.id, coalesce('-' || texts.url_id, ''))
            end
        ) as old_url,
        judged.word_count,
        texts.created_at,
        texts.updated_at,
        list_sort(
            list_filter(
                [
                    case when judged.is_internal then 'internal' end,
                    case when judged.is_empty then 'empty' end,
                    case when judged.word_count < options.short_words then 'short' end,
                    case when judged.needs_files then 'files_by_hand' end,
                    case when judged.has_no_category then 'no_category' end
                ],
                lambda word: word is not null
            )
        ) as flags
    from texts
    cross join options
    inner join judged
        on texts.id = judged.id
)

select * from final
